"""The command line as an operator meets it: exit statuses, one clear line, nothing half done. Source: contract section 1."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sync.sqlite import open_store


class Shell:
    """Somebody at a terminal, on a data directory of their own."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def run(self, *arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("XUNLU_")}
        environment |= {"XUNLU_DATA": str(self.data), **settings}
        return subprocess.run(
            [sys.executable, "-m", "server", "--log-level", "error", *arguments],
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def sets_up(self) -> None:
        for arguments in (
            ("project", "add", "yunqi", "--title", "云栖里"),
            ("area", "add", "a1", "--project", "yunqi", "--title", "东区"),
        ):
            assert self.run(*arguments).returncode == 0


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data")


@pytest.mark.parametrize(
    "arguments",
    [[], ["serve"], ["demo"], ["import", "roster"], ["user", "grant"], ["doctor"], ["rebuild"], ["verify"]],
    ids=" ".join,
)
def test_every_command_explains_itself(shell: Shell, arguments: list[str]) -> None:
    answer = shell.run(*arguments, "--help")

    assert answer.returncode == 0
    assert answer.stdout.startswith("Usage:")


@pytest.mark.parametrize("arguments", [["nonsense"], ["user", "add"], ["serve", "--port", "0"]], ids=" ".join)
def test_bad_usage_is_status_2(shell: Shell, arguments: list[str]) -> None:
    answer = shell.run(*arguments)

    assert answer.returncode == 2
    assert answer.stderr


@pytest.mark.parametrize(
    ("name", "value"), [("XUNLU_NONSENSE", "1"), ("XUNLU_STORE", "mysql"), ("XUNLU_OPERATOR", "no-colon")]
)
def test_a_wrong_setting_stops_the_start_with_one_line(shell: Shell, name: str, value: str) -> None:
    answer = shell.run("serve", **{name: value})

    assert answer.returncode == 1
    assert name in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


def test_people_are_added_granted_listed_and_disabled(shell: Shell) -> None:
    shell.sets_up()

    added = shell.run("user", "add", "lin", "--title", "林晓禾", "--password-stdin", stdin="long-enough\n")
    granted = shell.run("user", "grant", "lin", "--role", "steward", "--project", "yunqi", "--area", "a1")
    listed = json.loads(shell.run("user", "list", "--json").stdout)
    disabled = shell.run("user", "disable", "lin")

    assert (added.returncode, granted.returncode, disabled.returncode) == (0, 0, 0)
    assert listed == [
        {"name": "lin", "title": "林晓禾", "state": "active", "roles": ["steward@yunqi"], "areas": ["a1"]}
    ]
    assert json.loads(shell.run("user", "list", "--json").stdout)[0]["state"] == "disabled"


def test_a_short_password_and_an_unknown_role_are_refused_in_words(shell: Shell) -> None:
    shell.sets_up()

    short = shell.run("user", "add", "lin", "--title", "林", "--password-stdin", stdin="short\n")
    unknown = shell.run("user", "grant", "lin", "--role", "steward", "--project", "elsewhere")

    assert (short.returncode, unknown.returncode) == (1, 1)
    assert "8 characters" in short.stderr
    assert "lin" in unknown.stderr or "elsewhere" in unknown.stderr


def test_a_roster_with_a_broken_row_changes_nothing_and_repeating_a_good_one_neither(
    shell: Shell, tmp_path: Path
) -> None:
    shell.sets_up()
    header = "房号,片区,建筑面积,房态\n"
    broken, good = tmp_path / "broken.csv", tmp_path / "good.csv"
    broken.write_text(
        header + "3-1-502,a1,108.2,已入住\n3-1-601,a1,很大,已入住\n3-1-602,a9,90,已入住\n", encoding="utf-8"
    )
    good.write_text(header + "3-1-502,a1,108.2,已入住\n", encoding="utf-8")

    refused = shell.run("import", "roster", str(broken))
    first = json.loads(shell.run("import", "roster", str(good), "--json").stdout)
    again = json.loads(shell.run("import", "roster", str(good), "--json").stdout)

    assert refused.returncode == 1
    assert "broken.csv 第 3 行" in refused.stderr
    assert "第 4 行" in refused.stderr
    assert "a9" in refused.stderr
    assert (first["changed"], again["changed"]) == (1, 0)


def test_the_doctor_names_what_is_missing(shell: Shell) -> None:
    shell.sets_up()

    checks = json.loads(shell.run("doctor", "--json").stdout)

    says = {check["name"]: check["state"] for check in checks}
    assert says["settings"] == says["documents"] == "ok"
    assert any("steward" in check["says"] for check in checks if check["state"] == "warning")


def test_a_command_that_needs_the_documents_says_that_a_server_has_them(shell: Shell) -> None:
    shell.sets_up()

    running = open_store(shell.data / "documents")
    try:
        answer = shell.run("rebuild")
    finally:
        asyncio.run(running.close())

    assert answer.returncode == 1
    assert "stop it first" in answer.stderr
