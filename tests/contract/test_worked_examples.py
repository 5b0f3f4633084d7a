"""Domain 7.3 on an installation made by commands: T-11 and T-14, with a history that arrives late."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx2
import pytest

from tests.contract.conftest import Xunlu, clean_environment
from tests.contract.people import Client, Json, fact, listed, patrol
from tests.e2e.demo_server import wait_until

WORD = "long-enough-9"
ROSTER = """房号,片区,楼层,建筑面积,房态,空置类别,列入空置日,业主姓名,电话,身份
1-1-101,e1,1,96.5,装修中,,,陈明,13900000000,业主
1-1-102,e1,1,80,已交付空置,预留钥匙,2026-04-01,王月,13900000001,业主
1-1-103,e1,1,80,已交付空置,预留钥匙,2026-04-01,李四,13900000002,业主
"""
MADE = (
    ("project", "add", "yunqi", "--title", "云栖里"), ("area", "add", "e1", "--project", "yunqi", "--title", "东区"),
    ("user", "add", "lin", "--title", "林", "--password-stdin"), ("user", "add", "gu", "--title", "顾", "--password-stdin"),
    ("user", "grant", "lin", "--role", "steward", "--project", "yunqi", "--area", "e1"),
    ("user", "grant", "gu", "--role", "cs_supervisor", "--project", "yunqi"),
)  # fmt: skip


@pytest.fixture(scope="module")
def url(xunlu: Xunlu, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("yunqi")
    (data / "roster.csv").write_text(ROSTER, encoding="utf-8")
    settings = {"XUNLU_DATA": str(data / "data"), "XUNLU_OPERATOR": "op:secret-of-op"}
    for words in (*MADE, ("import", "roster", str(data / "roster.csv"), "--project", "yunqi")):
        told = xunlu(*words, stdin=f"{WORD}\n", **settings)
        assert told.returncode == 0, told.stderr
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (data / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "server", "serve", "--port", str(port)], stdout=log, stderr=log,
            env=clean_environment(**settings) | {"PATH": os.environ["PATH"]},
        )  # fmt: skip
    found = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _is_ready(found) or server.poll() is not None, "the server", 60)
        yield found
    finally:
        server.terminate()
        server.wait(timeout=20)


def _is_ready(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/readyz", timeout=2).status_code == 200
    except httpx2.TransportError:
        return False


@pytest.fixture
def people(url: str) -> Iterator[tuple[Client, Client]]:
    pair = Client(url, "lin", WORD), Client(url, "gu", WORD)
    yield pair
    for one in pair:
        one.http.close()


def at_site(kind: str, subject: str, body: Json, at: str, author: str = "lin") -> Json:
    where: Json = {"project": "yunqi", "area": "e1", "performed_at": at}
    return {**fact(kind, subject, body, author=author), **where}


def test_t11_a_paused_day_is_no_duty(people: tuple[Client, Client]) -> None:
    """In progress 5-7 June, paused on the 6th, patrols on the 5th and 7th: 2 duties, 2 met; all arriving at once, backwards."""
    steward, supervisor = people
    filing = at_site(
        "decoration_project", "",
        {
            "unit_id": "unit:yunqi-1-1-101", "household_id": "household:yunqi-1-1-101-owner", "applicant": "陈明",
            "applicant_is_owner": True, "contractor": "匠里", "contractor_contact": "邓工", "foreman_phone": "13900000009",
            "scope": ["walls"], "planned_start": "2026-06-05", "planned_end": "2026-07-01",
            "filing_docs": ["quality_confirmation", "agreement", "fee_receipt", "department_review"],
        },
        "2026-06-01T09:00:00+08:00",
    )  # fmt: skip
    project = filing["subject"] = filing["_id"]

    def step(to: str, at: str, author: str = "lin", **more: str) -> Json:
        return at_site("decoration_step", project, {"to": to, **more}, at, author)

    def visit(at: str) -> Json:
        body = patrol(project)["body"]
        return {**at_site("decoration_patrol", project, body, at), "photos": [listed()]}

    mine = [
        filing, step("submitted", "2026-06-01T10:00:00+08:00"), step("in_progress", "2026-06-05T08:00:00+08:00"),
        visit("2026-06-05T09:00:00+08:00"), visit("2026-06-07T10:00:00+08:00"),
        step("completion_check", "2026-06-07T18:00:00+08:00"),
    ]  # fmt: skip
    pause = {"reason": "业主外出", "pause_from": "2026-06-06", "pause_to": "2026-06-06"}
    theirs = [
        step("approved", "2026-06-02T10:00:00+08:00", "gu"),
        step("paused", "2026-06-05T20:00:00+08:00", "gu", **pause),
        step("resumed", "2026-06-07T07:00:00+08:00", "gu"),
    ]
    steward.push(*reversed(mine), database="area-e1")
    supervisor.push(*theirs, database="area-e1")
    assert {one["state"] for one in steward.receipts(*mine)} == {"accepted"}
    assert {one["state"] for one in supervisor.receipts(*theirs)} == {"accepted"}

    def ended() -> Json | None:
        found = steward.http.get(f"/db/area-e1/status:{project}").json()
        return found if found.get("state") == "completion_check" else None

    fields = wait_until(ended, "the end of the works", 20)["fields"]
    assert (fields["patrol_duties"], fields["patrol_duties_met"]) == (2, 2)
    due = steward.pages("/api/due", subject=project, rule="R-DEC-06")
    assert [one["period"] for one in due] == ["2026-06-05", "2026-06-07"]
    assert {one["status"] for one in due} == {"met_synced_late"}


@pytest.mark.parametrize(
    ("room", "left_on", "april"), [("102", "2026-04-12", []), ("103", "2026-04-17", ["2026-04"])]
)
def test_t14_leaving_the_register_inside_a_month(
    room: str, left_on: str, april: list[str], people: tuple[Client, Client], url: str
) -> None:
    steward, _ = people
    unit = f"unit:yunqi-1-1-{room}"
    document = steward.get(f"/db/area-e1/{unit}")
    document["body"] |= {"vacant_to": left_on, "status": "occupied"}
    written = httpx2.put(f"{url}/db/area-e1/{unit}", json=document, auth=("op", "secret-of-op"), timeout=30)
    assert written.status_code == 201, written.text

    def months(rule: str) -> list[str] | None:
        found = steward.pages("/api/due", subject=unit, rule=rule)
        left = [one["period"] for one in found if one["status"] not in ("cancelled", "waived")]
        return left if len(left) < 2 else None

    deadline = time.monotonic() + 20
    while (found := [months(rule) for rule in ("R-VAC-02", "R-VAC-03", "R-VAC-04")]) != [april] * 3:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)  # another process: there is no event to wait for


def test_a_fact_copied_by_an_operator_keeps_its_author(people: tuple[Client, Client], url: str) -> None:
    steward, _ = people
    body = {
        "opened_at": "2026-04-03T09:00:00+08:00", "closed_at": "2026-04-03T10:00:00+08:00", "weather_ok": True,
        "closed_confirmed": True,
    }  # fmt: skip
    copied = at_site("airing", "unit:yunqi-1-1-103", body, "2026-04-03T10:00:00+08:00")
    answer = httpx2.put(
        f"{url}/db/area-e1/{copied['_id']}", json=copied, auth=("op", "secret-of-op"), timeout=30
    )
    assert answer.status_code == 201, answer.text
    assert steward.receipts({**copied, "_rev": answer.json()["rev"]})[0]["state"] == "accepted"
    shown = steward.get(f"/api/records/airing/{copied['_id']}")
    assert '"lin"' in str(shown).replace("'", '"')
