"""What replication and media are told about callers, from memory and by the rights of this moment."""

from __future__ import annotations

import base64

import pytest
from sqlalchemy import Engine, insert, select

import media.errors
import sync.errors
from server.access import administration, audit, tables
from server.access.directory import Directory
from server.access.person import Person
from server.access.server_access import ServerAccess
from server.intake.tables import fact, fact_photo
from sync.access import Action
from tests.server.access.conftest import Office, run, with_header

PHOTO = "ab" * 32


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.fixture
def access(office: Office) -> ServerAccess:
    return ServerAccess(office.services)


def caller(office: Office, access: ServerAccess, name: str) -> Person:
    token = office.sign_in(name).tokens.access_token
    found = run(access.identify(with_header(f"Bearer {token}")))
    assert isinstance(found, Person)
    return found


def test_the_operator_may_do_anything_with_any_database_and_see_no_photo(access: ServerAccess) -> None:
    operator = run(access.identify(with_header(basic("op:operator-password"))))

    assert operator.is_operator
    assert all(access.permits(operator, "area-a1", action) for action in Action)
    assert access.permits(operator, "not-there", Action.ADMIN)
    assert access.may_upload(operator) is False
    assert run(access.may_view(operator, PHOTO, "preview")) is False


@pytest.mark.parametrize(
    "header",
    [
        basic("op:wrong"), basic("other:operator-password"), basic("op"), basic(":"), "Basic", "Basic !!!",
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(), basic("steward1:correct horse 楼"), "Bearer x", "Digest x",
    ],
)  # fmt: skip
def test_wrong_credentials_are_unauthorized_for_replication_and_media_alike(
    access: ServerAccess, header: str
) -> None:
    for error in (sync.errors.Unauthorized, media.errors.Unauthorized):
        with pytest.raises(error) as refused:
            run(access.identify(with_header(header)))
        assert refused.value.status == 401


def test_without_an_operator_there_is_no_such_door(office: Office) -> None:
    from dataclasses import replace

    office.settings = replace(office.settings, operator=None)
    office.restart()
    access = ServerAccess(office.services)

    for guess in (":", "op:operator-password", "None:None"):
        with pytest.raises(sync.errors.Unauthorized):
            run(access.identify(with_header(basic(guess))))


def test_nobody_but_the_operator_administers_databases(office: Office, access: ServerAccess) -> None:
    for name in ("steward1", "supervisor1", "admin1"):
        assert access.permits(caller(office, access, name), "area-a1", Action.ADMIN) is False


def test_permits_and_review_never_ask_the_database(
    office: Office, access: ServerAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    steward = caller(office, access, "steward1")

    def blocked(self: object, *given: object) -> None:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(Engine, "connect", blocked)
    monkeypatch.setattr(Directory, "current", blocked)

    assert access.permits(steward, "area-a1", Action.READ) is True
    assert access.permits(steward, "area-a2", Action.READ) is False
    assert access.review(steward, "area-a1", {"_id": "x", "_rev": "1-a"}) is not None
    assert access.may_upload(steward) is True


def test_an_open_feed_is_cut_by_signing_out(office: Office, access: ServerAccess) -> None:
    phone, desk = caller(office, access, "steward1"), caller(office, access, "steward1")
    assert access.permits(phone, "area-a1", Action.READ)

    run(office.access.sign_out(phone))

    assert access.permits(phone, "area-a1", Action.READ) is False
    assert access.permits(desk, "area-a1", Action.READ) is True


@pytest.mark.parametrize(
    "change",
    [
        lambda office: office.change(administration.disable_user, "steward1"),
        lambda office: office.change(administration.end_area, "steward1", "a1"),
        lambda office: office.change(administration.end_role, "steward1", "steward", "demo"),
        lambda office: office.change(administration.set_password, "steward1", "another password"),
    ],
)
def test_an_open_feed_is_cut_by_a_change_in_another_process(
    office: Office, access: ServerAccess, change: object
) -> None:
    steward = caller(office, access, "steward1")
    run(office.access.notice_changes())
    before = office.feeds.rechecks

    change(office)  # type: ignore[operator]
    run(office.access.notice_changes())  # the look that is made every second

    assert office.feeds.rechecks == before + 1
    assert access.permits(steward, "area-a1", Action.READ) is False


def test_a_grant_that_runs_out_is_over_for_a_feed_without_any_look(
    office: Office, access: ServerAccess
) -> None:
    from datetime import timedelta

    office.change(
        administration.grant_area, "steward1", "a2", valid_to=office.clock.now() + timedelta(minutes=5)
    )
    steward = caller(office, access, "steward1")
    assert access.permits(steward, "area-a2", Action.READ) is True

    office.later(minutes=5)

    assert access.permits(steward, "area-a2", Action.READ) is False


class TestPhotos:
    @pytest.fixture(autouse=True)
    def named_in_a1(self, office: Office) -> None:
        """steward1 recorded a patrol in a1 with one photo."""
        self.record(office, "decoration_patrol:1", "area-a1", "steward1")

    def record(self, office: Office, name: str, database: str, author: str, area: str = "a1") -> None:
        now = office.clock.now()
        with office.engine.begin() as connection:
            connection.execute(
                insert(fact).values(
                    id=name, seq=1, type="decoration_patrol", subject="s", project="demo", area=area,
                    database=database, author=author, performed_at=now, received_at=now, document={}, rev="1-a",
                    hash="h", time_suspect=False, refused=False, search="",
                )
            )  # fmt: skip
            connection.execute(insert(fact_photo).values(fact_id=name, sha256=PHOTO, kind="overview"))

    def seen(self, office: Office, access: ServerAccess, name: str, view: str = "preview") -> bool:
        return run(access.may_view(caller(office, access, name), PHOTO, view))

    def originals_viewed(self, office: Office) -> list[tuple[str, str]]:
        with office.engine.connect() as connection:
            viewed = select(tables.audit_entry).where(tables.audit_entry.c.action == "photo_original_viewed")
            return [(row.actor, row.detail) for row in connection.execute(viewed)]

    def test_a_photo_is_seen_by_its_author_and_by_those_who_see_a_record_that_names_it(
        self, office: Office, access: ServerAccess
    ) -> None:
        seen = {
            name: self.seen(office, access, name)
            for name in ("steward1", "steward2", "supervisor1", "viewer1", "admin1")
        }

        assert seen == {
            "steward1": True, "steward2": False, "supervisor1": True, "viewer1": True, "admin1": False,
        }  # fmt: skip

    def test_a_photo_that_nobody_names_is_seen_by_nobody(self, office: Office, access: ServerAccess) -> None:
        supervisor = caller(office, access, "supervisor1")

        assert run(access.may_view(supervisor, "cd" * 32, "preview")) is False

    def test_a_record_that_claims_another_area_shows_its_photo_to_nobody_there(
        self, office: Office, access: ServerAccess
    ) -> None:
        self.record(office, "decoration_patrol:2", "area-a1", "steward1", area="a2")

        assert self.seen(office, access, "steward2") is False

    def test_the_author_keeps_seeing_it_after_a_transfer_and_a_successor_sees_it_then(
        self, office: Office, access: ServerAccess
    ) -> None:
        office.change(administration.end_area, "steward1", "a1")
        office.change(administration.grant_area, "steward2", "a1")

        assert self.seen(office, access, "steward1") is True
        assert self.seen(office, access, "steward2") is True

    def test_originals_are_for_those_who_judge_evidence_and_leave_a_trace(
        self, office: Office, access: ServerAccess
    ) -> None:
        office.change(administration.grant_area, "steward2", "a1")
        seen = {
            name: self.seen(office, access, name, "original")
            for name in ("steward1", "steward2", "supervisor1", "viewer1", "admin1")
        }

        assert seen == {
            "steward1": True, "steward2": False, "supervisor1": True, "viewer1": True, "admin1": False,
        }  # fmt: skip
        assert self.originals_viewed(office) == [
            (name, f'{{"sha256":"{PHOTO}"}}') for name in ("steward1", "supervisor1", "viewer1")
        ]

    def test_previews_leave_no_trace(self, office: Office, access: ServerAccess) -> None:
        assert self.seen(office, access, "supervisor1")
        assert self.originals_viewed(office) == []

    def test_a_reader_uploads_nothing(self, office: Office, access: ServerAccess) -> None:
        assert access.may_upload(caller(office, access, "viewer1")) is False
        assert access.may_upload(caller(office, access, "supervisor1")) is True


def test_each_change_of_rights_leaves_one_audit_entry_and_any_tampering_shows(office: Office) -> None:
    office.sign_in()
    office.change(administration.grant_area, "steward1", "a2")
    with office.engine.connect() as connection:
        entries = connection.execute(select(tables.audit_entry).order_by(tables.audit_entry.c.seq)).all()
    assert [entry.action for entry in entries[-2:]] == ["signed_in", "area_granted"]
    assert audit.first_broken(office.engine) is None

    for seq in (1, len(entries) // 2, len(entries)):
        for column, value in (("actor", "nobody"), ("detail", "{}x"), ("action", "x"), ("hash", "0" * 64)):
            self_row = tables.audit_entry.c.seq == seq
            kept = next(entry for entry in entries if entry.seq == seq)
            with office.engine.begin() as connection:
                connection.execute(tables.audit_entry.update().where(self_row).values({column: value}))
            assert audit.first_broken(office.engine) == seq
            with office.engine.begin() as connection:
                restored = {column: getattr(kept, column)}
                connection.execute(tables.audit_entry.update().where(self_row).values(restored))
    with office.engine.begin() as connection:
        connection.execute(tables.audit_entry.delete().where(tables.audit_entry.c.seq == 2))
    assert audit.first_broken(office.engine) == 2
