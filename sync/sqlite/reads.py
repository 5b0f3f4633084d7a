"""What the reading threads ask of the file.

For: SqliteDatabase and SqliteStore; each function is one short read on one connection.
Not for: writing (edits.py), sequences as text (store.py).

Bodies leave here as the bytes that were stored, checked against their checksum; one that does not match is never
served as good.
"""

from __future__ import annotations

import hashlib
import logging
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import apsw
import orjson

from sync.access import JsonObject, Refusal
from sync.database import Found, JournalEntry, Kept, Listed, Wanted
from sync.errors import NoSuchDatabase
from sync.revisions import BadRevision, Revision, RevisionTree
from sync.sqlite import trees
from sync.sqlite.places import count_after
from sync.sqlite.schema import rows

logger = logging.getLogger(__name__)


def number_of(db: apsw.Connection, database: str) -> int:
    found = rows(db, "SELECT n FROM db WHERE name = ?", (database,))
    if not found:
        raise NoSuchDatabase
    return int(found[0][0])


def facts_about(db: apsw.Connection, database: str) -> tuple[Any, ...]:
    """documents, deleted_documents, content_bytes, update_seq, revs_limit, size of the file."""
    found = rows(
        db,
        "SELECT documents, deleted_documents, content_bytes, update_seq, revs_limit, "
        "(SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size) FROM db WHERE name = ?",
        (database,),
    )
    if not found:
        raise NoSuchDatabase
    return tuple(found[0])


def update_seq(db: apsw.Connection, database: str) -> int:
    return end_of(db, database)[1]


def pending(db: apsw.Connection, database: str, since: int) -> int:
    return count_after(db, number_of(db, database), since)


def look_up(db: apsw.Connection, database: str, wanted: Iterable[Wanted]) -> list[list[Found]]:
    n = number_of(db, database)
    return [_look_up(db, n, one) for one in wanted]


def attachments(
    db: apsw.Connection, database: str, doc_id: str, revision: Revision, names: Sequence[str]
) -> dict[str, bytes]:
    tree = _tree(db, number_of(db, database), doc_id)
    node = None if tree is None else tree.nodes.get(revision)
    if node is None:
        return {}
    answer = {}
    for name in names:
        found = rows(
            db,
            "SELECT a.sha256, a.content FROM attached t JOIN attachment a ON a.n = t.attachment "
            "WHERE t.body = ? AND t.name = ?",
            (node.stored, name),
        )
        if found and hashlib.sha256(found[0][1]).digest() == found[0][0]:
            answer[name] = found[0][1]
        elif found:
            logger.error("damaged attachment %r of document %r is not served", name, doc_id)
    return answer


def known(db: apsw.Connection, database: str, doc_id: str) -> tuple[int, RevisionTree] | None:
    n = number_of(db, database)
    found = rows(db, "SELECT seq FROM doc WHERE db = ? AND id = ?", (n, doc_id))
    tree = _tree(db, n, doc_id)
    return None if tree is None else (found[0][0], tree)


def list_documents(
    db: apsw.Connection,
    database: str,
    limit: int,
    start: str | None,
    end: str | None,
    skip: int,
    descending: bool,
    inclusive_start: bool,
    inclusive_end: bool,
    with_content: bool,
) -> list[Listed]:
    conditions, values = ["d.db = ?", "d.deleted = 0"], [number_of(db, database)]
    bounds: list[str] = []
    for bound, after, inclusive in (
        (start, not descending, inclusive_start),
        (end, descending, inclusive_end),
    ):
        if bound is not None:
            conditions.append(f"d.id {'>' if after else '<'}{'=' if inclusive else ''} ?")
            bounds.append(bound)
    found = rows(
        db,
        f"SELECT d.id, d.rev, d.deleted, {content_columns(with_content)} FROM doc d "
        f"WHERE {' AND '.join(conditions)} ORDER BY d.id {'DESC' if descending else 'ASC'} LIMIT ? OFFSET ?",
        (*values, *bounds, limit, skip),
    )
    return [_listed(row) for row in found]


def list_keys(db: apsw.Connection, database: str, keys: Sequence[str], with_content: bool) -> list[Listed]:
    n = number_of(db, database)
    statement = f"SELECT d.id, d.rev, d.deleted, {content_columns(with_content)} FROM doc d WHERE d.db = ? AND d.id = ?"
    answer = []
    for key in keys:
        found = rows(db, statement, (n, key))
        answer.append(_listed(found[0]) if found else Listed(key, None, False, None))
    return answer


def count_before(db: apsw.Connection, database: str, start: str, descending: bool) -> int:
    n = number_of(db, database)
    statement = f"SELECT count(*) FROM doc WHERE db = ? AND deleted = 0 AND id {'>' if descending else '<'} ?"
    return int(rows(db, statement, (n, start))[0][0])


def local(db: apsw.Connection, database: str, owner: str, local_id: str) -> tuple[str, bytes] | None:
    n = number_of(db, database)
    found = rows(
        db, "SELECT rev, content FROM local WHERE db = ? AND owner = ? AND id = ?", (n, owner, local_id)
    )
    return (f"0-{found[0][0]}", found[0][1]) if found else None


def kept(db: apsw.Connection, database: str, items: Sequence[tuple[str, str]]) -> list[Kept | None]:
    n = number_of(db, database)
    return [_kept(db, n, doc_id, rev) for doc_id, rev in items]


def journal(db: apsw.Connection, since: int, limit: int) -> list[JournalEntry]:
    """Documents stand where their last body arrived, and show their winner; held pushes where they were set aside."""
    accepted = rows(
        db,
        "SELECT d.seq, db.name, d.id, d.rev, s.author, s.device, w.received_at, d.deleted, w.crc, w.content "
        "FROM body b CROSS JOIN doc d ON d.n = b.doc AND d.seq = b.n CROSS JOIN body w ON w.n = d.body "
        "CROSS JOIN db ON db.n = d.db CROSS JOIN source s ON s.n = w.source WHERE b.n > ? ORDER BY b.n LIMIT ?",
        (since, limit),
    )
    refused = rows(
        db,
        "SELECT h.n, db.name, h.id, h.rev, h.author, h.device, h.received_at, h.deleted, h.code, h.reason, h.content "
        "FROM held h JOIN db ON db.n = h.db WHERE h.n > ? ORDER BY h.n LIMIT ?",
        (since, limit),
    )
    entries = []
    for seq, name, doc_id, rev, author, device, at, deleted, crc, stored in accepted:
        content = checked(stored, crc, doc_id) or b"{}"
        body = as_object(doc_id, rev, bool(deleted), content)
        entries.append(
            JournalEntry(seq, name, doc_id, rev, author, device, _instant(at), bool(deleted), body, None)
        )
    for seq, name, doc_id, rev, author, device, at, deleted, code, reason, content in refused:
        body = as_object(doc_id, rev, bool(deleted), content)
        refusal = Refusal(code, reason)
        entries.append(
            JournalEntry(seq, name, doc_id, rev, author, device, _instant(at), bool(deleted), body, refusal)
        )
    entries.sort(key=lambda entry: entry.seq)
    return entries[:limit]


def count_held(db: apsw.Connection) -> int:
    return int(rows(db, "SELECT count(*) FROM held")[0][0])


def has_journal_after(db: apsw.Connection, since: int) -> bool:
    return bool(journal_places(db, since, 1))


def journal_places(db: apsw.Connection, since: int, limit: int) -> list[Any]:
    return rows(
        db,
        "SELECT n FROM held WHERE n > ? UNION ALL "
        "SELECT b.n FROM body b CROSS JOIN doc d ON d.n = b.doc AND d.seq = b.n WHERE b.n > ? LIMIT ?",
        (since, since, limit),
    )


def as_object(doc_id: str, rev: str, deleted: bool, content: bytes) -> JsonObject:
    flag = {"_deleted": True} if deleted else {}
    return {"_id": doc_id, "_rev": rev, **flag, **orjson.loads(content)}


def checked(content: bytes | None, crc: int | None, doc_id: str) -> bytes | None:
    """The body, or None when it is not what was written."""
    if content is not None and zlib.crc32(content) != crc:
        logger.error("damaged body of document %r is not served", doc_id)
        return None
    return content


def _kept(db: apsw.Connection, n: int, doc_id: str, rev: str) -> Kept | None:
    tree = _tree(db, n, doc_id)
    node = None if tree is None else tree.nodes.get(_revision(rev))
    if node is not None:
        content = _body(db, node.stored, doc_id)
        return Kept(None if content is None else as_object(doc_id, rev, node.deleted, content), None)
    held = rows(
        db,
        "SELECT code, reason, deleted, content FROM held WHERE db = ? AND id = ? AND rev = ?",
        (n, doc_id, rev),
    )
    if not held:
        return None
    code, reason, deleted, content = held[0]
    return Kept(as_object(doc_id, rev, bool(deleted), content), Refusal(code, reason))


def _look_up(db: apsw.Connection, n: int, wanted: Wanted) -> list[Found]:
    tree = _tree(db, n, wanted.id)
    if tree is None:
        return []
    leaves = tree.leaves()
    if wanted.revisions is None:
        revisions = [leaf.revision for leaf in leaves]
    elif not wanted.revisions:
        revisions = [leaves[0].revision]
    elif wanted.latest:
        revisions = []
        for revision in wanted.revisions:
            after = (
                [leaf.revision for leaf in tree.leaves_after(revision)]
                if revision in tree.nodes
                else [revision]
            )
            revisions += [one for one in after if one not in revisions]
    else:
        revisions = list(wanted.revisions)
    return [_found(db, tree, wanted.id, revision) for revision in revisions]


def _found(db: apsw.Connection, tree: RevisionTree, doc_id: str, revision: Revision) -> Found:
    node = tree.nodes.get(revision)
    if node is None:
        return Found(revision, None, False, [revision])
    content = _body(db, node.stored, doc_id)
    return Found(revision, content, node.deleted, tree.history(revision))


def _body(db: apsw.Connection, stored: int | None, doc_id: str) -> bytes | None:
    found = rows(db, "SELECT content, crc FROM body WHERE n = ?", (stored,))
    return checked(found[0][0], found[0][1], doc_id) if found else None


def _tree(db: apsw.Connection, n: int, doc_id: str) -> RevisionTree | None:
    found = rows(db, "SELECT rev, deleted, body, tree FROM doc WHERE db = ? AND id = ?", (n, doc_id))
    if not found:
        return None
    rev, deleted, body, packed = found[0]
    return trees.single(rev, bool(deleted), body) if packed is None else trees.decode(packed)


def end_of(db: apsw.Connection, database: str) -> tuple[int, int]:
    """Its number and its latest place."""
    found = rows(db, "SELECT n, update_seq FROM db WHERE name = ?", (database,))
    if not found:
        raise NoSuchDatabase
    n, end = found[0]
    return n, end


def content_columns(with_content: bool) -> str:
    if not with_content:
        return "NULL, NULL"
    return "(SELECT crc FROM body WHERE n = d.body), (SELECT content FROM body WHERE n = d.body)"


def _listed(row: Any) -> Listed:
    doc_id, rev, deleted, crc, content = row
    return Listed(doc_id, rev, bool(deleted), checked(content, crc, doc_id))


def _revision(rev: str) -> Revision:
    """One that no tree holds, when the text is none."""
    try:
        return Revision.parse(rev)
    except BadRevision:
        return Revision(0, "")


def _instant(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)
