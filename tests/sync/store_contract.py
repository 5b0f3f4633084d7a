"""What every document store must do: one suite, run on each of them.

Subclass `StoreContract` in a test module whose fixture `store` gives an open store with the empty databases
`area-a1` and `area-b`.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from sync.access import Refusal
from sync.database import BEGINNING, NOW, Database, Edit, Outcome, Pusher, Store, Wanted
from sync.documents import content_of, receipt_hash
from sync.errors import BadDatabaseName, BadDocument, DatabaseExists, EditConflict, NoSuchDatabase
from sync.revisions import Revision

STEWARD = Pusher("steward1", "phone-1", held_limit=3)


def rev(text: str) -> Revision:
    return Revision.parse(text)


def edit(
    doc_id: str, *history: str, deleted: bool = False, refusal: Refusal | None = None, **body: Any
) -> Edit:
    return Edit(doc_id, tuple(map(rev, history)), deleted, content_of(body), refusal=refusal)


def typed(doc_id: str, *history: str, **body: Any) -> Edit:
    return Edit(doc_id, tuple(map(rev, history)), False, content_of(body), is_interactive=True)


@pytest.fixture
def area(store: Store) -> Database:
    return store.database("area-a1")


@pytest.mark.anyio
class StoreContract:
    async def test_a_database_is_there_from_its_making_to_its_end(self, store: Store) -> None:
        await store.create("project-demo")
        assert "project-demo" in await store.databases()
        with pytest.raises(DatabaseExists):
            await store.create("project-demo")

        gone = store.database("project-demo")
        await gone.push([edit("a", "1-a")], STEWARD)
        await store.delete("project-demo")

        assert "project-demo" not in await store.databases()
        with pytest.raises(NoSuchDatabase):
            store.database("project-demo")
        for call in (
            gone.read("a"),
            gone.info(),
            gone.push([edit("b", "1-b")], STEWARD),
            store.delete("project-demo"),
        ):
            with pytest.raises(NoSuchDatabase):
                await call
        await store.create("project-demo")
        assert await store.database("project-demo").read("a") is None

    @pytest.mark.parametrize("name", ["", "A", "1a", "_users", "a b", "a?", "ä", "a" * 300])
    async def test_a_name_that_no_database_may_have_is_refused(self, store: Store, name: str) -> None:
        with pytest.raises(BadDatabaseName):
            await store.create(name)

    async def test_a_pushed_document_is_read_back_whole(self, area: Database) -> None:
        outcomes = await area.push([edit("巡查:1", "1-a", text="已整改", n=1.5)], STEWARD)

        assert outcomes == [Outcome.STORED]
        assert await area.read("巡查:1") == {"_id": "巡查:1", "_rev": "1-a", "text": "已整改", "n": 1.5}
        assert await area.read("other") is None

    async def test_pushing_again_changes_nothing(self, area: Database) -> None:
        push = [edit("a", "2-b", "1-a", n=1), edit("b", "1-b")]
        await area.push(push, STEWARD)
        before = await area.current_sequence()

        assert await area.push(push, STEWARD) == [Outcome.KNOWN, Outcome.KNOWN]
        assert await area.current_sequence() == before

    async def test_conflicting_edits_are_all_kept_and_one_wins_in_any_order(self, store: Store) -> None:
        edits = [
            edit("a", "1-a", n=1),
            edit("a", "2-x", "1-a", n=2),
            edit("a", "2-y", "1-a", n=3),
            edit("a", "3-z", "2-x", "1-a", deleted=True),
        ]
        for name, order in (("area-a1", edits), ("area-b", edits[::-1])):
            for one in order:
                await store.database(name).push([one], STEWARD)

        for name in ("area-a1", "area-b"):
            area = store.database(name)
            assert await area.read("a") == {"_id": "a", "_rev": "2-y", "n": 3}
            known = await area.known("a")
            assert known is not None
            assert [str(leaf.revision) for leaf in known.tree.leaves()] == ["2-y", "3-z"]

    async def test_a_child_that_comes_before_its_parent_is_kept(self, area: Database) -> None:
        await area.push([edit("a", "3-c", "2-b", n=3)], STEWARD)
        await area.push([edit("a", "2-b", "1-a", n=2)], STEWARD)

        known = await area.known("a")
        assert known is not None
        assert [str(one) for one in known.tree.history(rev("3-c"))] == ["3-c", "2-b", "1-a"]
        assert (await area.read("a") or {})["n"] == 3

    async def test_a_past_that_is_told_later_joins_two_that_are_here(self, area: Database) -> None:
        await area.push([edit("a", "3-c", "2-b", "1-a"), edit("a", "3-d")], STEWARD)
        before = await area.current_sequence()

        assert await area.push([edit("a", "3-d", "2-b")], STEWARD) == [Outcome.KNOWN]

        known = await area.known("a")
        assert known is not None
        assert [str(one) for one in known.tree.history(rev("3-d"))] == ["3-d", "2-b", "1-a"]
        assert [str(leaf.revision) for leaf in known.tree.leaves()] == ["3-d", "3-c"]
        assert await area.current_sequence() == before

    async def test_an_edit_by_hand_needs_a_leaf_to_follow(self, area: Database) -> None:
        assert await area.push([typed("a", "1-a", n=1)], STEWARD) == [Outcome.STORED]
        assert await area.push([typed("a", "1-b", n=1)], STEWARD) == [Outcome.CONFLICT]
        assert await area.push([typed("a", "2-b", "1-a", n=2)], STEWARD) == [Outcome.STORED]
        assert await area.push([typed("a", "2-c", "1-a", n=3)], STEWARD) == [Outcome.CONFLICT]
        assert await area.push([typed("b", "2-c", "1-a", n=3)], STEWARD) == [Outcome.CONFLICT]

        assert (await area.read("a") or {})["n"] == 2
        assert await area.read("b") is None

    async def test_one_impossible_edit_does_not_stop_the_others(self, area: Database) -> None:
        await area.push([typed("a", "1-a")], STEWARD)

        outcomes = await area.push([typed("b", "1-b"), typed("a", "1-z"), typed("c", "1-c")], STEWARD)

        assert outcomes == [Outcome.STORED, Outcome.CONFLICT, Outcome.STORED]
        assert [one.id for one in await area.list_documents(10)] == ["a", "b", "c"]

    async def test_each_revision_can_be_asked_for(self, area: Database) -> None:
        await area.push([edit("a", "1-a", n=1)], STEWARD)
        await area.push([edit("a", "2-b", "1-a", n=2), edit("a", "2-c", "1-a", n=3)], STEWARD)

        assert await area.find_revision("a", "1-a") == {"_id": "a", "_rev": "1-a", "n": 1}
        assert await area.find_revision("a", "9-a") is None
        assert await area.find_revision("a", "nonsense") is None
        everything, latest, gap, nothing = await area.look_up(
            [
                Wanted("a", None),
                Wanted("a", (rev("1-a"),), True),
                Wanted("a", (rev("7-q"),)),
                Wanted("z", None),
            ]
        )
        assert [str(found.revision) for found in everything] == ["2-c", "2-b"]
        assert {str(found.revision) for found in latest} == {"2-c", "2-b"}
        assert [(str(found.revision), found.content) for found in gap] == [("7-q", None)]
        assert nothing == []

    async def test_changes_show_each_document_once_at_its_latest_place(self, area: Database) -> None:
        for number in range(3):
            await area.push([edit(f"d{number}", "1-a")], STEWARD)
        await area.push([edit("d0", "2-b", "1-a", n=2), edit("d1", "1-z", n=3)], STEWARD)

        page = await area.changes(BEGINNING, 10, all_leaves=True, with_content=True)

        assert [(row.id, row.revs) for row in page.changes] == [
            ("d2", ["1-a"]),
            ("d0", ["2-b"]),
            ("d1", ["1-z", "1-a"]),
        ]
        assert page.changes[1].content == b'{"n":2}'
        assert page.last_seq == await area.current_sequence()
        assert (await area.changes(page.last_seq, 10)).changes == []

    async def test_changes_are_read_in_pages_backwards_and_by_id(self, area: Database) -> None:
        await area.push([edit(f"d{number}", "1-a") for number in range(7)], STEWARD)

        ids, since = [], BEGINNING
        while page := (await area.changes(since, 3)):
            if not page.changes:
                break
            ids.append([row.id for row in page.changes])
            since = page.last_seq
        assert ids == [["d0", "d1", "d2"], ["d3", "d4", "d5"], ["d6"]]
        assert await area.pending((await area.changes(BEGINNING, 3)).last_seq) == 4

        backwards = await area.changes(NOW, 2, descending=True)
        assert [row.id for row in backwards.changes] == ["d6", "d5"]
        further = await area.changes(backwards.last_seq, 2, descending=True)
        assert [row.id for row in further.changes] == ["d4", "d3"]
        asked = await area.changes(BEGINNING, 9, doc_ids=["d5", "d1", "nope"])
        assert [row.id for row in asked.changes] == ["d1", "d5"]

    @pytest.mark.parametrize("foreign", ["12345", "5-" + "f" * 32, "nonsense", "", "0", "[1]"])
    async def test_a_foreign_sequence_is_the_beginning(self, area: Database, foreign: str) -> None:
        await area.push([edit("a", "1-a")], STEWARD)

        assert [row.id for row in (await area.changes(foreign, 10)).changes] == ["a"]

    async def test_a_future_sequence_is_the_beginning(self, store: Store, area: Database) -> None:
        await area.push([edit("a", "1-a")], STEWARD)

        assert len((await area.changes(f"999999-{store.epoch}", 10)).changes) == 1

    async def test_after_a_restore_old_sequences_and_checkpoints_are_void(
        self, store: Store, area: Database
    ) -> None:
        await area.push([edit("a", "1-a")], STEWARD)
        await area.write_local("steward1", "checkpoint", b"{}")
        before, since = store.epoch, await area.current_sequence()

        assert await store.rotate_epoch() != before
        assert len((await area.changes(since, 10)).changes) == 1
        assert await area.read_local("steward1", "checkpoint") is None

    async def test_missing_revisions_are_those_that_are_not_here(self, area: Database) -> None:
        await area.push([edit("a", "2-b", "1-a"), edit("b", "1-b")], STEWARD)

        missing = await area.missing_revisions(
            {"a": [rev("2-b"), rev("3-c")], "b": [rev("1-b")], "c": [rev("1-c")], "d": []}
        )

        assert missing == {"a": (["3-c"], ["2-b"]), "c": (["1-c"], [])}

    async def test_documents_are_listed_by_the_bytes_of_their_ids(self, area: Database) -> None:
        ids = ["Z", "a", "b", "é", "中", "\U0001f600"]
        await area.push([edit(one, "1-a", n=1) for one in reversed(ids)], STEWARD)
        await area.push([edit("gone", "1-a", deleted=True)], STEWARD)

        assert [one.id for one in await area.list_documents(100)] == ids
        some = await area.list_documents(2, start="b", skip=1, with_content=True)
        assert [(one.id, one.content) for one in some] == [("é", b'{"n":1}'), ("中", b'{"n":1}')]
        assert [one.id for one in await area.list_documents(9, start="é", end="a", descending=True)] == [
            "é",
            "b",
            "a",
        ]
        assert [one.id for one in await area.list_documents(9, end="b", inclusive_end=False)] == ["Z", "a"]
        keyed = await area.list_keys(["gone", "nope", "a"])
        assert [(one.id, one.rev, one.deleted) for one in keyed] == [
            ("gone", "1-a", True), ("nope", None, False), ("a", "1-a", False),
        ]  # fmt: skip
        assert await area.count_before("b", False) == 2
        info = await area.info()
        assert (info.documents, info.deleted_documents) == (len(ids), 1)

    async def test_counts_follow_deletion_and_return(self, area: Database) -> None:
        async def counts() -> tuple[int, int]:
            info = await area.info()
            return info.documents, info.deleted_documents

        await area.push([edit("a", "1-a")], STEWARD)
        await area.push([edit("a", "2-b", "1-a", deleted=True)], STEWARD)
        assert await counts() == (0, 1)
        assert await area.read("a") is None
        await area.push([edit("a", "3-c", "2-b", "1-a")], STEWARD)
        assert await counts() == (1, 0)

    async def test_what_the_server_publishes_wins_and_is_written_only_when_it_changed(
        self, area: Database
    ) -> None:
        first = await area.publish(
            [{"_id": "status:u", "state": "open"}, {"_id": "status:v", "state": "open"}]
        )
        again = await area.publish(
            [{"state": "open", "_id": "status:u"}, {"_id": "status:v", "state": "done"}]
        )

        assert again[0] == first[0]
        assert again[1].startswith("2-")
        assert await area.read("status:v") == {"_id": "status:v", "_rev": again[1], "state": "done"}
        assert [row.id for row in (await area.changes(BEGINNING, 9)).changes] == ["status:u", "status:v"]

    async def test_what_the_server_publishes_wins_over_a_forged_longer_past(self, area: Database) -> None:
        await area.publish([{"_id": "status:u", "n": 1}])
        await area.push([edit("status:u", "9-zz", "8-yy", n=666)], STEWARD)

        await area.publish([{"_id": "status:u", "n": 2}])

        assert (await area.read("status:u") or {})["n"] == 2

    async def test_the_server_takes_back_what_it_published_conflicts_included(self, area: Database) -> None:
        await area.publish([{"_id": "reminder:1", "n": 1}])
        await area.push([edit("reminder:1", "1-zzz", n=2)], STEWARD)

        await area.publish([{"_id": "reminder:1", "_deleted": True}])

        assert await area.read("reminder:1") is None
        await area.publish([{"_id": "reminder:1", "n": 3}])
        assert (await area.read("reminder:1") or {})["n"] == 3

    async def test_what_cannot_be_published_is_refused_and_nothing_of_its_batch_stays(
        self, area: Database
    ) -> None:
        with pytest.raises(BadDocument):
            await area.publish([{"_id": "status:a"}, {"_id": "status:b", "_rev": "1-a"}])

        assert await area.list_documents(10) == []

    async def test_a_recorded_fact_has_the_revision_of_its_receipt(self, area: Database) -> None:
        fact = {"_id": "fee_visit:1", "author": "office1", "body": {"n": 1.0}}

        revision = await area.record(fact, "office1", None)

        assert revision == f"1-{receipt_hash(fact)[:32]}"
        assert await area.record(fact, "office1", None) == revision
        with pytest.raises(EditConflict):
            await area.record({**fact, "author": "other"}, "other", None)

    async def test_a_refused_push_is_set_aside_once_and_can_be_read(self, area: Database) -> None:
        refused = edit("violation:1", "1-a", refusal=Refusal("area", "不在您的片区"), n=1)

        assert await area.push([refused, edit("b", "1-b")], STEWARD) == [Outcome.HELD, Outcome.STORED]
        assert await area.push([refused], STEWARD) == [Outcome.HELD]

        assert await area.read("violation:1") is None
        assert [row.id for row in (await area.changes(BEGINNING, 9)).changes] == ["b"]
        kept, accepted, absent, nonsense = await area.kept(
            [("violation:1", "1-a"), ("b", "1-b"), ("violation:1", "1-z"), ("b", "?")]
        )
        assert kept is not None
        assert kept.refusal == Refusal("area", "不在您的片区")
        assert kept.document == {"_id": "violation:1", "_rev": "1-a", "n": 1}
        assert accepted is not None
        assert accepted.refusal is None
        assert absent is None
        assert nonsense is None

    async def test_what_was_set_aside_can_be_sent_again_and_accepted(
        self, store: Store, area: Database
    ) -> None:
        await area.push([edit("v", "1-a", refusal=Refusal("area", "no"), n=1)], STEWARD)

        assert await area.push([edit("v", "1-a", n=1)], STEWARD) == [Outcome.STORED]

        kept = (await area.kept([("v", "1-a")]))[0]
        assert kept is not None
        assert kept.refusal is None
        assert [(one.id, one.refusal) for one in await store.journal(0, 10)] == [("v", None)]

    async def test_one_authors_refused_copy_does_not_stand_for_anothers(
        self, store: Store, area: Database
    ) -> None:
        refusal = Refusal("area", "no")
        await area.push([edit("v", "1-a", refusal=refusal, n=1)], STEWARD)
        await area.push([edit("v", "1-a", refusal=refusal, n=2)], Pusher("steward2", None))

        assert [(one.author, one.body["n"]) for one in await store.journal(0, 9)] == [
            ("steward1", 1),
            ("steward2", 2),
        ]
        await area.push([edit("v", "1-a", n=1)], STEWARD)
        left = [one.author for one in await store.journal(0, 9) if one.refusal is not None]
        assert left == ["steward2"]

    async def test_what_was_accepted_is_not_set_aside_when_it_is_sent_again_later(
        self, area: Database
    ) -> None:
        await area.push([edit("v", "1-a", n=1)], STEWARD)

        assert await area.push([edit("v", "1-a", refusal=Refusal("area", "no"), n=1)], STEWARD) == [
            Outcome.KNOWN
        ]

    async def test_one_author_can_only_have_so_much_set_aside(self, area: Database) -> None:
        refusal = Refusal("area", "no")
        outcomes = await area.push([edit(f"v{n}", "1-a", refusal=refusal) for n in range(4)], STEWARD)

        assert outcomes == [Outcome.HELD] * 3 + [Outcome.HELD_FULL]
        other = Pusher("steward2", None, held_limit=3)
        assert await area.push([edit("w", "1-a", refusal=refusal)], other) == [Outcome.HELD]

    async def test_the_journal_is_one_order_over_all_databases(self, store: Store, area: Database) -> None:
        other = store.database("area-b")
        await area.push([edit("a", "1-a", n=1)], STEWARD)
        await other.publish([{"_id": "status:a", "n": 1}])
        await area.push([edit("x", "1-x", refusal=Refusal("area", "no"))], STEWARD)
        await area.push([edit("a", "2-b", "1-a", n=2)], Pusher("steward2", None))

        entries = await store.journal(0, 10)

        assert [(one.database, one.id, one.rev, one.author, one.device) for one in entries] == [
            ("area-b", "status:a", entries[0].rev, None, None),
            ("area-a1", "x", "1-x", "steward1", "phone-1"),
            ("area-a1", "a", "2-b", "steward2", None),
        ]
        assert entries[1].refusal == Refusal("area", "no")
        assert entries[2].body == {"_id": "a", "_rev": "2-b", "n": 2}
        assert [one.seq for one in entries] == sorted(one.seq for one in entries)
        assert await store.journal(entries[0].seq, 1) == [entries[1]]
        assert await store.journal_end() == entries[2].seq

    async def test_the_journals_follower_is_woken_by_what_it_can_read(
        self, store: Store, area: Database
    ) -> None:
        end = await store.journal_end()
        assert not await store.wait_for_journal(end, 0.01)
        waiting = asyncio.create_task(store.wait_for_journal(end, 30))
        await asyncio.sleep(0)

        await area.push([edit("a", "1-a")], STEWARD)

        assert await waiting
        assert await store.wait_for_journal(end, 30)

    async def test_what_went_with_its_database_wakes_no_follower(self, store: Store) -> None:
        end = await store.journal_end()
        await store.database("area-b").push([edit("a", "1-a")], STEWARD)
        await store.delete("area-b")

        assert await store.journal(end, 10) == []
        assert not await store.wait_for_journal(end, 0.01)

    async def test_a_waiter_hears_of_its_own_database_only(self, store: Store, area: Database) -> None:
        with area.listen() as waiter:
            await store.database("area-b").push([edit("a", "1-a")], STEWARD)
            assert not await waiter.wait(0.01)
            await area.push([edit("a", "1-a")], STEWARD)
            assert await waiter.wait(30)
            store.recheck_access()
            assert await waiter.wait(30)
            assert not waiter.is_over
            store.end_feeds()
            assert await waiter.wait(30)
            assert waiter.is_over

    async def test_checkpoints_belong_to_their_owner(self, area: Database) -> None:
        assert await area.write_local("one", "c", b'{"n":1}') == "0-1"
        assert await area.write_local("one", "c", b'{"n":2}') == "0-2"
        await area.write_local("two", "c", b'{"n":9}')

        assert await area.read_local("one", "c") == ("0-2", b'{"n":2}')
        assert await area.read_local("three", "c") is None
        await area.write_local("one", "c", None)
        assert await area.read_local("one", "c") is None
        assert await area.read_local("two", "c") is not None
        assert (await area.changes(BEGINNING, 9)).changes == []

    async def test_checkpoints_of_one_owner_do_not_pile_up(self, area: Database) -> None:
        for number in range(80):
            await area.write_local("one", f"c{number}", b"{}")

        assert await area.read_local("one", "c0") is None
        assert await area.read_local("one", "c79") is not None

    async def test_compaction_drops_old_bodies_and_keeps_the_history(self, area: Database) -> None:
        await area.push([edit("a", "1-a", n=1)], STEWARD)
        await area.push([edit("a", "2-b", "1-a", n=2)], STEWARD)

        await area.compact()

        assert await area.find_revision("a", "1-a") is None
        assert (await area.read("a") or {})["n"] == 2
        known = await area.known("a")
        assert known is not None
        assert rev("1-a") in known.tree.nodes
        assert await area.push([edit("a", "1-a", n=1)], STEWARD) == [Outcome.KNOWN]

    async def test_histories_are_kept_to_the_limit(self, area: Database) -> None:
        await area.set_revs_limit(2)
        for generation in range(1, 6):
            past = [f"{n}-a" for n in range(generation, max(generation - 2, 0), -1)]
            await area.push([edit("a", *past, n=generation)], STEWARD)

        known = await area.known("a")
        assert known is not None
        assert [str(one) for one in known.tree.history(rev("5-a"))] == ["5-a", "4-a"]
        assert (await area.info()).revs_limit == 2

    async def test_a_document_stays_in_the_journal_when_its_newest_edit_turns_out_to_be_an_old_one(
        self, store: Store, area: Database
    ) -> None:
        await area.set_revs_limit(1)
        await area.push([edit("a", "3-c", n=3)], STEWARD)
        await area.push([edit("a", "2-b", n=2)], STEWARD)

        assert await area.push([edit("a", "3-c", "2-b", n=3)], STEWARD) == [Outcome.KNOWN]
        await area.compact()

        assert [(one.id, one.rev) for one in await store.journal(0, 9)] == [("a", "3-c")]
        await area.push([edit("a", "4-d", "3-c", n=4)], STEWARD)
        known = await area.known("a")
        assert known is not None
        assert [str(one) for one in known.tree.nodes] == ["4-d"]

    async def test_a_reader_between_concurrent_writers_skips_nothing(self, area: Database) -> None:
        async def write(writer: int) -> None:
            for number in range(20):
                await area.push([edit(f"w{writer}-{number}", "1-a")], STEWARD)

        async def read() -> list[str]:
            seen: list[str] = []
            since = BEGINNING
            while len(seen) < 100:
                page = await area.changes(since, 7)
                seen += [row.id for row in page.changes]
                since = page.last_seq
            return seen

        reading = asyncio.create_task(read())
        await asyncio.gather(*(write(writer) for writer in range(5)))

        assert sorted(await reading) == sorted(
            f"w{writer}-{number}" for writer in range(5) for number in range(20)
        )

    async def test_random_pushes_in_two_orders_end_in_the_same_state(self, store: Store) -> None:
        dice = random.Random(20261125)
        pasts: dict[str, list[tuple[str, ...]]] = {}
        edits = []
        for number in range(120):
            doc_id = f"d{dice.randrange(8)}"
            known = pasts.setdefault(doc_id, [])
            parent = dice.choice(known) if known and dice.random() < 0.7 else ()
            history = (f"{len(parent) + 1}-{dice.randrange(16**6):06x}", *parent)
            known.append(history)
            edits.append(edit(doc_id, *history, deleted=dice.random() < 0.2, n=number))
        for name in ("area-a1", "area-b"):
            for start in range(0, len(edits), 7):
                await store.database(name).push(edits[start : start + 7], STEWARD)
            dice.shuffle(edits)

        states = []
        for name in ("area-a1", "area-b"):
            page = await store.database(name).changes(BEGINNING, 999, all_leaves=True, with_content=True)
            states.append({row.id: (row.deleted, row.revs, row.content) for row in page.changes})
        assert states[0] == states[1]
        assert len(states[0]) == 8
