"""Checkpoints of replicas, as CouchDB's own `_local` documents.

For: `read` and `write`. Not for: making them durable: a lost one costs a repetition.
Source: CouchDB 3.5 documentation, "Local (non-replicating) Documents"; promises D4, S-10.

The id carries the epoch, so that checkpoints end with it, and hashes of owner and name, so that nobody reads another's.
"""

from __future__ import annotations

import hashlib

from sync.couchdb.client import CouchClient, name
from sync.couchdb.errors import CouchUnreachable
from sync.couchdb.journal import Journal
from sync.errors import EditConflict, NoSuchDocument

MAX_PER_OWNER = 64  # documents of one owner in one database; two are used by each pair of replicas
_TRIES = 5


class Checkpoints:
    def __init__(self, client: CouchClient, journal: Journal, epoch: str, database: str, home: str) -> None:
        self._client = client
        self._journal = journal
        self._epoch = epoch
        self._database = database
        self._home = home

    async def read(self, owner: str, local_id: str) -> tuple[str, bytes] | None:
        return await self._read(_key(owner, local_id))

    async def write(self, owner: str, local_id: str, content: bytes | None) -> str:
        key = _key(owner, local_id)
        rev = self._journal.checkpoint_rev(self._database, owner, key)
        for _ in range(_TRIES):
            try:
                written = await (self._delete(key, rev) if content is None else self._put(key, rev, content))
            except EditConflict:
                found = await self._read(key)
                rev = None if found is None else found[0]
                continue
            left = None if content is None else written
            for surplus in self._journal.note_checkpoint(self._database, owner, key, left, MAX_PER_OWNER):
                await self._drop(owner, surplus)
            return written
        raise CouchUnreachable

    async def _read(self, key: str) -> tuple[str, bytes] | None:
        try:
            found = await self._client.call("GET", self._path(key), has="content")
        except NoSuchDocument:
            return None
        return found["_rev"], found["content"].encode()

    async def _put(self, key: str, rev: str | None, content: bytes) -> str:
        body = {"content": content.decode()} | ({} if rev is None else {"_rev": rev})
        answer = await self._client.call("PUT", self._path(key), body=body, has="rev", accepts_202=True)
        return str(answer["rev"])

    async def _delete(self, key: str, rev: str | None) -> str:
        if rev is None:
            found = await self._read(key)
            if found is None:
                return "0-0"
            rev = found[0]
        try:
            await self._client.call("DELETE", self._path(key), query={"rev": rev}, accepts_202=True)
        except NoSuchDocument:
            return "0-0"
        return "0-0"

    async def _drop(self, owner: str, key: str) -> None:
        found = await self._read(key)
        if found is not None:
            await self._delete(key, found[0])
        self._journal.note_checkpoint(self._database, owner, key, None, MAX_PER_OWNER)

    def _path(self, key: str) -> str:
        return f"/{name(self._home)}/_local/{name(f'xunlu:{self._epoch}:{key}')}"


def _key(owner: str, local_id: str) -> str:
    parts = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in (owner, local_id)]
    return ":".join(parts)
