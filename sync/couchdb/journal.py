"""The one order over all databases, and what this process remembers of CouchDB: a small file that may be lost.

For: `Journal`: numbering what was acknowledged or seen, where the follower of each database stands, what is set aside.
Not for: bodies, which only CouchDB holds; the read model's cursor.
Source: docs/architecture.md section 1 (journal); sqlite.org, "PRAGMA locking_mode".

A place is never given twice: numbers start above the microseconds of the clock at every opening, so that a file that lost
its end in a power cut, or was made anew, goes on above whatever it gave out before. What it lost, the follower finds
again. So its commits need no fsync, and take microseconds in the event loop's own thread.
A change that is seen again - our own write coming back in the feed, a rewind of CouchDB - names no revision that is new
here, and keeps its place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import orjson

from sync.errors import StoreUnfit
from sync.sqlite.schema import check_place, rows

FILE_NAME = "couchdb-journal.sqlite"
FORMAT = 1
HELD = "_held"  # no database has such a name
META = "_meta"

_TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE followed (db TEXT PRIMARY KEY, since TEXT NOT NULL) STRICT, WITHOUT ROWID",
    """CREATE TABLE place (
        n INTEGER PRIMARY KEY, db TEXT NOT NULL, id TEXT NOT NULL, revs TEXT NOT NULL, seen_at INTEGER NOT NULL
    ) STRICT""",
    "CREATE UNIQUE INDEX place_by_id ON place (db, id)",
    """CREATE TABLE held (
        n INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, db TEXT NOT NULL, id TEXT NOT NULL, rev TEXT NOT NULL,
        author TEXT, content_hash TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX held_by_id ON held (db, id, rev)",
    "CREATE INDEX held_by_author ON held (author)",
    """CREATE TABLE checkpoint (
        n INTEGER PRIMARY KEY, db TEXT NOT NULL, owner TEXT NOT NULL, key TEXT NOT NULL, rev TEXT NOT NULL
    ) STRICT""",
    "CREATE UNIQUE INDEX checkpoint_by_key ON checkpoint (db, owner, key)",
)


class Place(NamedTuple):
    n: int
    db: str
    id: str
    seen_at: int  # microseconds
    held_key: str | None  # None: a document; else a refused push


class HeldPush(NamedTuple):
    """What is remembered of a push that was set aside."""

    key: str
    db: str
    id: str
    rev: str
    author: str | None
    content_hash: str


class Journal:
    """One process at a time. All methods are short and block."""

    def __init__(self, folder: Path, clock_us: Callable[[], int] = lambda: time.time_ns() // 1000) -> None:
        """Raises StoreUnfit."""
        check_place(folder)
        path = folder / FILE_NAME
        if not path.exists():
            path.touch(mode=0o600)
        self._clock_us = clock_us
        try:
            self._db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
            self._prepare(path)
        except apsw.BusyError as error:
            raise StoreUnfit(
                f"{folder} 正被另一个进程使用: 请先停止它. Another process uses {folder}: stop it first."
            ) from error
        except (apsw.NotADBError, apsw.CorruptError, apsw.IOError, apsw.CantOpenError) as error:
            raise StoreUnfit(
                f"{path} 无法打开 ({error}): 可以删除, 会从 CouchDB 重建. "
                f"{path} cannot be opened ({error}): it may be deleted, it is made again from CouchDB."
            ) from error
        found = rows(self._db, "SELECT value FROM meta WHERE name = 'end'")
        self._end = max(found[0][0] if found else 0, 0)
        self._next = max(self._end + 1, clock_us())

    def close(self) -> None:
        self._db.close()

    # What is known of documents.

    @property
    def end(self) -> int:
        return self._end

    def revisions(self, db: str, ids: Iterable[str]) -> dict[str, set[str]]:
        """For each of these documents that is here: revisions of it that are (not all)."""
        found = rows(
            self._db,
            "SELECT id, revs FROM place WHERE db = ? AND id IN (SELECT value FROM json_each(?))",
            (db, orjson.dumps(list(ids)).decode()),
        )
        return {doc_id: set(orjson.loads(revs)) for doc_id, revs in found}

    def note_edits(self, db: str, edits: Iterable[tuple[str, str]]) -> bool:
        """Give acknowledged revisions (id, rev) their places, in order. Whether any is new here."""
        return self._note(db, ((doc_id, [rev]) for doc_id, rev in edits), None)

    def note_changes(self, db: str, changes: Iterable[tuple[str, Sequence[str]]], since: str) -> bool:
        """Give what a feed told of (id, leaves) its places, and remember where the feed stands."""
        return self._note(db, changes, since)

    def since(self, db: str) -> str:
        found = rows(self._db, "SELECT since FROM followed WHERE db = ?", (db,))
        return str(found[0][0]) if found else "0"

    def forget(self, db: str) -> None:
        """The database is gone."""
        with self._db:
            for table in ("followed", "place", "held", "checkpoint"):
                rows(self._db, f"DELETE FROM {table} WHERE db = ?", (db,))

    def databases(self) -> set[str]:
        return {
            name for (name,) in rows(self._db, "SELECT db FROM followed UNION SELECT DISTINCT db FROM place")
        }

    # What is set aside.

    def note_held(self, pushes: Iterable[HeldPush], since: str | None = None) -> bool:
        is_new = False
        with self._db:
            for push in pushes:
                if not rows(self._db, "SELECT 1 FROM held WHERE key = ?", (push.key,)):
                    is_new = True
                    rows(
                        self._db,
                        "INSERT INTO held (n, key, db, id, rev, author, content_hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
                        (self._number(), *push),
                    )
            self._save(HELD, since)
        return is_new

    def forget_held(self, keys: Iterable[str]) -> None:
        with self._db:
            for key in keys:
                rows(self._db, "DELETE FROM held WHERE key = ?", (key,))

    def is_held(self, key: str) -> bool:
        return bool(rows(self._db, "SELECT 1 FROM held WHERE key = ?", (key,)))

    def count_held(self, author: str | None) -> int:
        return int(rows(self._db, "SELECT count(*) FROM held WHERE author IS ?", (author,))[0][0])

    def held_of(self, db: str, doc_id: str | None = None, rev: str | None = None) -> list[HeldPush]:
        """Everything set aside in a database, or for one revision, oldest first."""
        only, values = ("", (db,)) if doc_id is None else (" AND id = ? AND rev = ?", (db, doc_id, rev))
        columns = "key, db, id, rev, author, content_hash"
        found = rows(self._db, f"SELECT {columns} FROM held WHERE db = ?{only} ORDER BY n", values)
        return [HeldPush(*row) for row in found]

    # The order.

    def after(self, since: int, limit: int) -> list[Place]:
        found = rows(
            self._db,
            "SELECT n, db, id, seen_at, NULL FROM place WHERE n > ?1 "
            "UNION ALL SELECT n, db, id, 0, key FROM held WHERE n > ?1 ORDER BY n LIMIT ?2",
            (since, limit),
        )
        return [Place(*row) for row in found]

    # Checkpoints of replicas: which there are, so that they do not pile up.

    def checkpoint_rev(self, db: str, owner: str, key: str) -> str | None:
        found = rows(
            self._db, "SELECT rev FROM checkpoint WHERE db = ? AND owner = ? AND key = ?", (db, owner, key)
        )
        return str(found[0][0]) if found else None

    def note_checkpoint(self, db: str, owner: str, key: str, rev: str | None, most: int) -> list[str]:
        """Remember the latest revision (None: deleted); returns the keys that are too many, unused for longest."""
        with self._db:
            rows(self._db, "DELETE FROM checkpoint WHERE db = ? AND owner = ? AND key = ?", (db, owner, key))
            if rev is None:
                return []
            rows(
                self._db,
                "INSERT INTO checkpoint (db, owner, key, rev) VALUES (?, ?, ?, ?)",
                (db, owner, key, rev),
            )
            surplus = rows(
                self._db,
                "SELECT key FROM checkpoint WHERE db = ? AND owner = ? ORDER BY n DESC LIMIT -1 OFFSET ?",
                (db, owner, most),
            )
        return [key for (key,) in surplus]

    def forget_checkpoints(self) -> None:
        rows(self._db, "DELETE FROM checkpoint")

    def _note(self, db: str, changes: Iterable[tuple[str, Sequence[str]]], since: str | None) -> bool:
        is_new, now = False, self._clock_us()
        with self._db:
            for doc_id, leaves in changes:
                found = rows(self._db, "SELECT n, revs FROM place WHERE db = ? AND id = ?", (db, doc_id))
                known: Mapping[str, None] = dict.fromkeys(orjson.loads(found[0][1]) if found else ())
                unseen = [rev for rev in leaves if rev not in known]
                # A feed names all leaves, and so replaces what was remembered; an edit of ours adds to it.
                revs = list(leaves) if since is not None else [*known, *unseen]
                if found and not unseen:
                    if len(revs) != len(known):
                        self._set_revs(found[0][0], revs)
                    continue
                is_new = True
                rows(self._db, "DELETE FROM place WHERE db = ? AND id = ?", (db, doc_id))
                rows(
                    self._db,
                    "INSERT INTO place (n, db, id, revs, seen_at) VALUES (?, ?, ?, ?, ?)",
                    (self._number(), db, doc_id, orjson.dumps(revs).decode(), now),
                )
            self._save(db, since)
        return is_new

    def _set_revs(self, n: int, revs: Sequence[str]) -> None:
        rows(self._db, "UPDATE place SET revs = ? WHERE n = ?", (orjson.dumps(revs).decode(), n))

    def _number(self) -> int:
        self._end, self._next = self._next, self._next + 1
        return self._end

    def _save(self, db: str, since: str | None) -> None:
        rows(self._db, "INSERT OR REPLACE INTO meta VALUES ('end', ?)", (self._end,))
        if since is not None:
            rows(self._db, "INSERT OR REPLACE INTO followed VALUES (?, ?)", (db, since))

    def _prepare(self, path: Path) -> None:
        self._db.pragma("locking_mode", "EXCLUSIVE")  # before WAL: a second process then fails at once
        self._db.pragma("journal_mode", "WAL")
        self._db.pragma("synchronous", "NORMAL")
        found: Any = self._db.pragma("user_version")
        if found not in (0, FORMAT):
            raise StoreUnfit(
                f"{path} 的格式 {found} 比本程序新: 请升级. {path} has format {found}, newer than this program: upgrade it."
            )
        rows(self._db, "BEGIN IMMEDIATE")
        if found == 0:
            for statement in _TABLES:
                rows(self._db, statement)
            self._db.pragma("user_version", FORMAT)
        rows(self._db, "COMMIT")
