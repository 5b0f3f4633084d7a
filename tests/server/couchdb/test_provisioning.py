"""`xunlu couchdb init` and `check`: what is made, what is found wrong, what is said about it (contract section 1, S-37).

On a played CouchDB of two nodes; test_on_servers.py does the same on servers that somebody else wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from server.access.directory import DatabaseEntry, Snapshot
from server.couchdb.admin import Administration
from server.couchdb.checks import check
from server.couchdb.compaction import compact
from server.couchdb.findings import Finding
from server.couchdb.marks import set_copy_mark
from server.couchdb.provision import Account, Step, provision
from sync.couchdb.guards import design, security
from sync.errors import StoreUnfit
from tests.server.couchdb.fake_couchdb import ADMIN, NODES, FakeCouch

ACCOUNT = Account("xunlu", "its-password")
OURS = ("xunlu_meta", "xunlu_held", "xunlu-area-a1", "xunlu-project-yunqi")
DIRECTORY = Snapshot(
    1,
    [],
    [],
    [
        DatabaseEntry("area-a1", "area", "a1", True),
        DatabaseEntry("area-a0", "area", "a1", False),
        DatabaseEntry("project-yunqi", "project", "yunqi", True),
    ],
    [],
    [],
    [],
)


@pytest.fixture
def couchdb() -> Iterator[FakeCouch]:
    with FakeCouch() as server:
        yield server


def provisioned(couchdb: FakeCouch, admin: tuple[str, str] = ADMIN) -> list[Step]:
    with Administration(couchdb.url(*admin)) as administration:
        return list(provision(administration, ACCOUNT, "xunlu", DIRECTORY))


def checked(couchdb: FakeCouch, asks: tuple[str, str] = ADMIN) -> list[Finding]:
    with Administration(couchdb.url(*asks)) as administration:
        return list(check(administration, ACCOUNT.name, "xunlu", DIRECTORY, datetime.now(UTC)))


def wrong(couchdb: FakeCouch, asks: tuple[str, str] = ADMIN) -> dict[str, Finding]:
    return {one.name: one for one in checked(couchdb, asks) if one.state in ("failed", "warning")}


def test_an_empty_couchdb_is_made_ready_and_then_nothing_is_wrong(couchdb: FakeCouch) -> None:
    steps = provisioned(couchdb)

    assert {step.action for step in steps} == {"made", "repaired"}
    assert set(couchdb.databases) == {"_users", "_replicator", *OURS}
    for name in OURS:
        assert couchdb.security[name] == security("xunlu")
        assert (
            couchdb.databases[name]["_design/xunlu"]["validate_doc_update"]
            == design("xunlu")["validate_doc_update"]
        )
    assert {"database:area-a1", "database:project-yunqi"} <= couchdb.databases["xunlu_meta"].keys()
    assert couchdb.require_valid_user == dict.fromkeys(NODES, "true")
    assert wrong(couchdb) == {}
    assert wrong(couchdb, (ACCOUNT.name, ACCOUNT.password)) == {}


def test_doing_it_again_changes_nothing(couchdb: FakeCouch) -> None:
    provisioned(couchdb)

    assert {step.action for step in provisioned(couchdb)} == {"kept"}


def open_security(couchdb: FakeCouch) -> None:
    couchdb.security["xunlu-area-a1"] = {}


def shared_security(couchdb: FakeCouch) -> None:
    couchdb.security["xunlu-area-a1"]["members"]["names"].append("somebody")


def altered_validation(couchdb: FakeCouch) -> None:
    couchdb.databases["xunlu-area-a1"]["_design/xunlu"]["validate_doc_update"] = "function () {}"


def no_validation(couchdb: FakeCouch) -> None:
    del couchdb.databases["xunlu-area-a1"]["_design/xunlu"]


def no_database(couchdb: FakeCouch) -> None:
    del couchdb.databases["xunlu-area-a1"]


def open_node(couchdb: FakeCouch) -> None:
    couchdb.require_valid_user[NODES[1]] = "false"


@pytest.mark.parametrize(
    ("spoil", "name", "says"),
    [
        (open_security, "xunlu-area-a1", "anybody may read and write"),
        (shared_security, "xunlu-area-a1", "lets in others"),
        (altered_validation, "xunlu-area-a1", "was altered"),
        (no_validation, "xunlu-area-a1", "is missing"),
        (no_database, "xunlu-area-a1", "there is no such database"),
        (open_node, "valid_user", "couchdb@b.local"),
    ],
)
def test_what_was_spoilt_is_named_and_set_right(
    couchdb: FakeCouch, spoil: Callable[[FakeCouch], None], name: str, says: str
) -> None:
    provisioned(couchdb)
    spoil(couchdb)

    found = wrong(couchdb)
    assert found.keys() == {name}
    assert found[name].state == "failed"
    assert says in found[name].en
    assert "xunlu couchdb init" in found[name].zh.lower()
    assert "xunlu couchdb init" in found[name].en.lower()

    assert {step.action for step in provisioned(couchdb)} > {"kept"}
    assert wrong(couchdb) == {}


def test_an_account_that_is_no_admin_sees_what_it_may(couchdb: FakeCouch) -> None:
    provisioned(couchdb)
    no_database(couchdb)
    couchdb.security["xunlu-project-yunqi"] = security("somebody else")

    found = wrong(couchdb, (ACCOUNT.name, ACCOUNT.password))

    assert {name: one.state for name, one in found.items()} == {
        "xunlu-area-a1": "failed",
        "xunlu-project-yunqi": "failed",
    }
    assert "our account is not let in" in found["xunlu-project-yunqi"].en


def test_a_node_that_is_away_a_half_made_cluster_and_a_wrong_clock_are_told(couchdb: FakeCouch) -> None:
    provisioned(couchdb)
    couchdb.all_nodes.remove(NODES[1])
    couchdb.setup_state = "cluster_enabled"
    couchdb.clock_ahead = timedelta(seconds=90)

    found = wrong(couchdb)

    assert found.keys() == {"nodes", "setup", "clock"}
    assert NODES[1] in found["nodes"].en
    assert found["nodes"].state == "failed"
    assert "NTP" in found["clock"].en
    assert int(found["clock"].en.split()[0]) in (89, 90, 91)


def test_an_old_couchdb_is_too_old(couchdb: FakeCouch) -> None:
    provisioned(couchdb)
    couchdb.version = "3.1.2"

    assert "upgrade to 3.3" in wrong(couchdb)["server"].en


def test_a_single_node_is_told_that_nothing_is_kept_twice(couchdb: FakeCouch) -> None:
    provisioned(couchdb)
    couchdb.all_nodes = couchdb.cluster_nodes = [NODES[0]]

    found = {one.name: one for one in checked(couchdb)}

    assert "a single node" in found["nodes"].en
    assert found["nodes"].state == "ok"


def test_fragments_shards_and_running_compactions_are_figures(couchdb: FakeCouch) -> None:
    provisioned(couchdb)
    couchdb.sizes["xunlu-area-a1"] = (900_000_000, 90_000_000)

    assert "xunlu-area-a1" in wrong(couchdb)["sizes"].en
    couchdb.compacting["xunlu-area-a1"] = 10
    found = {one.name: one for one in checked(couchdb)}
    assert found["sizes"].state == "ok"
    assert "1 being compacted" in found["sizes"].en
    assert "q=1 n=2" in found["shards"].en


def test_a_copy_that_was_cut_off_and_a_database_of_nobody_are_told(couchdb: FakeCouch) -> None:
    provisioned(couchdb)
    with Administration(couchdb.url(*ADMIN)) as admin:
        set_copy_mark(admin, "xunlu")
    couchdb.databases["xunlu-area-left"] = {}

    found = wrong(couchdb)

    assert found.keys() == {"copy", "xunlu-area-left"}
    assert found["xunlu-area-left"].state == "warning"


def test_a_wrong_password_is_told_without_it(couchdb: FakeCouch) -> None:
    provisioned(couchdb)

    found = checked(couchdb, ("xunlu", "wrong-secret"))

    assert [(one.name, one.state) for one in found] == [("password", "failed")]
    assert "wrong-secret" not in repr(found)


def test_an_address_where_nobody_or_somebody_else_answers_is_told(couchdb: FakeCouch) -> None:
    couchdb.welcome, couchdb.version = {"hello": "world"}, "1"
    assert "is no CouchDB" in checked(couchdb)[0].zh

    with FakeCouch() as gone:
        url = gone.url(*ADMIN)
    with Administration(url) as administration:
        found = list(check(administration, "xunlu", "xunlu", DIRECTORY, datetime.now(UTC)))
    assert [(one.name, one.state) for one in found] == [("server", "failed")]
    assert "连不上" in found[0].zh
    assert ADMIN[1].split()[0] not in repr(found)


def test_who_is_no_admin_may_not_provision(couchdb: FakeCouch) -> None:
    provisioned(couchdb)

    with pytest.raises(StoreUnfit, match="--admin"):
        provisioned(couchdb, (ACCOUNT.name, ACCOUNT.password))


def test_an_account_with_another_password_is_not_overwritten(couchdb: FakeCouch) -> None:
    provisioned(couchdb)
    couchdb.databases["_users"]["org.couchdb.user:xunlu"]["password"] = "another"

    with pytest.raises(StoreUnfit, match="another password"):
        provisioned(couchdb)

    assert couchdb.databases["_users"]["org.couchdb.user:xunlu"]["password"] == "another"


def test_compaction_is_started_everywhere_and_watched(couchdb: FakeCouch) -> None:
    provisioned(couchdb)
    couchdb.compacting["xunlu-area-a1"] = 3
    slept: list[float] = []
    steps: list[int] = []

    with Administration(couchdb.url(*ADMIN)) as admin:
        done = compact(admin, OURS, 60, steps.append, slept.append)

    assert couchdb.asked == [f"compact {name}" for name in OURS]
    assert done.still_running == []
    assert len(slept) == 2
    assert sum(steps) == len(OURS)


def test_a_compaction_that_takes_too_long_is_left_to_couchdb(couchdb: FakeCouch) -> None:
    provisioned(couchdb)
    couchdb.compacting["xunlu-area-a1"] = 100
    slept: list[float] = []

    with Administration(couchdb.url(*ADMIN)) as admin:
        done = compact(admin, OURS, 5, lambda steps: None, slept.append)

    assert done.still_running == ["xunlu-area-a1"]
    assert len(slept) == 5
