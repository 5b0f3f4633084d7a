"""`xunlu couchdb`: making ready, checking and compacting the CouchDB that XUNLU_COUCHDB_URL names."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import click

from server.access.administration import open_offices
from server.access.directory import Directory, Snapshot
from server.commands.output import json_option, print_json
from server.commands.people import identity
from server.couchdb import checks, compaction, provision
from server.couchdb.admin import Administration
from server.couchdb.findings import Finding
from server.couchdb.homes import our_homes
from server.errors import BadSettings
from server.settings import Settings

Command = Callable[..., Any]


@click.group("couchdb")
def couchdb() -> None:
    """The Apache CouchDB that XUNLU_COUCHDB_URL names."""


def as_admin(command: Command) -> Command:
    """`--admin NAME` and its password, which is never an argument: other users of the machine can see those."""
    command = click.option(
        "--password-stdin", is_flag=True, help="Read the administrator's password from standard input."
    )(command)
    return click.option(
        "--admin",
        metavar="NAME",
        help="Ask as this server admin of CouchDB, not as the server's own account.",
    )(command)


@couchdb.command("init")
@as_admin
@json_option
def init(admin: str | None, password_stdin: bool, as_json: bool) -> int:
    """Make databases, rights, validation and require_valid_user, or set them right. Safe to repeat; says what it did."""
    settings, steps = _settings(), []
    with _administration(settings, admin, password_stdin) as administration:
        for step in provision.provision(
            administration, _account(settings), settings.couchdb_prefix, _directory(as_served=True)
        ):
            steps.append(asdict(step))
            if not as_json:
                click.echo(f"{step.action:<12} {step.what:<40} {step.says}")
    if as_json:
        print_json(steps)
    return 0


@couchdb.command("check")
@as_admin
@json_option
def check(admin: str | None, password_stdin: bool, as_json: bool) -> int:
    """Say what is wrong, and what to do. Changes nothing. Exit status 1 if something failed."""
    settings = _settings()
    with _administration(settings, admin, password_stdin) as administration:
        findings = list(run_checks(settings, administration))
    if as_json:
        print_json([asdict(one) for one in findings])
    else:
        for one in findings:
            click.echo(f"{one.state:<12} {one.name:<28} {' / '.join(filter(None, (one.zh, one.en)))}")
    return int(any(one.state == "failed" for one in findings))


@couchdb.command("compact")
@click.option(
    "--wait",
    default=3600,
    show_default=True,
    metavar="SECONDS",
    type=click.IntRange(0),
    help="Watch so long.",
)
@as_admin
@json_option
def compact(wait: int, admin: str | None, password_stdin: bool, as_json: bool) -> int:
    """Drop old bodies in all our databases and give their space back. Exit status 1 if it still runs when the time is over."""
    settings = _settings()
    with _administration(settings, admin, password_stdin) as administration:
        homes = our_homes(administration, settings.couchdb_prefix)
        with click.progressbar(length=max(len(homes), 1), label="压缩 compact", file=sys.stderr) as bar:
            done = compaction.compact(administration, homes, wait, bar.update, time.sleep)
    if as_json:
        print_json(asdict(done))
    else:
        megabytes = [count / 1024**2 for count in (done.bytes_before, done.bytes_after)]
        click.echo(f"databases {done.databases}: {megabytes[0]:.1f} MB before, {megabytes[1]:.1f} MB now")
    if done.still_running:
        names = ", ".join(done.still_running)
        click.echo(f"仍在压缩, CouchDB 会继续 still running, CouchDB goes on: {names}", err=True)
        return 1
    return 0


def run_checks(settings: Settings, administration: Administration) -> Iterator[Finding]:
    account = _account(settings)
    return checks.check(
        administration,
        None if account is None else account.name,
        settings.couchdb_prefix,
        _directory(),
        datetime.now(UTC),
    )


def _settings() -> Settings:
    settings = Settings.from_environ(os.environ)
    if settings.couchdb_url is None:
        raise BadSettings("XUNLU_COUCHDB_URL is missing; it names the CouchDB")
    return settings


@contextmanager
def _administration(settings: Settings, admin: str | None, password_stdin: bool) -> Iterator[Administration]:
    assert settings.couchdb_url is not None
    account = None if admin is None else (admin, _password(admin, password_stdin))
    with Administration(settings.couchdb_url, account) as administration:
        yield administration


def _password(admin: str, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(click.prompt(f"CouchDB {admin} password", hide_input=True, err=True))


def _account(settings: Settings) -> provision.Account | None:
    parts = urlsplit(settings.couchdb_url or "")
    if parts.username is None:
        return None
    return provision.Account(unquote(parts.username), unquote(parts.password or ""))


def _directory(as_served: bool = False) -> Snapshot:
    """`as_served`: with what a start of the server would add to it."""
    with identity() as engine:
        if as_served:
            open_offices(engine, at=datetime.now(UTC))
        return Directory(engine).current()
