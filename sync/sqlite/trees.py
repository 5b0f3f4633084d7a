"""Revision trees as bytes in a row.

For: `encode` and `decode`; a document with a single revision has no bytes at all (its row says everything).
Not for: growing trees (sync/revisions), or the bytes of a history without conflicts (lines.py).

Any other tree is JSON, a list of chains, each newest first: [generation of the newest, [digests], digest of the parent it
hangs on or null, [places of deleted ones], [[place, stored handle], …]]. Files of format 2 hold all histories like that.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from sync.revisions import Node, Revision, RevisionTree
from sync.sqlite import lines
from sync.sqlite.lines import Line


def encode(tree: RevisionTree) -> bytes:
    line = _line(tree)
    return _chains(tree) if line is None else line.pack()


def decode(data: bytes) -> RevisionTree:
    line = lines.unpack(data)
    return _read_chains(data) if line is None else grown(line)


def single(rev: str, deleted: bool, stored: int | None) -> RevisionTree:
    """The tree of a row without one."""
    return RevisionTree({Revision.parse(rev): Node(None, deleted, stored)})


def first(history: Sequence[Revision], deleted: bool, stored: int, limit: int) -> bytes:
    """The first edit of a document that comes with a past, of which at most `limit` revisions are kept."""
    newest = history[0].generation
    digests = lines.packed(history[:limit])
    if digests is not None:
        return lines.newborn(newest, digests, deleted, stored).pack()
    tree = RevisionTree()
    tree.add(history, deleted, stored)
    tree.stem(limit)
    return encode(tree)


def grown(line: Line) -> RevisionTree:
    """The tree that a line is."""
    path = [Revision(line.generation - place, digest) for place, digest in enumerate(line.texts())]
    nodes = {
        revision: Node(below, False, None) for revision, below in zip(path, [*path[1:], None], strict=True)
    }
    for generation, number in lines.bodies_of(line):
        nodes[path[line.generation - generation]].stored = number
    for generation in lines.deletions_of(line):
        nodes[path[line.generation - generation]].deleted = True
    return RevisionTree(nodes)


def _line(tree: RevisionTree) -> Line | None:
    leaves = tree.leaves()
    if len(leaves) != 1:
        return None
    path = tree.history(leaves[0].revision)
    digests = lines.packed(path)
    if digests is None:
        return None
    nodes = [(revision.generation, tree.nodes[revision]) for revision in path]
    bodies = [(generation, node.stored) for generation, node in nodes if node.stored is not None]
    return lines.make(
        path[0].generation, digests, bodies, [generation for generation, node in nodes if node.deleted]
    )


def _chains(tree: RevisionTree) -> bytes:
    chains = []
    covered: set[Revision] = set()
    for leaf in tree.leaves():
        path: list[Revision] = []
        at: Revision | None = leaf.revision
        while at is not None and at not in covered:
            path.append(at)
            at = tree.nodes[at].parent
        covered.update(path)
        nodes = [tree.nodes[revision] for revision in path]
        chains.append(
            [
                path[0].generation,
                [revision.digest for revision in path],
                None if at is None else at.digest,
                [place for place, node in enumerate(nodes) if node.deleted],
                [[place, node.stored] for place, node in enumerate(nodes) if node.stored is not None],
            ]
        )
    return orjson.dumps(chains)


def _read_chains(data: bytes) -> RevisionTree:
    nodes: dict[Revision, Node] = {}
    for generation, digests, parent, deleted, stored in orjson.loads(data):
        path = [Revision(generation - place, digest) for place, digest in enumerate(digests)]
        end = None if parent is None else Revision(generation - len(digests), parent)
        for revision, below in zip(path, [*path[1:], end], strict=True):
            nodes[revision] = Node(below, False, None)
        for place in deleted:
            nodes[path[place]].deleted = True
        for place, handle in stored:
            nodes[path[place]].stored = handle
    return RevisionTree(nodes)
