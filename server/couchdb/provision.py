"""Making a CouchDB ready for an installation, or setting right what is no longer as it was made. Safe to repeat.

For: `provision`: databases, `_security`, the validation that lets only the server's account write, the account itself when an
administrator provisions for it, `require_valid_user`. Each step says what it found or did.
Not for: judging (checks.py). Both read what ought to be from sync/couchdb/guards.py, as the store itself does.
Source: CouchDB 3.5 documentation, "/{db}/_security", "Validate Document Update Functions", "/_node/{node-name}/_config",
"User Documents"; promises S-11, S-37.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from server.access.directory import Snapshot
from server.couchdb.admin import Administration, Refused
from server.couchdb.homes import needed_databases
from server.couchdb.server import Kind, identify
from sync.couchdb.guards import (
    DESIGN_ID,
    SHARDS,
    design,
    held_home,
    home_of,
    meta_home,
    registration,
    security,
)
from sync.errors import StoreUnfit

USER_PREFIX = "org.couchdb.user:"
VALID_USER = ("chttpd", "require_valid_user")


@dataclass(frozen=True, slots=True)
class Step:
    what: str  # a database, an account or a setting
    action: Literal["made", "repaired", "kept", "not offered"]
    says: str


@dataclass(frozen=True, slots=True)
class Account:
    """The server's: what XUNLU_COUCHDB_URL names."""

    name: str
    password: str


def provision(
    admin: Administration, account: Account | None, prefix: str, directory: Snapshot
) -> Iterator[Step]:
    """Do what is to be done, telling each step. `admin` may be the account itself, when it is a server admin.

    Raises StoreUnfit when it may not do this, or CouchDB does not answer.
    """
    server = identify(admin)
    if not server.is_admin:
        raise StoreUnfit(
            f"CouchDB 帐号 {server.signed_in_as or '(匿名)'} 不是管理员: 请用 --admin 指明管理员. "
            f"The CouchDB account {server.signed_in_as or '(nobody)'} is no server admin: name one with --admin."
        )
    if server.kind is Kind.COUCHDB:
        yield from _system_databases(admin)
    if account is not None and account.name != server.signed_in_as:
        yield from _account(admin, account)
    for home in (meta_home(prefix), held_home(prefix)):
        yield from _database(admin, home, account)
    for name in needed_databases(admin, prefix, directory):
        yield from _database(admin, home_of(prefix, name), account)
        yield from _registration(admin, prefix, name)
    yield from _valid_user(admin, server.kind)


def _system_databases(admin: Administration) -> Iterator[Step]:
    """A CouchDB that was set up by hand may lack them, and says so in its log every few seconds."""
    for name in ("_users", "_replicator"):
        if not admin.has(name):
            admin.put(name)
            yield Step(name, "made", "CouchDB's own")


def _account(admin: Administration, account: Account) -> Iterator[Step]:
    what = f"account {account.name}"
    with Administration(admin.address, (account.name, account.password)) as own:
        try:
            own.get("_session")
        except Refused as refused:
            if refused.status != 401:
                raise
        else:
            yield Step(what, "kept", "signs in")
            return
    path = ("_users", USER_PREFIX + account.name)
    if admin.has(*path):
        raise StoreUnfit(
            f"CouchDB 中已有帐号 {account.name}, 但密码不同: 请改正 XUNLU_COUCHDB_URL 中的密码. "
            f"There is an account {account.name} with another password: correct the one in XUNLU_COUCHDB_URL."
        )
    admin.put(*path, body={"name": account.name, "password": account.password, "roles": [], "type": "user"})
    yield Step(what, "made", "no server admin")


def _database(admin: Administration, home: str, account: Account | None) -> Iterator[Step]:
    if admin.has(home):
        yield Step(home, "kept", "is there")
    else:
        admin.put(home, q=SHARDS)
        yield Step(home, "made", f"q={SHARDS}")
    if account is None:
        yield Step(
            home, "not offered", "without an account in XUNLU_COUCHDB_URL everybody may write: for tests only"
        )
        return
    wanted = security(account.name)
    found = admin.get(home, "_security")
    if found != wanted:
        admin.put(home, "_security", body=wanted)
        yield Step(home, "repaired" if found else "made", f"_security: only {account.name}")
    yield from _validation(admin, home, design(account.name))


def _validation(admin: Administration, home: str, wanted: dict[str, Any]) -> Iterator[Step]:
    path = (home, *DESIGN_ID.split("/"))
    found: dict[str, Any] = admin.get(*path) if admin.has(*path) else {}
    rev = found.pop("_rev", None)
    if found == wanted:
        return
    admin.put(*path, body=wanted if rev is None else {**wanted, "_rev": rev})
    yield Step(
        home, "made" if rev is None else "repaired", "validate_doc_update: only the server's account writes"
    )


def _registration(admin: Administration, prefix: str, name: str) -> Iterator[Step]:
    document = registration(name)
    if not admin.has(meta_home(prefix), document["_id"]):
        admin.put(meta_home(prefix), document["_id"], body=document)
        yield Step(home_of(prefix, name), "made", "registered with the store")


def _valid_user(admin: Administration, kind: Kind) -> Iterator[Step]:
    if kind is not Kind.COUCHDB:
        yield Step("require_valid_user", "not offered", "this is no Apache CouchDB: for tests only")
        return
    for node in admin.get("_membership")["cluster_nodes"]:
        path = ("_node", node, "_config", *VALID_USER)
        if admin.has(*path) and admin.get(*path) == "true":
            yield Step(f"require_valid_user {node}", "kept", "nobody is served without an account")
        else:
            admin.put(*path, body="true")
            yield Step(f"require_valid_user {node}", "repaired", "nobody is served without an account")
