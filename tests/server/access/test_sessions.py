"""Staying signed in: refresh tokens are used once, lost replies are repeated, replays end the session (S-13, S-14)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, select, text

from server.access import administration, changes, devices
from server.access.sessions import PROOF, REFRESH_LIFETIME
from server.access.tables import refresh_token
from server.database import writing
from server.errors import DeviceRevoked, InvalidInput, RefreshRefused, Unauthenticated, WrongCredentials
from tests.server.access.conftest import PASSWORD, Office, run
from tests.server.intake import papers


def test_a_refresh_gives_a_new_pair_and_both_keep_naming_the_same_person(office: Office) -> None:
    first = office.sign_in().tokens
    office.later(minutes=9)

    second = office.refresh(first.refresh_token)

    assert second.refresh_token != first.refresh_token
    assert second.expires_in == 600
    assert office.who(second.access_token).name == "steward1"


def test_a_lost_reply_within_a_minute_gives_the_same_pair_again(office: Office) -> None:
    first = office.sign_in().tokens
    lost = office.refresh(first.refresh_token)
    office.later(seconds=59)
    office.restart()

    again = office.refresh(first.refresh_token)

    assert again == lost
    office.later(seconds=1)
    assert office.refresh(again.refresh_token).refresh_token != again.refresh_token


def test_a_replay_after_the_minute_ends_the_session_for_thief_and_owner(office: Office) -> None:
    stolen = office.sign_in().tokens.refresh_token
    owner = office.refresh(stolen)
    office.later(seconds=60)

    with pytest.raises(RefreshRefused):
        office.refresh(stolen)

    with pytest.raises(RefreshRefused):
        office.refresh(owner.refresh_token)
    with pytest.raises(Unauthenticated):
        office.who(owner.access_token)


def test_a_reply_lost_long_ago_is_given_again_to_the_phone_that_proves_itself(office: Office) -> None:
    key, first = _enrolled(office)
    lost = office.refresh(first)
    office.later(hours=9)

    again = office.refresh(first, _proof(first, key))

    assert again.refresh_token == lost.refresh_token
    assert office.who(again.access_token).name == "steward1"
    assert office.refresh(again.refresh_token).refresh_token != again.refresh_token


@pytest.mark.parametrize("what", ["no proof", "another key", "another token", "the successor was used"])
def test_a_replay_that_proves_nothing_ends_the_session(office: Office, what: str) -> None:
    key, first = _enrolled(office)
    second = office.refresh(first)
    office.later(hours=9)
    if what == "the successor was used":
        office.refresh(second.refresh_token)
    proofs = {
        "no proof": None,
        "another key": _proof(first, ec.generate_private_key(ec.SECP256R1())),
        "another token": _proof(second.refresh_token, key),
        "the successor was used": _proof(first, key),
    }

    with pytest.raises(RefreshRefused):
        office.refresh(first, proofs[what])

    with pytest.raises(RefreshRefused):
        office.refresh(second.refresh_token, _proof(second.refresh_token, key))


def _enrolled(office: Office) -> tuple[ec.EllipticCurvePrivateKey, str]:
    """A phone of steward1 with its key, and the refresh token it holds."""
    key = ec.generate_private_key(ec.SECP256R1())
    tokens = office.sign_in(device="dev-1").tokens
    person = office.who(tokens.access_token)
    given = {"device": "dev-1", "public_jwk": papers.public_jwk(key)}
    devices.enrol(office.engine, person, given, office.clock.now())
    return key, tokens.refresh_token


def _proof(token: str, key: ec.EllipticCurvePrivateKey) -> str:
    return papers.signature(f"{PROOF}{token}".encode(), key)


def test_an_owner_who_lost_every_second_reply_for_a_working_day_is_never_signed_out(office: Office) -> None:
    token = office.sign_in().tokens.refresh_token

    for _ in range(60):
        office.later(minutes=9)
        office.refresh(token)  # the reply is lost
        office.later(seconds=30)
        pair = office.refresh(token)
        token = pair.refresh_token

    assert office.who(pair.access_token).name == "steward1"


def test_a_phone_left_for_longer_than_a_month_asks_for_the_password(office: Office) -> None:
    pair = office.sign_in().tokens
    office.clock.advance(REFRESH_LIFETIME)

    with pytest.raises(RefreshRefused):
        office.refresh(pair.refresh_token)


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "A" * 5000, "é" * 43])
def test_an_invented_refresh_token_is_refused(office: Office, token: str) -> None:
    with pytest.raises(RefreshRefused):
        office.refresh(token)


def test_an_access_token_is_no_refresh_token_and_the_other_way_round(office: Office) -> None:
    pair = office.sign_in().tokens

    with pytest.raises(RefreshRefused):
        office.refresh(pair.access_token)
    with pytest.raises(Unauthenticated):
        office.who(pair.refresh_token)


def test_signing_out_ends_this_session_and_no_other(office: Office) -> None:
    phone, desk = office.sign_in().tokens, office.sign_in().tokens
    person = office.who(phone.access_token)

    run(office.access.sign_out(person))

    for work in (lambda: office.who(phone.access_token), lambda: office.refresh(phone.refresh_token)):
        with pytest.raises((Unauthenticated, RefreshRefused)):
            work()
    assert office.who(desk.access_token).name == "steward1"


def test_a_disabled_user_is_refused_at_the_next_request(office: Office) -> None:
    pair = office.sign_in().tokens
    assert office.who(pair.access_token).name == "steward1"

    office.change(administration.disable_user, "steward1")

    with pytest.raises(Unauthenticated):
        office.who(pair.access_token)
    with pytest.raises(RefreshRefused):
        office.refresh(pair.refresh_token)
    with pytest.raises(WrongCredentials):
        office.sign_in()


def test_enabling_a_user_does_not_bring_old_sessions_back(office: Office) -> None:
    pair = office.sign_in().tokens
    office.change(administration.disable_user, "steward1")
    office.change(administration.enable_user, "steward1")

    with pytest.raises(Unauthenticated):
        office.who(pair.access_token)
    assert office.who(office.sign_in().tokens.access_token).name == "steward1"


def test_a_changed_password_ends_every_session(office: Office) -> None:
    pair = office.sign_in().tokens

    office.change(administration.set_password, "steward1", "another password")

    with pytest.raises(Unauthenticated):
        office.who(pair.access_token)
    with pytest.raises(WrongCredentials):
        office.sign_in()
    assert office.who(office.sign_in(password="another password").tokens.access_token).name == "steward1"


def test_a_role_taken_away_is_gone_at_the_next_request(office: Office) -> None:
    token = office.sign_in("supervisor1").tokens.access_token
    assert office.who(token).has_role("cs_supervisor")

    office.change(administration.end_role, "supervisor1", "cs_supervisor", "demo")

    person = office.who(token)
    assert person.roles == frozenset()
    assert person.areas == frozenset()


def test_sessions_die_with_a_restore(office: Office) -> None:
    pair = office.sign_in().tokens

    office.feeds.epoch = "epoch-2"

    with pytest.raises(Unauthenticated):
        office.who(pair.access_token)
    with pytest.raises(RefreshRefused):
        office.refresh(pair.refresh_token)
    assert office.who(office.sign_in().tokens.access_token).name == "steward1"


def test_a_lost_phone_is_told_so_and_nobody_signs_in_on_it_again(office: Office) -> None:
    lost = office.sign_in(device="dev-lost").tokens
    shared = office.sign_in("steward2", device="dev-lost").tokens
    other = office.sign_in(device="dev-new").tokens

    office.change(administration.revoke_device, "dev-lost")

    for work in (
        lambda: office.who(lost.access_token),
        lambda: office.who(shared.access_token),
        lambda: office.refresh(lost.refresh_token),
        lambda: office.sign_in(device="dev-lost"),
        lambda: office.sign_in("supervisor1", device="dev-lost"),
    ):
        with pytest.raises(DeviceRevoked):
            work()
    assert office.who(other.access_token).device == "dev-new"


def test_no_secret_is_kept_in_plain(office: Office) -> None:
    signed_in = office.sign_in(device="dev-1")
    successor = office.refresh(signed_in.tokens.refresh_token)

    with office.engine.connect() as connection:
        tables = (
            connection.execute(text("select name from sqlite_master where type = 'table'")).scalars().all()
        )
        kept = "\n".join(
            str(row) for table in tables for row in connection.execute(text(f'select * from "{table}"'))
        )

    assert "steward1" in kept
    for secret in (
        PASSWORD,
        signed_in.mark,
        signed_in.tokens.refresh_token,
        signed_in.tokens.access_token,
        successor.refresh_token,
        successor.access_token,
    ):
        assert secret not in kept
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in kept


def test_feeds_are_judged_again_after_each_change_and_only_then(office: Office) -> None:
    person = office.who(office.sign_in().tokens.access_token)
    run(office.access.notice_changes())
    before = office.feeds.rechecks
    assert run(office.access.notice_changes()) is False

    run(office.access.sign_out(person))
    office.change(administration.end_area, "steward2", "a2")
    assert run(office.access.notice_changes()) is True
    with writing(office.engine) as connection:
        changes.count(connection)
    assert run(office.access.notice_changes()) is True

    assert office.feeds.rechecks == before + 3


def test_feeds_are_judged_again_when_a_grant_runs_out_by_itself(office: Office) -> None:
    until = office.clock.now() + timedelta(hours=1)
    office.change(administration.grant_area, "steward1", "a2", valid_to=until)
    run(office.access.notice_changes())
    assert run(office.access.notice_changes()) is False

    office.later(hours=1)

    assert run(office.access.notice_changes()) is True
    assert run(office.access.notice_changes()) is False


def test_ending_a_grant_that_is_not_held_says_so(office: Office) -> None:
    with pytest.raises(InvalidInput):
        office.change(administration.end_area, "steward1", "a2")


def test_used_refresh_tokens_do_not_pile_up_for_ever(office: Office) -> None:
    token = office.sign_in().tokens.refresh_token
    for _ in range(20):
        office.later(days=10)
        token = office.refresh(token).refresh_token

    with office.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(refresh_token)).scalar_one() <= 8
