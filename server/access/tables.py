"""The tables of identity: who exists, what they were granted and when, and how they are signed in.

For: the modules of server/access. Nothing here can be rebuilt from the documents: it is part of a backup.
Not for: the read model (server/intake/tables).
Grants are never deleted: they end (`valid_to`), because work done under a former grant is judged by it.
Secrets are kept as hashes only: Argon2id for passwords, SHA-256 for random tokens (promises S-32).
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from server.database import Instant, metadata

NAME = String(64)

project = Table(
    "project",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("time_zone", String(64), nullable=False),
)

area = Table(
    "area",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("project", NAME, ForeignKey("project.id"), nullable=False),
    Column("name", String(200), nullable=False),
)

# Phones treat database names as opaque: this table alone knows what a name stands for.
database = Table(
    "database",
    metadata,
    Column("name", String(238), primary_key=True),
    Column("kind", String(16), nullable=False),  # area, project, office (confidential records), user
    Column("of", NAME, nullable=False),  # id of that area, project or user
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
)

user = Table(
    "user",
    metadata,
    Column("name", NAME, primary_key=True),
    Column("display_name", String(200), nullable=False),
    Column("password_hash", String(300), nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
)

role_grant = Table(
    "role_grant",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user", NAME, ForeignKey("user.name"), nullable=False, index=True),
    Column("role", NAME, nullable=False),
    Column("project", NAME, ForeignKey("project.id"), nullable=False),
    Column("valid_from", Instant, nullable=False),
    Column("valid_to", Instant),  # the first instant at which it no longer holds
)

area_grant = Table(
    "area_grant",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user", NAME, ForeignKey("user.name"), nullable=False, index=True),
    Column("area", NAME, ForeignKey("area.id"), nullable=False, index=True),
    Column("valid_from", Instant, nullable=False),
    Column("valid_to", Instant),
)

# One phone may be shared: a row for each user who signed in on it. Its key is enrolled afterwards.
device = Table(
    "device",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("user", NAME, ForeignKey("user.name"), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("public_jwk", JSON(none_as_null=True)),
    Column("first_seen_at", Instant, nullable=False),
    Column("enrolled_at", Instant),
    Column("revoked_at", Instant),
    Index("device_by_user", "user"),
)

# A session is a family of refresh tokens: one sign-in on one phone or browser.
session = Table(
    "session",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("user", NAME, ForeignKey("user.name"), nullable=False, index=True),
    Column("device", NAME),
    Column("epoch", NAME, nullable=False),  # sessions die with a restore (promises D4)
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("end_reason", String(40)),  # signed_out, replayed, disabled, device_revoked, password_changed
    Index("session_by_end", "ended_at"),
    Index("session_by_device", "device"),
)

refresh_token = Table(
    "refresh_token",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("session", NAME, ForeignKey("session.id"), nullable=False, index=True),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("used_at", Instant),
)

# `bucket`: empty for strangers; for a browser that has signed in as this user before, the mark in its cookie.
sign_in_attempt = Table(
    "sign_in_attempt",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user", NAME, nullable=False),  # as typed: need not exist
    Column("bucket", NAME, nullable=False),
    Column("at", Instant, nullable=False),
    Column("succeeded", Boolean, nullable=False),
    Index("sign_in_attempt_by_user", "user", "bucket", "at"),
    Index("sign_in_attempt_by_time", "at"),
)

# One row, counted up with every change above, so that each process sees another's change at its next request.
access_version = Table(
    "access_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
)

# Each row names the one before it: see server/access/audit.
audit_entry = Table(
    "audit_entry",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", NAME, nullable=False),
    Column("action", NAME, nullable=False),
    Column("detail", Text, nullable=False),  # the canonical JSON that was hashed
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
