"""The tables of outward messages: where they may go, what each person chose, and what became of every one.

For: the modules of server/notify. None of it can be rebuilt from the documents: it is part of a backup.
Not for: the messages themselves (`notice`, server/intake/tables).
Addresses of robots, gateways and push subscriptions are secrets: whoever has one can send. None is ever logged or shown whole.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from server.database import Instant, metadata

NAME = String(64)

# A group robot or an SMS gateway of a project, set up by an operator.
channel = Table(
    "channel",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("project", NAME, ForeignKey("project.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),  # see channels.KINDS
    Column("url", Text, nullable=False),
    Column("secret", Text),  # signs a robot's messages; the gateway's bearer token
    Column(
        "from_level", Integer, nullable=False
    ),  # messages of this level and above (1, 2 reminders; 3, 4 alarms)
    Column("lang", String(2), nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("ended_at", Instant),
)

# One browser that asked to be told (RFC 8030). The id is the hash of the endpoint.
push_subscription = Table(
    "push_subscription",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("user", NAME, ForeignKey("user.name"), nullable=False, index=True),
    Column("device", NAME),
    Column("endpoint", Text, nullable=False),
    Column("p256dh", String(200), nullable=False),
    Column("auth", String(100), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("ended_at", Instant),
)

# What a person chose; without a row the defaults of choices.py hold.
notify_choice = Table(
    "notify_choice",
    metadata,
    Column("user", NAME, ForeignKey("user.name"), primary_key=True),
    Column("push_from_level", Integer, nullable=False),  # 5: never
    Column("sms_from_level", Integer, nullable=False),
    Column("sms_number", String(20)),
    Column("quiet_from", String(5)),  # "21:00" in the project's zone; None: no quiet hours
    Column("quiet_to", String(5)),
)

# Which notices have been looked at: deliveries are planned once for each.
planned_notice = Table(
    "planned_notice",
    metadata,
    Column("notice", String, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
)

# One message to one place. The id follows from both, so that it cannot be planned twice.
delivery = Table(
    "delivery",
    metadata,
    Column("id", String, primary_key=True),
    Column("notice", String, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("place", String(64), nullable=False),  # id of the channel or subscription
    Column("user", NAME, nullable=False),
    Column("state", String(8), nullable=False),  # waiting, sent, dropped, failed
    Column("attempts", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("next_try_at", Instant, nullable=False),
    Column("leased_until", Instant),  # one process is sending it
    Column("ended_at", Instant),
    Column("reason", String(200)),
    Column("is_test", Boolean, nullable=False, default=False),
    Index("delivery_by_state", "state", "next_try_at"),
    Index("delivery_by_place", "place", "state", "ended_at"),
    Index("delivery_by_made_at", "made_at"),
)
