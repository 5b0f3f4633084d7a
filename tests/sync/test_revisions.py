"""Replicas meet edits in any order and must agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.revisions import BadRevision, Revision, RevisionTree, possible_ancestors
from sync.sqlite import trees

Edit = tuple[tuple[Revision, ...], bool]


@st.composite
def edits_of_one_document(draw: Any) -> list[Edit]:
    """A tree that really grew: every edit has one parent, and is told with its whole past."""
    count = draw(st.integers(1, 12))
    histories: list[tuple[Revision, ...]] = []
    edits: list[Edit] = []
    for number in range(count):
        has_parent = bool(histories) and draw(st.booleans())
        parent: tuple[Revision, ...] = draw(st.sampled_from(histories)) if has_parent else ()
        generation = parent[0].generation + 1 if parent else 1
        history = (Revision(generation, f"{draw(st.integers(0, 9))}{number:x}"), *parent)
        histories.append(history)
        edits.append((history, draw(st.booleans())))
    return edits


ODD_REVISIONS = (
    "1-a", "12-" + "f" * 32, "999999999-a", "2147483647-z", "2147483648-z", "01-a", "0-a", "1-", "1-a,2-b", "1-" + "a" * 65,
    "-a", "1-a-b", "1-a,", "", "1-é", "1-a\n", 1, None,
)  # fmt: skip


@given(st.lists(st.sampled_from(ODD_REVISIONS), max_size=4))
def test_revisions_read_together_are_what_each_is_alone(texts: list[object]) -> None:
    try:
        alone = [Revision.parse(text) for text in texts]
    except BadRevision:
        with pytest.raises(BadRevision):
            Revision.parse_all(texts)
    else:
        assert Revision.parse_all(texts) == alone


def grow(edits: Sequence[Edit]) -> RevisionTree:
    tree = RevisionTree()
    for stored, (history, deleted) in enumerate(edits):
        tree.add(history, deleted, stored)
    return tree


def shape(tree: RevisionTree) -> tuple[object, ...]:
    parents = {revision: node.parent for revision, node in tree.nodes.items()}
    return parents, [(leaf.live, leaf.revision) for leaf in tree.leaves()]


@given(edits_of_one_document(), st.randoms(use_true_random=False))
def test_the_order_in_which_edits_arrive_does_not_matter(edits: list[Edit], random: object) -> None:
    shuffled = list(edits)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert shape(grow(shuffled)) == shape(grow(edits))


@given(edits_of_one_document())
def test_an_edit_told_again_changes_nothing(edits: list[Edit]) -> None:
    tree = grow(edits)
    before = shape(tree)

    assert [tree.add(history, deleted, None) for history, deleted in edits] == [False] * len(edits)
    assert shape(tree) == before


@given(edits_of_one_document(), st.integers(1, 4))
def test_a_past_that_is_cut_short_keeps_the_leaves_and_their_rank(edits: list[Edit], limit: int) -> None:
    tree = grow(edits)
    leaves = tree.leaves()

    tree.stem(limit)

    assert tree.leaves() == leaves
    assert all(len(tree.history(leaf.revision)) <= max(limit, len(tree.nodes)) for leaf in leaves)
    assert all(len(tree.history(leaf.revision)[:limit]) >= 1 for leaf in leaves)


@given(edits_of_one_document())
def test_a_tree_read_back_from_its_row_is_the_same(edits: list[Edit]) -> None:
    tree = grow(edits)

    assert trees.decode(trees.encode(tree)).nodes == tree.nodes


def test_a_live_edit_beats_a_longer_deleted_one() -> None:
    born, gone = Revision(1, "a"), Revision(2, "z")
    tree = grow([((born,), False), ((Revision(1, "b"),), False), ((gone, born), True)])

    assert [str(leaf.revision) for leaf in tree.leaves()] == ["1-b", "2-z"]


def test_generations_rank_as_numbers() -> None:
    tree = grow([((Revision(9, "z"),), False), ((Revision(10, "a"),), False)])

    assert str(tree.leaves()[0].revision) == "10-a"


def test_a_past_that_comes_later_joins_what_was_apart() -> None:
    first, second, third = Revision(1, "a"), Revision(2, "b"), Revision(3, "c")
    tree = grow([((third,), False), ((first,), False)])
    assert len(tree.leaves()) == 2

    tree.add((third, second, first), False, None)

    assert [leaf.revision for leaf in tree.leaves()] == [third]


def test_possible_ancestors_are_leaves_of_a_lower_generation() -> None:
    tree = grow([((Revision(2, "b"), Revision(1, "a")), False), ((Revision(4, "d"),), False)])

    assert possible_ancestors(tree.leaves(), [Revision(3, "x")]) == [Revision(2, "b")]


@pytest.mark.parametrize(
    "text",
    ["", "1", "-a", "0-a", "01-a", "1-", "1-ä", "1-a b", "2147483648-a", "99999999999-a", "1-a\n", 1, None, ["1-a"],
     "1-" + "a" * 65],
)  # fmt: skip
def test_what_is_no_revision_is_refused(text: object) -> None:
    with pytest.raises(BadRevision):
        Revision.parse(text)


DIGESTS = st.one_of(
    st.text("0aZ", min_size=1), st.sampled_from(["", "ä", "a,b", "a" * 64, "a" * 65, 1, None])
)


@given(st.integers(4, 2**31 - 1), st.lists(DIGESTS, min_size=1, max_size=4))
def test_a_history_read_at_once_is_read_as_each_revision_alone(start: int, digests: list[Any]) -> None:
    try:
        expected = [
            Revision.parse(f"{start - n}-{digest}") if isinstance(digest, str) else Revision.parse(digest)
            for n, digest in enumerate(digests)
        ]
    except BadRevision:
        with pytest.raises(BadRevision):
            Revision.line(start, digests)
    else:
        assert list(Revision.line(start, digests)) == expected
