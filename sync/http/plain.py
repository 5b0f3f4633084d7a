"""Documents as replicators send them, taken apart together.

For: `plain_edits`, which does for a whole batch what `sync.documents.receive` does for one, and leaves everything out of the
    ordinary to that. Not for: saying what is wrong with a document (sync/documents).
Source: CouchDB Replication Protocol, "Upload Batch of Changed Documents".

Half of what a pushed document cost was asking about members that nearly none has.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TypeGuard, TypeVar

import orjson

from sync.database import Edit
from sync.documents import MAX_HISTORY, MAX_ID_BYTES
from sync.revisions import MAX_GENERATION, Revision, are_digests

_SHORT_ID = MAX_ID_BYTES // 4  # letters: no letter has more bytes
T = TypeVar("T")


def plain_edits(documents: Sequence[object], max_bytes: int) -> list[Edit] | None:
    """The edits that these are, when each has `_id`, `_rev`, `_revisions` and no other special member, all well formed.

    None: `receive` has to look at each.
    """
    if not _are_all(documents, dict):
        return None
    bodies = [document.copy() for document in documents]
    try:
        ids = [body.pop("_id") for body in bodies]
        revs = [body.pop("_rev") for body in bodies]
        pasts = [body.pop("_revisions") for body in bodies]
        starts = [past["start"] for past in pasts]
        digests = [past["ids"] for past in pasts]
    except (KeyError, TypeError, IndexError):
        return None
    if any(name[:1] == "_" for name in set().union(*bodies)):
        return None
    if not (_are_ids(ids) and _are_pasts(starts, digests)):
        return None
    if revs != [f"{start}-{past[0]}" for start, past in zip(starts, digests, strict=True)]:
        return None
    contents = [orjson.dumps(body, option=orjson.OPT_SORT_KEYS) for body in bodies]
    if contents and len(max(contents, key=len)) > max_bytes:
        return None
    histories = map(Revision.checked_line, starts, digests)
    return [
        Edit(doc_id, history, False, content)
        for doc_id, history, content in zip(ids, histories, contents, strict=True)
    ]


def _are_all(values: Sequence[object], kind: type[T]) -> TypeGuard[Sequence[T]]:
    """Each of this very type, of none that descends from it: a bool is no int."""
    return set(map(type, values)) <= {kind}


def _are_ids(ids: Sequence[object]) -> bool:
    return _are_all(ids, str) and all(0 < len(each) <= _SHORT_ID and each[0] != "_" for each in ids)


def _are_pasts(starts: Sequence[object], pasts: Sequence[object]) -> bool:
    """Whether each is a start and a list of digests that reaches back to no revision before the first."""
    if not (_are_all(starts, int) and _are_all(pasts, list)):
        return False
    for start, past in zip(starts, pasts, strict=True):
        if not 0 < len(past) <= start <= MAX_GENERATION or len(past) > MAX_HISTORY:
            return False
    return not pasts or are_digests(list(chain.from_iterable(pasts)))
