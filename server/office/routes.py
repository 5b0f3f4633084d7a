"""Every operation of the office, and the shapes they share.

For: server/app, which serves them. Not for: anything an operation does.
Source: contract section 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.http.operations import Operation
from server.office import (
    approvals,
    decisions,
    due,
    facts,
    held,
    inbox,
    kpi,
    phones,
    receipts,
    record,
    records,
    reports,
    shapes,
)
from server.services import Services

_MODULES = (approvals, decisions, due, facts, held, inbox, kpi, phones, receipts, record, records, reports)

COMPONENTS: dict[str, Mapping[str, Any]] = {
    **shapes.COMPONENTS,
    **{name: schema for module in _MODULES for name, schema in module.COMPONENTS.items()},
}


def operations(services: Services) -> list[Operation]:
    return [operation for module in _MODULES for operation in module.operations(services)]
