"""Contract section 2: what the demo holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.contract.conftest import ON_COUCHDB, Xunlu
from tests.contract.people import Client
from tests.e2e.demo_server import DemoServer

ROLES = {
    "steward1": "steward", "steward2": "steward", "steward3": "steward", "supervisor1": "cs_supervisor",
    "manager1": "project_manager", "office1": "office_viewer", "finance1": "finance", "admin1": "admin",
}  # fmt: skip


def test_every_account_signs_in_with_its_role_and_areas(client: Callable[[str], Client]) -> None:
    areas = {"steward1": ["a1"], "steward2": ["a2"], "steward3": ["a3"]}
    for name, role in ROLES.items():
        me = client(name).get("/api/me")
        assert (me["user"], me["roles"]) == (name, [role])
        assert [one["id"] for one in me["projects"]] == ["demo"]
        if name in areas:
            assert [one["id"] for one in me["areas"]] == areas[name]
        assert {"name": f"user-{name}", "access": "read"}.items() <= me["databases"][-1].items()


def test_units_buildings_vacancies_decorations_and_arrears(office: Client) -> None:
    documents = [one for area in ("a1", "a2", "a3") for one in office.documents(f"area-{area}")]
    units = [one["body"] for one in documents if one["type"] == "unit"]
    assert len(units) == 600
    assert len({one["unit_no"] for one in units}) == 600
    assert len({one["building"] for one in units}) == 12

    statuses = [one for one in documents if one["type"] == "status"]
    units_now = [one["fields"] for one in statuses if one["kind"] == "unit"]
    # Any unit somebody recorded something about has a status; other tests here do, in whatever order they run.
    vacant = [one for one in units_now if one["vacancy_kind"] is not None and one["vacant_to"] is None]
    running = ("in_progress", "rectifying", "stopped", "paused")
    assert len(vacant) == 60
    assert sum(one["kind"] == "decoration_project" and one["state"] in running for one in statuses) == 25
    owing = [one for one in statuses if one["kind"] == "household" and one["fields"]["arrears_fen"] > 0]
    assert len(owing) == 80


def test_thirty_days_of_history(office: Client) -> None:
    patrols = office.pages("/api/records/decoration_patrol")
    first = min(datetime.fromisoformat(one["performed_at"]) for one in patrols)
    assert timedelta(days=24) < datetime.now(UTC) - first < timedelta(days=34)
    assert len({one["performed_at"][:10] for one in patrols}) >= 20


@pytest.mark.skipif(
    ON_COUCHDB, reason="on a CouchDB the demo is served by `xunlu serve`, which prints no accounts"
)
def test_the_accounts_are_printed_and_it_listens_on_loopback(demo: DemoServer) -> None:
    log = demo.log()
    assert all(name in log for name in ROLES)
    assert "xunlu-demo" in log
    assert f"http://127.0.0.1:{demo.port}" in log


def test_the_demo_takes_no_other_host(xunlu: Xunlu) -> None:
    told = xunlu("demo", "--host", "0.0.0.0")
    assert told.returncode == 2
    assert "--host" in told.stderr
