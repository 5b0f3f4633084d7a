"""Guessing passwords: few tries, slower and slower, and the owner signs in throughout (promises S-15)."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from server.access import administration
from server.access.passwords import Passwords
from server.access.tables import sign_in_attempt
from server.errors import AccountLocked, TooManyTries, WrongCredentials, XunluError
from tests.server.access.conftest import PASSWORD, Office, run


class Thief:
    """Somebody who tries passwords without a pause, and counts how many were looked at."""

    def __init__(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        self.office = office
        self.evaluated = 0
        matches = Passwords._matches

        def counted(passwords: Passwords, password_hash: str | None, password: str) -> bool:
            self.evaluated += password == "guess"
            if password in ("guess", PASSWORD):  # as slow hashing would say, without its time
                return password == PASSWORD and password_hash is not None
            return matches(passwords, password_hash, password)

        monkeypatch.setattr(Passwords, "_matches", counted)

    def guesses(self, name: str = "steward1", mark: str | None = None) -> XunluError:
        with pytest.raises(XunluError) as refused:
            self.office.sign_in(name, "guess", mark=mark)
        return refused.value


@pytest.fixture
def thief(office: Office, monkeypatch: pytest.MonkeyPatch) -> Thief:
    return Thief(office, monkeypatch)


def test_at_most_ten_tries_are_looked_at_in_a_quarter_of_an_hour(office: Office, thief: Thief) -> None:
    for _ in range(15 * 60 - 1):
        thief.guesses()
        office.later(seconds=1)

    assert thief.evaluated == 10


def test_each_try_after_the_third_waits_longer(office: Office, thief: Thief) -> None:
    waits = []
    for _ in range(9):
        thief.guesses()
        error = thief.guesses()
        if isinstance(error, TooManyTries):
            assert error.retry_after_seconds is not None
            waits.append(error.retry_after_seconds)
            office.later(seconds=error.retry_after_seconds)

    assert waits == sorted(waits)
    assert len(set(waits)) > 3


def test_after_a_hundred_failures_only_an_administrator_helps_even_after_restarts(
    office: Office, thief: Thief
) -> None:
    for _ in range(3000):
        if isinstance(thief.guesses(), AccountLocked):
            break
        office.later(seconds=61)
    office.restart()
    office.later(days=30)

    assert thief.evaluated == 100
    with pytest.raises(AccountLocked):
        office.sign_in()
    assert [
        line.name for line in administration.list_users(office.engine, office.clock.now()) if line.is_locked
    ] == ["steward1"]
    office.change(administration.reset_sign_in, "steward1")
    assert office.who(office.sign_in().tokens.access_token).name == "steward1"


def test_the_owner_signs_in_from_a_known_phone_while_somebody_guesses(office: Office, thief: Thief) -> None:
    mark = office.sign_in().mark

    for _ in range(150):
        thief.guesses()
        office.later(minutes=2)
        mark = office.sign_in(mark=mark).mark

    assert thief.evaluated <= 100
    assert isinstance(thief.guesses(), AccountLocked)


def test_an_invented_or_a_foreign_mark_is_a_strangers(office: Office, thief: Thief) -> None:
    foreign = office.sign_in("steward2").mark
    for _ in range(10):
        thief.guesses(mark=foreign)
        thief.guesses(mark="A" * 43)
        thief.guesses()
        office.later(seconds=60)

    assert isinstance(thief.guesses(mark="B" * 43), TooManyTries)
    assert thief.evaluated == 10


def test_a_stolen_phone_has_its_own_hundred_tries_and_no_more(office: Office, thief: Thief) -> None:
    mark = office.sign_in().mark
    for _ in range(3000):
        if isinstance(thief.guesses(mark=mark), AccountLocked):
            break
        office.later(seconds=90)

    assert thief.evaluated == 100


def test_signing_in_forgets_earlier_failures(office: Office, thief: Thief) -> None:
    for _ in range(20):
        thief.guesses()
        thief.guesses()
        office.sign_in()

    assert thief.evaluated == 40


def test_a_shared_browser_stays_known_for_each_who_used_it(office: Office, thief: Thief) -> None:
    mark = office.sign_in("steward1").mark
    assert office.sign_in("steward2", mark=mark).mark == mark
    for name in ("steward1", "steward2"):
        for _ in range(12):
            thief.guesses(name)

    for name in ("steward1", "steward2"):
        assert office.sign_in(name, mark=mark).mark == mark


def test_a_name_that_belongs_to_nobody_is_answered_like_one_that_does(office: Office, thief: Thief) -> None:
    def answers(name: str) -> list[tuple[str, str, int | None]]:
        errors = [thief.guesses(name) for _ in range(6)]
        return [(error.code, error.reason, error.retry_after_seconds) for error in errors]

    assert answers("nobody") == answers("steward1")


def test_an_unknown_user_costs_a_whole_password_check(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    import argon2

    verify = argon2.PasswordHasher.verify

    def watched(hasher: argon2.PasswordHasher, password_hash: str, password: str) -> bool:
        checked.append(password_hash)
        return verify(hasher, password_hash, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", watched)
    for name in ("nobody", "steward1"):
        with pytest.raises(WrongCredentials):
            office.sign_in(name, "wrong password")

    unknown, known = checked
    assert unknown.rpartition("$")[0].split("$")[:4] == known.rpartition("$")[0].split("$")[:4]


def test_two_tries_at_once_are_two_tries(office: Office, thief: Thief) -> None:
    import asyncio

    async def many() -> list[object]:
        tries = [office.access.sign_in("steward1", "guess", None, None) for _ in range(30)]
        return await asyncio.gather(*tries, return_exceptions=True)

    outcomes = run(many())

    assert thief.evaluated <= 3
    assert all(isinstance(outcome, (WrongCredentials, TooManyTries)) for outcome in outcomes)


def test_tries_on_invented_names_do_not_pile_up(office: Office, thief: Thief) -> None:
    for number in range(50):
        thief.guesses(f"nobody{number}")
    office.later(hours=2)
    thief.guesses("steward1")

    with office.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(sign_in_attempt)).scalar_one() == 1
