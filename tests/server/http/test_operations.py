"""One declaration per operation: what is asked first, what is refused, and how (promises D10, D12, S-01, S-05)."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.testclient import TestClient

from server import errors
from server.access.person import ANYONE, SIGNED_IN, Permission, Person, any_of
from server.errors import AlreadyExists, Unauthenticated, XunluError
from server.http.openapi import describe, description_operation
from server.http.operations import Call, Operation, missing, routes

PERSON = Person(name="steward1", display_name="S", roles=frozenset({"steward"}))
BODY = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"$ref": "#/components/schemas/Name"}},
    "additionalProperties": False,
}
COMPONENTS: dict[str, Any] = {"Name": {"type": "string", "maxLength": 10}}


async def identify(connection: HTTPConnection) -> Person:
    if connection.headers.get("authorization") != "Bearer good":
        raise Unauthenticated("请先登录。Sign in first.")
    return PERSON


async def echo(request: Request, call: Call) -> Any:
    return {"path": dict(call.path), "query": dict(call.query), "body": call.body}


async def taken(request: Request, call: Call) -> Any:
    raise AlreadyExists("已有。It is there already.", name="x")


async def nothing(request: Request, call: Call) -> Any:
    return Response(status_code=204)


async def who(request: Request, call: Call) -> Any:
    return call.caller.name


OPERATIONS = [
    Operation(
        "GET", "/api/things", "list_things", "Things", SIGNED_IN, echo,
        query={
            "limit": {"type": "integer", "minimum": 1, "maximum": 500, "default": 100},
            "deep": {"type": "boolean"},
            "ratio": {"type": "number"},
            "area": {"type": "string", "maxLength": 5},
        },
        answer={"type": "object"},
    ),
    Operation("POST", "/api/things", "add_thing", "Add", SIGNED_IN, echo, body=BODY, max_body_bytes=200, status=201),
    Operation("DELETE", "/api/things/{id}", "drop_thing", "Drop", any_of("admin"), nothing, status=204),
    Operation("PUT", "/api/things/{id}", "put_thing", "Put", SIGNED_IN, taken, errors=(AlreadyExists,)),
    Operation("GET", "/api/things/{id}", "read_thing", "Read", SIGNED_IN, echo),
    Operation("POST", "/api/reports", "make_report", "Report", any_of("admin"), echo, body=BODY),
    Operation(
        "GET", "/api/find", "find", "Find", ANYONE, echo, query={"q": {"type": "string"}},
        required_query=frozenset({"q"}),
    ),
    Operation("GET", "/api/who", "who", "Who", ANYONE, who),
]  # fmt: skip


@pytest.fixture
def http() -> TestClient:
    return TestClient(Starlette(routes=routes(OPERATIONS, identify, COMPONENTS)))


def signed_in(http: TestClient, method: str, path: str, **more: Any) -> Any:
    headers = {"Authorization": "Bearer good", **more.pop("headers", {})}
    return http.request(method, path, headers=headers, **more)


def code_of(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) >= {"error", "reason", "code"}
    return answer.status_code, answer.json()["code"]


def test_permission_is_asked_before_anything_of_the_request_is_looked_at(http: TestClient) -> None:
    broken: dict[str, Any] = {"content": b"{" * 5000, "headers": {"Content-Type": "text/plain"}}

    assert code_of(http.post("/api/things?nonsense=1", **broken)) == (401, "not_signed_in")
    assert code_of(http.get("/api/things?limit=x")) == (401, "not_signed_in")
    assert code_of(signed_in(http, "POST", "/api/reports?nonsense=1", **broken)) == (403, "not_permitted")


def test_an_object_one_may_not_touch_answers_like_one_that_is_not_there(http: TestClient) -> None:
    forbidden = signed_in(http, "DELETE", "/api/things/7?nonsense=1")

    assert code_of(forbidden) == (404, "not_found")
    assert forbidden.json()["reason"] == missing().reason
    assert http.delete("/api/things/7").status_code == 401


def test_each_step_has_its_own_refusal_in_order(http: TestClient) -> None:
    json = {"Content-Type": "application/json"}
    steps: list[tuple[str, bytes, dict[str, str], tuple[int, str]]] = [
        ("?x=1", b"{" * 500, {"Content-Type": "text/plain"}, (400, "bad_query")),
        ("", b"{" * 500, {"Content-Type": "text/plain"}, (415, "unsupported_media_type")),
        ("", b"{" * 500, json, (413, "body_too_large")),
        ("", b"{", json, (400, "bad_body")),
        ("", b"{}", json, (422, "invalid_body")),
        ("", b'{"name":"much too long a name"}', json, (422, "invalid_body")),
    ]

    for query, content, headers, expected in steps:
        answer = signed_in(http, "POST", f"/api/things{query}", content=content, headers=headers)
        assert code_of(answer) == expected
    done = signed_in(http, "POST", "/api/things", content=b'{"name":"x"}', headers=json)
    assert (done.status_code, done.json()["body"]) == (201, {"name": "x"})
    assert done.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"nul", b'{"name":"a","name":"b"}', b'{"name":"a","n\\u0061me":"b"}', b'{"name":NaN}', b'{"name":Infinity}',
        b'{"name":1e400}', b'{"name":9007199254740993}', b'{"name":"\\ud800"}', b'{"name":"\\u0000"}', b'{"name":"\xff"}',
        b'\xef\xbb\xbf{"name":"a"}', b'{"__proto__":{},"name":"a"}', b"[" * 60 + b"]" * 60, b'{"name":"a"} x', b"{'name':'a'}",
    ],
)  # fmt: skip
def test_only_strict_json_is_read(http: TestClient, content: bytes) -> None:
    answer = signed_in(
        http, "POST", "/api/things", content=content, headers={"Content-Type": "application/json"}
    )

    assert code_of(answer) == (400, "bad_body")


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"Content-Type": "text/json"}, {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json, text/plain"}, {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)  # fmt: skip
def test_only_plain_json_is_taken(http: TestClient, headers: dict[str, str]) -> None:
    answer = signed_in(http, "POST", "/api/things", content=b'{"name":"a"}', headers=headers)

    assert code_of(answer) == (415, "unsupported_media_type")


def test_a_charset_beside_the_type_is_fine(http: TestClient) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}

    assert signed_in(http, "POST", "/api/things", content=b'{"name":"a"}', headers=headers).status_code == 201


def test_a_body_without_an_announced_length_is_cut_at_the_limit(http: TestClient) -> None:
    answer = signed_in(
        http,
        "POST",
        "/api/things",
        content=(b" " * 50 for _ in range(10)),
        headers={"Content-Type": "application/json"},
    )

    assert code_of(answer) == (413, "body_too_large")
    assert answer.json()["max_bytes"] == 200


@pytest.mark.parametrize(
    "query",
    [
        "limit=1&limit=1", "limit=1&lim%69t=2", "other=1", "limit=", "limit=0", "limit=501", "limit=1.5", "limit=01",
        "limit=%2B1", "limit=1_0", "limit=９", "limit=true", "deep=yes", "deep=True", "deep=1", "ratio=NaN", "ratio=1e3",
        "area=%ff", "area=%00", "area=toolong", "area=" + "x" * 9000, "&".join(f"a{n}=1" for n in range(50)),
    ],
)  # fmt: skip
def test_a_query_that_is_not_exactly_understood_is_refused(http: TestClient, query: str) -> None:
    assert code_of(signed_in(http, "GET", f"/api/things?{query}")) == (400, "bad_query")


def test_query_values_arrive_typed_and_defaults_filled_in(http: TestClient) -> None:
    answer = signed_in(http, "GET", "/api/things?deep=false&ratio=-1.5&area=%E6%A5%BC")

    assert answer.json()["query"] == {"limit": 100, "deep": False, "ratio": -1.5, "area": "楼"}


def test_a_required_query_parameter_is_asked_for(http: TestClient) -> None:
    assert code_of(http.get("/api/find")) == (400, "bad_query")
    assert http.get("/api/find?q=").json()["query"] == {"q": ""}


def test_another_method_is_told_which_there_are(http: TestClient) -> None:
    on_things = http.request("PATCH", "/api/things")
    on_a_thing = http.request("POST", "/api/things/7")

    assert code_of(on_things) == (405, "method_not_allowed")
    assert on_things.headers["allow"] == "GET, HEAD, POST"
    assert on_a_thing.headers["allow"] == "DELETE, GET, HEAD, PUT"
    assert signed_in(http, "HEAD", "/api/things").status_code == 200


def test_an_error_of_a_handler_becomes_its_answer(http: TestClient) -> None:
    answer = signed_in(http, "PUT", "/api/things/7")

    assert answer.json() == {
        "error": "conflict", "reason": "已有。It is there already.", "code": "already_exists", "name": "x",
    }  # fmt: skip
    assert answer.status_code == 409


@pytest.mark.parametrize("name", ["a" * 201, "%00", "a%00b"])
def test_a_name_that_cannot_be_any_objects_is_not_found(http: TestClient, name: str) -> None:
    assert code_of(signed_in(http, "GET", f"/api/things/{name}")) == (404, "not_found")


def test_an_operation_open_to_anyone_knows_nobody(http: TestClient) -> None:
    assert code_of(http.get("/api/who", headers={"Authorization": "Bearer good"})) == (401, "not_signed_in")


def test_operations_that_share_a_name_or_a_place_are_refused_at_start() -> None:
    first = OPERATIONS[0]
    same_name = Operation("GET", "/api/other", first.name, "x", SIGNED_IN, echo)
    same_place = Operation(first.method, first.path, "other", "x", SIGNED_IN, echo)

    for second in (same_name, same_place):
        with pytest.raises(ValueError, match="same"):
            routes([first, second], identify)


def test_a_permission_names_only_roles_that_exist() -> None:
    with pytest.raises(ValueError, match="king"):
        any_of("steward", "king")
    with pytest.raises(ValueError, match="none given"):
        any_of()


def test_the_description_tells_what_the_server_does() -> None:
    described = describe([*OPERATIONS, description_operation(OPERATIONS, COMPONENTS)], COMPONENTS)

    assert described["openapi"] == "3.1.0"
    post = described["paths"]["/api/things"]["post"]
    assert set(post["responses"]) == {"201", "400", "401", "403", "413", "415", "422"}
    assert set(described["paths"]["/api/things/{id}"]["delete"]["responses"]) == {"204", "400", "401", "404"}
    assert "409" in described["paths"]["/api/things/{id}"]["put"]["responses"]
    assert described["paths"]["/api/find"]["get"]["security"] == []
    assert post["security"] == [{"bearer": []}]
    assert described["paths"]["/api/find"]["get"]["parameters"][0]["required"] is True
    assert "/api/openapi.json" in described["paths"]


def every_error() -> list[type[XunluError]]:
    found: list[type[XunluError]] = []
    waiting: list[type[XunluError]] = [XunluError]
    while waiting:
        error = waiting.pop()
        found.append(error)
        waiting += error.__subclasses__()
    return [error for error in found if error.__module__ == errors.__name__]


def test_every_error_has_a_code_of_its_own_and_a_status_with_a_word() -> None:
    codes = [error.code for error in every_error()]

    assert len(codes) == len(set(codes))
    assert set(errors.STATUS) == set(every_error())
    assert all(errors.STATUS[error] in errors.ERROR_WORDS for error in every_error())


def test_a_permission_without_a_rule_is_a_permission_for_anyone_and_says_so() -> None:
    assert ANYONE.needs_sign_in is False
    assert SIGNED_IN.needs_sign_in is True
    assert Permission("x", lambda person: False).needs_sign_in is True
