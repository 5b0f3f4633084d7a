"""The SQL database of identity and read model: one engine, one set of tables.

For: `metadata`, on which every module declares its tables, and `open_engine`, which makes them.
Not for: documents and the journal (sync/), or photos (media/).
One transaction each:

    with engine.connect() as connection:     # reads only; blocks nobody, sees one snapshot
    with writing(engine) as connection:      # reads and writes; holds SQLite's write lock from the start

`engine.begin()` is right only for a block whose first statement writes: on SQLite a read that turns into a
write fails at once when another has written in between, and no time-out helps.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Dialect, Engine, MetaData, String, TypeDecorator, create_engine, make_url

import server.apsw_dbapi  # noqa: F401 - registers sqlite+apsw

metadata = MetaData()


def open_engine(url: str) -> Engine:
    """The engine for a SQLAlchemy URL. Plain `sqlite:` is served by apsw, in WAL with synchronous=FULL."""
    parsed = make_url(url)
    if parsed.drivername == "sqlite":
        parsed = parsed.set(drivername="sqlite+apsw")
    if parsed.drivername == "sqlite+apsw":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            # The connection that was used last has most of what is read in its memory.
            return create_engine(parsed, pool_size=8, max_overflow=8, pool_use_lifo=True)
        return create_engine(parsed)
    return create_engine(parsed, pool_pre_ping=True)


def create_tables(engine: Engine) -> None:
    """Make the tables that are not there yet. Safe to repeat."""
    metadata.create_all(engine)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that may read before it writes; rolled back when the block raises."""
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection


def text_of(instant: datetime) -> str:
    """An aware instant as the tables keep it: the order of such texts is the order in time."""
    in_utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    return f"{in_utc.isoformat(timespec='microseconds')[:26]}Z"


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as text in UTC of one width, so that order in SQL is order in time."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its offset")
        return text_of(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)
