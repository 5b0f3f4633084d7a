"""What each person chose to be told outside the application, and when they want quiet.

For: `choice_of`, `choose`, and `after_quiet`: the first instant at which a message may go out.
Not for: the inbox, which nobody can turn off: it is where a duty is told of for certain.
Source: issue of promises I5 and S-31; domain R-GEN-10 (what is sent), R-X-25 and `rv.quiet_hours` (nobody is disturbed at night).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, insert, select

from server.errors import InvalidInput
from server.notify.tables import notify_choice

NEVER = 5  # one above the highest level
_NUMBER = re.compile(r"\+?[0-9]{6,15}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True, slots=True)
class Choice:
    """Levels: 1 and 2 are reminders, 3 and 4 alarms; a message goes out from the level chosen, `NEVER` for none."""

    push_from_level: int = 1
    sms_from_level: int = NEVER
    sms_number: str | None = None
    quiet_from: str | None = "21:00"
    quiet_to: str | None = "07:30"


def choice_of(connection: Connection, user: str) -> Choice:
    row = connection.execute(select(notify_choice).where(notify_choice.c.user == user)).one_or_none()
    if row is None:
        return Choice()
    return Choice(row.push_from_level, row.sms_from_level, row.sms_number, row.quiet_from, row.quiet_to)


def choose(connection: Connection, user: str, choice: Choice) -> None:
    """Raises InvalidInput naming the field."""
    _check(choice)
    connection.execute(delete(notify_choice).where(notify_choice.c.user == user))
    connection.execute(
        insert(notify_choice).values(
            user=user,
            push_from_level=choice.push_from_level,
            sms_from_level=choice.sms_from_level,
            sms_number=choice.sms_number,
            quiet_from=choice.quiet_from,
            quiet_to=choice.quiet_to,
        )
    )


def after_quiet(choice: Choice, now: datetime, time_zone: str) -> datetime:
    """`now`, or the end of the quiet hours it falls into. The hours may run over midnight; their end is outside them."""
    if choice.quiet_from is None or choice.quiet_to is None or choice.quiet_from == choice.quiet_to:
        return now
    zone = ZoneInfo(time_zone)
    local = now.astimezone(zone)
    clock = f"{local:%H:%M}"
    begin, end = choice.quiet_from, choice.quiet_to
    is_quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
    if not is_quiet:
        return now
    day = local.date() if clock < end else local.date() + timedelta(days=1)
    ends = datetime.combine(day, time.fromisoformat(end), zone)
    return max(now, ends.astimezone(now.tzinfo))


def _check(choice: Choice) -> None:
    for field, level in (
        ("push_from_level", choice.push_from_level),
        ("sms_from_level", choice.sms_from_level),
    ):
        if not 1 <= level <= NEVER:
            raise InvalidInput(
                "级别为 1 至 5 (5 为不发送)。A level is 1 to 5; 5 is never.", field=field, expected="1-5"
            )
    if choice.sms_number is not None and not _NUMBER.fullmatch(choice.sms_number):
        raise InvalidInput(
            "手机号不对，例如 +8613800000000。Not a telephone number, such as +8613800000000.",
            field="sms_number",
        )
    if choice.sms_from_level < NEVER and choice.sms_number is None:
        raise InvalidInput(
            "要收短信请填手机号。A telephone number is needed for messages by SMS.", field="sms_number"
        )
    if (choice.quiet_from is None) != (choice.quiet_to is None):
        raise InvalidInput(
            "免打扰时段要同时填开始和结束。Quiet hours need both their start and their end.", field="quiet_to"
        )
    for field, clock in (("quiet_from", choice.quiet_from), ("quiet_to", choice.quiet_to)):
        if clock is not None and not _CLOCK.fullmatch(clock):
            raise InvalidInput("时间格式为 21:00。A time is written as 21:00.", field=field)
