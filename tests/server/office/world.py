"""A small company for the office's tests: two projects, three areas, their people, and a read model one can write into.

For: putting statuses, facts, duties and notices where intake would, and asking the office's routes as anybody.
Not for: what intake writes; tests of decisions and receipts use the real one.
Every row carries a mark of its area (`canary`), so that a leak can be searched for in any answer.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient
from ulid import ULID

from server.access import administration
from server.access.directory import Directory
from server.access.person import Person
from server.clock import FixedClock
from server.database import create_tables, open_engine, writing
from server.errors import Unauthenticated
from server.http.operations import Operation, routes
from server.intake.facts import search_text
from server.intake.status_rows import unit_order
from server.intake.tables import due_item, fact, fact_photo, fact_subject, notice, phone, reference, status
from server.office.routes import COMPONENTS, operations
from server.receipts import receipt_hash
from server.services import Services
from server.settings import Settings

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday, nine in the morning at the site
PROJECT_OF = {"a1": "demo", "a2": "demo", "b1": "other"}
PEOPLE = {
    "steward1": ("steward", "demo"),
    "steward2": ("steward", "demo"),
    "stewardb": ("steward", "other"),
    "supervisor1": ("cs_supervisor", "demo"),
    "manager1": ("project_manager", "demo"),
    "office1": ("office_viewer", "demo"),
    "finance1": ("finance", "demo"),
    "admin1": ("admin", "demo"),
    "engineer1": ("engineer", "demo"),
    "supervisorb": ("cs_supervisor", "other"),
}
AREAS = {"steward1": "a1", "steward2": "a2", "stewardb": "b1", "engineer1": "a1"}


def canary(area: str) -> str:
    return f"canary{area}canary"


def areas_seen(user: str) -> set[str]:
    role, project = PEOPLE[user]
    if user in AREAS:
        return {AREAS[user]}
    return set() if role == "admin" else {area for area, of in PROJECT_OF.items() if of == project}


@dataclass
class Evidence:
    """Photos that are stored."""

    stored: set[str] = field(default_factory=set)

    def has(self, sha256: str) -> bool:
        return sha256 in self.stored


class CaughtUp:
    """An intake with nothing left to read."""

    async def catch_up(self, timeout_seconds: float = 10) -> None:
        return None


@dataclass
class Documents:
    epoch: str = "epoch-1"


class Company:
    def __init__(self, folder: Path, clock: FixedClock) -> None:
        self.clock = clock
        self.engine: Engine = open_engine(f"sqlite:///{folder / 'server.sqlite'}")
        create_tables(self.engine)
        self._hire()
        self.evidence = Evidence()
        settings = Settings(folder, "sqlite", "", folder / "media", "s" * 40)
        self.services = Services(
            settings=settings,
            clock=clock,
            engine=self.engine,
            store=Documents(),  # type: ignore[arg-type]
            evidence=self.evidence,  # type: ignore[arg-type]
            directory=Directory(self.engine),
            access=None,  # type: ignore[arg-type]
            intake=CaughtUp(),  # type: ignore[arg-type]
        )
        self.operations: list[Operation] = operations(self.services)
        self.client = TestClient(Starlette(routes=routes(self.operations, self._identify, COMPONENTS)))

    def close(self) -> None:
        self.client.close()
        self.engine.dispose()

    def person(self, user: str) -> Person:
        person = self.services.directory.current().person(user, self.clock.now(), None, None)
        assert person is not None
        return person

    def get(self, user: str, path: str, **query: Any) -> Any:
        """The JSON of a successful answer."""
        response = self.ask(user, path, **query)
        assert response.status_code == 200, response.text
        return response.json()

    def ask(self, user: str, path: str, **query: Any) -> Any:
        return self.client.get(path, params=query, headers={"X-As": user})

    def post(self, user: str, path: str, body: Any) -> Any:
        return self.client.post(path, json=body, headers={"X-As": user})

    # What intake and jobs would have written

    def status(self, kind: str, area: str, unit_no: str, state: str, subject: str = "", **fields: Any) -> str:
        project = PROJECT_OF[area]
        subject = subject or f"{kind}:{ULID()}"
        unit = f"unit:{project}-{unit_no}"
        building, entrance, room = unit_no.split("-")
        own = {
            "unit": unit,
            "unit_no": unit_no,
            "building": building,
            "entrance": entrance,
            "floor": int(room[:-2]),
        }
        document = {
            "_id": f"status:{subject}",
            "type": "status",
            "of": subject,
            "kind": kind,
            "project": project,
            "area": area,
            "state": state,
            "fields": {**own, "note": canary(area), **fields},
            "due": [],
            "history": [],
            "held": [],
            "updated_at": "2026-11-22T01:00:00Z",
        }
        self.write(
            status,
            subject=subject,
            kind=kind,
            project=project,
            area=area,
            database=f"area-{area}",
            unit=unit,
            unit_no=unit_no,
            unit_order=unit_order(unit_no),
            state=state,
            body=document,
            search=search_text(document["fields"]) + f" {state}",
            changed_at=NOW,
        )
        return subject

    def fact(
        self,
        kind: str,
        area: str,
        author: str,
        subject: str = "",
        unit_no: str = "1-1-101",
        performed_at: datetime = NOW,
        photos: tuple[str, ...] = (),
        fact_id: str = "",
        body: dict[str, Any] | None = None,
        **columns: Any,
    ) -> str:
        project = PROJECT_OF[area]
        fact_id = fact_id or f"{kind}:{ULID()}"
        subject = subject or fact_id
        document = {
            "_id": fact_id,
            "type": kind,
            "v": 1,
            "project": project,
            "area": area,
            "subject": subject,
            "author": author,
            "device": "dev-1",
            "performed_at": performed_at.isoformat(),
            "photos": [{"sha256": one, "kind": "before", "bytes": 1, "mime": "image/jpeg"} for one in photos],
            "body": {"note": canary(area), **(body or {})},
        }
        hashed = receipt_hash(document)
        with writing(self.engine) as connection:
            seq = connection.exec_driver_sql("select count(*) from fact").scalar_one()
            row = {
                "seq": seq,
                "type": kind,
                "subject": subject,
                "project": project,
                "area": area,
                "database": f"area-{area}",
                "unit": f"unit:{project}-{unit_no}",
                "author": author,
                "device": "dev-1",
                "performed_at": performed_at,
                "received_at": performed_at + timedelta(minutes=1),
                "document": document,
                "rev": f"1-{hashed[:32]}",
                "hash": hashed,
                "time_suspect": False,
                "refused": False,
                "search": search_text(document),
                **columns,
            }
            connection.execute(insert(fact).values(id=fact_id, **row))
            connection.execute(insert(fact_subject).values(fact_id=fact_id, subject=subject))
            for one in photos:
                stored = one in self.evidence.stored
                connection.execute(
                    insert(fact_photo).values(
                        fact_id=fact_id, sha256=one, kind="before", taken_at=performed_at, stored=stored
                    )
                )
        return fact_id

    def due(self, rule: str, subject: str, area: str, **columns: Any) -> str:
        row = {
            "id": f"due:{rule}:{subject}:{columns.get('period', '2026-11-22')}",
            "rule": rule,
            "subject": subject,
            "kind": subject.partition(":")[0],
            "period": "2026-11-22",
            "project": PROJECT_OF[area],
            "area": area,
            "unit_no": "1-1-101",
            "opens_at": NOW - timedelta(days=1),
            "due_at": NOW,
            "status": "overdue",
            "assigned_to": f"{canary(area)}",
            "escalation_level": 0,
            **columns,
        }
        self.write(due_item, **row)
        return str(row["id"])

    def unit(self, area: str, unit_no: str, state: str, **body: Any) -> str:
        project = PROJECT_OF[area]
        building, entrance, room = unit_no.split("-")
        declared = {"unit_no": unit_no, "building": building, "entrance": entrance, "floor": int(room[:-2])}
        unit = f"unit:{project}-{unit_no}"
        document = {"_id": unit, "type": "unit", "v": 1, "project": project, "area": area}
        self.write(
            reference,
            id=unit,
            type="unit",
            project=project,
            area=area,
            database=f"area-{area}",
            unit=unit,
            body=document
            | {"body": {**declared, "gross_area": 90.5, "use": "residence", "status": state, **body}},
        )
        return unit

    def notice(self, user: str, notice_id: str, text: str, sent_at: datetime = NOW) -> None:
        body = {"type": notice_id.partition(":")[0], "text": {"zh": text, "en": text}}
        self.write(notice, id=notice_id, user=user, kind=body["type"], body=body, sent_at=sent_at)

    def phone(self, user: str, device: str, **columns: Any) -> None:
        row = {"app_version": "1", "pending": 0, "pending_photos": 0, "refused": 0, "pending_hash": ""}
        self.write(phone, user=user, device=device, reported_at=NOW, **{**row, **columns})

    def write(self, table: Any, **values: Any) -> None:
        with writing(self.engine) as connection:
            connection.execute(insert(table).values(**values))

    async def _identify(self, connection: HTTPConnection) -> Person:
        user = connection.headers.get("x-as", "")
        if user not in PEOPLE:
            raise Unauthenticated("请先登录。Sign in first.")
        return self.person(user)

    def _hire(self) -> None:
        at = self.clock.now() - timedelta(days=90)
        for project in dict.fromkeys(PROJECT_OF.values()):
            administration.add_project(self.engine, project, project.title(), at=at)
        for area, project in PROJECT_OF.items():
            administration.add_area(self.engine, area, project, f"片区 {area}", at=at)
        for user, (role, project) in PEOPLE.items():
            administration.add_user(self.engine, user, user.title(), "correct horse 楼", at=at)
            administration.grant_role(self.engine, user, role, project, at=at)
            if user in AREAS:
                administration.grant_area(self.engine, user, AREAS[user], at=at)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
