"""Hearing of every change in the installation's databases over one connection, however many there are.

For: `Watch`: tells which database changed, and when the connection broke or stands again.
Not for: reading what changed (follower.py).
Source: CouchDB 3.5 documentation, "/_db_updates", "/_dbs_info", "/{db}/_changes" (feed=continuous); promises F-60.

CouchDB tells a server admin by `_db_updates`. To any other account it does not, and pouchdb-server has none: then the
connection follows the meta database, which still tells at once when the server goes, and one loop asks for the update
sequences of all databases (`_dbs_info`, 100 in a request; where there is none, each in turn). Sequences are compared for
being the same, and for nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Any

from sync.couchdb.client import HEARTBEAT_SECONDS, CouchClient
from sync.couchdb.client import name as part
from sync.couchdb.errors import CouchRefused, CouchUnreachable
from sync.database import NOW
from sync.errors import BadRequest, NoSuchDatabase, NoSuchDocument, SyncError

POLL_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
ASKED_AT_ONCE = 100  # CouchDB's max_db_number_for_dbs_info_req
_NOT_OFFERED = (CouchRefused, BadRequest, NoSuchDatabase, NoSuchDocument)

logger = logging.getLogger(__name__)


class Watch:
    """`homes` names the databases at CouchDB, `changed` is told each that changed, `opened` that all are heard of again."""

    def __init__(
        self,
        client: CouchClient,
        meta_home: str,
        homes: Callable[[], Sequence[str]],
        changed: Callable[[str], None],
        opened: Callable[[], None],
    ) -> None:
        self.is_polling = False
        self._client = client
        self._meta_home = meta_home
        self._homes = homes
        self._changed = changed
        self._opened = opened
        self._has_dbs_info = True
        self._sequences: dict[str, str] = {}
        self._is_standing = False
        self._hurry = asyncio.Event()
        self._waiting: list[asyncio.Future[None]] = []
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Safe to repeat."""
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._run(), name="couchdb-watch")]

    async def stands(self) -> None:
        """Return when the end of the server would be noticed. Raises SyncError when no connection can be made."""
        if not self._is_standing:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
            self._hurry.set()
            await waiting

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _run(self) -> None:
        """Listen for ever: again and again over a new connection."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            self._hurry.clear()
            failure: SyncError = CouchUnreachable()
            try:
                await self._listen()
            except _NOT_OFFERED as error:
                failure = error
                if not self.is_polling:
                    logger.warning("CouchDB has no _db_updates for our account (%s)", type(error).__name__)
                    self._begin_polling()
                    self._is_standing = False
                    continue
                logger.error("CouchDB does not let our account follow %s: %r", self._meta_home, error)
            except SyncError as error:
                failure = error
                logger.warning("the watch over CouchDB broke: %r", error)
            if self._is_standing:
                self._is_standing, pause = False, FIRST_PAUSE_SECONDS
            self._tell(failure)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _listen(self) -> None:
        path = f"/{part(self._meta_home)}/_changes" if self.is_polling else "/_db_updates"
        beat = str(int(HEARTBEAT_SECONDS * 1000))
        query = {"feed": "continuous", "heartbeat": beat, "since": NOW}
        async for line in self._client.follow(path, query, self._stand):
            if line is None:
                self._opened()
            else:
                self._changed(self._meta_home if self.is_polling else _home_in(line))

    def _stand(self) -> None:
        self._is_standing = True
        self._tell(None)

    def _tell(self, failure: SyncError | None) -> None:
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if one.done():
                continue
            if failure is None:
                one.set_result(None)
            else:
                one.set_exception(failure)

    def _begin_polling(self) -> None:
        self.is_polling = True
        self._tasks.append(asyncio.create_task(self._poll(), name="couchdb-poll"))

    async def _poll(self) -> None:
        while True:
            try:
                found = await self._update_sequences(self._homes())
            except Exception as error:  # noqa: BLE001 - nothing but the end of the server ends the asking
                logger.warning("CouchDB's databases could not be asked about: %r", error)
            else:
                for home, sequence in found.items():
                    if self._sequences.get(home) != sequence:
                        self._changed(home)
                self._sequences = found
            await asyncio.sleep(POLL_SECONDS)

    async def _update_sequences(self, homes: Sequence[str]) -> dict[str, str]:
        """A database that is not there counts as one that has changed."""
        if self._has_dbs_info:
            try:
                return await self._ask_for_many(homes)
            except _NOT_OFFERED:
                self._has_dbs_info = False
        found = {}
        for home in homes:
            try:
                answer = await self._client.call("GET", f"/{part(home)}", has="update_seq")
                found[home] = str(answer["update_seq"])
            except NoSuchDatabase:
                found[home] = ""
        return found

    async def _ask_for_many(self, homes: Sequence[str]) -> dict[str, str]:
        found = dict.fromkeys(homes, "")
        for at in range(0, len(homes), ASKED_AT_ONCE):
            keys = homes[at : at + ASKED_AT_ONCE]
            rows = await self._client.call("POST", "/_dbs_info", body={"keys": keys}, kind=list)
            for row in rows:
                found[row["key"]] = str((row.get("info") or {}).get("update_seq", ""))
        return found


def _home_in(line: Any) -> str:
    return str(line.get("db_name", "")) if isinstance(line, dict) else ""
