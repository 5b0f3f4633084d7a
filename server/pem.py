"""A P-256 private key of the server in a file of its own, mode 0600, made at its first use.

For: keys that others know the public half of (Web Push, sealed items). Not for: the signing secret (server/settings).
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


def read_or_make(path: Path) -> ec.EllipticCurvePrivateKey:
    """Raises OSError or ValueError when a file is there that cannot be used."""
    if not path.exists():
        _make(path)
    private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != "secp256r1":
        raise ValueError(f"{path} does not hold a P-256 key")
    return private


def _make(path: Path) -> None:
    """Whoever comes first makes it; a half-written file never bears the name."""
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    waiting = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    with open(os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(waiting, path)
    except FileExistsError:
        return
    finally:
        waiting.unlink()
