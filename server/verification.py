"""Whether everything an installation keeps is what it was: documents, photos, and the read model made from them.

For: `verify_installation`: an iterator of damage, with how far it is. Reads only: the server may run meanwhile.
Not for: what the document store looks at (sync/sqlite/verify.py), mending, or whether the installation is set up (doctor).
Source: contract section 1, `xunlu verify`; promises I7, F-38.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, make_url, select

from media.verify import suspect_photos
from server.database import open_engine
from server.intake.tables import fact, fact_photo
from server.receipts import NoCanonicalForm, receipt_hash
from server.settings import Settings
from sync.database import Kept
from sync.sqlite.schema import FILE_NAME
from sync.sqlite.verify import opened, verify
from sync.verification import KINDS, RESEND_EN, RESEND_ZH, Damage

PIECE = 500
_REBUILD_ZH, _REBUILD_EN = "请停止服务并运行 xunlu rebuild", "stop the server and run xunlu rebuild"

# As sync.verification.KINDS.
ALL_KINDS = KINDS | {
    "photo_damaged": ("照片与其名字 (哈希) 不符", "the photo does not match its name, a hash", RESEND_ZH, RESEND_EN),
    "photo_missing": ("已收到的照片不见了", "a photo that was received is missing", RESEND_ZH, RESEND_EN),
    "photo_stray": ("照片目录里有不该在的文件", "a file that is no photo lies among them", "请移走它", "move it away"),
    "fact_disagrees": (
        "读模型中的记录与其回执哈希不符", "the read model's record does not match its receipt hash", _REBUILD_ZH, _REBUILD_EN,
    ),
    "fact_missing": (
        "读模型中的记录不在文档库里, 或内容不同", "a record of the read model is not in the document store, or differs there",
        f"{_REBUILD_ZH}; 若文档也缺失, 放回备份", f"{_REBUILD_EN}; put a copy back if the document is missing",
    ),
}  # fmt: skip

Stage = Callable[[str], Callable[[int, int], None]]  # a stage begins; returns what is told how far it is
Kepts = Callable[[str, Sequence[tuple[str, str]]], list[Kept | None]]


def verify_installation(settings: Settings, stage: Stage) -> Iterator[Damage]:
    """Blocks between what it yields. Raises StoreUnfit when this program is not the one to open the documents."""
    has_documents = settings.store == "sqlite" and (settings.documents / FILE_NAME).exists()
    if has_documents:
        yield from verify(settings.documents, stage("documents"))
    for suspect in suspect_photos(settings.media, stage("photos")):
        yield Damage(f"photo_{suspect.what}", suspect.place, suspect.detail)
    if not _is_there(settings.database_url):
        return
    engine = open_engine(settings.database_url)
    try:
        with ExitStack() as stack:
            kept = stack.enter_context(opened(settings.documents)) if has_documents else None
            yield from _facts(engine, kept, stage("records"))
        yield from _missing_photos(engine, settings)
    finally:
        engine.dispose()


def _is_there(database_url: str) -> bool:
    """Opening would make an empty one."""
    url = make_url(database_url)
    return url.get_backend_name() != "sqlite" or Path(url.database or "").exists()


def _facts(engine: Engine, kept: Kepts | None, progress: Callable[[int, int], None]) -> Iterator[Damage]:
    with engine.connect() as connection:
        if not engine.dialect.has_table(connection, fact.name):
            return
        total = connection.scalar(select(func.count()).select_from(fact)) or 0
    done, after = 0, ""
    progress(done, total)
    while True:
        query = (
            select(fact.c.id, fact.c.database, fact.c.rev, fact.c.hash, fact.c.subject, fact.c.document)
            .where(fact.c.id > after)
            .order_by(fact.c.id)
            .limit(PIECE)
        )
        with engine.connect() as connection:
            rows = connection.execute(query).all()
        if not rows:
            return
        for row in rows:
            if not _is_unreadable(row) and _hash(row.document) != row.hash:
                yield Damage("fact_disagrees", f"{row.database}/{row.id}")
        if kept is not None:
            yield from _in_store(rows, kept)
        after, done = rows[-1].id, done + len(rows)
        progress(min(done, total), total)


def _in_store(rows: Sequence[Any], kept: Kepts) -> Iterator[Damage]:
    for database, group in groupby(sorted(rows, key=lambda row: row.database), key=lambda row: row.database):
        here = list(group)
        # A second record under an id that is taken is kept beside the first, as "<id>#<rev>".
        items = [(row.id.removesuffix(f"#{row.rev}"), row.rev) for row in here]
        for row, found in zip(here, kept(database, items), strict=True):
            document = None if found is None else found.document
            if document is None or (not _is_unreadable(row) and _hash(document) != row.hash):
                yield Damage("fact_missing", f"{database}/{row.id}")


def _missing_photos(engine: Engine, settings: Settings) -> Iterator[Damage]:
    with engine.connect() as connection:
        if not engine.dialect.has_table(connection, fact_photo.name):
            return
        rows = connection.execute(
            select(fact_photo.c.fact_id, fact_photo.c.sha256).where(fact_photo.c.stored.is_(True))
        ).all()
    for fact_id, sha256 in rows:
        if not (settings.media / "originals" / sha256[:2] / sha256[2:4] / sha256).is_file():
            yield Damage("photo_missing", sha256, fact_id)


def _is_unreadable(row: Any) -> bool:
    """Held as unreadable: its document may have no hash, and stands in the read model without what could not be read."""
    return not row.subject


def _hash(document: Any) -> str | None:
    try:
        return receipt_hash(document)
    except (NoCanonicalForm, AttributeError):
        return None
