"""What a person's projects ask of the phone in his hand: a PIN, and when it locks without anybody's doing.

For: `phone_rules`, told by `/api/me`; of several projects the strictest holds.
Not for: the lock itself (pwa/src/vault), ending a lost phone's sessions (devices.py).
Source: R-X-31; promises S-29; settings `phone.…` (server/catalogue/rules/general.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Engine

from server.access.directory import Snapshot
from server.intake.references import load_settings
from server.intake.rules import CatalogueRules
from server.ledger.model import JsonObject, JsonValue


def phone_rules(engine: Engine, directory: Snapshot, projects: Iterable[str]) -> JsonObject:
    """Return the strictest of the projects' rules; who has no project has the common ones.

    `pin_required`; `idle_hours`: offline and not used for so long, it locks; `contact_hours`: used or not, without
    contact for so long, it locks. The hours are of the phone's own clock.
    """
    with engine.connect() as connection:
        rules = CatalogueRules()
        return strictest(
            [load_settings(connection, rules, directory, project) for project in sorted(projects) or [""]]
        )


def strictest(settings: Iterable[Mapping[str, JsonValue]]) -> JsonObject:
    """`settings`: of one project each, with the defaults filled in; at least one."""
    each = list(settings)
    return {
        "pin_required": any(one["phone.pin_required"] is True for one in each),
        "idle_hours": min(int(str(one["phone.idle_hours"])) for one in each),
        "contact_hours": min(int(str(one["phone.contact_hours"])) for one in each),
    }
