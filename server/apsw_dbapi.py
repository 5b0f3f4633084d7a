"""A PEP 249 face for apsw, so that SQLAlchemy's SQLite dialect works on a current SQLite.

For: the engine of server/database. The standard library's SQLite may be older than 3.51.3 and then has
the WAL-reset bug (promises S-33); apsw carries its own, and one process must not open a file with two
SQLite libraries.
Not for: the document store, which speaks to apsw directly (sync/sqlite).
Every statement runs to its end when it is executed: apsw steps lazily, and a statement never stepped
never happened.
Source: PEP 249; sqlalchemy.dialects.sqlite.pysqlite.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import apsw
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.engine import URL
from sqlalchemy.pool import Pool, QueuePool, StaticPool

from sync.sqlite.space import is_out_of_room

apilevel = "2.0"
threadsafety = 1
paramstyle = "qmark"
sqlite_version = apsw.sqlite_lib_version()
sqlite_version_info = tuple(int(part) for part in sqlite_version.split("."))

BUSY_TIMEOUT_MS = 10_000


class Error(Exception):
    pass


class Warning(Exception):
    pass


class InterfaceError(Error):
    pass


class DatabaseError(Error):
    pass


class DataError(DatabaseError):
    pass


class OperationalError(DatabaseError):
    pass


class IntegrityError(DatabaseError):
    pass


class InternalError(DatabaseError):
    pass


class ProgrammingError(DatabaseError):
    pass


class NotSupportedError(DatabaseError):
    pass


class DiskFull(OperationalError):
    """There is no room on the disk. Nothing of the transaction is kept."""


class FlushFailed(OperationalError):
    """What the disk holds is uncertain until the file is opened anew by another process."""


def _translated(error: apsw.Error, raw: apsw.Connection) -> Error:
    if getattr(error, "extendedresult", None) in (apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC):
        return FlushFailed(str(error))
    if is_out_of_room(raw, error):
        return DiskFull(str(error))
    for kinds, translation in (
        ((apsw.ConstraintError,), IntegrityError),
        ((apsw.MismatchError, apsw.TooBigError, apsw.RangeError), DataError),
        (
            (apsw.MisuseError, apsw.BindingsError, apsw.ConnectionClosedError, apsw.CursorClosedError),
            ProgrammingError,
        ),
        ((apsw.InternalError, apsw.CorruptError, apsw.NotADBError), InternalError),
    ):
        if isinstance(error, kinds):
            return translation(str(error))
    return OperationalError(str(error))


class Cursor:
    """The rows of the last statement, fetched when it was executed."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[tuple[Any, ...]] = []
        self._next = 0
        self.description: list[tuple[Any, ...]] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    def execute(self, statement: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Cursor:
        raw = self._connection.raw
        try:
            self._connection.begin_if_writing(statement)
            before = raw.total_changes()
            cursor = raw.cursor()
            columns: list[tuple[Any, ...]] = []

            def note_columns(traced: apsw.Cursor, sql: str, bound: Any) -> bool:
                columns.extend(traced.get_description())
                return True

            # Asked before the statement runs: a query that finds nothing is complete at once and tells no more.
            cursor.exec_trace = note_columns
            cursor.execute(statement, parameters)
            self.description = [(column[0], column[1], *(None,) * 5) for column in columns] or None
            self._rows = cursor.fetchall()
            self._next = 0
            self.rowcount = raw.total_changes() - before if self.description is None else -1
            if self.description is not None and raw.total_changes() != before:
                self.rowcount = raw.total_changes() - before  # … RETURNING
            self.lastrowid = raw.last_insert_rowid()
        except apsw.Error as error:
            raise _translated(error, raw) from error
        return self

    def executemany(self, statement: str, many: Iterable[Sequence[Any]]) -> Cursor:
        raw = self._connection.raw
        try:
            self._connection.begin_if_writing(statement)
            before = raw.total_changes()
            for _ in raw.cursor().executemany(statement, many):
                pass
            self.rowcount = raw.total_changes() - before
        except apsw.Error as error:
            raise _translated(error, raw) from error
        self.description, self._rows, self._next = None, [], 0
        return self

    def fetchone(self) -> tuple[Any, ...] | None:
        if self._next >= len(self._rows):
            return None
        self._next += 1
        return self._rows[self._next - 1]

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        start = self._next
        self._next = min(len(self._rows), start + (size or self.arraysize))
        return self._rows[start : self._next]

    def fetchall(self) -> list[tuple[Any, ...]]:
        start, self._next = self._next, len(self._rows)
        return self._rows[start:]

    def setinputsizes(self, sizes: Any) -> None:
        pass  # PEP 249: may do nothing

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        pass  # PEP 249: may do nothing

    def close(self) -> None:
        self._rows, self._next = [], 0


class Connection:
    """One SQLite connection; a transaction lasts from its first statement to commit or rollback."""

    def __init__(self, path: str) -> None:
        self.raw = apsw.Connection(path)
        self.raw.set_busy_timeout(BUSY_TIMEOUT_MS)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            list(self.raw.execute(f"PRAGMA {pragma}"))

    def begin_if_writing(self, statement: str) -> None:
        if self.raw.in_transaction:
            return
        word = statement.lstrip()[:8].split(None, 1)[0].upper() if statement.strip() else ""
        if word in ("PRAGMA", "BEGIN", "SAVEPOIN", "VACUUM"):
            return
        # A transaction that starts with a read stays deferred and blocks nobody; when it then writes after
        # another has written, SQLite answers BUSY_SNAPSHOT at once. server/database.writing is for those.
        list(self.raw.execute("BEGIN" if word in ("SELECT", "WITH", "VALUES") else "BEGIN IMMEDIATE"))

    def cursor(self) -> Cursor:
        return Cursor(self)

    def commit(self) -> None:
        self._end("COMMIT")

    def rollback(self) -> None:
        self._end("ROLLBACK")

    def _end(self, word: str) -> None:
        if not self.raw.in_transaction:
            return
        try:
            list(self.raw.execute(word))
        except apsw.Error as error:
            raise _translated(error, self.raw) from error

    def close(self) -> None:
        self.raw.close()


def connect(path: str) -> Connection:
    try:
        return Connection(path)
    except apsw.Error as error:
        raise OperationalError(f"cannot open {path}: {error}") from error


class ApswDialect(SQLiteDialect):
    """`sqlite+apsw:///path` for SQLAlchemy."""

    driver = "apsw"
    default_paramstyle = "qmark"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> Any:
        import server.apsw_dbapi

        return server.apsw_dbapi

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:
        return StaticPool if (url.database or ":memory:") == ":memory:" else QueuePool

    def create_connect_args(self, url: URL) -> tuple[list[str], dict[str, Any]]:
        return [url.database or ":memory:"], {}

    def is_disconnect(self, e: Any, connection: Any, cursor: Any) -> bool:
        return isinstance(e, ProgrammingError) and "closed" in str(e)


registry.register("sqlite.apsw", "server.apsw_dbapi", "ApswDialect")
