"""Duties of areas and projects are folded from tables that each fact adds to: the same as from all facts at once.

Source: issue 4 (a fact costs one fold of what it bears on; a rebuild gives the same statuses in whatever order facts came).
"""

from __future__ import annotations

import os
import random
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, select
from sqlalchemy.pool import StaticPool

from server.access.directory import Snapshot
from server.catalogue.registry import RECORD_TYPES
from server.catalogue.rules.kinds import SCOPES
from server.catalogue.subjects import SCOPE_DUTIES, acts_of, kind_of
from server.catalogue.types import Problem
from server.database import create_tables
from server.intake.folding import Folding
from server.intake.judging import fact_for, facts_about
from server.intake.rules import CatalogueRules
from server.intake.surroundings import Surroundings
from server.intake.tables import due_item, duty_entry, status
from server.intake.take import Taking
from server.ledger.model import JsonObject
from server.ledger.scopes import reads_from
from server.receipts import receipt_hash
from server.simulation.people import directory_of
from sync.database import JournalEntry
from tests.server.catalogue.examples import example

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
DAYS = 40
MANY = 1000 if os.environ.get("XUNLU_SOAK") else 6
# Plain ones, distinct ones, a quota with a base of its own, one that stands only beside others, one by night.
KINDS: dict[str, list[dict[str, Any]]] = {
    "resident_visit": [{"key_customer": True}, {"key_customer": False}],
    "public_area_patrol": [{}],
    "fee_visit": [{}],
    "collection_meeting": [{}],
    "repair_sample_call": [{}],
    "repair_order_step": [{"to": "done"}, {"to": "dispatched"}],
    "inspection": [{"kind": "night_post"}, {"kind": "daily"}],
    "visit_plan": [{"base_count": 3}],
}
AUTHORS = ("steward1", "steward1", "steward1", "cs_supervisor", "steward2")


class Rules(CatalogueRules):
    def role_problem(self, document: JsonObject, roles: Collection[str]) -> Problem | None:
        return None


@st.composite
def arrivals(draw: st.DrawFn) -> list[list[JsonObject]]:
    """Facts and corrections of them, in batches, in any order."""
    dice = random.Random(draw(st.integers(0, 2**32)))
    documents = [_recorded(dice, number) for number in range(draw(st.integers(1, 25)))]
    for number in range(draw(st.integers(0, 8))):
        documents.append(_correction(dice, dice.choice(documents), number))
    dice.shuffle(documents)
    batches: list[list[JsonObject]] = [[]]
    for document in documents:
        batches[-1].append(document)
        if dice.random() < 0.4:
            batches.append([])
    return [batch for batch in batches if batch]


@pytest.mark.grows
@settings(
    max_examples=MANY,
    derandomize=not os.environ.get("XUNLU_SOAK"),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(arrivals(), st.booleans())
def test_what_facts_add_one_by_one_is_what_all_of_them_make(
    batches: list[list[JsonObject]], is_begun_by_a_setting: bool
) -> None:
    everything = [document for batch in batches for document in batch]
    directory, end = directory_of(everything), START + timedelta(days=DAYS)
    with _tables() as one_by_one, _tables() as at_once:
        for number, batch in enumerate(batches):
            now = START + timedelta(days=DAYS * number / len(batches))
            _take(one_by_one, directory, batch, now, is_begun_by_a_setting and number == 0)
        _take(at_once, directory, everything, end, is_begun_by_a_setting)
        subjects = sorted(one_by_one.scalars(select(status.c.subject)))
        _folding(directory, end).fold(one_by_one, subjects, ())
        _folding(directory, end).fold(at_once, subjects, None)

        assert _duties(one_by_one) == _duties(at_once)
        assert _entries(one_by_one, end) == _entries(at_once, end)
        for subject in subjects:
            if kind_of(subject) in SCOPES:
                assert _from_all_facts(one_by_one, directory, subject, end) == _body(one_by_one, subject)


def test_a_record_that_says_both_that_it_corrects_and_withdraws_is_shown_where_either_is() -> None:
    meeting = _plain("collection_meeting", 1)
    later = meeting | {"_id": f"collection_meeting:{2:026d}", "amends": meeting["_id"]}
    both = later | {"_id": f"collection_meeting:{3:026d}", "amends": later["_id"], "voids": meeting["_id"]}
    directory, end = directory_of([meeting, later, both]), START + timedelta(days=DAYS)

    with _tables() as connection:
        for document in (meeting, both):  # what it would correct does not come
            _take(connection, directory, [document], end, begins=False)
        held = _body(connection, "project:demo:R-FEE-08")["held"]

    assert [(one["fact"], one["code"]) for one in held] == [(both["_id"], "missing_field")]


def _recorded(dice: random.Random, number: int) -> JsonObject:
    kind = dice.choice(sorted(KINDS))
    at = START + timedelta(days=dice.randrange(DAYS), hours=dice.choice([0, 1, 9, 14, 15, 16, 20]))
    body = dict(dice.choice(KINDS[kind]))
    if kind == "resident_visit":
        body["household_id"] = f"household:demo-3-1-{dice.randrange(4)}-owner"
    if kind == "repair_sample_call":
        body["repair_order"] = f"repair_order:{dice.randrange(3):026d}"
    document = example(RECORD_TYPES[kind], **body) | {
        "_id": f"{kind}:{number:026d}",
        "author": dice.choice(AUTHORS[:3]),
        "area": dice.choice(["a1", "a1", "a2"]),
        "performed_at": at.isoformat(),
        "photos": [],
    }
    if kind == "repair_order_step":
        document["subject"] = f"repair_order:{dice.randrange(3):026d}"
    if RECORD_TYPES[kind].opens_subject:
        document["subject"] = document["_id"]
    return document


def _plain(kind: str, number: int) -> JsonObject:
    at = START + timedelta(days=DAYS - 1)
    return example(RECORD_TYPES[kind]) | {
        "_id": f"{kind}:{number:026d}",
        "author": "steward1",
        "performed_at": at.isoformat(),
        "photos": [],
    }


def _correction(dice: random.Random, target: JsonObject, number: int) -> JsonObject:
    how = dice.choice(["amends", "voids"])
    kind = str(target["type"])
    recorded = target["body"]
    assert isinstance(recorded, dict)
    body = recorded | dict(dice.choice(KINDS[kind]))
    return target | {
        "_id": f"{kind}:{900 + number:026d}",
        how: target["_id"],
        "author": dice.choice(AUTHORS),
        "performed_at": (
            datetime.fromisoformat(str(target["performed_at"])) + timedelta(hours=3)
        ).isoformat(),
        "body": body,
    }


@contextmanager
def _tables() -> Iterator[Connection]:
    engine = create_engine("sqlite+apsw://", poolclass=StaticPool)
    create_tables(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def _take(
    connection: Connection, directory: Snapshot, documents: list[JsonObject], now: datetime, begins: bool
) -> None:
    entries = [_entry(document, "steward1", now) for document in documents]
    if begins:
        body: JsonObject = {"key": "scope.duties_from", "value": START.date().isoformat()}
        setting: JsonObject = {"_id": "setting:1", "type": "setting", "project": "demo", "body": body}
        entries.insert(0, _entry(setting, None, now))
    taking = Taking(Rules(), directory)
    touched = taking.take(connection, entries)
    _folding(directory, now).fold(connection, touched, taking.changed)


def _entry(document: JsonObject, device: str | None, now: datetime) -> JournalEntry:
    rev = f"1-{receipt_hash(document)[:32]}"
    performed = document.get("performed_at")
    received = now if performed is None else datetime.fromisoformat(str(performed)) + timedelta(hours=30)
    return JournalEntry(
        seq=1,
        database=f"area-{document['area']}" if "area" in document else "project-demo",
        id=str(document["_id"]),
        rev=rev,
        author=None if device is None else str(document["author"]),
        device=device,
        received_at=received,
        deleted=False,
        body=document,
        refusal=None,
    )


def _folding(directory: Snapshot, now: datetime) -> Folding:
    return Folding(Rules(), directory, lambda sha256: True, now)


def _duties(connection: Connection) -> dict[str, Any]:
    found: dict[str, Any] = {
        row.subject: (row.body, row.wake_at)
        for row in connection.execute(select(status))
        if row.kind in SCOPES
    }
    due = connection.execute(select(due_item).order_by(due_item.c.id))
    return found | {row.id: tuple(row) for row in due if row.kind in SCOPES}


def _entries(connection: Connection, now: datetime) -> list[Any]:
    """What is kept of the time that the duties look back on: older entries are let go of now and then."""
    found = [(reads_from(row.subject, now), row) for row in connection.execute(select(duty_entry))]
    return sorted(tuple(row) for since, row in found if since is not None and row.at >= since)


def _body(connection: Connection, subject: str) -> Any:
    return connection.execute(select(status.c.body).where(status.c.subject == subject)).scalar()


def _from_all_facts(connection: Connection, directory: Snapshot, subject: str, now: datetime) -> Any:
    """The pure fold over every fact that touches the duty."""
    around = Folding(Rules(), directory, lambda sha256: True, now)._around
    assert isinstance(around, Surroundings)
    area = subject.split(":")[1] if subject.startswith("area:") else ""
    facts = [fact_for(subject, row) for row in facts_about(connection, subject)]
    found = Rules().fold(subject, facts, around.shared(connection, "demo", area))
    return None if found is None else Rules().status_document(found, now)


def test_no_duty_by_night_counts_things_once() -> None:
    """A tally asks for distinct acts within one window: of a night that is not the day they are counted on elsewhere."""
    assert not [
        one.id for one in SCOPE_DUTIES.values() if one.at_night is not None and one.distinct is not None
    ]
    looked_at = {name for rule in SCOPE_DUTIES.values() for acts in acts_of(rule) for name in acts.types}
    assert set(KINDS) <= looked_at
