"""The read model: what the office queries and what intake needs to fold again.

For: the tables of docs/architecture.md section 5. Those in `READ_MODEL` can be emptied and rebuilt from the store at any
time; the others hold what cannot be derived: claims on decisions, notices already sent, what phones reported.
Not for: identity and audit (server/access), documents (sync/).
Source: docs/architecture.md section 5, promises D5, D6, D14.
"""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from server.database import Instant, metadata


class Json(TypeDecorator[Any]):
    """A JSON value as canonical text (sorted members), so that equal values are equal rows."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(value)


journal_cursor = Table(
    "journal_cursor",
    metadata,
    Column("name", String, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("epoch", String, nullable=False),
)

fact = Table(
    "fact",
    metadata,
    # The document's id; a second revision of an id already taken is kept beside it as "<id>#<rev>".
    Column("id", String, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("type", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("project", String, nullable=False),
    Column("area", String, nullable=False),
    Column("database", String, nullable=False),
    Column("unit", String),
    Column("author", String, nullable=False),
    Column("device", String),
    Column("performed_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("document", Json, nullable=False),
    Column("rev", String, nullable=False),
    Column("hash", String, nullable=False),
    Column("amends", String),
    Column("voids", String),
    Column("voided_by", String),
    Column("amended_by", String),
    Column("time_suspect", Boolean, nullable=False, default=False),
    Column(
        "refused", Boolean, nullable=False, default=False
    ),  # the push itself was refused: not in the database's tree
    Column("held_code", String),
    Column("held_reason", Text),
    Column("held_reason_en", Text),
    Column("held_by", String),  # the subject whose fold holds it, if a fold does: judged anew at each fold
    Column("released_by", String),
    Column("search", Text, nullable=False, default=""),
    Index("fact_by_type", "type", "performed_at", "id"),
    Index("fact_by_held", "held_code", "id"),
    Index("fact_by_amends", "amends"),
    Index("fact_by_voids", "voids"),
    Index("fact_by_author", "author", "performed_at"),
    Index("fact_by_seq", "seq"),
    Index("fact_by_unit", "unit", "type"),
)

fact_subject = Table(
    "fact_subject",
    metadata,
    Column("fact_id", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Index("fact_subject_by_subject", "subject"),
)

fact_photo = Table(
    "fact_photo",
    metadata,
    Column("fact_id", String, primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("kind", String, nullable=False),
    Column("taken_at", Instant),
    Column("stored", Boolean, nullable=False, default=False),
    Index("fact_photo_by_sha256", "sha256"),
)

reference = Table(
    "reference",
    metadata,
    Column("id", String, primary_key=True),
    Column("type", String, nullable=False),
    Column("project", String),
    Column("area", String),
    Column("database", String, nullable=False),
    Column("unit", String),  # the unit this document belongs to: subjects of the unit see it when they fold
    Column("body", Json, nullable=False),
    Index("reference_by_unit", "unit"),
    Index("reference_by_type", "type", "project"),
)

release = Table(
    "release",
    metadata,
    Column("fact_id", String, primary_key=True),
    Column("rev", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
)

status = Table(
    "status",
    metadata,
    Column("subject", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("project", String, nullable=False),
    Column("area", String, nullable=False),
    Column("database", String, nullable=False),
    Column("unit", String),
    Column("unit_no", String),
    Column("unit_order", String, nullable=False, default=""),  # unit_no with padded numbers: 2 before 10
    Column("state", String, nullable=False),
    Column("body", Json, nullable=False),
    Column("search", Text, nullable=False, default=""),
    Column("changed_at", Instant),
    Column("wake_at", Instant),
    Column("dirty", Boolean, nullable=False, default=False),
    Column("published", Boolean, nullable=False, default=False),
    Index("status_by_kind", "kind", "unit_order", "subject"),
    Index("status_by_wake", "wake_at"),
    Index("status_by_unit", "unit"),
    Index("status_by_published", "published"),
    Index("status_by_dirty", "dirty"),
)

# Subjects that what was taken has touched and that are not folded yet: while a backlog is read, folding waits for its end.
unfolded = Table(
    "unfolded",
    metadata,
    Column("subject", String, primary_key=True),
    Column("rank", Integer, nullable=False),  # those that look at others are folded after them
    Index("unfolded_by_rank", "rank", "subject"),
)

# What each duty of an area or a project keeps of its facts (tallies.py). `root`: the fact that the others of one row's
# family correct. `kept_from` of the duty: the table holds everything that was done since.
duty_entry = Table(
    "duty_entry",
    metadata,
    Column("subject", String, primary_key=True),
    Column("role", String, primary_key=True),
    Column("fact_id", String, primary_key=True),
    Column("root", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("heard_at", Instant, nullable=False),
    Column("type", String, nullable=False),
    Column("author", String, nullable=False),
    Column("key", String, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Index("duty_entry_by_time", "subject", "role", "at", "fact_id", "key", "received_at", "amount"),
    Index("duty_entry_by_root", "subject", "root"),
    Index("duty_entry_by_hearing", "subject", "heard_at", "at"),
)

duty = Table(
    "duty",
    metadata,
    Column("subject", String, primary_key=True),
    Column("kept_from", Instant, nullable=False),
    Column("figures", Json, nullable=False),  # of periods nothing has come to since they were reckoned
)

due_item = Table(
    "due_item",
    metadata,
    Column("id", String, primary_key=True),
    Column("rule", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("period", String, nullable=False),
    Column("project", String, nullable=False),
    Column("area", String, nullable=False),
    Column("unit", String),
    Column("unit_no", String),
    Column("opens_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("status", String, nullable=False),
    Column("assigned_to", String, nullable=False),
    Column("satisfied_by", String),
    Column("satisfied_at", Instant),
    Column("escalation_level", Integer, nullable=False, default=0),
    Column("next_level_at", Instant),
    Index("due_item_by_level", "next_level_at"),
    Index("due_item_by_subject", "subject"),
    Index("due_item_by_person", "assigned_to", "status", "due_at"),
    Index("due_item_by_due", "due_at", "id"),
)

meta = Table(
    "meta",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)

notice = Table(
    "notice",
    metadata,
    Column("id", String, primary_key=True),
    Column("user", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("body", Json, nullable=False),
    Column("sent_at", Instant, nullable=False),
    Column("acknowledged_at", Instant),
    Column("published", Boolean, nullable=False, default=False),
    Index("notice_by_user", "user", "sent_at", "id"),
    Index("notice_by_published", "published"),
)

decision = Table(
    "decision",
    metadata,
    Column("violation", String, primary_key=True),
    Column("round", String, primary_key=True),
    Column("database", String, nullable=False),
    Column("decided_by", String, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("body", Json, nullable=False),  # the whole violation_decision fact, as it is recorded
    Column("published", Boolean, nullable=False, default=False),
)

# The reminder level each duty has reached. Beside `due_item`, because a rebuild must not send anything again.
due_level = Table(
    "due_level",
    metadata,
    Column("id", String, primary_key=True),
    Column("due_at", Instant, nullable=False),
    Column("level", Integer, nullable=False),
)

# Which evidence stood behind an evidence hash when it was shown, so that a supervisor who decides on an older one can be
# told what came since (F-50). Only a help: without it the decision is refused all the same.
evidence_version = Table(
    "evidence_version",
    metadata,
    Column("violation", String, primary_key=True),
    Column("evidence_hash", String(64), primary_key=True),
    Column("evidence", Json, nullable=False),
)

# Status documents whose subject has ceased to be one: to be taken back from the phones.
withdrawal = Table(
    "withdrawal",
    metadata,
    Column("subject", String, primary_key=True),
    Column("database", String, primary_key=True),
)

phone = Table(
    "phone",
    metadata,
    Column("user", String, primary_key=True),
    Column("device", String, primary_key=True),
    Column("app_version", String, nullable=False),
    Column("pending", Integer, nullable=False),
    Column("pending_photos", Integer, nullable=False),
    Column("oldest_pending_at", Instant),
    Column("refused", Integer, nullable=False),
    Column("pending_hash", String, nullable=False),
    Column("reported_at", Instant, nullable=False),
)

# What a phone last said it still held, by name: known here even when the phone itself forgot everything.
phone_list = Table(
    "phone_list",
    metadata,
    Column("user", String, primary_key=True),
    Column("device", String, primary_key=True),
    Column("records", Json, nullable=False),
    Column("photos", Json, nullable=False),
)

# What a phone lost before it was received. Kept for good: nobody can derive it.
phone_loss = Table(
    "phone_loss",
    metadata,
    Column("user", String, primary_key=True),
    Column("device", String, primary_key=True),
    Column("kind", String, primary_key=True),  # record or photo
    Column("id", String, primary_key=True),
    Column("reason", String, nullable=False),  # evicted or damaged
    Column("reported_at", Instant, nullable=False),
)

READ_MODEL: tuple[Table, ...] = (
    journal_cursor,
    fact,
    fact_subject,
    fact_photo,
    reference,
    release,
    status,
    unfolded,
    duty_entry,
    duty,
    due_item,
)
