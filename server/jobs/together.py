"""Alarms of several records together, among what has arrived: what to tell whom.

For: `alarms_together(connection, …)`: the messages, each with the id that follows from what it is about.
Not for: what makes records an alarm (server/ledger/clusters.py, pictures.py), sending and when (alarms.py), a dry run's lines
(server/simulation).
Source: R-CMP-17, R-VIS-08, R-VIS-03, R-X-27.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, select

from server.access.directory import Snapshot
from server.catalogue.fields import Label
from server.catalogue.rules.kinds import Cluster, Rule
from server.catalogue.rules.registry import RULES
from server.intake.facts import fact_of
from server.intake.references import load_settings
from server.intake.rules import Rules
from server.intake.surroundings import load_calendar, people_of_project
from server.intake.tables import fact
from server.jobs.pictures import LEVEL, MOST, message_of, reuses_among
from server.ledger.calendar import day_of, start_of_day
from server.ledger.clusters import Alarm, alarms_of
from server.ledger.model import Calendar, JsonValue
from server.ledger.periods import period_of
from server.ledger.reading import count_setting
from server.notify.inbox import Message

WATCHED: tuple[tuple[Rule, Cluster], ...] = tuple(
    (rule, rule.cluster) for rule in RULES.values() if rule.cluster is not None
)


def alarms_together(
    connection: Connection, rules: Rules, directory: Snapshot, now: datetime, news: ColumnElement[bool]
) -> Iterator[Message]:
    """Yield what is an alarm now and has to do with the facts of the condition `news`; told before or not."""
    types = sorted({name for _, cluster in WATCHED for name in cluster.acts.types})
    recent = select(fact.c.type, fact.c.project).where(news, fact.c.type.in_(types)).distinct()
    arrived = {(row.type, row.project) for row in connection.execute(recent)}
    reused = reuses_among(connection, news)
    concerned = {project for _, project in arrived} | {each.fact.project for each in reused}
    for project in sorted(concerned & set(directory.projects)):
        settings = load_settings(connection, rules, directory, project)
        calendar = load_calendar(connection, settings, project)
        people = people_of_project(directory, project, now)
        for rule, cluster in WATCHED:
            user = people.of(cluster.tells)
            if user and any((name, project) in arrived for name in cluster.acts.types):
                for alarm in _standing(connection, cluster, project, calendar, settings, now):
                    yield _message(rule, cluster.title or rule.title, project, alarm, user)
        for reuse in reused:
            if reuse.fact.project == project:
                message = message_of(reuse, directory, calendar, now)
                if message is not None:
                    yield message


def _standing(
    connection: Connection,
    cluster: Cluster,
    project: str,
    calendar: Calendar,
    settings: Mapping[str, JsonValue],
    now: datetime,
) -> list[Alarm]:
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
    return alarms_of(cluster, facts, calendar, settings)


def _message(rule: Rule, title: Label, project: str, alarm: Alarm, user: str) -> Message:
    count = len(alarm.facts)
    return Message(
        user=user,
        rule=rule.id,
        subject=f"project:{project}",
        period=alarm.name,
        level=LEVEL,
        title=Label(f"{title.zh}：自动预警", f"Alarm: {title.en}"),
        text=Label(
            f"{count} 条记录指向同一问题，请立即了解并处理。",
            f"{count} records point to the same matter; please look into it at once.",
        ),
        due_at=alarm.at,
        area=alarm.areas[0] if len(alarm.areas) == 1 else None,
        items=alarm.facts[:MOST],
    )
