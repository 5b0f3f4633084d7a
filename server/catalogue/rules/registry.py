"""Every rule by its id and every setting by its key.

For: `RULES` and `SETTING_KEYS`: what the files of the areas declare, together.
Not for: declaring one: that is done in its area's file; a new area is named here.
"""

from __future__ import annotations

from server.catalogue.rules import (
    calls,
    complaints,
    conduct,
    decoration,
    decoration_work,
    duty,
    events,
    fees,
    files,
    general,
    information,
    inspections,
    keys,
    meetings,
    move_in,
    patrol,
    plans,
    privacy,
    repairs,
    return_visits,
    service,
    staffing,
    surveys,
    training,
    vacancy,
    visits,
)
from server.catalogue.rules.kinds import Rule
from server.catalogue.setting_keys import SettingKey

_AREAS = (
    general,
    decoration,
    decoration_work,
    vacancy,
    fees,
    complaints,
    repairs,
    return_visits,
    staffing,
    visits,
    calls,
    keys,
    move_in,
    patrol,
    duty,
    files,
    inspections,
    surveys,
    events,
    conduct,
    information,
    meetings,
    service,
    training,
    plans,
    privacy,
)
RULES: dict[str, Rule] = {each.id: each for area in _AREAS for each in area.RULES}
SETTING_KEYS: dict[str, SettingKey] = {each.key: each for area in _AREAS for each in area.SETTINGS}
