"""`/api/session`, `/api/me`, `/api/devices` as a phone and a browser meet them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.testclient import TestClient

from server.access import administration, routes
from server.http.operations import routes as routes_of
from server.http.requests import validator
from server.sealed.opening import SealKey
from tests.server.access.conftest import PASSWORD, Office


@pytest.fixture
def app(office: Office) -> Starlette:
    return Starlette(
        routes=routes_of(
            routes.operations(office.services, SealKey.in_folder(office.settings.data)),
            office.access.identify,
            routes.COMPONENTS,
        )
    )


@pytest.fixture
def http(app: Starlette) -> Iterator[TestClient]:
    with TestClient(app, base_url="https://xunlu.example") as client:
        yield client


@pytest.fixture
def browser(http: TestClient) -> Browser:
    return Browser(http)


class Browser:
    def __init__(self, http: TestClient) -> None:
        self.http = http
        self.tokens: dict[str, Any] = {}

    def signs_in(self, username: str = "steward1", password: str = PASSWORD, **more: Any) -> Any:
        answer = self.http.post("/api/session", json={"username": username, "password": password, **more})
        if answer.status_code == 200:
            self.tokens = answer.json()
        return answer

    def asks(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"}
        return self.http.request(method, path, headers=headers, **more)


def public_jwk() -> dict[str, str]:
    numbers = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    x, y = (
        base64.urlsafe_b64encode(part.to_bytes(32, "big")).rstrip(b"=").decode()
        for part in (numbers.x, numbers.y)
    )
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def schema(name: str) -> jsonschema_rs.Draft202012Validator:
    return validator({"$ref": f"#/components/schemas/{name}"}, routes.COMPONENTS)


def test_signing_in_gives_tokens_and_makes_the_browser_known(browser: Browser) -> None:
    answer = browser.signs_in(device="dev-1")

    assert answer.status_code == 200
    schema("Tokens").validate(answer.json())
    assert answer.json()["expires_in"] == 600
    assert answer.headers["cache-control"] == "no-store"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-xunlu-known=")
    for attribute in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert attribute in cookie
    assert "Domain" not in cookie


def test_me_tells_who_and_where(browser: Browser, office: Office) -> None:
    browser.signs_in(device="dev-1")

    me = browser.asks("GET", "/api/me").json()

    schema("Me").validate(me)
    assert me == {
        "user": "steward1",
        "display_name": "Steward1",
        "roles": ["steward"],
        "projects": [{"id": "demo", "name": "示范", "time_zone": "Asia/Shanghai"}],
        "areas": [{"id": "a1", "name": "A1", "project": "demo"}],
        "databases": [
            {"name": "area-a1", "access": "read_write", "kind": "area"},
            {"name": "project-demo", "access": "read", "kind": "project"},
            {"name": "user-steward1", "access": "read", "kind": "user"},
        ],
        "colleagues": me["colleagues"],
        "epoch": "epoch-1",
        "now": "2026-11-23T01:00:00Z",
        "seal_key": me["seal_key"],
        "phone": {"pin_required": False, "idle_hours": 12, "contact_hours": 72},
    }
    assert me["colleagues"]["steward1"] == "Steward1"
    assert set(me["seal_key"]) == {"kid", "x", "y"}


def test_a_cookie_alone_signs_nobody_in(browser: Browser) -> None:
    browser.signs_in()

    answer = browser.http.get("/api/me")

    assert answer.status_code == 401
    assert answer.json()["code"] == "not_signed_in"
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_unknown_user_wrong_password_and_disabled_account_look_the_same(
    browser: Browser, office: Office
) -> None:
    office.change(administration.disable_user, "steward2")

    answers = [
        browser.signs_in("nobody"), browser.signs_in("steward1", "wrong password"), browser.signs_in("steward2"),
    ]  # fmt: skip

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert all("set-cookie" not in answer.headers for answer in answers)


def test_too_many_tries_say_how_long_to_wait_and_a_known_browser_is_spared(browser: Browser) -> None:
    browser.signs_in()
    known = dict(browser.http.cookies)
    browser.http.cookies.clear()
    answers = [browser.signs_in(password="wrong password") for _ in range(5)]
    assert answers[-1].status_code == 429
    assert answers[-1].json()["code"] == "too_many_tries"
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert browser.signs_in().status_code == 429

    browser.http.cookies.update(known)

    assert browser.signs_in().status_code == 200


@pytest.mark.parametrize(
    "cookie", ["", "=", "__Host-xunlu-known=;;;", "a=b; \x7f", "__Host-xunlu-known=" + "x" * 9000]
)
def test_a_strange_cookie_does_no_harm(browser: Browser, cookie: str) -> None:
    answer = browser.http.post(
        "/api/session",
        json={"username": "steward1", "password": PASSWORD},
        headers={"Cookie": cookie},
    )

    assert answer.status_code == 200


def test_refreshing_and_signing_out(browser: Browser) -> None:
    browser.signs_in()

    pair = browser.http.post("/api/session/refresh", json={"refresh_token": browser.tokens["refresh_token"]})
    assert pair.status_code == 200
    browser.tokens = pair.json()
    out = browser.asks("DELETE", "/api/session")

    assert (out.status_code, out.content) == (204, b"")
    assert browser.asks("GET", "/api/me").status_code == 401
    again = browser.http.post("/api/session/refresh", json={"refresh_token": browser.tokens["refresh_token"]})
    assert (again.status_code, again.json()["code"]) == (401, "sign_in_again")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"username":"a","username":"b","password":"x"}', 400),
        (b'{"username":"steward1"}', 422),
        (b'{"username":"steward1","password":"x","role":"admin"}', 422),
        (b'{"username":["steward1"],"password":"x"}', 422),
        (b'{"username":"steward1","password":"x","device":"a b"}', 422),
        (b'{"username":"\\u0000","password":"x"}', 400),
        (b'{"username":"' + b"a" * 9000 + b'","password":"x"}', 413),
    ],
)
def test_a_malformed_sign_in_is_refused_before_anybody_looks(
    browser: Browser, body: bytes, status: int
) -> None:
    answer = browser.http.post("/api/session", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == status


def test_a_phone_enrols_its_key_once(browser: Browser) -> None:
    browser.signs_in(device="dev-1")
    key = public_jwk()

    first = browser.asks("POST", "/api/devices", json={"public_jwk": key, "name": "红米"})
    again = browser.asks("POST", "/api/devices", json={"public_jwk": {**key, "alg": "ES256"}})
    other = browser.asks("POST", "/api/devices", json={"public_jwk": public_jwk()})
    foreign = browser.asks("POST", "/api/devices", json={"public_jwk": key, "device": "dev-2"})

    assert first.status_code == 200
    schema("Device").validate(first.json())
    assert first.json() == again.json()
    assert (first.json()["device"], first.json()["user"], first.json()["name"]) == (
        "dev-1",
        "steward1",
        "红米",
    )
    assert (other.status_code, other.json()["code"]) == (409, "already_exists")
    assert (foreign.status_code, foreign.json()["code"]) == (422, "invalid_input")


def test_a_key_that_is_no_public_key_is_refused(browser: Browser) -> None:
    browser.signs_in(device="dev-1")
    key = public_jwk()

    for wrong in (
        {**key, "d": key["x"]},
        {**key, "x": key["y"], "y": "A" * 43},
        {**key, "crv": "P-384"},
        {},
        [],
    ):
        answer = browser.asks("POST", "/api/devices", json={"public_jwk": wrong})
        assert answer.status_code == 422, wrong


def test_an_administrator_ends_a_lost_phone(browser: Browser, http: TestClient, office: Office) -> None:
    phone = Browser(http)
    phone.signs_in(device="dev-1")
    browser.signs_in("admin1")
    listed = browser.asks("GET", "/api/devices").json()
    assert [(item["device"], item["user"]) for item in listed["items"]] == [("dev-1", "steward1")]
    rechecks = office.feeds.rechecks

    assert browser.asks("DELETE", "/api/devices/dev-1").status_code == 204

    lost = phone.asks("GET", "/api/me")
    assert (lost.status_code, lost.json()["code"]) == (401, "device_revoked")
    refreshed = http.post("/api/session/refresh", json={"refresh_token": phone.tokens["refresh_token"]})
    assert (refreshed.status_code, refreshed.json()["code"]) == (401, "device_revoked")
    assert phone.signs_in(device="dev-1").json()["code"] == "device_revoked"
    assert phone.signs_in(device="dev-2").status_code == 200
    assert office.feeds.rechecks == rechecks + 1
    assert browser.asks("GET", "/api/devices").json()["items"][0]["revoked_at"] == "2026-11-23T01:00:00Z"


def test_phones_are_managed_by_administrators_of_their_project_only(browser: Browser, office: Office) -> None:
    browser.signs_in(device="dev-1")
    assert browser.asks("GET", "/api/devices").status_code == 403
    mine = browser.asks("DELETE", "/api/devices/dev-1")
    missing = browser.asks("DELETE", "/api/devices/dev-none")
    assert (
        (mine.status_code, mine.content) == (missing.status_code, missing.content) == (404, missing.content)
    )

    office.change(administration.add_project, "other", "另一个")
    office.change(administration.add_user, "admin9", "Other", PASSWORD)
    office.change(administration.grant_role, "admin9", "admin", "other")
    browser.signs_in("admin9")

    assert browser.asks("GET", "/api/devices").json()["items"] == []
    assert browser.asks("DELETE", "/api/devices/dev-1").status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "xunlu.example/api/me?", "xunlu.example:443@evil", "[::1"])
def test_the_host_header_changes_nothing(browser: Browser, host: str) -> None:
    browser.signs_in()
    headers = {"Host": host, "Authorization": f"Bearer {browser.tokens['access_token']}"}

    assert browser.http.get("/api/me", headers=headers).json()["user"] == "steward1"
    assert browser.http.get("/api/devices", headers=headers).status_code == 403
    assert browser.http.get("/api/me", headers={"Host": host}).status_code == 401


def test_guessed_access_tokens_get_one_answer(browser: Browser) -> None:
    from tests.server.access.test_tokens import FORGED

    answers = set()
    for forge in FORGED.values():
        token = forge().encode("utf-8").decode("latin-1").strip()
        if len(token) < 60_000:
            answer = browser.http.get(
                "/api/me", headers={"Authorization": f"Bearer {token}".encode("latin-1")}
            )
            answers.add((answer.status_code, answer.content))

    assert len(answers) == 1
    assert answers.pop()[0] == 401
