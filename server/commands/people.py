"""`xunlu project`, `xunlu area`, `xunlu user`: who and what there is. A running server notices within seconds."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click
from sqlalchemy import Engine

from server.access import administration
from server.access.roles import ROLES
from server.commands.output import json_option, print_rows
from server.database import create_tables, open_engine
from server.settings import Settings

MIN_PASSWORD_CHARACTERS = 8


@contextmanager
def identity() -> Iterator[Engine]:
    """The engine of the installation that the environment names."""
    engine = open_engine(Settings.from_environ(os.environ).database_url)
    try:
        create_tables(engine)
        yield engine
    finally:
        engine.dispose()


def _now() -> datetime:
    return datetime.now(UTC)


@click.group()
def project() -> None:
    """Projects: residential sites, each with its own time zone."""


@project.command("add")
@click.argument("name")
@click.option("--title", required=True, help="What people call it.")
@click.option("--time-zone", default="Asia/Shanghai", show_default=True)
def add_project(name: str, title: str, time_zone: str) -> None:
    """Add a project, such as: xunlu project add yunqi --title 云栖里"""
    with identity() as engine:
        administration.add_project(engine, name, title, time_zone, at=_now())
    click.echo(f"project {name} added")


@click.group()
def area() -> None:
    """Areas: the part of a project that one steward answers for."""


@area.command("add")
@click.argument("name")
@click.option("--project", "project_name", required=True)
@click.option("--title", required=True, help="What people call it.")
def add_area(name: str, project_name: str, title: str) -> None:
    """Add an area, such as: xunlu area add a1 --project yunqi --title 东区"""
    with identity() as engine:
        administration.add_area(engine, name, project_name, title, at=_now())
    click.echo(f"area {name} added")


@click.group()
def user() -> None:
    """People who sign in, and what they are granted."""


@user.command("add")
@click.argument("name")
@click.option("--title", required=True, help="The person's name as others read it.")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input instead of asking."
)
def add_user(name: str, title: str, password_stdin: bool) -> None:
    """Add a user. The password is asked for, never an argument: other users of the machine can see those."""
    password = _read_password(password_stdin)
    with identity() as engine:
        administration.add_user(engine, name, title, password, at=_now())
    click.echo(f"user {name} added; grant a role next: xunlu user grant {name} --role … --project …")


@user.command("password")
@click.argument("name")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input instead of asking."
)
def set_password(name: str, password_stdin: bool) -> None:
    """Set a new password. Everyone signed in as this user has to sign in again."""
    password = _read_password(password_stdin)
    with identity() as engine:
        administration.set_password(engine, name, password, at=_now())
    click.echo(f"password of {name} set")


@user.command("grant")
@click.argument("name")
@click.option("--role", type=click.Choice(list(ROLES)), help="A role, with --project.")
@click.option("--project", "project_name")
@click.option("--area", "area_name", help="An area to answer for.")
@click.option("--end", is_flag=True, help="Take it away from now on; work done until now is still taken.")
def grant(name: str, role: str | None, project_name: str | None, area_name: str | None, end: bool) -> None:
    """Give a role in a project, or an area, or both."""
    if (role is None) != (project_name is None):
        raise click.UsageError("--role and --project go together")
    if role is None and area_name is None:
        raise click.UsageError("say what to grant: --role with --project, or --area")
    with identity() as engine:
        if role is not None and project_name is not None:
            change = administration.end_role if end else administration.grant_role
            change(engine, name, role, project_name, at=_now())
        if area_name is not None:
            change_area = administration.end_area if end else administration.grant_area
            change_area(engine, name, area_name, at=_now())
    click.echo(f"{'ended' if end else 'granted'}: {name}")


@user.command("disable")
@click.argument("name")
def disable(name: str) -> None:
    """Nothing is served to this user from the next request on. What was recorded stays."""
    with identity() as engine:
        administration.disable_user(engine, name, at=_now())
    click.echo(f"user {name} disabled")


@user.command("enable")
@click.argument("name")
def enable(name: str) -> None:
    """Let a disabled user sign in again, and forget failed tries."""
    with identity() as engine:
        administration.enable_user(engine, name, at=_now())
        administration.reset_sign_in(engine, name, at=_now())
    click.echo(f"user {name} enabled")


@user.command("list")
@json_option
def list_users(as_json: bool) -> None:
    """Every user with roles and areas."""
    with identity() as engine:
        lines = administration.list_users(engine, _now())
    rows = [
        {
            "name": line.name,
            "title": line.display_name,
            "state": "locked" if line.is_locked else "active" if line.is_active else "disabled",
            "roles": [f"{role}@{where}" for role, where in line.roles],
            "areas": list(line.areas),
        }
        for line in lines
    ]
    print_rows(rows, ["name", "title", "state", "roles", "areas"], as_json)


def _read_password(from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("password", hide_input=True, confirmation_prompt=True)
    if len(password) < MIN_PASSWORD_CHARACTERS:
        raise click.ClickException(f"the password needs at least {MIN_PASSWORD_CHARACTERS} characters")
    return str(password)
