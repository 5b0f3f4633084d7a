"""What is done to documents: pushed, published and recorded revisions stored, refused ones set aside.

For: CouchDatabase. Not for: requests (client.py), bodies (bodies.py), places (journal.py).
Source: CouchDB documentation, "Replication and conflict model"; promises D2, D5, F-60.

Everything is written with its revision (`new_edits=false`): CouchDB stores a revision once, whoever sends it how often. Edits
that depend on what is there (by hand, published, recorded) are judged under a lock of their database, which holds within
this process; two processes that publish the same document at once make a conflict that the next publication ends.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from sync.access import JsonObject
from sync.couchdb import held, lookups
from sync.couchdb.bodies import Note, outgoing
from sync.couchdb.client import CouchClient
from sync.couchdb.errors import CouchUnreachable
from sync.couchdb.journal import HeldPush, Journal
from sync.couchdb.stubs import with_bytes
from sync.database import Edit, Outcome, Pusher
from sync.documents import check_id, content_of, fact_revision, next_revision
from sync.errors import BadDocument, EditConflict, MissingStub
from sync.hub import Hub
from sync.revisions import Revision

T = TypeVar("T")
_TRIES = 5


class Editor:
    """Works on one database. `home` and `held_home` are its and the held ones' names at CouchDB."""

    def __init__(
        self,
        client: CouchClient,
        journal: Journal,
        hub: Hub,
        database: str,
        home: str,
        held_home: str,
        hold_lock: asyncio.Lock,
    ) -> None:
        self._client = client
        self._journal = journal
        self._hub = hub
        self._database = database
        self._home = home
        self._held_home = held_home
        self._hold_lock = hold_lock

    async def push(self, edits: Sequence[Edit], pusher: Pusher, note: Note) -> list[Outcome]:
        return await _again(lambda: self._push(edits, pusher, note))

    async def _push(self, edits: Sequence[Edit], pusher: Pusher, note: Note) -> list[Outcome]:
        missing = await self._missing(edits)
        leaves = await self._leaves({edit.id for edit in edits if edit.is_interactive})
        outcomes: dict[int, Outcome] = {}
        new: set[tuple[str, Revision]] = set()
        for place, edit in enumerate(edits):
            if edit.refusal is not None:
                continue
            key = (edit.id, edit.history[0])
            if edit.is_interactive and not _may_follow(leaves[edit.id], edit.history):
                outcomes[place] = Outcome.CONFLICT
            elif key in new or key not in missing:
                outcomes[place] = Outcome.KNOWN
            else:
                outcomes[place] = Outcome.STORED
                new.add(key)
                if edit.is_interactive:
                    leaves[edit.id] = (leaves[edit.id] - set(edit.history)) | {edit.history[0]}
        stored = [edits[place] for place, outcome in outcomes.items() if outcome is Outcome.STORED]
        # A known revision may still tell of an older past.
        told = [
            edits[place]
            for place, outcome in outcomes.items()
            if outcome is Outcome.KNOWN and len(edits[place].history) > 1
        ]
        await self._write([*stored, *told], note)
        self._place([*stored, *told])
        taken = [edits[place] for place, outcome in outcomes.items() if outcome is not Outcome.CONFLICT]
        await self._release(taken, note)
        await self._hold(edits, outcomes, missing - new, pusher, note)
        return [outcomes[place] for place in range(len(edits))]

    async def publish(self, documents: Sequence[JsonObject], note: Note) -> list[str]:
        bodies = [_published(document) for document in documents]
        revisions: dict[int, str] = {}
        left = list(enumerate(bodies))
        while left:  # an id that comes twice is published twice, in order
            now: list[tuple[int, tuple[str, bool, bytes]]] = []
            later: list[tuple[int, tuple[str, bool, bytes]]] = []
            ids: set[str] = set()
            for place, body in left:
                (later if body[0] in ids else now).append((place, body))
                ids.add(body[0])
            found = await _again(partial(self._publish, [body for _, body in now], note))
            revisions |= {place: rev for (place, _), rev in zip(now, found, strict=True)}
            left = later
        return [revisions[place] for place in range(len(bodies))]

    async def record(self, document: JsonObject, note: Note) -> str:
        doc_id, revision = check_id(document.get("_id")), fact_revision(document)
        edit = Edit(doc_id, (revision,), False, content_of(document))
        if not await _again(lambda: self._record(edit, note)):
            raise EditConflict(f"{doc_id} is another document already")
        await self._release([edit], note)
        return str(revision)

    async def _record(self, edit: Edit, note: Note) -> bool:
        """False when another document has this id."""
        doc_id, revision = edit.id, edit.history[0]
        row = (await lookups.by_keys(self._client, self._home, [doc_id]))[0]
        if row.rev is None:
            await self._write([edit], note)
            self._place([edit])
            return True
        return not await lookups.missing_revisions(self._client, self._home, {doc_id: [revision]})

    async def _publish(self, bodies: Sequence[tuple[str, bool, bytes]], note: Note) -> list[str]:
        rows = await lookups.by_keys(self._client, self._home, [doc_id for doc_id, _, _ in bodies], True)
        edits: list[Edit] = []
        revisions = []
        for row, (doc_id, deleted, content) in zip(rows, bodies, strict=True):
            if row.rev is None:
                first = next_revision(None, deleted, content)
                edits.append(Edit(doc_id, (first,), deleted, content))
                revisions.append(str(first))
                continue
            if row.deleted == deleted and await self._content(row) == content:
                revisions.append(row.rev)
                continue
            parents = [Revision.parse(row.rev)]
            if deleted and row.stored is not None:
                parents += row.stored.conflicts  # a deletion ends every live edit, or another would win
            new = [next_revision(parent, deleted, content) for parent in parents]
            edits += [
                Edit(doc_id, (revision, parent), deleted, content)
                for revision, parent in zip(new, parents, strict=True)
            ]
            revisions.append(str(max(new)))
        await self._write(edits, note)
        self._place(edits)
        return revisions

    async def _content(self, row: lookups.Row) -> bytes | None:
        if row.stored is not None:
            return row.stored.content
        asked = [(row.id, Revision.parse(row.rev))]
        found = (await lookups.get_revisions(self._client, self._home, asked))[0]
        return found[0].content if found else None

    async def _missing(self, edits: Sequence[Edit]) -> set[tuple[str, Revision]]:
        """Which of these revisions CouchDB does not have.

        Documents that the journal never saw are not asked about; nor are revisions under a leaf, which a compacted
        pouchdb-server calls missing.
        """
        past = self._journal.past(self._database, {edit.id for edit in edits})
        asked: dict[str, list[Revision]] = {}
        missing = set()
        for edit in edits:
            revision = edit.history[0]
            if edit.id not in past:
                missing.add((edit.id, revision))
            elif str(revision) not in past[edit.id] and revision not in asked.setdefault(edit.id, []):
                asked[edit.id].append(revision)
        found = await lookups.missing_revisions(self._client, self._home, asked)
        return missing | {
            (doc_id, Revision.parse(rev)) for doc_id, one in found.items() for rev in one.missing
        }

    async def _leaves(self, ids: Iterable[str]) -> dict[str, set[Revision]]:
        names = list(ids)
        found = await asyncio.gather(*(lookups.leaves(self._client, self._home, doc_id) for doc_id in names))
        return {
            doc_id: {leaf.revision for leaf in leaves} for doc_id, leaves in zip(names, found, strict=True)
        }

    async def _write(self, edits: Sequence[Edit], note: Note) -> None:
        """Returns when CouchDB holds them all, and no connection broke in between: what had been confirmed before may be gone."""
        if not edits:
            return
        try:
            await self._send(edits, note)
        except MissingStub:
            await self._send(await with_bytes(self._client, self._home, edits), note)

    async def _send(self, edits: Sequence[Edit], note: Note) -> None:
        documents = [
            outgoing(edit.id, edit.history, edit.deleted, edit.content, note, edit.attachments)
            for edit in edits
        ]
        for _ in range(_TRIES):
            cuts = self._client.cuts
            await self._client.bulk(self._home, documents)
            if self._client.cuts == cuts:
                return
        raise CouchUnreachable

    def _place(self, edits: Sequence[Edit]) -> None:
        named = [(edit.id, [str(revision) for revision in edit.history]) for edit in edits]
        if named and self._journal.note_edits(self._database, named):
            self._hub.publish([self._database])

    async def _release(self, edits: Sequence[Edit], note: Note) -> None:
        """What was refused once and is accepted now is no longer set aside."""
        aside = self._journal.held_of(self._database, {edit.id for edit in edits})
        if not aside:
            return
        accepted = {
            (edit.id, str(edit.history[0]), held.describe(self._database, edit, None).content_hash)
            for edit in edits
        }
        keys = [push.key for push in aside if (push.id, push.rev, push.content_hash) in accepted]
        if keys:
            await held.release(self._client, self._held_home, keys, note.received_at)
            self._journal.forget_held(keys)

    async def _hold(
        self,
        edits: Sequence[Edit],
        outcomes: dict[int, Outcome],
        missing: set[tuple[str, Revision]],
        pusher: Pusher,
        note: Note,
    ) -> None:
        """Set aside what was refused, once. Never dropped unless its author has too much there already."""
        refused = [(place, edit) for place, edit in enumerate(edits) if edit.refusal is not None]
        if not refused:
            return
        async with self._hold_lock:  # or two pushes at once would both find room for the last one
            count = self._journal.count_held(pusher.name)
            new: dict[str, tuple[HeldPush, Edit]] = {}
            for place, edit in refused:
                push = held.describe(self._database, edit, pusher.name)
                if (edit.id, edit.history[0]) not in missing:
                    outcomes[place] = Outcome.KNOWN  # accepted while it was his to write; the answer was lost
                elif push.key in new or self._journal.is_held(push.key):
                    outcomes[place] = Outcome.HELD
                elif count + len(new) >= pusher.held_limit:
                    outcomes[place] = Outcome.HELD_FULL
                else:
                    outcomes[place] = Outcome.HELD
                    new[push.key] = (push, edit)
            if new:
                pushes = list(new.values())
                await held.write(self._client, self._held_home, pushes, note.device, note.received_at)
                self._journal.note_held([push for push, _ in pushes])
                self._hub.publish([self._database])


async def _again(work: Callable[[], Awaitable[T]]) -> T:
    """Judge anew what is there when CouchDB says that it changed meanwhile. Raises CouchUnreachable when it says so for ever."""
    for _ in range(_TRIES):
        with contextlib.suppress(EditConflict):
            return await work()
    raise CouchUnreachable


def _may_follow(leaves: set[Revision], history: Sequence[Revision]) -> bool:
    """An interactive edit needs its parent to be a leaf; a new document must not be here."""
    return not leaves if len(history) == 1 else history[1] in leaves


def _published(document: JsonObject) -> tuple[str, bool, bytes]:
    doc_id = check_id(document.get("_id"))
    deleted = document.get("_deleted", False)
    if not isinstance(deleted, bool) or not document.keys().isdisjoint(
        ("_rev", "_revisions", "_attachments")
    ):
        raise BadDocument(
            f"{doc_id}: a published document has _id, perhaps _deleted, and no other special member"
        )
    return doc_id, deleted, content_of(document)
