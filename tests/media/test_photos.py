"""Evidence out: only to those who may see it, never as a page. Source: promises S-01, S-19, S-21, S-22."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from media import EvidenceStore
from tests.media.conftest import Door


@pytest.fixture
def photo(take_photo: Callable[..., bytes]) -> bytes:
    return take_photo()


def test_the_original_is_a_download_of_exactly_the_bytes(
    office: TestClient, store: EvidenceStore, photo: bytes
) -> None:
    evidence = store.add(photo, "image/jpeg")

    answer = office.get(f"/media/photos/{evidence.sha256}?view=original")

    assert answer.content == photo
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_preview_is_a_picture(office: TestClient, store: EvidenceStore, photo: bytes) -> None:
    evidence = store.add(photo, "image/jpeg")

    answer = office.get(f"/media/photos/{evidence.sha256}?view=preview&size=thumb")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.content[:3] == b"\xff\xd8\xff"


def test_a_photo_one_may_not_see_answers_like_one_that_is_not_there(
    office: TestClient, store: EvidenceStore, door: Door, photo: bytes
) -> None:
    evidence = store.add(photo, "image/jpeg")
    door.hidden.add(evidence.sha256)

    hidden = office.get(f"/media/photos/{evidence.sha256}?view=preview")
    missing = office.get(f"/media/photos/{'0' * 64}?view=preview")

    assert hidden.status_code == missing.status_code == 404
    assert hidden.content == missing.content
    assert dict(hidden.headers) == dict(missing.headers)


def test_one_range_is_served_and_several_are_refused(
    office: TestClient, store: EvidenceStore, photo: bytes
) -> None:
    url = f"/media/photos/{store.add(photo, 'image/jpeg').sha256}"

    assert office.get(url, headers={"Range": "bytes=0-9"}).content == photo[:10]
    assert office.get(url, headers={"Range": "bytes=0-1,3-4"}).status_code == 416


@pytest.mark.parametrize("query", ["view=raw", "view=preview&size=huge", "view=../original"])
def test_an_unknown_view_is_refused(
    office: TestClient, store: EvidenceStore, photo: bytes, query: str
) -> None:
    evidence = store.add(photo, "image/jpeg")

    assert office.get(f"/media/photos/{evidence.sha256}?{query}").status_code == 400
