"""Stopped and killed in between: nothing lost, nothing doubled; and duties whose day has passed (R-GEN-08: T-12)."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from tests.contract.people import Client, Json, at, patrol
from tests.e2e.demo_server import DemoServer, wait_until


@pytest.mark.timeout(120)
def test_killed_stopped_and_late(own_demo: DemoServer, signed_in: Callable[..., Client]) -> None:
    own_demo.start()
    steward = signed_in(own_demo.url, "steward1")
    epoch = steward.get("/db/")["uuid"]
    status, duty = _patrol_of_today(steward)
    project, performed_at = status["of"], at()
    sent = [steward.accepted(patrol(project)) for _ in range(5)] if duty is None else []
    late = {**patrol(project), "performed_at": performed_at}
    acknowledged = steward.push(*(others := [patrol(other) for other in _others(steward, project)[:4]]))
    old = steward.session
    new = _refresh(own_demo, old["refresh_token"]).json()

    own_demo.kill()
    own_demo.start(hours_later=30)  # the day has ended

    assert (
        _refresh(own_demo, old["refresh_token"]).status_code == 401
    )  # replayed after its 60 s: the family ends
    assert _refresh(own_demo, new["refresh_token"]).status_code == 401
    steward = signed_in(own_demo.url, "steward1")
    assert steward.get("/db/")["uuid"] == epoch
    assert all(row["ok"] for row in acknowledged)
    assert [one["state"] for one in steward.receipts(*sent, *others)] == ["accepted"] * len(sent + others)
    if duty is not None:
        _wait_for(steward, project, duty["period"], "overdue")
    steward.accepted(late)

    own_demo.stop()
    own_demo.start(hours_later=30)

    steward = signed_in(own_demo.url, "steward1")
    office = signed_in(own_demo.url, "office1")
    if duty is not None:
        met = _wait_for(steward, project, duty["period"], "met_synced_late")
        assert met["satisfied_by"] == late["_id"]
    found = [one["id"] for one in office.pages("/api/records/decoration_patrol")]
    assert len(set(found)) == len(found)
    assert {late["_id"], *(one["_id"] for one in others)} <= set(found)
    notices = [one["_id"] for one in steward.documents("user-steward1")]
    assert len(set(notices)) == len(notices)


def _refresh(server: DemoServer, token: str) -> httpx2.Response:
    return httpx2.post(f"{server.url}/api/session/refresh", json={"refresh_token": token}, timeout=30)


def _patrol_of_today(steward: Client) -> tuple[Json, Json | None]:
    """A project in progress, and its duty of today that is still open."""
    running = [
        one for one in steward.documents("area-a1")
        if one["type"] == "status" and one["kind"] == "decoration_project" and one["state"] == "in_progress"
    ]  # fmt: skip
    for status in running:
        for duty in status["due"]:
            if duty["rule"] == "R-DEC-06" and duty["status"] in ("pending", "due_soon"):
                return status, duty
    return running[0], None


def _others(steward: Client, project: str) -> list[str]:
    return [
        one["of"] for one in steward.documents("area-a1")
        if one["type"] == "status" and one["kind"] == "decoration_project"
        and one["state"] == "in_progress" and one["of"] != project
    ]  # fmt: skip


def _wait_for(steward: Client, project: str, period: str, status: str) -> Json:
    def look() -> Json | None:
        due = steward.status(project)["due"]
        return next((one for one in due if (one["period"], one["status"]) == (period, status)), None)

    return wait_until(look, f"the patrol of {period} as {status}", 20)
