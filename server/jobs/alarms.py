"""Alarms that no duty of one case raises: several records together, photos that do not arrive, phones that fall silent.

For: `raise_alarms(connection, …)`, in the caller's transaction: who answers is told once of each.
Not for: which records together are an alarm and what is said of it (together.py), reminders of duties (tick.py), missed patrols
(missed.py). Records together are looked at when something has arrived since the last look; photos and phones once a day, at the
hour of the morning's list. Two at once or a repetition tell nobody twice: ids follow from what an alarm is about.
Source: R-CMP-17, R-VIS-08, R-VIS-03, R-X-27, R-SYN-07, R-SYN-09.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, Connection, func, or_, select

from server.access.directory import Snapshot
from server.catalogue.fields import Label
from server.intake.references import load_settings
from server.intake.rules import Rules
from server.intake.surroundings import load_calendar, people_of, people_of_project
from server.intake.tables import fact, fact_photo, phone, release
from server.intake.waking import read_meta, write_meta
from server.jobs.pictures import LEVEL, MOST
from server.jobs.together import alarms_together
from server.ledger.calendar import day_of, local_time
from server.ledger.model import Calendar, JsonValue, People
from server.ledger.reading import count_setting
from server.notify.inbox import Message, send, send_all

LATE_PHOTO, SILENT_PHONE = "R-SYN-07", "R-SYN-09"
SEEN = "alarms_seq"  # of meta: up to which place of the journal, and how many releases, alarms of several records were looked for


def raise_alarms(connection: Connection, rules: Rules, directory: Snapshot, now: datetime) -> None:
    """Tell of what is an alarm now and was not told of."""
    news, seen = _news(connection)
    if news is not None:
        send_all(connection, list(alarms_together(connection, rules, directory, now, news)), now)
        write_meta(connection, SEEN, seen)
    for project in sorted(directory.projects):
        settings = load_settings(connection, rules, directory, project)
        calendar = load_calendar(connection, settings, project)
        people = people_of_project(directory, project, now)
        hour = local_time(
            day_of(now, calendar), time.fromisoformat(str(settings["dec.missed_list_at"])), calendar
        )
        if now >= hour:
            _once_a_day(connection, directory, project, people, calendar, settings, now)


def _news(connection: Connection) -> tuple[ColumnElement[bool] | None, str]:
    """Which facts may make an alarm that was not told of, None: none; and what to note when they have been looked at.

    A fact that was released counts from then on, however long ago it arrived.
    """
    end = connection.execute(select(func.max(fact.c.seq))).scalar() or 0
    released = connection.execute(select(func.count()).select_from(release)).scalar_one()
    before = (read_meta(connection, SEEN) or "0").split(" ")
    last, last_released = int(before[0]), int(before[-1]) if len(before) > 1 else 0
    seen = f"{end} {released}"
    news = [] if end == last else [fact.c.seq > (last if last < end else 0)]
    if released != last_released:
        news.append(fact.c.id.in_(select(release.c.fact_id)))
    return (or_(*news) if news else None), seen


def _once_a_day(
    connection: Connection,
    directory: Snapshot,
    project: str,
    people: People,
    calendar: Calendar,
    settings: Mapping[str, JsonValue],
    now: datetime,
) -> None:
    day = day_of(now, calendar).isoformat()
    done = f"daily_alarms:{project}"
    if read_meta(connection, done) == day:
        return
    hours = timedelta(hours=count_setting(settings, "sync.photo_alarm_hours"))
    for area in sorted(each.id for each in directory.areas_of(project)):
        supervisor = people_of(directory, area, now).supervisor
        late = _late_photos(connection, project, area, now - hours)
        if late and supervisor:
            words = (
                Label(f"{len(late)} 条记录的照片仍未到达", f"{len(late)} records still lack their photos"),
                Label(
                    "记录已保存，照片还在手机上。请提醒管家联网上传。",
                    "The records are safe; their photos are still on a phone. Please have them sent.",
                ),
            )
            send(connection, _list(LATE_PHOTO, f"area:{area}", day, supervisor, words, late, now), now)
    silent = _silent_phones(connection, directory, project, settings, now)
    if silent and people.supervisor:
        words = (
            Label(f"{len(silent)} 台手机失联", f"{len(silent)} phones have fallen silent"),
            Label(
                f"超过 {settings['sync.device_alarm_hours']} 小时没有联系，且最后一次仍有未上传的记录，请联系使用人。",
                f"Not heard from for {settings['sync.device_alarm_hours']} hours, with records unsent; please call their users.",
            ),
        )
        send(
            connection,
            _list(SILENT_PHONE, f"project:{project}", day, people.supervisor, words, silent, now),
            now,
        )
    write_meta(connection, done, day)


def _list(
    rule: str,
    subject: str,
    day: str,
    user: str,
    words: tuple[Label, Label],
    items: Sequence[str],
    now: datetime,
) -> Message:
    title, text = words
    return Message(
        user=user,
        rule=rule,
        subject=subject,
        period=day,
        level=LEVEL,
        title=title,
        text=text,
        due_at=now,
        area=subject.removeprefix("area:") if subject.startswith("area:") else None,
        items=tuple(items[:MOST]),
    )


def _late_photos(connection: Connection, project: str, area: str, before: datetime) -> list[str]:
    """Return the facts that count and arrived before an instant, and name a photo that is not here."""
    joined = fact_photo.join(fact, fact.c.id == fact_photo.c.fact_id)
    found = (
        select(fact.c.id)
        .select_from(joined)
        .where(
            fact_photo.c.stored.is_(False),
            fact.c.project == project,
            fact.c.area == area,
            fact.c.received_at < before,
            fact.c.voided_by.is_(None),
            fact.c.refused.is_(False),
        )
    )
    return list(connection.scalars(found.distinct().order_by(fact.c.id).limit(MOST)))


def _silent_phones(
    connection: Connection,
    directory: Snapshot,
    project: str,
    settings: Mapping[str, JsonValue],
    now: datetime,
) -> list[str]:
    """Return the users' phones that have not been heard from for long and had something to send."""
    hours = count_setting(settings, "sync.device_alarm_hours")
    found = select(phone.c.user, phone.c.device).where(
        phone.c.reported_at < now - timedelta(hours=hours), phone.c.pending + phone.c.pending_photos > 0
    )
    return [
        f"{row.user}/{row.device}"
        for row in connection.execute(found.order_by(phone.c.user, phone.c.device))
        if row.user in directory.users and directory.roles_in(row.user, project, now)
    ]
