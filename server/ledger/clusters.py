"""Alarms that several records raise together: three households of a building with one complaint, a household planned twice.

For: `alarms_of(cluster, facts, …)`, a pure function of the facts of one project.
Not for: declaring one (server/catalogue/rules/kinds.py, `Cluster`), telling somebody (server/jobs/alarms.py), single duties.
Source: R-CMP-17, R-VIS-08, R-VIS-03; K-18.

The order of arrival makes no difference. An alarm is named by the day on which it arose and by what its records agree in, so
that it is raised once; what comes while its time lasts belongs to it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.catalogue.rules.kinds import Acts, Cluster
from server.ledger.calendar import DAY, day_of
from server.ledger.counted import counted
from server.ledger.model import Calendar, Fact, JsonObject, JsonValue
from server.ledger.periods import period_of
from server.ledger.reading import count_setting, entries, text, whole


@dataclass(frozen=True, slots=True)
class Alarm:
    """Records that agree, as many as make an alarm."""

    name: str  # the day it arose and a mark of what the records agree in
    at: datetime  # of the record that made it one
    same: tuple[str, ...]
    facts: tuple[str, ...]
    areas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sighting:
    """One act, or one entry of its group, as far as it can agree with others."""

    fact: Fact
    same: tuple[str, ...]
    about: str  # what has to differ


def alarms_of(
    cluster: Cluster,
    facts: Iterable[Fact],
    calendar: Calendar,
    settings: Mapping[str, JsonValue],
) -> list[Alarm]:
    """Return every alarm of the facts, oldest first. Held, withdrawn and corrected ones count as everywhere."""
    needed = max(2, count_setting(settings, cluster.at_least))
    days = None if cluster.within_days is None else count_setting(settings, cluster.within_days)
    known = _matching(cluster.acts, counted(facts).facts)
    found = [
        _alarm(run, calendar)
        for together in _groups(cluster, known, calendar)
        for run in _runs(together, days, needed)
    ]
    return sorted(found, key=lambda each: (each.at, each.name))


def _alarm(run: Sequence[Sighting], calendar: Calendar) -> Alarm:
    last = run[-1]
    mark = hashlib.sha256("\n".join(last.same).encode()).hexdigest()[:8]
    return Alarm(
        name=f"{day_of(last.fact.performed_at, calendar).isoformat()}-{mark}",
        at=last.fact.performed_at,
        same=last.same,
        facts=tuple(dict.fromkeys(each.fact.id for each in run)),
        areas=tuple(sorted({each.fact.area for each in run})),
    )


def _groups(cluster: Cluster, known: Sequence[Fact], calendar: Calendar) -> Iterator[list[Sighting]]:
    """Yield what agrees, in order of time; without days of its own a cluster ends with its period."""
    groups: dict[tuple[str, ...], list[Sighting]] = defaultdict(list)
    counted_in: dict[str, set[tuple[str, ...]]] = defaultdict(set)  # in the present turn of a period
    turns: dict[str, int] = defaultdict(int)
    for fact in known:
        period = period_of(day_of(fact.performed_at, calendar), cluster.every).name
        within = "" if cluster.within_days else f"{period}#{turns[period]}"
        for sighting in _sightings(cluster, fact):
            groups[(within, *sighting.same)].append(sighting)
            counted_in[period].add(sighting.same)
        all_of = whole(fact.body, cluster.until_all_of) if cluster.until_all_of else None
        if all_of is not None and len(counted_in[period]) >= all_of:
            counted_in[period].clear()  # everybody has had their turn: it is no repetition to begin again
            turns[period] += 1
    yield from groups.values()


def _runs(together: Sequence[Sighting], days: int | None, needed: int) -> Iterator[list[Sighting]]:
    """Yield each run that makes an alarm. What comes while its time lasts belongs to it; then counting begins anew."""
    run: list[Sighting] = []
    until: datetime | None = None
    for each in together:
        at = each.fact.performed_at
        if until is not None and (days is None or at <= until):
            continue
        until = None
        run = [old for old in run if days is None or old.fact.performed_at > at - days * DAY] + [each]
        if len({old.about for old in run}) >= needed:
            yield run
            until = at if days is None else at + days * DAY
            run = []


def _matching(acts: Acts, facts: Iterable[Fact]) -> list[Fact]:
    return [
        each
        for each in facts
        if each.type in acts.types and (acts.when is None or acts.when.holds(each.body))
    ]


def _sightings(cluster: Cluster, fact: Fact) -> Iterator[Sighting]:
    """Yield what the act has to agree in, each once; nothing where a part of it is not said."""
    bodies: Iterable[JsonObject] = (
        [dict(fact.body)] if cluster.each is None else entries(fact.body, cluster.each)
    )
    seen = set()
    for body in bodies:
        same = tuple(_part(name, fact, body) for name in cluster.same)
        about = _part(cluster.distinct, fact, body)
        if all(same) and about and same not in seen:
            seen.add(same)
            yield Sighting(fact, same, about)


def _part(name: str, fact: Fact, body: JsonObject) -> str:
    match name:
        case "fact":
            return fact.id
        case "household":
            return text(body, "household") or unit_no_of(fact)
        case "building":
            return unit_no_of(fact).partition("-")[0]
    return " ".join((text(body, name) or "").split()).casefold()


def unit_no_of(fact: Fact) -> str:
    """Return the unit number in the id of the unit or household that an act names, `3-1-502`; empty when it names none."""
    for named in (text(fact.body, "unit_id"), text(fact.body, "household_id"), fact.subject):
        kind, _, key = (named or "").partition(":")
        key = key.removeprefix(f"{fact.project}-")
        if kind == "unit":
            return key
        if kind == "household":
            return key.rpartition("-")[0]
    return ""
