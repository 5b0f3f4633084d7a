"""`_all_docs`: the documents of a database in the order of their ids, or the ones asked for.

Source: CouchDB documentation, "/{db}/_all_docs"; promises S-26 (long lists are read and sent page by page).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.responses import Response

from sync.access import Action
from sync.database import Database, Listed
from sync.documents import parse_revision, splice
from sync.errors import BadQuery, BadRequest, NoSuchDatabase, SyncError
from sync.http.answers import StreamedAnswer, raw_answer
from sync.http.call import Call
from sync.http.documents import conflict_members
from sync.http.rendering import Attached, inline

UNLIMITED = 2**53


@dataclass(frozen=True, slots=True)
class _Range:
    start: str | None
    end: str | None
    inclusive_end: bool
    descending: bool
    skip: int
    limit: int


async def all_docs(call: Call) -> Response:
    database = call.database
    keys = await _keys(call)
    info = await database.info()
    more = b',"update_seq":%b' % orjson.dumps(info.update_seq) if call.flag("update_seq") else b""
    listing = _Listing(call, database)
    if keys is not None:
        return await listing.of_keys(keys, info.documents, more)
    wanted = _range(call)
    offset = wanted.skip
    if wanted.start is not None:
        offset += await database.count_before(wanted.start, wanted.descending)
    head = b'{"total_rows":%d,"offset":%d,"rows":[\n' % (info.documents, min(offset, info.documents))
    first = await listing.page(wanted, None, min(wanted.limit, listing.page_rows))
    if len(first) < listing.page_rows or len(first) == wanted.limit:
        rows = await listing.rows(first)
        _check_right(call)
        return raw_answer(head + b",\n".join(rows) + b"\n]" + more + b"}")
    return StreamedAnswer(listing.stream(wanted, first, head, b"\n]" + more + b"}\n"))


class _Listing:
    def __init__(self, call: Call, database: Database) -> None:
        self._call = call
        self._database = database
        self._include_docs = call.flag("include_docs")
        self._conflicts = call.flag("conflicts")
        self._attached = Attached() if call.flag("attachments") else None
        self.page_rows = call.limits.rows_at_once(self._include_docs, self._attached is not None)

    async def of_keys(self, keys: Sequence[Any], documents: int, more: bytes) -> Response:
        self._call.check_rows(len(keys))
        descending = self._call.flag("descending")
        asked = list(reversed(keys)) if descending else list(keys)
        skip, limit = self._call.number("skip", 0) or 0, self._call.number("limit", UNLIMITED)
        asked = asked[skip:][:limit]
        head = b'{"total_rows":%d,"offset":null,"rows":[\n' % documents
        tail = b"\n]" + more + b"}"
        if len(asked) > self.page_rows:
            return StreamedAnswer(self._stream_keys(asked, head, tail + b"\n"))
        rows = await self._rows_of_keys(asked)
        _check_right(self._call)
        return raw_answer(head + b",\n".join(rows) + tail)

    async def _stream_keys(
        self, asked: Sequence[Any], head: bytes, tail: bytes
    ) -> AsyncGenerator[bytes, None]:
        """Cut short as `stream` is."""
        yield head
        for start in range(0, len(asked), self.page_rows):
            try:
                rows = await self._rows_of_keys(asked[start : start + self.page_rows])
            except SyncError:
                return
            if not self._call.may(Action.READ):
                return
            yield (b",\n" if start else b"") + b",\n".join(rows)
        yield tail

    async def _rows_of_keys(self, asked: Sequence[Any]) -> list[bytes]:
        """A key that is no text names no document; its row says so like that of any other absent one."""
        listed = await self._database.list_keys(
            [key if isinstance(key, str) else "" for key in asked], with_content=self._include_docs
        )
        return [
            b'{"key":%b,"error":"not_found"}' % orjson.dumps(key) if one.rev is None else await self._row(one)
            for key, one in zip(asked, listed, strict=True)
        ]

    async def page(self, wanted: _Range, after: str | None, limit: int) -> list[Listed]:
        return await self._database.list_documents(
            limit,
            start=wanted.start if after is None else after,
            end=wanted.end,
            skip=wanted.skip if after is None else 0,
            descending=wanted.descending,
            inclusive_start=after is None,
            inclusive_end=wanted.inclusive_end,
            with_content=self._include_docs,
        )

    async def stream(
        self, wanted: _Range, page: list[Listed], head: bytes, tail: bytes
    ) -> AsyncGenerator[bytes, None]:
        """Cut short when the right or the database goes, so that it is no answer: what is not listed would seem not there."""
        yield head
        left, separator, size = wanted.limit, b"", self.page_rows
        while page:
            rows = await self.rows(page)
            if not self._call.may(Action.READ):
                return
            yield separator + b",\n".join(rows)
            separator = b",\n"
            left -= len(page)
            if left <= 0 or len(page) < size:
                break
            try:
                page = await self.page(wanted, page[-1].id, min(left, size))
            except SyncError:
                return
        yield tail

    async def rows(self, page: Sequence[Listed]) -> list[bytes]:
        return [await self._row(one) for one in page]

    async def _row(self, one: Listed) -> bytes:
        doc_id = orjson.dumps(one.id)
        deleted = b',"deleted":true' if one.deleted else b""
        document = b""
        if self._include_docs:
            document = b',"doc":' + await self._document(one)
        return b'{"id":%b,"key":%b,"value":{"rev":"%b"%b}%b}' % (
            doc_id,
            doc_id,
            (one.rev or "").encode(),
            deleted,
            document,
        )

    async def _document(self, one: Listed) -> bytes:
        if one.deleted or one.content is None or one.rev is None:
            return b"null"
        members = b""
        if self._conflicts:
            known = await self._database.known(one.id)
            members = b"" if known is None else conflict_members(known.tree, deleted=False)
        content = one.content
        if self._attached is not None:
            content = await inline(self._database, one.id, parse_revision(one.rev), content, self._attached)
        return splice(one.id, one.rev, content, False, members)


def _check_right(call: Call) -> None:
    """It may have been taken away while the rows were read."""
    if not call.may(Action.READ):
        raise NoSuchDatabase


async def _keys(call: Call) -> list[Any] | None:
    keys = call.json("keys")
    if call.request.method == "POST":
        keys = (await call.json_object()).get("keys", keys)
    if keys is not None and not isinstance(keys, list):
        raise BadRequest("`keys` must be an array of strings.")
    return keys


def _range(call: Call) -> _Range:
    key = _id(call, "key")
    limit = call.number("limit", UNLIMITED)
    return _Range(
        start=key if key is not None else _id(call, "startkey", "start_key", "startkey_docid"),
        end=key if key is not None else _id(call, "endkey", "end_key", "endkey_docid"),
        inclusive_end=key is not None or call.flag("inclusive_end", True),
        descending=call.flag("descending"),
        skip=call.number("skip", 0) or 0,
        limit=UNLIMITED if limit is None else limit,
    )


def _id(call: Call, *names: str) -> str | None:
    value = call.json(*names)
    if value is not None and not isinstance(value, str):
        raise BadQuery(f"{names[0]} must be a JSON string")
    return value
