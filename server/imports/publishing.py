"""Writing imported reference documents: nothing before the whole file is right, and nothing twice.

For: `Importer`, what every import shares: its result, its errors, and where documents go.
Not for: reading files (reading, cells) and what a row means (roster, arrears).
Each area's documents are one transaction. Publishing what is there already changes nothing, so an import that was
cut between two areas is healed by repeating it.
Source: contract section 1; docs/architecture.md section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from server.access.directory import Area, Snapshot
from server.errors import ImportRefused
from server.imports.cells import RowError, plain
from server.ledger.model import JsonObject
from sync.database import Store

Progress = Callable[[int, int], None]  # rows done, rows altogether
MAX_ERRORS = 1000
_KEYS_AT_ONCE = 500


@dataclass(slots=True)
class ImportResult:
    """What became of a file. With errors nothing of it was written."""

    rows: int = 0
    units: int = 0
    households: int = 0
    accounts: int = 0
    changed: int = 0  # documents written
    unchanged: int = 0  # documents that were the same already
    ignored_columns: list[str] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    @property
    def is_done(self) -> bool:
        return not self.errors


class Places:
    """The areas of a project and their databases."""

    def __init__(self, snapshot: Snapshot, project: str) -> None:
        """Raises ImportRefused when there is no such project, or it has no areas."""
        if project not in snapshot.projects:
            raise ImportRefused(
                f"没有项目 {project!r}，请先用 xunlu project add 建立。There is no project {project!r}: add it first."
            )
        self.project = project
        self.areas: list[Area] = snapshot.areas_of(project)
        if not self.areas:
            raise ImportRefused(
                f"项目 {project!r} 还没有片区，请先用 xunlu area add 建立。The project has no areas: add them first."
            )
        self._database = {area.id: snapshot.area_database(area.id) for area in self.areas}
        self._by_name: dict[str, set[str]] = {}
        for area in self.areas:
            for name in (area.id, area.name):
                self._by_name.setdefault(plain(name), set()).add(area.id)

    def area(self, name: object) -> str | None:
        """The area of this id or name; None when there is none, or more than one."""
        found = self._by_name.get(plain(name), set())
        return next(iter(found)) if len(found) == 1 else None

    @property
    def expected(self) -> str:
        return "、".join(f"{area.name} ({area.id})" for area in self.areas)

    def database(self, area: str) -> str:
        return self._database[area]


@dataclass(frozen=True, slots=True)
class Held:
    """Where a document is, and at which revision."""

    area: str
    rev: str


async def find(store: Store, places: Places, ids: Sequence[str]) -> dict[str, Held]:
    """Those of the documents that are there, in whichever area of the project."""
    found: dict[str, Held] = {}
    for area in places.areas:
        database = store.database(places.database(area.id))
        for start in range(0, len(ids), _KEYS_AT_ONCE):
            for row in await database.list_keys(ids[start : start + _KEYS_AT_ONCE]):
                if row.rev is not None and not row.deleted:
                    found[row.id] = Held(area.id, row.rev)
    return found


async def publish(
    store: Store,
    places: Places,
    documents: Iterable[JsonObject],
    result: ImportResult,
    progress: Callable[[int], None],
) -> None:
    """Write the documents into their areas' databases; one that was in another area before leaves it."""
    by_area: dict[str, list[JsonObject]] = {}
    for document in documents:
        by_area.setdefault(str(document["area"]), []).append(document)
    ids = [str(document["_id"]) for of_area in by_area.values() for document in of_area]
    before = await find(store, places, ids)
    # What moves leaves its old area first: whoever reads in order then ends with the document where it is.
    for area, leaving in _leaving(by_area, before).items():
        await store.database(places.database(area)).publish(leaving)
    for area, of_area in sorted(by_area.items()):
        revs = await store.database(places.database(area)).publish(of_area)
        same = sum(
            before.get(str(document["_id"])) == Held(area, rev)
            for document, rev in zip(of_area, revs, strict=True)
        )
        result.unchanged += same
        result.changed += len(of_area) - same
        progress(len(of_area))


def _leaving(
    by_area: Mapping[str, list[JsonObject]], before: Mapping[str, Held]
) -> dict[str, list[JsonObject]]:
    leaving: dict[str, list[JsonObject]] = {}
    for area, of_area in by_area.items():
        for document in of_area:
            old = before.get(str(document["_id"]))
            if old is not None and old.area != area:
                gone: JsonObject = {"_id": document["_id"], "type": document["type"], "_deleted": True}
                leaving.setdefault(old.area, []).append(gone)
    return leaving
