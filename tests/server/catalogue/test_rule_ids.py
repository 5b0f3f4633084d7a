"""Every rule of the domain has a place, and every place is one: nothing is missing, nothing points to nothing.

The ids are those of the domain rules, sections 3 and 6 (tests/vectors/rule_ids.json). NOT_YET lists, by area, what nobody has
filled in: an id leaves it when it is declared, and the list may never name one that is.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.access.roles import ROLES
from server.catalogue.registry import LIFE_CYCLES, RECORD_TYPES
from server.catalogue.rules.kinds import SCOPES, Acts, Approval, Deadline, Quota, Recurrence, Rule
from server.catalogue.rules.registry import RULES
from server.catalogue.settings import SETTINGS
from server.catalogue.subjects import OWN_FOLDS
from server.catalogue.types import RecordType
from tests.server.catalogue.not_yet import DECLARED_ONLY, KINDS_TO_COME, NOT_YET

ROOT = Path(__file__).parents[3]
IDS: list[str] = json.loads((Path(__file__).parents[2] / "vectors" / "rule_ids.json").read_text())
WAITING = {name for names in NOT_YET.values() for name in names}


def test_every_rule_of_the_domain_is_declared_or_waits() -> None:
    assert len(IDS) == len(set(IDS)) == 448
    assert set(IDS) - RULES.keys() - WAITING == set()
    assert WAITING & RULES.keys() == set(), "declared: take it off the list"
    assert WAITING - set(IDS) == set()


def test_no_rule_is_made_up() -> None:
    assert RULES.keys() - set(IDS) == set()


def named_by_declarations() -> Iterator[str]:
    for record in RECORD_TYPES.values():
        yield from record.rules
        yield from (check.rule for check in record.checks)
        yield from (rule for card in record.help for rule in card.rules)
    for cycle in LIFE_CYCLES.values():
        for way in cycle.transitions:
            yield from (guard.rule for guard in way.guards)
        yield from (lapse.rule for lapse in cycle.lapses)


NAMED = set(named_by_declarations())


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_points_to_what_carries_it_out(rule: Rule) -> None:
    if isinstance(rule, Recurrence | Deadline) and rule.of is not None:
        return  # the evaluators read it: held to below
    if isinstance(rule, Approval):
        assert rule.of in LIFE_CYCLES
        return
    if rule.by is not None and rule.by.startswith("pwa/"):
        assert rule.id in (ROOT / rule.by).read_text(), f"{rule.by} does not speak of {rule.id}"
        return
    if rule.by is not None:
        source = importlib.import_module(rule.by).__file__
        assert source is not None
        assert rule.id in Path(source).read_text(), f"{rule.by} does not speak of {rule.id}"
        return
    if rule.id in DECLARED_ONLY:
        assert rule.id not in NAMED, "carried out: take it off the list"
        return
    assert rule.id in NAMED, "no record type, check, guard, card or module carries it out"


@pytest.mark.parametrize(
    "rule",
    [
        each
        for main in RULES.values()
        for each in (main, *main.also)
        if isinstance(each, Recurrence | Deadline) and each.of
    ],
    ids=lambda rule: f"{rule.id}-{getattr(rule, 'name', '')}",
)
def test_a_rule_that_makes_something_due_names_only_what_exists(rule: Recurrence | Deadline) -> None:
    kind = rule.of or ""
    assert kind in (*LIFE_CYCLES, *SCOPES)
    states = LIFE_CYCLES[kind].states.values if kind in LIFE_CYCLES else ()
    acts = [rule.acts]
    if isinstance(rule, Recurrence):
        assert set(rule.while_in) <= set(states)
        assert bool(rule.while_in) == (kind in LIFE_CYCLES)
        acts += [rule.only_with, rule.base if isinstance(rule, Quota) else None]
        assert not isinstance(rule, Quota) or rule.rate in SETTINGS
        for setting in (
            rule.needed,
            rule.closes_on_day,
            rule.closes_on_working_day,
            rule.opens_days_before_end,
        ):
            assert setting is None or setting in rule.settings
    else:
        assert rule.start is not None
        assert rule.within is not None
        acts.append(rule.start.acts)
        for state in (*rule.start.entering, *rule.ends, *rule.dropped_in):
            assert state in states, state
        assert rule.within.setting is None or rule.within.setting in rule.settings
        assert rule.acts is not None or rule.ends, "nothing ever meets it"
        assert rule.start.entering or rule.start.acts
    for each in acts:
        _exists(each, kind, states)
    for who in (rule.assigned_to, rule.escalates_to, rule.escalates_again_to):
        if who.startswith("field:"):
            assert who.removeprefix("field:") in _fields_of(kind), who
        else:
            assert who in (*ROLES, "supervisor", "manager"), who
    if rule.having is not None:
        assert {*(rule.having.share or (rule.having.field,))} <= _fields_of(kind)
        assert not rule.having.share or rule.having.below in rule.settings


@pytest.mark.parametrize(
    "rule", [each for each in RULES.values() if each.cluster is not None], ids=lambda rule: rule.id
)
def test_an_alarm_of_several_records_names_only_what_exists(rule: Rule) -> None:
    cluster = rule.cluster
    assert cluster is not None
    assert {cluster.at_least, cluster.within_days} - {None} <= set(rule.settings)
    for name in cluster.acts.types:
        fields = RECORD_TYPES[name].fields
        if cluster.each is not None:
            fields = (*fields, *RECORD_TYPES[name].field(cluster.each).fields)
        known = {field.name for field in fields} | {"building", "household", "fact"}
        assert {*cluster.same, cluster.distinct, *filter(None, [cluster.until_all_of])} <= known


def test_further_limits_of_a_rule_are_told_apart_by_their_names() -> None:
    for rule in RULES.values():
        names = [each.name for each in rule.also]
        assert len(set(names)) == len(names)
        assert all(names)
        assert {each.id for each in rule.also} <= {rule.id}


def _exists(acts: Acts | None, kind: str, states: tuple[str, ...]) -> None:
    if acts is None:
        return
    for name in acts.types:
        declared = RECORD_TYPES[name]
        if kind in LIFE_CYCLES:
            assert kind in _about(declared) or name == kind, f"{name} is never about a {kind}"
        if acts.when is not None:
            options = declared.field(acts.when.field).options
            assert options is None or set(acts.when.values) <= set(options.values)
    assert set(acts.entering) <= set(states)


def _about(record: RecordType) -> set[str]:
    """The kinds of subject a record can be about: in its envelope, or by a link that touches one."""
    return {*record.may_be_about, *(kind for name in record.touches for kind in record.field(name).links)}


def _fields_of(kind: str) -> set[str]:
    cycle = LIFE_CYCLES[kind]
    names = (cycle.kind, cycle.step, *cycle.shows)
    return {field.name for name in names if name for field in RECORD_TYPES[name].fields}


@pytest.mark.parametrize("cycle", LIFE_CYCLES.values(), ids=LIFE_CYCLES)
def test_a_life_cycle_names_only_what_exists(cycle: object) -> None:
    from server.catalogue.lifecycle import JOINTLY, Filled, Is, LifeCycle, NotOwn, Recorded

    assert isinstance(cycle, LifeCycle)
    states = cycle.states.values
    assert cycle.kind not in OWN_FOLDS
    assert RECORD_TYPES[cycle.kind].opens_subject
    assert {cycle.initial, *(state for _, state in cycle.initial_when), *cycle.ends} <= set(states)
    for when, _ in cycle.initial_when:
        RECORD_TYPES[cycle.kind].field(when.field)
    for way in cycle.transitions:
        assert {way.to, *way.frm} <= set(states), way
        assert way.by is not None or (cycle.step is not None and way.roles), way
        if way.by == JOINTLY:
            assert any(each.to == way.to for each in _approvals(cycle.kind))
            continue
        mover = RECORD_TYPES[way.by or cycle.step or ""]
        assert cycle.kind in _about(mover), f"{mover.name} is never about a {cycle.kind}"
        if way.when is not None:
            mover.field(way.when.field)
        for guard in way.guards:
            assert guard.rule in RULES
            match guard:
                case Filled(fields=names):
                    known = _fields_of(cycle.kind) | {field.name for field in mover.fields}
                    assert set(names) <= known, names
                case Is(field=name):
                    assert name in _fields_of(cycle.kind)
                case Recorded(type=kind, when=when):
                    assert cycle.kind in _about(RECORD_TYPES[kind])
                    if when is not None:
                        RECORD_TYPES[kind].field(when.field)
                case NotOwn(of=of):
                    assert set(of) <= {*RECORD_TYPES, *states, *_signed(cycle.kind)}
    for lapse in cycle.lapses:
        rule = RULES[lapse.rule]
        assert isinstance(rule, Deadline)
        assert rule.of == cycle.kind
        assert {lapse.to, *lapse.frm} <= set(states)
    for log in cycle.logs:
        names = {field.name for field in RECORD_TYPES[log.type].fields}
        assert set(log.fields) <= names, log
    # Every state can be reached.
    reached = {
        cycle.initial,
        *(state for _, state in cycle.initial_when),
        *(lapse.to for lapse in cycle.lapses),
    }
    reached |= {way.to for way in cycle.transitions} | {each.to for each in _approvals(cycle.kind) if each.to}
    assert set(states) - reached == set()


def _approvals(kind: str) -> list[Approval]:
    return [each for each in RULES.values() if isinstance(each, Approval) and each.of == kind]


def _signed(kind: str) -> set[str]:
    return {value for each in _approvals(kind) for value in each.sign_offs}


@pytest.mark.parametrize(
    "rule", [each for each in RULES.values() if isinstance(each, Approval)], ids=lambda rule: rule.id
)
def test_an_approval_names_steps_that_exist(rule: Approval) -> None:
    cycle = LIFE_CYCLES[rule.of]
    options = RECORD_TYPES[cycle.step or ""].field("to").options
    assert options is not None
    assert set(rule.steps) | set(rule.sign_offs) <= set(options.values)
    assert rule.steps or rule.sign_offs
    assert (rule.to is None) == (not rule.sign_offs)


@pytest.mark.parametrize("name", sorted(RECORD_TYPES))
def test_a_record_type_is_about_something_that_has_a_fold(name: str) -> None:
    known = {*OWN_FOLDS, *LIFE_CYCLES, *SCOPES}
    assert set(RECORD_TYPES[name].may_be_about) & known
    extra = set(RECORD_TYPES[name].may_be_about) - known
    assert extra <= {"fee_account", *KINDS_TO_COME}, extra
