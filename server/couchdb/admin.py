"""Requests of an administrator to a CouchDB: one at a time, blocking, each ending in an answer or a failure with a name.

For: `Administration`; it alone imports the `couchdb` package, so that another client could take its place.
Not for: documents on their way (sync/couchdb), nor what is asked (provision.py, checks.py, compaction.py).
Source: CouchDB-Python 1.2, `couchdb.http`; CouchDB 3.5 documentation, "API Reference", "1.2. Server".

Of the package only `Session` and `Resource` are used: what it knows of configuration, statistics and signing in is older than
CouchDB 3. It never waits for ever here: every request has a time limit.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import orjson
from couchdb.http import (
    Forbidden,
    HTTPError,
    PreconditionFailed,
    RedirectLimit,
    Resource,
    ResourceConflict,
    ResourceNotFound,
    ServerError,
    Session,
    Unauthorized,
)

from sync.errors import StoreUnfit

TIMEOUT_SECONDS = 15.0
_STATUS = {
    Unauthorized: 401,
    Forbidden: 403,
    ResourceNotFound: 404,
    ResourceConflict: 409,
    PreconditionFailed: 412,
}


class Unreachable(StoreUnfit):
    """Nobody answers at this address, or not in time."""


class Refused(StoreUnfit):
    """CouchDB answered with an error. `status` is HTTP's, `error` and `reason` are CouchDB's words."""

    def __init__(self, what: str, status: int, error: str, reason: str) -> None:
        super().__init__(
            f"CouchDB 拒绝了 {what} ({status} {error}: {reason}): 请运行 xunlu couchdb check. "
            f"CouchDB refused {what} ({status} {error}: {reason}): run xunlu couchdb check."
        )
        self.status, self.error, self.reason = status, error, reason


class NotCouchDB(StoreUnfit):
    """Something answers, but not as a CouchDB does."""


class Answer(NamedTuple):
    data: Any
    answered_at: datetime | None  # the server's clock


class Administration:
    """Used as `with Administration(url) as admin:`. One thread at a time. Nothing of it shows the password."""

    def __init__(
        self,
        url: str,
        account: tuple[str, str] | None = None,
        *,
        is_anonymous: bool = False,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        """`account` (name and password) stands in for the one in `url`; `is_anonymous` asks as nobody."""
        parts = urlsplit(url)
        self.address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        if account is None and parts.username is not None:
            account = (unquote(parts.username), unquote(parts.password or ""))
        self.account = None if account is None or is_anonymous else account[0]
        self._session = Session(timeout=timeout_seconds)
        self._resource = Resource(self.address, self._session)
        self._resource.credentials = None if is_anonymous else account

    def __enter__(self) -> Administration:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        pool = self._session.connection_pool
        for connections in pool.conns.values():
            for connection in connections:
                connection.close()
        pool.conns.clear()

    def get(self, *path: str, **query: object) -> Any:
        """The parsed answer. Raises Unreachable, Refused, NotCouchDB, as all of these do."""
        return self.ask("GET", path, query=query).data

    def put(self, *path: str, body: Any = None, **query: object) -> Any:
        return self.ask("PUT", path, body=body, query=query).data

    def post(self, *path: str, body: Any = None) -> Any:
        return self.ask("POST", path, body=body).data

    def delete(self, *path: str, **query: object) -> Any:
        return self.ask("DELETE", path, query=query).data

    def ask(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        body: Any = None,
        query: Mapping[str, object] | None = None,
    ) -> Answer:
        what = f"{method} /{'/'.join(path)}"
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            _, answered, data = self._resource._request_json(
                method,
                list(path),
                body=None if body is None else orjson.dumps(body),  # the package would send text as it is
                headers=headers,
                **(query or {}),
            )
        except HTTPError as error:
            raise _refused(what, error) from error
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from error
        except (RedirectLimit, ValueError, TypeError, AttributeError) as error:
            # The package stumbles over answers that are not JSON in CouchDB's way.
            raise self._no_couchdb() from error
        if not isinstance(data, (dict, list, str, int, float, bool)):
            raise self._no_couchdb()
        return Answer(data, _date(answered.get("Date")))

    def has(self, *path: str) -> bool:
        try:
            self.get(*path)
        except Refused as refused:
            if refused.status == 404:
                return False
            raise
        return True

    def _unreachable(self, error: Exception) -> Unreachable:
        cause = str(error) or type(error).__name__
        return Unreachable(
            f"连不上 CouchDB {self.address} ({cause}): 请检查它是否在运行、地址和防火墙. "
            f"Cannot reach the CouchDB at {self.address} ({cause}): see that it runs, check address and firewall."
        )

    def _no_couchdb(self) -> NotCouchDB:
        return NotCouchDB(
            f"{self.address} 的回应不是 CouchDB 的: 请检查 XUNLU_COUCHDB_URL. "
            f"What answers at {self.address} is no CouchDB: check XUNLU_COUCHDB_URL."
        )


def _refused(what: str, error: HTTPError) -> Refused:
    told = error.args[0] if error.args else None
    status = _STATUS.get(type(error), 0)
    if isinstance(error, ServerError) and isinstance(told, tuple):
        status, told = told
    word, reason = told if isinstance(told, tuple) and len(told) == 2 else ("error", "")
    return Refused(what, int(status), str(word), str(reason))


def _date(text: str | None) -> datetime | None:
    try:
        return None if text is None else parsedate_to_datetime(text)
    except ValueError:
        return None
