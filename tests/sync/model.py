"""What a document store must do, in dictionaries and lists: slow, obvious, and written apart from every store.

For: test_model.py, which lets a store and this do the same and compares all that can be read.
Not for: sequences as text, durability, concurrency.
Source: docs of `sync.database`; CouchDB documentation, "Replication and conflict model"; promises D2.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from sync.database import Edit, Outcome
from sync.documents import fact_revision, next_revision
from sync.revisions import Revision

HELD_LIMIT = 4
Body = dict[str, Any]


@dataclass
class Node:
    parent: str | None
    deleted: bool = False
    body: Body | None = None  # None: only its place in the history is known
    place: int | None = None
    author: str | None = None


@dataclass
class Document:
    nodes: dict[str, Node] = field(default_factory=dict)
    place: int = 0

    def leaves(self) -> list[str]:
        """The winner first."""
        parents = {node.parent for node in self.nodes.values()}
        ends = [rev for rev in self.nodes if rev not in parents]
        return sorted(ends, key=lambda rev: (not self.nodes[rev].deleted, *rank(rev)), reverse=True)

    def history(self, rev: str) -> list[str]:
        path = [rev]
        while (parent := self.nodes[path[-1]].parent) is not None:
            path.append(parent)
        return path

    @property
    def winner(self) -> str:
        return self.leaves()[0]

    @property
    def is_deleted(self) -> bool:
        return self.nodes[self.winner].deleted

    def digests(self) -> set[str]:
        """Of the attachments whose bytes are here."""
        bodies = [node.body for node in self.nodes.values() if node.body is not None]
        return {stub["digest"] for body in bodies for stub in body.get("_attachments", {}).values()}


@dataclass
class Held:
    place: int
    id: str
    rev: str
    author: str | None
    deleted: bool
    body: Body
    code: str


@dataclass
class Area:
    documents: dict[str, Document] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)
    local: dict[tuple[str, str], tuple[int, bytes]] = field(default_factory=dict)
    revs_limit: int = 1000


class MissingBytes(Exception):
    pass


def rank(rev: str) -> tuple[int, str]:
    generation, _, digest = rev.partition("-")
    return int(generation), digest


class Model:
    """Several areas with one counter of places."""

    def __init__(self, *names: str) -> None:
        self.areas = {name: Area() for name in names}
        self.last_place = 0

    def next_place(self) -> int:
        self.last_place += 1
        return self.last_place

    def push(self, name: str, edits: list[Edit], author: str | None) -> list[Outcome]:
        return [self._push(self.areas[name], edit, author) for edit in edits]

    def _push(self, area: Area, edit: Edit, author: str | None) -> Outcome:
        history, body = [str(revision) for revision in edit.history], json.loads(edit.content)
        rev, document = history[0], area.documents.get(edit.id)
        if edit.refusal is not None:
            return self._hold(area, edit, rev, body, author)
        if edit.is_interactive:
            has_place = (
                len(history) == 1 if document is None else history[1:2] and history[1] in document.leaves()
            )
            if not has_place:
                return Outcome.CONFLICT
        is_new = document is None or rev not in document.nodes
        document = area.documents.setdefault(edit.id, Document()) if is_new else document
        assert document is not None
        if is_new:
            brought = {one.name for one in edit.attachments}
            for attachment, stub in body.get("_attachments", {}).items():
                if attachment not in brought and stub["digest"] not in document.digests():
                    raise MissingBytes
            place = self.next_place()
            document.nodes[rev] = Node(None, edit.deleted, body, place, author)
            document.place = place
        is_told_more = False
        for child, parent in itertools.pairwise(history):
            known = document.nodes[child].parent
            if known not in (None, parent):
                break
            is_told_more = is_told_more or known is None
            document.nodes[child].parent = parent
            document.nodes.setdefault(parent, Node(None))
        # What stands at the document's place in the journal is not let go before the document has another place.
        if is_new or (
            is_told_more and document.place in [document.nodes[x].place for x in document.leaves()]
        ):
            self._stem(document, area.revs_limit)
        area.held = [x for x in area.held if (x.id, x.rev, x.body) != (edit.id, rev, body)]
        return Outcome.STORED if is_new else Outcome.KNOWN

    def _hold(self, area: Area, edit: Edit, rev: str, body: Body, author: str | None) -> Outcome:
        assert edit.refusal is not None
        if edit.id in area.documents and rev in area.documents[edit.id].nodes:
            return Outcome.KNOWN
        if any((x.id, x.rev, x.body, x.author) == (edit.id, rev, body, author) for x in area.held):
            return Outcome.HELD
        if sum(x.author == author for each in self.areas.values() for x in each.held) >= HELD_LIMIT:
            return Outcome.HELD_FULL
        place = self.next_place()
        area.held.append(Held(place, edit.id, rev, author, edit.deleted, body, edit.refusal.code))
        return Outcome.HELD

    def _stem(self, document: Document, limit: int) -> None:
        kept = {rev for leaf in document.leaves() for rev in document.history(leaf)[:limit]}
        document.nodes = {rev: node for rev, node in document.nodes.items() if rev in kept}
        for node in document.nodes.values():
            if node.parent not in kept:
                node.parent = None

    def publish(self, name: str, doc_id: str, deleted: bool, body: Body) -> str:
        """The server's own write of one document; returns its revision."""
        content = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        document = self.areas[name].documents.get(doc_id)
        if document is not None:
            winner = document.nodes[document.winner]
            if (winner.deleted, winner.body) == (deleted, body):
                return document.winner
        parents: list[str | None] = [None]
        if document is not None:
            live = [rev for rev in document.leaves() if not document.nodes[rev].deleted]
            parents = [document.winner, *live[1:]] if deleted else [document.winner]
        written = []
        for parent in parents:
            past = [] if parent is None else [Revision.parse(parent)]
            revision = next_revision(past[0] if past else None, deleted, content)
            self.push(name, [Edit(doc_id, (revision, *past), deleted, content)], None)
            written.append(str(revision))
        return max(written, key=rank)

    def record(self, name: str, document: Body, author: str) -> str | None:
        """The fact's revision, or None when another document has its id."""
        revision, doc_id = fact_revision(document), document["_id"]
        known = self.areas[name].documents.get(doc_id)
        if known is not None and str(revision) not in known.nodes:
            return None
        body = {key: value for key, value in document.items() if key != "_id"}
        self.push(name, [Edit(doc_id, (revision,), False, json.dumps(body).encode())], author)
        return str(revision)

    def compact(self, name: str) -> None:
        for document in self.areas[name].documents.values():
            leaves = document.leaves()
            for rev, node in document.nodes.items():
                # What stands at the document's place in the journal stays, or the journal would lose the document.
                if rev not in leaves and node.place != document.place:
                    node.body = None

    def changes(self, name: str) -> list[tuple[str, bool, list[str], Body | None]]:
        """Each document once, at its latest place: id, deleted, leaves, the winner's body."""
        found = sorted(self.areas[name].documents.items(), key=lambda item: item[1].place)
        return [(doc_id, one.is_deleted, one.leaves(), one.nodes[one.winner].body) for doc_id, one in found]

    def journal(self) -> list[tuple[str, str, str, str | None, bool, Body | None, str | None]]:
        """Area, id, revision, author, deleted, body, code of the refusal: in the order of places."""
        entries: list[tuple[int, Any]] = []
        for name, area in self.areas.items():
            for doc_id, document in area.documents.items():
                winner = document.nodes[document.winner]
                told = (name, doc_id, document.winner, winner.author, winner.deleted, winner.body, None)
                entries.append((document.place, told))
            for held in area.held:
                aside = (name, held.id, held.rev, held.author, held.deleted, held.body, held.code)
                entries.append((held.place, aside))
        return [told for _, told in sorted(entries, key=lambda entry: entry[0])]

    def missing(self, name: str, doc_id: str, asked: list[str]) -> tuple[list[str], list[str]] | None:
        document = self.areas[name].documents.get(doc_id)
        if document is None:
            return asked, []
        missing = [rev for rev in asked if rev not in document.nodes]
        if not missing:
            return None
        highest = max(rank(rev)[0] for rev in missing)
        return missing, [rev for rev in document.leaves() if rank(rev)[0] < highest]
