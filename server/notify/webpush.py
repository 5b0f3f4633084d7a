"""Web Push: one encrypted message to one browser, through that browser maker's push service.

For: `WebPush.send`, `VapidKey` (the server's own key pair), `endpoint_problem` (whether an address may be written to at all).
Not for: keeping subscriptions (subscriptions.py).
The services throw away what they hold under the same Topic, and the phone shows one notice for one tag: a repetition is not
seen twice. The endpoint comes from a browser, so only hosts of known push services are ever asked (promises S-34).
Source: RFC 8030, RFC 8188, RFC 8291 (encryption), RFC 8292 (VAPID).
"""

from __future__ import annotations

import base64
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import http_ece
import httpx2
import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jose import jwt

from server.notify.sinks import Again, Answer, Outward, Refused, Target, by_status, post
from server.pem import read_or_make

HOSTS = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "web.push.apple.com",
)
HOST_ENDS = (".push.apple.com", ".notify.windows.com", ".push.services.mozilla.com")
TOKEN_HOURS = 12  # RFC 8292: at most 24
SALT_BYTES = 16
URGENT_LEVEL = 3
FILE_NAME = "vapid.pem"


class VapidKey:
    """The key by which push services know this server. Browsers subscribe for it: a new one ends all subscriptions."""

    def __init__(self, private: ec.EllipticCurvePrivateKey, contact: str | None = None) -> None:
        """`contact`: by what a push service reaches the operator. Apple's demands one."""
        self._contact = contact
        self._pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
        point = private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        self.public = text_of(point)  # what a browser wants as applicationServerKey

    @classmethod
    def in_folder(cls, folder: Path, contact: str | None = None) -> VapidKey:
        """Read the key, or make it, mode 0600. Raises OSError or ValueError when a file is there that cannot be used."""
        return cls(read_or_make(folder / FILE_NAME), contact)

    def authorization(self, endpoint: str, now: datetime) -> str:
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((now + timedelta(hours=TOKEN_HOURS)).timestamp()),
            **({} if self._contact is None else {"sub": self._contact}),
        }
        return f"vapid t={jwt.encode(claims, self._pem, algorithm='ES256')}, k={self.public}"


class WebPush:
    def __init__(self, key: VapidKey) -> None:
        self._key = key

    async def send(
        self, client: httpx2.AsyncClient, target: Target, message: Outward, now: datetime
    ) -> Answer:
        try:
            content = encrypt(_payload(message), bytes_of(target.p256dh), bytes_of(target.auth))
        except ValueError:
            return Refused("the browser's keys cannot be used")
        headers = {
            "Authorization": self._key.authorization(target.url, now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(max(0, int((message.expires_at - now).total_seconds()))),
            "Topic": message.key[:32],
            "Urgency": "high" if message.level >= URGENT_LEVEL else "normal",
        }
        response = await post(client, target.url, content=content, headers=headers)
        return response if isinstance(response, Again) else by_status(response, now)


def encrypt(payload: bytes, browser_key: bytes, browser_secret: bytes) -> bytes:
    """The body of one push (RFC 8291). Raises ValueError for keys that are none."""
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    try:
        sealed: bytes = http_ece.encrypt(
            payload,
            salt=secrets.token_bytes(SALT_BYTES),
            private_key=ephemeral,
            dh=browser_key,
            auth_secret=browser_secret,
            version="aes128gcm",
        )
    except http_ece.ECEException as error:
        raise ValueError(str(error)) from error
    return sealed


def endpoint_problem(endpoint: str, more_hosts: tuple[str, ...] = ()) -> str | None:
    """Why nothing may be sent to this address; None when it is a known push service's."""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "it is no address"
    if parts.netloc in more_hosts:
        return None
    if parts.scheme != "https" or parts.username or port not in (None, 443):
        return "it is not plain https"
    if host in HOSTS or host.endswith(HOST_ENDS):
        return None
    return "it is not the address of a known push service"


def text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    """Base64url without padding. Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _payload(message: Outward) -> bytes:
    return orjson.dumps(
        {
            "tag": message.notice,
            "level": message.level,
            "title": message.title,
            "text": message.text,
            "link": message.link,
        }
    )
