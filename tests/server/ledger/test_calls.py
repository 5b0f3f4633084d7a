"""The story of a call memo: taken, delivered in time or late, answered."""

from __future__ import annotations

import pytest

from tests.server.ledger.site import Site, at, due, item, wall

MEMO = "call_memo:M"


@pytest.fixture
def site() -> Site:
    site = Site()
    site.record(
        "call_memo", "area:a1", "03-02 10:00",
        {"at": at("03-02 10:00").isoformat(), "caller_refused": True, "wanted": "manager1", "matter": "来访",
         "read_back": True, "taken_by": "agent1"},
        by="agent1", id=MEMO,
    )  # fmt: skip
    return site


def deliver(site: Site, when: str, to: str = "delivered") -> None:
    site.record("call_memo_step", MEMO, when, {"to": to, "delivered_at": at(when).isoformat()}, by="agent1")


def test_a_memo_is_to_be_delivered_within_half_an_hour(site: Site) -> None:
    status = site.status(MEMO, "03-02 10:10")
    duty = item(status, "R-CALL-13", "round-1")
    assert (status.state, duty.status, duty.assigned_to) == ("taken", "pending", "agent1")
    assert wall(duty.due_at) == "03-02 10:30:00"
    assert due(site.status(MEMO, "03-02 10:31"), "R-CALL-13") == {"round-1": "overdue"}


def test_delivering_or_answering_it_meets_the_limit(site: Site) -> None:
    deliver(site, "03-02 10:20")
    status = site.status(MEMO, "03-02 10:40")
    assert (status.state, due(status, "R-CALL-13")) == ("delivered", {"round-1": "met"})


def test_late_is_late(site: Site) -> None:
    deliver(site, "03-02 11:20", to="done")
    status = site.status(MEMO, "03-02 11:40")
    assert (status.state, due(status, "R-CALL-13")) == ("done", {"round-1": "met_late"})
