"""A history without conflicts, as bytes in a row: most documents never have any other.

For: telling what such a history holds, and growing it at its end, without building a tree.
Not for: histories with conflicts or with digests of another form (trees.py), or whether an edit may follow (edits.py).

Bytes: MARK; the newest generation, how many digests and how many bodies (4 bytes each, big endian); the digests, 16 bytes each,
newest first; for each revision whose body is here its generation (4) and the body's number (8), newest first; the
generation (4) of each deleted one. Generations instead of places: an edit at the end shifts nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sync.revisions import Revision

MARK = 1  # a tree in its other form begins with "["
DIGEST_BYTES = 16
_DIGITS = 2 * DIGEST_BYTES
_HEAD = struct.Struct(">BIII")
_BODY = struct.Struct(">IQ")
_GENERATION = struct.Struct(">I")


class Line(NamedTuple):
    """Revisions of which each is the only edit of the one before, down to where the past is not known."""

    generation: int  # of the newest
    digests: bytes
    bodies: bytes
    deletions: bytes

    def pack(self) -> bytes:
        generation, digests, bodies, deletions = self
        head = _HEAD.pack(MARK, generation, len(digests) // DIGEST_BYTES, len(bodies) // _BODY.size)
        return head + digests + bodies + deletions

    def holds(self, revision: Revision) -> bool:
        at = (self.generation - revision.generation) * DIGEST_BYTES
        return 0 <= at < len(self.digests) and self.digests[at : at + DIGEST_BYTES].hex() == revision.digest

    def texts(self) -> list[str]:
        """Every digest in hex, newest first: the `ids` of a `_revisions` member, whose `start` is `generation`."""
        text = self.digests.hex()
        return [text[at : at + _DIGITS] for at in range(0, len(text), _DIGITS)]

    def grown(self, history: Sequence[Revision], deleted: bool, body: int) -> Line | None:
        """With an edit of the newest revision, as RevisionTree.add would have it; `history` is the edit's, newest first.

        None: it is not simply that, or not in this form, and a tree has to tell.
        """
        generation, digests, bodies, deletions = self
        generation += 1
        if len(history) < 2 or history[0][0] != generation:
            return None
        if len(history) - 1 <= len(digests) // DIGEST_BYTES:
            history = history[:2]  # it reaches no further back than what is known, and that stands
        told = packed(history)
        if told is None or not told.startswith(digests[:DIGEST_BYTES], DIGEST_BYTES):
            return None
        if len(told) - DIGEST_BYTES > len(digests) and told.startswith(digests, DIGEST_BYTES):
            digests = told  # its past reaches further back, and joins
        else:
            digests = told[:DIGEST_BYTES] + digests
        if deleted:
            deletions = _GENERATION.pack(generation) + deletions
        return Line(generation, digests, _BODY.pack(generation, body) + bodies, deletions)

    def stemmed(self, limit: int) -> tuple[Line, list[int]]:
        """The newest `limit` revisions, and the bodies of those let go, as RevisionTree.stem has it."""
        if len(self.digests) <= limit * DIGEST_BYTES:
            return self, []
        oldest = self.generation - limit + 1
        kept, dropped = [], []
        for generation, number in _BODY.iter_unpack(self.bodies):
            if generation >= oldest:
                kept.append(_BODY.pack(generation, number))
            else:
                dropped.append(number)
        deletions = b"".join(
            _GENERATION.pack(g) for (g,) in _GENERATION.iter_unpack(self.deletions) if g >= oldest
        )
        return Line(self.generation, self.digests[: limit * DIGEST_BYTES], b"".join(kept), deletions), dropped


def make(
    generation: int, digests: bytes, bodies: Iterable[tuple[int, int]], deletions: Iterable[int]
) -> Line:
    """`bodies` are (generation, number), `deletions` generations, newest first."""
    return Line(
        generation,
        digests,
        b"".join([_BODY.pack(*each) for each in bodies]),
        b"".join([_GENERATION.pack(each) for each in deletions]),
    )


def newborn(generation: int, digests: bytes, deleted: bool, body: int | None) -> Line:
    """Of which only the newest has a body."""
    return Line(
        generation,
        digests,
        b"" if body is None else _BODY.pack(generation, body),
        _GENERATION.pack(generation) if deleted else b"",
    )


def longer(data: bytes, history: Sequence[Revision], deleted: bool, body: int, limit: int) -> bytes | None:
    """`grown`, `stemmed` and `pack` at once, for an edit of the newest revision that tells no older past and lets nothing go.

    None: those have to tell.
    """
    if data[0] != MARK or len(data) < _HEAD.size + DIGEST_BYTES:
        return None
    _, generation, digests, bodies = _HEAD.unpack_from(data)
    if not 1 < len(history) <= digests + 1 or digests >= limit or history[0][0] != generation + 1:
        return None
    told = packed(history[:2])
    start = _HEAD.size
    if told is None or told[DIGEST_BYTES:] != data[start : start + DIGEST_BYTES]:
        return None
    after_digests = start + digests * DIGEST_BYTES
    after_bodies = after_digests + bodies * _BODY.size
    if len(data) < after_bodies or (len(data) - after_bodies) % _GENERATION.size:
        return None
    generation += 1
    return b"".join(
        (
            _HEAD.pack(MARK, generation, digests + 1, bodies + 1),
            told[:DIGEST_BYTES],
            data[start:after_digests],
            _BODY.pack(generation, body),
            data[after_digests:after_bodies],
            _GENERATION.pack(generation) if deleted else b"",
            data[after_bodies:],
        )
    )


def second(
    rev: str,
    was_deleted: bool,
    older_body: int | None,
    history: Sequence[Revision],
    deleted: bool,
    body: int,
    limit: int,
) -> bytes | None:
    """The same for an edit of a document that has one revision."""
    if len(history) != 2 or limit < 2:
        return None
    (generation, _), (before, parent) = history
    told = packed(history)
    if told is None or generation != before + 1 or rev != f"{before}-{parent}":
        return None
    older = b"" if older_body is None else _BODY.pack(before, older_body)
    deletions = (_GENERATION.pack(generation) if deleted else b"") + (
        _GENERATION.pack(before) if was_deleted else b""
    )
    head = _HEAD.pack(MARK, generation, 2, 1 if older_body is None else 2)
    return head + told + _BODY.pack(generation, body) + older + deletions


def unpack(data: bytes) -> Line | None:
    """None when these bytes are a tree in its other form. Raises ValueError when they are damaged."""
    if data[0] != MARK:
        return None
    if len(data) < _HEAD.size:
        raise ValueError("a history is cut short")
    _, generation, digests, bodies = _HEAD.unpack_from(data)
    after_digests = _HEAD.size + digests * DIGEST_BYTES
    after_bodies = after_digests + bodies * _BODY.size
    if len(data) < after_bodies or (len(data) - after_bodies) % _GENERATION.size:
        raise ValueError("a history does not have the length it tells")
    return Line(
        generation, data[_HEAD.size : after_digests], data[after_digests:after_bodies], data[after_bodies:]
    )


def bodies_of(line: Line) -> Iterable[tuple[int, int]]:
    return _BODY.iter_unpack(line.bodies)


def deletions_of(line: Line) -> Iterable[int]:
    return [generation for (generation,) in _GENERATION.iter_unpack(line.deletions)]


def packed(history: Sequence[Revision]) -> bytes | None:
    """The digests; None when one is not 32 lowercase hexadecimal digits."""
    if len(history) == 2:  # nearly always: an edit and its parent
        (_, newer), (_, older) = history
        return _packed(newer + older) if len(newer) == len(older) == _DIGITS else None
    digests = [digest for _, digest in history]
    text = "".join(digests)
    if len(text) != _DIGITS * len(digests) or len(max(digests, key=len)) != _DIGITS:
        return None
    return _packed(text)


def of_one(rev: str, deleted: bool, body: int | None) -> Line | None:
    """Of a document with one revision; None when its digest has another form."""
    generation, _, digest = rev.partition("-")
    digests = _packed(digest) if len(digest) == _DIGITS else None
    return None if digests is None else newborn(int(generation), digests, deleted, body)


def _packed(text: str) -> bytes | None:
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        return None
    return raw if raw.hex() == text else None
