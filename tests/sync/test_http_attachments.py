"""Attachments: every way in, every way out, and what a stub may stand for."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import httpx2
import pytest

from sync.attachments import digest_of
from sync.http import multipart
from sync.sqlite import SqliteStore
from sync.sqlite.schema import rows

pytestmark = pytest.mark.anyio

PLAN = b"\x00\x01plan" * 50
NOTE = "阳台漏水".encode()


def inline(content: bytes, kind: str = "image/png", **more: Any) -> dict[str, Any]:
    return {"content_type": kind, "data": base64.b64encode(content).decode(), **more}


def stub(revpos: int, content: bytes, kind: str = "image/png") -> dict[str, Any]:
    return {
        "content_type": kind, "revpos": revpos, "digest": digest_of(content), "length": len(content), "stub": True,
    }  # fmt: skip


async def put(office: httpx2.AsyncClient, doc_id: str, body: dict[str, Any], **params: str) -> str:
    answer = await office.put(f"/area-a1/{doc_id}", json=body, params=params)
    assert answer.status_code == 201, answer.text
    rev: str = answer.json()["rev"]
    return rev


async def get(office: httpx2.AsyncClient, doc_id: str, **params: str) -> Any:
    answer = await office.get(f"/area-a1/{doc_id}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def parts_of(answer: httpx2.Response) -> list[multipart.Part]:
    return multipart.read(answer.content, multipart.boundary_of(answer.headers["content-type"]))


async def test_an_inline_attachment_is_shown_as_a_stub_and_whole_when_asked(
    office: httpx2.AsyncClient,
) -> None:
    rev = await put(
        office, "d", {"n": 1, "_attachments": {"plan.png": inline(PLAN), "n": inline(NOTE, "text/plain")}}
    )

    assert await get(office, "d") == {
        "_id": "d", "_rev": rev, "n": 1,
        "_attachments": {"plan.png": stub(1, PLAN), "n": stub(1, NOTE, "text/plain")},
    }  # fmt: skip
    whole = await get(office, "d", attachments="true")
    assert base64.b64decode(whole["_attachments"]["plan.png"]["data"]) == PLAN
    assert "stub" not in whole["_attachments"]["plan.png"]


async def test_a_stub_carries_an_attachment_to_the_next_revision_and_what_is_not_named_goes(
    office: httpx2.AsyncClient,
) -> None:
    first = await put(office, "d", {"_attachments": {"a": inline(PLAN), "b": inline(NOTE)}})

    second = await put(
        office, "d", {"_rev": first, "_attachments": {"a": {"stub": True}, "c": inline(b"new")}}
    )

    shown = (await get(office, "d"))["_attachments"]
    assert {name: one["revpos"] for name, one in shown.items()} == {"a": 1, "c": 2}
    assert (await office.get("/area-a1/d/a")).content == PLAN
    assert (await office.get("/area-a1/d/b")).status_code == 404
    assert (await office.get("/area-a1/d/b", params={"rev": first})).content == NOTE
    assert (await office.get("/area-a1/d/c", params={"rev": first})).status_code == 404
    third = await put(office, "d", {"_rev": second, "n": 1})
    assert "_attachments" not in await get(office, "d", rev=third)


async def test_a_stub_that_stands_for_nothing_is_412_and_nothing_of_the_request_is_stored(
    office: httpx2.AsyncClient,
) -> None:
    await put(office, "other", {"_attachments": {"a": inline(PLAN)}})
    first = await put(office, "d", {"_attachments": {"a": inline(NOTE)}})

    for bad in ({"x": {"stub": True}}, {"a": {"stub": True, "digest": digest_of(PLAN), "revpos": 7}}):
        answer = await office.put("/area-a1/d", json={"_rev": first, "_attachments": bad})
        assert (answer.status_code, answer.json()["error"]) == (412, "missing_stub")
    docs = [{"_id": "good", "_rev": "1-a"}, {"_id": "d", "_rev": "2-b", "_attachments": {"x": stub(1, b"?")}}]
    answer = await office.post("/area-a1/_bulk_docs", json={"docs": docs, "new_edits": False})
    assert (answer.status_code, answer.json()["error"]) == (412, "missing_stub")
    assert (await office.get("/area-a1/good")).status_code == 404


async def test_replicated_stubs_find_their_bytes_in_the_past_of_the_document(
    office: httpx2.AsyncClient,
) -> None:
    docs = [
        {"_id": "d", "_revisions": {"start": 1, "ids": ["a"]}, "_attachments": {"p": inline(PLAN, revpos=1)}},
        {
            "_id": "d",
            "_revisions": {"start": 3, "ids": ["c", "b", "a"]},
            "_attachments": {"p": stub(1, PLAN)},
        },
        {"_id": "d", "_revisions": {"start": 2, "ids": ["x", "a"]}, "_attachments": {"p": stub(1, PLAN)}},
    ]
    for batch in (docs[:2], docs[2:]):  # within one request, and in the next
        answer = await office.post("/area-a1/_bulk_docs", json={"docs": batch, "new_edits": False})
        assert all(row.get("ok") for row in answer.json()), answer.text

    for rev in ("1-a", "3-c", "2-x"):
        assert (await office.get("/area-a1/d/p", params={"rev": rev})).content == PLAN


async def test_atts_since_brings_only_what_the_client_does_not_have(office: httpx2.AsyncClient) -> None:
    first = await put(office, "d", {"_attachments": {"old": inline(PLAN)}})
    await put(office, "d", {"_rev": first, "_attachments": {"old": {"stub": True}, "new": inline(NOTE)}})

    since = (await get(office, "d", atts_since=json.dumps([first, "1-unknown"])))["_attachments"]
    assert "data" in since["new"]
    assert since["old"] == stub(1, PLAN)
    everything = (await get(office, "d", atts_since='["1-unknown"]'))["_attachments"]
    assert all("data" in one for one in everything.values())

    asked = {"docs": [{"id": "d", "atts_since": [first]}, {"id": "d"}]}
    rows_ = (await office.post("/area-a1/_bulk_get", json=asked)).json()["results"]
    assert ["data" in one for one in rows_[0]["docs"][0]["ok"]["_attachments"].values()] == [False, True]
    assert ["data" in one for one in rows_[1]["docs"][0]["ok"]["_attachments"].values()] == [False, False]


async def test_lists_and_feeds_show_attachments_when_asked(office: httpx2.AsyncClient) -> None:
    for number in range(25):
        await put(office, f"d{number:02}", {"_attachments": {"p": inline(b"%d" % number)}})
    params = {"include_docs": "true", "attachments": "true"}

    changes = (await office.get("/area-a1/_changes", params=params)).json()["results"]
    listed = (await office.get("/area-a1/_all_docs", params=params)).json()["rows"]
    asked = {"docs": [{"id": f"d{number:02}"} for number in range(25)]}
    fetched = (await office.post("/area-a1/_bulk_get?attachments=true", json=asked)).json()["results"]

    for documents in (
        [row["doc"] for row in changes],
        [row["doc"] for row in listed],
        [row["docs"][0]["ok"] for row in fetched],
    ):
        data = [base64.b64decode(one["_attachments"]["p"]["data"]) for one in documents]
        assert data == [b"%d" % number for number in range(25)]
    plain = (await office.get("/area-a1/_changes", params={"include_docs": "true"})).json()["results"]
    assert plain[3]["doc"]["_attachments"]["p"]["stub"] is True


async def test_an_attachment_is_read_with_what_tells_its_content(office: httpx2.AsyncClient) -> None:
    await put(office, "d", {"_attachments": {"plan 1/a.html": inline(PLAN, "text/html")}})

    answer = await office.get("/area-a1/d/plan%201/a.html")

    assert answer.content == PLAN
    md5 = digest_of(PLAN).removeprefix("md5-")
    told = ("etag", "content-md5", "content-type", "accept-ranges", "content-length")
    assert [answer.headers[name] for name in told] == [f'"{md5}"', md5, "text/html", "bytes", str(len(PLAN))]
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["content-disposition"].startswith("attachment")
    again = await office.get("/area-a1/d/plan%201/a.html", headers={"If-None-Match": f'"{md5}"'})
    assert (again.status_code, again.content) == (304, b"")
    head = await office.head("/area-a1/d/plan%201/a.html")
    assert (head.status_code, head.headers["etag"]) == (200, f'"{md5}"')


@pytest.mark.parametrize(
    ("asked", "got", "content_range"),
    [
        ("bytes=0-3", PLAN[:4], "bytes 0-3/300"),
        ("bytes=290-", PLAN[290:], "bytes 290-299/300"),
        ("bytes=290-9999", PLAN[290:], "bytes 290-299/300"),
        ("bytes=-5", PLAN[-5:], "bytes 295-299/300"),
        ("bytes=-999", PLAN, "bytes 0-299/300"),
    ],
)
async def test_a_range_of_an_attachment(
    office: httpx2.AsyncClient, asked: str, got: bytes, content_range: str
) -> None:
    await put(office, "d", {"_attachments": {"p": inline(PLAN)}})

    answer = await office.get("/area-a1/d/p", headers={"Range": asked})

    assert (answer.status_code, answer.content) == (206, got)
    assert answer.headers["content-range"] == content_range
    other = await office.get("/area-a1/d/p", headers={"Range": asked, "If-Range": '"another"'})
    assert (other.status_code, other.content) == (200, PLAN)


@pytest.mark.parametrize(
    "asked", ["bytes=300-", "bytes=5-3", "bytes=0-1,4-5", "bytes=-", "bytes=-0", "bytes=x-1"]
)
async def test_a_range_that_cannot_be_given_is_416(office: httpx2.AsyncClient, asked: str) -> None:
    await put(office, "d", {"_attachments": {"p": inline(PLAN)}})

    assert (await office.get("/area-a1/d/p", headers={"Range": asked})).status_code == 416


async def test_attachments_are_put_and_deleted_by_hand(office: httpx2.AsyncClient) -> None:
    made = await office.put("/area-a1/new/a.txt", content=NOTE, headers={"Content-Type": "text/plain"})
    assert made.status_code == 201
    first = made.json()["rev"]
    assert (await get(office, "new"))["_attachments"] == {"a.txt": stub(1, NOTE, "text/plain")}

    conflict = await office.put("/area-a1/new/b", content=PLAN)
    assert (conflict.status_code, conflict.json()["error"]) == (409, "conflict")
    md5 = {"Content-MD5": digest_of(b"other").removeprefix("md5-")}
    broken = await office.put("/area-a1/new/b", params={"rev": first}, content=PLAN, headers=md5)
    assert (broken.status_code, broken.json()["error"]) == (400, "content_md5_mismatch")
    second = (await office.put("/area-a1/new/b", params={"rev": first}, content=PLAN)).json()["rev"]
    shown = await get(office, "new")
    assert shown["_attachments"] == {
        "a.txt": stub(1, NOTE, "text/plain"),
        "b": stub(2, PLAN, "application/octet-stream"),
    }

    assert (await office.delete("/area-a1/new/none", params={"rev": second})).status_code == 404
    assert (await office.delete("/area-a1/new/b")).status_code == 409
    gone = await office.delete("/area-a1/new/b", headers={"If-Match": f'"{second}"'})
    assert gone.status_code == 200
    assert list((await get(office, "new"))["_attachments"]) == ["a.txt"]
    assert (await office.delete("/area-a1/absent/b")).status_code == 404
    for doc_id in ("new", "absent"):
        lost = await office.put(f"/area-a1/{doc_id}/b", params={"rev": "7-a"}, content=b"")
        assert (lost.status_code, lost.json()) == (409, {"error": "not_found", "reason": "missing_rev"})
    assert (await office.put("/area-a1/new/_x", content=b"")).status_code == 400


async def test_only_who_administers_writes_attachments_and_a_phones_record_with_one_is_set_aside(
    office: httpx2.AsyncClient, phone: httpx2.AsyncClient, store: SqliteStore
) -> None:
    assert (await phone.put("/area-a1/d/p", content=PLAN)).status_code == 403
    body = multipart.related(b'{"_attachments":{"p":{"follows":true}}}', [("p", "image/png", PLAN)], b"xx")
    kind = {"Content-Type": 'multipart/related; boundary="xx"'}
    assert (await phone.put("/area-a1/d", content=body, headers=kind)).status_code == 403
    docs = [
        {"_id": "patrol:1", "_rev": "1-a", "_attachments": {"p": inline(PLAN)}},
        {"_id": "patrol:2", "_rev": "1-b"},
    ]

    rows_ = (await phone.post("/area-a1/_bulk_docs", json={"docs": docs, "new_edits": False})).json()

    assert [row.get("code") for row in rows_] == ["attachment", None]
    assert (await phone.get("/area-a1/patrol:1")).status_code == 404
    kept = (await store.database("area-a1").kept([("patrol:1", "1-a")]))[0]
    assert kept is not None
    assert kept.document is not None
    assert base64.b64decode(kept.document["_attachments"]["p"]["data"]) == PLAN
    await put(office, "seen", {"_attachments": {"p": inline(PLAN)}})
    assert (await phone.get("/area-a1/seen/p")).content == PLAN


async def test_a_document_and_its_attachments_travel_as_one_multipart_message(
    office: httpx2.AsyncClient,
) -> None:
    document = {"_id": "d", "n": 1, "_attachments": {"p": {"follows": True, "content_type": "image/png"},
        "t": {"follows": True, "content_type": "text/plain", "encoding": "gzip"}}}  # fmt: skip
    body = multipart.related(
        json.dumps(document).encode(), [("p", "x/x", PLAN), ("t", "x/x", gzip.compress(NOTE))], b"b0undary"
    )
    kind = {"Content-Type": "multipart/related; boundary=b0undary"}
    made = await office.put("/area-a1/d", content=body, headers=kind)
    assert made.status_code == 201, made.text

    answer = await office.get(
        "/area-a1/d?attachments=true&revs=true", headers={"Accept": "multipart/related"}
    )

    parts = parts_of(answer)
    told = json.loads(parts[0].content)
    assert told["_attachments"]["t"] == {
        "content_type": "text/plain", "revpos": 1, "digest": digest_of(NOTE), "length": len(NOTE), "follows": True,
    }  # fmt: skip
    assert told["_revisions"]["start"] == 1
    assert [(part.file_name, part.content) for part in parts[1:]] == [("p", PLAN), ("t", NOTE)]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body[:-20],
        lambda body: body.replace(b"--xx--", b""),
        lambda body: body.replace(b'filename="p"', b'filename="q"'),
        lambda body: body.replace(b'"follows":true', b'"stub":true'),
        lambda body: body.replace(b'{"_attachments"', b'{"n":1,"n":2,"_attachments"'),
        lambda body: body.replace(b"Content-Type: application/json\r\n\r\n", b""),
    ],
)
async def test_a_multipart_message_that_is_not_whole_is_refused(
    office: httpx2.AsyncClient, spoil: Any
) -> None:
    body = multipart.related(b'{"_attachments":{"p":{"follows":true}}}', [("p", "image/png", PLAN)], b"xx")

    answer = await office.put(
        "/area-a1/d", content=spoil(body), headers={"Content-Type": 'multipart/related; boundary="xx"'}
    )

    assert answer.status_code == 400
    assert (await office.get("/area-a1/d")).status_code == 404


async def test_a_replicator_reads_open_revisions_with_their_attachments(office: httpx2.AsyncClient) -> None:
    docs = [
        {"_id": "d", "_revisions": {"start": 2, "ids": ["b", "a"]}, "_attachments": {"p": inline(PLAN)}},
        {"_id": "d", "_revisions": {"start": 2, "ids": ["c", "a"]}, "n": 1},
    ]
    await office.post("/area-a1/_bulk_docs", json={"docs": docs, "new_edits": False})

    answer = await office.get(
        '/area-a1/d?open_revs=["2-b","2-c","9-z"]&revs=true&latest=true',
        headers={"Accept": "multipart/mixed"},
    )

    outer = parts_of(answer)
    kinds = [part.headers["content-type"].partition(";")[0] for part in outer]
    assert kinds == ["multipart/related", "application/json", "application/json"]
    inner = multipart.read(outer[0].content, multipart.boundary_of(outer[0].headers["content-type"]))
    assert json.loads(inner[0].content)["_attachments"]["p"]["follows"] is True
    assert inner[1].content == PLAN
    assert json.loads(outer[1].content)["n"] == 1
    assert json.loads(outer[2].content) == {"missing": "9-z"}


async def test_many_documents_are_fetched_as_multipart(office: httpx2.AsyncClient) -> None:
    await put(office, "d1", {"_attachments": {"p": inline(PLAN)}})
    await put(office, "d2", {"n": 2})
    asked = {"docs": [{"id": "d1"}, {"id": "d2"}, {"id": "none", "rev": "1-x"}]}

    answer = await office.post(
        "/area-a1/_bulk_get?revs=true", json=asked, headers={"Accept": "multipart/mixed"}
    )

    first, second, third = parts_of(answer)
    inner = multipart.read(first.content, multipart.boundary_of(first.headers["content-type"]))
    assert (first.headers["x-doc-id"], inner[1].content) == ("d1", PLAN)
    assert json.loads(second.content)["n"] == 2
    assert 'error="true"' in third.headers["content-type"]
    assert json.loads(third.content) == {
        "id": "none",
        "rev": "1-x",
        "error": "not_found",
        "reason": "missing",
    }


async def test_equal_bytes_lie_once_and_go_when_nothing_needs_them(
    office: httpx2.AsyncClient, store: SqliteStore
) -> None:
    async def lying() -> tuple[int, int]:
        count = "SELECT (SELECT count(*) FROM attachment), (SELECT count(*) FROM attached)"
        found: tuple[int, int] = await store.read(lambda db: rows(db, count)[0])
        return found

    first = await put(office, "d", {"_attachments": {"p": inline(PLAN), "q": inline(PLAN)}})
    await put(office, "e", {"_attachments": {"p": inline(PLAN)}})
    assert await lying() == (1, 3)
    await put(office, "d", {"_rev": first, "_attachments": {"n": inline(NOTE)}})
    assert await lying() == (2, 4)

    await store.database("area-a1").compact()
    assert await lying() == (2, 2)
    assert (await office.get("/area-a1/e/p")).content == PLAN
    await store.delete("area-a1")
    assert await lying() == (0, 0)


async def test_damaged_attachment_bytes_are_never_served(
    office: httpx2.AsyncClient, store: SqliteStore
) -> None:
    await put(office, "d", {"_attachments": {"p": inline(PLAN)}})
    await store.writer.write(lambda x: rows(x.db, "UPDATE attachment SET content = zeroblob(300)"))

    assert (await office.get("/area-a1/d/p")).status_code == 404
    assert (await get(office, "d", attachments="true"))["_attachments"]["p"]["stub"] is True


@pytest.mark.parametrize(
    "bad",
    [
        [],
        {"p": 1},
        {"p": {"content_type": "a"}},
        {"p": {"data": "not base64!"}},
        {"p": {"data": "", "content_type": "a\r\nSet-Cookie: x"}},
        {"p": {"data": "", "revpos": 0}},
        {"p": {"data": "", "digest": 1}},
        {"p": {"data": "", "encoding": "br"}},
        {"p": {"data": "AAAA", "encoding": "gzip"}},
        {"_p": {"data": ""}},
        {"": {"data": ""}},
        {"p" * 600: {"data": ""}},
    ],
)
async def test_a_malformed_attachment_is_400_and_nothing_is_stored(
    office: httpx2.AsyncClient, bad: Any
) -> None:
    assert (await office.put("/area-a1/d", json={"_attachments": bad})).status_code == 400
    assert (await office.get("/area-a1/d")).status_code == 404


async def test_an_empty_list_of_attachments_is_none(office: httpx2.AsyncClient) -> None:
    rev = await put(office, "plain", {"n": 1, "_attachments": {}})

    assert await get(office, "plain", attachments="true") == {"_id": "plain", "_rev": rev, "n": 1}
