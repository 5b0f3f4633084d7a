"""Whether a CouchDB is as it should be, in plain words, each with what to do.

For: `check`: what an operator must know before phones meet it, and when something is wrong. Changes nothing.
Not for: looking into databases (database_checks.py), repairing (provision.py), documents themselves (`xunlu verify`).
Source: CouchDB 3.5 documentation, "/_membership", "/_cluster_setup", "Single Node Setup"; promises F-60, F-61, S-37.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from server.access.directory import Snapshot
from server.couchdb.admin import Administration, Refused, Unreachable
from server.couchdb.database_checks import check_databases
from server.couchdb.findings import INIT, Finding
from server.couchdb.provision import VALID_USER
from server.couchdb.server import OLDEST, Identity, Kind, identify
from sync.errors import StoreUnfit

CLOCK_SECONDS = 30


def check(
    admin: Administration, account: str | None, prefix: str, directory: Snapshot, now: datetime
) -> Iterator[Finding]:
    """`account` is the server's own, as XUNLU_COUCHDB_URL names it; `admin` may ask as another. Never raises StoreUnfit."""
    try:
        server = identify(admin)
    except Refused as refused:
        yield _refused_sign_in(refused)
        return
    except StoreUnfit as error:  # its text has both languages
        yield Finding("server", "failed", str(error), "")
        return
    try:
        yield from _server(admin, server, now)
        yield from _rights(server, account)
        yield from _nodes(admin, server)
        yield from _valid_user(admin, server)
        yield from check_databases(admin, server, account, prefix, directory)
    except Unreachable as error:
        yield Finding("server", "failed", str(error), "")
    except Refused as refused:
        yield Finding(
            "rights",
            "failed",
            f"CouchDB 拒绝了检查 ({refused.status} {refused.reason}): 用 --admin 指明管理员",
            f"CouchDB refused to be checked ({refused.status} {refused.reason}): name an administrator with --admin",
        )


def _refused_sign_in(refused: Refused) -> Finding:
    if refused.status in (401, 403):
        return Finding(
            "password",
            "failed",
            f"帐号或密码不被接受 ({refused.reason}): 检查 XUNLU_COUCHDB_URL; 帐号还没有时用 xunlu couchdb init --admin 建立",
            f"name or password is not accepted ({refused.reason}): check XUNLU_COUCHDB_URL; an account that is not there yet "
            "is made by xunlu couchdb init --admin",
        )
    return Finding("server", "failed", str(refused), "")


def _server(admin: Administration, server: Identity, now: datetime) -> Iterator[Finding]:
    where = f"{server.kind.value} {server.version}, {admin.address}"
    if server.kind is not Kind.COUCHDB:
        yield Finding("server", "warning", f"{where}: 只可用于测试", f"{where}: for tests only")
    elif server.is_too_old:
        wanted = ".".join(map(str, OLDEST))
        yield Finding(
            "server",
            "failed",
            f"{where}: 版本太旧, 请升级到 {wanted} 或更新",
            f"{where}: too old, upgrade to {wanted} or newer",
        )
    else:
        yield Finding("server", "ok", where, where)
    if server.answered_at is not None:
        ahead = round((server.answered_at - now).total_seconds())
        state: Literal["ok", "warning"] = "ok" if abs(ahead) <= CLOCK_SECONDS else "warning"
        advice = ("", "") if state == "ok" else (": 两台机器都应对时 (NTP)", ": set both machines by NTP")
        yield Finding(
            "clock", state, f"与本机相差 {ahead} 秒{advice[0]}", f"{ahead} s ahead of this machine{advice[1]}"
        )


def _rights(server: Identity, account: str | None) -> Iterator[Finding]:
    if server.signed_in_as is None:
        state: Literal["failed", "warning"] = "failed" if server.kind is Kind.COUCHDB else "warning"
        yield Finding(
            "rights",
            state,
            "没有帐号也能操作: 任何人都可读写. 设管理员, 并在 XUNLU_COUCHDB_URL 写明帐号",
            "nobody has to sign in: anybody may read and write. Set an administrator, and name an account in XUNLU_COUCHDB_URL",
        )
    elif server.is_admin and server.signed_in_as == account:
        yield Finding(
            "rights",
            "ok",
            f"{account} 是服务器管理员. 更稳妥的是另用管理员: xunlu couchdb init --admin",
            f"{account} is a server admin. Safer is an account that is none: xunlu couchdb init --admin",
        )
    elif server.signed_in_as == account:
        yield Finding(
            "rights",
            "ok",
            f"{account} 不是服务器管理员: 新增项目、片区、用户后, 要运行 xunlu couchdb init --admin",
            f"{account} is no server admin: after adding a project, an area or a user, run xunlu couchdb init --admin",
        )
    else:
        yield Finding(
            "rights", "ok", f"以管理员 {server.signed_in_as} 检查", f"checked as {server.signed_in_as}"
        )


def _nodes(admin: Administration, server: Identity) -> Iterator[Finding]:
    if server.kind is not Kind.COUCHDB:
        yield Finding("nodes", "not offered", "没有集群", "no cluster")
        return
    if not server.is_admin:
        yield _unseen("nodes")
        return
    membership = admin.get("_membership")
    known, there = set(membership["cluster_nodes"]), set(membership["all_nodes"])
    if missing := sorted(known - there):
        names = ", ".join(missing)
        yield Finding(
            "nodes",
            "failed",
            f"{len(missing)} 个节点连不上: {names}. 检查它们是否在运行、网络和 cookie",
            f"{len(missing)} nodes cannot be reached: {names}. See that they run, and check network and cookie",
        )
    elif len(known) == 1:
        yield Finding(
            "nodes", "ok", "单节点: 没有副本, 请常做备份", "a single node: no copies, so make backups"
        )
    else:
        yield Finding("nodes", "ok", f"{len(known)} 个节点都在", f"all {len(known)} nodes are there")
    state = admin.get("_cluster_setup").get("state") if admin.has("_cluster_setup") else None
    if state in ("cluster_disabled", "cluster_enabled"):
        yield Finding(
            "setup",
            "warning",
            f"CouchDB 的安装没有完成 ({state}): 按其文档运行 _cluster_setup",
            f"CouchDB's own set-up was not finished ({state}): run its _cluster_setup",
        )


def _valid_user(admin: Administration, server: Identity) -> Iterator[Finding]:
    if server.kind is not Kind.COUCHDB:
        yield Finding("valid_user", "not offered", "没有 require_valid_user", "no require_valid_user")
        return
    with Administration(admin.address, is_anonymous=True) as nobody:
        try:
            nobody.get()
            is_open = True
        except Refused as refused:
            is_open = refused.status != 401
    off: list[str] = []
    if server.is_admin:
        off = [node for node in admin.get("_membership")["all_nodes"] if not _is_required(admin, node)]
    if is_open or off:
        where = f" ({', '.join(off)})" if off else ""
        yield Finding(
            "valid_user",
            "failed",
            f"require_valid_user 没有打开{where}: 没有帐号也得到回应. {INIT[0]}",
            f"require_valid_user is off{where}: who has no account is answered too. {INIT[1].capitalize()}",
        )
    else:
        yield Finding("valid_user", "ok", "没有帐号得不到回应", "nobody is answered without an account")


def _is_required(admin: Administration, node: str) -> bool:
    section, name = VALID_USER
    return any(
        admin.has(*path) and admin.get(*path) == "true"
        for path in (
            ("_node", node, "_config", section, name),
            ("_node", node, "_config", section, f"{name}_except_for_up"),
        )
    )


def _unseen(name: str) -> Finding:
    return Finding(
        name,
        "not offered",
        "只有管理员看得到: 用 --admin 检查",
        "only an administrator sees this: check with --admin",
    )
