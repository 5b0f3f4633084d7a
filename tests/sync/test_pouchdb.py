"""Stock PouchDB 9 in Node replicates with the served endpoint, both ways."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import IO, Any

import httpx2
import pytest

from tests.sync.people import OPERATOR, bearer
from tests.sync.served import AREA, Served

ROOT = Path(__file__).parents[2]
STORIES = Path(__file__).parent / "pouch" / "stories.mjs"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (ROOT / "pwa" / "node_modules" / "pouchdb-core").is_dir(),
    reason="needs node and the PWA's packages: run `npm ci` in pwa/",
)


def tell(story: str, server: Served, headers: dict[str, str]) -> Any:
    command = ["node", str(STORIES), story, server.url, AREA, headers["Authorization"]]
    told = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def test_a_phone_pushes_and_another_pulls(served: Served) -> None:
    pushed = tell("push", served, bearer("steward1", "phone-1"))
    assert pushed["first"] == {
        "docs_read": 250, "docs_written": 250, "doc_write_failures": 0, "ok": True, "errors": 0,
    }  # fmt: skip
    assert pushed["second"]["docs_written"] == 0
    assert pushed["one"]["text"] == "已整改 ✓"

    pulled = tell("pull", served, bearer("office1", "desk"))
    assert pulled["first"]["docs_written"] >= 250
    assert pulled["second"]["docs_read"] == 0
    assert {f"patrol:push-{n}" for n in range(250)} <= set(pulled["ids"])
    assert pulled["info"]["doc_count"] == len(pulled["ids"])


def test_two_phones_that_edit_the_same_note_see_the_same_winner_and_the_loser(served: Served) -> None:
    told = tell("conflicts", served, OPERATOR)

    assert told["seen"][0] == told["seen"][1] == told["seen"][2]
    assert {told["seen"][0]["text"], told["loser"]} == {"from one", "from two"}
    assert "_conflicts" not in told["after"]


def test_live_replication_carries_changes_both_ways(served: Served) -> None:
    assert tell("live", served, bearer("steward1", "phone-2")) == {"down": 1, "up": 2}


def test_both_ways_at_once_leave_both_the_same(served: Served) -> None:
    told = tell("both", served, OPERATOR)

    assert told["push"]["docs_written"] == 40
    assert told["pull"]["docs_written"] >= 40
    assert told["ours"] == told["theirs"]
    assert len(told["ours"]) == 80
    assert {doc_id for doc_id, doc in told["ours"].items() if doc.get("_deleted")} == {
        "patrol:both-up-0",
        "patrol:both-down-0",
    }
    assert told["again"] == [0, 0]


def test_live_replication_outlives_the_servers_death(served: Served) -> None:
    command = ["node", str(STORIES), "retry", served.url, AREA, OPERATOR["Authorization"]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as phone:
        assert phone.stdin is not None
        assert phone.stdout is not None
        assert phone.stdout.readline() == "both are following\n"
        served.kill()
        _go_on(phone.stdin)
        assert phone.stdout.readline() == "written without a server\n"
        served.start()
        office = httpx2.put(f"{served.url}/{AREA}/patrol:retry-office", json={"n": 2}, headers=OPERATOR)
        assert office.status_code == 201
        _go_on(phone.stdin)
        told = json.loads(phone.stdout.readline())
    assert told == {"failed": False, "up": 1, "down": 2}


def test_a_first_sync_that_is_cut_goes_on_where_it_was(tmp_path: Path) -> None:
    server = Served(tmp_path)
    server.start()
    docs = [{"_id": f"patrol:{n}", "_rev": "1-a", "text": "x" * 500} for n in range(1200)]
    pushed = httpx2.post(
        f"{server.url}/{AREA}/_bulk_docs", json={"docs": docs, "new_edits": False}, headers=OPERATOR
    )
    assert pushed.status_code == 201
    command = ["node", str(STORIES), "cut", server.url, AREA, bearer("steward1", "phone-4")["Authorization"]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as phone:
        assert phone.stdin is not None
        assert phone.stdout is not None
        assert phone.stdout.readline() == "some of it is here\n"
        server.kill()
        server.start()
        _go_on(phone.stdin)
        told = json.loads(phone.stdout.readline())
    server.stop()

    assert told["ids"] == 1200
    assert (
        1200 <= told["read"] <= 1200 + 25
    )  # at most the batch in which it was cut comes again: promises F-28


def test_chosen_documents_are_replicated_alone(served: Served) -> None:
    told = tell("chosen", served, OPERATOR)

    assert told == {"written": 2, "again": 0, "ids": ["patrol:chosen-17", "patrol:chosen-3"]}


def _go_on(phone: IO[str]) -> None:
    phone.write("\n")
    phone.flush()


def test_a_refused_record_does_not_stop_the_others(served: Served) -> None:
    told = tell("refused", served, bearer("steward1", "phone-3"))

    assert told["result"]["docs_written"] == 2
    assert told["result"]["doc_write_failures"] == 1
    assert told["ids"] == ["patrol:mine", "patrol:mine-too"]
    assert [one["id"] for one in told["denied"]] == ["patrol:forged"]
    assert told["denied"][0]["code"] == "author"


def test_pouchdb_edits_the_server_directly(served: Served) -> None:
    told = tell("edits", served, OPERATOR)

    assert told["conflict"] == [409, "conflict"]
    assert told["rows"] == [True, True, "conflict"]
    assert told["got"] == ["ok", "error"]
    assert told["listed"] == ["e1", "not_found"]
    assert told["changes"] == ["e1"]
    assert told["gone"] == [404, "deleted"]
    assert told["local"]["ok"] is True


def test_attachments_travel_both_ways_and_are_carried_over(served: Served) -> None:
    told = tell("attachments", served, OPERATOR)

    assert told["up"]["docs_written"] == 1
    assert told["same"]
    assert told["note"] == "阳台漏水"
    digests = {name: one["digest"] for name, one in told["stubs"].items()}
    assert digests == {name: one["digest"] for name, one in told["local"].items()}
    assert (told["left"], told["n"], told["whole"]) == (["plan 1.png"], 2, True)
