"""A phone makes a dozen requests a minute with one token: they cost next to nothing, and an end is seen at the next of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jose import jwt
from sqlalchemy import text

from server.access import administration
from server.access.directory import Directory
from server.access.sessions import Sessions
from server.database import create_tables, open_engine, writing
from server.errors import Unauthenticated
from tests.server.access.conftest import Office, run


def sign_out(office: Office, token: str) -> None:
    run(office.access.sign_out(office.who(token)))


def disable(office: Office, token: str) -> None:
    office.change(administration.disable_user, "steward1")


def change_password(office: Office, token: str) -> None:
    office.change(administration.set_password, "steward1", "another password")


def lose_the_phone(office: Office, token: str) -> None:
    office.change(administration.revoke_device, "dev-1")


def restore(office: Office, token: str) -> None:
    office.feeds.epoch = "epoch-2"


def wait(office: Office, token: str) -> None:
    office.later(minutes=10)


@pytest.fixture
def token(office: Office) -> str:
    token: str = office.sign_in(device="dev-1").tokens.access_token
    for _ in range(3):
        assert office.who(token).name == "steward1"
    return token


def test_a_repeated_request_looks_up_no_session_and_verifies_no_signature(
    office: Office, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise AssertionError("looked up again")

    monkeypatch.setattr(Sessions, "live", fail)
    monkeypatch.setattr(jwt, "decode", fail)

    person = office.who(token)

    assert (person.name, person.device, person.areas) == ("steward1", "dev-1", frozenset({"a1"}))


@pytest.mark.parametrize("end", [sign_out, disable, change_password, lose_the_phone, restore, wait])
def test_what_ends_a_session_ends_it_at_the_next_request(
    office: Office, token: str, end: Callable[[Office, str], None]
) -> None:
    end(office, token)

    for _ in range(2):
        with pytest.raises(Unauthenticated):
            office.who(token)


def test_a_right_given_and_taken_counts_at_the_next_request(office: Office, token: str) -> None:
    office.change(administration.grant_area, "steward1", "a2")
    assert office.who(token).areas == {"a1", "a2"}

    office.change(administration.end_area, "steward1", "a1")
    assert office.who(token).areas == {"a2"}


def test_a_session_of_another_is_nobodys_because_it_was_asked_before(office: Office, token: str) -> None:
    other = office.sign_in("steward2").tokens.access_token

    assert [office.who(each).name for each in (token, other, token)] == ["steward1", "steward2", "steward1"]
    header, _, signature = token.split(".")
    with pytest.raises(Unauthenticated):
        office.who(".".join([header, other.split(".")[1], signature]))


def test_a_glance_tells_only_what_is_newest(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'server.sqlite'}")
    create_tables(engine)
    directory = Directory(engine)
    assert directory.glance() is None

    snapshot = directory.current()
    assert directory.glance() is snapshot
    with writing(engine) as connection:
        connection.execute(text("INSERT INTO access_version (id, version) VALUES (1, 7)"))
    assert directory.glance() is None
    assert directory.glance() is not directory.current()
    assert directory.glance() is directory.current()
    engine.dispose()
    assert directory.glance() is directory.current()
    engine.dispose()


def test_a_database_that_is_no_local_file_is_not_glanced_at(tmp_path: Path) -> None:
    engine = open_engine("sqlite://")
    create_tables(engine)
    directory = Directory(engine)
    directory.current()

    assert directory.glance() is None
