"""Reminders and escalations of due items, and the table of rules they come from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.catalogue.checks.check import Check
from server.catalogue.registry import RECORD_TYPES
from server.catalogue.settings import SETTINGS
from server.ledger.levels import levels
from server.ledger.model import Calendar, DueItem
from server.ledger.rules import RULES, Deadline, Recurrence, due_rule
from tests.server.ledger.site import at, wall


def item(rule: str, opens: str, due: str) -> DueItem:
    return DueItem(rule, "x:1", "p", at(opens), at(due), "pending", "steward1")


def walls(found: DueItem) -> list[tuple[int, str | None]]:
    return [(level, wall(when)) for level, when in levels(found, Calendar())]


def test_a_daily_duty_reminds_in_the_morning_and_at_three_quarters_and_escalates_when_the_day_is_over() -> (
    None
):
    assert walls(item("R-DEC-06", "06-05 00:00", "06-05 23:59:59")) == [
        (1, "06-05 09:00:00"), (2, "06-05 18:00:00"), (3, "06-06 00:00:00"), (4, "06-07 00:00:00"),
    ]  # fmt: skip


def test_a_decision_reminds_at_three_quarters_and_two_hours_before() -> None:
    assert walls(item("R-DEC-11", "06-05 10:00", "06-06 10:00")) == [
        (1, "06-06 04:00:00"), (2, "06-06 08:00:00"), (3, "06-06 10:00:01"), (4, "06-07 10:00:01"),
    ]  # fmt: skip


def test_a_month_reminds_at_three_quarters_and_on_its_last_morning() -> None:
    assert walls(item("R-VAC-02", "04-01 00:00", "04-30 23:59:59")) == [
        (1, "04-23 12:00:00"), (2, "04-30 09:00:00"), (3, "05-01 00:00:00"), (4, "05-02 00:00:00"),
    ]  # fmt: skip


def test_a_further_limit_of_a_rule_reminds_as_its_own_kind_of_limit_does() -> None:
    """The first word on an anomaly is due within the hour, the following ones within days."""
    follow_up = replace(item("R-VAC-07", "06-02 09:40", "06-05 23:59:59"), period="follow_up-round-2")
    first = replace(item("R-VAC-07", "06-02 08:00", "06-02 12:00"), period="round-1")

    assert walls(follow_up)[1] == (2, "06-05 09:00:00")
    assert walls(first)[0] == (1, "06-02 10:00:00")


def test_a_reminder_before_the_duty_opened_is_left_out() -> None:
    assert [level for level, _ in walls(item("R-DEC-14", "06-05 14:00", "06-05 23:59:59"))] == [1, 3, 4]


@pytest.mark.parametrize(
    "rule", sorted(rule.id for rule in RULES.values() if isinstance(rule, Recurrence | Deadline))
)
def test_levels_come_in_the_order_of_time(rule: str) -> None:
    found = levels(item(rule, "06-01 08:00", "06-03 23:59:59"), Calendar())

    assert [level for level, _ in found] == sorted(level for level, _ in found)
    assert [when for _, when in found] == sorted(when for _, when in found)


def test_what_makes_nothing_due_has_no_levels() -> None:
    with pytest.raises(KeyError):
        due_rule("R-DEC-08")


def test_every_rule_that_is_named_stands_in_the_table() -> None:
    named = {rule for each in RECORD_TYPES.values() for rule in each.rules}
    named |= {_rule_of(check) for each in RECORD_TYPES.values() for check in each.checks}
    named |= {each.rule for each in SETTINGS.values()}

    assert named - RULES.keys() == set()


def test_every_rule_has_words_in_both_languages_and_settings_that_exist() -> None:
    for rule in RULES.values():
        assert rule.title.zh, rule.id
        assert rule.title.en, rule.id
        assert set(rule.settings) <= SETTINGS.keys(), rule.id


def test_every_setting_of_a_rule_is_read_by_a_rule() -> None:
    read = {key for rule in RULES.values() for key in rule.settings}

    assert SETTINGS.keys() - read == set()


def _rule_of(check: Check) -> str:
    return check.rule
