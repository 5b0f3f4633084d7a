"""`xunlu doctor`: what an operator has to know before the first steward goes out, in plain words.

For: one line a check, ok / warning / failed, and what to do. Changes nothing.
Not for: verifying every document and photo (that is `xunlu verify`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal

import apsw
import click
from sqlalchemy.exc import SQLAlchemyError

from server.access.directory import Directory
from server.commands.couchdb import run_checks as run_couchdb_checks
from server.commands.output import json_option, print_json
from server.couchdb.admin import Administration
from server.database import create_tables, open_engine
from server.errors import BadSettings
from server.pwa import find_pwa
from server.settings import Settings
from sync.errors import StoreUnfit
from sync.sqlite.schema import FILE_NAME, check_place, open_reader

FREE_BYTES_WARNING = 5 * 1024**3


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    state: Literal["ok", "warning", "failed"]
    says: str


@click.command()
@json_option
def doctor(as_json: bool) -> int:
    """Look at settings, disk, stores, people and the PWA, and say what is wrong. Exit status 1 if something failed."""
    checks = list(run_checks())
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        for check in checks:
            click.echo(f"{check.state:<8} {check.name:<12} {check.says}")
    return int(any(check.state == "failed" for check in checks))


def run_checks() -> Iterator[Check]:
    try:
        settings = Settings.from_environ(os.environ)
    except BadSettings as error:
        yield Check("settings", "failed", error.reason)
        return
    yield Check("settings", "ok", f"data directory {settings.data}")
    yield _disk(settings)
    yield from _couchdb(settings) if settings.store == "couchdb" else [_documents(settings)]
    yield from _people(settings)
    yield _pwa()


def _disk(settings: Settings) -> Check:
    free = shutil.disk_usage(settings.data).free
    says = f"{free / 1024**3:.1f} GB free"
    if free < FREE_BYTES_WARNING:
        return Check("disk", "warning", f"{says}; photos need room: add some before it runs out")
    return Check("disk", "ok", says)


def _documents(settings: Settings) -> Check:
    try:
        check_place(settings.documents)
        file = settings.documents / FILE_NAME
        if not file.exists():
            return Check("documents", "ok", f"SQLite {apsw.sqlite_lib_version()}; no documents yet")
        open_reader(settings.documents).close()
    except (StoreUnfit, apsw.Error) as error:
        return Check("documents", "failed", str(error))
    return Check(
        "documents", "ok", f"SQLite {apsw.sqlite_lib_version()}; {file.stat().st_size / 1024**2:.1f} MB"
    )


def _couchdb(settings: Settings) -> Iterator[Check]:
    """What `xunlu couchdb check` finds, shortened."""
    assert settings.couchdb_url is not None
    with Administration(settings.couchdb_url) as administration:
        findings = list(run_couchdb_checks(settings, administration))
    wrong = [one for one in findings if one.state in ("failed", "warning")]
    says = f"CouchDB {settings.couchdb_address}"
    if not wrong:
        yield Check("documents", "ok", says)
        return
    state: Literal["failed", "warning"] = (
        "failed" if any(one.state == "failed" for one in wrong) else "warning"
    )
    yield Check("documents", state, f"{says}: {len(wrong)} to look at: xunlu couchdb check")


def _people(settings: Settings) -> Iterator[Check]:
    engine = open_engine(settings.database_url)
    now = datetime.now(UTC)
    try:
        create_tables(engine)
        directory = Directory(engine).current()
    except SQLAlchemyError as error:
        yield Check("identity", "failed", f"{settings.database_url}: {error}")
        return
    finally:
        engine.dispose()
    if not directory.projects:
        yield Check("people", "warning", "no project yet: xunlu project add")
        return
    for project in directory.projects:
        for role, command in (
            ("cs_supervisor", "decides violations"),
            ("project_manager", "is told when nobody decides"),
        ):
            if not directory.first_with_role(role, project, now):
                yield Check(
                    "people", "warning", f"project {project} has no {role}, who {command}: xunlu user grant"
                )
        for area in directory.areas_of(project):
            if not directory.steward_of(area.id, now):
                yield Check(
                    "people", "warning", f"area {area.id} has no steward: its duties fall to the supervisor"
                )
    active = sum(user.is_active for user in directory.users.values())
    yield Check(
        "people",
        "ok",
        f"{len(directory.projects)} projects, {len(directory.areas)} areas, {active} active users",
    )


def _pwa() -> Check:
    folder = find_pwa()
    if (folder / "index.html").is_file():
        return Check("pwa", "ok", f"built, in {folder}")
    return Check("pwa", "failed", f"not built: {folder} has no index.html; run make pwa")
