"""Whether our databases at a CouchDB are there, guarded, and in good shape.

For: `check_databases`, the part of a check that looks into databases. Not for: the server itself (checks.py).
Source: CouchDB 3.5 documentation, "/{db}", "/{db}/_security", "Compaction"; promises F-60, S-37.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from server.access.directory import Snapshot
from server.couchdb.admin import Administration, Refused
from server.couchdb.findings import INIT, Finding
from server.couchdb.homes import is_there, needed_databases, our_homes
from server.couchdb.marks import is_copy_unfinished
from server.couchdb.server import Identity, Kind
from sync.couchdb.guards import DESIGN_ID, design, held_home, home_of, meta_home, security

LARGE_BYTES = 100 * 1024**2  # below, fragments are not worth a word
FRAGMENTED = 3.0  # file / active


def check_databases(
    admin: Administration, server: Identity, account: str | None, prefix: str, directory: Snapshot
) -> Iterator[Finding]:
    own = [meta_home(prefix), held_home(prefix)]
    needed = [home_of(prefix, name) for name in needed_databases(admin, prefix, directory)]
    there = {home for home in needed if is_there(admin, home)}.union(our_homes(admin, prefix))
    missing = [home for home in (*own, *needed) if home not in there]
    for home in missing:
        yield Finding(
            home,
            "failed",
            f"没有这个数据库: {INIT[0]}, 或从备份恢复",
            f"there is no such database: {INIT[1]}, or restore it",
        )
    if own[0] in there and is_copy_unfinished(admin, prefix):
        yield Finding(
            "copy",
            "failed",
            "有一次复制没有完成: 再运行一次 xunlu copy sqlite couchdb",
            "a copy was cut off: run xunlu copy sqlite couchdb again",
        )
    if not missing:
        zh, en = f"{len(own) + len(needed)} 个数据库都在", f"all {len(own) + len(needed)} databases are there"
        yield Finding("databases", "ok", zh, en)
    facts = []
    for home in (*own, *needed):
        if home not in there:
            continue
        try:
            facts.append(admin.get(home))
        except Refused as refused:
            if refused.status not in (401, 403):
                raise
            zh, en = f"不许我们的帐号进入: {INIT[0]}", f"our account is not let in: {INIT[1]}"
            yield Finding(home, "failed", zh, en)
            continue
        if account is not None:
            yield from _guards(admin, home, account)
    for home in sorted(there.difference(own, needed)):
        yield Finding(
            home,
            "warning",
            "不属于任何项目、片区或用户",
            "belongs to no project, area or user that is known here",
        )
    yield from _sizes(facts, server)


def _guards(admin: Administration, home: str, account: str) -> Iterator[Finding]:
    found, wanted = admin.get(home, "_security"), security(account)
    if found != wanted:
        members = found.get("members", {}) if isinstance(found, dict) else {}
        if not members.get("names") and not members.get("roles"):
            zh, en = "_security 是空的: 任何人都可读写", "_security is empty: anybody may read and write"
        else:
            zh, en = (
                "_security 不是只许服务器帐号",
                "_security lets in others than the server's account, or not it",
            )
        yield Finding(home, "failed", f"{zh}. {INIT[0]}", f"{en}. {INIT[1].capitalize()}")
    path = (home, *DESIGN_ID.split("/"))
    document: dict[str, Any] = admin.get(*path) if admin.has(*path) else {}
    if document.get("validate_doc_update") != design(account)["validate_doc_update"]:
        zh, en = ("被改动", "was altered") if document else ("没有", "is missing")
        yield Finding(
            home, "failed", f"写入校验函数{zh}: {INIT[0]}", f"the validation of writes {en}: {INIT[1]}"
        )


def _sizes(facts: Sequence[dict[str, Any]], server: Identity) -> Iterator[Finding]:
    if server.kind is not Kind.COUCHDB or not facts:
        yield Finding("sizes", "not offered", "没有大小和分片的数字", "no figures of sizes and shards")
        return
    file = sum(one["sizes"]["file"] for one in facts)
    active = sum(one["sizes"]["active"] for one in facts)
    running = sum(bool(one.get("compact_running")) for one in facts)
    figures = f"{file / 1024**2:.1f} MB / {active / 1024**2:.1f} MB"
    loose = [
        one["db_name"]
        for one in facts
        if one["sizes"]["file"] > LARGE_BYTES
        and one["sizes"]["file"] > FRAGMENTED * max(one["sizes"]["active"], 1)
    ]
    if loose and not running:
        yield Finding(
            "sizes",
            "warning",
            f"文件 / 有效 {figures}; 碎片多: {', '.join(loose)}. 运行 xunlu couchdb compact",
            f"file / active {figures}; many fragments: {', '.join(loose)}. Run xunlu couchdb compact",
        )
    else:
        more = (f", {running} 个正在压缩", f", {running} being compacted") if running else ("", "")
        yield Finding("sizes", "ok", f"文件 / 有效 {figures}{more[0]}", f"file / active {figures}{more[1]}")
    kinds = sorted({(one["cluster"]["q"], one["cluster"]["n"]) for one in facts})
    spread = ", ".join(f"q={q} n={n}" for q, n in kinds)
    yield Finding("shards", "ok", f"分片和副本 {spread}", f"shards and copies {spread}")
