"""What the writing thread does besides documents: databases, checkpoints of replicas, the epoch, giving space back.

Not for: documents (edits.py).
Source: promises D4, S-10, F-30.
"""

from __future__ import annotations

import uuid

import apsw

from sync.errors import DatabaseExists, NoSuchDatabase
from sync.sqlite.schema import rows
from sync.sqlite.writer import Transaction

DEFAULT_REVS_LIMIT = 1000  # CouchDB's
MAX_LOCAL_PER_OWNER = 64  # documents of one owner in one database; two are used by each pair of replicas
VACUUM_PAGES = 256  # 2 MiB given back in one transaction


def create_database(transaction: Transaction, name: str) -> None:
    if rows(transaction.db, "SELECT 1 FROM db WHERE name = ?", (name,)):
        raise DatabaseExists
    rows(
        transaction.db,
        "INSERT INTO db (name, revs_limit, documents, deleted_documents, content_bytes, update_seq) "
        "VALUES (?, ?, 0, 0, 0, 0)",
        (name, DEFAULT_REVS_LIMIT),
    )


def delete_database(transaction: Transaction, name: str) -> None:
    n = number_of(transaction, name)
    drop_attached(transaction.db, "doc IN (SELECT n FROM doc WHERE db = ?)", n)
    rows(transaction.db, "DELETE FROM body WHERE doc IN (SELECT n FROM doc WHERE db = ?)", (n,))
    for table in ("doc", "place", "held", "local"):
        rows(transaction.db, f"DELETE FROM {table} WHERE db = ?", (n,))
    rows(transaction.db, "DELETE FROM db WHERE n = ?", (n,))
    transaction.topics.add(name)


def drop_attached(db: apsw.Connection, which: str, value: int) -> None:
    """Bodies let go of their attachments; bytes that none needs any more go at once."""
    for (attachment,) in rows(db, f"DELETE FROM attached WHERE {which} RETURNING attachment", (value,)):
        rows(
            db,
            "DELETE FROM attachment WHERE n = ? AND NOT EXISTS (SELECT 1 FROM attached WHERE attachment = ?)",
            (attachment, attachment),
        )


def set_revs_limit(transaction: Transaction, name: str, limit: int) -> None:
    """Holds from each document's next change on."""
    rows(transaction.db, "UPDATE db SET revs_limit = ? WHERE n = ?", (limit, number_of(transaction, name)))


def write_local(
    transaction: Transaction, name: str, owner: str, local_id: str, rev: int, content: bytes | None
) -> None:
    n = number_of(transaction, name)
    key = (n, owner, local_id)
    rows(transaction.db, "DELETE FROM local WHERE db = ? AND owner = ? AND id = ?", key)
    if content is None:
        return
    # Written anew at the end of the table: the oldest of an owner are those that no replica has used for longest.
    rows(
        transaction.db,
        "INSERT INTO local (db, owner, id, rev, content) VALUES (?, ?, ?, ?, ?)",
        (*key, rev, content),
    )
    rows(
        transaction.db,
        "DELETE FROM local WHERE n IN "
        "(SELECT n FROM local WHERE db = ? AND owner = ? ORDER BY n DESC LIMIT -1 OFFSET ?)",
        (n, owner, MAX_LOCAL_PER_OWNER),
    )


def rotate_epoch(transaction: Transaction) -> str:
    epoch = uuid.uuid4().hex
    rows(transaction.db, "INSERT OR REPLACE INTO meta (name, value) VALUES ('epoch', ?)", (epoch,))
    rows(transaction.db, "DELETE FROM local")
    return epoch


def give_space_back(transaction: Transaction, keep_share: int = 0) -> bool:
    """Return free pages to the file system, some at a time; whether there are more.

    With a `keep_share`, that part of the file (16: a sixteenth) may stay free.
    """
    db = transaction.db
    keep = rows(db, "PRAGMA page_count")[0][0] // keep_share if keep_share else 0
    spare = rows(db, "PRAGMA freelist_count")[0][0] - keep
    if spare > 0:
        rows(db, f"PRAGMA incremental_vacuum({min(spare, VACUUM_PAGES)})")
        transaction.empties_wal = spare <= VACUUM_PAGES
    return bool(spare > VACUUM_PAGES)


def number_of(transaction: Transaction, name: str) -> int:
    found = rows(transaction.db, "SELECT n FROM db WHERE name = ?", (name,))
    if not found:
        raise NoSuchDatabase
    return int(found[0][0])
