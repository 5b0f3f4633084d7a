"""Contract section 5, sessions: sign in, rotate, replay, sign out, disabled; promises S-12, S-13, S-14."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from tests.contract.conftest import Xunlu
from tests.contract.people import Client
from tests.e2e.demo_server import DemoServer, wait_until


def sign_in(demo: DemoServer, **body: str) -> httpx2.Response:
    return httpx2.post(f"{demo.url}/api/session", json=body, timeout=30)


def test_a_wrong_password_and_an_unknown_user_are_told_alike(demo: DemoServer) -> None:
    wrong = sign_in(demo, username="steward3", password="nope")
    unknown = sign_in(demo, username="nobody", password="nope")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.json() == unknown.json()
    assert wrong.json().keys() >= {"error", "reason", "code"}


def test_an_incomplete_sign_in_names_what_is_missing(demo: DemoServer) -> None:
    answer = sign_in(demo, username="steward1")
    assert answer.status_code == 422
    assert "password" in answer.text


def refresh(demo: DemoServer, token: str) -> httpx2.Response:
    return httpx2.post(f"{demo.url}/api/session/refresh", json={"refresh_token": token}, timeout=30)


def me(demo: DemoServer, access: str) -> int:
    return httpx2.get(
        f"{demo.url}/api/me", headers={"Authorization": f"Bearer {access}"}, timeout=30
    ).status_code


def test_a_session_rotates_and_a_lost_answer_costs_nothing(demo: DemoServer) -> None:
    session = sign_in(demo, username="steward2", password="xunlu-demo", device="dev-9").json()
    assert session.keys() >= {"access_token", "refresh_token", "expires_in"}
    assert 0 < session["expires_in"] <= 600
    first = refresh(demo, session["refresh_token"]).json()
    assert first["refresh_token"] != session["refresh_token"]
    lost = refresh(demo, session["refresh_token"])  # within 60 s: the same successor
    assert (lost.status_code, lost.json()["refresh_token"]) == (200, first["refresh_token"])
    assert me(demo, first["access_token"]) == 200


def test_signing_out_ends_it_at_once(demo: DemoServer, signed_in: Callable[..., Client]) -> None:
    person = signed_in(demo.url, "steward3")
    assert person.http.delete("/api/session").status_code == 204
    assert person.http.get("/api/me").status_code == 401
    assert refresh(demo, person.session["refresh_token"]).status_code == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x.y.z", "Basic c3Rld2FyZDE6eHVubHUtZGVtbw==", "bearer null"]
)
def test_what_is_no_token_is_401(header: str, demo: DemoServer) -> None:
    for path in ("/api/me", "/db/", "/db/area-a1", f"/media/photos/{'0' * 64}"):
        answer = httpx2.get(demo.url + path, headers={"Authorization": header}, timeout=30)
        assert answer.status_code == 401, (path, header)
        assert answer.json().keys() >= {"error", "reason"}


def test_a_disabled_user_is_served_nothing_more(
    demo: DemoServer, xunlu: Xunlu, signed_in: Callable[..., Client]
) -> None:
    data = {"XUNLU_DATA": str(demo.data)}
    words = ("user", "add", "gone", "--title", "离职", "--password-stdin")
    assert xunlu(*words, stdin="long-enough-9\n", **data).returncode == 0
    assert (
        xunlu(
            "user", "grant", "gone", "--role", "steward", "--project", "demo", "--area", "a3", **data
        ).returncode
        == 0
    )
    person = signed_in(demo.url, "gone", "long-enough-9")
    assert person.http.get("/api/me").status_code == 200
    assert xunlu("user", "disable", "gone", **data).returncode == 0
    wait_until(lambda: person.http.get("/api/me").status_code == 401, "the end of the session", 5)
    assert person.http.get("/db/area-a3").status_code == 401
    assert refresh(demo, person.session["refresh_token"]).status_code == 401
    assert sign_in(demo, username="gone", password="long-enough-9").status_code == 401


def test_me_lists_what_a_phone_replicates(client: Callable[[str], Client]) -> None:
    mine = client("steward1").get("/api/me")
    assert [(one["name"], one["access"]) for one in mine["databases"]] == [
        ("area-a1", "read_write"), ("project-demo", "read"), ("user-steward1", "read"),
    ]  # fmt: skip
    assert mine["epoch"] == client("steward1").get("/db/")["uuid"]
    assert mine["now"].endswith("Z")
