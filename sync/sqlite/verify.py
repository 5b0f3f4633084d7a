"""Looking through everything the embedded store holds, byte by byte, while it is written or while it lies still.

For: `verify(folder)`: an iterator of damage; nothing found is nothing damaged.
Not for: mending, what only the whole shows (totals.py), or photos (media/verify.py).
Source: promises D10, F-38; sqlite.org, "PRAGMA integrity_check".

Reads only, on a connection of its own, so it may run beside the server and in another process. Rows are read in short pieces,
each of one moment, so that the WAL is not kept from being moved into the file; only SQLite's own check and the counters need
one longer read each. What is changed meanwhile is seen as it was or as it is, never half.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import orjson

from sync.attachments import digest_of, stubs_of
from sync.database import Kept
from sync.errors import BadJson, NoSuchDatabase
from sync.revisions import Revision, RevisionTree
from sync.sqlite import lines, reads, totals, trees
from sync.sqlite.schema import FILE_NAME, open_reader, rows
from sync.strict_json import parse
from sync.verification import Damage, Progress

PIECE = 500
PIECE_OF_ATTACHMENTS = 8  # they may be large
MAX_FILE_FAULTS = 100
UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    struct.error,
)  # what bytes that are no tree are met with
STEPS_BETWEEN_PULSES = 1_000_000  # of SQLite's machine: some tens of milliseconds

Piece = tuple[
    list[Damage], int | None, int
]  # what is damaged, where the next piece begins, how much was looked at


def verify(folder: Path, progress: Progress | None = None) -> Generator[Damage]:
    """Blocks between what it yields. What `progress` raises ends it, within a long read too.

    Raises StoreUnfit when this program is not the one to open the file.
    """
    try:
        db = open_reader(folder)
    except apsw.Error as error:
        yield Damage("file_damaged", FILE_NAME, str(error))
        return
    looking = _Verification(db, progress or (lambda done, total: None))
    db.set_progress_handler(looking.pulse, STEPS_BETWEEN_PULSES)
    try:
        yield from looking.run()
    finally:
        db.close()


@contextmanager
def opened(folder: Path) -> Iterator[Callable[[str, Sequence[tuple[str, str]]], list[Kept | None]]]:
    """What the file has of each (id, rev) of a database, for comparing it with what was made from it. Raises StoreUnfit."""
    db = open_reader(folder)

    def kept(database: str, items: Sequence[tuple[str, str]]) -> list[Kept | None]:
        try:
            return reads.kept(db, database, items)
        except NoSuchDatabase:
            return [None] * len(items)

    try:
        yield kept
    finally:
        db.close()


class _Verification:
    def __init__(self, db: apsw.Connection, progress: Progress) -> None:
        self._db = db
        self._progress = progress
        self._done = 0
        self._total = 0

    def pulse(self) -> bool:
        """Called by SQLite now and then within one read."""
        self._progress(self._done, self._total)
        return False

    def run(self) -> Iterator[Damage]:
        yield from self._guarded("file", self._count)
        yield from self._guarded("file", self._structure)
        yield from self._pieces("documents", self._documents)
        yield from self._pieces("bodies", self._bodies)
        yield from self._pieces("held", self._held)
        yield from self._pieces("attachments", self._attachments)
        yield from self._guarded("links of attachments", lambda: totals.links(self._db))
        yield from self._guarded("journal", lambda: totals.numbers(self._db))
        yield from self._guarded("counters", lambda: totals.counters(self._db))
        self._progress(self._total, self._total)

    def _pieces(self, name: str, look: Callable[[int], Piece]) -> Iterator[Damage]:
        at: int | None = 0
        while at is not None:
            here = at
            try:
                rows(self._db, "BEGIN")
                found, at, looked_at = look(here)
            except apsw.Error as error:
                found, at, looked_at = (
                    [Damage("part_unreadable", f"{name} after {here}", str(error))],
                    None,
                    0,
                )
            finally:
                self._end()
            yield from found
            self._done = min(self._done + looked_at, self._total)
            self._progress(self._done, self._total)

    def _guarded(self, name: str, look: Callable[[], list[Damage]]) -> Iterator[Damage]:
        try:
            rows(self._db, "BEGIN")
            found = look()
        except apsw.Error as error:
            found = [Damage("part_unreadable", name, str(error))]
        finally:
            self._end()
        yield from found

    def _end(self) -> None:
        if self._db.in_transaction:
            rows(self._db, "ROLLBACK")

    def _count(self) -> list[Damage]:
        self._total = sum(
            rows(self._db, f"SELECT count(*) FROM {table}")[0][0]
            for table in ("doc", "body", "held", "attachment")
        )
        self._progress(0, self._total)
        return []

    def _structure(self) -> list[Damage]:
        found = rows(self._db, f"PRAGMA integrity_check({MAX_FILE_FAULTS})")
        return [Damage("file_damaged", "file", says) for (says,) in found if says != "ok"]

    def _documents(self, after: int) -> Piece:
        found = rows(
            self._db,
            "SELECT d.n, db.name, d.id, d.seq, d.rev, d.deleted, d.body, d.leaves, d.tree, "
            "EXISTS (SELECT 1 FROM body WHERE n = d.seq AND doc = d.n) "
            "FROM doc d LEFT JOIN db ON db.n = d.db WHERE d.n > ? ORDER BY d.n LIMIT ?",
            (after, PIECE),
        )
        damage: list[Damage] = []
        for n, name, doc_id, seq, rev, deleted, body, leaves, packed, has_place in found:
            place = f"{name}/{doc_id}"
            if name is None:
                damage.append(Damage("row_disagrees", place, "its database does not exist"))
            if not has_place:
                damage.append(Damage("place_empty", place, f"number {seq}"))
            try:
                tree = trees.single(rev, bool(deleted), body) if packed is None else trees.decode(packed)
                damage += self._tree(place, n, tree, (rev, bool(deleted), body, leaves))
            except UNREADABLE as error:
                damage.append(Damage("tree_unreadable", place, str(error)))
        return damage, found[-1][0] if found else None, len(found)

    def _tree(self, place: str, doc: int, tree: RevisionTree, row: tuple[Any, ...]) -> Iterator[Damage]:
        found = tree.leaves()
        winner = found[0]
        told = (str(winner.revision), not winner.live, winner.stored, len(found))
        if told != row:
            yield Damage("row_disagrees", place, f"row {row}, history {told}")
        for leaf in found:
            if leaf.stored is None:
                yield Damage("body_missing", place, str(leaf.revision))
        for revision, node in tree.nodes.items():
            if node.parent is not None and node.parent.generation != revision.generation - 1:
                yield Damage("tree_unreadable", place, f"{revision} after {node.parent}")
            if node.stored is not None and not self._is_body_of(doc, node.stored):
                yield Damage("body_missing", place, str(revision))

    def _is_body_of(self, doc: int, body: int) -> bool:
        return bool(rows(self._db, "SELECT 1 FROM body WHERE n = ? AND doc = ?", (body, doc)))

    def _bodies(self, after: int) -> Piece:
        found = rows(
            self._db,
            "SELECT b.n, b.crc, b.content, s.n, db.name, d.id, d.body, d.tree FROM body b "
            "LEFT JOIN doc d ON d.n = b.doc LEFT JOIN db ON db.n = d.db LEFT JOIN source s ON s.n = b.source "
            "WHERE b.n > ? ORDER BY b.n LIMIT ?",
            (after, PIECE),
        )
        damage: list[Damage] = []
        for n, crc, content, source, name, doc_id, winner, packed in found:
            place = f"{name}/{doc_id} ({n})"
            if source is None:
                damage.append(Damage("body_without_source", place))
            if doc_id is None or not _claims(packed, winner, n):
                damage.append(Damage("body_unclaimed", place))
            if zlib.crc32(content) != crc:
                damage.append(Damage("body_damaged", place))
                continue
            damage += _json(place, content, "body_not_json") or self._attached(place, n, content)
        return damage, found[-1][0] if found else None, len(found)

    def _attached(self, place: str, body: int, content: bytes) -> list[Damage]:
        named = {name: stub.get("digest") for name, stub in stubs_of(content).items()}
        here = dict(
            rows(
                self._db,
                "SELECT t.name, a.digest FROM attached t LEFT JOIN attachment a ON a.n = t.attachment WHERE t.body = ?",
                (body,),
            )
        )
        differing = sorted(name for name in named.keys() | here.keys() if named.get(name) != here.get(name))
        return [Damage("attachment_missing", place, name) for name in differing]

    def _held(self, after: int) -> Piece:
        found = rows(
            self._db,
            "SELECT h.n, db.name, h.id, h.rev, h.history, h.content FROM held h LEFT JOIN db ON db.n = h.db "
            "WHERE h.n > ? ORDER BY h.n LIMIT ?",
            (after, PIECE),
        )
        damage: list[Damage] = []
        for n, name, doc_id, rev, history, content in found:
            place = f"{name}/{doc_id} ({n})"
            try:
                past = [str(Revision.parse(one)) for one in orjson.loads(history)]
                if name is None or past[0] != rev:
                    damage.append(Damage("held_unreadable", place, "history"))
            except (ValueError, TypeError, IndexError) as error:
                damage.append(Damage("held_unreadable", place, str(error)))
            damage += _json(place, content, "held_unreadable")
        return damage, found[-1][0] if found else None, len(found)

    def _attachments(self, after: int) -> Piece:
        found = rows(
            self._db,
            "SELECT n, sha256, digest, content, EXISTS (SELECT 1 FROM attached WHERE attachment = a.n) "
            "FROM attachment a WHERE n > ? ORDER BY n LIMIT ?",
            (after, PIECE_OF_ATTACHMENTS),
        )
        damage: list[Damage] = []
        for n, sha256, digest, content, is_claimed in found:
            if hashlib.sha256(content).digest() != sha256 or digest_of(content) != digest:
                damage.append(Damage("attachment_damaged", f"attachment {n}", self._names_of(n)))
            if not is_claimed:
                damage.append(Damage("attachment_unclaimed", f"attachment {n}"))
        return damage, found[-1][0] if found else None, len(found)

    def _names_of(self, attachment: int) -> str:
        found = rows(
            self._db,
            "SELECT db.name || '/' || d.id || '/' || t.name FROM attached t JOIN doc d ON d.n = t.doc "
            "JOIN db ON db.n = d.db WHERE t.attachment = ? LIMIT 5",
            (attachment,),
        )
        return ", ".join(name for (name,) in found)


def _claims(packed: bytes | None, winner: int | None, body: int) -> bool:
    if packed is None:
        return winner == body
    try:
        if (line := lines.unpack(packed)) is not None:
            return any(number == body for _, number in lines.bodies_of(line))
        return any(node.stored == body for node in trees.decode(packed).nodes.values())
    except UNREADABLE:
        return True  # the history is told of as unreadable already


def _json(place: str, content: bytes, kind: str) -> list[Damage]:
    try:
        if not isinstance(parse(content), dict):
            return [Damage(kind, place, "not an object")]
    except BadJson as error:
        return [Damage(kind, place, error.reason)]
    return []
