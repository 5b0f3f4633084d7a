"""Whether a pushed document is its pusher's to push.

For: `refusal`, a pure judgement of one document by the directory at hand.
Not for: business rules, schemas and types that nobody knows: those are judged after storing, by intake.
A refused document is set aside with its reason, never dropped (promises D2). Codes are read by programs.
Source: docs/architecture.md section 1; promises D5, D6, F-22, S-07, S-08, S-09, S-38.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from server.access.directory import Snapshot
from server.access.rights import Rights
from server.catalogue.reference import REFERENCE_TYPES
from sync.access import Refusal

# Types that only the server writes, beside the reference types of the catalogue.
SERVER_TYPES = frozenset(REFERENCE_TYPES) | {
    "alarm", "calendar", "catalogue", "phrase_book", "reminder", "status"
}  # fmt: skip


def refusal(
    snapshot: Snapshot,
    rights: Rights,
    device: str | None,
    database: str,
    document: Mapping[str, Any],
    server_made: frozenset[str],
) -> Refusal | None:
    """Why the document is not taken from this person; None when it is. `server_made`: record types by the server only."""
    person = rights.person
    if person is None:
        return _refuse("not_signed_in", "帐号已停用", "the account is disabled")
    if document.get("_deleted"):
        return _refuse(
            "deletion",
            "已提交的记录不能删除，可另行作废",
            "a sent record cannot be deleted; record a withdrawal",
        )
    if not str(document.get("_rev", "")).startswith("1-"):
        return _refuse(
            "not_first_revision",
            "记录只写一次，更正须另写一条",
            "a record is written once; correct it by a new one",
        )
    kind, doc_id = document.get("type"), document.get("_id")
    if _is_server_type(kind, doc_id):
        return _refuse(
            "server_owned", "此类文档只能由服务器写入", "only the server writes documents of this type"
        )
    if not isinstance(kind, str) or not kind or not _has_prefix(doc_id, kind):
        return _refuse("bad_id", "记录编号须以其类型开头", "the id has to begin with the type")
    if kind in server_made:
        return _refuse(
            "server_made", "此类记录须在线提交，由服务器写入", "this record is made online, by the server"
        )
    if document.get("author") != person.name:
        return _refuse("not_author", "记录人不是当前登录的人", "the author is not the signed-in user")
    if "device" in document and device is not None and document["device"] != device:
        return _refuse("wrong_device", "记录的设备不是登录的设备", "the device is not the one that signed in")
    return _wrong_place(snapshot, rights, database, document)


def _wrong_place(
    snapshot: Snapshot, rights: Rights, database: str, document: Mapping[str, Any]
) -> Refusal | None:
    right = rights.databases.get(database)
    area = snapshot.areas.get(right.of) if right is not None and right.kind == "area" else None
    if right is None or area is None or not right.pushes:
        return _refuse("wrong_database", "记录不能写入此库", "records are not written to this database")
    if document.get("project") != area.project or document.get("area") != area.id:
        return _refuse(
            "wrong_area", "记录的项目或片区与所在库不符", "project and area are not those of the database"
        )
    ended_at = rights.stopped_recording.get(area.id)
    if ended_at is not None and not _performed_before(document.get("performed_at"), ended_at):
        return _refuse(
            "after_transfer",
            "此记录在您调离该片区之后完成，已交主管处理",
            "it was recorded after the area was handed over; the supervisor decides on it",
        )
    return None


def _is_server_type(kind: object, doc_id: object) -> bool:
    prefix = doc_id.partition(":")[0] if isinstance(doc_id, str) else ""
    return kind in SERVER_TYPES if isinstance(kind, str) else prefix in SERVER_TYPES


def _has_prefix(doc_id: object, kind: str) -> bool:
    return isinstance(doc_id, str) and doc_id.startswith(f"{kind}:") and len(doc_id) > len(kind) + 1


def _performed_before(text: object, instant: datetime) -> bool:
    try:
        performed_at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return False
    return performed_at is not None and performed_at.tzinfo is not None and performed_at < instant


def _refuse(code: str, zh: str, en: str) -> Refusal:
    return Refusal(code, f"{zh}。{en[0].upper()}{en[1:]}.")
