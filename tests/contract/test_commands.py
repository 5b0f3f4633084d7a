"""Contract section 1: commands, exit statuses, settings; and an installation made with them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner

from server.cli import cli
from tests.contract.conftest import Xunlu

COMMANDS: list[tuple[str, ...]] = [
    (), ("serve",), ("demo",), ("import",), ("import", "roster"), ("import", "arrears"), ("user",), ("user", "add"),
    ("user", "list"), ("user", "disable"), ("user", "grant"), ("project",), ("project", "add"), ("area",),
    ("area", "add"), ("rebuild",), ("doctor",), ("copy",), ("couchdb",), ("couchdb", "init"), ("couchdb", "check"),
    ("couchdb", "compact"), ("setting", "list"), ("setting", "set"), ("verify",), ("simulate",), ("notify",),
]  # fmt: skip


def test_help_is_there(xunlu: Xunlu) -> None:
    told = xunlu("--help")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("Usage:")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...]) -> None:
    told = CliRunner().invoke(cli, [*words, "--help"])
    assert (told.exit_code, told.stderr) == (0, "")
    assert told.stdout.startswith("Usage:")


@pytest.mark.parametrize("words", [("nonsense",), ("serve", "--port", "x"), ("user", "grant")])
def test_bad_usage_is_2(words: tuple[str, ...], xunlu: Xunlu) -> None:
    told = xunlu(*words)
    assert told.returncode == 2
    assert told.stderr


@pytest.mark.parametrize(
    "words", [("user", "add"), ("serve", "--port", "0"), ("import", "roster")], ids=" ".join
)
def test_bad_usage_of_a_command_is_2_and_says_why(words: tuple[str, ...]) -> None:
    told = CliRunner().invoke(cli, words)
    assert told.exit_code == 2
    assert told.stderr


@pytest.mark.parametrize(
    "setting",
    [
        {"XUNLU_DATTA": "x"},
        {"XUNLU_STORE": "mongo"},
        {"XUNLU_STORE": "couchdb"},
        {"XUNLU_DATABASE_URL": "nonsense"},
        {"XUNLU_OPERATOR": "nocolon"},
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(
    setting: dict[str, str], xunlu: Xunlu, tmp_path: Path
) -> None:
    told = xunlu("serve", "--port", "18999", **{"XUNLU_DATA": str(tmp_path / "d"), **setting})
    assert told.returncode == 1
    lines = told.stderr.strip().splitlines()
    assert len(lines) == 1, told.stderr
    assert next(iter(setting)) in lines[0]


def test_an_installation_by_commands(xunlu: Xunlu, tmp_path: Path) -> None:
    data = {"XUNLU_DATA": str(tmp_path / "data")}
    for words in (
        ("project", "add", "yunqi", "--title", "云栖里"),
        ("area", "add", "e1", "--project", "yunqi", "--title", "东区"),
    ):
        assert xunlu(*words, **data).returncode == 0
    again = xunlu("project", "add", "yunqi", "--title", "云栖里", **data)
    assert again.returncode == 1
    assert "yunqi" in again.stderr

    assert (
        xunlu(
            "user", "add", "lin", "--title", "林", "--password-stdin", stdin="long-enough-9\n", **data
        ).returncode
        == 0
    )
    assert (
        xunlu(
            "user", "grant", "lin", "--role", "steward", "--project", "yunqi", "--area", "e1", **data
        ).returncode
        == 0
    )
    for wrong in (
        ("user", "grant", "nobody", "--area", "e1"),
        ("user", "grant", "lin", "--area", "nowhere"),
        ("user", "disable", "nobody"),
        ("area", "add", "e2", "--project", "nowhere", "--title", "x"),
    ):
        told = xunlu(*wrong, **data)
        assert (told.returncode, told.stdout) == (1, ""), wrong
        assert any(word in told.stderr for word in ("nobody", "nowhere"))

    listed = json.loads(xunlu("user", "list", "--json", **data).stdout)
    assert "lin" in json.dumps(listed, ensure_ascii=False)
    assert "password" not in json.dumps(listed)
    assert (tmp_path / "data" / "secret").stat().st_mode & 0o777 == 0o600


def test_a_roster_is_imported_whole_or_not_at_all(xunlu: Xunlu, tmp_path: Path) -> None:
    data = {"XUNLU_DATA": str(tmp_path / "data")}
    xunlu("project", "add", "yunqi", "--title", "云栖里", **data)
    xunlu("area", "add", "e1", "--project", "yunqi", "--title", "东区", **data)
    head = "房号,片区,楼层,建筑面积,房态,业主姓名,电话,身份\n"
    good = (
        head
        + "1-1-101,e1,1,96.5,已入住,陈明,13900000000,业主\n1-1-102,e1,1,80,已入住,王月,13900000001,业主\n"
    )
    broken = (
        good
        + "1-1-103,nowhere,1,很大,已入住,李四,13900000002,业主\n1-1-104,a9,1,60,已入住,周五,13900000003,业主\n"
    )
    (tmp_path / "good.csv").write_text(good, encoding="utf-8")
    (tmp_path / "broken.csv").write_text(broken, encoding="utf-8")

    told = xunlu("import", "roster", str(tmp_path / "broken.csv"), "--project", "yunqi", **data)
    assert told.returncode == 1
    for word in ("broken.csv 第 4 行", "片区", "nowhere", "建筑面积", "很大", "第 5 行", "a9"):
        assert word in told.stderr, told.stderr
    first = xunlu("import", "roster", str(tmp_path / "good.csv"), "--project", "yunqi", "--json", **data)
    assert first.returncode == 0, first.stderr
    again = xunlu("import", "roster", str(tmp_path / "good.csv"), "--project", "yunqi", "--json", **data)
    assert again.returncode == 0
    assert (
        json.loads(first.stdout)["changed"] == 4
    )  # nothing of the broken file was there: two units, two owners
    assert json.loads(again.stdout)["changed"] == 0


def test_doctor_tells_in_json(xunlu: Xunlu, demo_data: Path, tmp_path: Path) -> None:
    shutil.copytree(demo_data, tmp_path / "data")
    told = xunlu("doctor", "--json", XUNLU_DATA=str(tmp_path / "data"))
    assert told.returncode in (0, 1)
    assert json.loads(told.stdout)


def test_nobody_listens_after_a_refused_start(xunlu: Xunlu, tmp_path: Path) -> None:
    xunlu("serve", "--port", "18998", XUNLU_DATA=str(tmp_path / "d"), XUNLU_STORE="mongo")
    with pytest.raises(httpx2.TransportError):
        httpx2.get("http://127.0.0.1:18998/healthz", timeout=2)
