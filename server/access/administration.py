"""Changing the directory: projects, areas, users and what they are granted.

For: commands, the demo and tests; plain functions on an engine, one transaction and one audit entry each.
Not for: reading it (server/access/directory), or the documents' databases: each function that needs a new one
returns its name, and the caller makes it in the store. A server that runs meanwhile notices within a second.
Grants end, they are never deleted: work done under a former grant is judged by it.
Source: contract section 1; promises S-14, S-38.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, Engine, Row, Table, func, insert, or_, select, update

from server.access import attempts, audit, changes, tables
from server.access.passwords import hash_password
from server.access.roles import ROLES
from server.access.sessions import end_sessions_of_device, end_sessions_of_user
from server.database import writing
from server.errors import AlreadyExists, InvalidInput, JsonValue

OPERATOR = "operator"  # whoever has the machine
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class UserLine:
    """One user, as `xunlu user list` shows them."""

    name: str
    display_name: str
    is_active: bool
    is_locked: bool  # by too many failed sign-ins
    roles: tuple[tuple[str, str], ...]  # (role, project), held at the time asked about
    areas: tuple[str, ...]


def add_project(
    engine: Engine,
    project: str,
    name: str,
    time_zone: str = "Asia/Shanghai",
    *,
    at: datetime,
    by: str = OPERATOR,
) -> str:
    """Return the name of the project's database."""
    _check_name("project", project)
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidInput(
            f"没有这个时区。There is no time zone {time_zone!r}.", field="time_zone"
        ) from error
    with _change(engine, at, by, "project_added", project=project) as connection:
        _refuse_existing(connection, tables.project, project)
        connection.execute(insert(tables.project).values(id=project, name=name, time_zone=time_zone))
        _open_database(connection, "office", project, at)
        return _open_database(connection, "project", project, at)


def open_offices(engine: Engine, *, at: datetime, by: str = OPERATOR) -> None:
    """Give a database for confidential records to projects from before there was one. Safe to repeat."""
    there = select(tables.database.c.of).where(tables.database.c.kind == "office")
    missing = (
        select(tables.project.c.id).where(tables.project.c.id.not_in(there)).order_by(tables.project.c.id)
    )
    with engine.connect() as connection:
        projects = connection.execute(missing).scalars().all()
    for project in projects:
        with _change(engine, at, by, "office_opened", project=project) as connection:
            _open_database(connection, "office", project, at)


def add_area(engine: Engine, area: str, project: str, name: str, *, at: datetime, by: str = OPERATOR) -> str:
    """Return the name of the area's database."""
    _check_name("area", area)
    with _change(engine, at, by, "area_added", area=area, project=project) as connection:
        _find(connection, tables.project, project)
        _refuse_existing(connection, tables.area, area)
        connection.execute(insert(tables.area).values(id=area, project=project, name=name))
        return _open_database(connection, "area", area, at)


def add_user(
    engine: Engine, user: str, display_name: str, password: str, *, at: datetime, by: str = OPERATOR
) -> str:
    """Return the name of the user's database (the inbox)."""
    _check_name("user", user)
    password_hash = hash_password(password)  # slow: before the write lock is taken
    with _change(engine, at, by, "user_added", user=user) as connection:
        _refuse_existing(connection, tables.user, user)
        connection.execute(
            insert(tables.user).values(
                name=user,
                display_name=display_name,
                password_hash=password_hash,
                is_active=True,
                created_at=at,
            )
        )
        return _open_database(connection, "user", user, at)


def set_password(engine: Engine, user: str, password: str, *, at: datetime, by: str = OPERATOR) -> None:
    """Ends every session of the user, and failed tries are forgotten."""
    password_hash = hash_password(password)
    with _change(engine, at, by, "password_set", user=user) as connection:
        _find(connection, tables.user, user)
        connection.execute(
            update(tables.user).where(tables.user.c.name == user).values(password_hash=password_hash)
        )
        attempts.reset(connection, user)
        end_sessions_of_user(connection, user, "password_changed", at)


def disable_user(engine: Engine, user: str, *, at: datetime, by: str = OPERATOR) -> None:
    """From the next request on nothing is served to the user. What was recorded stays."""
    with _change(engine, at, by, "user_disabled", user=user) as connection:
        _find(connection, tables.user, user)
        connection.execute(update(tables.user).where(tables.user.c.name == user).values(is_active=False))
        end_sessions_of_user(connection, user, "disabled", at)


def enable_user(engine: Engine, user: str, *, at: datetime, by: str = OPERATOR) -> None:
    with _change(engine, at, by, "user_enabled", user=user) as connection:
        _find(connection, tables.user, user)
        connection.execute(update(tables.user).where(tables.user.c.name == user).values(is_active=True))


def reset_sign_in(engine: Engine, user: str, *, at: datetime, by: str = OPERATOR) -> None:
    """Let somebody try again who met the hard stop."""
    with _change(engine, at, by, "sign_in_reset", user=user) as connection:
        _find(connection, tables.user, user)
        attempts.reset(connection, user)


def grant_role(
    engine: Engine,
    user: str,
    role: str,
    project: str,
    *,
    at: datetime,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
    by: str = OPERATOR,
) -> None:
    """Give a role in a project, from now or from another instant. Nothing happens when it is held already."""
    if role not in ROLES:
        raise InvalidInput(
            f"没有这个岗位。There is no role {role!r}; there are {', '.join(ROLES)}.", field="role"
        )
    with _change(engine, at, by, "role_granted", user=user, role=role, project=project) as connection:
        _find(connection, tables.user, user)
        _find(connection, tables.project, project)
        values = {"user": user, "role": role, "project": project}
        _grant(connection, tables.role_grant, values, valid_from or at, valid_to)


def grant_area(
    engine: Engine,
    user: str,
    area: str,
    *,
    at: datetime,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
    by: str = OPERATOR,
) -> None:
    """Give an area to a user; without a role in its project it opens nothing."""
    with _change(engine, at, by, "area_granted", user=user, area=area) as connection:
        _find(connection, tables.user, user)
        _find(connection, tables.area, area)
        _grant(connection, tables.area_grant, {"user": user, "area": area}, valid_from or at, valid_to)


def end_role(engine: Engine, user: str, role: str, project: str, *, at: datetime, by: str = OPERATOR) -> None:
    """End a role from `at` on; work done until then is still taken. Raises InvalidInput when it is not held."""
    with _change(engine, at, by, "role_ended", user=user, role=role, project=project) as connection:
        _end_grant(connection, tables.role_grant, {"user": user, "role": role, "project": project}, at)


def end_area(engine: Engine, user: str, area: str, *, at: datetime, by: str = OPERATOR) -> None:
    with _change(engine, at, by, "area_ended", user=user, area=area) as connection:
        _end_grant(connection, tables.area_grant, {"user": user, "area": area}, at)


def revoke_device(engine: Engine, device: str, *, at: datetime, by: str = OPERATOR) -> None:
    """A phone was lost: its sessions end, of every user, and nobody signs in on it again."""
    with _change(engine, at, by, "device_revoked", device=device) as connection:
        table = tables.device
        revoked = connection.execute(
            update(table).where(table.c.id == device, table.c.revoked_at.is_(None)).values(revoked_at=at)
        )
        if revoked.rowcount:
            end_sessions_of_device(connection, device, "device_revoked", at)


def list_users(engine: Engine, at: datetime) -> list[UserLine]:
    """Every user with what they hold at an instant, by name."""
    with engine.connect() as connection:
        roles = _held(connection, tables.role_grant, at)
        areas = _held(connection, tables.area_grant, at)
        locked = attempts.locked_names(connection)
        return [
            UserLine(
                name=row.name,
                display_name=row.display_name,
                is_active=row.is_active,
                is_locked=row.name in locked,
                roles=tuple(sorted((grant.role, grant.project) for grant in roles if grant.user == row.name)),
                areas=tuple(sorted(grant.area for grant in areas if grant.user == row.name)),
            )
            for row in connection.execute(select(tables.user).order_by(tables.user.c.name))
        ]


@contextmanager
def _change(engine: Engine, at: datetime, by: str, action: str, **detail: JsonValue) -> Iterator[Connection]:
    with writing(engine) as connection:
        yield connection
        changes.count(connection)
        audit.append(connection, at, by, action, detail)


def _check_name(what: str, name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise InvalidInput(
            f"{name!r} 不能用作名称。A {what} name starts with a lowercase letter and has at most 40 of "
            "a-z, 0-9, - and _.",
            field=what,
        )


def _refuse_existing(connection: Connection, table: Table, name: str) -> None:
    key = next(iter(table.primary_key))
    if connection.execute(select(key).where(key == name)).first() is not None:
        raise AlreadyExists(f"已有同名的 {table.name} {name!r}。There is a {table.name} {name!r} already.")


def _find(connection: Connection, table: Table, name: str) -> None:
    key = next(iter(table.primary_key))
    if connection.execute(select(key).where(key == name)).first() is None:
        raise InvalidInput(
            f"没有 {table.name} {name!r}。There is no {table.name} {name!r}.", field=table.name
        )


def _open_database(connection: Connection, kind: str, of: str, at: datetime) -> str:
    name = f"{kind}-{of}"
    connection.execute(insert(tables.database).values(name=name, kind=kind, of=of, opened_at=at))
    return name


def _grant(
    connection: Connection,
    table: Table,
    values: dict[str, str],
    valid_from: datetime,
    valid_to: datetime | None,
) -> None:
    if valid_to is not None and valid_to <= valid_from:
        raise InvalidInput("结束时间须晚于开始时间。A grant has to end after it begins.", field="valid_to")
    columns = table.c
    held = select(func.count()).where(
        *(columns[name] == value for name, value in values.items()),
        columns.valid_from <= valid_from,
        or_(columns.valid_to.is_(None), columns.valid_to >= valid_to)
        if valid_to
        else columns.valid_to.is_(None),
    )
    if not connection.execute(held).scalar_one():
        connection.execute(insert(table).values(**values, valid_from=valid_from, valid_to=valid_to))


def _end_grant(connection: Connection, table: Table, values: dict[str, str], at: datetime) -> None:
    columns = table.c
    ended = connection.execute(
        update(table)
        .where(
            *(columns[name] == value for name, value in values.items()),
            columns.valid_from < at,
            or_(columns.valid_to.is_(None), columns.valid_to > at),
        )
        .values(valid_to=at)
    )
    if not ended.rowcount:
        raise InvalidInput(f"没有这项授权: {values}。No such grant is in force.", field="user")


def _held(connection: Connection, table: Table, at: datetime) -> list[Row[Any]]:
    columns = table.c
    in_force = select(table).where(
        columns.valid_from <= at, or_(columns.valid_to.is_(None), columns.valid_to > at)
    )
    return list(connection.execute(in_force))
