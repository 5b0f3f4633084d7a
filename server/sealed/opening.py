"""The server's key for sealed items, and opening them.

For: `SealKey`: the public part for `/api/me`, and `open` for what a phone sealed to it. Not for: what is inside (taking.py).
Losing the key loses what is still sealed to it on phones: it is part of a backup. Mode 0600, made at its first use.
Ephemeral ECDH on P-256, HKDF-SHA-256, AES-256-GCM; the item's name is bound in. The phone's half: pwa/src/vault/boxes.ts;
vectors in tests/vectors/sealed.json. Source: promises D13; RFC 5869; NIST SP 800-56A.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.pem import read_or_make

FILE_NAME = "seal.pem"
_INFO = b"xunlu sealed 1"
_ONCE = bytes(12)  # each opening has a key of its own, used once


class CannotOpen(Exception):
    """Sealed to another key, or changed since."""


class SealKey:
    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        point = private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        self.kid = text_of(hashlib.sha256(point).digest()[:9])
        self.public = {"kid": self.kid, "x": text_of(point[1:33]), "y": text_of(point[33:])}

    @classmethod
    def in_folder(cls, folder: Path) -> SealKey:
        """Read the key, or make it. Raises OSError or ValueError when a file is there that cannot be used."""
        return cls(read_or_make(folder / FILE_NAME))

    def open(self, name: str, box: Mapping[str, str], content: bytes) -> bytes:
        """The content of the item `name`; `box`: kid, epk, key, iv as base64url. Raises CannotOpen."""
        if box["kid"] != self.kid:
            raise CannotOpen("sealed to another key")
        try:
            epk = bytes_of(box["epk"])
            theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), epk)
            shared = self._private.exchange(ec.ECDH(), theirs)
            wrapping = HKDF(SHA256(), 32, salt=epk, info=_INFO).derive(shared)
            own = AESGCM(wrapping).decrypt(_ONCE, bytes_of(box["key"]), name.encode())
            return AESGCM(own).decrypt(bytes_of(box["iv"]), content, None)
        except (InvalidTag, ValueError) as error:
            raise CannotOpen("changed since it was sealed") from error


def bytes_of(text: str) -> bytes:
    """Raises ValueError (binascii.Error) for what is not unpadded base64url."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def text_of(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
