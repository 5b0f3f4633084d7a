"""From a journal entry to the row of a fact.

For: reading what arrived (`read_fact`), judging it on its own (`judge`), and back again to the ledger's `Fact` (`fact_of`).
Not for: writing rows (take.py), judging it against other facts (folding.py).
Source: contract section 4; R-GEN-08; promises D2, D5, F-51.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from server.catalogue.types import Problem
from server.ledger.model import Fact, Hold, JsonObject, JsonValue, PhotoRef
from server.receipts import NoCanonicalForm, receipt_hash

if TYPE_CHECKING:
    from sync.database import JournalEntry

MAX_REASON = 1000


class Unreadable(ValueError):
    """The document cannot be a fact at all: not even an envelope can be read from it."""


def read_fact(entry: JournalEntry) -> dict[str, Any]:
    """Return the row of the fact in `entry`, not yet judged. Raises Unreadable."""
    document = plain_document(entry.body, entry.id)
    performed_at = instant(document.get("performed_at"), "performed_at")
    kind = _text(document, "type")
    if not entry.id.startswith(f"{kind}:"):
        raise Unreadable(f"type {kind!r} is not the prefix of the id")
    return {
        "id": entry.id,
        "seq": entry.seq,
        "type": kind,
        "subject": _text(document, "subject"),
        "project": _text(document, "project"),
        "area": _text(document, "area"),
        "database": entry.database,
        "unit": None,
        "author": entry.author or _text(document, "author"),  # S-08: whoever sent it, whatever it says
        "device": entry.device,
        "performed_at": performed_at,
        "received_at": entry.received_at,
        "document": document,
        "rev": entry.rev,
        "hash": receipt_hash(document),
        "amends": _optional_text(document, "amends"),
        "voids": _optional_text(document, "voids"),
        "voided_by": None,
        "amended_by": None,
        "time_suspect": False,
        "refused": entry.refusal is not None,
        "held_code": None,
        "held_reason": None,
        "held_reason_en": None,
        "held_by": None,
        "released_by": None,
        "search": search_text(document),
    }


def unreadable_row(entry: JournalEntry, why: str) -> dict[str, Any]:
    """The row of a document nothing can be done with: held, so that author and office see it (I3, I8).

    What its push was refused for says more than `why`, and is what its author has been told already.
    """
    body = entry.body if isinstance(entry.body, dict) and _can_be_written(entry.body) else {}
    row = {
        "id": entry.id,
        "seq": entry.seq,
        "type": entry.id.partition(":")[0][:60],
        "subject": "",
        "project": _or_empty(body, "project"),
        "area": _or_empty(body, "area"),
        "database": entry.database,
        "unit": None,
        "author": entry.author or "",
        "device": entry.device,
        "performed_at": entry.received_at,
        "received_at": entry.received_at,
        "document": plain_document(body, entry.id),
        "rev": entry.rev,
        "hash": _hash_or_digest(entry),
        "amends": None,
        "voids": None,
        "voided_by": None,
        "amended_by": None,
        "time_suspect": False,
        "refused": entry.refusal is not None,
        "released_by": None,
        "search": "",
    }
    if entry.refusal is not None:
        return row | hold_columns(Hold(entry.refusal.code, entry.refusal.reason, entry.refusal.reason))
    return row | hold_columns(
        Hold(
            "unreadable",
            f"记录无法读取: {why}"[:MAX_REASON],
            f"The record cannot be read: {why}"[:MAX_REASON],
        )
    )


def is_time_suspect(row: Mapping[str, Any], skew_minutes: float) -> bool:
    """R-GEN-08: an act cannot be later than its arrival by more than the skew that is allowed."""
    return bool(row["performed_at"] > row["received_at"] + timedelta(minutes=skew_minutes))


def judge(refusal: tuple[str, str] | None, problems: Sequence[Problem]) -> Hold | None:
    """Why the fact is held when looked at alone; None when nothing is wrong with it."""
    if refusal is not None:
        return Hold(refusal[0], refusal[1], refusal[1])
    if problems:
        first = problems[0]
        zh = "; ".join(f"{problem.zh} ({problem.path})" for problem in problems[:10])
        en = "; ".join(f"{problem.en} ({problem.path})" for problem in problems[:10])
        return Hold(first.code, zh[:MAX_REASON], en[:MAX_REASON])
    return None


def hold_columns(hold: Hold | None, by: str | None = None) -> dict[str, str | None]:
    """The columns that say why a fact is held; `by`: the subject whose fold holds it."""
    if hold is None:
        return {"held_code": None, "held_reason": None, "held_reason_en": None, "held_by": None}
    reasons = {"held_reason": hold.reason, "held_reason_en": hold.reason_en}
    return {"held_code": hold.code, **reasons, "held_by": by}


def photo_rows(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row per photo that the fact names; what cannot be a photo is left out (validation says so)."""
    photos = row["document"].get("photos")
    rows: dict[str, dict[str, Any]] = {}
    for photo in photos if isinstance(photos, list) else []:
        sha256 = photo.get("sha256") if isinstance(photo, dict) else None
        if not (isinstance(sha256, str) and len(sha256) == 64):
            continue
        rows.setdefault(
            sha256,
            {
                "fact_id": row["id"],
                "sha256": sha256,
                "kind": photo["kind"] if isinstance(photo.get("kind"), str) else "",
                "taken_at": instant_or_none(photo.get("taken_at")),
                "stored": False,
            },
        )
    return list(rows.values())


def fact_of(row: Any) -> Fact:
    """The ledger's word for a row of the table `fact`."""
    document: JsonObject = row.document
    hold = None
    if row.held_code is not None and row.released_by is None:
        hold = Hold(row.held_code, row.held_reason or "", row.held_reason_en or "")
    body = document.get("body")
    return Fact(
        id=row.id,
        type=row.type,
        subject=row.subject,
        project=row.project,
        area=row.area,
        author=row.author,
        device=row.device,
        performed_at=row.performed_at,
        received_at=row.received_at,
        body=body if isinstance(body, dict) else {},
        hash=row.hash,
        photos=tuple(_photo_refs(document)),
        amends=row.amends,
        voids=row.voids,
        hold=hold,
        time_suspect=row.time_suspect,
    )


def plain_document(body: Mapping[str, Any], doc_id: str) -> JsonObject:
    """The document as its author wrote it: `_id`, and no other underscore member."""
    return {"_id": doc_id} | {name: value for name, value in body.items() if not name.startswith("_")}


def search_text(value: Any) -> str:
    """The words of a document or status, for the register's text filter."""
    words: list[str] = []
    _collect(value, words, depth=0)
    return " ".join(words).lower()[:4000]


def instant(value: Any, name: str) -> datetime:
    """Raises Unreadable when `value` is not an RFC 3339 instant with an offset."""
    found = instant_or_none(value)
    if found is None:
        raise Unreadable(f"{name} is not an instant with an offset: {str(value)[:60]!r}")
    return found


def _collect(value: Any, words: list[str], depth: int) -> None:
    if isinstance(value, str):
        words.append(value[:200])
    elif isinstance(value, dict) and depth < 4:
        for name, member in value.items():
            if name not in ("sig", "photos", "sha256", "_id"):
                _collect(member, words, depth + 1)
    elif isinstance(value, list) and depth < 4:
        for member in value[:50]:
            _collect(member, words, depth + 1)


def _photo_refs(document: JsonObject) -> list[PhotoRef]:
    photos = document.get("photos")
    return [
        PhotoRef(
            sha256=str(photo["sha256"]),
            kind=str(photo.get("kind", "")),
            taken_at=instant_or_none(photo.get("taken_at")),
            bytes=_whole(photo.get("bytes")),
            mime=str(photo.get("mime", "")),
            source=str(photo.get("source", "")),
        )
        for photo in (photos if isinstance(photos, list) else [])
        if isinstance(photo, dict) and "sha256" in photo
    ]


def instant_or_none(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return None if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # year 1 or 9999 moved over the edge by its offset
        return None


def _hash_or_digest(entry: JournalEntry) -> str:
    """What a receipt for this document must name; a document without a canonical form has none but its revision's digest."""
    try:
        return receipt_hash(plain_document(entry.body, entry.id))
    except (AttributeError, TypeError, NoCanonicalForm):
        return entry.rev.partition("-")[2]


def _can_be_written(body: JsonObject) -> bool:
    try:
        orjson.dumps(body)
    except (TypeError, ValueError):  # a lone surrogate, an integer over 64 bits, too deep
        return False
    return True


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"{name} is not a text")
    return value


def _whole(value: JsonValue) -> int:
    return value if isinstance(value, int) else 0


def _optional_text(document: Mapping[str, Any], name: str) -> str | None:
    value = document.get(name)
    return value if isinstance(value, str) and value else None


def _or_empty(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""
