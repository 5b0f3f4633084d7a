"""Requests to a CouchDB that end well, or with an error of this contract.

For: `CouchClient.call`, `bulk` and `follow`; trying again with growing pauses, and taking 202 for what it is.
Not for: what is asked (database.py, edits.py). Not for administration, which blocks (provision.py).
Source: CouchDB 3.5 documentation, "API Reference"; promises F-60.

Every request of this store may be repeated: writes carry their revisions (`new_edits=false`) or name the one they replace.
So a lost answer, a node that is down and a write that too few nodes confirmed (202) have the same cure, and after ATTEMPTS
the caller is told that nothing was acknowledged.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlencode, urlsplit

import httpx2
import orjson

from sync.couchdb.connections import Connections, Cut, NotConnected
from sync.couchdb.errors import CouchRefused, CouchUnconfirmed, CouchUnreachable, error_of
from sync.errors import EditConflict, StoreUnfit

ATTEMPTS = 5
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0  # of silence
LAST_TRY_SECONDS = 20.0  # after this no further try begins
GIVE_UP_SECONDS = 25.0  # silence of the last try included: a phone waits for 30 (promises F-15)
HEARTBEAT_SECONDS = 10.0
CONNECTIONS = 64  # further requests wait for one of them
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # both are near each other; and a compressed feed keeps its heartbeats back
    "Content-Type": "application/json",
}

logger = logging.getLogger(__name__)


class Address(NamedTuple):
    """Where a CouchDB is and who we are there."""

    base: str
    account: str | None
    password: str

    @classmethod
    def parse(cls, url: str) -> Address:
        """Raises StoreUnfit; the message never holds the password."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
            raise StoreUnfit(
                "CouchDB 的地址应为 http://user:password@host:5984. "
                "The address of CouchDB must be like http://user:password@host:5984."
            )
        name = f"[{host}]" if ":" in host else host
        base = f"{parts.scheme}://{name}{'' if port is None else f':{port}'}{parts.path.rstrip('/')}"
        account = None if parts.username is None else unquote(parts.username)
        return cls(base, account, unquote(parts.password or ""))


class CouchClient:
    """Belongs to one event loop. `pause` waits between tries; `on_cut` is told whenever a connection breaks."""

    def __init__(
        self,
        address: Address,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        on_cut: Callable[[], None] = lambda: None,
    ) -> None:
        self.cuts = (
            0  # connections that broke so far: between two of them no server has started anew unnoticed
        )
        self.plain_sequences: bool | None = None  # feeds.py: whether this server counts its changes 1, 2, 3
        self.ends: dict[
            str, int
        ] = {}  # feeds.py: where such a server's databases ended when that was last asked
        self._pause = pause
        self._on_cut = on_cut
        account = None if address.account is None else (address.account, address.password)
        self._lines = Connections(address.base, account, _HEADERS, CONNECTIONS, CONNECT_SECONDS)
        self._feeds = httpx2.AsyncClient(
            base_url=address.base,
            auth=account,
            timeout=httpx2.Timeout(3 * HEARTBEAT_SECONDS, connect=CONNECT_SECONDS),
            trust_env=False,  # a proxy of the machine has no business between server and store
        )

    async def close(self) -> None:
        self._lines.close()
        await self._feeds.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        kind: type[dict[str, Any] | list[Any] | int] = dict,
        has: str | None = None,
        accepts_202: bool = False,
    ) -> Any:
        """Return the parsed answer. `body` is JSON, or bytes of JSON. Raises SyncError.

        `kind` and `has`: what it is and the member it has, or it is no answer of CouchDB. `accepts_202`: where CouchDB answers
        so in the ordinary case (compaction), or where a loss costs a repetition only.
        """
        value = await self._send(method, path, query, body, accepts_202)
        if not isinstance(value, kind) or (has is not None and isinstance(value, dict) and has not in value):
            logger.error("CouchDB %s %s answered no %s with %s", method, path, kind.__name__, has)
            raise CouchRefused
        return value

    async def raw(self, path: str, query: Mapping[str, str]) -> bytes:
        """The bytes of an attachment. Raises SyncError."""
        content: bytes = await self._send("GET", path, query, None, False, is_json=False)
        return content

    async def bulk(self, database: str, documents: Iterable[bytes]) -> None:
        """Store revisions as they are: `new_edits=false`. Returns when enough nodes hold them all.

        Raises EditConflict when CouchDB says so of any: read again what is there. Raises CouchRefused when the validation of the
        database turned one away: our account is not the server's there.
        """
        body = b'{"new_edits":false,"docs":[' + b",".join(documents) + b"]}"
        rows = await self.call("POST", f"/{name(database)}/_bulk_docs", body=body, kind=list)
        refused = [row for row in rows if isinstance(row, dict) and "error" in row]
        if refused:
            logger.error(
                "CouchDB turned documents away db=%s n=%d first=%r", database, len(refused), refused[0]
            )
            errors = {row["error"] for row in refused}
            if errors & {"forbidden", "unauthorized"}:
                raise CouchRefused
            raise EditConflict if errors == {"conflict"} else CouchUnreachable()

    async def follow(
        self, path: str, query: Mapping[str, str], on_sent: Callable[[], None]
    ) -> AsyncGenerator[Any, None]:
        """Lines of a continuous feed: None once it answers, then what comes. Ends with the connection. Raises SyncError.

        `on_sent` is called when the question is out: from then on the end of the server is noticed. CouchDB may answer only
        with the first heartbeat.
        """

        async def trace(event: str, _info: Any) -> None:
            if event == "http11.send_request_body.complete":
                on_sent()

        try:
            async with self._feeds.stream(
                "GET", path, params=query, headers=_HEADERS, extensions={"trace": trace}
            ) as answer:
                if answer.status_code != 200:
                    raise error_of(answer.status_code, _parsed_or_none(await answer.aread()))
                yield None
                async for line in answer.aiter_lines():
                    if line.strip():
                        yield orjson.loads(line)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise CouchUnreachable from error  # there was nothing that could break
        except (httpx2.RequestError, json.JSONDecodeError) as error:
            self.note_cut()
            raise CouchUnreachable from error
        self.note_cut()

    def note_cut(self) -> None:
        """Whatever answers from now on may be another server, or the same with less."""
        self.cuts += 1
        self._on_cut()

    async def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: Any,
        accepts_202: bool,
        is_json: bool = True,
    ) -> Any:
        content = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        began, pause, attempt = time.monotonic(), FIRST_PAUSE_SECONDS, 1
        while True:
            left_seconds = GIVE_UP_SECONDS - (time.monotonic() - began)
            try:
                return await self._once(method, path, query, content, accepts_202, is_json, left_seconds)
            except (CouchUnreachable, CouchUnconfirmed) as failure:
                told = repr(failure.__cause__ or failure.reason)
                logger.warning("CouchDB %s %s attempt=%d cause=%s", method, path, attempt, told)
                if attempt == ATTEMPTS or time.monotonic() - began > LAST_TRY_SECONDS:
                    raise
            await self._pause(pause * random.uniform(0.5, 1.0))
            pause, attempt = min(2 * pause, LONGEST_PAUSE_SECONDS), attempt + 1

    async def _once(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        content: bytes | None,
        accepts_202: bool,
        is_json: bool,
        left_seconds: float,
    ) -> Any:
        """The parsed answer, or its bytes.

        Raises CouchUnreachable and CouchUnconfirmed where the same request may go better in a moment.
        """
        target = f"{path}?{urlencode(query, quote_via=quote)}" if query else path
        try:
            answer = await self._lines.ask(method, target, content, min(ANSWER_SECONDS, left_seconds))
        except (TimeoutError, NotConnected) as error:
            raise CouchUnreachable from error
        except Cut as error:
            self.note_cut()
            raise CouchUnreachable from error
        if answer.status not in (200, 201) and not (answer.status == 202 and accepts_202):
            raise error_of(answer.status, _parsed_or_none(answer.content))
        if not is_json:
            return answer.content
        try:
            return orjson.loads(answer.content)
        except json.JSONDecodeError as error:  # cut short, or somebody else's page
            raise CouchUnreachable from error


def name(text: str) -> str:
    """A database's name, or a document's id, as one part of a path."""
    return quote(text, safe="")


def _parsed_or_none(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except json.JSONDecodeError:
        return None
