"""`xunlu notify`: the group robots and SMS gateways that reminders and alarms of a project also go to."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime

import click
from sqlalchemy import select

from server.access.administration import OPERATOR
from server.access.directory import Directory
from server.clock import SystemClock
from server.commands.output import json_option, print_rows
from server.commands.people import identity
from server.database import writing
from server.errors import NotFound
from server.notify import channels
from server.notify.courier import Courier, courier_sinks
from server.notify.plan import plan_test
from server.notify.tables import channel, delivery
from server.notify.webpush import VapidKey
from server.settings import Settings

COLUMNS = ("id", "project", "kind", "host", "from_level", "lang", "sent", "waiting", "failed", "last_trouble")


@click.group()
def notify() -> None:
    """Group robots (WeChat Work, DingTalk, Feishu) and SMS gateways of a project."""


@notify.command("add")
@click.argument("name")
@click.option("--project", required=True)
@click.option("--kind", type=click.Choice(channels.KINDS), required=True)
@click.option("--from-level", type=click.IntRange(1, 4), default=3, show_default=True, help="3: alarms only.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def add(name: str, project: str, kind: str, from_level: int, lang: str) -> None:
    """Add a channel. Its address, and its secret if it has one, are read from standard input, a line each: an
    argument would be seen by others on this machine.
    """
    if sys.stdin.isatty():
        url = click.prompt("Address (https://…)", hide_input=True)
        secret = click.prompt("Secret (empty: none)", default="", show_default=False, hide_input=True)
    else:
        lines = [*sys.stdin.read().splitlines(), "", ""]
        url, secret = lines[0], lines[1]
    with identity() as engine, writing(engine) as connection:
        channels.add_channel(
            connection, name, project, kind, url.strip(), secret.strip() or None, from_level, lang,
            at=_now(), by=OPERATOR,
        )  # fmt: skip
    click.echo(f"channel {name} added; try it: xunlu notify test {name}")


@notify.command("list")
@json_option
def list_(as_json: bool) -> None:
    """Channels, and what became of the messages of the last seven days."""
    with identity() as engine, engine.connect() as connection:
        rows = [asdict(line) for line in channels.list_channels(connection, _now())]
    print_rows(rows, COLUMNS, as_json)


@notify.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """End a channel; messages that wait for it are dropped."""
    with identity() as engine, writing(engine) as connection:
        channels.end_channel(connection, name, at=_now(), by=OPERATOR)
    click.echo(f"channel {name} removed")


@notify.command("test")
@click.argument("name")
@click.option("--user", help="For an SMS gateway: to the number this user has chosen.")
def test(name: str, user: str | None) -> None:
    """Send one message to a channel now, and say what came back."""
    settings = Settings.from_environ(os.environ)
    with identity() as engine:
        with writing(engine) as connection:
            kind = connection.execute(
                select(channel.c.kind).where(channel.c.id == name, channel.c.ended_at.is_(None))
            ).scalar()
            if kind is None:
                raise NotFound(f"没有这个通道。There is no channel {name!r}.")
            made = plan_test(connection, kind, name, user or "", _now())
        courier = Courier(
            engine,
            Directory(engine),
            courier_sinks(VapidKey.in_folder(settings.data, settings.contact)),
            SystemClock(),
        )
        asyncio.run(courier.deliver(only=made))
        with engine.connect() as connection:
            row = connection.execute(select(delivery).where(delivery.c.id == made)).one()
    if row.state != "sent":
        click.echo(f"not delivered: {row.reason}", err=True)
        sys.exit(1)
    click.echo("delivered")


def _now() -> datetime:
    return datetime.now(UTC)
