"""Contract section 5, held facts: kept, shown with their reason to their sender and the supervisor, released or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.contract.people import Client, Json, airing, fact, listed, patrol, receipt_hash, revision
from tests.e2e.demo_server import wait_until


def in_the_list(client: Client, wanted: str) -> Json | None:
    return next((one for one in client.pages("/api/held") if one["id"] == wanted), None)


def without(document: Json, name: str) -> Json:
    return {key: value for key, value in document.items() if key != name}


MAKERS: dict[str, tuple[Callable[[str], Json], str, int]] = {
    "no subject": (lambda project: without(patrol(project), "subject"), "unreadable", 409),
    "no type": (lambda project: without(patrol(project), "type"), "bad_id", 409),
    "bad body": (lambda project: patrol(project, {"items": []}), "checklist_incomplete", 200),
    "foreign author": (lambda project: patrol(project, author="steward2"), "not_author", 200),
    "foreign area": (lambda project: patrol(project, area="a2"), "wrong_area", 200),
    "generation jump": (lambda project: patrol(project, _rev="5-" + "b" * 32), "not_first_revision", 200),
    "status": (lambda project: fact("status", project, {}), "server_owned", 409),
    "decision": (lambda project: fact("violation_decision", "violation:x", {}), "server_made", 409),
    "unknown type": (lambda project: fact("banana", project, {}), "unknown_type", 200),
}


@pytest.mark.parametrize("name", MAKERS)
def test_it_is_held_shown_and_released_or_not(
    name: str, steward: Client, supervisor: Client, project: str
) -> None:
    make, code, released = MAKERS[name]
    document = make(project)
    row = steward.push(document)[0]
    assert row["id"] == document["_id"]
    if not row.get("ok"):
        assert (row["error"], row["code"]) == ("forbidden", code)
    receipt = steward.receipts(document)[0]
    assert (receipt["state"], receipt["code"]) == ("held", code)
    shown = in_the_list(supervisor, document["_id"])
    assert shown is not None
    assert (shown["author"], shown["code"]) == (
        "steward1",
        code,
    )  # S-08: the sender, whatever the document says
    assert shown["reason"]
    answer = supervisor.http.post(f"/api/held/{document['_id']}/release", json={"reason": "已核实"})
    assert answer.status_code == released, answer.text
    if released == 200:
        assert steward.receipts(document)[0]["state"] == "accepted"
        assert in_the_list(supervisor, document["_id"]) is None
        again = supervisor.http.post(f"/api/held/{document['_id']}/release", json={"reason": "再来"})
        assert again.status_code == 409


def delete_plainly(steward: Client, doc_id: str, rev: str) -> Any:
    return steward.http.delete(f"/db/area-a1/{doc_id}", params={"rev": rev})


def bury(steward: Client, doc_id: str, rev: str) -> Any:
    grave = {"_id": doc_id, "_rev": "2-" + "c" * 32, "_deleted": True}
    grave["_revisions"] = {"start": 2, "ids": ["c" * 32, rev[2:]]}
    return steward.http.post("/db/area-a1/_bulk_docs", json={"new_edits": False, "docs": [grave]})


@pytest.mark.parametrize("delete", [delete_plainly, bury])
def test_evidence_cannot_be_deleted_and_the_office_sees_who_tried(
    delete: Callable[..., Any], steward: Client, supervisor: Client, project: str
) -> None:
    """S-09."""
    sent = steward.accepted(patrol(project))
    answer = delete(steward, sent["_id"], revision(sent))
    told = answer.json() if isinstance(answer.json(), dict) else answer.json()[0]
    assert (told["error"], told["code"]) == ("forbidden", "deletion")
    assert steward.get(f"/db/area-a1/{sent['_id']}")["_rev"] == revision(sent)
    assert steward.receipts(sent)[0]["state"] == "accepted"
    name = f"{sent['_id']}#{told['rev']}"
    shown = wait_until(lambda: in_the_list(supervisor, name), "the attempt in the list of held facts", 10)
    assert (shown["author"], shown["code"]) == ("steward1", "deletion")
    released = supervisor.http.post(f"/api/held/{quote(name, safe=':')}/release", json={"reason": "x"})
    assert released.status_code == 409


def test_the_status_shows_what_is_held_until_it_counts(
    steward: Client, supervisor: Client, subjects: Callable[..., list[str]]
) -> None:
    unit = subjects("unit")[-1]
    short = airing(unit, minutes=5)
    assert steward.send(short)["state"] == "held"

    def held_on_status() -> list[str]:
        return [one["fact"] for one in steward.status(unit)["held"]]

    wait_until(lambda: short["_id"] in held_on_status(), "the held fact on its status", 10)
    entry = next(one for one in steward.status(unit)["held"] if one["fact"] == short["_id"])
    assert entry.keys() >= {"fact", "code", "reason"}
    refused = supervisor.http.post(f"/api/held/{short['_id']}/release", json={"reason": " "})
    assert refused.status_code == 422
    supervisor.http.post(f"/api/held/{short['_id']}/release", json={"reason": "天气突变"})
    wait_until(lambda: short["_id"] not in held_on_status(), "its release", 10)


def test_who_may_see_and_release(client: Callable[[str], Client], project: str) -> None:
    document = patrol(project, {"items": []})
    client("steward1").push(document)
    assert client("steward1").http.get("/api/held").status_code == 403
    for name in ("steward1", "office1", "finance1", "admin1"):
        answer = client(name).http.post(f"/api/held/{document['_id']}/release", json={"reason": "x"})
        assert answer.status_code in (403, 404), name
    assert client("steward1").receipts(document)[0]["state"] == "held"


def test_a_refused_record_is_resent_corrected(steward: Client, project: str) -> None:
    bad = listed()
    assert steward.send({**patrol(project), "photos": [bad, bad]})["code"] == "photo_repeated"
    assert receipt_hash(steward.accepted(patrol(project)))
