"""A history without conflicts is grown as bytes, and tells the same as the tree it stands for."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.revisions import Revision, RevisionTree
from sync.sqlite import lines, trees
from sync.sqlite.lines import Line

HEX = st.integers(0, 2**128 - 1).map(lambda number: f"{number:032x}")
ODD = st.sampled_from(
    ["a", "A" * 32, "0" * 31, "g" * 32, "0" * 34, "ab" * 32]
)  # allowed, but not 16 bytes in hex
Told = tuple[tuple[Revision, ...], bool]


@st.composite
def one_after_another(draw: Any) -> tuple[list[Told], int]:
    """Edits that mostly follow each other, told with a past that is whole, cut short, or not the same; and a limit."""
    start = draw(st.integers(1, 4))
    real = [Revision(start, draw(HEX))]
    edits: list[Told] = [((real[0],), draw(st.booleans()))]
    for _ in range(draw(st.integers(1, 6))):
        newest = Revision(real[0].generation + 1, draw(st.one_of(HEX, HEX, HEX, ODD)))
        past = list(real[: draw(st.integers(1, len(real)))])
        reach = draw(st.integers(0, 3))
        if len(past) == len(real):  # further back than anyone here knows
            first = past[-1].generation
            past += [Revision(first - n, draw(HEX)) for n in range(1, min(reach, first - 1) + 1)]
        if len(past) > 1 and draw(st.integers(0, 4)) == 0:
            other = draw(st.integers(0, len(past) - 1))
            past[other] = Revision(past[other].generation, draw(HEX))
        edits.append(((newest, *past), draw(st.booleans())))
        if len(past) == 1 or past[0] == real[0]:
            real = [newest, *real]
    return edits, draw(st.integers(1, 8))


@given(one_after_another(), st.booleans())
def test_an_edit_put_before_the_bytes_is_the_edit_that_a_line_takes(
    drawn: tuple[list[Told], int], has_body: bool
) -> None:
    edits, limit = drawn
    (first, first_deleted), *rest = edits
    rev, body = str(first[0]), 1 if has_body else None
    alone, known = lines.of_one(rev, first_deleted, body), trees.single(rev, first_deleted, body)
    data: bytes | None = None  # one revision alone has none
    for number, (history, deleted) in enumerate(rest, 2):
        if data is None:
            found = lines.second(rev, first_deleted, body, history, deleted, number, limit)
            line = alone
        else:
            found = lines.longer(data, history, deleted, number, limit)
            line = lines.unpack(data)
        grown = None if line is None else line.grown(history, deleted, number)
        if found is not None:
            assert grown is not None
            assert (lines.unpack(found), []) == grown.stemmed(limit)
        elif grown is not None and len(history) == 2:
            assert grown.stemmed(limit)[1] or len(grown.digests) > limit * lines.DIGEST_BYTES
        known.add(history, deleted, number)
        known.stem(limit)
        data = trees.encode(known)


@given(one_after_another())
def test_a_line_grows_as_its_tree_does(drawn: tuple[list[Told], int]) -> None:
    edits, limit = drawn
    (first, first_deleted), *rest = edits
    tree = RevisionTree()
    tree.add(first, first_deleted, 1)
    line = lines.of_one(str(first[0]), first_deleted, 1)
    for number, (history, deleted) in enumerate(rest, 2):
        tree.add(history, deleted, number)
        line = None if line is None else line.grown(history, deleted, number)
        if line is None:
            line = lines.unpack(trees.encode(tree))
        dropped = tree.stem(limit)
        if line is None:
            continue
        line, let_go = line.stemmed(limit)

        assert trees.grown(line).nodes == tree.nodes
        assert sorted(let_go) == sorted(dropped)
        assert lines.unpack(line.pack()) == line
        assert line.pack() == trees.encode(tree)


@given(one_after_another())
def test_an_ordinary_edit_needs_no_tree(drawn: tuple[list[Told], int]) -> None:
    (first, deleted), *rest = drawn[0]
    line = lines.of_one(str(first[0]), deleted, 1)
    assert line is not None

    for before, after in pairwise([first, *(history for history, _ in rest)]):
        if lines.packed(after) is None or after[1] != before[0]:
            break
        line = line.grown(after, False, 2)
        assert line is not None


@given(st.lists(st.tuples(HEX, st.booleans(), st.booleans()), min_size=1, max_size=8), st.integers(0, 3))
def test_a_line_tells_what_its_tree_tells(revisions: list[tuple[str, bool, bool]], cut: int) -> None:
    newest = len(revisions) + cut
    path = [Revision(newest - n, digest) for n, (digest, _, _) in enumerate(revisions)]
    tree = RevisionTree()
    tree.add(path, revisions[0][1], 100)
    for revision, (_, deleted, is_here) in zip(path, revisions, strict=True):
        tree.nodes[revision].deleted = deleted
        tree.nodes[revision].stored = revision.generation * 10 if is_here else None
    line = lines.unpack(trees.encode(tree))
    assert line is not None

    assert line.texts() == [revision.digest for revision in path]
    for revision in tree.nodes:
        assert line.holds(revision)
    for stranger in (
        Revision(newest, "0" * 32),
        Revision(newest + 1, path[0].digest),
        Revision(0, ""),
        Revision(newest, "a"),
    ):
        assert line.holds(stranger) == (stranger in tree.nodes)
    assert trees.grown(line).nodes == tree.nodes


def test_a_history_of_format_2_is_read_and_grown() -> None:
    digests = [f"{n:032x}" for n in (3, 2, 1)]
    old = json.dumps([[3, digests, None, [1], [[0, 7], [2, 5]]]]).encode()

    tree = trees.decode(old)

    assert lines.unpack(old) is None
    assert [str(revision) for revision in tree.history(Revision(3, digests[0]))] == [
        f"{3 - place}-{digest}" for place, digest in enumerate(digests)
    ]
    assert trees.decode(trees.encode(tree)).nodes == tree.nodes
    assert lines.unpack(trees.encode(tree)) == Line(
        3,
        bytes.fromhex("".join(digests)),
        lines.make(3, b"", [(3, 7), (1, 5)], []).bodies,
        lines.make(3, b"", [], [2]).deletions,
    )


def test_a_history_that_is_cut_short_is_damage_and_never_read_as_another() -> None:
    tree = RevisionTree()
    tree.add([Revision(2, "b" * 32), Revision(1, "a" * 32)], True, 7)
    whole = trees.encode(tree)

    for length in range(1, len(whole)):
        if length == len(whole) - 4:
            continue  # lengths tell no difference to a history whose newest is not deleted
        with pytest.raises(ValueError, match="history"):
            trees.decode(whole[:length])


def test_bytes_that_are_cut_short_are_not_grown() -> None:
    newest = Revision(2, "b" * 32)
    whole = lines.second("1-" + "a" * 32, False, 1, (newest, Revision(1, "a" * 32)), False, 2, 10)
    assert whole is not None
    edit = (Revision(3, "c" * 32), newest)

    assert lines.longer(whole, edit, False, 3, 10) is not None
    for length in range(1, len(whole)):
        assert lines.longer(whole[:length], edit, False, 3, 10) is None
