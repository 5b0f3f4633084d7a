"""The one order over all databases, and what this process remembers of CouchDB: a small file that may be lost.

For: `Journal`: numbering what was acknowledged or seen, where the follower of each database stands, what is set aside.
Not for: the file itself (journal_file.py); bodies, which only CouchDB holds; the read model's cursor.
Source: docs/architecture.md section 1 (journal).

A change that is seen again - our own write coming back in the feed, a rewind of CouchDB, a node that lags - names no revision
that is new here, and keeps its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson

from sync.couchdb.journal_file import JournalFile
from sync.sqlite.schema import rows

HELD = "_held"  # no database has such a name
META = "_meta"
PAST_KEPT = 32  # revisions of one document that were leaves once


class Place(NamedTuple):
    n: int
    db: str
    id: str
    seen_at: int  # microseconds
    held_key: str | None  # None: a document; else a refused push


class Remembered(NamedTuple):
    n: int
    db: str
    id: str
    revs: list[str]


class HeldPush(NamedTuple):
    """What is remembered of a push that was set aside."""

    key: str
    db: str
    id: str
    rev: str
    author: str | None
    content_hash: str


class _Kept(NamedTuple):
    n: int
    leaves: list[str]
    past: list[str]
    seen_at: int


_NOWHERE = _Kept(0, [], [], 0)


class Journal(JournalFile):
    """One process at a time. All methods are short and block."""

    # What is known of documents.

    @property
    def end(self) -> int:
        return self._end

    def past(self, db: str, ids: Iterable[str]) -> dict[str, set[str]]:
        """For each of these documents that has a place: revisions that were leaves once (not all)."""
        found = rows(
            self._db,
            "SELECT id, past FROM place WHERE db = ? AND id IN (SELECT value FROM json_each(?))",
            (db, orjson.dumps(list(ids)).decode()),
        )
        return {doc_id: set(orjson.loads(past)) for doc_id, past in found}

    def note_edits(self, db: str, edits: Iterable[tuple[str, Sequence[str]]]) -> bool:
        """Give acknowledged revisions (id, history newest first) their places, in order. Whether any is new here."""
        return self._note(db, edits, None)

    def note_changes(self, db: str, changes: Iterable[tuple[str, Sequence[str]]], since: str) -> bool:
        """Give what a feed told of (id, leaves) its places, and remember where the feed stands."""
        return self._note(db, changes, since)

    def since(self, db: str) -> str:
        found = rows(self._db, "SELECT since FROM followed WHERE db = ?", (db,))
        return str(found[0][0]) if found else "0"

    def begin_anew(self, db: str) -> None:
        """Read the database's feed from its beginning; what is known keeps its place."""
        with self._commit():
            rows(self._db, "DELETE FROM followed WHERE db = ?", (db,))

    def forget(self, db: str) -> None:
        """The database is gone."""
        with self._commit():
            for table in ("followed", "place", "held", "checkpoint"):
                rows(self._db, f"DELETE FROM {table} WHERE db = ?", (db,))

    def databases(self) -> set[str]:
        return {
            name for (name,) in rows(self._db, "SELECT db FROM followed UNION SELECT DISTINCT db FROM place")
        }

    # What CouchDB should have.

    def remembered(self, n: int) -> Remembered | None:
        found = rows(self._db, "SELECT db, id, revs FROM place WHERE n = ?", (n,))
        return Remembered(n, found[0][0], found[0][1], orjson.loads(found[0][2])) if found else None

    def latest(self, before: int | None, limit: int) -> list[Remembered]:
        """The last places before one, newest first, with the leaves that were acknowledged or seen there."""
        found = rows(
            self._db,
            "SELECT n, db, id, revs FROM place WHERE n < ? ORDER BY n DESC LIMIT ?",
            (2**63 - 1 if before is None else before, limit),
        )
        return [Remembered(n, db, doc_id, orjson.loads(revs)) for n, db, doc_id, revs in found]

    def forget_revisions(self, db: str, lost: Iterable[tuple[str, str]]) -> None:
        """They are not at CouchDB any more, nor perhaps what was before them: when they come again, they are new."""
        with self._commit():
            for doc_id, rev in lost:
                found = rows(self._db, "SELECT n, revs FROM place WHERE db = ? AND id = ?", (db, doc_id))
                if not found:
                    continue  # the last of its revisions went just now
                n, revs = found[0]
                left = [one for one in orjson.loads(revs) if one != rev]
                if left:
                    values = orjson.dumps(left).decode(), n
                    rows(self._db, "UPDATE place SET revs = ?, past = '[]' WHERE n = ?", values)
                else:
                    rows(self._db, "DELETE FROM place WHERE n = ?", (n,))

    def latest_held(self, limit: int) -> list[str]:
        """Keys of the last pushes that were set aside."""
        return [key for (key,) in rows(self._db, "SELECT key FROM held ORDER BY n DESC LIMIT ?", (limit,))]

    # What is set aside.

    def note_held(self, pushes: Iterable[HeldPush], since: str | None = None) -> bool:
        is_new = False
        with self._commit():
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
        with self._commit():
            for key in keys:
                rows(self._db, "DELETE FROM held WHERE key = ?", (key,))

    def is_held(self, key: str) -> bool:
        return bool(rows(self._db, "SELECT 1 FROM held WHERE key = ?", (key,)))

    def count_held(self, author: str | None) -> int:
        return int(rows(self._db, "SELECT count(*) FROM held WHERE author IS ?", (author,))[0][0])

    def held_of(self, db: str, ids: Iterable[str] | None = None) -> list[HeldPush]:
        """Everything set aside in a database, or of these documents, oldest first."""
        only, values = "", [db]
        if ids is not None:
            only = " AND id IN (SELECT value FROM json_each(?))"
            values.append(orjson.dumps(list(ids)).decode())
        columns = "key, db, id, rev, author, content_hash"
        found = rows(self._db, f"SELECT {columns} FROM held WHERE db = ?{only} ORDER BY n", tuple(values))
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
        with self._commit():
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
        with self._commit():
            rows(self._db, "DELETE FROM checkpoint")

    def _note(self, db: str, changes: Iterable[tuple[str, Sequence[str]]], since: str | None) -> bool:
        """`changes` are leaves when a feed told them (`since`), and the history of one revision when it is ours."""
        changes, now, is_new = list(changes), self._clock_us(), False
        with self._commit():
            kept = self._kept(db, {doc_id for doc_id, _ in changes})
            gone, moved = list[tuple[int]](), dict[str, _Kept]()
            for doc_id, named in changes:
                here = kept.get(doc_id, _NOWHERE)
                # A feed names all leaves, and so replaces what was remembered; an edit of ours takes the place of its past.
                leaves = list(named)
                if since is None:
                    leaves = [rev for rev in here.leaves if rev not in named[1:]]
                    if named[0] not in here.leaves and named[0] not in here.past:
                        leaves.append(named[0])
                # A node that lags may show what was before: it is no news.
                is_news = any(rev not in here.leaves and rev not in here.past for rev in leaves)
                if not is_news and leaves == here.leaves:
                    continue
                past = [rev for rev in (*here.past, *here.leaves) if rev not in leaves][-PAST_KEPT:]
                if here.n:
                    gone.append((here.n,))
                is_new |= is_news
                n = self._number() if is_news else here.n
                kept[doc_id] = moved[doc_id] = _Kept(n, leaves, past, now if is_news else here.seen_at)
            self._db.executemany("DELETE FROM place WHERE n = ?", gone)
            self._db.executemany(
                "INSERT INTO place (n, db, id, seen_at, revs, past) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (
                        one.n,
                        db,
                        doc_id,
                        one.seen_at,
                        orjson.dumps(one.leaves).decode(),
                        orjson.dumps(one.past).decode(),
                    )
                    for doc_id, one in moved.items()
                ],
            )
            self._save(db, since)
        return is_new

    def _kept(self, db: str, ids: Iterable[str]) -> dict[str, _Kept]:
        found = rows(
            self._db,
            "SELECT id, n, revs, past, seen_at FROM place WHERE db = ? AND id IN (SELECT value FROM json_each(?))",
            (db, orjson.dumps(list(ids)).decode()),
        )
        return {
            doc_id: _Kept(n, orjson.loads(revs), orjson.loads(past), seen_at)
            for doc_id, n, revs, past, seen_at in found
        }

    def _save(self, db: str, since: str | None) -> None:
        rows(self._db, "INSERT OR REPLACE INTO meta VALUES ('end', ?)", (self._end,))
        if since is not None:
            rows(self._db, "INSERT OR REPLACE INTO followed VALUES (?, ?)", (db, since))
