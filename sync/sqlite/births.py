"""Many documents that are new here, made ready together: what a phone pushes nearly always.

For: `are_births` and `rows_of_births`, which make at once what sync.sqlite.edits makes one by one; both leave the same rows
    (tests/sync/test_sqlite_batch.py). Not for: documents that are here, come with a past, or are refused (edits.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

from sync.attachments import BEGINNING
from sync.database import Edit
from sync.sqlite.batch import BodyFields, Fields


def are_births(edits: Sequence[Edit]) -> bool:
    """Whether each is the only revision of a document of its own, not refused and without attachments."""
    for _, history, _, content, _, refusal, _ in edits:
        if refusal is not None or len(history) != 1 or content.startswith(BEGINNING):
            return False
    return len({edit[0] for edit in edits}) == len(edits)


def rows_of_births(
    edits: Sequence[Edit], first_seq: int, n: int, source: int, received_at: int
) -> tuple[list[Fields], list[BodyFields]]:
    """The rows of these documents in database `n`, numbered in their order from `first_seq` on."""
    documents: list[Fields] = [
        (seq, n, doc_id, seq, f"{generation}-{digest}", deleted, seq, 1, None)
        for seq, (doc_id, ((generation, digest),), deleted, *_) in enumerate(edits, first_seq)
    ]
    bodies = [
        (seq, seq, source, received_at, crc32(content), content)
        for seq, (_, _, _, content, *_) in enumerate(edits, first_seq)
    ]
    return documents, bodies
