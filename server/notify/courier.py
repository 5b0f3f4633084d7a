"""Brings planned deliveries to their places: claims some, sends them side by side, notes what became of each.

For: `Courier.deliver()`, which a tick calls; `courier_sinks` with the sinks as shipped.
Not for: what is planned (plan.py), what one sink's answer means (robots.py, webpush.py, sms.py).
A claim is a lease in the row: two processes never send the same delivery at once, and a killed one's is taken up again when the
lease ends, with the same key. What has been settled meanwhile (the duty met, the message acknowledged) is dropped unsent.
Source: promises I5, D14, F-18 (back-off with jitter, Retry-After).
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx2
from sqlalchemy import Connection, Engine, and_, func, or_, select, update

from server.access.directory import Directory, Snapshot
from server.clock import Clock
from server.database import writing
from server.intake.due_rows import OPEN_DUE
from server.intake.tables import due_item, notice
from server.notify.choices import after_quiet, choice_of
from server.notify.outward import LASTS, Lang, outward, test_message
from server.notify.plan import project_and_zone
from server.notify.robots import DingTalk, Feishu, WeChatWork
from server.notify.sinks import TIMEOUT_SECONDS, Again, Answer, Gone, Outward, Refused, Sent, Sink, Target
from server.notify.sms import SmsGateway
from server.notify.subscriptions import is_signed_in
from server.notify.tables import channel, delivery, push_subscription
from server.notify.webpush import VapidKey, WebPush

log = logging.getLogger(__name__)

BATCH = 50
AT_ONCE = 8
LEASE_SECONDS = 120
FIRST_WAIT_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 3600.0
A_MINUTE = timedelta(seconds=60)
PER_MINUTE = 18  # to one robot: they take twenty


def courier_sinks(key: VapidKey) -> dict[str, Sink]:
    return {
        "webpush": WebPush(key),
        "wecom": WeChatWork(),
        "dingtalk": DingTalk(),
        "feishu": Feishu(),
        "sms": SmsGateway(),
    }


class Courier:
    def __init__(
        self,
        engine: Engine,
        directory: Directory,
        sinks: Mapping[str, Sink],
        clock: Clock,
        dice: random.Random | None = None,
    ) -> None:
        self._engine, self._directory, self._sinks, self._clock = engine, directory, sinks, clock
        self._dice = dice or random.Random()

    async def deliver(self, only: str | None = None) -> int:
        """Send what has come due, a batch, or one delivery; return how many were tried."""
        now = self._clock.now()
        claimed = await asyncio.to_thread(self._claim, now, only)
        if not claimed:
            return 0
        limit = asyncio.Semaphore(AT_ONCE)
        async with httpx2.AsyncClient(
            timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False
        ) as client:

            async def one(row: Any, target: Target, message: Outward) -> tuple[Any, Answer]:
                async with limit:
                    return row, await self._sinks[row.kind].send(client, target, message, now)

            answers = await asyncio.gather(*(one(*each) for each in claimed))
        await asyncio.to_thread(self._note, answers, self._clock.now())
        return len(answers)

    def _claim(self, now: datetime, only: str | None) -> list[tuple[Any, Target, Outward]]:
        directory = self._directory.current()
        wanted = [] if only is None else [delivery.c.id == only]
        with writing(self._engine) as connection:
            rows = connection.execute(
                select(delivery)
                .where(
                    delivery.c.state == "waiting",
                    delivery.c.next_try_at <= now,
                    or_(delivery.c.leased_until.is_(None), delivery.c.leased_until <= now),
                    *wanted,
                )
                .order_by(delivery.c.next_try_at, delivery.c.id)
                .limit(BATCH)
            ).all()
            claimed = []
            room = {place: _room(connection, place, now) for place in {row.place for row in rows}}
            for row in rows:
                ready = self._ready(connection, directory, row, now)
                if ready is None:
                    continue
                if row.kind != "webpush" and room[row.place] <= 0:
                    _set(connection, row.id, next_try_at=now + A_MINUTE / 4)
                    continue
                room[row.place] -= 1
                _set(
                    connection,
                    row.id,
                    leased_until=now + timedelta(seconds=LEASE_SECONDS),
                    attempts=row.attempts + 1,
                )
                claimed.append((row, *ready))
            return claimed

    def _ready(
        self, connection: Connection, directory: Snapshot, row: Any, now: datetime
    ) -> tuple[Target, Outward] | None:
        """Where it goes and what it says; None when it has been dropped or put off instead."""
        if row.kind not in self._sinks:
            _end(connection, row, now, "dropped", "this kind of channel is not offered")
            return None
        if now >= row.made_at + LASTS:
            _end(connection, row, now, "failed", row.reason or "no success within a day")
            return None
        place = _target(connection, row)
        if place is None:
            _end(connection, row, now, "dropped", "the place is gone")
            return None
        target, lang = place
        if row.is_test:
            return target, test_message(row.id, row.made_at, lang)
        message = connection.execute(select(notice).where(notice.c.id == row.notice)).one_or_none()
        if (
            message is None
            or message.acknowledged_at is not None
            or not _is_still_due(connection, message.body)
        ):
            _end(connection, row, now, "dropped", "settled before it was sent")
            return None
        area = message.body.get("area")
        _, zone = project_and_zone(directory, area, row.user)
        at = after_quiet(choice_of(connection, row.user), now, zone)
        if at > now:
            _set(connection, row.id, next_try_at=at)
            return None
        name = directory.areas[area].name if area in directory.areas else None
        return target, outward(message.body, row.id, row.made_at, name, zone, lang)

    def _note(self, answers: Sequence[tuple[Any, Answer]], now: datetime) -> None:
        with writing(self._engine) as connection:
            for row, answer in answers:
                match answer:
                    case Sent():
                        _end(connection, row, now, "sent", None)
                    case Gone(reason):
                        _end(connection, row, now, "failed", reason)
                        if row.kind == "webpush":
                            connection.execute(
                                update(push_subscription)
                                .where(push_subscription.c.id == row.place)
                                .values(ended_at=now)
                            )
                    case Refused(reason):
                        _end(connection, row, now, "failed", reason)
                        log.error("message refused kind=%s place=%s reason=%s", row.kind, row.place, reason)
                    case Again(reason, after_seconds):
                        wait = after_seconds if after_seconds is not None else self._wait(row.attempts)
                        _set(
                            connection,
                            row.id,
                            next_try_at=now + timedelta(seconds=wait),
                            leased_until=None,
                            reason=reason[:200],
                        )

    def _wait(self, attempts: int) -> float:
        """Doubles with each try, with jitter, so that many do not come back together."""
        longest = min(FIRST_WAIT_SECONDS * 2.0 ** min(attempts, 20), LONGEST_WAIT_SECONDS)
        return longest * self._dice.uniform(0.5, 1.0)


def _target(connection: Connection, row: Any) -> tuple[Target, Lang] | None:
    if row.kind == "webpush":
        found = connection.execute(
            select(push_subscription).where(
                push_subscription.c.id == row.place, push_subscription.c.ended_at.is_(None)
            )
        ).one_or_none()
        if found is None or found.user != row.user or not is_signed_in(connection, row.user, found.device):
            return None  # signed out there since, or somebody else has it
        return Target("webpush", found.endpoint, p256dh=found.p256dh, auth=found.auth), found.lang
    found = connection.execute(
        select(channel).where(channel.c.id == row.place, channel.c.ended_at.is_(None))
    ).one_or_none()
    if found is None:
        return None
    number = choice_of(connection, row.user).sms_number or "" if row.kind == "sms" else ""
    return Target(row.kind, found.url, found.secret, number=number), found.lang


def _is_still_due(connection: Connection, body: Mapping[str, Any]) -> bool:
    """Whether any duty the message is about is open; a message about none (a list) stays worth sending."""
    subjects = body.get("items") or [body["subject"]]
    states = connection.execute(
        select(due_item.c.status).where(
            due_item.c.rule == body["rule"],
            due_item.c.period == body["period"],
            due_item.c.subject.in_([str(one) for one in subjects]),
        )
    ).scalars()
    known = list(states)
    return not known or any(state in OPEN_DUE for state in known)


def _room(connection: Connection, place: str, now: datetime) -> int:
    """How many messages a robot may still be given within this minute: what was sent, and what is being sent."""
    lately = and_(delivery.c.state == "sent", delivery.c.ended_at > now - A_MINUTE)
    sending = and_(delivery.c.state == "waiting", delivery.c.leased_until > now)
    taken = connection.execute(
        select(func.count()).select_from(delivery).where(delivery.c.place == place, or_(lately, sending))
    ).scalar_one()
    return PER_MINUTE - int(taken)


def _end(connection: Connection, row: Any, now: datetime, state: str, reason: str | None) -> None:
    _set(connection, row.id, state=state, ended_at=now, leased_until=None, reason=reason and reason[:200])


def _set(connection: Connection, delivery_id: str, **values: Any) -> None:
    connection.execute(update(delivery).where(delivery.c.id == delivery_id).values(**values))
