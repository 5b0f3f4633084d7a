"""The server and its databases: who it is, what a database holds, checkpoints, upkeep.

Source: CouchDB documentation, "Server", "Databases", "Local documents"; promises S-10, F-30.
"""

from __future__ import annotations

import asyncio
import logging
import time

import orjson
from starlette.responses import Response

from sync.access import Action
from sync.documents import MAX_ID_BYTES, content_of, splice
from sync.errors import BadDocument, BadDocumentId, BadRequest, DocumentTooLarge, NoSuchDocument
from sync.http.answers import json_answer, raw_answer
from sync.http.call import Call
from sync.strict_json import parse

PROTOCOL_VERSION = "3.5.0"  # the CouchDB whose answers these are; replicators look at it
_STARTED = str(time.time_ns() // 1000)
_LOCAL_MEMBERS = frozenset({"_id", "_rev", "_revisions", "_deleted"})
_MAX_REVS_LIMIT = 1_000_000
COMPACT_WAIT_SECONDS = 30.0  # proxies wait no longer than 60
_COMPACTING: set[asyncio.Task[None]] = set()  # the event loop alone would not keep them

logger = logging.getLogger(__name__)


async def welcome(call: Call) -> Response:
    return json_answer(
        {
            "couchdb": "Welcome",
            "version": PROTOCOL_VERSION,
            "uuid": call.store.epoch,
            "features": [],
            "vendor": {"name": "Xunlu"},
        }
    )


async def show(call: Call) -> Response:
    """Who may only push learns nothing of what is there."""
    info = await call.database.info()
    shown = call.may(Action.READ)
    return json_answer(
        {
            "instance_start_time": _STARTED,
            "db_name": info.name,
            "purge_seq": "0",
            "update_seq": info.update_seq if shown else f"0-{call.store.epoch}",
            "sizes": {
                "file": info.file_bytes if shown else 0,
                "external": info.content_bytes if shown else 0,
                "active": info.content_bytes if shown else 0,
            },
            "props": {},
            "doc_del_count": info.deleted_documents if shown else 0,
            "doc_count": info.documents if shown else 0,
            "disk_format_version": 8,
            "compact_running": info.is_compacting,
            "cluster": {"q": 1, "n": 1, "w": 1, "r": 1},
        }
    )


async def create(call: Call) -> Response:
    await call.store.create(call.names["db"])
    return json_answer({"ok": True}, 201)


async def delete(call: Call) -> Response:
    if "rev" in call.query:
        raise BadRequest(
            "You tried to DELETE a database with a ?rev= parameter. Did you mean to DELETE a document instead?"
        )
    await call.store.delete(call.names["db"])
    return json_answer({"ok": True})


async def ensure_full_commit(call: Call) -> Response:
    """Everything acknowledged is durable already."""
    await call.database.info()
    return json_answer({"ok": True, "instance_start_time": _STARTED}, 201)


async def show_revs_limit(call: Call) -> Response:
    return json_answer((await call.database.info()).revs_limit)


async def set_revs_limit(call: Call) -> Response:
    limit = parse(await call.body())
    if type(limit) is not int or not 1 <= limit <= _MAX_REVS_LIMIT:
        raise BadRequest("Request body must be a positive integer")
    await call.database.set_revs_limit(limit)
    return json_answer({"ok": True})


async def compact(call: Call) -> Response:
    """Answered when it is over, or has taken long; it then goes on, and `compact_running` tells when it ends."""
    work = asyncio.create_task(call.database.compact(), name=f"compact {call.names['db']}")
    _COMPACTING.add(work)
    work.add_done_callback(_end_compacting)
    await asyncio.wait({work}, timeout=COMPACT_WAIT_SECONDS)
    if work.done():
        await work
    return json_answer({"ok": True}, 202)


def _end_compacting(work: asyncio.Task[None]) -> None:
    _COMPACTING.discard(work)
    if not work.cancelled() and (error := work.exception()) is not None:
        logger.warning("%s broke off: %r", work.get_name(), error)


async def read_local(call: Call) -> Response:
    local_id = _local_id(call)
    found = await call.database.read_local(call.owner, local_id)
    if found is None:
        raise NoSuchDocument
    rev, content = found
    return raw_answer(splice(f"_local/{local_id}", rev, content))


async def write_local(call: Call) -> Response:
    local_id = _local_id(call)
    document = await call.json_object(is_type_needed=False)
    for name in document:
        if name.startswith("_") and name not in _LOCAL_MEMBERS:
            raise BadDocument(f"Bad special document member: {name}")
    if document.get("_id", f"_local/{local_id}") != f"_local/{local_id}":
        raise BadRequest("Document ID must match the address")
    content = content_of(document)
    if len(content) > call.limits.document_bytes:
        raise DocumentTooLarge(f"_local/{local_id}")
    is_deleted = document.get("_deleted") is True
    rev = await call.database.write_local(call.owner, local_id, None if is_deleted else content)
    return json_answer({"ok": True, "id": f"_local/{local_id}", "rev": rev}, 201)


async def delete_local(call: Call) -> Response:
    local_id = _local_id(call)
    if await call.database.read_local(call.owner, local_id) is None:
        raise NoSuchDocument
    rev = await call.database.write_local(call.owner, local_id, None)
    return json_answer({"ok": True, "id": f"_local/{local_id}", "rev": rev})


def _local_id(call: Call) -> str:
    local_id = call.names["id"]
    if len(orjson.dumps(local_id)) > MAX_ID_BYTES:
        raise BadDocumentId(f"Document id is longer than {MAX_ID_BYTES} bytes")
    return local_id
