"""A phone that seals, in Python: what pwa/src/vault does, for stories about the server's side."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server.sealed.opening import SealKey, bytes_of, text_of


def seal(key: SealKey, name: str, content: bytes) -> dict[str, str]:
    """A box for the server alone: kid, epk, key, iv, and the sealed content as `data`."""
    own, iv, ours = AESGCM.generate_key(256), os.urandom(12), ec.generate_private_key(ec.SECP256R1())
    x, y = (int.from_bytes(bytes_of(key.public[part]), "big") for part in ("x", "y"))
    theirs = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    epk = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    wrapping = HKDF(SHA256(), 32, salt=epk, info=b"xunlu sealed 1").derive(ours.exchange(ec.ECDH(), theirs))
    wrapped = AESGCM(wrapping).encrypt(bytes(12), own, name.encode())
    return {
        "kid": key.kid,
        "epk": text_of(epk),
        "key": text_of(wrapped),
        "iv": text_of(iv),
        "data": text_of(AESGCM(own).encrypt(iv, content, None)),
    }


def sealed_record(key: SealKey, document: Mapping[str, Any]) -> dict[str, str]:
    text = orjson.dumps({"document": document})
    return {"id": document["_id"], **seal(key, document["_id"], len(text).to_bytes(4, "big") + text)}


def pieces(key: SealKey, sha256: str, content: bytes, piece_bytes: int) -> list[dict[str, Any]]:
    box = seal(key, f"photo:{sha256}", content)
    sealed = bytes_of(box["data"])
    return [
        {
            **box,
            "sha256": sha256,
            "mime": "image/jpeg",
            "total": len(sealed),
            "offset": offset,
            "data": text_of(sealed[offset : offset + piece_bytes]),
        }
        for offset in range(0, len(sealed), piece_bytes)
    ]
