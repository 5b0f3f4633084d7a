"""Settings: read once, wrong ones stop the start with one line that says what to do (contract section 1)."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from server.errors import BadSettings
from server.settings import SETTINGS, Settings


def read(tmp_path: Path, **given: str) -> Settings:
    return Settings.from_environ({"XUNLU_DATA": str(tmp_path / "data"), "PATH": "/bin", **given})


def test_without_any_setting_everything_is_in_the_data_directory(tmp_path: Path) -> None:
    settings = read(tmp_path)

    data = tmp_path / "data"
    assert settings.data == data
    assert settings.store == "sqlite"
    assert settings.database_url == f"sqlite+apsw:///{data}/server.sqlite"
    assert settings.media == data / "media"
    assert settings.documents == data / "documents"
    assert settings.operator is None


def test_the_secret_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    first, second = read(tmp_path), read(tmp_path)

    kept = tmp_path / "data" / "secret"
    assert first.secret == second.secret == kept.read_text().strip()
    assert len(first.secret) >= 32
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret"]


def test_the_secret_never_shows_in_a_log(tmp_path: Path) -> None:
    settings = read(tmp_path, XUNLU_OPERATOR="op:hidden-password")

    assert settings.secret not in repr(settings)
    assert "hidden-password" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("XUNLU_STOER", "sqlite", "XUNLU_STOER"),
        ("XUNLU_STORE", "oracle", "sqlite"),
        ("XUNLU_STORE", "couchdb", "XUNLU_COUCHDB_URL is missing"),
        ("XUNLU_COUCHDB_URL", "", "not an address"),
        ("XUNLU_COUCHDB_URL", "couchdb.local:5984", "not an address"),
        ("XUNLU_COUCHDB_URL", "ftp://xunlu:hidden@couchdb.local:5984", "not an address"),
        ("XUNLU_COUCHDB_URL", "http://xunlu:hidden@couchdb.local:59840000", "not an address"),
        ("XUNLU_COUCHDB_URL", "http://xunlu:hidden@couchdb.local:hidden", "not an address"),
        ("XUNLU_COUCHDB_URL", "http://xunlu:hid den@couchdb.local", "not an address"),
        ("XUNLU_COUCHDB_URL", "http://xunlu:hidden@couchdb.local:5984/db", "without path"),
        ("XUNLU_COUCHDB_URL", "http://xunlu:hidden@couchdb.local:5984/?q=1", "without path"),
        ("XUNLU_COUCHDB_URL", "http://xunlu:hid#den@couchdb.local:5984", "%23"),
        ("XUNLU_COUCHDB_URL", "http://couchdb.local:5984", "account and its password"),
        ("XUNLU_COUCHDB_URL", "http://xunlu@couchdb.local:5984", "account and its password"),
        ("XUNLU_COUCHDB_URL", "http://xunlu@127.0.0.1:5984", "account and its password"),
        ("XUNLU_DATA", " ", "empty"),
        ("XUNLU_DATA", "/proc/nowhere", "cannot make"),
        ("XUNLU_DATABASE_URL", "nonsense", "SQLAlchemy URL"),
        ("XUNLU_DATABASE_URL", "postgresql://x/y", "not yet available"),
        ("XUNLU_DATABASE_URL", "sqlite://", "file"),
        ("XUNLU_MEDIA_URL", "s3://bucket", "not yet available"),
        ("XUNLU_MEDIA_URL", "relative/path", "file:///"),
        ("XUNLU_MEDIA_URL", "file://elsewhere/path", "file:///"),
        ("XUNLU_SECRET", "short", "32"),
        ("XUNLU_OPERATOR", "no-colon", "name:password"),
        ("XUNLU_OPERATOR", ":x", "name:password"),
        ("XUNLU_OPERATOR", "x:", "name:password"),
        ("XUNLU_CONTACT", "it@example.org", "mailto:"),
        ("XUNLU_CONTACT", "http://example.org", "https:"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(
    tmp_path: Path, name: str, value: str, says: str
) -> None:
    with pytest.raises(BadSettings) as refused:
        read(tmp_path, **{name: value})

    assert name.removesuffix("OER") in refused.value.reason
    assert says in refused.value.reason
    assert "\n" not in refused.value.reason
    assert "hidden" not in refused.value.reason


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://xunlu:hidden@couchdb.local:5984", "http://couchdb.local:5984"),
        ("https://xunlu:hid%40den@couchdb.local/", "https://couchdb.local"),
        ("http://127.0.0.1:5984", "http://127.0.0.1:5984"),
        ("http://[::1]:5984", "http://[::1]:5984"),
        ("http://localhost:5984", "http://localhost:5984"),
    ],
)
def test_a_couchdb_is_named_with_its_account_or_on_loopback(tmp_path: Path, url: str, shown: str) -> None:
    settings = read(tmp_path, XUNLU_STORE="couchdb", XUNLU_COUCHDB_URL=url)

    assert settings.couchdb_url == url.rstrip("/")
    assert settings.couchdb_address == shown
    assert "hid" not in repr(settings)


def test_a_couchdb_may_be_named_before_the_store_is_moved_there(tmp_path: Path) -> None:
    settings = read(tmp_path, XUNLU_COUCHDB_URL="http://xunlu:hidden@couchdb.local:5984")

    assert settings.store == "sqlite"


def test_a_secret_that_others_can_read_stops_the_start(tmp_path: Path) -> None:
    read(tmp_path)
    (tmp_path / "data" / "secret").chmod(0o644)

    with pytest.raises(BadSettings, match="chmod 600"):
        read(tmp_path)


def test_a_damaged_secret_stops_the_start(tmp_path: Path) -> None:
    read(tmp_path)
    (tmp_path / "data" / "secret").write_text("x")

    with pytest.raises(BadSettings, match="damaged"):
        read(tmp_path)


def test_the_readme_lists_every_setting_and_no_other() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")

    assert set(re.findall(r"XUNLU_[A-Z_]+[A-Z]", readme)) - {"XUNLU_TEST_COUCHDB_URL"} == set(SETTINGS)
