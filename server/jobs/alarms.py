"""Alarms that no duty of one case raises: several records together, photos that do not arrive, phones that fall silent.

For: `raise_alarms(connection, …)`, in the caller's transaction: who answers is told once of each.
Not for: what makes records an alarm (server/ledger/clusters.py), reminders of duties (tick.py), missed patrols (missed.py).
Records together are looked at when one of their types has arrived since the last look; photos and phones once a day, at the
hour of the morning's list. Two at once or a repetition tell nobody twice: ids follow from what an alarm is about.
Source: R-CMP-17, R-VIS-08, R-VIS-03, R-SYN-07, R-SYN-09.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import Connection, func, select

from server.access.directory import Snapshot
from server.catalogue.fields import Label
from server.catalogue.rules.kinds import Cluster, Rule
from server.catalogue.rules.registry import RULES
from server.intake.facts import fact_of
from server.intake.references import load_settings
from server.intake.rules import Rules
from server.intake.surroundings import load_calendar, people_of, people_of_project
from server.intake.tables import fact, fact_photo, phone
from server.intake.waking import read_meta, write_meta
from server.ledger.calendar import day_of, local_time, start_of_day
from server.ledger.clusters import Alarm, alarms_of
from server.ledger.model import Calendar, JsonValue, People
from server.ledger.periods import period_of
from server.ledger.reading import count_setting
from server.notify.inbox import Message, send

LEVEL = 3  # an alarm, as after a limit
LATE_PHOTO, SILENT_PHONE = "R-SYN-07", "R-SYN-09"
MOST = 200  # subjects of one message
WATCHED: tuple[tuple[Rule, Cluster], ...] = tuple(
    (rule, rule.cluster) for rule in RULES.values() if rule.cluster is not None
)


def raise_alarms(connection: Connection, rules: Rules, directory: Snapshot, now: datetime) -> None:
    """Tell of what is an alarm now and was not told of."""
    end = connection.execute(select(func.max(fact.c.seq))).scalar() or 0
    last = int(read_meta(connection, "alarms_seq") or 0)
    arrived = set()
    if end != last:
        types = sorted({name for _, cluster in WATCHED for name in cluster.acts.types})
        recent = select(fact.c.type, fact.c.project).where(
            fact.c.seq > (last if last < end else 0), fact.c.type.in_(types)
        )
        arrived = {(row.type, row.project) for row in connection.execute(recent.distinct())}
    for project in sorted(directory.projects):
        settings = load_settings(connection, rules, directory, project)
        calendar = load_calendar(connection, settings, project)
        people = people_of_project(directory, project, now)
        for rule, cluster in WATCHED:
            if any((name, project) in arrived for name in cluster.acts.types):
                _together(connection, rule, cluster, project, people, calendar, settings, now)
        hour = local_time(
            day_of(now, calendar), time.fromisoformat(str(settings["dec.missed_list_at"])), calendar
        )
        if now >= hour:
            _once_a_day(connection, directory, project, people, calendar, settings, now)
    if end != last:
        write_meta(connection, "alarms_seq", str(end))


def _together(
    connection: Connection,
    rule: Rule,
    cluster: Cluster,
    project: str,
    people: People,
    calendar: Calendar,
    settings: Mapping[str, JsonValue],
    now: datetime,
) -> None:
    today = day_of(now, calendar)
    if cluster.within_days is None:
        first = period_of(today, cluster.every).first
    else:  # as far back as a run of the alarms that are still news reaches
        first = today - timedelta(days=2 * count_setting(settings, cluster.within_days))
    found = select(fact).where(
        fact.c.project == project,
        fact.c.type.in_(cluster.acts.types),
        fact.c.performed_at >= start_of_day(first, calendar),
    )
    facts = [fact_of(row) for row in connection.execute(found)]
    for alarm in alarms_of(cluster, facts, calendar, settings):
        user = people.of(cluster.tells)
        if user:
            send(connection, _message(rule, project, alarm, user), now)


def _message(rule: Rule, project: str, alarm: Alarm, user: str) -> Message:
    count = len(alarm.facts)
    return Message(
        user=user,
        rule=rule.id,
        subject=f"project:{project}",
        period=alarm.name,
        level=LEVEL,
        title=Label(f"{rule.title.zh}：自动预警", f"Alarm: {rule.title.en}"),
        text=Label(
            f"{count} 条记录指向同一问题，请立即了解并处理。",
            f"{count} records point to the same matter; please look into it at once.",
        ),
        due_at=alarm.at,
        area=alarm.areas[0] if len(alarm.areas) == 1 else None,
        items=alarm.facts[:MOST],
    )


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
