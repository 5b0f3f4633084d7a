"""Access tokens: only what we wrote ourselves, as we wrote it, opens anything (promises S-12, D11)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from server.access.tokens import LIFETIME, MAX_TOKEN_CHARACTERS, AccessTokens
from server.errors import Unauthenticated
from tests.server.access.conftest import MONDAY, SECRET, Office, run, with_header

NOW = MONDAY + timedelta(minutes=1)
KEY = hmac.new(SECRET.encode(), b"xunlu access token 1", hashlib.sha256).digest()


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def part(value: Any) -> str:
    return b64(json.dumps(value, separators=(",", ":")).encode())


def signed(claims: Any, header: Any = None, key: bytes = KEY, raw: str | None = None) -> str:
    """A token whose signature is right for the server's own key: only its content is wrong."""
    header_part = part(header if header is not None else {"alg": "HS256", "typ": "JWT"})
    body = raw if raw is not None else part(claims)
    text = f"{header_part}.{body}"
    return f"{text}.{b64(hmac.new(key, text.encode(), hashlib.sha256).digest())}"


def claims(**changed: Any) -> dict[str, Any]:
    issued = int(MONDAY.timestamp())
    good: dict[str, Any] = {
        "iss": "xunlu", "aud": "xunlu", "sub": "steward1", "sid": "session", "jti": "one", "typ": "access",
        "iat": issued, "exp": issued + 600,
    }  # fmt: skip
    return {name: value for name, value in {**good, **changed}.items() if value is not ...}


def good() -> str:
    return AccessTokens(SECRET).issue("steward1", "session", "one", MONDAY)


def _last_bit_changed() -> str:
    token = good()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


FORGED: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "not a token": lambda: "abc",
    "two parts": lambda: good().rpartition(".")[0],
    "four parts": lambda: good() + ".x",
    "no signature": lambda: good().rpartition(".")[0] + ".",
    "alg none": lambda: f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims())}.",
    "alg none, signature kept": lambda: f"{part({'alg': 'none', 'typ': 'JWT'})}.{good().partition('.')[2]}",
    "alg HS512": lambda: signed(claims(), {"alg": "HS512", "typ": "JWT"}),
    "alg RS256": lambda: signed(claims(), {"alg": "RS256", "typ": "JWT"}),
    "header order": lambda: signed(claims(), {"typ": "JWT", "alg": "HS256"}),
    "unknown crit": lambda: signed(claims(), {"alg": "HS256", "typ": "JWT", "crit": ["x"]}),
    "kid to a file": lambda: signed(claims(), {"alg": "HS256", "typ": "JWT", "kid": "/dev/null"}),
    "embedded key": lambda: signed(claims(), {"alg": "HS256", "typ": "JWT", "jwk": {"kty": "oct", "k": ""}}),
    "other key": lambda: signed(claims(), key=b"k" * 32),
    "the secret itself as key": lambda: signed(claims(), key=SECRET.encode()),
    "changed claims": lambda: ".".join(
        [good().split(".")[0], part(claims(sub="admin1")), good().split(".")[2]]
    ),
    "spare bits of the signature": _last_bit_changed,
    "expired": lambda: signed(claims(iat=int(MONDAY.timestamp()) - 700, exp=int(MONDAY.timestamp()) - 100)),
    "no exp": lambda: signed(claims(exp=...)),
    "no iat": lambda: signed(claims(iat=...)),
    "no aud": lambda: signed(claims(aud=...)),
    "other aud": lambda: signed(claims(aud="other")),
    "aud as list": lambda: signed(claims(aud=["xunlu", "other"])),
    "no iss": lambda: signed(claims(iss=...)),
    "other iss": lambda: signed(claims(iss="other")),
    "no jti": lambda: signed(claims(jti=...)),
    "no sub": lambda: signed(claims(sub=...)),
    "no typ": lambda: signed(claims(typ=...)),
    "typ refresh": lambda: signed(claims(typ="refresh")),
    "long life": lambda: signed(claims(exp=int(MONDAY.timestamp()) + 86400)),
    "from the future": lambda: signed(claims(iat=int(MONDAY.timestamp()) + 900, exp=int(MONDAY.timestamp()) + 1500)),
    "exp as text": lambda: signed(claims(exp=str(int(MONDAY.timestamp()) + 600))),
    "exp without end": lambda: signed(None, raw=part(claims()).replace("=", "") + b64(b"1e400")),
    "exp infinite": lambda: signed(
        None, raw=b64(json.dumps(claims(exp=float("inf"))).encode())
    ),
    "claims as list": lambda: signed([1, 2]),
    "claims nested deep": lambda: signed(None, raw=b64(b"[" * 1100)),
    "further claim": lambda: signed(claims(admin=True)),
    "13 KB": lambda: part({"alg": "HS256", "typ": "JWT"}) + "." + b64(b"[" * 10_000) + ".x",
    "over the cap": lambda: good() + "A" * MAX_TOKEN_CHARACTERS,
    "five parts, encrypted": lambda: ".".join(["eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0", "", "AA", "AA", "AA"]),
    "line end": lambda: good() + "\n",
    "padded": lambda: good() + "=",
    "fullwidth dots": lambda: good().replace(".", "．"),
}  # fmt: skip


@pytest.mark.parametrize("shape", FORGED)
def test_a_forged_token_is_refused_without_saying_why(shape: str) -> None:
    tokens = AccessTokens(SECRET)

    with pytest.raises(Unauthenticated) as refused:
        tokens.read(FORGED[shape](), NOW)

    assert refused.value.reason == "请先登录。Sign in first."
    assert refused.value.details == {}


def test_the_forger_of_these_tests_would_be_believed_if_only_the_content_were_right() -> None:
    assert AccessTokens(SECRET).read(signed(claims()), NOW).user == "steward1"


def test_a_token_holds_for_ten_minutes() -> None:
    tokens = AccessTokens(SECRET)
    token = good()

    assert tokens.read(token, MONDAY + LIFETIME - timedelta(seconds=1)).session == "session"
    with pytest.raises(Unauthenticated):
        tokens.read(token, MONDAY + LIFETIME)


def test_a_token_of_another_secret_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        AccessTokens("t" * 40).read(good(), NOW)


def test_the_same_sign_in_gives_the_same_token_so_that_a_lost_reply_can_be_repeated() -> None:
    assert good() == good()


def test_a_valid_token_without_a_session_opens_nothing(office: Office) -> None:
    with pytest.raises(Unauthenticated):
        office.who(good())


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ("Bearer",),
        ("Bearer ",),
        ("Basic b3A6cA==",),
        ("Token {token}",),
        ("Bearer {token}", "Bearer {token}"),
        ("Bearer  {token}",),
    ],
)
def test_only_one_bearer_header_is_read(office: Office, headers: tuple[str, ...]) -> None:
    token = office.sign_in().tokens.access_token

    with pytest.raises(Unauthenticated):
        run(office.access.identify(with_header(*(header.replace("{token}", token) for header in headers))))
