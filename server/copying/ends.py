"""The two ends of a copy: opening them, refusing a target that holds something, and leaving no half copy in anybody's way.

For: `copy_documents`, all or nothing. Not for: what is carried (carrying.py) and proven (comparing.py).
Source: contract section 1; promises D9.

A copy to SQLite is built in a folder of its own and moved into place whole. A copy to a CouchDB cannot be moved there: a mark
in the store's meta database says that it is unfinished; the server does not start on it, and the next copy begins by taking it
away.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Literal

import sync.couchdb
import sync.sqlite
from server.copying.carrying import Carried, TimeOfReceipt, carry, carry_limits
from server.copying.comparing import compare
from server.couchdb.admin import Administration
from server.couchdb.homes import our_homes
from server.couchdb.marks import clear_copy_mark, is_copy_unfinished, set_copy_mark
from server.settings import Settings
from server.stores import open_documents
from sync.couchdb.guards import meta_home
from sync.couchdb.journal import Journal
from sync.couchdb.journal_file import FILE_NAME as JOURNAL_NAME
from sync.database import Store, utc_now
from sync.errors import StoreUnfit
from sync.sqlite.schema import FILE_NAME

Kind = Literal["sqlite", "couchdb"]


@dataclass(frozen=True, slots=True)
class Reports:
    """Where the copy tells how far it is."""

    says: Callable[[str], None]
    begins: Callable[[str, int], None]  # a stage and how many steps it has
    moves: Callable[[int], None]  # steps more


@dataclass(frozen=True, slots=True)
class Copied:
    carried: Carried
    from_epoch: str
    to_epoch: str


async def copy_documents(settings: Settings, source: Kind, target: Kind, reports: Reports) -> Copied:
    """Copy all documents of the installation from one of its stores to the other, and prove it.

    Raises StoreUnfit and SyncError; then the target is as it was, or marked as unfinished, and the source is as it was.
    """
    clock = TimeOfReceipt()
    async with _source(settings, source) as original, _TARGETS[target](settings, clock, reports) as copy:
        databases = [original.database(name) for name in await original.databases()]
        counts = [await database.info() for database in databases]
        documents = sum(one.documents + one.deleted_documents for one in counts)
        reports.begins("复制 copy", documents)
        carried = await carry(original, copy, clock, reports.moves)
        for name in await carry_limits(original, copy):
            reports.says(f"{name}: 目标不支持 _revs_limit。 The target has no _revs_limit.")
        await copy.rotate_epoch()
        reports.begins("核对 verify", documents)
        await compare(original, copy, reports.moves)
        return Copied(carried, original.epoch, copy.epoch)


@asynccontextmanager
async def _source(settings: Settings, kind: Kind) -> AsyncIterator[Store]:
    if kind == "sqlite" and not (settings.documents / FILE_NAME).exists():
        raise StoreUnfit(
            f"{settings.documents} 中没有文档库: 请检查 XUNLU_DATA. "
            f"There is no document store in {settings.documents}: check XUNLU_DATA."
        )
    store = open_documents(replace(settings, store=kind), utc_now)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def _to_sqlite(settings: Settings, clock: TimeOfReceipt, reports: Reports) -> AsyncIterator[Store]:
    place, building = settings.documents, settings.data / "documents.copying"
    await _refuse_filled(settings)
    if building.exists():
        reports.says("上次复制没有完成, 重新开始。 The last copy was cut off: beginning again.")
        shutil.rmtree(building)
    store: Store = sync.sqlite.open_store(building, now=clock)
    try:
        yield store
        await store.close()
        _sync_folder(building)
        if place.exists():
            shutil.rmtree(place)  # an empty store, looked at above
        building.rename(place)
        _sync_folder(settings.data)
    finally:
        await store.close()
        shutil.rmtree(building, ignore_errors=True)


@asynccontextmanager
async def _to_couchdb(settings: Settings, clock: TimeOfReceipt, reports: Reports) -> AsyncIterator[Store]:
    url, prefix = settings.couchdb_url, settings.couchdb_prefix
    assert url is not None  # the command sees to it
    with Administration(url) as admin:
        admin.get()
        if is_copy_unfinished(admin, prefix):
            reports.says("上次复制没有完成, 重新开始。 The last copy was cut off: beginning again.")
            _empty(admin, prefix)
        _refuse_filled_couchdb(admin, prefix)
        Journal(settings.couchdb_journal).close()  # refused while a server has it open
        for left in settings.couchdb_journal.glob(f"{JOURNAL_NAME}*"):
            left.unlink()  # what it remembers is of a CouchDB that held something
        store = sync.couchdb.open_store(url, settings.couchdb_journal, now=clock, prefix=prefix)
        try:
            set_copy_mark(admin, prefix)
            yield store
            clear_copy_mark(admin, prefix)
        finally:
            await store.close()


async def _refuse_filled(settings: Settings) -> None:
    if not (settings.documents / FILE_NAME).exists():
        return
    store = sync.sqlite.open_store(settings.documents)  # refused while a server has it open
    try:
        filled = await store.databases()
    finally:
        await store.close()
    if filled:
        raise _not_empty(str(settings.documents), f"mv {settings.documents} {settings.documents}.old")


def _refuse_filled_couchdb(admin: Administration, prefix: str) -> None:
    """Databases that `xunlu couchdb init` made are there and empty; a single document of anybody's is too much."""
    for home in our_homes(admin, prefix):
        if home == meta_home(prefix):
            continue
        rows = admin.get(home, "_changes", limit=2)["results"]
        if any(not row["id"].startswith("_design/") for row in rows):
            raise _not_empty(f"{admin.address}/{home}", "…")


def _empty(admin: Administration, prefix: str) -> None:
    """Take away what a copy that was cut off has written; the mark goes last."""
    for home in our_homes(admin, prefix):
        if home != meta_home(prefix):
            admin.delete(home)
    admin.delete(meta_home(prefix))


def _not_empty(place: str, advice: str) -> StoreUnfit:
    return StoreUnfit(
        f"{place} 不是空的, 没有复制: 请先移走其中的内容 ({advice}). "
        f"{place} is not empty, nothing was copied: move away what is there first ({advice})."
    )


def _sync_folder(folder: os.PathLike[str]) -> None:
    """Make names in a folder outlive a power cut, where the system can."""
    with contextlib.suppress(PermissionError):  # Windows opens no folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


_TARGETS: dict[Kind, Callable[[Settings, TimeOfReceipt, Reports], AbstractAsyncContextManager[Store]]] = {
    "sqlite": _to_sqlite,
    "couchdb": _to_couchdb,
}
