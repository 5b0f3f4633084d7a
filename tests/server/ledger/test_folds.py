"""What every fold promises: no order of arrival, nothing counted twice, and a true `wake_at`."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.ledger.documents import status_document
from server.ledger.folds import fold
from server.ledger.model import Calendar, Fact, Hold, Status
from tests.server.ledger.site import HOUSEHOLD, PROJECT, UNIT, VIOLATION, Site, at, document, wall

LAGS = st.sampled_from([0, 0, 0, 1, 30, 60, 24 * 60, 3 * 24 * 60])
PEOPLE = st.sampled_from(["steward1", "steward1", "supervisor1", "manager1", "steward2"])


@st.composite
def times(draw: st.DrawFn) -> str:
    """A moment within twenty days, often at an edge of a day."""
    day, clock = (
        draw(st.integers(1, 20)),
        draw(st.sampled_from(["00:00:00", "08:00", "18:00:00", "23:59:59", "12:34:56"])),
    )
    return f"06-{day:02d} {clock}"


def spread(site: Site, draw: st.DrawFn) -> None:
    """Let facts arrive late, hold some, correct and withdraw some."""
    late = []
    for fact in site.facts:
        fact = replace(fact, received_at=fact.performed_at + timedelta(minutes=draw(LAGS)))
        if fact.type != "violation" and draw(st.integers(0, 9)) == 0:
            fact = replace(fact, hold=Hold("photos_too_few", "缺照片", "photos missing"))
        late.append(fact)
    site.facts = late
    for target in draw(st.lists(st.sampled_from(late), max_size=3)) if late else []:
        how = draw(st.sampled_from(["amends", "voids"]))
        body = dict(target.body) if how == "amends" else {"reason": "x"}
        site.record(target.type, target.subject, draw(times()), body, by=draw(PEOPLE), **{how: target.id})


@st.composite
def decorations(draw: st.DrawFn) -> tuple[Site, str]:
    site = Site(
        settings={"dec.patrol_rest_days": draw(st.booleans()), "dec.patrol_per_day": draw(st.integers(1, 2))}
    )
    site.settings["dec.guards_hold"] = draw(st.booleans())
    site.start_work("06-03 08:00", seen=draw(st.booleans()), told=draw(st.booleans()))
    for _ in range(draw(st.integers(0, 6))):
        site.patrol(draw(times()))
    for _ in range(draw(st.integers(0, 3))):
        around = draw(st.sampled_from(["talk", "brief", "acceptance"]))
        if around == "talk":
            site.talk(draw(times()), draw(st.sampled_from(["owner", "designer"])))
        elif around == "brief":
            site.brief(draw(times()), "owner", "contractor")
        else:
            result = {"result": draw(st.sampled_from(["passed", "failed"])), "participants": ["engineer"]}
            site.record("acceptance", PROJECT, draw(times()), result)
    for _ in range(draw(st.integers(0, 4))):
        first = draw(st.integers(2, 18))
        to = draw(
            st.sampled_from(
                ["paused", "paused", "resumed", "completion_check", "rectifying", "accepted", "stopped"]
            )
        )
        body: dict[str, Any] = {"reason": "x"}
        if to == "paused":
            last = first + draw(st.integers(0, 6))
            body |= {"pause_from": f"2026-06-{first:02d}", "pause_to": f"2026-06-{last:02d}"}
        site.step(to, draw(times()), **body)
    if draw(st.booleans()):
        site.report(draw(times()))
        state = draw(st.sampled_from(["submitted", "confirmed", "closed"]))
        site.linked[VIOLATION] = Status(VIOLATION, "violation", "demo", "a1", state, {"decision": None})
    spread(site, draw)
    return site, PROJECT


@st.composite
def violations(draw: st.DrawFn) -> tuple[Site, str]:
    site = Site()
    site.report("06-01 10:00")
    for number in range(draw(st.integers(0, 6))):
        kind = draw(
            st.sampled_from(
                [
                    "violation_progress",
                    "violation_recheck",
                    "violation_notice",
                    "decoration_patrol",
                    "violation_step",
                ]
            )
        )
        body = {
            "text": "x",
            "recheck_result": draw(st.sampled_from(["rectified", "partly"])),
            "rectification_started": draw(st.booleans()),
            "correction_refused": draw(st.booleans()),
            "to": draw(st.sampled_from(["escalated", "stop_work", "reported"])),
            "contractor_informed": draw(st.booleans()),
            "open_violation_progress": [{"violation": VIOLATION, "text": "y"}],
        }
        subject = PROJECT if kind == "decoration_patrol" else VIOLATION
        photos = [(f"{number}" * 64, "after")] if draw(st.booleans()) else []
        site.record(kind, subject, draw(times()), body, photos=photos)
    spread(site, draw)
    for _ in range(draw(st.integers(0, 4))):
        decision = draw(st.sampled_from(["confirm", "return", "reject", "close", "rectify_again"]))
        when = draw(times())
        if fold(VIOLATION, site.facts, site.context(when)) is not None:
            site.decide(decision, when, by=draw(PEOPLE), rectify_by=f"2026-06-{draw(st.integers(1, 25)):02d}")
    return site, VIOLATION


@st.composite
def vacancies(draw: st.DrawFn) -> tuple[Site, str]:
    site = Site()
    left = draw(st.one_of(st.none(), st.integers(1, 28)))
    site.vacant(
        f"2026-0{draw(st.integers(3, 6))}-{draw(st.integers(1, 28)):02d}",
        f"2026-07-{left:02d}" if left else None,
    )
    for _ in range(draw(st.integers(0, 5))):
        meters = {
            "meter_water": draw(st.integers(0, 3)),
            "meter_electric": draw(st.sampled_from([1, 5.5, 12])),
        }
        leak = [{"place": "x", "kind": "leak"}] if draw(st.booleans()) else []
        site.check(draw(times()), anomalies=leak, **meters)
        site.record("airing", UNIT, draw(times()), {})
    spread(site, draw)
    return site, UNIT


@st.composite
def households(draw: st.DrawFn) -> tuple[Site, str]:
    site = Site()
    for number in range(draw(st.integers(0, 3))):
        due_on = f"2026-0{draw(st.integers(4, 6))}-{draw(st.integers(1, 28)):02d}"
        site.owe(due_on, period=f"2026-0{number + 1}", received=draw(st.sampled_from([0, 0, 12_000])))
    if not site.reference:
        site.owe("2026-05-01")
    for _ in range(draw(st.integers(0, 6))):
        outcome = draw(st.sampled_from(["paid", "partial", "promised", "disputed", "refused", "not_home"]))
        promise = {"promise_date": f"2026-06-{draw(st.integers(1, 28)):02d}"} if outcome == "promised" else {}
        site.call(draw(times()), outcome, f"2026-06-{draw(st.integers(1, 28)):02d}", **promise)
    site.settings["kc.spring_festival"] = ["2026-05-28", "2026-06-20", "2027-05-01"]
    for kind in draw(st.lists(st.sampled_from(["key_customer", "resident_visit"]), max_size=3)):
        site.record(kind, HOUSEHOLD, draw(times()), {})
    spread(site, draw)
    return site, HOUSEHOLD


STORIES = st.one_of(decorations(), violations(), vacancies(), households())
PATIENT = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])


@PATIENT
@given(STORIES, st.randoms(use_true_random=False), times())
def test_the_order_of_arrival_makes_no_difference(story: tuple[Site, str], random: Any, now: str) -> None:
    site, subject = story
    context = site.context(now)
    expected = fold(subject, site.facts, context)
    shuffled: list[Fact] = list(site.facts)
    random.shuffle(shuffled)

    found = fold(subject, shuffled, context)

    assert found == expected
    if expected is not None and found is not None:
        assert document(found, now) == document(expected, now)


@PATIENT
@given(STORIES, times())
def test_a_fact_given_twice_counts_once(story: tuple[Site, str], now: str) -> None:
    site, subject = story
    context = site.context(now)

    assert fold(subject, [*site.facts, *site.facts], context) == fold(subject, site.facts, context)


@PATIENT
@given(
    STORIES, times(), st.integers(0, 3), st.lists(st.floats(0, 1, exclude_max=True), min_size=3, max_size=3)
)
def test_nothing_changes_before_wake_at_and_something_does_then(
    story: tuple[Site, str], now: str, steps: int, fractions: list[float]
) -> None:
    site, subject = story
    instant = at(now)
    for _ in range(steps):  # sleep and wake a few times first
        status = fold(subject, site.facts, site.context(instant))
        if status is None or status.wake_at is None:
            return
        instant = status.wake_at
    status = fold(subject, site.facts, site.context(instant))
    if status is None:
        return
    wake = status.wake_at
    assert wake is None or wake > instant
    horizon = wake or instant + timedelta(days=400)

    last = horizon - timedelta(microseconds=1)
    for moment in [min(last, instant + (horizon - instant) * fraction) for fraction in fractions]:
        between = fold(subject, site.facts, site.context(moment))
        assert between == status, f"changed at {moment} before {wake}"
        assert document(between, moment) == document(status, instant)
    if wake is not None:
        just_before = wake - timedelta(microseconds=1)
        before = fold(subject, site.facts, site.context(just_before))
        after = fold(subject, site.facts, site.context(wake))
        assert before is not None
        assert after is not None
        assert before == status
        assert shown(before, just_before) != shown(after, wake), f"nothing changed at {wall(wake)}"


def shown(status: Status, now: datetime) -> tuple[str, Any]:
    """What can be seen of a status but the instant of its last change."""
    seen = status_document(status, now)
    del seen["updated_at"]
    return json.dumps(seen), status.due


@PATIENT
@given(STORIES, times())
def test_a_rebuild_later_gives_the_same_bytes(story: tuple[Site, str], now: str) -> None:
    """Waking at every instant, or folding once at the end, come to the same document."""
    site, subject = story
    end = at("06-28 12:00")
    instant, woken = at(now), None
    for _ in range(200):
        woken = fold(subject, site.facts, site.context(instant))
        if woken is None or woken.wake_at is None or woken.wake_at > end:
            break
        instant = woken.wake_at

    rebuilt = fold(subject, site.facts, site.context(end))

    assert rebuilt == woken
    if rebuilt is not None and woken is not None:
        assert document(rebuilt, end) == document(woken, end) == document(woken, instant)


@pytest.mark.parametrize("subject", ["key:1", "", "unit", "decoration_project:", "status:unit:x"])
def test_what_is_no_subject_has_no_status(subject: str) -> None:
    assert fold(subject, [], Site().context("06-05 10:00")) is None


FIELDS = st.sampled_from(
    ["to", "pause_from", "pause_to", "items", "decision", "round", "outcome", "promise_date", "anomalies"]
)
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.text(max_size=5),
    st.lists(st.integers(0, 9), max_size=2),
    st.just({}),
)
KINDS = [
    "decoration_step",
    "decoration_patrol",
    "decoration_briefing",
    "acceptance",
    "violation_step",
    "key_customer",
    "violation_decision",
    "violation_progress",
    "violation_recheck",
    "vacancy_check",
    "vacant_cleaning",
    "fee_visit",
]


@PATIENT
@given(st.dictionaries(FIELDS, ANYTHING), st.sampled_from(KINDS))
def test_a_released_fact_of_any_shape_does_not_stop_a_fold(body: dict[str, Any], kind: str) -> None:
    site = Site()
    site.start_work()
    site.report()
    site.vacant("2026-05-01")
    site.owe("2026-05-01")
    for subject in (PROJECT, VIOLATION, UNIT, HOUSEHOLD):
        site.record(kind, subject, "06-05 11:00", body)

        assert fold(subject, site.facts, site.context("06-06 10:00")) is not None


def test_a_zone_with_summer_time_cuts_its_own_days() -> None:
    site = Site(calendar=Calendar("America/New_York"), settings={"time_zone": "America/New_York"})
    site.start_work("03-06 08:00", filed="03-01")
    status = site.status(PROJECT, datetime.fromisoformat("2026-03-08T12:00:00-04:00"))

    spans = {item.period: item.due_at - item.opens_at + timedelta(seconds=1) for item in status.due}

    assert spans["2026-03-07"] == timedelta(hours=24)
    assert spans["2026-03-08"] == timedelta(hours=23)
