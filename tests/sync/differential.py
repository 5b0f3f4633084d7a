"""Seeded random requests to two servers of CouchDB's protocol, and what of their answers is to be the same.

For: test_differential.py. `Stream` makes up the requests; `Server.answer` sends one and keeps of its answer what means the
    same everywhere.
Not for: fixed requests (test_couchdb_client.py), stores without HTTP (test_model.py).

Documents of replicas (`r…`) have the same revisions on every server. Those edited by hand (`h…`, and `t…` with attachments) get
them from each server; they are known by the number of the edit that made them.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx2

from sync.attachments import digest_of

REPLICATED = ("r0", "r/1", "r2 ü", "r3")
BY_HAND = ("h0", "h/1", "h2")
WITH_ATTACHMENTS = ("t0", "t/1")
ATTACHMENTS = ("plan 1.png", "a/b.png", "图.png")
NO_REVISION = f"7-{'0' * 32}"  # stands for an edit that was not taken
OWN_MEMBERS = frozenset({"seq", "last_seq", "update_seq", "pending", "offset"})


@dataclass(frozen=True)
class Request:
    """`body` and `query` may name edits by hand as `#7`: each server puts its own revision of that edit there."""

    kind: str
    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    makes: str | None = None  # the name of the edit that this makes, when it is taken
    content: tuple[str, bytes] | None = None  # an attachment: its type and its bytes


class Server:
    def __init__(self, name: str, client: httpx2.Client, database: str) -> None:
        self.name = name
        self._client = client
        self._database = f"/{database}"
        self._revisions: dict[str, str] = {}  # of edits by hand, by their name
        assert client.put(self._database).status_code == 201

    def answer(self, request: Request) -> tuple[int, Any]:
        """Status, and the body with this server's revisions of edits by hand replaced by their names."""
        query = {name: self._resolved(value) for name, value in request.query.items()}
        path = self._database + request.path
        if request.content is None:
            response = self._client.request(
                request.method, path, params=query, json=self._resolved(request.body)
            )
        else:
            kind, data = request.content
            headers = {"Content-Type": kind}
            response = self._client.request(request.method, path, params=query, content=data, headers=headers)
        if request.kind == "attachment" and response.status_code == 200:
            return 200, {"type": response.headers["content-type"], "bytes": response.content}
        content: Any = response.json()
        if request.makes is not None and response.status_code in (200, 201):
            self._revisions[request.makes] = content["rev"]
        return response.status_code, self._named(content)

    def close(self) -> None:
        self._client.delete(self._database)
        self._client.close()

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._resolved(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self._resolved(member) for member in value]
        if isinstance(value, str) and value.startswith("#"):
            return self._revisions.get(value, NO_REVISION)
        return value

    def _named(self, value: Any) -> Any:
        if isinstance(value, dict):
            if "start" in value and "ids" in value:  # a `_revisions` member
                value = [f"{value['start'] - n}-{one}" for n, one in enumerate(value["ids"])]
                return self._named(value)
            return {name: self._named(member) for name, member in value.items() if name not in OWN_MEMBERS}
        if isinstance(value, list):
            return [self._named(member) for member in value]
        return next((name for name, rev in self._revisions.items() if rev == value), value)


class Stream:
    """The same seed gives the same requests."""

    def __init__(self, seed: int, deletes_by_hand: bool) -> None:
        self._deletes_by_hand = deletes_by_hand
        self._dice = random.Random(seed)
        self._pasts: dict[str, list[list[str]]] = {doc_id: [] for doc_id in REPLICATED}
        self._edits: dict[str, list[str]] = {doc_id: [] for doc_id in (*BY_HAND, *WITH_ATTACHMENTS)}
        self._attached: dict[str, dict[str, dict[str, Any]]] = {doc_id: {} for doc_id in WITH_ATTACHMENTS}
        self._number = 0

    def requests(self, count: int) -> Iterator[Request]:
        kinds = [self._push] * 5 + [self._by_hand] * 4 + [self._read] * 4
        kinds += [self._edit_with_attachments, self._read_attachments] * 2
        kinds += [self._open, self._diff, self._list, self._fetch, self._changes, self._changes]
        for _ in range(count):
            yield self._dice.choice(kinds)()
        for doc_id in (*REPLICATED, *BY_HAND, *WITH_ATTACHMENTS):
            asked = {"revs": "true", "conflicts": "true", "deleted_conflicts": "true"}
            yield Request("read", "GET", _path(doc_id), asked)
            yield Request("open", "GET", _path(doc_id), {"open_revs": "all", "revs": "true"})
        yield Request("changes", "GET", "/_changes", {"style": "all_docs", "include_docs": "true"})
        yield Request("list", "GET", "/_all_docs", {"include_docs": "true", "conflicts": "true"})

    def _push(self) -> Request:
        documents = []
        for _ in range(self._dice.randint(1, 4)):
            doc_id = self._dice.choice(REPLICATED)
            pasts = self._pasts[doc_id]
            parent = self._dice.choice(pasts) if pasts and self._dice.random() < 0.8 else []
            edit = self._dice.choice("abcd")
            digest = hashlib.md5(f"{doc_id} {parent[:1]} {edit}".encode()).hexdigest()
            past = [f"{len(parent) + 1}-{digest}", *parent]
            if past not in pasts:
                pasts.append(past)
            ids = [rev.partition("-")[2] for rev in past]
            document = {
                "_id": doc_id,
                "_rev": past[0],
                "n": edit,
                "_revisions": {"start": len(past), "ids": ids},
            }
            documents.append({**document, "_deleted": True} if edit == "d" else document)
        return Request("push", "POST", "/_bulk_docs", body={"docs": documents, "new_edits": False})  # fmt: skip

    def _by_hand(self) -> Request:
        """Upon the newest edit, an older one, or none; a deletion now and then."""
        doc_id = self._dice.choice(BY_HAND)
        edits = self._edits[doc_id]
        self._number += 1
        name = f"#{self._number}"
        named = self._dice.choice([edits[-1:], edits[-1:], edits[-1:], edits[:1], []])
        query = {"rev": named[0]} if named else {}
        edits.append(name)
        if self._deletes_by_hand and self._dice.random() < 0.2:
            return Request("by hand", "DELETE", _path(doc_id), query, makes=name)
        return Request("by hand", "PUT", _path(doc_id), query, {"n": self._number}, makes=name)

    def _edit_with_attachments(self) -> Request:
        """Always upon the newest: an attachment is put or taken away, or the document edited with some carried over by stub."""
        doc_id = self._dice.choice(WITH_ATTACHMENTS)
        attached = self._attached[doc_id]
        edits = self._edits[doc_id]
        self._number += 1
        name = f"#{self._number}"
        query = {"rev": edits[-1]} if edits else {}
        edits.append(name)
        what = self._dice.random()
        if what < 0.5:
            place = self._dice.choice(ATTACHMENTS)
            data = self._dice.randbytes(self._dice.choice([1, 40, 3000]))
            attached[place] = {
                "content_type": "image/png", "revpos": len(edits), "digest": digest_of(data), "length": len(data), "stub": True,
            }  # fmt: skip
            content = ("image/png", data)
            path = f"{_path(doc_id)}/{quote(place)}"
            return Request("by hand", "PUT", path, query, makes=name, content=content)
        if what < 0.7 and attached:
            place = self._dice.choice(sorted(attached))
            del attached[place]
            return Request("by hand", "DELETE", f"{_path(doc_id)}/{quote(place)}", query, makes=name)
        for place in self._dice.sample(sorted(attached), len(attached) // 2):
            del attached[place]
        body = {"n": self._number, **({"_attachments": dict(attached)} if attached else {})}
        return Request("by hand", "PUT", _path(doc_id), query, body, makes=name)

    def _read_attachments(self) -> Request:
        doc_id = self._dice.choice(WITH_ATTACHMENTS)
        rev = self._some_revision(doc_id) if self._dice.random() < 0.5 else None
        query = {} if rev is None else {"rev": rev}
        what = self._dice.random()
        if what < 0.3:
            return Request("read", "GET", _path(doc_id), {**query, "attachments": "true"})
        if what < 0.5:
            return Request("read", "GET", _path(doc_id), query)
        path = f"{_path(doc_id)}/{quote(self._dice.choice(ATTACHMENTS))}"
        return Request("attachment", "GET", path, query)

    def _read(self) -> Request:
        query = {"revs": "true"} if self._dice.random() < 0.5 else {}
        for option in ("conflicts", "deleted_conflicts"):
            if self._dice.random() < 0.5:
                query[option] = "true"
        doc_id = self._any_id()
        if self._dice.random() < 0.4 and (rev := self._some_revision(doc_id)) is not None:
            query["rev"] = rev
        return Request("read", "GET", _path(doc_id), query)

    def _open(self) -> Request:
        return Request("open", "GET", _path(self._any_id()), {"open_revs": "all", "revs": "true"})

    def _diff(self) -> Request:
        asked = {}
        for doc_id in REPLICATED:
            known = [past[0] for past in self._pasts[doc_id]]
            some = self._dice.sample(known, min(3, len(known)))
            asked[doc_id] = [*some, f"{self._dice.randint(1, 5)}-{'e' * 32}"]
        return Request("diff", "POST", "/_revs_diff", body=asked)

    def _list(self) -> Request:
        dice = self._dice.random()
        if dice < 0.4:
            keys = [self._any_id(), "nope", self._any_id()]
            return Request("keys", "POST", "/_all_docs", {"include_docs": "true"}, {"keys": keys})
        query = {"include_docs": "true"} if dice < 0.6 else {}
        if dice < 0.8:
            query |= {"startkey": json.dumps(self._any_id()), "limit": "3"}
        if dice > 0.7:
            query |= {"descending": "true", "skip": "1"}
        return Request("list", "GET", "/_all_docs", query)

    def _fetch(self) -> Request:
        asked = []
        for _ in range(3):
            doc_id = self._any_id()
            rev = self._some_revision(doc_id) if self._dice.random() < 0.6 else None
            asked.append({"id": doc_id} if rev is None else {"id": doc_id, "rev": rev})
        return Request("fetch", "POST", "/_bulk_get", {"revs": "true"}, {"docs": asked})

    def _changes(self) -> Request:
        query = {"style": "all_docs"} if self._dice.random() < 0.7 else {}
        if self._dice.random() < 0.5:
            query["include_docs"] = "true"
        if self._dice.random() < 0.3:
            doc_ids = [self._any_id(), self._any_id()]
            return Request(
                "changes", "POST", "/_changes", {**query, "filter": "_doc_ids"}, {"doc_ids": doc_ids}
            )
        return Request("changes", "GET", "/_changes", query)

    def _any_id(self) -> str:
        return self._dice.choice([*REPLICATED, *BY_HAND])

    def _some_revision(self, doc_id: str) -> str | None:
        known = self._edits[doc_id] if doc_id in self._edits else [past[0] for past in self._pasts[doc_id]]
        return self._dice.choice(known) if known else None


def _path(doc_id: str) -> str:
    return "/" + quote(doc_id, safe="")
