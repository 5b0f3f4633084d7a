"""One fold per kind of subject, and the door to them.

For: `fold(subject, facts, context)`: what follows from all facts about a subject at one instant.
Not for: which facts are about it (server/catalogue/subjects.py), storing or publishing (server/intake).
Source: design page, "the fold is pure": no clock, no disk, no order of arrival.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from server.catalogue.registry import LIFE_CYCLES
from server.catalogue.rules.kinds import SCOPES
from server.catalogue.subjects import kind_of
from server.ledger.cases import fold_case
from server.ledger.decoration import fold_decoration_project
from server.ledger.fees import fold_household
from server.ledger.model import Context, Fact, Status
from server.ledger.scopes import fold_duty
from server.ledger.vacancy import fold_unit
from server.ledger.violation import fold_violation

FOLDS: dict[str, Callable[[str, list[Fact], Context], Status | None]] = {
    "decoration_project": fold_decoration_project,
    "violation": fold_violation,
    "unit": fold_unit,
    "household": fold_household,
    **dict.fromkeys(LIFE_CYCLES, fold_case),
    **dict.fromkeys(SCOPES, fold_duty),
}


def fold(subject: str, facts: Iterable[Fact], context: Context) -> Status | None:
    """Return the subject's status; None when nothing has opened it (yet).

    The order of `facts`, and whether one is given twice, makes no difference. Until `wake_at` of the status, a later
    `context.now` gives the same status.
    """
    folding = FOLDS.get(kind_of(subject))
    return None if folding is None else folding(subject, list(facts), context)
