"""The project of the stories: two areas, their people, a real store, a real database, a clock that stands.

For: tests of intake, jobs and decisions. `restart` is a new process on the same data.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import orjson
from sqlalchemy import select

import sync.sqlite
from media.store import EvidenceStore
from server.access import administration
from server.access.directory import Directory
from server.clock import FixedClock
from server.database import create_tables, open_engine
from server.intake.rules import CatalogueRules, Rules
from server.intake.service import Intake
from server.intake.tables import due_item, fact, notice, status
from server.services import Services
from server.settings import Settings
from sync.access import Refusal
from sync.database import Edit, Pusher, Store
from sync.revisions import Revision
from tests.server.intake import papers

# Monday, nine in the morning at the site.
MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LONG_AGO = MONDAY - timedelta(days=400)
PEOPLE: dict[str, tuple[str, str | None]] = {
    "steward1": ("steward", "a1"),
    "steward2": ("steward", "a2"),
    "supervisor1": ("cs_supervisor", None),
    "manager1": ("project_manager", None),
    "office1": ("office_viewer", None),
}


def make_identity(folder: Path) -> None:
    """The people and places, written once and copied for each story: hashing passwords is slow."""
    engine = open_engine(f"sqlite:///{folder / 'server.sqlite'}")
    create_tables(engine)
    administration.add_project(engine, papers.PROJECT, "示范项目", at=LONG_AGO)
    for area in ("a1", "a2"):
        administration.add_area(engine, area, papers.PROJECT, f"片区{area}", at=LONG_AGO)
    for user, (role, own_area) in PEOPLE.items():
        administration.add_user(engine, user, f"{user}姓名", "correct horse 楼", at=LONG_AGO)
        administration.grant_role(engine, user, role, papers.PROJECT, at=LONG_AGO)
        if own_area is not None:
            administration.grant_area(engine, user, own_area, at=LONG_AGO)
    engine.dispose()


class World:
    """The server without HTTP."""

    services: Services
    intake: Intake
    store: Store

    def __init__(self, folder: Path, identity: Path) -> None:
        shutil.copytree(identity, folder, dirs_exist_ok=True)
        self.folder = folder
        self.clock = FixedClock(MONDAY)
        self.rules: Rules = CatalogueRules()
        self.settings = Settings.from_environ({"XUNLU_DATA": str(folder)})

    async def open(self, wrap: Callable[[Store], Any] = lambda store: store) -> World:
        """Open everything; intake is made, not started. `wrap` may put something between intake and the store."""
        self.engine = open_engine(self.settings.database_url)
        create_tables(self.engine)
        self.store = sync.sqlite.open_store(self.settings.documents, now=self.clock.now)
        self.directory = Directory(self.engine)
        there = await self.store.databases()
        for entry in self.directory.current().databases.values():
            if entry.name not in there:
                await self.store.create(entry.name)
        self.evidence = EvidenceStore(self.settings.media, now=self.clock.now)
        self.assemble(wrap)
        return self

    def assemble(self, wrap: Callable[[Store], Any] = lambda store: store) -> None:
        """Another intake on the same open data, as a second process has one."""
        store = wrap(self.store)
        self.intake = Intake(self.engine, store, self.directory, self.evidence, self.rules, self.clock)
        self.services = Services(
            settings=self.settings,
            clock=self.clock,
            engine=self.engine,
            store=store,
            evidence=self.evidence,
            directory=self.directory,
            access=cast(Any, None),
            intake=self.intake,
        )

    async def close(self) -> None:
        await self.intake.stop()
        await self.store.close()
        self.engine.dispose()

    async def restart(self) -> World:
        """The process ends and another starts on the same data."""
        await self.close()
        await self.open()
        await self.intake.start()
        return self

    # What arrives

    async def arrive(self, *documents: dict[str, Any]) -> None:
        """Facts reach the server, in this order; intake is not waited for."""
        for document in documents:
            database = self.directory.current().area_database(document["area"])
            await self.store.database(database).record(document, document["author"], document["device"])

    async def take(self, *documents: dict[str, Any]) -> None:
        await self.arrive(*documents)
        await self.intake.catch_up()

    async def push_refused(self, document: dict[str, Any], code: str, area: str = "a1") -> None:
        """A phone pushes what is not its to push: it is set aside."""
        database = self.store.database(self.directory.current().area_database(area))
        body = {name: value for name, value in document.items() if name != "_id"}
        edit = Edit(
            document["_id"],
            (Revision(1, "f" * 32),),
            False,
            orjson.dumps(body),
            refusal=Refusal(code, f"不行 {code}"),
        )
        await database.push([edit], Pusher(document["author"], document["device"]))

    async def publish(self, *documents: dict[str, Any]) -> None:
        """The office imports or sets reference documents."""
        directory = self.directory.current()
        for document in documents:
            area = document["area"]
            name = directory.area_database(area) if area else directory.project_database(document["project"])
            await self.store.database(name).publish([document])

    def photo_arrives(self, name: str) -> Any:
        return self.evidence.add(papers.photo(name), "image/jpeg")

    def all_photos_arrive(self, document: dict[str, Any]) -> None:
        named = {photo["sha256"] for photo in document["photos"]}
        for name in _photo_names(document):
            if papers.sha256_of(name) in named:
                self.photo_arrives(name)

    # What is there

    async def document(self, doc_id: str, area: str = "a1") -> dict[str, Any] | None:
        database = self.store.database(self.directory.current().area_database(area))
        return await database.read(doc_id)

    async def status(self, subject: str, area: str = "a1") -> dict[str, Any] | None:
        return await self.document(f"status:{subject}", area)

    async def statuses(self) -> dict[str, dict[str, Any]]:
        """Every status document of every database, as phones have them."""
        found: dict[str, dict[str, Any]] = {}
        for name in await self.store.databases():
            for row in await self.store.database(name).list_documents(10_000, start="status:", end="status;"):
                document = await self.store.database(name).read(row.id)
                assert document is not None
                found[f"{name}/{row.id}"] = document
        return found

    async def inbox(self, user: str) -> dict[str, dict[str, Any]]:
        database = self.store.database(self.directory.current().user_database(user))
        found = {}
        for row in await database.list_documents(10_000):
            document = await database.read(row.id)
            assert document is not None
            found[row.id] = document
        return found

    def fact_row(self, fact_id: str) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(select(fact).where(fact.c.id == fact_id)).one()

    def due_row(self, due_id: str) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(select(due_item).where(due_item.c.id == due_id)).one()

    def notices(self) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(select(notice).order_by(notice.c.id)))

    def status_row(self, subject: str) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(select(status).where(status.c.subject == subject)).one()

    # Short stories

    async def decoration(
        self, project: str, unit_no: str = "3-1-502", area: str = "a1", days: int = 5
    ) -> None:
        """A decoration in progress for `days` days, its unit in the roster."""
        start = self.clock.now() - timedelta(days=days)
        steward = papers.STEWARD_OF[area]
        await self.publish(papers.unit(unit_no, area, status="decorating"))
        name = project.partition(":")[2]
        await self.arrive(
            papers.filing(project, start - timedelta(hours=30), unit_no, area),
            papers.step(
                f"decoration_step:{name}.1", project, "submitted", start - timedelta(hours=29), steward, area
            ),
            papers.step(
                f"decoration_step:{name}.2",
                project,
                "approved",
                start - timedelta(hours=2),
                "supervisor1",
                area,
            ),
            papers.step(f"decoration_step:{name}.3", project, "in_progress", start, steward, area),
        )

    async def reported(
        self, case: str, project: str = "decoration_project:D1", **more: Any
    ) -> dict[str, Any]:
        """A violation reported now, on a decoration in progress, with its photos."""
        await self.decoration(project)
        report = papers.violation(case, project, self.clock.now(), **more)
        self.all_photos_arrive(report)
        await self.take(report)
        return report

    def person(self, name: str) -> Any:
        found = self.directory.current().person(name, self.clock.now(), None, None)
        assert found is not None
        return found


def _photo_names(document: dict[str, Any]) -> list[str]:
    return [
        f"{word} of {document['_id']}" for word in ("overview", "first", "second", "after", "room", "extra")
    ]
