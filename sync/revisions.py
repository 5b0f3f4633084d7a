"""Revision trees: which edits of a document exist, and which one every replica shows.

For: growing a tree with edits that arrive late, twice or without their older past; picking its winner; cutting its past short.
Not for: storing revisions (sync/sqlite), moving them (sync/http), or judging which edit is right: replicas only agree on a
    winner, a person settles the conflict.
Source: CouchDB documentation, "Replication and conflict model".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

MAX_GENERATION = 2**31 - 1
_REVISION = re.compile(r"([1-9][0-9]{0,9})-([0-9A-Za-z]{1,64})")
_DIGESTS = re.compile(r"[0-9A-Za-z]{1,64}(?:,[0-9A-Za-z]{1,64})*")


class BadRevision(ValueError):
    """The text is not `<generation>-<digest>`."""


class Revision(NamedTuple):
    """One edit: how many edits since birth (from 1), and a digest telling it from others of that generation.

    Generations compare as numbers: as text, "10" would lose to "9".
    """

    generation: int
    digest: str

    def __str__(self) -> str:
        return f"{self.generation}-{self.digest}"

    @classmethod
    def parse(cls, text: object) -> Revision:
        """Raises BadRevision."""
        match = _REVISION.fullmatch(text) if isinstance(text, str) else None
        if match is None or (generation := int(match[1])) > MAX_GENERATION:
            raise BadRevision("Invalid rev format")
        return cls(generation, match[2])

    @classmethod
    def line(cls, start: int, digests: Sequence[object]) -> tuple[Revision, ...]:
        """A history: the newest with generation `start`, each after it one less. Raises BadRevision.

        Whoever calls has seen to it that the oldest generation is not below 1, and `start` not beyond MAX_GENERATION.
        """
        try:
            together = ",".join(digests)  # type: ignore[arg-type]
        except TypeError as error:
            raise BadRevision("Invalid rev format") from error
        if _DIGESTS.fullmatch(together) is None or together.count(",") >= len(digests):
            raise BadRevision("Invalid rev format")
        # A thousand of them must not cost a thousand calls.
        return tuple([tuple.__new__(cls, (start - place, digest)) for place, digest in enumerate(digests)])


@dataclass(slots=True)
class Node:
    parent: Revision | None  # None: born here, or the older past is unknown
    deleted: bool
    stored: int | None  # the store's handle of the body; None when it was never here or was compacted away


class Leaf(NamedTuple):
    """An edit that nobody has edited further. Orders as replicas rank: the greatest wins."""

    live: bool
    revision: Revision
    stored: int | None


class RevisionTree:
    """All known edits of one document."""

    __slots__ = ("nodes",)

    def __init__(self, nodes: dict[Revision, Node] | None = None) -> None:
        self.nodes: dict[Revision, Node] = {} if nodes is None else nodes

    def add(self, history: Sequence[Revision], deleted: bool, stored: int | None) -> bool:
        """Merge a revision with its past; `history` is newest first, generations falling by one.

        Returns whether the newest was unknown. Safe to repeat; the order in which histories arrive does not matter.
        A past that reaches further back than what is known joins roots that were cut short.
        """
        newest = history[0]
        is_new = newest not in self.nodes
        if is_new:
            self.nodes[newest] = Node(None, deleted, stored)
        for child, parent in itertools.pairwise(history):
            node = self.nodes[child]
            if node.parent is not None:
                if node.parent != parent:
                    break  # one digest under two parents: the first past that was told stands
            else:
                node.parent = parent
            if parent not in self.nodes:
                self.nodes[parent] = Node(None, False, None)
        return is_new

    def leaves(self) -> list[Leaf]:
        """Best first: a live leaf beats a deleted one, then the longer history, then the greater digest."""
        parents = {node.parent for node in self.nodes.values()}
        found = [Leaf(not n.deleted, rev, n.stored) for rev, n in self.nodes.items() if rev not in parents]
        # No clock takes part: two phones may disagree about the hour and must still agree here.
        found.sort(key=_rank, reverse=True)
        return found

    def history(self, revision: Revision) -> list[Revision]:
        """The revision and its known past, newest first."""
        path = []
        at: Revision | None = revision
        while at is not None:
            path.append(at)
            at = self.nodes[at].parent
        return path

    def leaves_after(self, revision: Revision) -> list[Leaf]:
        """The leaves that descend from a known revision (itself, when it is one)."""
        return [leaf for leaf in self.leaves() if revision in self.history(leaf.revision)]

    def stem(self, limit: int) -> list[int]:
        """Keep at most `limit` generations under every leaf; returns the stored handles that were let go."""
        keep: set[Revision] = set()
        for leaf in self.leaves():
            keep.update(self.history(leaf.revision)[:limit])
        if len(keep) == len(self.nodes):
            return []
        dropped = [n.stored for rev, n in self.nodes.items() if rev not in keep and n.stored is not None]
        self.nodes = {rev: n for rev, n in self.nodes.items() if rev in keep}
        for node in self.nodes.values():
            if node.parent is not None and node.parent not in keep:
                node.parent = None
        return dropped


def possible_ancestors(leaves: Sequence[Leaf], missing: Sequence[Revision]) -> list[Revision]:
    """Leaves from which some missing revision may descend: those with a lower generation.

    Source: CouchDB, `_revs_diff`.
    """
    highest = max(revision.generation for revision in missing)
    return [leaf.revision for leaf in leaves if leaf.revision.generation < highest]


def _rank(leaf: Leaf) -> tuple[bool, Revision]:
    return (leaf.live, leaf.revision)
