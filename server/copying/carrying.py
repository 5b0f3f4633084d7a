"""Bringing every document of one store into another, as if the other had received them.

For: `carry`: all databases, every leaf with its history, deletions, attachments, what is set aside; in the journal's order, each
with its author, device and time.
Not for: bodies of revisions that were edited further (a compaction drops them too), checkpoints (they end with the epoch).
Source: sync/database.py, whose contract is all that is used; CouchDB documentation, "Replication protocol".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby

from sync.attachments import NewAttachment, stubs_of, with_attachments
from sync.database import BEGINNING, Database, Edit, Found, JournalEntry, Outcome, Pusher, Store, Wanted
from sync.documents import content_of
from sync.errors import BadRequest, StoreUnfit
from sync.revisions import Revision

PAGE = 500
_EVERYTHING = 2**31  # what was set aside by one author is not to be judged again
Progress = Callable[[int], None]  # how many journal entries more


class TimeOfReceipt:
    """The clock that the target is opened with: it shows when what is being written was received at first."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at


@dataclass(frozen=True, slots=True)
class Carried:
    databases: int
    documents: int  # deleted ones included
    revisions: int  # leaves
    attachments: int
    held: int


async def carry(source: Store, target: Store, clock: TimeOfReceipt, progress: Progress) -> Carried:
    """Write everything of `source` into the empty `target`, whose clock `clock` is.

    Raises SyncError, and StoreUnfit when the source holds something damaged. Whatever is raised, the target is of no use then.
    """
    names = await source.databases()
    branches: dict[tuple[str, str], list[str]] = {}
    for name in names:
        if name not in await target.databases():
            await target.create(name)
        branches |= {
            (name, doc_id): revs async for doc_id, revs in leaves_of(source.database(name)) if len(revs) > 1
        }
    done = Carried(len(names), 0, 0, 0, 0)
    since, end = 0, await source.journal_end()
    while since < end and (entries := await source.journal(since, PAGE)):
        edits = await _edits(source, entries, branches)
        for (database, author, device, at), group in groupby(
            zip(entries, edits, strict=True),
            key=lambda pair: (pair[0].database, pair[0].author, pair[0].device, pair[0].received_at),
        ):
            clock.at = at
            together = [edit for _, of_one in group for edit in of_one]
            outcomes = await target.database(database).push(together, Pusher(author, device, _EVERYTHING))
            _check(database, together, outcomes)
            done = _count(done, together)
        since = entries[-1].seq
        progress(len(entries))
    return replace(done, documents=done.revisions - sum(len(revs) - 1 for revs in branches.values()))


async def carry_limits(source: Store, target: Store) -> list[str]:
    """Give every database the length of histories that was set for it; returns those whose store cannot."""
    refused = []
    for name in await source.databases():
        limit = (await source.database(name).info()).revs_limit
        if limit != (await target.database(name).info()).revs_limit:
            try:
                await target.database(name).set_revs_limit(limit)
            except BadRequest:  # pouchdb-server
                refused.append(name)
    return refused


async def leaves_of(database: Database) -> AsyncIterator[tuple[str, list[str]]]:
    """Every document with its leaves."""
    since = BEGINNING
    while True:
        page = await database.changes(since, PAGE, all_leaves=True)
        for change in page.changes:
            yield change.id, change.revs
        if len(page.changes) < PAGE:
            return
        since = page.last_seq


async def revisions_of(database: Database, asked: Sequence[tuple[str, Sequence[str]]]) -> list[list[Found]]:
    """These leaves with bodies and histories, in their order. Raises StoreUnfit when one cannot be read whole."""
    wanted = [Wanted(doc_id, tuple(Revision.parse(rev) for rev in revs)) for doc_id, revs in asked]
    answer = await database.look_up(wanted)
    for (doc_id, revs), found in zip(asked, answer, strict=True):
        if [str(one.revision) for one in found] != list(revs) or any(one.content is None for one in found):
            raise StoreUnfit(
                f"{database.name} 中的文档 {doc_id} 已损坏或无法读取, 没有复制. "
                f"The document {doc_id} in {database.name} is damaged or cannot be read: nothing was copied."
            )
    return answer


async def bytes_of(database: Database, doc_id: str, found: Found) -> dict[str, bytes]:
    """The attachments of a leaf. Raises StoreUnfit when one is missing or damaged."""
    assert found.content is not None
    names = list(stubs_of(found.content))
    contents = await database.attachments(doc_id, found.revision, names) if names else {}
    if contents.keys() != set(names):
        raise StoreUnfit(
            f"{database.name} 中的文档 {doc_id} 缺少附件, 没有复制. "
            f"Attachments of the document {doc_id} in {database.name} are missing: nothing was copied."
        )
    return contents


async def _edits(
    source: Store, entries: Sequence[JournalEntry], branches: dict[tuple[str, str], list[str]]
) -> list[list[Edit]]:
    """What to write for each entry: its document's leaves, the winner last, or the push that was set aside."""
    by_database: dict[str, list[tuple[str, list[str]]]] = {}
    for entry in entries:
        if entry.refusal is None:
            losing = [rev for rev in branches.get((entry.database, entry.id), ()) if rev != entry.rev]
            by_database.setdefault(entry.database, []).append((entry.id, [*losing, entry.rev]))
    found: dict[tuple[str, str], list[Edit]] = {}
    for name, asked in by_database.items():
        database = source.database(name)
        for (doc_id, _), leaves in zip(asked, await revisions_of(database, asked), strict=True):
            found[name, doc_id] = [await _edit(database, doc_id, leaf) for leaf in leaves]
    return [
        [_set_aside(entry)] if entry.refusal is not None else found[entry.database, entry.id]
        for entry in entries
    ]


async def _edit(database: Database, doc_id: str, leaf: Found) -> Edit:
    contents = await bytes_of(database, doc_id, leaf)
    new = tuple(NewAttachment(name, content) for name, content in contents.items())
    assert leaf.content is not None
    return Edit(doc_id, tuple(leaf.history), leaf.deleted, leaf.content, attachments=new)


def _set_aside(entry: JournalEntry) -> Edit:
    content = with_attachments(content_of(entry.body), entry.body.get("_attachments", {}))
    return Edit(entry.id, (Revision.parse(entry.rev),), entry.deleted, content, refusal=entry.refusal)


def _check(database: str, edits: Iterable[Edit], outcomes: Iterable[Outcome]) -> None:
    for edit, outcome in zip(edits, outcomes, strict=True):
        if outcome is not (Outcome.STORED if edit.refusal is None else Outcome.HELD):
            raise StoreUnfit(
                f"目标拒绝了 {database} 中的 {edit.id} ({outcome.value}): 复制中止. "
                f"The target did not take {edit.id} in {database} ({outcome.value}): the copy was stopped."
            )


def _count(done: Carried, edits: Sequence[Edit]) -> Carried:
    held = sum(edit.refusal is not None for edit in edits)
    attachments = sum(len(edit.attachments) for edit in edits)
    return replace(
        done,
        revisions=done.revisions + len(edits) - held,
        attachments=done.attachments + attachments,
        held=done.held + held,
    )
