"""All that can be read of a store's databases is what a plain model says.

For: test_model.py, at the end of each of its stories and now and then in between.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from typing import Any, TypeVar

from sync.attachments import digest_of
from sync.database import BEGINNING, NOW, Database, Wanted
from sync.revisions import Revision
from sync.sqlite import SqliteStore
from tests.sync.model import Area, Model, rank
from tests.sync.random_edits import IDS, REFUSAL

T = TypeVar("T")
EVERYTHING = 999


class Comparison:
    """Raises AssertionError where the two differ."""

    loop: asyncio.AbstractEventLoop
    store: SqliteStore
    model: Model

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def of(self, name: str) -> tuple[Database, Area]:
        return self.store.database(name), self.model.areas[name]

    def the_feed_is_read_from_anywhere(self, name: str) -> None:
        database, _ = self.of(name)
        rows = self.do(database.changes(BEGINNING, EVERYTHING)).changes
        in_order = [row.id for row in rows]
        for number, row in enumerate(rows):
            page = self.do(database.changes(row.seq, 2))
            assert [x.id for x in page.changes] == in_order[number + 1 : number + 3]
            assert page.pending in (None, max(0, len(rows) - number - 3))
            assert self.do(database.pending(row.seq)) == len(rows) - number - 1
        back = self.do(database.changes(NOW, EVERYTHING, descending=True)).changes
        assert [x.id for x in back] == in_order[::-1]
        chosen = in_order[::2]
        assert [
            x.id for x in self.do(database.changes(BEGINNING, EVERYTHING, doc_ids=chosen)).changes
        ] == chosen

    def documents_are_read(self, name: str) -> None:
        database, area = self.of(name)
        for doc_id, document in area.documents.items():
            known = self.do(database.known(doc_id))
            assert known is not None
            assert {str(rev) for rev in known.tree.nodes} == set(document.nodes)
            assert [str(leaf.revision) for leaf in known.tree.leaves()] == document.leaves()
            every = [Revision.parse(rev) for rev in document.nodes]
            found, leaves = self.do(database.look_up([Wanted(doc_id, tuple(every)), Wanted(doc_id, None)]))
            for one in found:
                node = document.nodes[str(one.revision)]
                assert json.loads(one.content or b"null") == node.body
                assert [str(rev) for rev in one.history] == document.history(str(one.revision))
                if node.body is not None:
                    assert one.deleted == node.deleted
                    stubs = node.body.get("_attachments", {})
                    bytes_ = self.do(database.attachments(doc_id, one.revision, ["plan"]))
                    assert {n: digest_of(x) for n, x in bytes_.items()} == {
                        n: x["digest"] for n, x in stubs.items()
                    }
            assert [str(one.revision) for one in leaves] == document.leaves()
            self._only_leaves_are_moved_as_bytes(name, doc_id)
            winner = document.nodes[document.winner]
            body = {"_id": doc_id, "_rev": document.winner, **(winner.body or {})}
            assert self.do(database.read(doc_id)) == (None if winner.deleted else body)
            asked = sorted({*document.nodes, "1-z", "3-z"}, key=rank)
            missing = self.do(database.missing_revisions({doc_id: [Revision.parse(rev) for rev in asked]}))
            assert missing[doc_id] == self.model.missing(name, doc_id, asked)
            assert self.do(database.missing_revisions({doc_id: every})) == {}

    def _only_leaves_are_moved_as_bytes(self, name: str, doc_id: str) -> None:
        database, area = self.of(name)
        document = area.documents[doc_id]
        leaves = document.leaves()
        for rev in (None, *document.nodes, "9-z"):
            for with_revisions in (False, True):
                ready = self.do(database.only_leaves([(doc_id, rev)], with_revisions))[0]
                if len(leaves) > 1 or rev not in (None, leaves[0]):
                    assert ready is None
                elif ready is not None:
                    told = json.loads(ready)
                    past = told.pop("_revisions", None)
                    assert told.pop("_deleted", False) == document.is_deleted
                    body = document.nodes[leaves[0]].body or {}
                    assert told == {"_id": doc_id, "_rev": leaves[0], **body}
                    history = [rank(one) for one in document.history(leaves[0])]
                    expected = {"start": history[0][0], "ids": [one for _, one in history]}
                    assert past == (expected if with_revisions else None)

    def lists_are_read(self, name: str) -> None:
        database, area = self.of(name)
        live = sorted(doc_id for doc_id, x in area.documents.items() if not x.is_deleted)
        listed = self.do(database.list_documents(EVERYTHING))
        assert [(x.id, x.rev) for x in listed] == [(x, area.documents[x].winner) for x in live]
        keyed = self.do(database.list_keys([*IDS, "nope"]))
        for key, row in zip([*IDS, "nope"], keyed, strict=True):
            document = area.documents.get(key)
            expected = (None, False) if document is None else (document.winner, document.is_deleted)
            assert (row.id, row.rev, row.deleted) == (key, *expected)
        half = live[len(live) // 2] if live else "m"
        for descending in (False, True):
            part = self.do(database.list_documents(2, start=half, descending=descending, with_content=True))
            before = [x for x in live if (x > half if descending else x < half)]
            after = [x for x in (reversed(live) if descending else live) if x not in before]
            assert [x.id for x in part] == after[:2]
            for one in part:
                document = area.documents[one.id]
                assert json.loads(one.content or b"null") == document.nodes[document.winner].body
            assert self.do(database.count_before(half, descending)) == len(before)
        for owner in ("steward1", "steward2"):
            kept = area.local.get((owner, "c"))
            read = self.do(database.read_local(owner, "c"))
            assert read == (None if kept is None else (f"0-{kept[0]}", kept[1]))

    def receipts_are_given(self, name: str) -> None:
        """What is in the tree was accepted; of what is not, each author's copy that was set aside may be shown."""
        database, area = self.of(name)
        asked = [(doc_id, rev) for doc_id, one in area.documents.items() for rev in one.nodes]
        for (doc_id, rev), kept in zip(asked, self.do(database.kept(asked)), strict=True):
            node = area.documents[doc_id].nodes[rev]
            assert kept is not None
            assert kept.refusal is None
            deleted = {"_deleted": True} if node.deleted else {}
            body = None if node.body is None else {"_id": doc_id, "_rev": rev, **deleted, **node.body}
            assert kept.document == body
            assert self.do(database.find_revision(doc_id, rev)) == body
        aside = sorted({(x.id, x.rev) for x in area.held} - set(asked))
        for (doc_id, rev), kept in zip(aside, self.do(database.kept(aside)), strict=True):
            assert kept is not None
            assert kept.refusal == REFUSAL
            assert kept.document is not None
            shown = {k: v for k, v in kept.document.items() if k not in ("_id", "_rev", "_deleted")}
            assert shown in [x.body for x in area.held if (x.id, x.rev) == (doc_id, rev)]
        assert self.do(database.kept([("nope", "1-a"), ("a", "?")])) == [None, None]
