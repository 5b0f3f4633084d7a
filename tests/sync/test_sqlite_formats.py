"""A file that an older program wrote is opened, answers as before, and goes on from there."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import orjson
import pytest

from sync.database import Database, Outcome, Wanted
from sync.errors import StoreUnfit
from sync.revisions import RevisionTree
from sync.sqlite import lines, open_store, schema, trees
from tests.sync.store_contract import STEWARD, edit

pytestmark = pytest.mark.anyio

ONE, TWO, THREE, FOUR, OTHER = (f"{n}-{n:032x}" for n in (1, 2, 3, 4, 3))
IDS = ("line", "gone", "cut", "apart", "single")


def as_in_format_2(tree: RevisionTree) -> bytes:
    """Every history as a list of chains, one without conflicts too."""
    chains, covered = [], set()
    for leaf in tree.leaves():
        path = [each for each in tree.history(leaf.revision) if each not in covered]
        below = tree.nodes[path[-1]].parent
        covered.update(path)
        nodes = [tree.nodes[each] for each in path]
        deleted = [place for place, node in enumerate(nodes) if node.deleted]
        stored = [[place, node.stored] for place, node in enumerate(nodes) if node.stored is not None]
        digests = [each.digest for each in path]
        chains.append([path[0].generation, digests, below.digest if below else None, deleted, stored])
    return orjson.dumps(chains)


def turn_back_to_format_2(file: Path) -> int:
    db = sqlite3.connect(file)
    packed = db.execute("SELECT n, tree FROM doc WHERE tree IS NOT NULL").fetchall()
    for n, tree in packed:
        db.execute("UPDATE doc SET tree = ? WHERE n = ?", (as_in_format_2(trees.decode(tree)), n))
    db.execute("DROP TABLE place")
    db.execute("PRAGMA user_version = 2")
    db.commit()
    db.close()
    return len(packed)


async def everything(area: Database) -> list[Any]:
    looked_up = await area.look_up([Wanted(doc_id, None) for doc_id in IDS])
    known = [await area.known(doc_id) for doc_id in IDS]
    info = await area.info()
    listed = await area.list_documents(100, with_content=True)
    changes = await area.changes("0", 100, all_leaves=True, with_content=True)
    return [
        looked_up,
        [None if each is None else (each.seq, each.tree.nodes) for each in known],
        (info.documents, info.deleted_documents, info.update_seq, info.content_bytes),
        listed,
        changes,
    ]


async def test_histories_of_format_2_are_answered_the_same_and_grow_on(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    await store.create("area-a1")
    area = store.database("area-a1")
    edits = [edit("line", ONE, n=1), edit("line", TWO, ONE, n=2), edit("line", THREE, TWO, ONE, n=3)]
    edits += [edit("gone", ONE, n=1), edit("gone", TWO, ONE, deleted=True), edit("cut", THREE, TWO, n=3)]
    edits += [edit("apart", ONE, n=1), edit("apart", TWO, ONE, n=2), edit("apart", "2-b", ONE, n=22)]
    await area.push([*edits, edit("single", ONE, n=1)], STEWARD)
    before, journal = await everything(area), await store.journal(0, 100)
    await store.close()
    assert turn_back_to_format_2(tmp_path / schema.FILE_NAME) == 4

    again = open_store(tmp_path)
    area = again.database("area-a1")

    assert await everything(area) == before
    assert await again.journal(0, 100) == journal
    for doc_id in IDS:
        found = await area.known(doc_id)
        assert found is not None
        newest = [str(each) for each in found.tree.history(found.tree.leaves()[0].revision)]
        generation = int(newest[0].partition("-")[0]) + 1
        next_edit = edit(doc_id, f"{generation}-{generation + 10:032x}", *newest, n=9)
        assert await area.push([next_edit], STEWARD) == [Outcome.STORED]
        found = await area.known(doc_id)
        assert found is not None
        assert [str(each) for each in found.tree.history(next_edit.history[0])][1:] == newest
    await area.compact()
    assert [doc_id for doc_id in IDS if await area.read(doc_id) is None] == []
    await again.close()
    db = sqlite3.connect(tmp_path / schema.FILE_NAME)
    assert db.execute("PRAGMA user_version").fetchone() == (schema.FORMAT,)
    grown = {doc_id: lines.unpack(tree) for doc_id, tree in db.execute("SELECT id, tree FROM doc")}
    db.close()
    assert {doc_id for doc_id, line in grown.items() if line is None} == {"apart"}


async def test_an_upgrade_that_breaks_off_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path)
    await store.create("area-a1")
    await store.database("area-a1").push([edit("line", ONE, n=1), edit("line", TWO, ONE, n=2)], STEWARD)
    await store.close()
    turn_back_to_format_2(tmp_path / schema.FILE_NAME)
    with monkeypatch.context() as patch:
        patch.setitem(schema._STEPS, 2, (*schema._STEPS[2], "and then the power goes"))
        with pytest.raises(StoreUnfit, match="cannot be read"):
            open_store(tmp_path)
    db = sqlite3.connect(tmp_path / schema.FILE_NAME)
    assert db.execute("PRAGMA user_version").fetchone() == (2,)
    db.close()

    again = open_store(tmp_path)

    assert await again.database("area-a1").read("line") == {"_id": "line", "_rev": TWO, "n": 2}
    await again.close()


async def test_who_only_reads_says_how_an_older_file_is_brought_up(tmp_path: Path) -> None:
    await open_store(tmp_path).close()
    turn_back_to_format_2(tmp_path / schema.FILE_NAME)

    with pytest.raises(StoreUnfit, match="xunlu serve"):
        schema.open_reader(tmp_path)

    await open_store(tmp_path).close()
    schema.open_reader(tmp_path).close()
