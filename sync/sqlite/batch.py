"""The documents of one database that a transaction touches: found together, written together.

For: `Batch`, which answers as if each row were read and written at once.
Not for: what becomes of a document (edits.py).
Source: sqlite.org, "INSERT", "UPSERT", "The JSON functions".

One statement for many rows, because the writing thread waits for the interpreter after every step of a statement while
other threads parse: a statement for each document would wait for each document.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import apsw
import orjson

from sync.revisions import Revision, RevisionTree
from sync.sqlite import lines, trees
from sync.sqlite.lines import Line
from sync.sqlite.schema import rows

_CHUNKS = (100, 20, 5, 1)  # rows in one statement; few different ones, so that each is prepared once
_INTO_DOC = "INSERT INTO doc (n, db, id, seq, rev, deleted, body, leaves, tree) VALUES "
_INTO_BODY = "INSERT INTO body (n, doc, source, received_at, crc, content) VALUES "


class Row(NamedTuple):
    """The row of a document, as table `doc` has it."""

    n: int
    db: int
    id: str
    seq: int
    rev: str
    deleted: int
    body: int | None
    leaves: int
    tree: bytes | None

    def line(self) -> Line | None:
        """A history without conflicts; None: only `grown` tells."""
        if self.tree is None:
            return lines.of_one(self.rev, bool(self.deleted), self.body)
        return lines.unpack(self.tree)

    def edited(
        self, history: Sequence[Revision], deleted: bool, body: int, limit: int
    ) -> tuple[bytes, Sequence[int]] | None:
        """The tree after an edit of a history without conflicts, and the bodies it let go; None: only `grown` tells."""
        if self.tree is None:
            tree = lines.second(self.rev, bool(self.deleted), self.body, history, deleted, body, limit)
        else:
            tree = lines.longer(self.tree, history, deleted, body, limit)
        if tree is not None:
            return tree, ()
        line = self.line()
        grown = None if line is None else line.grown(history, deleted, body)
        if grown is None:
            return None
        kept, dropped = grown.stemmed(limit)
        return kept.pack(), dropped

    def grown(self) -> RevisionTree:
        if self.tree is None:
            return trees.single(self.rev, bool(self.deleted), self.body)
        return trees.decode(self.tree)


# A row as it lies, until somebody asks for a `Row` of it.
Fields = tuple[int, int, str, int, str, int, int | None, int, bytes | None]
BodyFields = tuple[int, int, int, int, int, bytes]


class Batch:
    def __init__(self, db: apsw.Connection, n: int) -> None:
        self._db = db
        self._n = n
        self._found: dict[str, Fields | None] = {}
        self._changed: dict[int, Fields] = {}
        self._bodies: dict[int, BodyFields] = {}

    def fetch(self, ids: Iterable[str]) -> None:
        """Look these up, so that `find` has them at hand."""
        wanted = [doc_id for doc_id in ids if doc_id not in self._found]
        if not wanted:
            return
        self._found.update(dict.fromkeys(wanted))
        for row in rows(
            self._db,
            "SELECT d.n, d.db, d.id, d.seq, d.rev, d.deleted, d.body, d.leaves, d.tree "
            "FROM json_each(?) wanted CROSS JOIN doc d ON d.db = ? AND d.id = wanted.value",
            (orjson.dumps(wanted).decode(), self._n),
        ):
            self._found[row[2]] = row

    def find(self, doc_id: str) -> Row | None:
        if doc_id not in self._found:
            self.fetch((doc_id,))
        row = self._found[doc_id]
        return None if row is None else tuple.__new__(Row, row)

    def put(self, row: Fields) -> None:
        """A new document, or the changed row of one that is here."""
        self._found[row[2]] = self._changed[row[0]] = row

    def insert(self, documents: Sequence[Fields], bodies: Sequence[BodyFields]) -> bool:
        """New documents, each with its body, written at once; False, and none is, when one of them is here already.

        Not asking first spares a search of the index for each document: the search of the insertion tells it too.
        """
        self._run("SAVEPOINT births")
        try:
            _insert(self._db, _INTO_DOC, "", documents)
        except apsw.ConstraintError:
            self._run("ROLLBACK TO births")
            self._run("RELEASE births")
            return False
        self._run("RELEASE births")
        _insert(self._db, _INTO_BODY, "", bodies)
        return True

    def put_body(self, n: int, doc: int, source: int, received_at: int, content: bytes) -> None:
        self._bodies[n] = (n, doc, source, received_at, zlib.crc32(content), content)

    def content(self, body: int | None) -> bytes | None:
        if body is not None and body in self._bodies:
            return self._bodies[body][-1]
        found = rows(self._db, "SELECT content FROM body WHERE n = ?", (body,))
        return found[0][0] if found else None

    def drop_body(self, body: int) -> bytes | None:
        """What it was; None when it is not here."""
        waiting = self._bodies.pop(body, None)
        if waiting is not None:
            return waiting[-1]
        gone = rows(self._db, "DELETE FROM body WHERE n = ? RETURNING content", (body,))
        return gone[0][0] if gone else None

    def flush(self) -> None:
        """Write what has gathered. Until then no statement of another sees it."""
        _insert(
            self._db,
            _INTO_DOC,
            " ON CONFLICT (n) DO UPDATE SET seq = excluded.seq, rev = excluded.rev, deleted = excluded.deleted, "
            "body = excluded.body, leaves = excluded.leaves, tree = excluded.tree",
            tuple(self._changed.values()),
        )
        _insert(self._db, _INTO_BODY, "", tuple(self._bodies.values()))
        self._changed, self._bodies = {}, {}

    def _run(self, statement: str) -> None:
        rows(self._db, statement)


def _insert(db: apsw.Connection, start: str, end: str, items: Sequence[tuple[Any, ...]]) -> None:
    at = 0
    for size in _CHUNKS:
        while len(items) - at >= size:
            part = items[at : at + size]
            rows(db, _statement(start, end, len(part[0]), size), tuple(chain.from_iterable(part)))
            at += size


def _statement(start: str, end: str, columns: int, count: int) -> str:
    one = "(" + ",".join("?" * columns) + ")"
    return start + ",".join([one] * count) + end
