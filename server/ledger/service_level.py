"""How often a vacant unit is served: the seed's frequency is the floor, a service level may raise it.

For: `frequency(settings, key)`, asked by the fold of a unit.
Not for: which months have a duty (recurrences.py).
Source: R-GEN-11, R-X-34: lowering needs the manager's reason, which stands in the setting `service.lowered_because`.
"""

from __future__ import annotations

from collections.abc import Mapping

from server.catalogue.settings import DEFAULT_SETTINGS
from server.ledger.model import JsonValue
from server.ledger.reading import count_setting, text


def frequency(settings: Mapping[str, JsonValue], key: str) -> int:
    """Return the setting's number times that of the level; never below the floor without a reason."""
    own, floor = count_setting(settings, key), count_setting(DEFAULT_SETTINGS, key)
    if own < floor and text(settings, "service.lowered_because") is None:
        own = floor
    times, level = settings["service.level_times"], count_setting(settings, "service.level")
    of_levels = times if isinstance(times, list) else []
    factor = of_levels[level - 1] if level <= len(of_levels) else 1
    return own * (factor if isinstance(factor, int) and factor > 0 else 1)
