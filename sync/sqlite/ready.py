"""Documents put together from the bytes in their rows.

For: SqliteDatabase.only_leaves: what a pull nearly always asks for, the only leaf of a document by its revision. No tree,
    and no value of the body, is looked at.
Not for: anything that a tree has to tell (reads.look_up). Both give the same bytes (tests/sync/test_http_fetching.py).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import apsw
import orjson

from sync.sqlite import lines
from sync.sqlite.reads import number_of

PIECE_BYTES = 4 * 1024 * 1024
# One statement for all: starting one costs more than what it finds.
_ONLY_LEAVES = (
    "SELECT asked.key, d.rev, d.deleted, d.tree, b.crc, b.content FROM json_each(?) asked "
    "CROSS JOIN doc d ON d.db = ? AND d.id = asked.value AND d.leaves = 1 CROSS JOIN body b ON b.n = d.body"
)


def only_leaves(
    db: apsw.Connection, database: str, asked: Sequence[tuple[str, str | None]], with_revisions: bool
) -> list[bytes | None]:
    """The first of them, until PIECE_BYTES are reached. A body that is not what was written is left to look_up."""
    ids = orjson.dumps([doc_id for doc_id, _ in asked]).decode()
    answer: list[bytes | None] = [None] * len(asked)
    size, dumps = 0, orjson.dumps
    found = db.execute(_ONLY_LEAVES, (ids, number_of(db, database)))
    for at, rev, deleted, packed, crc, content in found:
        doc_id, wanted = asked[at]
        if wanted not in (None, rev) or zlib.crc32(content) != crc:
            continue
        revisions = _revisions(rev, packed) if with_revisions else ""
        if revisions is None:
            continue
        # As documents.splice has it, in a third of the time.
        deletion = ',"_deleted":true' if deleted else ""
        comma = "" if content == b"{}" else ","
        members = f',"_rev":"{rev}"{deletion}{revisions}{comma}'
        answer[at] = b'{"_id":' + dumps(doc_id) + members.encode() + content[1:]
        size += len(content)
        if size > PIECE_BYTES:
            found.close()
            return answer[: at + 1]
    return answer


def _revisions(rev: str, packed: bytes | None) -> str | None:
    """The `_revisions` member of a history without conflicts; None when only a tree tells."""
    if packed is None:
        generation, _, ids = rev.partition("-")
        return f',"_revisions":{{"start":{generation},"ids":["{ids}"]}}'
    line = lines.unpack(packed)
    if line is None:
        return None
    ids = line.digests.hex(",", lines.DIGEST_BYTES).replace(",", '","')
    return f',"_revisions":{{"start":{line.generation},"ids":["{ids}"]}}'
