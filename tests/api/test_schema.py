"""The server keeps to its own description: no request generated from it meets an error of ours or an undescribed answer.

Over every operation, with data that fits the schema and data that does not; each request is sent as each role of the
demo. Where a path names an object, most requests name one that exists.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.errors import InvalidSchema
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.api.conftest import Server

ROLES = ("steward1", "supervisor1", "manager1", "office1", "finance1", "admin1")
TAGS = (
    "approvals",
    "devices",
    "due",
    "held",
    "inbox",
    "notify",
    "phones",
    "records",
    "reports",
    "sealed",
    "session",
)
BROWSER = {
    "endpoint": "https://updates.push.services.mozilla.com/wpush/v2/known",
    "keys": {
        "p256dh": "BK5GdfjGobANOYk98LtbAnpuViZeje5yGqkzrNe1RQJ5cUyLSuc5CeW5sW_hzUQ5ETriRR-v3fvsmlba7RBuABU",
        "auth": "AAAAAAAAAAAAAAAAAAAAAA",
    },
}
EXAMPLES = 100 if os.environ.get("XUNLU_SOAK") else 4  # for each operation and mode, each sent as every role
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
# These end the caller's own session: they are asked with one that nothing else uses.
ENDS_SESSIONS = ("sign_out",)
REGISTERS = (
    "decoration_project",
    "violation",
    "unit",
    "household",
    "decoration_patrol",
    "fee_visit",
    "airing",
)


@pytest.fixture(scope="session")
def known(server: Server) -> Mapping[str, list[str]]:
    """Ids that exist, by the path that names them."""
    with server.connected("supervisor1") as supervisor, server.connected("steward1") as steward:
        found = {
            f"/api/records/{register}": _ids(supervisor, f"/api/records/{register}", "id")
            for register in REGISTERS
        }
        found["/api/approvals"] = found["/api/violations"] = found["/api/records/violation"]
        found["/api/push/subscriptions"] = [
            steward.post("/api/push/subscriptions", json=BROWSER).raise_for_status().json()["id"]
        ]
        found["/api/held"] = found["/api/records/airing"]
        found["/api/inbox"] = _ids(steward, "/api/inbox", "_id") + _ids(supervisor, "/api/inbox", "_id")
    assert all(found.values()), "the demo has something of everything"
    return found


@pytest.fixture(scope="session")
def described(server: Server) -> schemathesis.schemas.BaseSchema:
    return schemathesis.openapi.from_url(f"{server.url}/api/openapi.json")


def operations(described: schemathesis.schemas.BaseSchema) -> list[APIOperation[Any, Any, Any, Any]]:
    found = []
    for result in described.get_all_operations():
        operation = result.ok()
        assert not isinstance(operation, InvalidSchema)
        found.append(operation)
    return found


@pytest.mark.grows
@pytest.mark.parametrize("tag", TAGS)
def test_every_answer_is_one_that_the_description_names(
    server: Server, described: schemathesis.schemas.BaseSchema, known: Mapping[str, list[str]], tag: str
) -> None:
    met: Counter[int] = Counter()
    for operation in operations(described):
        if operation.definition.raw["tags"] == [tag]:
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                if mode is GenerationMode.POSITIVE or _takes_anything(operation):
                    _exercise(server, operation, mode, known, met)

    assert met[200] + met[201] + met[204] > 0, "some requests have to succeed, or nothing is proven"
    assert tag == "devices" or met[400] + met[422] > 0, "broken requests have to reach the checks"


def test_every_operation_is_among_those_tried(described: schemathesis.schemas.BaseSchema) -> None:
    assert {tag for operation in operations(described) for tag in operation.definition.raw["tags"]} == set(
        TAGS
    )


def test_the_description_names_every_route_of_the_contract(
    described: schemathesis.schemas.BaseSchema,
) -> None:
    paths = {operation.path for operation in operations(described)}

    assert paths >= {
        "/api/session",
        "/api/session/refresh",
        "/api/me",
        "/api/devices",
        "/api/receipts",
        "/api/facts",
        "/api/records/{type}",
        "/api/records/{type}/{id}",
        "/api/due",
        "/api/approvals",
        "/api/violations/{id}/decision",
        "/api/held",
        "/api/held/{id}/release",
        "/api/inbox",
        "/api/inbox/{id}/acknowledge",
        "/api/reports/{name}",
        "/api/phones",
        "/api/phones/report",
    }


def _exercise(
    server: Server,
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    known: Mapping[str, list[str]],
    met: Counter[int],
) -> None:
    fresh = operation.definition.raw["operationId"] in ENDS_SESSIONS

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def ask(case: schemathesis.Case, data: st.DataObject) -> None:
        if mode is GenerationMode.POSITIVE:
            _name_something_real(case, data, known)
        for user in ROLES:
            response = case.call(
                headers={"Authorization": server.authorization(user, fresh=fresh)}, session=server.connection
            )
            met[response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

    ask()


def _name_something_real(
    case: schemathesis.Case, data: st.DataObject, known: Mapping[str, list[str]]
) -> None:
    if "id" not in (case.path_parameters or {}) or not data.draw(st.booleans() | st.just(True)):
        return
    prefix = case.operation.path.partition("/{id}")[0]
    if "{type}" in prefix:
        register = data.draw(st.sampled_from(REGISTERS))
        case.path_parameters["type"] = register
        prefix = f"/api/records/{register}"
    case.path_parameters["id"] = data.draw(st.sampled_from(known[prefix]))


def _takes_anything(operation: APIOperation[Any, Any, Any, Any]) -> bool:
    return bool(len(operation.query) or len(operation.path_parameters) or len(operation.body))


def _ids(client: httpx2.Client, path: str, name: str) -> list[str]:
    answer = client.get(path, params={"limit": 20})
    answer.raise_for_status()
    return [row[name] for row in answer.json()["items"]]
