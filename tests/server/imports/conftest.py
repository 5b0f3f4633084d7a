"""Characters of the stories about files: a project with two areas, and an office that imports."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from server.access import administration
from server.access.directory import Directory
from server.database import create_tables, open_engine
from server.imports.arrears import import_arrears
from server.imports.publishing import ImportResult
from server.imports.roster import import_roster
from sync.sqlite import open_store

AT = datetime(2026, 11, 1, tzinfo=UTC)


class Office:
    """Imports into real stores on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runner = asyncio.Runner()
        self.engine = open_engine(f"sqlite:///{folder / 'server.sqlite'}")
        create_tables(self.engine)
        self.directory = Directory(self.engine)
        self.store = open_store(folder / "documents", now=lambda: AT)
        self.progress: list[tuple[int, int]] = []
        for name in (
            administration.add_project(self.engine, "demo", "示范", at=AT),
            administration.add_area(self.engine, "a1", "demo", "东区", at=AT),
            administration.add_area(self.engine, "a2", "demo", "西区", at=AT),
        ):
            self.runner.run(self.store.create(name))

    def close(self) -> None:
        self.runner.run(self.store.close())
        self.runner.close()
        self.engine.dispose()

    def imports(self, path: Path, project: str = "demo") -> ImportResult:
        self.progress = []
        return self.runner.run(
            import_roster(self.store, self.directory, project, path, lambda *at: self.progress.append(at))
        )

    def imports_arrears(self, path: Path) -> ImportResult:
        return self.runner.run(import_arrears(self.store, self.directory, "demo", path))

    def read(self, area: str, doc_id: str) -> Any:
        return self.runner.run(self.store.database(f"area-{area}").read(doc_id))

    def count(self, area: str) -> int:
        return self.runner.run(self.store.database(f"area-{area}").info()).documents

    def journal_end(self) -> int:
        return self.runner.run(self.store.journal_end())


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.close()


def xlsx(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    book.save(path)
    return path


def csv_file(path: Path, rows: Sequence[Sequence[Any]], encoding: str = "utf-8") -> Path:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path
