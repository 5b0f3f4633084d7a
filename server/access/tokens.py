"""Access tokens: ten minutes of proof that somebody signed in. The only module that imports `jose`.

For: `AccessTokens.issue` and `AccessTokens.read`.
Not for: whether the session behind a token still lives (server/access/sessions); refresh tokens, which are random.
The library is met as late and with as little as possible: only text of our own length and alphabet, in its one
encoding, behind the very header we write, reaches it. Every claim and every time is checked here, because
python-jose takes a token without `exp`, and one without `aud` although one was asked for.
Source: promises D11, S-12; RFC 8725.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from jose import jwk, jwt
from jose.exceptions import JOSEError

from server.errors import Unauthenticated

LIFETIME = timedelta(minutes=10)
MAX_TOKEN_CHARACTERS = 2048
ALGORITHM = "HS256"
ISSUER = "xunlu"
AUDIENCE = "xunlu"
KIND = "access"
CLOCK_LEEWAY = timedelta(seconds=30)  # several processes may issue: their clocks differ a little

MAX_REMEMBERED = 10_000

_SHAPE = re.compile(r"([A-Za-z0-9_-]{1,400})\.([A-Za-z0-9_-]{1,1600})\.([A-Za-z0-9_-]{43})")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CLAIMS = frozenset({"iss", "aud", "sub", "sid", "jti", "typ", "iat", "exp"})


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a valid token says."""

    user: str
    session: str


class AccessTokens:
    def __init__(self, secret: str) -> None:
        # A key of its own: nothing else that is made from the secret can be used as a signature.
        key = hmac.new(secret.encode(), b"xunlu access token 1", hashlib.sha256).digest()
        self._key = jwk.construct(key, ALGORITHM)
        self._header = self._sign({}).partition(".")[0]
        self._remembered: dict[
            bytes, dict[str, Any]
        ] = {}  # hash of a token whose signature held → its claims

    def issue(self, user: str, session: str, token_id: str, at: datetime) -> str:
        """The same arguments give the same token."""
        issued = int(at.timestamp())
        return self._sign(
            {
                "iss": ISSUER,
                "aud": AUDIENCE,
                "sub": user,
                "sid": session,
                "jti": token_id,
                "typ": KIND,
                "iat": issued,
                "exp": issued + int(LIFETIME.total_seconds()),
            }
        )

    def read(self, token: str, now: datetime) -> AccessToken:
        """Raises Unauthenticated for anything but a token of ours that holds at `now`; never says why.

        A signature is verified once, the claims are judged every time: a phone shows one token with every request.
        """
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise _refused()
        key = hashlib.sha256(token.encode()).digest()
        claims = self._remembered.get(key)
        if claims is None:
            claims = self._verified(token)
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = claims
        return _judged(claims, now)

    def _verified(self, token: str) -> dict[str, Any]:
        parts = _SHAPE.fullmatch(token)
        if (
            parts is None
            or parts[1] != self._header
            or not all(_is_canonical(part) for part in parts.groups())
        ):
            raise _refused()
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                # The library judges times by the machine's clock; ours is handed in, and `_judged` asks for every claim.
                options={"verify_exp": False, "verify_nbf": False},
            )
        except (JOSEError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise _refused() from error
        return claims

    def _sign(self, claims: dict[str, Any]) -> str:
        token: str = jwt.encode(claims, self._key, algorithm=ALGORITHM)
        return token


def _judged(claims: dict[str, Any], now: datetime) -> AccessToken:
    names = (claims.get("sub"), claims.get("sid"), claims.get("jti"))
    times = (claims.get("iat"), claims.get("exp"))
    if (
        claims.keys() != _CLAIMS
        or claims["typ"] != KIND
        or claims["aud"] != AUDIENCE
        or claims["iss"] != ISSUER
        or not all(isinstance(name, str) and _NAME.fullmatch(name) for name in names)
        or not all(type(time) is int and 0 < time < 2**33 for time in times)
    ):
        raise _refused()
    issued, expires = (datetime.fromtimestamp(claims[name], UTC) for name in ("iat", "exp"))
    if not issued - CLOCK_LEEWAY <= now < expires or expires - issued != LIFETIME:
        raise _refused()
    return AccessToken(user=claims["sub"], session=claims["sid"])


def _is_canonical(text: str) -> bool:
    """Whether this is the only way to write these bytes: decoders ignore the last bits of the last character."""
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return False
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode() == text


def _refused() -> Unauthenticated:
    return Unauthenticated("请先登录。Sign in first.")
