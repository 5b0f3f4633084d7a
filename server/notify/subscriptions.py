"""Which browsers asked to be told of messages while the application is closed.

For: keeping a subscription for the signed-in person and device, and ending it.
Not for: sending (webpush.py). A browser has one subscription: whoever signed in last and asked has it.
A subscription counts only while its user has a session on that device, so that signing out, a lost phone and a closed account
end it without a word from the browser.
Source: RFC 8030; promises S-28, S-29, S-34.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from server.access import tables
from server.access.person import Person
from server.errors import InvalidInput
from server.notify.tables import push_subscription
from server.notify.webpush import bytes_of, encrypt, endpoint_problem

PER_USER = 10


def subscribe(
    connection: Connection,
    person: Person,
    endpoint: str,
    p256dh: str,
    auth: str,
    lang: str,
    now: datetime,
    more_hosts: tuple[str, ...] = (),
) -> str:
    """Keep it; return its id. Repeating it changes nothing. Raises InvalidInput naming the member."""
    if (problem := endpoint_problem(endpoint, more_hosts)) is not None:
        raise InvalidInput(
            f"不能向这个地址推送。Nothing can be pushed to this address: {problem}.", field="endpoint"
        )
    try:
        encrypt(b"", bytes_of(p256dh), bytes_of(auth))
    except ValueError as error:
        raise InvalidInput(
            "浏览器给出的密钥不可用。The browser's keys cannot be used.", field="keys"
        ) from error
    subscription_id = hashlib.sha256(endpoint.encode()).hexdigest()
    connection.execute(delete(push_subscription).where(push_subscription.c.id == subscription_id))
    connection.execute(
        insert(push_subscription).values(
            id=subscription_id,
            user=person.name,
            device=person.device,
            endpoint=endpoint,
            p256dh=p256dh,
            auth=auth,
            lang=lang,
            made_at=now,
        )
    )
    for old in _live(connection, person.name)[PER_USER:]:
        _end(connection, old.id, now)
    return subscription_id


def unsubscribe(connection: Connection, person: Person, subscription_id: str, now: datetime) -> bool:
    """End one of one's own; False when there is no such one."""
    own = [one.id for one in _live(connection, person.name)]
    if subscription_id not in own:
        return False
    _end(connection, subscription_id, now)
    return True


def count_of(connection: Connection, user: str) -> int:
    return len(_live(connection, user))


def is_signed_in(connection: Connection, user: str, device: str | None) -> bool:
    """Whether the person still has a session on that device; without a device, anywhere."""
    conditions = [tables.session.c.user == user, tables.session.c.ended_at.is_(None)]
    if device is not None:
        conditions.append(tables.session.c.device == device)
    return connection.execute(select(tables.session.c.id).where(*conditions).limit(1)).first() is not None


def _live(connection: Connection, user: str) -> list[Any]:
    """The newest first."""
    return list(
        connection.execute(
            select(push_subscription)
            .where(push_subscription.c.user == user, push_subscription.c.ended_at.is_(None))
            .order_by(push_subscription.c.made_at.desc(), push_subscription.c.id)
        )
    )


def _end(connection: Connection, subscription_id: str, now: datetime) -> None:
    connection.execute(
        update(push_subscription).where(push_subscription.c.id == subscription_id).values(ended_at=now)
    )
