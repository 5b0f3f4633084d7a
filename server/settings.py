"""The settings of the server: read once, at start, into a frozen object.

For: `Settings.from_environ(os.environ)`; every part is handed what it needs from there.
Not for: settings of a project or area, which are documents and have a history.
Source: the table of settings in README.md, which a test compares with `SETTINGS`.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from server.errors import BadSettings

PREFIX = "XUNLU_"

SETTINGS: dict[str, str] = {
    "XUNLU_DATA": "data directory of the embedded default; ./data",
    "XUNLU_STORE": "sqlite (default) or couchdb",
    "XUNLU_COUCHDB_URL": "http://user:password@host:5984; needed for couchdb, and for `xunlu couchdb` and `xunlu copy`",
    "XUNLU_DATABASE_URL": "SQLAlchemy URL for identity and read model; SQLite in XUNLU_DATA",
    "XUNLU_MEDIA_URL": "where photos are kept; file: in XUNLU_DATA",
    "XUNLU_OPERATOR": "name:password of the operator's Basic credential for /db; unset: no such door",
    "XUNLU_SECRET": "signing key; created in XUNLU_DATA with mode 0600",
    "XUNLU_CONTACT": "mailto:… or https://…, told to push services so that they can reach the operator",
}

STORES = ("sqlite", "couchdb")
MIN_SECRET_CHARACTERS = 32
COUCHDB_EXAMPLE = "http://user:password@host:5984"
_NO_COUCHDB = f"XUNLU_COUCHDB_URL is not an address of a CouchDB such as {COUCHDB_EXAMPLE}"
_ONLY_THE_SERVER = (
    f"XUNLU_COUCHDB_URL must name the server only, without path, ? or #: {COUCHDB_EXAMPLE} "
    "(in a password write / ? # @ as %2F %3F %23 %40)"
)


@dataclass(frozen=True, slots=True)
class Operator:
    name: str
    password: str


@dataclass(frozen=True, slots=True, repr=False)  # no repr: it would put the secret into a log
class Settings:
    data: Path
    store: str
    database_url: str
    media: Path
    secret: str
    operator: Operator | None = None
    contact: str | None = None
    couchdb_url: str | None = None  # holds the password
    couchdb_prefix: str = "xunlu"  # of the names of all our databases there

    @property
    def documents(self) -> Path:
        """The folder of the embedded document store."""
        return self.data / "documents"

    @property
    def couchdb_journal(self) -> Path:
        """The folder of what this machine remembers of a CouchDB."""
        return self.data / "couchdb"

    @property
    def couchdb_address(self) -> str:
        """Where the CouchDB is, without account and password: what may be shown."""
        parts = urlsplit(self.couchdb_url or "")
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """The settings of `environ`; makes the data directory and, when none is given, the secret in it.

        Raises BadSettings with one line that names the variable and what to do.
        """
        given = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
        unknown = sorted(given.keys() - SETTINGS.keys())
        if unknown:
            raise BadSettings(f"{unknown[0]}: no such setting; there are {', '.join(SETTINGS)}")
        store = given.get("XUNLU_STORE", "sqlite")
        if store not in STORES:
            raise BadSettings(f"XUNLU_STORE must be {' or '.join(STORES)}, not {store!r}")
        couchdb_url = _couchdb_url(given.get("XUNLU_COUCHDB_URL"), store)
        data = _data_directory(given.get("XUNLU_DATA", "./data"))
        return cls(
            data=data,
            store=store,
            database_url=_database_url(given.get("XUNLU_DATABASE_URL"), data),
            media=_media_directory(given.get("XUNLU_MEDIA_URL"), data),
            secret=_secret(given.get("XUNLU_SECRET"), data),
            operator=_operator(given.get("XUNLU_OPERATOR")),
            contact=_contact(given.get("XUNLU_CONTACT")),
            couchdb_url=couchdb_url,
        )


def _couchdb_url(text: str | None, store: str) -> str | None:
    """Checked as far as it can be without asking; no message repeats any of it, for it holds the password."""
    if text is None:
        if store == "couchdb":
            raise BadSettings(
                f"XUNLU_COUCHDB_URL is missing; XUNLU_STORE=couchdb needs it: {COUCHDB_EXAMPLE}"
            )
        return None
    if "?" in text or "#" in text:
        raise BadSettings(_ONLY_THE_SERVER)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise BadSettings(_NO_COUCHDB) from None
    if (
        parts.scheme not in ("http", "https")
        or not host
        or port == 0
        or not text.isprintable()
        or " " in text
    ):
        raise BadSettings(_NO_COUCHDB)
    if parts.path not in ("", "/"):
        raise BadSettings(_ONLY_THE_SERVER)
    if not (parts.username and parts.password) and not (parts.username is None and _is_loopback(host)):
        raise BadSettings(f"XUNLU_COUCHDB_URL needs the account and its password: {COUCHDB_EXAMPLE}")
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    """There alone a server without accounts is accepted: one for tests, which nobody else reaches."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _data_directory(text: str) -> Path:
    if not text.strip():
        raise BadSettings("XUNLU_DATA is empty; name a directory")
    data = Path(text).expanduser().resolve()
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BadSettings(f"XUNLU_DATA: cannot make {data}: {error.strerror}") from error
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        raise BadSettings(f"XUNLU_DATA: {data} cannot be written")
    return data


def _database_url(text: str | None, data: Path) -> str:
    if text is None:
        return f"sqlite+apsw:///{data / 'server.sqlite'}"
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise BadSettings(
            "XUNLU_DATABASE_URL is not a SQLAlchemy URL such as sqlite:////srv/x.sqlite"
        ) from error
    if url.drivername not in ("sqlite", "sqlite+apsw"):
        raise BadSettings(f"XUNLU_DATABASE_URL: {url.drivername} is not yet available; use sqlite:///…")
    if not url.database or url.database == ":memory:":
        raise BadSettings("XUNLU_DATABASE_URL must name a file, so that a restart keeps the accounts")
    return text


def _media_directory(text: str | None, data: Path) -> Path:
    if text is None:
        return data / "media"
    parts = urlsplit(text)
    if parts.scheme == "s3":
        raise BadSettings("XUNLU_MEDIA_URL: s3: is not yet available in this version; use file:///…")
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
        raise BadSettings("XUNLU_MEDIA_URL must be file:///absolute/path")
    return Path(parts.path)


def _secret(text: str | None, data: Path) -> str:
    if text is None:
        return _kept_secret(data / "secret")
    if len(text) < MIN_SECRET_CHARACTERS:
        raise BadSettings(f"XUNLU_SECRET must have at least {MIN_SECRET_CHARACTERS} characters")
    return text


def _kept_secret(path: Path) -> str:
    """The secret in `path`, made there if there is none. Two starts at once agree on one."""
    fresh = secrets.token_urlsafe(48)
    temporary = path.with_name(f".secret-{secrets.token_hex(8)}")
    try:
        if not path.exists():
            with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(fresh)
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(temporary, path)  # fails when another start was first: its secret counts
            except FileExistsError:
                pass
            finally:
                temporary.unlink()
        if path.stat().st_mode & 0o077:
            raise BadSettings(f"{path} can be read by other users; run: chmod 600 {path}")
        kept = path.read_text().strip()
    except OSError as error:
        raise BadSettings(f"XUNLU_SECRET: cannot keep a secret in {path}: {error.strerror}") from error
    if len(kept) < MIN_SECRET_CHARACTERS:
        raise BadSettings(f"{path} is damaged; restore it, or delete it (everyone signs in again)")
    return kept


def _contact(text: str | None) -> str | None:
    """Source: RFC 8292, section 2.1: a mailto: or https: address."""
    if text is None or re.fullmatch(r"mailto:[^@\s]+@[^@\s]+|https://[^\s/]+\S*", text):
        return text
    raise BadSettings("XUNLU_CONTACT must be an address such as mailto:it@example.org or https://example.org")


def _operator(text: str | None) -> Operator | None:
    if text is None:
        return None
    name, colon, password = text.partition(":")
    if not colon or not name or not password:
        raise BadSettings("XUNLU_OPERATOR must be name:password, both not empty")
    return Operator(name, password)
