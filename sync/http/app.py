"""The replication endpoint: which address does what, and which right it needs.

For: `create_app`. Every address stands in ENDPOINTS with the right it needs; one without a right cannot be written down.
Not for: what an address does (databases.py, changes.py, bulk.py, fetching.py, documents.py, listing.py).
Source: contract section 3; promises D12, S-01, S-11, S-24.

Rights follow from the table's row and the database's name, never from the text of the path. An address is cut
into segments before it is decoded, so an encoded slash stays part of an id.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sync.access import Access, Action
from sync.database import Store
from sync.errors import BadRequest, Forbidden, MethodNotAllowed, NoSuchDatabase, NoSuchRoute, SyncError
from sync.http import attachments, bulk, changes, databases, documents, fetching, listing
from sync.http.answers import error_answer
from sync.http.call import Call, parse_query
from sync.http.compression import Compressed, takes_gzip
from sync.http.limits import SyncLimits

SIGNED_IN: tuple[Action, ...] = ()
READ = (Action.READ,)
PUSH = (Action.PUSH,)
EITHER = (Action.READ, Action.PUSH)
ADMIN = (Action.ADMIN,)


@dataclass(frozen=True, slots=True)
class Endpoint:
    method: str
    pattern: (
        str  # segments; {db} and {id} stand for any text, {id} not for one that begins with an underscore
    )
    needs: tuple[Action, ...]  # one of these; none: being signed in
    handle: Callable[[Call], Awaitable[Response]]


ENDPOINTS = (
    Endpoint("GET", "", SIGNED_IN, databases.welcome),
    Endpoint("GET", "{db}", EITHER, databases.show),
    Endpoint("PUT", "{db}", ADMIN, databases.create),
    Endpoint("DELETE", "{db}", ADMIN, databases.delete),
    Endpoint("POST", "{db}", PUSH, documents.post),
    Endpoint("GET", "{db}/_changes", READ, changes.changes),
    Endpoint("POST", "{db}/_changes", READ, changes.changes),
    Endpoint("POST", "{db}/_revs_diff", EITHER, bulk.revs_diff),
    Endpoint("POST", "{db}/_missing_revs", EITHER, bulk.missing_revs),
    Endpoint("POST", "{db}/_bulk_docs", PUSH, bulk.bulk_docs),
    Endpoint("POST", "{db}/_bulk_get", READ, fetching.bulk_get),
    Endpoint("GET", "{db}/_all_docs", READ, listing.all_docs),
    Endpoint("POST", "{db}/_all_docs", READ, listing.all_docs),
    Endpoint("POST", "{db}/_ensure_full_commit", EITHER, databases.ensure_full_commit),
    Endpoint("GET", "{db}/_revs_limit", READ, databases.show_revs_limit),
    Endpoint("PUT", "{db}/_revs_limit", ADMIN, databases.set_revs_limit),
    Endpoint("POST", "{db}/_compact", ADMIN, databases.compact),
    Endpoint("GET", "{db}/_local/{id}", EITHER, databases.read_local),
    Endpoint("PUT", "{db}/_local/{id}", EITHER, databases.write_local),
    Endpoint("DELETE", "{db}/_local/{id}", EITHER, databases.delete_local),
    Endpoint("GET", "{db}/{id}", READ, documents.get),
    Endpoint("PUT", "{db}/{id}", PUSH, documents.put),
    Endpoint("DELETE", "{db}/{id}", PUSH, documents.delete),
    Endpoint("GET", "{db}/{id}/{attachment}", READ, attachments.get),
    Endpoint("PUT", "{db}/{id}/{attachment}", ADMIN, attachments.put),
    Endpoint("DELETE", "{db}/{id}/{attachment}", ADMIN, attachments.delete),
)


def create_app(store: Store, access: Access, limits: SyncLimits | None = None) -> Starlette:
    """Mountable. The caller closes the store, and calls `store.end_feeds()` when shutdown begins."""
    return _Application(_Router(store, access, limits or SyncLimits()))


class _Application(Starlette):
    """Hands requests straight on: the one route, and the handlers of errors that are around the mount already, cost a tenth."""

    def __init__(self, router: _Router) -> None:
        super().__init__(routes=[Route("/{path:path}", router)])
        self._hand_on = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["app"] = self
            await self._hand_on(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class _Router:
    def __init__(self, store: Store, access: Access, limits: SyncLimits) -> None:
        self._store = store
        self._access = access
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(Request(scope, receive))
        except SyncError as error:
            answer = error_answer(error)
        except ClientDisconnect:
            return
        await answer(scope, receive, Compressed(send) if takes_gzip(scope) else send)

    async def _answer(self, request: Request) -> Response:
        caller = await self._access.identify(request)
        method = "GET" if request.method == "HEAD" else request.method
        endpoint, names = _match(method, _segments(request.scope))
        query = parse_query(request.scope["query_string"])
        call = Call(request, self._store, self._access, self._limits, caller, names, query)
        _check_rights(call, endpoint)
        return await endpoint.handle(call)


def _check_rights(call: Call, endpoint: Endpoint) -> None:
    """A database that one may not see answers like one that is not there; creating one is not offered to others at all."""
    if not endpoint.needs:
        return
    for action in endpoint.needs:
        if call.may(action):
            return
    if endpoint.handle is databases.create or not (call.may(Action.READ) or call.may(Action.PUSH)):
        raise NoSuchDatabase
    call.store.database(call.names["db"])  # a right on a database that is not there shows nothing either
    raise Forbidden


def _segments(scope: Scope) -> list[str]:
    """The decoded segments of the address below the place where the application is mounted."""
    mounted_at = scope.get("root_path", "").strip("/")
    depth = len(mounted_at.split("/")) if mounted_at else 0
    raw: bytes = scope["raw_path"].partition(b"?")[0]
    parts = raw.lstrip(b"/").split(b"/")[depth:]
    is_encoded = b"%" in raw
    try:
        segments = [(unquote_to_bytes(part) if is_encoded else part).decode("utf-8") for part in parts]
    except UnicodeDecodeError as error:
        raise BadRequest("The address is not UTF-8") from error
    if segments and segments[-1] == "":
        segments.pop()  # /db/ is /db
    if b"%00" in raw or b"\0" in raw:
        raise BadRequest("The address holds a NUL character")
    return segments


def _match(method: str, segments: list[str]) -> tuple[Endpoint, dict[str, str]]:
    if len(segments) == 2 and segments[1].startswith("_local/"):
        segments = [segments[0], "_local", segments[1].removeprefix("_local/")]
    elif len(segments) > 3:
        segments = [
            *segments[:2],
            "/".join(segments[2:]),
        ]  # a slash in an attachment's name or a checkpoint's id
    address = _ADDRESSES.get(_key(segments))
    if address is None or "" in segments:
        raise NoSuchRoute
    endpoint = address.get(method)
    if endpoint is None:
        raise MethodNotAllowed(",".join(sorted(address.keys() | ({"HEAD"} if "GET" in address else set()))))
    return endpoint, {name: segments[place] for name, place in _NAMED[endpoint.pattern]}


def _key(segments: Sequence[str]) -> tuple[int, str]:
    """Addresses of one length differ in their second segment: a word of ours begins with an underscore, an id does not."""
    second = segments[1] if len(segments) > 1 else ""
    return len(segments), second if second[:1] == "_" else ""


def _addresses() -> dict[tuple[int, str], dict[str, Endpoint]]:
    found: dict[tuple[int, str], dict[str, Endpoint]] = {}
    for endpoint in ENDPOINTS:
        parts = endpoint.pattern.split("/") if endpoint.pattern else []
        found.setdefault(_key(parts), {})[endpoint.method] = endpoint
    return found


_ADDRESSES = _addresses()
# Which segments of each pattern are names, and where they stand.
_NAMED = {
    each.pattern: tuple(
        (part[1:-1], place) for place, part in enumerate(each.pattern.split("/")) if part[:1] == "{"
    )
    for each in ENDPOINTS
}
