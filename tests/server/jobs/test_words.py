"""What reminders and alarms say."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import product

import pytest

from server.ledger.rules import RULES, Deadline, Recurrence
from server.notify.words import OTHER, WORDINGS, Told, words_of

DUE_RULES = sorted(name for name, rule in RULES.items() if isinstance(rule, Recurrence | Deadline))


def told(period: str = "2026-11-23", units: int = 2, promised_fen: int | None = None) -> Told:
    return Told(
        period=period,
        due_at=datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC),
        time_zone="Asia/Shanghai",
        today=date(2026, 11, 23),
        unit_nos=tuple(f"3-1-{100 + number}" for number in range(units)),
        promised_fen=promised_fen,
    )


def test_every_rule_that_makes_something_due_is_told_in_words_of_its_own_or_by_its_title() -> None:
    assert set(WORDINGS) <= set(DUE_RULES)
    for rule in set(DUE_RULES) - set(WORDINGS):
        title, text = words_of(rule, 1, told())
        assert RULES[rule].title.zh in title.zh, rule
        assert RULES[rule].title.en in text.en, rule


@pytest.mark.parametrize("rule", [*DUE_RULES, "R-NEW-01"])
def test_words_are_complete_short_and_in_both_languages(rule: str) -> None:
    periods = ("2026-11-23", "2026-11", "2026-W47", "round-1")
    for level, period, promised in product((1, 2, 3, 4), periods, (None, 123_456)):
        for label in words_of(rule, level, told(period, promised_fen=promised)):
            for words in (label.zh, label.en):
                assert 0 < len(words) <= 160
                assert "{" not in words
                assert "None" not in words
            assert not any("\u4e00" <= letter <= "\u9fff" for letter in label.en)


def test_an_alarm_does_not_read_like_a_reminder() -> None:
    for rule in DUE_RULES:
        assert words_of(rule, 2, told()) != words_of(rule, 3, told())


def test_a_rule_without_words_names_itself() -> None:
    title, text = words_of("R-NEW-01", 1, told())
    assert "R-NEW-01" in text.zh
    assert title.en.startswith(OTHER.soon[0].en.split("{")[0])


def test_a_long_list_is_cut_and_counted() -> None:
    _, text = words_of("R-DEC-06", 1, told(units=30))
    assert "等 30 户" in text.zh
    assert "and 22 more" in text.en
    assert "3-1-107" in text.zh
    assert "3-1-108" not in text.zh


def test_one_of_a_kind_is_singular() -> None:
    assert words_of("R-DEC-06", 1, told(units=1))[0].en == "1 decoration still to patrol on 23 Nov"
