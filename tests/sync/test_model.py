"""A store and a plain model do the same at random, and everything that can be read of both is the same.

For: trees with partial histories, merging, deletions, stemming, edits by hand, the server's own writes, what is set aside,
attachments by stub, checkpoints, compaction, reopening, and all of it in any order.
Not for: concurrency (test_no_change_is_skipped.py), crashes (test_kill.py), HTTP (test_differential.py).

A few hundred steps in `make test`; `make soak` takes many times more.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from sync.database import BEGINNING, Edit, Pusher, Wanted
from sync.errors import EditConflict, MissingStub
from sync.revisions import Revision
from sync.sqlite import SqliteStore, open_store
from sync.sqlite.verify import verify
from tests.sync.comparison import EVERYTHING, Comparison
from tests.sync.model import HELD_LIMIT, Area, MissingBytes, Model
from tests.sync.random_edits import IDS, digest, ids, made, pushes

T = TypeVar("T")
AREAS = ("area-a1", "area-b")

areas = st.sampled_from(AREAS)
authors = st.sampled_from(["steward1", "steward2"])
picks = st.integers(0, 1000)


class StoreAndModel(Comparison, RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.model = Model(*AREAS)
        self.fresh = 0
        self.now = datetime(2026, 11, 25, tzinfo=UTC)
        self.store: SqliteStore = self.open()
        for name in AREAS:
            self.do(self.store.create(name))

    def open(self) -> SqliteStore:
        async def opened() -> SqliteStore:
            return open_store(Path(self.folder.name), now=lambda: self.now)

        return self.do(opened())

    def teardown(self) -> None:
        try:
            self.everything_can_be_read()
        finally:
            self.do(self.store.close())
            self.loop.close()
        assert list(verify(Path(self.folder.name))) == []  # whatever was done, it calls nothing damaged
        self.folder.cleanup()

    def both_push(self, name: str, edits: list[Edit], author: str) -> None:
        before = copy.deepcopy(self.model)
        pushing = self.store.database(name).push(edits, Pusher(author, None, HELD_LIMIT))
        try:
            expected = self.model.push(name, edits, author)
        except MissingBytes:
            self.model = before
            with pytest.raises(MissingStub):
                self.do(pushing)
            return
        assert self.do(pushing) == expected

    # What happens.

    @rule(name=areas, edits=st.lists(pushes(), min_size=1, max_size=4), author=authors)
    def push(self, name: str, edits: list[Edit], author: str) -> None:
        self.both_push(name, edits, author)

    @rule(
        name=areas, doc_id=ids, pick=picks, told=st.integers(1, 4), letter=st.sampled_from("pqx"),
        attached=st.sampled_from([b"", b"plan", b"photo"]), author=authors,
    )  # fmt: skip
    def push_an_edit_of_what_is_here(
        self, name: str, doc_id: str, pick: int, told: int, letter: str, attached: bytes, author: str
    ) -> None:
        """Attachments are named by stubs: whether their bytes are here depends on what was kept."""
        document = self.model.areas[name].documents.get(doc_id)
        if document is not None:
            parent = sorted(document.nodes)[pick % len(document.nodes)]
            past = [Revision.parse(rev) for rev in document.history(parent)]
            child = Revision(past[0].generation + 1, digest(doc_id, past[0].digest[:40] + letter))
            edit = made(doc_id, [child, *past[:told]], letter == "x", {"n": letter}, attached)
            self.both_push(name, [edit], author)

    @rule(name=areas, doc_id=ids, pick=st.one_of(st.none(), picks), deleted=st.booleans(), author=authors)
    def edit_by_hand(self, name: str, doc_id: str, pick: int | None, deleted: bool, author: str) -> None:
        document = self.model.areas[name].documents.get(doc_id)
        self.fresh += 1
        history = [Revision(1, digest(doc_id, f"hand{self.fresh}"))]
        if pick is not None and document is not None:
            known = [*document.leaves(), *sorted(document.nodes)]
            parent = Revision.parse(known[pick % len(known)])
            history = [Revision(parent.generation + 1, history[0].digest), parent]
        edit = made(doc_id, history, deleted, {"hand": self.fresh}, is_interactive=True)
        self.both_push(name, [edit], author)

    @rule(
        name=areas,
        newest=st.sampled_from(["3-x", "2-x", "2-y", "1-x"]),
        past=st.sampled_from([[], ["2-x"], ["2-y"], ["2-x", "1-x"], ["2-x", "1-y"], ["1-x"], ["1-y"]]),
        author=authors,
    )
    def push_a_past_that_contradicts(self, name: str, newest: str, past: list[str], author: str) -> None:
        history = [Revision.parse(rev) for rev in (newest, *past)]
        if all(a.generation == b.generation + 1 for a, b in itertools.pairwise(history)):
            self.both_push(name, [made("forged", history, False, {"n": newest})], author)

    @rule(name=areas, doc_id=st.sampled_from([*IDS, "status:1"]), n=st.integers(0, 1), deleted=st.booleans())
    def publish(self, name: str, doc_id: str, n: int, deleted: bool) -> None:
        document = {"_id": doc_id, "n": n, **({"_deleted": True} if deleted else {})}
        written = self.do(self.store.database(name).publish([document]))
        assert written == [self.model.publish(name, doc_id, deleted, {"n": n})]

    @rule(name=areas, doc_id=st.sampled_from(["fact:1", "a"]), n=st.integers(0, 1), author=authors)
    def record(self, name: str, doc_id: str, n: int, author: str) -> None:
        recording = self.store.database(name).record({"_id": doc_id, "n": n}, author, None)
        expected = self.model.record(name, {"_id": doc_id, "n": n}, author)
        if expected is None:
            with pytest.raises(EditConflict):
                self.do(recording)
        else:
            assert self.do(recording) == expected

    @rule(name=areas, limit=st.integers(1, 4))
    def keep_shorter_histories(self, name: str, limit: int) -> None:
        self.do(self.store.database(name).set_revs_limit(limit))
        self.model.areas[name].revs_limit = limit

    @rule(name=areas)
    def compact(self, name: str) -> None:
        self.do(self.store.database(name).compact())
        self.model.compact(name)

    @rule()
    def tidy(self) -> None:
        """It may drop less than compaction, when it pleases; it may not drop more."""
        self.now += timedelta(hours=2)
        self.do(self.store.tidy())
        kept = copy.deepcopy(self.model)
        for name in AREAS:
            self.model.compact(name)
            database, area = self.of(name)
            for doc_id, document in area.documents.items():
                every = tuple(Revision.parse(rev) for rev in document.nodes)
                for one in self.do(database.look_up([Wanted(doc_id, every)]))[0]:
                    if one.content is not None:
                        body = kept.areas[name].documents[doc_id].nodes[str(one.revision)].body
                        document.nodes[str(one.revision)].body = body

    @rule(name=areas, owner=authors, content=st.sampled_from([None, b'{"n":1}', b'{"n":2}']))
    def write_a_checkpoint(self, name: str, owner: str, content: bytes | None) -> None:
        database, area = self.of(name)
        rev = self.do(database.write_local(owner, "c", content))
        if content is None:
            area.local.pop((owner, "c"), None)
        else:
            number = area.local.get((owner, "c"), (0, b""))[0] + 1
            area.local[owner, "c"] = (number, content)
            assert rev == f"0-{number}"

    @rule()
    def reopen(self) -> None:
        self.do(self.store.close())
        self.store = self.open()

    @rule()
    def restore(self) -> None:
        """A new epoch: what was given out before is the beginning now."""
        since = {name: self.do(self.store.database(name).current_sequence()) for name in AREAS}
        self.do(self.store.rotate_epoch())
        for name, area in self.model.areas.items():
            area.local.clear()
            page = self.do(self.store.database(name).changes(since[name], EVERYTHING))
            assert len(page.changes) == len(area.documents)

    @rule(name=areas)
    def delete_and_create(self, name: str) -> None:
        self.do(self.store.delete(name))
        self.do(self.store.create(name))
        self.model.areas[name] = Area()

    # What can be read.

    @invariant()
    def the_feed_shows_each_document_once_at_its_latest_place(self) -> None:
        for name in AREAS:
            database, area = self.of(name)
            page = self.do(database.changes(BEGINNING, EVERYTHING, all_leaves=True, with_content=True))
            seen = [
                (row.id, row.deleted, row.revs, json.loads(row.content or b"null")) for row in page.changes
            ]
            assert seen == self.model.changes(name)
            info = self.do(database.info())
            live = sum(not document.is_deleted for document in area.documents.values())
            assert (info.documents, info.deleted_documents) == (live, len(area.documents) - live)

    @rule()
    def everything_can_be_read(self) -> None:
        for name in AREAS:
            self.the_feed_is_read_from_anywhere(name)
            self.documents_are_read(name)
            self.lists_are_read(name)
            self.receipts_are_given(name)
        entries = self.do(self.store.journal(0, EVERYTHING))
        told = [
            (
                x.database, x.id, x.rev, x.author, x.deleted,
                {key: value for key, value in x.body.items() if key not in ("_id", "_rev", "_deleted")},
                x.refusal.code if x.refusal else None,
            )
            for x in entries
        ]  # fmt: skip
        assert told == self.model.journal()
        assert [x.seq for x in entries] == sorted({x.seq for x in entries})


def check(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        StoreAndModel,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )  # fmt: skip


def test_a_store_and_a_plain_model_are_the_same() -> None:
    check(examples=30, steps=20)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_store_and_a_plain_model_are_the_same_for_long() -> None:
    check(examples=2000, steps=60)
