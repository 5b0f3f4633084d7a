"""The file of the embedded store: its tables, how a connection to it is opened, and whether it may be trusted here.

For: `open_writer`, `open_reader`, `check_place`.
Not for: what is written (edits.py) or read (reads.py).
Source: sqlite.org, "Write-Ahead Logging", "PRAGMA"; promises D9, F-35.

One counter numbers everything, over all databases: a body's number is its place in the journal, and a document's `seq`
is its latest place. Bodies lie in a table that only grows at its end, apart from the ids, so that no large row sits
in a tree of random keys. A document with one revision has no `tree`; `rev`, `deleted` and `body` are always the winner's.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apsw

from sync.errors import StoreUnfit
from sync.sqlite.space import reserved_bytes

FILE_NAME = "documents.sqlite"
LOCK_NAME = "documents.lock"
FORMAT = 3
SHORT, LONG = 8, 16  # bits: how many sequences are counted together (places.py)
PAGE_BYTES = 8192
MINIMUM_SQLITE = (3, 51, 3)  # below: two connections may corrupt a WAL that is being reset
MINIMUM_FREE_BYTES = 64 * 1024 * 1024
MINIMUM_FREE_TO_GO_ON_BYTES = (
    8 * 1024 * 1024
)  # for a store that is there: its readers are served on a full disk too
BUSY_MILLISECONDS = 5000
_NETWORK_FILE_SYSTEMS = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "fuse.sshfs",
        "fuse.glusterfs",
        "fuse.s3fs",
        "fuse.rclone",
        "fuse.juicefs",
        "9p",
    }
)
_FORGETFUL_FILE_SYSTEMS = frozenset({"tmpfs", "ramfs"})

logger = logging.getLogger(__name__)

_TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID",
    """CREATE TABLE db (
        n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, revs_limit INTEGER NOT NULL,
        documents INTEGER NOT NULL, deleted_documents INTEGER NOT NULL, content_bytes INTEGER NOT NULL,
        update_seq INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE doc (
        n INTEGER PRIMARY KEY, db INTEGER NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, rev TEXT NOT NULL,
        deleted INTEGER NOT NULL, body INTEGER, leaves INTEGER NOT NULL, tree BLOB
    ) STRICT""",
    "CREATE UNIQUE INDEX doc_by_id ON doc (db, id)",
    "CREATE UNIQUE INDEX doc_by_seq ON doc (db, seq)",
    """CREATE TABLE body (
        n INTEGER PRIMARY KEY, doc INTEGER NOT NULL, source INTEGER NOT NULL, received_at INTEGER NOT NULL,
        crc INTEGER NOT NULL, content BLOB NOT NULL
    ) STRICT""",
    "CREATE TABLE source (n INTEGER PRIMARY KEY, author TEXT, device TEXT) STRICT",
    """CREATE TABLE held (
        n INTEGER PRIMARY KEY, db INTEGER NOT NULL, id TEXT NOT NULL, rev TEXT NOT NULL, author TEXT, device TEXT,
        received_at INTEGER NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL, deleted INTEGER NOT NULL,
        history TEXT NOT NULL, content BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX held_by_id ON held (db, id, rev)",
    "CREATE INDEX held_by_author ON held (author)",
    """CREATE TABLE local (
        n INTEGER PRIMARY KEY, db INTEGER NOT NULL, owner TEXT NOT NULL, id TEXT NOT NULL, rev INTEGER NOT NULL,
        content BLOB NOT NULL
    ) STRICT""",
    "CREATE UNIQUE INDEX local_by_id ON local (db, owner, id)",
)
# Equal bytes lie once; `attached` tells which bodies need them, and `doc` where a stub of that document may look.
_ATTACHMENT_TABLES = (
    """CREATE TABLE attachment (
        n INTEGER PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE, digest TEXT NOT NULL, content BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE attached (
        body INTEGER NOT NULL, name TEXT NOT NULL, doc INTEGER NOT NULL, attachment INTEGER NOT NULL,
        PRIMARY KEY (body, name)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX attached_by_doc ON attached (doc)",
    "CREATE INDEX attached_by_attachment ON attached (attachment)",
)
_PLACE_TABLE = """CREATE TABLE place (
    db INTEGER NOT NULL, bits INTEGER NOT NULL, stretch INTEGER NOT NULL, documents INTEGER NOT NULL,
    PRIMARY KEY (db, bits, stretch)
) STRICT, WITHOUT ROWID"""
_COUNT_PLACES = tuple(
    f"INSERT INTO place SELECT db, {bits}, seq >> {bits}, count(*) FROM doc GROUP BY db, seq >> {bits}"
    for bits in (SHORT, LONG)
)
# What brings a file of each older format to the next one. A file is never taken back. From 3 on a history without conflicts
# may lie as lines.py has it; those that lie there in the older form are read as ever, and change with their next edit.
_STEPS: dict[int, tuple[str, ...]] = {
    0: (*_TABLES, "INSERT INTO meta VALUES ('last_seq', 0)"),
    1: _ATTACHMENT_TABLES,
    2: (_PLACE_TABLE, *_COUNT_PLACES),
}


def rows(db: apsw.Connection, statement: str, values: Sequence[Any] = ()) -> list[Any]:
    """Run one statement to its end: apsw stops at the first row unless the cursor is drained."""
    return db.execute(statement, values).fetchall()


def check_place(folder: Path) -> None:
    """Make the folder, and refuse a library or a place that cannot keep what it acknowledges. Raises StoreUnfit."""
    found = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    if found < MINIMUM_SQLITE:
        raise StoreUnfit(
            f"SQLite {apsw.sqlite_lib_version()} 可能损坏数据, 需要 3.51.3 或更新: 请升级 apsw. "
            f"SQLite {apsw.sqlite_lib_version()} may corrupt data, 3.51.3 or newer is needed: upgrade apsw."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        free_bytes = shutil.disk_usage(folder).free + reserved_bytes(folder)
    except OSError as error:
        raise StoreUnfit(
            f"数据目录 {folder} 无法使用: {error.strerror}. The data directory {folder} cannot be used: {error.strerror}."
        ) from error
    needed_bytes = MINIMUM_FREE_TO_GO_ON_BYTES if (folder / FILE_NAME).exists() else MINIMUM_FREE_BYTES
    if free_bytes < needed_bytes:
        raise StoreUnfit(
            f"{folder} 所在磁盘只剩 {free_bytes // 1024**2} MiB, 至少需要 {needed_bytes // 1024**2} MiB. "
            f"Only {free_bytes // 1024**2} MiB are free at {folder}, {needed_bytes // 1024**2} MiB are needed."
        )
    kind = file_system_of(folder)
    if kind in _NETWORK_FILE_SYSTEMS:
        raise StoreUnfit(
            f"{folder} 在网络磁盘 ({kind}) 上, 会丢数据: 请用本机磁盘. "
            f"{folder} is on a network file system ({kind}), which loses data: use a local disk."
        )
    if kind in _FORGETFUL_FILE_SYSTEMS:
        logger.warning("%s is kept in memory (%s): everything is lost when the machine stops", folder, kind)
    elif kind is not None and kind.startswith("fuse"):
        logger.warning(
            "%s is on %s: make sure that it is a local disk and keeps what was flushed", folder, kind
        )
    _try_to_keep(folder)


def _try_to_keep(folder: Path) -> None:
    """Write, flush and read back once."""
    path, content = folder / f".probe-{os.getpid()}", os.urandom(4096)
    try:
        try:
            with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "r+b") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            is_kept = path.read_bytes() == content
        finally:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreUnfit(
            f"无法写入 {folder}: {error.strerror}. {folder} cannot be written to: {error.strerror}."
        ) from error
    if not is_kept:
        raise StoreUnfit(
            f"{folder} 所在磁盘没有保住刚写入的内容: 请换一块磁盘. "
            f"The disk under {folder} did not keep what was just written: use another one."
        )


def file_system_of(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str | None:
    """The kind of file system under a folder; None where the system does not tell."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    real = os.path.realpath(folder)
    best, kind = "", None
    for line in lines:
        fields = line.split(" ")
        point = fields[4].replace("\\040", " ")
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, fields[fields.index("-") + 1]
    return kind


def open_writer(folder: Path) -> apsw.Connection:
    """The one connection that writes and checkpoints. Makes the tables. Raises StoreUnfit."""
    path = folder / FILE_NAME
    is_new = not path.exists()
    if is_new:
        path.touch(mode=0o600)
    try:
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        db.set_busy_timeout(BUSY_MILLISECONDS)
        if is_new or not db.pragma("user_version"):
            db.pragma("page_size", PAGE_BYTES)
            db.pragma("auto_vacuum", "INCREMENTAL")
        db.pragma("journal_mode", "WAL")
        db.pragma("synchronous", "FULL")
        db.pragma("temp_store", "MEMORY")
        db.pragma("cache_size", -64 * 1024)
        db.pragma("mmap_size", 0)  # a read error of a mapped file is a SIGBUS, not an error
        db.wal_autocheckpoint(0)  # the writer checkpoints after it has answered
        _check(db, path, {"journal_mode": "wal", "synchronous": 2})
        _make_tables(db, path)
        _check_journal_end(db, path)
    except (
        apsw.CantOpenError,
        apsw.NotADBError,
        apsw.CorruptError,
        apsw.IOError,
        apsw.BusyError,
        apsw.FullError,
    ) as error:
        raise StoreUnfit(f"无法打开 {path}: {error}. {path} cannot be opened: {error}.") from error
    return db


def open_reader(folder: Path) -> apsw.Connection:
    """A connection that only reads, and so never checkpoints. Raises StoreUnfit."""
    path = folder / FILE_NAME
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    db.set_busy_timeout(BUSY_MILLISECONDS)
    db.pragma("temp_store", "MEMORY")
    db.pragma("cache_size", -16 * 1024)
    db.pragma("mmap_size", 0)
    found = db.pragma("user_version")
    _check_not_newer(found, path)
    if found < FORMAT:
        raise StoreUnfit(
            f"{path} 的格式 {found} 比本程序旧: 启动一次服务 (xunlu serve) 即升级. "
            f"{path} has format {found}, older than this program: start the server once (xunlu serve), which brings it up."
        )
    _check(db, path, {"journal_mode": "wal"})
    return db


def _check(db: apsw.Connection, path: Path, expected: dict[str, object]) -> None:
    for pragma, value in expected.items():
        found = db.pragma(pragma)
        if found != value:
            raise StoreUnfit(
                f"{path}: SQLite 的 {pragma} 应为 {value}, 实为 {found}. SQLite's {pragma} must be {value} but is {found}."
            )


def _check_journal_end(db: apsw.Connection, path: Path) -> None:
    if not rows(db, "SELECT 1 FROM meta WHERE name = 'last_seq'"):
        raise StoreUnfit(
            f"{path} 已损坏 (日志的末尾不在): 请从备份恢复. "
            f"{path} is damaged (the end of its journal is not noted): restore it from a backup."
        )


def _check_not_newer(found: int, path: Path) -> None:
    if found > FORMAT:
        raise StoreUnfit(
            f"{path} 的格式 {found} 比本程序新: 请升级. {path} has format {found}, newer than this program: upgrade it."
        )


def _make_tables(db: apsw.Connection, path: Path) -> None:
    found = db.pragma("user_version")
    if found == FORMAT:
        return
    _check_not_newer(found, path)
    rows(db, "BEGIN IMMEDIATE")
    for step in range(found, FORMAT):
        for statement in _STEPS[step]:
            rows(db, statement)
    db.pragma("user_version", FORMAT)
    rows(db, "COMMIT")
