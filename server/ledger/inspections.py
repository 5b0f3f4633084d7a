"""What an inspection is worth: its score, and which small faults need no entry.

For: `score_of`, `needs_entry`, used by the checks of an inspection record.
Not for: when one is due (rules/inspections.py), closing a defect (its life cycle).
Source: R-INS-04, R-INS-05, R-INS-06, R-INS-19; T-15.
"""

from __future__ import annotations


def score_of(points: list[tuple[int, int]]) -> int | None:
    """Return Σ awarded / Σ available × 100, rounded half up to a whole number; None when nothing could be awarded.

    `points`: available and awarded, item by item.
    """
    available = sum(each for each, _ in points)
    if available <= 0:
        return None
    return (sum(each for _, each in points) * 200 + available) // (2 * available)


def needs_entry(minutes: int, *, staff_fault: bool, objective_cause: bool, minor_minutes: int) -> bool:
    """Whether a fault put right on the spot has to be entered all the same.

    One of staff always; else not when it has an objective cause or was closed within `minor_minutes`.
    """
    return staff_fault or not (objective_cause or minutes <= minor_minutes)
