"""The changes feed: normal, longpoll, continuous, eventsource.

For: telling a replica what is new since it last asked, and waking it when there is more.
Not for: finding changes (sync.database).
Source: CouchDB documentation, "/{db}/_changes"; promises D12, S-04, F-25, F-26, G12.

Rights are judged again before each piece is written; when they are gone, the feed ends at what was sent before. What the
database reported as the end when a page was read bounds it, so a feed of a busy database ends, and skips nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

import orjson
from starlette.responses import Response

from sync.access import Action
from sync.database import BEGINNING, NOW, Change, ChangesPage, Database
from sync.documents import parse_revision, splice
from sync.errors import BadQuery, BadRequest, NoSuchDatabase, SyncError
from sync.http.answers import StreamedAnswer, raw_answer
from sync.http.call import Call
from sync.http.documents import conflict_members
from sync.http.rendering import Attached, inline

FEEDS = ("normal", "longpoll", "continuous", "eventsource")
UNLIMITED = 2**53
MINIMUM_HEARTBEAT_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class _Options:
    feed: str
    since: str
    limit: int
    all_leaves: bool
    include_docs: bool
    conflicts: bool
    attached: Attached | None
    descending: bool
    doc_ids: Sequence[str] | None
    heartbeat_seconds: float | None
    timeout_seconds: float


async def changes(call: Call) -> Response:
    database = call.database
    options = await _options(call, database)
    feed = _Feed(call, database, options)
    first = await feed.read(options.since, options.limit)
    if not call.may(Action.READ):  # taken away while it was read
        raise NoSuchDatabase
    is_complete = (
        len(first.changes) < min(feed.page_rows, options.limit) or len(first.changes) == options.limit
    )
    if options.feed == "normal" or (options.feed == "longpoll" and first.changes):
        if is_complete:
            return await feed.whole(first)
        return StreamedAnswer(feed.stream(first))
    if options.feed == "longpoll":
        return StreamedAnswer(feed.wait_for_one(first))
    media_type = "text/event-stream" if options.feed == "eventsource" else "application/json"
    return StreamedAnswer(feed.follow(first), media_type)


class _Feed:
    def __init__(self, call: Call, database: Database, options: _Options) -> None:
        self._call = call
        self._database = database
        self._options = options
        self._last_seq = BEGINNING  # until something was sent; what was asked for may be no sequence of ours
        self._pending: int | None = None
        self.page_rows = call.limits.rows_at_once(options.include_docs, options.attached is not None)
        self._ends_at = asyncio.get_running_loop().time() + call.limits.feed_seconds

    async def read(self, since: str, limit: int) -> ChangesPage:
        options = self._options
        return await self._database.changes(
            since,
            min(limit, self.page_rows),
            all_leaves=options.all_leaves,
            with_content=options.include_docs,
            descending=options.descending,
            doc_ids=options.doc_ids,
        )

    async def whole(self, page: ChangesPage) -> Response:
        """All in one piece."""
        rows = await self._rows(page)
        if not self._may_go_on():  # what is told besides the rows took its time
            raise NoSuchDatabase
        self._note(page)
        return raw_answer(b'{"results":[\n' + b",\n".join(rows) + b"\n],\n" + await self._ending() + b"}")

    async def stream(self, page: ChangesPage) -> AsyncGenerator[bytes, None]:
        yield b'{"results":[\n'
        left = self._options.limit
        separator = b""
        try:
            while page.changes:
                rows = await self._rows(page)
                if not self._may_go_on():
                    break
                yield separator + b",\n".join(rows)
                separator = b",\n"
                self._note(page)
                left -= len(page.changes)
                if left <= 0 or len(page.changes) < self.page_rows:
                    break
                page = await self.read(page.last_seq, left)
        except SyncError:
            pass  # the database or the store went away: what was sent stands, and the replica asks again
        yield b"\n],\n" + await self._ending() + b"}\n"

    async def wait_for_one(self, page: ChangesPage) -> AsyncGenerator[bytes, None]:
        """Nothing new yet: say so now and then, and end with the first thing that comes."""
        self._note(page)  # what was asked may be no sequence of ours: it is never given back
        yield b'{"results":[\n'
        rows = b""
        async for found, piece in self._wait(page.last_seq, b"\n"):
            if found is None:
                yield piece
                continue
            told = b",\n".join(await self._rows(found))
            if not self._may_go_on():
                break
            rows = told
            self._note(found)
            if found.pending is None:  # asking takes a while, and who may read this now may not read it then
                yield rows
                rows = b""
            break
        yield rows + b"\n],\n" + await self._ending() + b"}\n"

    async def follow(self, page: ChangesPage) -> AsyncGenerator[bytes, None]:
        is_event = self._options.feed == "eventsource"
        left = self._options.limit
        lines = await self._lines(page)
        may_go_on = self._may_go_on()
        if may_go_on:
            if lines:
                yield lines
            left -= len(page.changes)
            self._note(page)
        if may_go_on and left > 0:
            beat = b"event: heartbeat\ndata: \n\n" if is_event else b"\n"
            async for found, piece in self._wait(page.last_seq, beat):
                if found is None:
                    yield piece
                    continue
                kept = found.changes[:left]
                lines = await self._lines(ChangesPage(kept, found.last_seq))
                if not self._may_go_on():
                    break
                yield lines
                self._last_seq, self._pending = kept[-1].seq, None
                left -= len(kept)
                if left <= 0:
                    break
        if not is_event:
            yield b"{" + await self._ending() + b"}\n"

    async def _wait(self, since: str, beat: bytes) -> AsyncGenerator[tuple[ChangesPage | None, bytes], None]:
        """Yields pages as changes come, and heartbeats; ends when time is over, rights are gone or the server closes."""
        options, loop = self._options, asyncio.get_running_loop()
        quiet_until = loop.time() + options.timeout_seconds
        with self._database.listen() as waiter:
            while not waiter.is_over and self._may_go_on():
                try:
                    page = await self.read(since, options.limit)
                except SyncError:
                    return
                if page.changes:
                    if not self._may_go_on():
                        return
                    yield page, b""
                    quiet_until = loop.time() + options.timeout_seconds
                since = page.last_seq
                if len(page.changes) >= self.page_rows:
                    continue
                pause = options.heartbeat_seconds or quiet_until - loop.time()
                if await waiter.wait(max(0.0, min(pause, self._ends_at - loop.time()))):
                    continue
                if options.heartbeat_seconds is None or loop.time() >= self._ends_at:
                    return
                yield None, beat

    def _may_go_on(self) -> bool:
        return self._call.may(Action.READ)

    def _note(self, page: ChangesPage) -> None:
        self._last_seq = page.changes[-1].seq if self._options.descending and page.changes else page.last_seq
        self._pending = page.pending

    async def _ending(self) -> bytes:
        """`"last_seq":…,"pending":…`: what lies behind is only counted for who may still see it."""
        pending = 0
        if not self._options.descending and self._may_go_on():
            try:
                told = self._pending
                pending = await self._database.pending(self._last_seq) if told is None else told
            except SyncError:
                pending = 0
        last = self._last_seq
        if last in (BEGINNING, NOW):
            last = f"0-{self._call.store.epoch}"
        return b'"last_seq":%b,"pending":%d' % (orjson.dumps(last), pending)

    async def _rows(self, page: ChangesPage) -> list[bytes]:
        if not self._options.include_docs:
            return [self._row(change, b"") for change in page.changes]
        return [self._row(change, await self._document(change)) for change in page.changes]

    async def _lines(self, page: ChangesPage) -> bytes:
        rows = await self._rows(page)
        if self._options.feed == "continuous":
            return b"".join([row + b"\n" for row in rows])
        pairs = zip(rows, page.changes, strict=True)
        return b"".join([b"data: %b\nid: %b\n\n" % (row, change.seq.encode()) for row, change in pairs])

    def _row(self, change: Change, document: bytes) -> bytes:
        seq, doc_id, is_deleted, revs, _ = change
        listed = '"},{"rev":"'.join(revs) if self._options.all_leaves else revs[0]
        return b'{"seq":"%b","id":%b,"changes":[{"rev":"%b"}]%b%b}' % (
            seq.encode(),
            orjson.dumps(doc_id),
            listed.encode(),
            b',"deleted":true' if is_deleted else b"",
            document,
        )

    async def _document(self, change: Change) -> bytes:
        if change.content is None:
            return b',"doc":null'
        members = b""
        if self._options.conflicts:
            known = await self._database.known(change.id)
            members = b"" if known is None else conflict_members(known.tree, deleted=False)
        content, attached = change.content, self._options.attached
        if attached is not None:
            revision = parse_revision(change.revs[0])
            content = await inline(self._database, change.id, revision, content, attached)
        return b',"doc":' + splice(change.id, change.revs[0], content, change.deleted, members)


async def _options(call: Call, database: Database) -> _Options:
    feed = call.query.get("feed", "normal")
    feed = "continuous" if feed == "live" else feed  # as CouchDB: another word for it
    if feed not in FEEDS:
        raise BadQuery(f"Invalid value for feed: {feed[:50]!r}. It must be one of {', '.join(FEEDS)}")
    style = call.query.get("style", "main_only")
    if style not in ("main_only", "all_docs"):
        raise BadQuery(f"Invalid value for style: {style[:50]!r}. It must be main_only or all_docs")
    descending = call.query.get("dir") == "rev" or call.flag("descending")
    limit = call.number("limit", UNLIMITED)
    heartbeat, timeout = _times(call)
    return _Options(
        feed=feed,
        since=await _since(call, database, descending),
        limit=max(1, limit or 0),  # as CouchDB: 0 is 1
        all_leaves=style == "all_docs",
        include_docs=call.flag("include_docs"),
        conflicts=call.flag("conflicts"),
        attached=Attached() if call.flag("attachments") else None,
        descending=descending,
        doc_ids=await _doc_ids(call),
        heartbeat_seconds=heartbeat,
        timeout_seconds=timeout,
    )


async def _since(call: Call, database: Database, descending: bool) -> str:
    since = call.query.get("since", call.query.get("last-event-id"))
    if call.query.get("feed") == "eventsource":  # a browser that reconnects asks the old address again
        since = call.request.headers.get("last-event-id", since)
    if descending:
        return NOW  # as CouchDB: from the end down, whatever `since` says
    if since is None or since == "":
        return BEGINNING
    since = since.strip('"')  # CouchDB's replicator sends it as JSON
    return await database.current_sequence() if since == NOW else since


def _times(call: Call) -> tuple[float | None, float]:
    """Heartbeats keep a feed open; without them silence ends it. Both are milliseconds on the wire."""
    most = call.limits.feed_timeout_seconds
    timeout = call.number("timeout")
    seconds = most if timeout is None else min(timeout / 1000, most)
    beat = call.query.get("heartbeat")
    if beat is None or beat == "false":
        return None, seconds
    if beat == "true":
        return most, seconds
    milliseconds = call.number("heartbeat")
    if not milliseconds:
        raise BadQuery("Invalid value for heartbeat. It must be true or a positive number of milliseconds")
    return min(max(milliseconds / 1000, MINIMUM_HEARTBEAT_SECONDS), most), seconds


async def _doc_ids(call: Call) -> list[str] | None:
    """Ids to look at, for `filter=_doc_ids`; nothing else is offered as a filter."""
    ids = call.json("doc_ids")
    if call.request.method == "POST":
        ids = (await call.json_object(default={})).get("doc_ids", ids)
    kind = call.query.get("filter")
    if kind is None:
        return None
    if kind != "_doc_ids":
        raise BadRequest("Only the filter _doc_ids is offered")
    if not isinstance(ids, list) or not all(isinstance(doc_id, str) for doc_id in ids):
        raise BadRequest("`doc_ids` must be a list of ids")
    call.check_rows(len(ids))
    return ids
