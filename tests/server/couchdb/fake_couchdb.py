"""A small HTTP server that answers an administrator as CouchDB 3.5 does, for what no other server here can play.

For: `FakeCouch`: a CouchDB of two nodes with accounts, `_security`, design documents, configuration and sizes; tests spoil it.
Not for: documents, or proving CouchDB itself: an Apache CouchDB is asked when XUNLU_TEST_COUCHDB_URL names one.
Source: the shapes of answers in the CouchDB 3.5 documentation, "API Reference" and "Configuration"; chttpd `error_info`.
"""

from __future__ import annotations

import base64
import json
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

Json = Any
ADMIN = ("root", "of all")
CHUNKED = (["_all_dbs"], ["_all_docs"])
NODES = ("couchdb@a.local", "couchdb@b.local")


class FakeCouch:
    """Tests change its members to make it another kind of CouchDB. Used as `with FakeCouch() as couchdb:`."""

    def __init__(self) -> None:
        self.version = "3.5.1"
        self.welcome: Json = {"couchdb": "Welcome", "vendor": {"name": "The Apache Software Foundation"}}
        self.admins = dict([ADMIN])
        self.databases: dict[str, dict[str, Json]] = {"_users": {}, "_replicator": {}}
        self.security: dict[str, Json] = {}
        self.sizes: dict[str, tuple[int, int]] = {}  # file, active
        self.all_nodes = list(NODES)
        self.cluster_nodes = list(NODES)
        self.setup_state = "cluster_finished"
        self.require_valid_user = dict.fromkeys(NODES, "false")
        self.clock_ahead = timedelta()
        self.compacting: dict[str, int] = {}  # how often more it says that it runs
        self.asked: list[str] = []
        self._revisions = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> FakeCouch:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, name: str, password: str) -> str:
        return f"http://{name}:{password}@127.0.0.1:{self._server.server_address[1]}"

    # What it answers: (status, JSON)

    def answer(self, method: str, path: list[str], user: str | None, body: Json) -> tuple[int, Json]:
        is_admin = user in self.admins
        if user is None and "true" in self.require_valid_user.values():
            return 401, _error("unauthorized", "Authentication required.")
        match path:
            case []:
                return 200, {**self.welcome, "version": self.version}
            case ["_session"]:
                return 200, {"ok": True, "userCtx": {"name": user, "roles": ["_admin"] if is_admin else []}}
            case ["_all_dbs"]:
                return (200, sorted(self.databases)) if is_admin else _NO_ADMIN
            case ["_membership"]:
                nodes = {"all_nodes": self.all_nodes, "cluster_nodes": self.cluster_nodes}
                return (200, nodes) if is_admin else _NO_ADMIN
            case ["_cluster_setup"]:
                return (200, {"state": self.setup_state}) if is_admin else _NO_ADMIN
            case ["_node", node, "_config", "chttpd", key]:
                return self._config(method, node, key, body) if is_admin else _NO_ADMIN
            case [database] if method == "PUT":
                if not is_admin:
                    return _NO_ADMIN
                self.databases.setdefault(database, {})
                return 201, {"ok": True}
            case [database, *_] if database not in self.databases:
                return 404, _error("not_found", "Database does not exist.")
            case [database, *rest]:
                if not is_admin and user not in self._members(database):
                    return 403, _error("forbidden", "You are not allowed to access this db.")
                return self._in_database(method, database, rest, body)
        return 404, _error("not_found", "missing")

    def _in_database(self, method: str, database: str, rest: list[str], body: Json) -> tuple[int, Json]:
        documents = self.databases[database]
        match rest:
            case []:
                return 200, self._facts(database)
            case ["_security"] if method == "PUT":
                self.security[database] = body
                return 200, {"ok": True}
            case ["_security"]:
                default = {"members": {"roles": ["_admin"]}, "admins": {"roles": ["_admin"]}}
                return 200, self.security.get(database, default)
            case ["_compact"]:
                self.asked.append(f"compact {database}")
                return 202, {"ok": True}
            case ["_all_docs"]:
                return 200, {
                    "rows": [{"id": one} for one in sorted(documents) if one.startswith("database:")]
                }
        doc_id = "/".join(rest)
        if method == "PUT":
            if doc_id in documents and documents[doc_id]["_rev"] != body.get("_rev"):
                return 409, _error("conflict", "Document update conflict.")
            self._revisions += 1
            documents[doc_id] = {**body, "_id": doc_id, "_rev": f"{self._revisions}-a"}
            if database == "_users":
                self._password(body)
            return 201, {"ok": True, "id": doc_id, "rev": documents[doc_id]["_rev"]}
        if doc_id in documents:
            return 200, documents[doc_id]
        return 404, _error("not_found", "missing")

    def _facts(self, database: str) -> Json:
        file, active = self.sizes.get(database, (16_000, 8_000))
        left = self.compacting.get(database, 0)
        self.compacting[database] = max(left - 1, 0)
        return {
            "db_name": database, "compact_running": left > 0, "doc_count": len(self.databases[database]),
            "sizes": {"file": file, "external": active, "active": active},
            "cluster": {"q": 1, "n": 2, "w": 2, "r": 2}, "update_seq": "1-g1AAAA", "props": {},
        }  # fmt: skip

    def _config(self, method: str, node: str, key: str, body: Json) -> tuple[int, Json]:
        if key != "require_valid_user":
            return 404, _error("not_found", "unknown_config_value")
        before = self.require_valid_user[node]
        if method == "PUT":
            if not isinstance(body, str):
                return 400, _error("bad_request", "Config values must be strings")
            self.require_valid_user[node] = body
        return 200, before

    def _members(self, database: str) -> list[str]:
        names: list[str] = self.security.get(database, {}).get("members", {}).get("names", [])
        return names

    def _password(self, user: Json) -> None:
        self.databases["_users"][f"org.couchdb.user:{user['name']}"]["password"] = user["password"]

    def user_of(self, header: str | None) -> str | None:
        """None: nobody. Raises PermissionError for a wrong password."""
        if header is None:
            return None
        name, _, password = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
        known = self.databases["_users"].get(f"org.couchdb.user:{name}", {}).get("password")
        if password not in (self.admins.get(name), known):
            raise PermissionError
        return name


_NO_ADMIN = (401, {"error": "unauthorized", "reason": "You are not a server admin."})


def _error(error: str, reason: str) -> Json:
    return {"error": error, "reason": reason}


def _handler(couchdb: FakeCouch) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body leave together
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            path = [unquote(part) for part in urlsplit(self.path).path.split("/") if part]
            try:
                user = couchdb.user_of(self.headers.get("Authorization"))
                status, answer = couchdb.answer(self.command, path, user, body)
            except PermissionError:
                status, answer = 401, _error("unauthorized", "Name or password is incorrect.")
            tag = f'"{answer["_rev"]}"' if isinstance(answer, dict) and "_rev" in answer else None
            if tag is not None and self.headers.get("If-None-Match") == tag:
                status = 304
            self.send_response_only(status)
            self.send_header("Date", format_datetime(datetime.now(UTC) + couchdb.clock_ahead, usegmt=True))
            self.send_header("Content-Type", "application/json")
            if tag is not None:
                self.send_header("ETag", tag)
            self._send(
                b"" if status == 304 else json.dumps(answer).encode(),
                in_chunks=status == 200 and path[-1:] in CHUNKED,
            )

        def _send(self, content: bytes, in_chunks: bool) -> None:
            """Lists come in chunks, as CouchDB sends them while it reads."""
            if not in_chunks:
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                return
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for chunk in filter(None, (content[:10], content[10:])):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            self.wfile.write(b"0\r\n\r\n")

        do_GET = do_PUT = do_POST = do_DELETE = _answer

        def log_message(self, format: str, *values: object) -> None:
            """Quiet."""

    return Handler
