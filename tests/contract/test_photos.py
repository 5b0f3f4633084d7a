"""Contract section 5, `/media`: tus 1.0 bound to a hash, and who sees which view; promises F-42, S-01, S-19, S-22, S-23, S-40."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

from tests.contract.people import TUS, Client, listed, patrol, picture, sha


def test_what_is_offered(steward: Client) -> None:
    told = steward.http.request("OPTIONS", "/media/uploads")
    assert told.headers["Tus-Version"] == "1.0.0"
    assert {"creation", "checksum", "expiration", "termination"} <= set(
        told.headers["Tus-Extension"].split(",")
    )


def test_an_upload_goes_on_where_it_was_cut(steward: Client, client: Callable[[str], Client]) -> None:
    photo = picture()
    begun = steward.begin_upload(photo)
    assert begun.status_code == 201
    assert begun.headers["Upload-Expires"]
    place = begun.headers["Location"]
    assert steward.send_bytes(place, photo[:500], 0).headers["Upload-Offset"] == "500"
    wrong = base64.b64encode(b"0" * 20).decode()
    assert (
        steward.send_bytes(place, photo[500:], 500, **{"Upload-Checksum": f"sha1 {wrong}"}).status_code == 460
    )
    assert steward.send_bytes(place, photo[700:], 700).status_code == 409
    head = steward.http.head(place, headers=TUS)
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("500", str(len(photo)))
    assert client("steward2").http.head(place, headers=TUS).status_code == 404  # S-23
    right = base64.b64encode(hashlib.sha1(photo[500:]).digest()).decode()
    assert (
        steward.send_bytes(place, photo[500:], 500, **{"Upload-Checksum": f"sha1 {right}"}).status_code == 204
    )
    told = steward.http.post("/api/receipts", json={"items": [], "photos": [sha(photo), "0" * 64]}).json()
    assert [one["state"] for one in told["photos"]] == ["accepted", "missing"]


def test_other_bytes_than_announced_are_not_kept(steward: Client) -> None:
    photo, other = picture(), picture()
    place = steward.begin_upload(photo, sha256=sha(other)).headers["Location"]
    answer = steward.send_bytes(place, photo, 0)
    assert (answer.status_code, answer.json()["code"]) == (422, "hash_mismatch")
    told = steward.http.post("/api/receipts", json={"items": [], "photos": [sha(photo), sha(other)]}).json()
    assert {one["state"] for one in told["photos"]} == {"missing"}


def test_what_is_no_picture_is_not_kept(steward: Client) -> None:
    page = b"<html><script>alert(1)</script></html>" * 9
    assert steward.begin_upload(page, mime="text/html").status_code == 415
    place = steward.begin_upload(page).headers["Location"]
    assert steward.send_bytes(place, page, 0).status_code == 422
    huge = {
        **TUS,
        "Upload-Length": str(26 * 1024 * 1024),
        "Upload-Metadata": "sha256 MA==,mime aW1hZ2UvanBlZw==",
    }
    assert steward.http.post("/media/uploads", headers=huge).status_code in (400, 413)
    assert steward.http.post("/media/uploads", headers={"Upload-Length": "9"}).status_code == 412


def test_an_upload_is_given_up(steward: Client) -> None:
    place = steward.begin_upload(picture()).headers["Location"]
    assert steward.http.delete(place, headers=TUS).status_code == 204
    assert steward.http.head(place, headers=TUS).status_code in (404, 410)


def test_a_photo_is_for_those_who_see_a_record_of_it(client: Callable[[str], Client], project: str) -> None:
    photo = picture()
    client("steward1").upload(photo)
    place = f"/media/photos/{sha(photo)}"
    assert client("supervisor1").http.get(place).status_code == 404  # no record names it yet
    client("steward1").accepted(patrol(project, None, listed(photo)))
    for name in ("steward1", "supervisor1", "office1"):
        original = client(name).http.get(place, params={"view": "original"})
        assert (original.status_code, original.content) == (200, photo), name
        assert original.headers["Content-Disposition"].startswith("attachment")
        assert "no-store" in original.headers["Cache-Control"]
        assert original.headers["X-Content-Type-Options"] == "nosniff"
        preview = client(name).http.get(place, params={"view": "preview"})
        assert preview.status_code == 200
        assert preview.headers["Content-Type"].startswith("image/")
    missing = client("steward2").http.get(f"/media/photos/{'0' * 64}")
    foreign = client("steward2").http.get(place)
    assert (foreign.status_code, foreign.content) == (404, missing.content)
    assert client("steward1").http.get(place, headers={"Range": "bytes=0-9,20-30"}).status_code in (200, 416)
    assert client("steward1").http.get(place, params={"view": "nonsense"}).status_code == 400
