"""A list of edits stored at once comes to the same as each stored alone."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.access import Refusal
from sync.database import Database, Edit, Missing, Pusher, Wanted
from sync.documents import content_of
from sync.revisions import Revision, possible_ancestors
from sync.sqlite import open_store

PUSHER = Pusher("steward1", "phone")
IDS = ("a", "b", "ü/1")
HEX = st.integers(0, 3).map(lambda number: f"{number:032x}")  # few, so that histories meet
DIGESTS = st.one_of(HEX, HEX, HEX, st.sampled_from(["x", "F" * 32]))


@st.composite
def edits(draw: Any) -> Edit:
    start = draw(st.integers(1, 4))
    digests = draw(st.lists(DIGESTS, min_size=1, max_size=start))
    history = tuple(Revision(start - n, digest) for n, digest in enumerate(digests))
    return Edit(
        draw(st.sampled_from(IDS)),
        history,
        draw(st.booleans()),
        content_of({"n": draw(st.integers(0, 3))}),
        is_interactive=len(history) < 3 and draw(st.booleans()),
        refusal=Refusal("author", "not his") if draw(st.integers(0, 4)) == 0 else None,
    )


@st.composite
def births(draw: Any) -> list[Edit]:
    """First edits of different documents; what comes after them in a story meets them there."""
    ids = draw(st.permutations(IDS))
    return [
        Edit(doc_id, (Revision(draw(st.integers(1, 2)), draw(DIGESTS)),), draw(st.booleans()),
             content_of({"n": draw(st.integers(0, 3))}), draw(st.booleans()))
        for doc_id in ids[: draw(st.integers(1, len(ids)))]
    ]  # fmt: skip


async def missing_by_the_trees(area: Database, asked: dict[str, list[Revision]]) -> dict[str, Missing]:
    """As RevisionTree tells it."""
    answer = {}
    for doc_id, revisions in asked.items():
        known = await area.known(doc_id)
        nodes = known.tree.nodes if known else {}
        missing = [revision for revision in revisions if revision not in nodes]
        if missing:
            older = possible_ancestors(known.tree.leaves(), missing) if known else []
            answer[doc_id] = Missing([str(each) for each in missing], [str(each) for each in older])
    return answer


async def all_that_is_there(area: Database, told: list[tuple[str, str]]) -> list[Any]:
    found = await area.look_up([Wanted(doc_id, None) for doc_id in IDS])
    known = [await area.known(doc_id) for doc_id in IDS]
    changes = await area.changes("0", 1000, all_leaves=True, with_content=True)
    info = await area.info()
    return [
        found,
        [(each.seq.partition("-")[0], each.tree.nodes) if each else None for each in known],
        [(change.seq.partition("-")[0], *change[1:]) for change in changes.changes],
        (info.documents, info.deleted_documents, info.content_bytes, info.update_seq.partition("-")[0]),
        await area.kept(told),
    ]


async def compare(pushed: list[list[Edit]], limit: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder))
        try:
            for name in ("together", "alone"):
                await store.create(name)
                await store.database(name).set_revs_limit(limit)
            together, alone = store.database("together"), store.database("alone")
            begins_at = await store.journal_end()
            outcomes = [await together.push(batch, PUSHER) for batch in pushed]
            shift = await store.journal_end() - begins_at
            assert [[(await alone.push([one], PUSHER))[0] for one in batch] for batch in pushed] == outcomes
            await together.compact()
            await alone.compact()
            told = [(one.id, str(one.history[0])) for batch in pushed for one in batch]
            asked: dict[str, list[Revision]] = {doc_id: [] for doc_id in (*IDS, "nowhere")}
            for edit in [one for batch in pushed for one in batch]:
                asked.setdefault(edit.id, []).extend(
                    [*edit.history, Revision(edit.history[0].generation + 1, "x")]
                )
            asked["nowhere"] = [Revision(1, "x")]
            assert await together.missing_revisions(asked) == await missing_by_the_trees(together, asked)
            one, other = await all_that_is_there(together, told), await all_that_is_there(alone, told)
        finally:
            await store.close()
        assert shifted(other, shift) == one


def shifted(found: list[Any], by: int) -> list[Any]:
    """The same as it would be with every number `by` less: both databases share one row of numbers."""
    looked_up, known, changes, (documents, deleted, size, update_seq), kept = found
    for _, nodes in filter(None, known):
        for node in nodes.values():
            node.stored = None if node.stored is None else node.stored - by
    less = [(str(int(each[0]) - by), each[1]) if each else None for each in known]
    update_seq = update_seq if update_seq == "0" else str(int(update_seq) - by)
    return [looked_up, less, [(str(int(change[0]) - by), *change[1:]) for change in changes],
            (documents, deleted, size, update_seq), kept]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(edits(), min_size=1, max_size=8), min_size=1, max_size=4), st.integers(1, 4))
def test_edits_stored_together_are_stored_as_each_alone(pushed: list[list[Edit]], limit: int) -> None:
    asyncio.run(compare(pushed, limit))


@settings(max_examples=40, deadline=None)
@given(births(), st.lists(st.one_of(births(), st.lists(edits(), min_size=1, max_size=4)), max_size=3))
def test_new_documents_stored_together_are_stored_as_each_alone(
    first: list[Edit], more: list[list[Edit]]
) -> None:
    asyncio.run(compare([first, *more], 2))


def test_documents_of_one_revision_that_is_no_hash_are_told_apart() -> None:
    """Found by the test above."""
    first, second, other = Revision(1, "x"), Revision(2, "x"), Revision(1, "0" * 32)
    refused = Refusal("author", "not his")
    content = content_of({"n": 0})
    batch = [
        Edit("a", (first,), False, content),
        Edit("b", (second,), False, content),
        Edit("a", (other,), False, content, refusal=refused),
        Edit("b", (second,), False, content, refusal=refused),
    ]
    asyncio.run(compare([batch], 1))


async def push_many() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder))
        await store.create("area-a1")
        area = store.database("area-a1")
        for count in (1, 99, 100, 101, 347):
            batch = [
                Edit(f"{count}-{n}", (Revision(1, f"{n:032x}"),), False, content_of({"n": n}))
                for n in range(count)
            ]
            await area.push(batch, PUSHER)
            found = await area.look_up([Wanted(one.id) for one in batch])
            assert [each[0].content for each in found] == [one.content for one in batch]
        assert (await area.info()).documents == 648
        assert await area.pending("0") == 648
        assert [damage async for damage in store.verify()] == []
        await store.close()


def test_any_number_of_edits_is_stored_at_once() -> None:
    asyncio.run(push_many())


def test_many_new_documents_of_which_the_last_is_here_already_are_stored_as_each_alone() -> None:
    """More than one statement writes, and a later one finds what the first could not know."""
    many = [
        Edit(f"{number:03}", (Revision(1, f"{number:032x}"),), False, content_of({"n": number}))
        for number in range(130)
    ]
    asyncio.run(compare([many[-1:], many], 2))
