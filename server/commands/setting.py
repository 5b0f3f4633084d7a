"""`xunlu setting`: the figures of the rules, as a project has them, and changing one.

For: what is set and what could be; `set` writes the `setting:` document that server and phones read.
Not for: trying figures on recorded facts (`xunlu simulate`), declaring one (server/catalogue/rules).
"""

from __future__ import annotations

import asyncio

import click
import orjson

from server.catalogue.reference import reference_document
from server.catalogue.settings import DEFAULT_SETTINGS, SETTINGS, BadSetting, check_setting
from server.commands.offline import with_services
from server.commands.output import json_option, print_rows
from server.errors import NotFound
from server.intake.references import load_settings
from server.intake.rules import CatalogueRules
from server.ledger.model import JsonValue
from server.services import Services

COLUMNS = ("key", "value", "default", "rule", "zh", "en")
_PROJECT = click.option("--project", required=True)


@click.group()
def setting() -> None:
    """Figures of the rules, by project. The server must not run on the same data meanwhile."""


@setting.command("list")
@_PROJECT
@click.option("--changed", is_flag=True, help="Only those that are not at their default.")
@json_option
def list_settings(project: str, changed: bool, as_json: bool) -> None:
    """Every setting with its value, its default and the rule it belongs to."""
    values = with_services(lambda services: _values(services, project))
    rows = [
        {
            "key": key,
            "value": values[key] if as_json else _shown(values[key]),
            "default": each.default if as_json else _shown(each.default),
            "rule": each.rule, "zh": each.title.zh, "en": each.title.en,
        }
        for key, each in sorted(SETTINGS.items())
        if not changed or values[key] != each.default
    ]  # fmt: skip
    print_rows(rows, COLUMNS, as_json)


@setting.command("set")
@click.argument("key")
@click.argument("value")
@_PROJECT
def set_setting(key: str, value: str, project: str) -> None:
    """VALUE is JSON: true, 12, "08:00", [7, 30, 90]. Phones hear of it at their next sync."""
    try:
        given: JsonValue = orjson.loads(value)
        check_setting(key, given)
    except orjson.JSONDecodeError as error:
        raise click.BadParameter(f"not JSON (a text needs quotes: '\"{value}\"')") from error
    except BadSetting as error:
        raise click.BadParameter(str(error)) from error
    with_services(lambda services: _publish(services, project, key, given))
    click.echo(f"{key} = {_shown(given)} (default {_shown(DEFAULT_SETTINGS[key])})")


async def _values(services: Services, project: str) -> dict[str, JsonValue]:
    snapshot = services.directory.current()
    _check_project(services, project)

    def read() -> dict[str, JsonValue]:
        with services.engine.connect() as connection:
            return dict(load_settings(connection, CatalogueRules(), snapshot, project))

    return await asyncio.to_thread(read)


async def _publish(services: Services, project: str, key: str, value: JsonValue) -> None:
    _check_project(services, project)
    document = reference_document("setting", project, None, {"key": key, "value": value})
    database = services.store.database(services.directory.current().project_database(project))
    await database.publish([document])
    # `list`, and the first phones at the next start, read what intake has taken over.
    await services.intake.start()
    try:
        await services.intake.catch_up()
    finally:
        await services.intake.stop()


def _check_project(services: Services, project: str) -> None:
    if project not in services.directory.current().projects:
        raise NotFound(f"there is no project {project!r}: add it first with xunlu project add")


def _shown(value: JsonValue) -> str:
    return orjson.dumps(value).decode()
