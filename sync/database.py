"""The contract of a document store: what every store behind the replication endpoint does, and in which order.

For: `sync.http` and the application; `sync.sqlite` implements it, one suite (tests/sync/store_contract.py) runs on every store.
Not for: HTTP, rights, or the meaning of documents.
Source: docs/architecture.md section 1; CouchDB documentation, "Replication protocol".

Sequences of a database are opaque text ending in the store's epoch. A sequence that the store did not give out in
this epoch (foreign, older, future) counts as the beginning: a reader then meets things again, and misses nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from types import TracebackType
from typing import NamedTuple, Protocol

from sync.access import JsonObject, Refusal
from sync.attachments import NewAttachment
from sync.figures import StoreFigures
from sync.revisions import Revision, RevisionTree

BEGINNING = "0"
NOW = "now"


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A document at its latest place in the store's one order, or a push that was set aside."""

    seq: int
    database: str
    id: str
    rev: str
    author: str | None  # None: written by the server itself (publish)
    device: str | None
    received_at: datetime
    deleted: bool
    body: JsonObject  # with _id and _rev
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a pushed revision. `document` is None when only its place in the history is left."""

    document: JsonObject | None  # with _id and _rev
    refusal: Refusal | None  # None: accepted


class Edit(NamedTuple):
    """One revision to be stored, with its past, newest first.

    An interactive edit (`new_edits=true`) conflicts unless its parent is a leaf; a replicated one always finds a place.
    A refused edit is set aside beside the tree. `content` begins with the stubs of its attachments, if it has any
    (sync.attachments); the bytes of those that are new here stand in `attachments`, others are carried over by digest.
    """

    id: str
    history: tuple[Revision, ...]
    deleted: bool
    content: bytes
    is_interactive: bool = False
    refusal: Refusal | None = None
    attachments: tuple[NewAttachment, ...] = ()


class Outcome(Enum):
    STORED = "stored"
    KNOWN = "known"  # it was here already: nothing changed
    CONFLICT = "conflict"  # interactive edits only: nothing was stored
    HELD = "held"  # refused, and set aside (again or now)
    HELD_FULL = "held_full"  # refused, and its author has too much set aside already: nothing was stored
    CROWDED = "crowded"  # the document has too many conflicting edits already: nothing was stored


@dataclass(frozen=True, slots=True)
class Pusher:
    """Who a push is from."""

    name: str | None
    device: str | None
    held_limit: int = 2000  # documents of one author set aside at a time
    leaf_limit: int | None = None  # a document with so many leaves takes no new edit from him


class Missing(NamedTuple):
    """Source: CouchDB, `_revs_diff`."""

    missing: list[str]
    possible_ancestors: list[str]


class Change(NamedTuple):
    seq: str
    id: str
    deleted: bool
    revs: list[str]  # the winner first; only it, unless all leaves were asked for
    content: bytes | None  # the winner's body, when asked for


class ChangesPage(NamedTuple):
    changes: list[Change]
    last_seq: str  # where the next page starts
    pending: int | None = None  # documents after it; None: ask `Database.pending`


class Listed(NamedTuple):
    """A row of `_all_docs`; `rev` is None for a key that is not there."""

    id: str
    rev: str | None
    deleted: bool
    content: bytes | None


class Wanted(NamedTuple):
    """`revisions` None asks for every leaf, () for the winner. `latest`: the leaves that descend from them instead."""

    id: str
    revisions: tuple[Revision, ...] | None = ()
    latest: bool = False


class Found(NamedTuple):
    """A revision; `content` is None when the revision, or its body, is not here."""

    revision: Revision
    content: bytes | None
    deleted: bool
    history: list[Revision]


class Known(NamedTuple):
    """All that is known of a document's edits."""

    seq: str
    tree: RevisionTree


@dataclass(frozen=True, slots=True)
class DatabaseInfo:
    name: str
    documents: int
    deleted_documents: int
    update_seq: str
    content_bytes: int
    file_bytes: int
    revs_limit: int
    is_compacting: bool = False


class Database(ABC):
    """Every write is durable when its call returns; a list of documents is one transaction.

    Any method raises NoSuchDatabase when the database was deleted meanwhile; writes raise StorageFull or StoreBroken,
    and then nothing of the call was stored.
    """

    name: str

    # What the application itself reads and writes.

    @abstractmethod
    async def read(self, doc_id: str) -> JsonObject | None:
        """The winning live revision, with _id and _rev."""

    @abstractmethod
    async def find_revision(self, doc_id: str, rev: str) -> JsonObject | None:
        """That very accepted revision, a deleted one with `_deleted`."""

    @abstractmethod
    async def kept(self, items: Sequence[tuple[str, str]]) -> list[Kept | None]:
        """For each (id, rev): what became of it, accepted or set aside; None: it is not here."""

    @abstractmethod
    async def publish(self, documents: Sequence[JsonObject]) -> list[str]:
        """The server's own write: each body (with _id, perhaps `_deleted`) becomes the winning revision.

        Unchanged bodies keep their revision and their place. Returns each document's revision.
        """

    @abstractmethod
    async def record(self, document: JsonObject, author: str, device: str | None) -> str:
        """Write a fact for an online user; its revision follows from its receipt hash. Safe to repeat.

        Raises EditConflict when another document has this id.
        """

    # The protocol's reads.

    @abstractmethod
    async def info(self) -> DatabaseInfo: ...

    @abstractmethod
    async def current_sequence(self) -> str: ...

    @abstractmethod
    async def changes(
        self,
        since: str,
        limit: int,
        *,
        all_leaves: bool = False,
        with_content: bool = False,
        descending: bool = False,
        doc_ids: Sequence[str] | None = None,
    ) -> ChangesPage:
        """Each document once, at its latest sequence, in order. Descending: from `since` down (NOW: from the end).

        All as it was at one moment: a page that is not full ends at the end of that moment.
        """

    @abstractmethod
    async def pending(self, since: str) -> int:
        """How many documents have a place after `since`."""

    @abstractmethod
    async def missing_revisions(self, asked: Mapping[str, Sequence[Revision]]) -> dict[str, Missing]:
        """The asked revisions that are not here; documents of which all are here are left out."""

    @abstractmethod
    async def look_up(self, wanted: Sequence[Wanted]) -> list[list[Found]]:
        """One list for each; empty when no such document was ever here."""

    async def only_leaves(
        self, asked: Sequence[tuple[str, str | None]], with_revisions: bool
    ) -> list[bytes | None]:
        """The document as JSON bytes wherever the asked revision is its only leaf and has a body; None: look_up tells.

        A store that has them ready answers for the first of what is asked, at least one, as many as go into one piece.
        """
        return [None] * len(asked)

    @abstractmethod
    async def attachments(self, doc_id: str, revision: Revision, names: Sequence[str]) -> dict[str, bytes]:
        """The bytes of these attachments of that very revision; what is not here, or damaged, is left out."""

    @abstractmethod
    async def known(self, doc_id: str) -> Known | None: ...

    @abstractmethod
    async def list_documents(
        self,
        limit: int,
        *,
        start: str | None = None,
        end: str | None = None,
        skip: int = 0,
        descending: bool = False,
        inclusive_start: bool = True,
        inclusive_end: bool = True,
        with_content: bool = False,
    ) -> list[Listed]:
        """Live documents in the order of their ids' UTF-8 bytes."""

    @abstractmethod
    async def list_keys(self, keys: Sequence[str], *, with_content: bool = False) -> list[Listed]:
        """One row for each key, in its order, deleted and absent ones included."""

    @abstractmethod
    async def count_before(self, start: str, descending: bool) -> int:
        """Live documents that a list from `start` leaves out before it."""

    # The protocol's writes.

    @abstractmethod
    async def push(
        self, edits: Sequence[Edit], pusher: Pusher, meanwhile: Callable[[list[Outcome]], None] | None = None
    ) -> list[Outcome]:
        """Store edits, in order. A list with one impossible edit still stores the others.

        `meanwhile` may be called once before this returns, in the caller's loop, with what the outcomes will be if all is kept:
        for work that can be done while the disk flushes. Until this has returned nothing may be acknowledged.
        Raises MissingStub, and stores nothing, when an edit names an attachment that no edit of the document brought.
        """

    @abstractmethod
    async def read_local(self, owner: str, local_id: str) -> tuple[str, bytes] | None:
        """A checkpoint: revision and body. Each owner has his own; never replicated."""

    @abstractmethod
    async def write_local(self, owner: str, local_id: str, content: bytes | None) -> str:
        """Write a checkpoint (None: delete it), return its revision. Alone not durable: lost, it costs a repetition."""

    @abstractmethod
    async def set_revs_limit(self, limit: int) -> None: ...

    @abstractmethod
    async def compact(self) -> None:
        """Drop the bodies of revisions that are no leaves, and give the space back."""

    # Waiting.

    @abstractmethod
    def listen(self) -> Waiter:
        """Used as `with database.listen() as waiter:` before asking for changes, so that none falls between."""


class Waiter(Protocol):
    """An entry in a queue, not a thread."""

    @property
    def is_over(self) -> bool:
        """Feeds are to end."""
        ...

    def __enter__(self) -> Waiter: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def wait(self, timeout_seconds: float) -> bool:
        """True when there may be something new, or rights or the store changed; False after the time."""
        ...


class Store(ABC):
    epoch: str  # identity of this store's past: rotates on restore, ends every sequence

    @property
    def is_broken(self) -> bool:
        """Nothing will be written any more until the store is opened anew, in another process."""
        return False

    @abstractmethod
    async def create(self, database: str) -> None:
        """Raises DatabaseExists, BadDatabaseName."""

    @abstractmethod
    async def delete(self, database: str) -> None:
        """Raises NoSuchDatabase."""

    @abstractmethod
    async def databases(self) -> list[str]: ...

    @abstractmethod
    def database(self, name: str) -> Database:
        """Raises NoSuchDatabase."""

    @abstractmethod
    async def journal(self, since: int, limit: int) -> list[JournalEntry]:
        """All databases in commit order: each document at its latest place, and every push that was set aside."""

    @abstractmethod
    async def journal_end(self) -> int:
        """The latest place in the journal."""

    async def probe(self) -> None:
        """Return when documents can be served and taken at this moment. Raises SyncError, whose reason says why not.

        A store whose disk was full looks for room again, so that asking also mends.
        """
        await self.journal_end()

    @abstractmethod
    async def wait_for_journal(self, since: int, timeout_seconds: float) -> bool:
        """True as soon as there is something after `since`."""

    @abstractmethod
    def recheck_access(self) -> None:
        """Wake every open feed so that rights are judged again at once. From any thread."""

    @abstractmethod
    async def rotate_epoch(self) -> str:
        """Become another store in the eyes of every replica, as after a restore; checkpoints go."""

    async def tidy(self) -> None:  # noqa: B027 - nothing is a good answer
        """Upkeep that is due: old bodies go, space is given back. To be called now and then; safe to repeat.

        Does nothing where another server keeps the documents and sees to it itself.
        """

    async def figures(self) -> StoreFigures | None:
        """What this store did since it was opened, and how much room there is; None where another server has them."""
        return None

    @property
    def is_full(self) -> bool:
        """The disk was full when it was last looked at; `probe` looks again."""
        return False

    def note_full(self) -> None:  # noqa: B027 - nothing is a good answer
        """Somebody else found no room on the disk of the installation. From any thread; a store elsewhere does not mind."""

    def note_failed_flush(self) -> None:  # noqa: B027 - nothing is a good answer
        """Somebody else's flush failed on the disk of the installation: this store takes nothing more either."""

    @abstractmethod
    def end_feeds(self) -> None:
        """Let every open feed end, now and from now on: when shutdown begins."""

    @abstractmethod
    async def close(self) -> None: ...
