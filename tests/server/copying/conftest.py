"""An installation whose documents are of every kind, and a corner of a CouchDB-protocol server for it."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.couchdb.admin import Administration
from server.couchdb.homes import our_homes
from server.settings import Settings
from sync.access import Refusal
from sync.attachments import NewAttachment, digest_of, with_attachments
from sync.database import Edit, Pusher
from sync.documents import content_of
from sync.revisions import Revision
from sync.sqlite import open_store
from tests.pouchdb_server import PouchdbServer

COUCHDB_URL = os.environ.get("XUNLU_TEST_COUCHDB_URL")
STEWARD = Pusher("lin", "dev-7f3a")
PICTURE = bytes(range(256)) * 40
NIGHT = datetime(2026, 3, 1, 20, 15, 30, 123456, UTC)


def edit(
    doc_id: str, *revs: str, deleted: bool = False, refusal: Refusal | None = None, **body: object
) -> Edit:
    """`revs` newest first, as "2-b"."""
    history = tuple(Revision.parse(rev) for rev in revs)
    return Edit(doc_id, history, deleted, content_of(body), refusal=refusal)


def with_picture(doc_id: str, rev: str) -> Edit:
    stub = {
        "content_type": "image/png", "revpos": 1, "digest": digest_of(PICTURE), "length": len(PICTURE), "stub": True,
    }  # fmt: skip
    content = with_attachments(content_of({"type": "plan"}), {"平面图.png": stub})
    return Edit(
        doc_id, (Revision.parse(rev),), False, content, attachments=(NewAttachment("平面图.png", PICTURE),)
    )


async def fill(folder: Path) -> None:
    """Conflicts, deletions, long histories, attachments, pushes set aside; several authors, phones and times."""
    times = iter(range(10_000))
    store = open_store(folder, now=lambda: NIGHT.replace(minute=next(times) % 60))
    for name in ("area-a1", "project-yunqi", "user-lin"):
        await store.create(name)
    area = store.database("area-a1")
    await store.database("project-yunqi").publish(
        [{"_id": f"catalogue:{n}", "type": "catalogue", "n": n, "share": n / 4} for n in range(600)]
    )
    await area.record({"_id": "airing:1", "type": "airing", "note": "开窗"}, "lin", "dev-7f3a")
    await area.push([edit("unit:3-1-502", "1-aa", floor=5, gross_area=108.0)], Pusher("gu", None))
    await area.push([edit("branches", "3-c1", "2-b1", "1-a0", text="one")], STEWARD)
    await area.push([edit("branches", "2-ff", "1-a0", text="two")], Pusher("gu", "dev-1"))
    await area.push([edit("branches", "4-d2", "3-c2", "2-b1", "1-a0", deleted=True)], STEWARD)
    await area.push([edit("gone/with slash ü", "2-b", "1-a", deleted=True, why="twice")], STEWARD)
    await area.push([edit("long", *(f"{n}-{n:032x}" for n in range(40, 0, -1)), n=40)], STEWARD)
    await area.push([with_picture("plan", "1-c0ffee")], STEWARD)
    refusal = Refusal("not_your_record", "不是你的记录。Not your record.")
    await area.push([edit("airing:2", "1-e1", note="foreign", refusal=refusal)], Pusher("bai", "dev-9"))
    await area.push(
        [edit("unit:3-1-502", "2-ff", "1-aa", deleted=True, refusal=refusal)], Pusher("bai", "dev-9")
    )
    await area.push([edit("last", "1-ab", n=1)], STEWARD)
    await area.set_revs_limit(500)
    await store.close()


@pytest.fixture(params=["pouchdb-server", *([] if COUCHDB_URL is None else ["couchdb"])])
def couchdb_url(request: pytest.FixtureRequest) -> str:
    """pouchdb-server always, an Apache CouchDB when XUNLU_TEST_COUCHDB_URL (http://admin:password@host:port) names one."""
    if request.param == "couchdb":
        assert COUCHDB_URL is not None
        return COUCHDB_URL
    server: PouchdbServer = request.getfixturevalue("pouchdb_server")
    return server.url


@pytest.fixture
def settings(couchdb_url: str, tmp_path: Path) -> Iterator[Settings]:
    prefix = f"xc{uuid.uuid4().hex[:12]}"
    read = Settings.from_environ({"XUNLU_DATA": str(tmp_path / "data"), "XUNLU_COUCHDB_URL": couchdb_url})
    yield replace(read, couchdb_prefix=prefix)
    with Administration(couchdb_url) as admin:
        for home in our_homes(admin, prefix):
            admin.delete(home)


@pytest.fixture
def filled(settings: Settings) -> Settings:
    asyncio.run(fill(settings.documents))
    return settings
