"""What intake asks of catalogue and ledger, in one place.

For: the `Rules` that intake, jobs and office are handed, so that a test can hand in others; `CatalogueRules` is the shipped one.
Not for: the rules themselves (server/catalogue, server/ledger).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from server.catalogue.registry import RECORD_TYPES
from server.catalogue.rights import role_problem
from server.catalogue.settings import BadSetting, check_setting, settings_with
from server.catalogue.subjects import subjects_of
from server.catalogue.types import Problem
from server.catalogue.validation import problems
from server.ledger.documents import status_document
from server.ledger.folds import fold
from server.ledger.levels import levels
from server.ledger.model import Calendar, Context, DueItem, Fact, JsonObject, JsonValue, Status

log = logging.getLogger(__name__)


class Rules(Protocol):
    """Catalogue and ledger, as the rest of the server uses them."""

    def is_record_type(self, kind: str) -> bool:
        """Whether a document of this type is a fact."""
        ...

    def problems(self, document: JsonObject, settings: Mapping[str, JsonValue]) -> Sequence[Problem]:
        """What is wrong with a fact; empty when it is acceptable."""
        ...

    def role_problem(self, document: JsonObject, roles: Collection[str]) -> Problem | None:
        """Why somebody with these roles may not record this; None when they may."""
        ...

    def subjects_of(self, document: JsonObject) -> Sequence[str]:
        """Every subject the fact touches, its own first."""
        ...

    def settings(self, values: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        """The configuration with defaults filled in."""
        ...

    def fold(self, subject: str, facts: Sequence[Fact], context: Context) -> Status | None:
        """The subject's status; None when nothing has opened it yet."""
        ...

    def status_document(self, status: Status, now: datetime) -> JsonObject: ...

    def levels(self, item: DueItem, calendar: Calendar) -> Sequence[tuple[int, datetime]]:
        """When each level of reminder and escalation is due, in order (R-GEN-10)."""
        ...


class CatalogueRules:
    """The rules as shipped."""

    def is_record_type(self, kind: str) -> bool:
        return kind in RECORD_TYPES

    def problems(self, document: JsonObject, settings: Mapping[str, JsonValue]) -> Sequence[Problem]:
        return problems(document, settings)

    def role_problem(self, document: JsonObject, roles: Collection[str]) -> Problem | None:
        return role_problem(document, roles)

    def subjects_of(self, document: JsonObject) -> Sequence[str]:
        return subjects_of(document)

    def settings(self, values: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        """A value that its key does not take is left out and logged: the default holds, and nothing stops (I8)."""
        usable: dict[str, JsonValue] = {}
        for key, value in values.items():
            try:
                check_setting(key, value)
            except BadSetting as error:
                log.error("setting ignored key=%s cause=%s", key, error)
            else:
                usable[key] = value
        return settings_with(usable)

    def fold(self, subject: str, facts: Sequence[Fact], context: Context) -> Status | None:
        return fold(subject, facts, context)

    def status_document(self, status: Status, now: datetime) -> JsonObject:
        return status_document(status, now)

    def levels(self, item: DueItem, calendar: Calendar) -> Sequence[tuple[int, datetime]]:
        return levels(item, calendar)
