"""What is said outside: the duty or the alarm by its name, how many, where and when, and nobody's home. Source: S-31, S-34."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from server.catalogue.rules.registry import RULES
from server.notify.outward import Lang, Outward, outward

AT = datetime(2026, 6, 5, 1, 0, tzinfo=UTC)


def said(lang: Lang = "zh", **about: Any) -> Outward:
    body = {
        "_id": "alarm:x", "rule": "R-DEC-11", "subject": "violation:V1", "period": "round-1", "level": 3,
        "due_at": "2026-06-05T01:00:00Z", "unit_no": "3-1-502",
    } | about  # fmt: skip
    return outward(body, "k" * 64, AT, "一区", "Asia/Shanghai", lang)


def test_a_duty_is_told_with_its_limit() -> None:
    assert (said().title, said().text) == ("违规审批超时", "一区，1 项，时限 06-05 09:00。请打开巡录查看。")
    assert said("en").text == "一区, 1 in all, limit 06-05 09:00. Open Xunlu to see more."


def test_a_further_limit_of_a_rule_goes_by_its_own_name() -> None:
    plan = {"rule": "R-VIS-01", "subject": "area:a1:R-VIS-01", "period": "2026-06"}
    review = {"rule": "R-VIS-01", "subject": "visit_plan:P", "period": "review-round-1"}

    assert said(**plan).title == "月度走访计划超时"
    assert said(**review).title == "走访计划审核超时"


@pytest.mark.parametrize("rule", ["R-DEC-21", "R-SYN-07", "R-SYN-09", "R-X-27"])
def test_what_is_no_duty_is_an_alarm_and_has_no_limit(rule: str) -> None:
    zh, en = said(rule=rule, subject="area:a1", items=["a", "b"]), said("en", rule=rule, subject="area:a1")

    assert zh.title.endswith("：预警")
    assert zh.text == "一区，2 项，06-05 09:00。请打开巡录查看。"
    assert en.title.endswith(": alarm")
    assert "limit" not in en.text


def test_several_complaints_are_an_alarm_beside_the_duty_of_the_same_rule() -> None:
    several = said(rule="R-CMP-17", subject="project:demo", period="2026-06-05-0123abcd")
    duty = said(rule="R-CMP-17", subject="project:demo:R-CMP-17", period="2026-06")

    assert several.title == "同楼栋多户同因投诉：预警"
    assert duty.title == f"{RULES['R-CMP-17'].title.zh}超时"


def test_a_rule_that_is_not_known_is_told_of_as_a_duty() -> None:
    assert said(rule="R-NEW-01").title == "待办事项超时"
