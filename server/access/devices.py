"""Phones: the keys they sign records with, and who may see and revoke them.

For: enrolling a key, and the administrator's list.
Not for: ending sessions (server/access/administration.revoke_device), checking signatures of records (signatures.py).
A phone whose storage was cleared takes a new name, so that a key, once enrolled, is never replaced by another.
Source: contract section 5; promises S-29.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, insert, select, update

from server.access import audit
from server.access.directory import Snapshot
from server.access.person import Person
from server.access.signatures import public_key
from server.access.tables import device as table
from server.database import writing
from server.errors import AlreadyExists, DeviceRevoked, InvalidInput, JsonValue
from server.http.operations import missing


def enrol(engine: Engine, caller: Person, given: dict[str, Any], now: datetime) -> dict[str, JsonValue]:
    """Keep the public key of the caller's phone. Safe to repeat.

    Raises InvalidInput when the key is no point of P-256 or the phone is not the one that signed in; AlreadyExists
    when this phone has another key; DeviceRevoked when it was reported lost.
    """
    name = given.get("device", caller.device)
    if name is None or (caller.device is not None and name != caller.device):
        raise InvalidInput("设备须与登录时一致。Enrol the phone you signed in on.", field="device")
    key = {part: given["public_jwk"][part] for part in ("kty", "crv", "x", "y")}
    _check_point(key)
    with writing(engine) as connection:
        one = (table.c.id == name, table.c.user == caller.name)
        known = connection.execute(select(table).where(*one)).one_or_none()
        if connection.execute(
            select(table.c.id).where(table.c.id == name, table.c.revoked_at.is_not(None)).limit(1)
        ).first():
            raise DeviceRevoked("这部手机已被管理员停用。This phone was reported lost.")
        if known is None:
            connection.execute(insert(table).values(id=name, user=caller.name, name="", first_seen_at=now))
        elif known.public_jwk not in (None, key):
            raise AlreadyExists("这部手机已登记另一把密钥。This phone has another key already.")
        if known is None or known.public_jwk is None:
            values = {"public_jwk": key, "enrolled_at": now, "name": given.get("name", "")}
            connection.execute(update(table).where(*one).values(**values))
            audit.append(connection, now, caller.name, "device_enrolled", {"device": name})
        return _line(connection.execute(select(table).where(*one)).one())


def users_managed_by(snapshot: Snapshot, admin: Person) -> frozenset[str]:
    """The users who hold or held a role in a project that this person administers."""
    projects = {project for project in admin.projects if admin.has_role_in(project, "admin")}
    return frozenset(name for name in snapshot.users if snapshot.projects_of(name) & projects)


def of_users(engine: Engine, users: Collection[str]) -> list[JsonValue]:
    with engine.connect() as connection:
        rows = connection.execute(select(table).order_by(table.c.user, table.c.first_seen_at, table.c.id))
        return [_line(row) for row in rows if row.user in users]


def check_managed(engine: Engine, device: str, users: Collection[str]) -> None:
    """Raises NotFound unless one of `users` used this phone."""
    with engine.connect() as connection:
        used_by = connection.scalars(select(table.c.user).where(table.c.id == device)).all()
    if not any(user in users for user in used_by):
        raise missing()


def _line(row: Row[Any]) -> dict[str, JsonValue]:
    return {
        "device": row.id,
        "user": row.user,
        "name": row.name,
        "first_seen_at": _text(row.first_seen_at),
        "enrolled_at": _text(row.enrolled_at),
        "revoked_at": _text(row.revoked_at),
    }


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat().replace("+00:00", "Z")


def _check_point(key: dict[str, str]) -> None:
    try:
        public_key(key)
    except ValueError as error:
        raise InvalidInput("公钥无效。The key is not a point of P-256.", field="public_jwk") from error
