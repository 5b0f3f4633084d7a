"""Resumable upload as a phone on a bad line uses it. Source: tus 1.0.0; promises F-42, S-23, S-40."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from media import EvidenceStore, sweep
from media.store import Evidence
from tests.media.conftest import Hands, sha256_of

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


def metadata(sha256: str, mime: str = "image/jpeg") -> str:
    encode = base64.b64encode
    return f"sha256 {encode(sha256.encode()).decode()},mime {encode(mime.encode()).decode()}"


def announce(office: TestClient, photo: bytes, **headers: str) -> str:
    answer = office.post(
        "/media/uploads",
        headers={
            **TUS,
            "Upload-Length": str(len(photo)),
            "Upload-Metadata": metadata(sha256_of(photo)),
            **headers,
        },
    )
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def send(office: TestClient, upload: str, offset: int, chunk: bytes, **headers: str) -> object:
    return office.patch(upload, content=chunk, headers={**BYTES, "Upload-Offset": str(offset), **headers})


def checksum(chunk: bytes) -> str:
    return f"sha256 {base64.b64encode(hashlib.sha256(chunk).digest()).decode()}"


def test_a_photo_in_three_chunks_arrives_byte_for_byte(
    office: TestClient, store: EvidenceStore, told: list[Evidence], take_photo: Callable[..., bytes]
) -> None:
    photo = take_photo()
    upload = announce(office, photo)

    third = len(photo) // 3
    for start, end in ((0, third), (third, 2 * third), (2 * third, len(photo))):
        chunk = photo[start:end]
        answer = send(office, upload, start, chunk, **{"Upload-Checksum": checksum(chunk)})
        assert answer.status_code == 204
        assert answer.headers["Upload-Offset"] == str(end)

    with store.open(sha256_of(photo)) as kept:
        assert kept.read() == photo
    assert [evidence.sha256 for evidence in told] == [sha256_of(photo)]
    assert (told[0].width_px, told[0].height_px, told[0].mime) == (640, 480, "image/jpeg")


def test_after_a_cut_the_phone_asks_and_goes_on_from_there(
    office: TestClient, store: EvidenceStore, take_photo: Callable[..., bytes]
) -> None:
    photo = take_photo()
    upload = announce(office, photo)
    send(office, upload, 0, photo[:1000])

    where = office.head(upload, headers=TUS)
    rest = send(office, upload, int(where.headers["Upload-Offset"]), photo[1000:])

    assert where.headers["Upload-Offset"] == "1000"
    assert where.headers["Upload-Length"] == str(len(photo))
    assert rest.status_code == 204
    assert store.has(sha256_of(photo))


def test_a_chunk_that_does_not_match_its_checksum_is_taken_back(
    office: TestClient, take_photo: Callable[..., bytes]
) -> None:
    photo = take_photo()
    upload = announce(office, photo)

    answer = send(office, upload, 0, photo[:500], **{"Upload-Checksum": checksum(b"something else")})

    assert answer.status_code == 460
    assert answer.json()["code"] == "checksum_mismatch"
    assert office.head(upload, headers=TUS).headers["Upload-Offset"] == "0"


def test_a_wrong_offset_is_a_conflict_that_says_where_the_upload_is(
    office: TestClient, take_photo: Callable[..., bytes]
) -> None:
    photo = take_photo()
    upload = announce(office, photo)
    send(office, upload, 0, photo[:100])

    answer = send(office, upload, 50, photo[50:])

    assert answer.status_code == 409
    assert answer.headers["Upload-Offset"] == "100"


def test_a_photo_that_is_not_the_announced_one_is_never_stored(
    office: TestClient, store: EvidenceStore, told: list[Evidence], take_photo: Callable[..., bytes]
) -> None:
    photo, other = take_photo(), take_photo()
    other = other[: len(photo)].ljust(len(photo), b"\0")
    upload = announce(office, photo)

    answer = send(office, upload, 0, other)

    assert answer.status_code == 422
    assert answer.json()["code"] == "hash_mismatch"
    assert not store.has(sha256_of(photo))
    assert not store.has(sha256_of(other))
    assert told == []
    assert office.head(upload, headers=TUS).status_code == 404


@pytest.mark.parametrize(
    "content",
    [b"<html><script>alert(1)</script></html>", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" * 40],
    ids=["html", "svg", "gif"],
)
def test_what_is_not_a_photo_is_refused_by_its_content(
    office: TestClient, store: EvidenceStore, content: bytes
) -> None:
    upload = announce(office, content)

    answer = send(office, upload, 0, content)

    assert answer.status_code == 422
    assert answer.json()["code"] == "not_a_photo"
    assert not store.has(sha256_of(content))


def test_an_upload_of_somebody_else_looks_like_none(
    office: TestClient, take_photo: Callable[..., bytes]
) -> None:
    photo = take_photo()
    upload = announce(office, photo)
    stranger = {"person": "steward2"}

    foreign = office.head(upload, headers={**TUS, **stranger})
    missing = office.head("/media/uploads/" + "0" * 32, headers={**TUS, **stranger})

    assert (foreign.status_code, foreign.content) == (missing.status_code, missing.content) == (404, b"")
    assert send(office, upload, 0, photo, **stranger).status_code == 404
    assert office.delete(upload, headers={**TUS, **stranger}).status_code == 404
    assert office.head(upload, headers=TUS).status_code == 200


def test_more_bytes_than_announced_are_refused(office: TestClient, take_photo: Callable[..., bytes]) -> None:
    photo = take_photo()
    upload = announce(office, photo)

    assert send(office, upload, 0, photo + b"more").status_code == 413
    assert office.head(upload, headers=TUS).headers["Upload-Offset"] == "0"


def test_the_same_photo_again_is_stored_once(
    office: TestClient, store: EvidenceStore, told: list[Evidence], take_photo: Callable[..., bytes]
) -> None:
    photo = take_photo()

    for person in ("steward1", "steward2"):
        upload = announce(office, photo, person=person)
        assert send(office, upload, 0, photo, person=person).status_code == 204

    originals = [path for path in (store.root / "originals").rglob("*") if path.is_file()]
    assert len(originals) == 1
    assert len(told) == 2


def test_an_expired_upload_is_gone_and_its_bytes_are_swept(
    office: TestClient, store: EvidenceStore, clock: Hands, take_photo: Callable[..., bytes]
) -> None:
    photo = take_photo()
    upload = announce(office, photo)
    send(office, upload, 0, photo[:100])

    clock.pass_time(timedelta(days=7, seconds=1))

    assert office.head(upload, headers=TUS).status_code == 404
    assert sweep(store, clock()) == 1
    assert [path for path in store.uploads_folder.rglob("*") if path.is_file()] == []


def test_one_person_may_not_open_uploads_without_end(
    office: TestClient, take_photo: Callable[..., bytes]
) -> None:
    for _ in range(5):
        announce(office, take_photo())
    photo = take_photo()

    answer = office.post(
        "/media/uploads",
        headers={**TUS, "Upload-Length": str(len(photo)), "Upload-Metadata": metadata(sha256_of(photo))},
    )

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 412),
        ({**TUS, "Upload-Length": "0", "Upload-Metadata": metadata("a" * 64)}, 400),
        ({**TUS, "Upload-Length": "-1", "Upload-Metadata": metadata("a" * 64)}, 400),
        ({**TUS, "Upload-Length": "99999999", "Upload-Metadata": metadata("a" * 64)}, 413),
        ({**TUS, "Upload-Length": "10"}, 400),
        ({**TUS, "Upload-Length": "10", "Upload-Metadata": metadata("A" * 64)}, 400),
        ({**TUS, "Upload-Length": "10", "Upload-Metadata": metadata("a" * 64, "image/svg+xml")}, 415),
        ({**TUS, "Upload-Length": "10", "Upload-Metadata": "sha256 !!!"}, 400),
        ({**TUS, "Upload-Defer-Length": "1", "Upload-Metadata": metadata("a" * 64)}, 400),
        ({**TUS, "Upload-Length": "10", "X-HTTP-Method-Override": "DELETE"}, 400),
    ],
)
def test_a_malformed_announcement_is_refused_in_words(
    office: TestClient, headers: dict[str, str], status: int
) -> None:
    answer = office.post("/media/uploads", headers=headers)

    assert answer.status_code == status
    assert answer.json()["reason"]


def test_nobody_uploads_without_signing_in(office: TestClient) -> None:
    del office.headers["person"]

    assert office.post("/media/uploads", headers=TUS).status_code == 401


def test_reading_roles_may_not_upload(office: TestClient) -> None:
    headers = {**TUS, "person": "office1", "Upload-Length": "10", "Upload-Metadata": metadata("a" * 64)}

    assert office.post("/media/uploads", headers=headers).status_code == 403


def test_creation_may_carry_the_whole_photo(
    office: TestClient, store: EvidenceStore, take_photo: Callable[..., bytes]
) -> None:
    photo = take_photo()
    headers = {**BYTES, "Upload-Length": str(len(photo)), "Upload-Metadata": metadata(sha256_of(photo))}

    answer = office.post("/media/uploads", content=photo, headers=headers)

    assert answer.status_code == 201
    assert answer.headers["Upload-Offset"] == str(len(photo))
    assert store.has(sha256_of(photo))
