"""Which of the asked revisions are not here: the store's half of `_revs_diff`.

For: `missing_revisions`, for many documents in one statement; a history without conflicts is asked as bytes.
Not for: fetching revisions (reads.py).
Source: CouchDB Replication Protocol, "Calculate Revision Difference".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import apsw
import orjson

from sync.database import Missing
from sync.revisions import Revision, possible_ancestors
from sync.sqlite import lines, trees
from sync.sqlite.reads import number_of
from sync.sqlite.schema import rows


def missing_revisions(
    db: apsw.Connection, database: str, asked: Mapping[str, Sequence[Revision]]
) -> dict[str, Missing]:
    n = number_of(db, database)
    ids = [doc_id for doc_id, revisions in asked.items() if revisions]
    found = {
        doc_id: (rev, tree)
        for doc_id, rev, tree in rows(
            db,
            "SELECT d.id, d.rev, d.tree FROM json_each(?) wanted CROSS JOIN doc d ON d.db = ? AND d.id = wanted.value",
            (orjson.dumps(ids).decode(), n),
        )
    }
    answer: dict[str, Missing] = {}
    for doc_id in ids:
        revisions = asked[doc_id]
        if doc_id not in found:
            answer[doc_id] = Missing([f"{generation}-{digest}" for generation, digest in revisions], [])
            continue
        missing = _missing(*found[doc_id], revisions)
        if missing is not None:
            answer[doc_id] = missing
    return answer


def _missing(rev: str, packed: bytes | None, revisions: Sequence[Revision]) -> Missing | None:
    line = None if packed is None else lines.unpack(packed)
    if line is not None:
        missing = [revision for revision in revisions if not line.holds(revision)]
    elif packed is None:
        missing = [each for each in revisions if f"{each[0]}-{each[1]}" != rev]
    else:
        tree = trees.decode(packed)
        missing = [revision for revision in revisions if revision not in tree.nodes]
        if missing:
            older = [str(revision) for revision in possible_ancestors(tree.leaves(), missing)]
            return Missing([str(revision) for revision in missing], older)
    if not missing:
        return None
    # Its only leaf is its winner.
    is_older = int(rev.partition("-")[0]) < max(missing)[0]
    return Missing([f"{generation}-{digest}" for generation, digest in missing], [rev] if is_older else [])
