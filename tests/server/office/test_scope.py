"""Nobody reads a row of an area that is not theirs, whatever they ask for."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import server.office
from tests.server.office.world import NOW, PEOPLE, PROJECT_OF, Company, areas_seen, canary, sha

FOREIGN_QUERIES: tuple[dict[str, str], ...] = (
    {},
    {"area": "a2"},
    {"area": "b1", "project": "other"},
    {"project": "other"},
    {"q": "canary"},
    {"format": "csv"},
    {"author": "stewardb"},
    {"unit": "1-1-101"},
    {"state": "open"},
)


@pytest.fixture
def full(company: Company) -> Company:
    """The same rows in every area, each marked with its own."""
    for area, project in PROJECT_OF.items():
        author = next(
            user
            for user, areas in (("steward1", "a1"), ("steward2", "a2"), ("stewardb", "b1"))
            if areas == area
        )
        unit_no = {"a1": "1-1-101", "a2": "2-1-101", "b1": "1-1-101"}[area]
        unit = company.unit(area, unit_no, "entrusted", vacancy_kind=canary(area))
        company.unit(area, unit_no[:-3] + "102", "occupied", use=canary(area))
        decoration = company.status(
            "decoration_project", area, unit_no, "in_progress", applicant=canary(area)
        )
        company.status("unit", area, unit_no, "entrusted", unit)
        company.status(
            "household", area, unit_no, "open", f"household:{project}-{unit_no}-owner", name=canary(area)
        )
        photo = sha(area)
        violation = company.fact("violation", area, author, decoration, photos=(photo,))
        company.status("violation", area, unit_no, "submitted", violation, round=1, evidence=[], evidence_hash=sha("e" + area),
                       missing_photos=[photo], reporter=author)  # fmt: skip
        for kind in (
            "decoration_patrol",
            "vacancy_check",
            "airing",
            "vacant_cleaning",
            "fee_visit",
            "violation_recheck",
        ):
            company.fact(kind, area, author, decoration, photos=(photo,))
        company.fact("fee_visit", area, author, held_code="late", held_reason=canary(area), held_reason_en="")
        company.due("R-DEC-06", decoration, area)
        company.due("R-DEC-11", violation, area, period="round-1")
        company.notice(author, f"reminder:R-DEC-06:{decoration}:2026-11-22:1", canary(area))
        company.phone(author, f"dev-{canary(area)}")
    return company


def ids_of(company: Company) -> dict[str, list[str]]:
    with company.engine.connect() as connection:
        rows = [
            *connection.exec_driver_sql("select area, subject from status"),
            *connection.exec_driver_sql("select area, id from fact"),
            *connection.exec_driver_sql("select area, id from reference"),
        ]
    found: dict[str, list[str]] = {}
    for area, name in rows:
        found.setdefault(area, []).append(name)
    return found


def registers() -> list[str]:
    """Every register with columns or readers of its own; of those that a declaration alone makes, one of each sort."""
    from server.catalogue.registry import LIFE_CYCLES, RECORD_TYPES
    from server.office.columns import REGISTERS
    from server.office.readers import READERS_DECLARED

    declared = {
        *LIFE_CYCLES,
        *(name for name, each in RECORD_TYPES.items() if each.system not in FIRST_SYSTEMS),
    }
    of_each_sort = {"complaint", "complaint_step", "resident_visit", *READERS_DECLARED}
    return [name for name in REGISTERS if name not in declared or name in of_each_sort]


def paths(company: Company, ids: list[str]) -> Iterator[tuple[str, str]]:
    """Every operation's path, with every object's id where it names one."""
    from server.office.reports import REPORTS

    for operation in company.operations:
        path = operation.path
        filled = [path]
        if "{type}" in path:
            filled = [path.replace("{type}", register) for register in registers()]
        if "{name}" in path:
            filled = [path.replace("{name}", name) for name in REPORTS]
        for each in filled:
            kind = each.split("/")[3] if each.startswith("/api/records/") else ""
            named = (
                [name for name in ids if not kind or name.startswith(f"{kind}:")] if "{id}" in each else [""]
            )
            for name in named:
                yield operation.method, each.replace("{id}", name)


FIRST_SYSTEMS = ("decoration", "vacancy")  # fees have readers of their own
BODIES: dict[str, Any] = {
    "/release": {"reason": "看过"},
    "/decision": {"decision": "reject", "reason": "不成立", "evidence_hash": "0" * 64},
    "/acknowledge": {},
}


# One of each role and project; the others in the long run.
SECOND_OF_A_ROLE = ("steward2", "supervisorb")
EVERYBODY = [
    pytest.param(user, marks=pytest.mark.soak) if user in SECOND_OF_A_ROLE else user
    for user in sorted(PEOPLE)
]


@pytest.mark.parametrize("user", EVERYBODY)
def test_no_answer_holds_a_mark_of_a_foreign_area(full: Company, user: str) -> None:
    everything = ids_of(full)
    foreign = [canary(area) for area in PROJECT_OF if area not in areas_seen(user)]
    if PEOPLE[user][0] == "admin":  # who watches held facts and phones of the whole project
        foreign = [canary("b1")]
    asked, shown = 0, set[str]()
    for method, path in paths(full, [name for ids in everything.values() for name in ids]):
        if method != "GET":
            continue
        known = next(
            each.query for each in full.operations if each.method == "GET" and _fits(each.path, path)
        )
        for query in _queries(known):
            answer = full.ask(user, path, **query)
            asked += 1
            shown |= {area for area in areas_seen(user) if canary(area) in answer.text}
            assert answer.status_code < 500, (path, query, answer.text)
            leaked = [mark for mark in foreign if mark in answer.text]
            assert not leaked, (user, path, query, leaked)
    assert asked > 200
    assert shown == areas_seen(user), (
        "the marks that may be seen have to be found, or the search proves nothing"
    )


@pytest.mark.parametrize("user", ["steward1", "supervisorb", "office1"])
def test_a_foreign_object_answers_like_one_that_does_not_exist(full: Company, user: str) -> None:
    everything = ids_of(full)
    foreign = [name for area, ids in everything.items() if area not in areas_seen(user) for name in ids]
    shown = set()
    own = {name for area in areas_seen(user) for name in everything.get(area, [])}
    for method, path in paths(full, [name for name in foreign if name not in own]):
        if (
            "/records/" not in path
            and not any(path.endswith(end) for end in BODIES)
            and "/approvals/" not in path
        ):
            continue
        if path.count("/") < 4:
            continue
        missing = path.replace(path.split("/")[4 if "/records/" in path else 3], "violation:01NONE")
        if method == "GET":
            answers = [full.ask(user, each) for each in (path, missing)]
        else:
            body = next(body for end, body in BODIES.items() if path.endswith(end))
            answers = [full.post(user, each, body) for each in (path, missing)]
        assert {answer.status_code for answer in answers} == {404}, (path, answers[0].text)
        assert answers[0].json() == answers[1].json()
        shown.add(path.split("/")[2])
    assert shown >= {"records", "violations", "held"}


def test_each_person_sees_the_rows_of_their_own_areas(full: Company) -> None:
    for user in ("steward1", "supervisor1", "office1", "finance1", "supervisorb"):
        rows = full.get(user, "/api/records/fee_visit")["items"]
        assert {row["area"] for row in rows} == areas_seen(user), user
    assert full.get("admin1", "/api/records/fee_visit")["items"] == []


def test_debts_are_not_for_an_engineer(full: Company) -> None:
    assert full.ask("engineer1", "/api/records/household").status_code == 404
    assert full.get("engineer1", "/api/records/decoration_project")["total"] == 1


def test_a_role_counts_only_in_the_project_in_which_it_is_held(company: Company) -> None:
    from server.access import administration

    at = NOW - timedelta(days=1)
    administration.grant_role(company.engine, "supervisor1", "steward", "other", at=at)
    administration.grant_area(company.engine, "supervisor1", "b1", at=at)
    for area in ("a1", "b1"):
        violation = company.fact("violation", area, "steward1")
        company.status("violation", area, "1-1-101", "submitted", violation, round=1, evidence_hash=sha("e"))

    queue = company.get("supervisor1", "/api/approvals")["items"]
    register = company.get("supervisor1", "/api/records/violation")["items"]

    assert {case["area"] for case in queue} == {"a1"}
    assert {row["area"] for row in register} == {"a1", "b1"}


def test_a_fact_that_claims_another_area_than_its_database_is_in_no_register(company: Company) -> None:
    company.fact("airing", "a1", "stewardb", database="area-b1")

    assert company.get("steward1", "/api/records/airing")["total"] == 0
    assert company.get("supervisorb", "/api/records/airing")["total"] == 0


def test_rights_that_end_end_with_the_next_request(company: Company) -> None:
    from server.access import administration

    company.fact("airing", "a1", "steward1")
    assert company.get("steward1", "/api/records/airing")["total"] == 1

    administration.end_area(company.engine, "steward1", "a1", at=NOW - timedelta(seconds=1))

    assert company.get("steward1", "/api/records/airing")["total"] == 0


def test_every_query_of_the_office_begins_in_scope() -> None:
    folder = Path(server.office.__file__).parent
    strays = [
        path.name
        for path in sorted(folder.glob("*.py"))
        if path.name != "scope.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("sqlalchemy")
        and {"select", "text", "table", "union", "exists"} & {alias.name for alias in node.names}
    ]
    assert strays == []


def _queries(known: Collection[str]) -> list[dict[str, str]]:
    """What of the foreign queries an operation takes, each once."""
    taken = ({name: value for name, value in query.items() if name in known} for query in FOREIGN_QUERIES)
    return list({tuple(query.items()): query for query in taken}.values())


def _fits(pattern: str, path: str) -> bool:
    parts, given = pattern.split("/"), path.split("/")
    return len(parts) == len(given) and all(
        part.startswith("{") or part == each for part, each in zip(parts, given, strict=True)
    )
