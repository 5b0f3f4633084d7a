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
from typing import NamedTuple, TypeGuard, cast

MAX_GENERATION = 2**31 - 1
_REVISION = re.compile(r"([1-9][0-9]{0,9})-([0-9A-Za-z]{1,64})")
_PLAIN = re.compile(
    r"(?:[1-9][0-9]{0,8}-[0-9A-Za-z]{1,64}(?:,|\Z))+"
)  # several; none is beyond MAX_GENERATION
_DIGEST = re.compile(r"[0-9A-Za-z]{1,64}")
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
        return tuple.__new__(cls, (generation, match[2]))

    @classmethod
    def parse_all(cls, texts: Sequence[object]) -> list[Revision]:
        """Each of them. Raises BadRevision."""
        words = cast("Sequence[str]", texts)  # `join` takes nothing else
        try:
            together = ",".join(words)
        except TypeError as error:
            raise BadRevision("Invalid rev format") from error
        if not words or together.count(",") >= len(words) or _PLAIN.fullmatch(together) is None:
            return [cls.parse(word) for word in words]
        halves = [word.split("-") for word in words]
        return [tuple.__new__(cls, (int(generation), digest)) for generation, digest in halves]

    @classmethod
    def line(cls, start: int, digests: Sequence[object]) -> tuple[Revision, ...]:
        """A history: the newest with generation `start`, each after it one less. Raises BadRevision.

        Whoever calls has seen to it that the oldest generation is not below 1, and `start` not beyond MAX_GENERATION.
        """
        if len(digests) == 1 and isinstance(alone := digests[0], str):
            if _DIGEST.fullmatch(alone) is None:
                raise BadRevision("Invalid rev format")
            return cls.checked_line(start, (alone,))
        if not are_digests(digests):
            raise BadRevision("Invalid rev format")
        return cls.checked_line(start, digests)

    @classmethod
    def checked_line(cls, start: int, digests: Sequence[str]) -> tuple[Revision, ...]:
        """The same of digests that are known to be some."""
        if len(digests) == 1:
            return (tuple.__new__(cls, (start, digests[0])),)
        # A thousand of them must not cost a thousand calls.
        return tuple([tuple.__new__(cls, (start - place, digest)) for place, digest in enumerate(digests)])


def are_digests(texts: Sequence[object]) -> TypeGuard[Sequence[str]]:
    """Whether there are some, and nothing else. Asked once for all: a regular expression takes longer to start than to run."""
    try:
        together = ",".join(cast("Sequence[str]", texts))
    except TypeError:
        return False
    return _DIGESTS.fullmatch(together) is not None and together.count(",") == len(texts) - 1


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

    def shape(self) -> tuple[int, int]:
        """How many revisions, and how many begin: a past that is told changes one of these, if it tells anything."""
        return len(self.nodes), sum(node.parent is None for node in self.nodes.values())

    def may_take(self, history: Sequence[Revision]) -> bool:
        """An interactive edit needs its parent to be a leaf; a new document must not be here."""
        if len(history) == 1:
            return False
        return any(leaf.revision == history[1] for leaf in self.leaves())

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
