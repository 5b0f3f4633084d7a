"""The group robots and SMS gateways of a project: set up by an operator, never by a person's own address.

For: `add_channel`, `end_channel`, `list_channels` (used by `xunlu notify`).
Not for: sending. Addresses and secrets go in and are never shown again.
Source: promises S-34; contract section 1 (administration by command).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import Connection, func, insert, select, update

from server.access import audit, tables
from server.errors import AlreadyExists, InvalidInput, NotFound
from server.notify.tables import channel, delivery

KINDS = ("wecom", "dingtalk", "feishu", "sms")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
A_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """One channel as `xunlu notify list` shows it; counts are of the last seven days."""

    id: str
    project: str
    kind: str
    host: str
    from_level: int
    lang: str
    sent: int
    waiting: int
    failed: int
    last_trouble: str | None


def add_channel(
    connection: Connection,
    channel_id: str,
    project: str,
    kind: str,
    url: str,
    secret: str | None,
    from_level: int,
    lang: str,
    *,
    at: datetime,
    by: str,
) -> None:
    """Raises InvalidInput, AlreadyExists, NotFound."""
    if not _NAME.fullmatch(channel_id):
        raise InvalidInput("名称用小写字母开头。A name is lower case letters, digits, - and _.", field="name")
    if kind not in KINDS:
        raise InvalidInput(f"通道类型为 {'、'.join(KINDS)}。There is no kind {kind!r}.", field="kind")
    _check_url(url)
    if connection.execute(select(tables.project.c.id).where(tables.project.c.id == project)).first() is None:
        raise NotFound(f"没有这个项目。There is no project {project!r}.")
    if connection.execute(select(channel.c.id).where(channel.c.id == channel_id)).first() is not None:
        raise AlreadyExists(f"通道 {channel_id} 已存在。There is a channel {channel_id} already.")
    connection.execute(
        insert(channel).values(
            id=channel_id,
            project=project,
            kind=kind,
            url=url,
            secret=secret,
            from_level=from_level,
            lang=lang,
            added_at=at,
        )
    )
    audit.append(
        connection, at, by, "channel_added", {"channel": channel_id, "project": project, "kind": kind}
    )


def end_channel(connection: Connection, channel_id: str, *, at: datetime, by: str) -> None:
    """What waits for it is dropped. Raises NotFound."""
    done = connection.execute(
        update(channel)
        .where(channel.c.id == channel_id, channel.c.ended_at.is_(None))
        .values(ended_at=at, url="", secret=None)
    )
    if done.rowcount == 0:
        raise NotFound(f"没有这个通道。There is no channel {channel_id!r}.")
    audit.append(connection, at, by, "channel_ended", {"channel": channel_id})


def list_channels(connection: Connection, now: datetime) -> Sequence[ChannelLine]:
    lines = []
    for row in connection.execute(select(channel).where(channel.c.ended_at.is_(None)).order_by(channel.c.id)):
        counts = {
            state: int(number)
            for state, number in connection.execute(
                select(delivery.c.state, func.count())
                .where(delivery.c.place == row.id, delivery.c.made_at > now - A_WEEK)
                .group_by(delivery.c.state)
            )
        }
        trouble = connection.execute(
            select(delivery.c.reason)
            .where(delivery.c.place == row.id, delivery.c.state.in_(("failed", "waiting")))
            .where(delivery.c.reason.is_not(None), delivery.c.made_at > now - A_WEEK)
            .order_by(delivery.c.made_at.desc())
            .limit(1)
        ).scalar()
        lines.append(
            ChannelLine(
                id=row.id,
                project=row.project,
                kind=row.kind,
                host=urlsplit(row.url).hostname or "",
                from_level=row.from_level,
                lang=row.lang,
                sent=counts.get("sent", 0),
                waiting=counts.get("waiting", 0),
                failed=counts.get("failed", 0),
                last_trouble=trouble,
            )
        )
    return lines


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.username or not url.isprintable() or " " in url:
        raise InvalidInput("通道地址不对。This is no address of a robot or gateway.", field="url")
    if parts.scheme == "https" or (parts.scheme == "http" and _is_near(host)):
        return
    raise InvalidInput(
        "通道地址须为 https。The address must be https (http on this machine only).", field="url"
    )


def _is_near(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
