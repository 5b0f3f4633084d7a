"""The number of the directory: counted up with every change of rights, in the same transaction.

For: whoever changes users, grants, sessions, devices or places; `Directory.current` compares it.
Not for: what changed.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, update

from server.access.tables import access_version


def count(connection: Connection) -> None:
    counted = connection.execute(update(access_version).values(version=access_version.c.version + 1))
    if counted.rowcount == 0:
        connection.execute(insert(access_version).values(id=1, version=1))
