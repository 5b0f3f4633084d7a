"""What changed in a database since a place: the pages of its feed.

For: SqliteDatabase.changes; each function is one read at one moment, and tells where the page ends and what lies behind it.
Not for: waiting for changes (sync/hub), counting places (places.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import apsw
import orjson

from sync.database import Change, ChangesPage
from sync.sqlite import trees
from sync.sqlite.places import count_after
from sync.sqlite.reads import checked, content_columns, end_of, number_of
from sync.sqlite.schema import rows

FEW_ROWS = 100  # a glance takes well under a millisecond


class ChangesAsked(NamedTuple):
    """A page of changes. Equal ones have equal answers until something is written."""

    database: str
    since: int
    limit: int
    all_leaves: bool
    with_content: bool
    doc_ids: tuple[str, ...] | None
    suffix: str  # of a sequence: the number goes before it

    def page(self, found: Sequence[Any], last: int, pending: int | None) -> ChangesPage:
        suffix, all_leaves = self.suffix, self.all_leaves
        changes = [
            Change(
                f"{seq}{suffix}",
                doc_id,
                deleted == 1,
                [rev] if leaves == 1 or not all_leaves else _revs(rev, packed),
                None if body is None else checked(body, crc, doc_id),
            )
            for seq, doc_id, deleted, rev, leaves, packed, crc, body in found
        ]
        return ChangesPage(changes, f"{last}{suffix}", pending)


def changes(db: apsw.Connection, asked: ChangesAsked) -> ChangesPage:
    return _changes(db, *end_of(db, asked.database), asked)


def changes_if_few(db: apsw.Connection, asked: ChangesAsked) -> ChangesPage | None:
    """The same when it takes no more than a glance, else None."""
    n, end = end_of(db, asked.database)
    if asked.since < end:
        if asked.with_content or asked.doc_ids is not None:
            return None
        if asked.limit > FEW_ROWS and count_after(db, n, asked.since) > FEW_ROWS:
            return None
    return _changes(db, n, end, asked)


def changes_down(db: apsw.Connection, asked: ChangesAsked) -> ChangesPage:
    """From a place down to the beginning."""
    found = _change_rows(db, number_of(db, asked.database), asked, "d.seq <= ?", "d.seq DESC")
    return asked.page(found, found[-1][0] - 1 if found else 0, None)


def _changes(db: apsw.Connection, n: int, end: int, asked: ChangesAsked) -> ChangesPage:
    if asked.since >= end:
        return asked.page((), asked.since, 0)
    found = _change_rows(db, n, asked, "d.seq > ?", "d.seq")
    last = found[-1][0] if len(found) == asked.limit else end  # nothing more of interest lies before the end
    return asked.page(found, last, 0 if last == end else count_after(db, n, last))


def _change_rows(db: apsw.Connection, n: int, asked: ChangesAsked, within: str, order: str) -> list[Any]:
    only = "" if asked.doc_ids is None else " AND d.id IN (SELECT value FROM json_each(?))"
    ids = () if asked.doc_ids is None else (orjson.dumps(asked.doc_ids).decode(),)
    return rows(
        db,
        "SELECT d.seq, d.id, d.deleted, d.rev, d.leaves, CASE WHEN d.leaves > 1 THEN d.tree END, "
        f"{content_columns(asked.with_content)} FROM doc d WHERE d.db = ? AND {within}{only} ORDER BY {order} LIMIT ?",
        (n, asked.since, *ids, asked.limit),
    )


def _revs(rev: str, packed: bytes | None) -> list[str]:
    return [rev] if packed is None else [str(leaf.revision) for leaf in trees.decode(packed).leaves()]
