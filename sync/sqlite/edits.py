"""What the writing thread does to documents.

For: storing pushed, published and recorded revisions, setting refused ones aside.
Not for: transactions (writer.py), looking rows up and writing them (batch.py), old bodies (compaction.py), checkpoints and
    databases themselves (upkeep.py).
Source: CouchDB documentation, "Replication and conflict model"; promises D2, D5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import orjson

from sync.access import JsonObject
from sync.attachments import BEGINNING, stubs_of
from sync.database import Edit, Outcome, Pusher
from sync.documents import check_id, content_of, fact_revision, next_revision
from sync.errors import BadDocument, EditConflict, NoSuchDatabase
from sync.revisions import RevisionTree
from sync.sqlite import trees, upkeep
from sync.sqlite.attaching import attach
from sync.sqlite.batch import Batch, Fields, Row
from sync.sqlite.births import are_births, rows_of_births
from sync.sqlite.crowds import Crowds
from sync.sqlite.places import Moves
from sync.sqlite.schema import rows
from sync.sqlite.writer import Transaction


class Editor:
    """Works on one database inside one transaction; call `finish` last."""

    def __init__(self, transaction: Transaction, database: str, now: Callable[[], datetime]) -> None:
        found = rows(transaction.db, "SELECT n, revs_limit FROM db WHERE name = ?", (database,))
        if not found:
            raise NoSuchDatabase
        self._db = transaction.db
        self._transaction = transaction
        self._name = database
        self._n, self._revs_limit = found[0]
        self._batch = Batch(self._db, self._n)
        self._crowds = Crowds()
        self._leaf_limit: int | None = None
        self._held: set[str] = set()  # ids of the batch of which something is set aside
        self._held_count: int | None = None  # how much the pusher has set aside; None: to be counted
        self._received_at = int(now().timestamp() * 1_000_000)
        self._documents = self._deleted = self._bytes = self._latest = 0
        self._moves = Moves()

    def push(self, edits: Sequence[Edit], pusher: Pusher) -> list[Outcome]:
        source = self._source(pusher.name, pusher.device)
        self._leaf_limit = pusher.leaf_limit
        ids = [edit.id for edit in edits]
        self._look_for_held(ids)
        if edits and not self._held and are_births(edits) and self._bear(edits, source):
            return [Outcome.STORED] * len(edits)
        self._batch.fetch(ids)
        return [
            self._store(edit, source) if edit.refusal is None else self._hold(edit, pusher) for edit in edits
        ]

    def publish(self, documents: Sequence[JsonObject]) -> list[str]:
        source = self._source(None, None)
        self._look_up([check_id(document.get("_id")) for document in documents])
        return [self._publish(document, source) for document in documents]

    def record(self, document: JsonObject, author: str, device: str | None) -> str:
        doc_id, revision = check_id(document.get("_id")), fact_revision(document)
        self._look_up([doc_id])
        found = self._batch.find(doc_id)
        if found is not None and not self._crowds.holds(found, revision):
            raise EditConflict(f"{doc_id} is another document already")
        edit = Edit(doc_id, (revision,), False, content_of(document))
        self._store(edit, self._source(author, device))
        return str(revision)

    def finish(self) -> None:
        self._batch.flush()
        if self._documents or self._deleted or self._bytes or self._latest:
            self._run(
                "UPDATE db SET documents = documents + ?, deleted_documents = deleted_documents + ?, "
                "content_bytes = content_bytes + ?, update_seq = max(update_seq, ?) WHERE n = ?",
                (self._documents, self._deleted, self._bytes, self._latest, self._n),
            )
        if self._latest:
            self._moves.write(self._db, self._n)
            self._transaction.topics.add(self._name)

    def _look_up(self, ids: Sequence[str]) -> None:
        """All that these documents have here, in as few statements as there can be."""
        self._batch.fetch(ids)
        self._look_for_held(ids)

    def _look_for_held(self, ids: Sequence[str]) -> None:
        if rows(self._db, "SELECT 1 FROM held WHERE db = ? LIMIT 1", (self._n,)):
            found = rows(
                self._db,
                "SELECT h.id FROM json_each(?) wanted CROSS JOIN held h ON h.db = ? AND h.id = wanted.value",
                (orjson.dumps(ids).decode(), self._n),
            )
            self._held = {doc_id for (doc_id,) in found}

    def _store(self, edit: Edit, source: int) -> Outcome:
        found = self._batch.find(edit.id)
        outcome = self._begin(edit, source) if found is None else self._go_on(found, edit, source)
        if edit.id in self._held and outcome in (Outcome.STORED, Outcome.KNOWN):
            self._release(edit)
        return outcome

    def _begin(self, edit: Edit, source: int) -> Outcome:
        """The first edit of a document that is here."""
        doc_id, history, deleted, content, is_interactive, _, _ = edit
        if len(history) == 1:
            tree = None
        elif is_interactive:
            return Outcome.CONFLICT
        else:
            tree = trees.first(history, deleted, self._transaction.last_seq + 1, self._revs_limit)
        seq = self._transaction.next_seq()
        self._batch.put((seq, self._n, doc_id, seq, str(history[0]), deleted, seq, 1, tree))
        self._put_body(seq, seq, source, edit, content)
        if deleted:
            self._deleted += 1
        else:
            self._documents += 1
        self._moves.take(seq)
        self._latest = seq
        return Outcome.STORED

    def _bear(self, edits: Sequence[Edit], source: int) -> bool:
        """What `_begin` does, for all of them; False, and nothing is done, when one of them is here already."""
        count, first = len(edits), self._transaction.last_seq + 1
        if not self._batch.insert(*rows_of_births(edits, first, self._n, source, self._received_at)):
            return False
        self._latest = self._transaction.last_seq = first + count - 1
        deleted = sum(edit.deleted for edit in edits)
        self._deleted += deleted
        self._documents += count - deleted
        self._bytes += sum(len(edit.content) for edit in edits)
        self._moves.take_all(first, count)
        return True

    def _go_on(self, found: Row, edit: Edit, source: int) -> Outcome:
        """An edit of a document that is here: mostly of its newest revision, which needs no tree."""
        doc_id, history, deleted, content, is_interactive, _, _ = edit
        generation, digest = history[0]
        rev = f"{generation}-{digest}"
        if len(history) == 1 and found.rev == rev and not is_interactive:
            return Outcome.KNOWN
        if self._leaf_limit is not None and found.leaves >= self._leaf_limit:
            return Outcome.KNOWN if self._crowds.holds(found, history[0]) else Outcome.CROWDED
        seq = self._transaction.last_seq + 1
        grown = found.edited(history, deleted, seq, self._revs_limit)
        if grown is None:
            return self._merge(found, edit, source)
        tree, dropped = grown
        self._transaction.last_seq = seq
        self._put_body(seq, found.n, source, edit, content)
        if dropped:
            self._drop_bodies(dropped)
        self._update(found, (found.n, found.db, doc_id, seq, rev, deleted, seq, 1, tree))
        return Outcome.STORED

    def _merge(self, found: Row, edit: Edit, source: int) -> Outcome:
        tree = found.grown()
        if edit.is_interactive and not tree.may_take(edit.history):
            return Outcome.CONFLICT
        shape_before = tree.shape()
        seq = self._transaction.last_seq + 1
        if not tree.add(edit.history, edit.deleted, seq):
            if tree.shape() != shape_before:
                self._put_tree(found, tree, found.seq)  # it told of an older past: no new place in the feed
            return Outcome.KNOWN
        self._transaction.next_seq()
        self._put_body(seq, found.n, source, edit, edit.content)
        self._put_tree(found, tree, seq)
        return Outcome.STORED

    def _publish(self, document: JsonObject, source: int) -> str:
        doc_id = check_id(document.get("_id"))
        deleted = document.get("_deleted", False)
        if not isinstance(deleted, bool) or not document.keys().isdisjoint(
            ("_rev", "_revisions", "_attachments")
        ):
            raise BadDocument(
                f"{doc_id}: a published document has _id, perhaps _deleted, and no other special member"
            )
        content = content_of(document)
        found = self._batch.find(doc_id)
        if found is None:
            first = next_revision(None, deleted, content)
            self._store(Edit(doc_id, (first,), deleted, content), source)
            return str(first)
        if found.deleted == deleted and self._batch.content(found.body) == content:
            return found.rev
        leaves = found.grown().leaves() if deleted else found.grown().leaves()[:1]
        revisions = []
        for leaf in leaves:
            if leaf.live or leaf is leaves[0]:  # a deletion ends every live edit, or another would win
                revision = next_revision(leaf.revision, deleted, content)
                revisions.append(revision)
                self._store(Edit(doc_id, (revision, leaf.revision), deleted, content), source)
        return str(max(revisions))

    def _hold(self, edit: Edit, pusher: Pusher) -> Outcome:
        """Set aside what was refused, once. Never dropped unless its author has too much there already."""
        assert edit.refusal is not None
        rev = str(edit.history[0])
        found = self._batch.find(edit.id)
        if found is not None and self._crowds.holds(found, edit.history[0]):
            return Outcome.KNOWN  # accepted while it was his to write; the answer was lost
        if edit.id in self._held and self._is_held(edit, pusher):
            return Outcome.HELD
        if self._held_count is None:
            counting = "SELECT count(*) FROM held WHERE author IS ?"
            self._held_count = int(rows(self._db, counting, (pusher.name,))[0][0])
        if self._held_count >= pusher.held_limit:
            return Outcome.HELD_FULL
        self._held_count += 1
        self._run(
            "INSERT INTO held (n, db, id, rev, author, device, received_at, code, reason, deleted, history, content) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self._transaction.next_seq(), self._n, edit.id, rev, pusher.name, pusher.device, self._received_at,
                edit.refusal.code, edit.refusal.reason, edit.deleted,
                orjson.dumps([str(revision) for revision in edit.history]).decode(), edit.content,
            ),
        )  # fmt: skip
        self._held.add(edit.id)
        self._transaction.topics.add(self._name)
        return Outcome.HELD

    def _release(self, edit: Edit) -> None:
        """What was refused once and is accepted now is no longer set aside."""
        key = (self._n, edit.id, str(edit.history[0]), edit.content)
        self._run("DELETE FROM held WHERE db = ? AND id = ? AND rev = ? AND content = ?", key)
        self._held_count = None

    def _is_held(self, edit: Edit, pusher: Pusher) -> bool:
        """One author's copy does not stand for another's: they need not be the same, whatever revision they claim."""
        key = (self._n, edit.id, str(edit.history[0]), pusher.name, edit.content)
        return bool(
            rows(
                self._db,
                "SELECT 1 FROM held WHERE db = ? AND id = ? AND rev = ? AND author IS ? AND content = ?",
                key,
            )
        )

    def _put_tree(self, found: Row, tree: RevisionTree, seq: int) -> None:
        leaves = tree.leaves()
        # The body at the document's place stays as long as the place does, or the journal would not find the document.
        if any(leaf.stored == seq for leaf in leaves):
            self._drop_bodies(tree.stem(self._revs_limit))
        winner = leaves[0]
        rev, tree_bytes = str(winner.revision), trees.encode(tree)
        fields = (
            found.n,
            found.db,
            found.id,
            seq,
            rev,
            not winner.live,
            winner.stored,
            len(leaves),
            tree_bytes,
        )
        self._update(found, fields)

    def _update(self, found: Row, changed: Fields) -> None:
        self._batch.put(changed)
        seq, deleted = changed[3], changed[5]
        if found.deleted != deleted:
            step = -1 if deleted else 1
            self._documents += step
            self._deleted -= step
        if seq != found.seq:
            self._moves.move(found.seq, seq)
            self._latest = seq

    def _put_body(self, n: int, doc: int, source: int, edit: Edit, content: bytes) -> None:
        self._batch.put_body(n, doc, source, self._received_at, content)
        self._bytes += len(content)
        if content.startswith(BEGINNING):
            attach(self._db, n, doc, edit, stubs_of(content))

    def _drop_bodies(self, stored: Iterable[int]) -> None:
        for n in stored:
            content = self._batch.drop_body(n)
            if content is not None:
                self._bytes -= len(content)
                if stubs_of(content):
                    upkeep.drop_attached(self._db, "body = ?", n)

    def _source(self, author: str | None, device: str | None) -> int:
        found = rows(self._db, "SELECT n FROM source WHERE author IS ? AND device IS ?", (author, device))
        if not found:
            insert = "INSERT INTO source (author, device) VALUES (?, ?) RETURNING n"
            found = rows(self._db, insert, (author, device))
        return int(found[0][0])

    def _run(self, statement: str, values: tuple[object, ...]) -> None:
        rows(self._db, statement, values)
