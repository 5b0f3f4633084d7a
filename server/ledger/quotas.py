"""Counting shares in integers, and drawing samples that another machine draws the same.

For: how many a quota asks for, how a number is spread over buildings, and which households or orders are drawn.
Not for: which rule asks (server/catalogue/rules), who is visited (a person chooses, or takes the draw).
Source: R-GEN-06, R-VIS-02, R-REP-11, R-SAT-04, R-SAT-05, R-SAT-07, R-EVT-05; T-01 to T-05, T-07.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256


def share_of(base: int, percent: int, least: int = 1) -> int:
    """Return ceil(percent % of base), at least `least`, never more than the base; 0 of a base of 0."""
    if base <= 0:
        return 0
    return min(base, max(-(-base * percent // 100), least))


def spread(total: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """Spread `total` over places in proportion to their sizes: by largest remainder, ties to the first name.

    No place gets more than its size, as long as the sizes together hold `total`. Raises ValueError when they do not.
    """
    whole = sum(sizes.values())
    if total > whole:
        raise ValueError(f"cannot spread {total} over places that hold {whole}")
    if total <= 0 or whole == 0:
        return dict.fromkeys(sizes, 0)
    found = {name: total * size // whole for name, size in sizes.items()}
    rest = total - sum(found.values())
    by_remainder = sorted(sizes, key=lambda name: (-(total * sizes[name] % whole), name))
    for name in by_remainder[:rest]:
        found[name] += 1
    return found


def shuffled(names: Iterable[str], seed: str) -> list[str]:
    """Return the names in an order that follows from the seed alone, the same on every machine and for ever."""
    return sorted(set(names), key=lambda name: (sha256(f"{seed}\x00{name}".encode()).digest(), name))


def drawn(names: Iterable[str], count: int, seed: str) -> list[str]:
    """Return `count` of the names, drawn by the seed, in the order drawn."""
    return shuffled(names, seed)[:count]


def drawn_by_place(places: Mapping[str, Sequence[str]], count: int, seed: str) -> dict[str, list[str]]:
    """Return `count` names drawn from places in proportion to how many each has (R-SAT-05)."""
    shares = spread(count, {place: len(set(names)) for place, names in places.items()})
    return {place: drawn(names, shares[place], f"{seed}:{place}") for place, names in places.items()}


def full_years(since: date, on: date) -> int:
    """Return how many full years lie between; the 29th of February is completed on the 1st of March."""
    return on.year - since.year - ((on.month, on.day) < (since.month, since.day))


def forms_to_hand_out(
    households: int, first_move_in: date, on: date, *, young: int, old: int, old_years: int
) -> int:
    """Return how many survey forms at least: a smaller share where move-in is `old_years` full years ago (R-SAT-04)."""
    return share_of(households, old if full_years(first_move_in, on) >= old_years else young)
