"""The table of rules: what the product holds people and records to, each with its id, words and figures.

For: `RULES`, and `due_rule(id, period)` for the rules that make something due.
Not for: declaring one (server/catalogue/rules, by area), evaluating it (recurrences.py, deadlines.py, case_dues.py,
scopes.py, the folds, server/catalogue/checks/).
Source: domain 3 and 7.2.
"""

from __future__ import annotations

from server.catalogue.rules.kinds import Deadline, DueRule, Recurrence, Rule
from server.catalogue.rules.registry import RULES

__all__ = ["RULES", "Deadline", "DueRule", "Recurrence", "Rule", "due_rule"]


def due_rule(rule_id: str, period: str = "") -> DueRule:
    """Return the rule that makes something due, or its further limit that the due item's `period` names.

    Raises KeyError when `rule_id` makes nothing due.
    """
    rule = RULES[rule_id]
    further = next((each for each in rule.also if period.startswith(f"{each.name}-")), None)
    if further is not None:
        return further
    if not isinstance(rule, Recurrence | Deadline):
        raise KeyError(f"{rule_id} makes nothing due")
    return rule
