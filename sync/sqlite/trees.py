"""Revision trees as bytes in a row.

For: `encode` and `decode`; a document with a single revision has no bytes at all (its row says everything).
Not for: growing trees (sync/revisions).

A tree is a list of chains, each newest first: [generation of the newest, [digests], digest of the parent it hangs on or
null, [places of deleted ones], [[place, stored handle], …]]. A history without conflicts is one chain.
"""

from __future__ import annotations

import orjson

from sync.revisions import Node, Revision, RevisionTree


def encode(tree: RevisionTree) -> bytes:
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


def decode(data: bytes) -> RevisionTree:
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


def single(rev: str, deleted: bool, stored: int | None) -> RevisionTree:
    """The tree of a row without one."""
    return RevisionTree({Revision.parse(rev): Node(None, deleted, stored)})
