"""What the writing thread does to documents.

For: storing pushed, published and recorded revisions, setting refused ones aside, dropping old bodies.
Not for: transactions (writer.py), checkpoints and databases themselves (upkeep.py).
Source: CouchDB documentation, "Replication and conflict model"; promises D2, D5.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from sync.access import JsonObject
from sync.attachments import digest_of, stubs_of
from sync.database import Edit, Outcome, Pusher
from sync.documents import check_id, content_of, fact_revision, next_revision
from sync.errors import BadDocument, EditConflict, MissingStub, NoSuchDatabase
from sync.revisions import Revision, RevisionTree
from sync.sqlite import trees, upkeep
from sync.sqlite.schema import rows
from sync.sqlite.writer import Transaction

COMPACT_BATCH = 200


@dataclass(slots=True)
class _Document:
    """The row of a document; `tree` is decoded only when needed."""

    n: int
    seq: int
    rev: str
    deleted: bool
    body: int | None
    packed: bytes | None

    def tree(self) -> RevisionTree:
        if self.packed is None:
            return trees.single(self.rev, self.deleted, self.body)
        return trees.decode(self.packed)


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
        self._received_at = int(now().timestamp() * 1_000_000)
        self._documents = self._deleted = self._bytes = 0
        self._latest = 0

    def push(self, edits: Sequence[Edit], pusher: Pusher) -> list[Outcome]:
        source = self._source(pusher.name, pusher.device)
        return [
            self._store(edit, source) if edit.refusal is None else self._hold(edit, pusher) for edit in edits
        ]

    def publish(self, documents: Sequence[JsonObject]) -> list[str]:
        source = self._source(None, None)
        return [self._publish(document, source) for document in documents]

    def record(self, document: JsonObject, author: str, device: str | None) -> str:
        doc_id, revision = check_id(document.get("_id")), fact_revision(document)
        found = self._find(doc_id)
        if found is not None and revision not in found.tree().nodes:
            raise EditConflict(f"{doc_id} is another document already")
        edit = Edit(doc_id, (revision,), False, content_of(document))
        self._store(edit, self._source(author, device))
        return str(revision)

    def compact(self, after: int) -> int | None:
        """Drop inner bodies of the next documents with a tree; returns where to go on, None at the end."""
        batch = rows(
            self._db,
            "SELECT n, tree FROM doc WHERE n > ? AND db = ? AND tree IS NOT NULL ORDER BY n LIMIT ?",
            (after, self._n, COMPACT_BATCH),
        )
        for n, packed in batch:
            tree = trees.decode(packed)
            if dropped := tree.forget_inner_bodies():
                self._drop_bodies(dropped)
                self._run("UPDATE doc SET tree = ? WHERE n = ?", (trees.encode(tree), n))
        return batch[-1][0] if batch else None

    def finish(self) -> None:
        if self._documents or self._deleted or self._bytes or self._latest:
            self._run(
                "UPDATE db SET documents = documents + ?, deleted_documents = deleted_documents + ?, "
                "content_bytes = content_bytes + ?, update_seq = max(update_seq, ?) WHERE n = ?",
                (self._documents, self._deleted, self._bytes, self._latest, self._n),
            )
        if self._latest:
            self._transaction.topics.add(self._name)

    def _store(self, edit: Edit, source: int) -> Outcome:
        newest = edit.history[0]
        found = self._find(edit.id)
        if found is None:
            if edit.is_interactive and len(edit.history) > 1:
                return Outcome.CONFLICT
            self._insert(edit, source)
            return self._accepted(edit)
        if len(edit.history) == 1 and found.rev == str(newest) and not edit.is_interactive:
            return self._known(edit)
        tree = found.tree()
        if edit.is_interactive and not _may_follow(tree, edit.history):
            return Outcome.CONFLICT
        nodes_before = len(tree.nodes)
        leaves_before = tree.leaves()
        seq = self._transaction.last_seq + 1
        if not tree.add(edit.history, edit.deleted, seq):
            if len(tree.nodes) != nodes_before or tree.leaves() != leaves_before:
                self._update(found, tree, found.seq)  # it told of an older past: no new place in the feed
            return self._known(edit)
        self._transaction.next_seq()
        self._put_body(seq, found.n, source, edit)
        self._update(found, tree, seq)
        return self._accepted(edit)

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
        found = self._find(doc_id)
        if found is None:
            first = next_revision(None, deleted, content)
            self._store(Edit(doc_id, (first,), deleted, content), source)
            return str(first)
        if found.deleted == deleted and self._content(found.body) == content:
            return found.rev
        leaves = found.tree().leaves() if deleted else found.tree().leaves()[:1]
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
        found = self._find(edit.id)
        if found is not None and edit.history[0] in found.tree().nodes:
            return Outcome.KNOWN  # accepted while it was his to write; the answer was lost
        if self._is_held(edit, pusher):
            return Outcome.HELD
        if (
            rows(self._db, "SELECT count(*) FROM held WHERE author IS ?", (pusher.name,))[0][0]
            >= pusher.held_limit
        ):
            return Outcome.HELD_FULL
        self._run(
            "INSERT INTO held (n, db, id, rev, author, device, received_at, code, reason, deleted, history, content) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self._transaction.next_seq(), self._n, edit.id, rev, pusher.name, pusher.device, self._received_at,
                edit.refusal.code, edit.refusal.reason, edit.deleted,
                orjson.dumps([str(revision) for revision in edit.history]).decode(), edit.content,
            ),
        )  # fmt: skip
        self._transaction.topics.add(self._name)
        return Outcome.HELD

    def _accepted(self, edit: Edit) -> Outcome:
        self._release(edit)
        return Outcome.STORED

    def _known(self, edit: Edit) -> Outcome:
        self._release(edit)
        return Outcome.KNOWN

    def _release(self, edit: Edit) -> None:
        """What was refused once and is accepted now is no longer set aside."""
        key = (self._n, edit.id, str(edit.history[0]), edit.content)
        self._run("DELETE FROM held WHERE db = ? AND id = ? AND rev = ? AND content = ?", key)

    def _insert(self, edit: Edit, source: int) -> None:
        seq = self._transaction.next_seq()
        self._put_body(seq, seq, source, edit)
        packed = None
        if len(edit.history) > 1:
            tree = RevisionTree()
            tree.add(edit.history, edit.deleted, seq)
            tree.stem(self._revs_limit)
            packed = trees.encode(tree)
        self._run(
            "INSERT INTO doc (n, db, id, seq, rev, deleted, body, leaves, tree) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?)",
            (seq, self._n, edit.id, seq, str(edit.history[0]), edit.deleted, seq, packed),
        )
        self._count(0, edit.deleted)
        self._latest = seq

    def _update(self, found: _Document, tree: RevisionTree, seq: int) -> None:
        self._drop_bodies(tree.stem(self._revs_limit))
        leaves = tree.leaves()
        winner = leaves[0]
        self._run(
            "UPDATE doc SET seq = ?, rev = ?, deleted = ?, body = ?, leaves = ?, tree = ? WHERE n = ?",
            (
                seq,
                str(winner.revision),
                not winner.live,
                winner.stored,
                len(leaves),
                trees.encode(tree),
                found.n,
            ),
        )
        if found.deleted == winner.live:
            self._count(-1, found.deleted)
            self._count(0, not winner.live)
        self._latest = max(self._latest, seq if seq != found.seq else 0)

    def _count(self, gone: int, deleted: bool) -> None:
        step = gone or 1
        if deleted:
            self._deleted += step
        else:
            self._documents += step

    def _put_body(self, n: int, doc: int, source: int, edit: Edit) -> None:
        content = edit.content
        self._run(
            "INSERT INTO body (n, doc, source, received_at, crc, content) VALUES (?, ?, ?, ?, ?, ?)",
            (n, doc, source, self._received_at, zlib.crc32(content), content),
        )
        self._bytes += len(content)
        for name, stub in stubs_of(content).items():
            attachment = self._attachment(doc, edit, name, stub)
            self._run(
                "INSERT INTO attached (body, name, doc, attachment) VALUES (?, ?, ?, ?)",
                (n, name, doc, attachment),
            )

    def _attachment(self, doc: int, edit: Edit, name: str, stub: JsonObject) -> int:
        """Where the bytes lie: those that came with the edit, or what an edit before it brought."""
        for new in edit.attachments:
            if new.name == name:
                return self._put_attachment(new.content)
        found = rows(
            self._db,
            "SELECT t.attachment FROM attached t JOIN attachment a ON a.n = t.attachment "
            "WHERE t.doc = ? AND a.digest = ? LIMIT 1",
            (doc, stub["digest"]),
        )
        if not found:
            raise MissingStub(f"Invalid attachment stub in {edit.id} for {name}")
        return int(found[0][0])

    def _put_attachment(self, content: bytes) -> int:
        key = hashlib.sha256(content).digest()
        found = rows(self._db, "SELECT n FROM attachment WHERE sha256 = ?", (key,))
        if not found:
            found = rows(
                self._db,
                "INSERT INTO attachment (sha256, digest, content) VALUES (?, ?, ?) RETURNING n",
                (key, digest_of(content), content),
            )
        return int(found[0][0])

    def _drop_bodies(self, stored: Iterable[int]) -> None:
        for n in stored:
            gone = rows(self._db, "DELETE FROM body WHERE n = ? RETURNING content", (n,))
            if gone:
                self._bytes -= len(gone[0][0])
                if stubs_of(gone[0][0]):
                    upkeep.drop_attached(self._db, "body = ?", n)

    def _content(self, body: int | None) -> bytes | None:
        found = rows(self._db, "SELECT content FROM body WHERE n = ?", (body,))
        return found[0][0] if found else None

    def _find(self, doc_id: str) -> _Document | None:
        found = rows(
            self._db,
            "SELECT n, seq, rev, deleted, body, tree FROM doc WHERE db = ? AND id = ?",
            (self._n, doc_id),
        )
        if not found:
            return None
        n, seq, rev, deleted, body, packed = found[0]
        return _Document(n, seq, rev, bool(deleted), body, packed)

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

    def _source(self, author: str | None, device: str | None) -> int:
        found = rows(self._db, "SELECT n FROM source WHERE author IS ? AND device IS ?", (author, device))
        if not found:
            insert = "INSERT INTO source (author, device) VALUES (?, ?) RETURNING n"
            found = rows(self._db, insert, (author, device))
        return int(found[0][0])

    def _run(self, statement: str, values: tuple[object, ...]) -> None:
        rows(self._db, statement, values)


def _may_follow(tree: RevisionTree, history: Sequence[Revision]) -> bool:
    """An interactive edit needs its parent to be a leaf; a new document must not be here."""
    if len(history) == 1:
        return False
    return any(leaf.revision == history[1] for leaf in tree.leaves())
