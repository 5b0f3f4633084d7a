"""`xunlu import`: files of the office into reference documents, all of a file or nothing."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

import click

from server.commands.offline import with_services
from server.commands.output import json_option, print_json
from server.errors import ImportRefused
from server.imports.arrears import import_arrears
from server.imports.cashier import import_cashier
from server.imports.project_days import import_calendar, import_weather
from server.imports.publishing import ImportResult, Progress
from server.imports.roster import import_roster
from server.services import Services

Importing = Callable[..., Awaitable[ImportResult]]
_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_PROJECT = click.option("--project", help="Which project; may be left out when there is only one.")


@click.group("import")
def import_group() -> None:
    """Import a file (XLSX or CSV). One wrong row, and nothing changes; repeating an import changes nothing.

    The server must not run on the same data meanwhile.
    """


@import_group.command("roster")
@_FILE
@_PROJECT
@json_option
def roster(file: Path, project: str | None, as_json: bool) -> int:
    """Units and households."""
    return _import(import_roster, file, project, as_json)


@import_group.command("arrears")
@_FILE
@_PROJECT
@json_option
def arrears(file: Path, project: str | None, as_json: bool) -> int:
    """Fee accounts: what each household owes, by period."""
    return _import(import_arrears, file, project, as_json)


@import_group.command("cashier")
@_FILE
@_PROJECT
@json_option
def cashier(file: Path, project: str | None, as_json: bool) -> int:
    """The cashier's ledger: payments with their receipts."""
    return _import(import_cashier, file, project, as_json)


@import_group.command("calendar")
@_FILE
@_PROJECT
@json_option
def calendar(file: Path, project: str | None, as_json: bool) -> int:
    """Holidays and make-up workdays, by year."""
    return _import(import_calendar, file, project, as_json)


@import_group.command("weather")
@_FILE
@_PROJECT
@json_option
def weather(file: Path, project: str | None, as_json: bool) -> int:
    """Rain, wind and warnings, a row a day."""
    return _import(import_weather, file, project, as_json)


def _import(work: Importing, file: Path, project: str | None, as_json: bool) -> int:
    with click.progressbar(length=1, label=file.name, file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        result = with_services(lambda services: _run(services, work, file, project, progress))
    _report(result, as_json)
    return 0 if result.is_done else 1


async def _run(
    services: Services, work: Importing, file: Path, project: str | None, progress: Progress
) -> ImportResult:
    projects = list(services.directory.current().projects)
    if project is None:
        if len(projects) != 1:
            raise ImportRefused(
                f"有 {len(projects)} 个项目，请用 --project 指明。There are {len(projects)} projects: say which with --project."
            )
        project = projects[0]
    return await work(services.store, services.directory, project, file, progress)


def _report(result: ImportResult, as_json: bool) -> None:
    if as_json:
        print_json(asdict(result))
        return
    for error in result.errors:
        click.echo(str(error), err=True)
    if result.ignored_columns:
        click.echo(f"未用的列 columns not used: {', '.join(result.ignored_columns)}", err=True)
    if not result.is_done:
        click.echo(
            f"未导入：{len(result.errors)} 处错误。Nothing was imported: {len(result.errors)} errors.",
            err=True,
        )
        return
    click.echo(f"rows {result.rows}, changed {result.changed}, unchanged {result.unchanged}")
