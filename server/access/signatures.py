"""Signatures of records: whether the phone that a record names signed it, with the key its author enrolled.

For: `Signatures`, which intake and the office ask. Not for: what follows from the answer (server/intake, server/sealed).
A key, once enrolled, is never replaced (server/access/devices), so what was read of it once stays true.
Source: contract section 4 (`sig`); RFC 7515, appendix F (detached content); RFC 7518, 3.4 (ES256); vectors in tests/vectors.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import Connection, select

from server.access.tables import device as table
from server.receipts import NoCanonicalForm, canonical_form

Standing = Literal["valid", "none", "unknown_key", "wrong"]

MAX_KEYS = 10_000
SIGNATURE_BYTES = 64


class Signatures:
    """Judges by the keys that are enrolled; remembers those it has met."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str], EllipticCurvePublicKey] = {}

    def standing(self, connection: Connection, document: Mapping[str, Any]) -> Standing:
        """`unknown_key`: signed, but its author enrolled no key for this phone."""
        if "sig" not in document:
            return "none"
        key = self.key_of(connection, document.get("device"), document.get("author"))
        if key is None:
            return "unknown_key"
        return "valid" if is_signed(document, key) else "wrong"

    def key_of(self, connection: Connection, device: Any, user: Any) -> EllipticCurvePublicKey | None:
        if not isinstance(device, str) or not isinstance(user, str):
            return None
        known = self._keys.get((device, user))
        if known is not None:
            return known
        jwk = connection.execute(
            select(table.c.public_jwk).where(table.c.id == device, table.c.user == user)
        ).scalar_one_or_none()
        if jwk is None:
            return None
        if len(self._keys) >= MAX_KEYS:
            self._keys.clear()
        key = self._keys[device, user] = public_key(jwk)
        return key


def public_key(jwk: Mapping[str, str]) -> EllipticCurvePublicKey:
    """Raises ValueError when it is no point of P-256."""
    x, y = (int.from_bytes(_bytes_of(jwk[part]), "big") for part in ("x", "y"))
    return EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()


def is_signed(document: Mapping[str, Any], key: EllipticCurvePublicKey) -> bool:
    """Whether `sig` is the key's, over the document without `sig` and underscore members other than `_id`."""
    signed = {
        name: value
        for name, value in document.items()
        if name == "_id" or (name != "sig" and not name.startswith("_"))
    }
    try:
        return is_signed_text(canonical_form(signed), document.get("sig"), key)
    except NoCanonicalForm:
        return False


def is_signed_text(content: bytes, sig: Any, key: EllipticCurvePublicKey) -> bool:
    """Whether `sig`, a compact JWS without its content, is the key's over `content`."""
    if not isinstance(sig, str) or sig.count(".") != 2:
        return False
    header, middle, signature = sig.split(".")
    try:
        raw = _bytes_of(signature)
        # Exactly this header: no other algorithm, no `crit`, nothing that would have to be understood.
        if middle or json.loads(_bytes_of(header)) != {"alg": "ES256"} or len(raw) != SIGNATURE_BYTES:
            return False
        r, s = (int.from_bytes(half, "big") for half in (raw[:32], raw[32:]))
        key.verify(encode_dss_signature(r, s), f"{header}.{_text_of(content)}".encode(), ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _bytes_of(text: str) -> bytes:
    """Raises ValueError for what is not unpadded base64url."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error


def _text_of(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
