"""One phone, two stewards: the first leaves without a network, the second sees nothing of him, and all his work arrives as his.

What lies on the disk is read with the developer tools' own means, as whoever copies the profile would.
Source: promises F-06, S-28, S-30, D13.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.demo_server import DemoServer, OfficeClient, wait_until
from tests.e2e.people import Steward, go_offline, go_online
from tests.e2e.phone_memory import memory_of, texts_on_disk

Photos = Callable[[int], list[Path]]


@pytest.mark.timeout(300)
def test_who_leaves_a_phone_without_network_is_not_readable_there_and_loses_nothing(
    demo: DemoServer, phone: Page, photos: Photos
) -> None:
    steward = Steward(phone, demo)
    steward.comes_to_work()
    office = demo.office("supervisor1")
    names = _names_of(office.get("/db/area-a1/_all_docs", include_docs="true")["rows"])
    go_offline(phone.context)
    subjects = steward.subjects_to_do("patrol")[:2]
    for subject in subjects:
        steward.patrols(subject, photos(1))
    records = {id: one for id, one in memory_of(phone).records.items() if one.state == "saved"}
    assert names
    assert _readable(phone, names) == []

    phone.on("dialog", lambda dialog: dialog.accept())
    steward.opens("/me")
    phone.get_by_test_id("sign-out").click()
    expect(phone.get_by_test_id("sign-in-username")).to_be_visible()
    left = memory_of(phone)
    assert (left.records, left.photos_waiting, left.drafts) == ({}, 0, {})
    phone.reload()
    expect(phone.get_by_test_id("sign-in-username")).to_be_visible()
    assert _readable(phone, names) == []

    go_online(phone.context)
    steward.signs_in("steward2")
    steward.sees_today()
    steward.everything_is_received()
    wait_until(
        lambda: _authors(office, records) == {"steward1"}, "the first steward's patrols under his own name"
    )
    for id, record in records.items():
        answer = office.get(f"/api/records/decoration_patrol/{id}")
        assert (answer["record"]["signature"], answer["record"]["state"]) == ("valid", "counts")
        assert [(photo["sha256"], photo["stored"]) for photo in answer["photos"]] == [
            (sha256, True) for sha256 in record.photos
        ]
    assert _readable(phone, names) == []


def _names_of(rows: list[dict[str, Any]]) -> list[str]:
    """People and numbers of the first steward's area, as his phone holds them."""
    households = [row["doc"]["body"] for row in rows if row["doc"]["type"] == "household"]
    words = [str(body[key]) for body in households[:40] for key in ("name", "phone") if body.get(key)]
    return sorted({word for word in words if len(word) > 1})


def _readable(page: Page, words: list[str]) -> list[str]:
    disk = texts_on_disk(page)
    return [word for word in words if word in disk]


def _authors(office: OfficeClient, ids: Collection[str]) -> set[str]:
    """Of these patrols, once all of them are in the first steward's register; before that nobody."""
    author_of = {row["id"]: row["author"] for row in office.records("decoration_patrol", author="steward1")}
    return {author_of[id] for id in ids} if author_of.keys() >= set(ids) else set()
