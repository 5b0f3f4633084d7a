"""The command line as an operator meets it: exit statuses, one clear line, nothing half done. Source: contract section 1."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.access import administration
from server.database import create_tables, open_engine
from server.settings import Settings
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
        """A project with an area. That commands make them too: tests/contract/test_commands.py."""
        at = datetime.now(UTC)
        engine = open_engine(Settings.from_environ({"XUNLU_DATA": str(self.data)}).database_url)
        create_tables(engine)
        administration.add_project(engine, "yunqi", "云栖里", at=at)
        administration.add_area(engine, "a1", "yunqi", "东区", at=at)
        engine.dispose()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data")


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


def test_a_setting_is_changed_in_its_own_kind_and_listed_with_its_default(shell: Shell) -> None:
    shell.sets_up()

    done = shell.run("setting", "set", "phone.pin_required", "true", "--project", "yunqi")
    changed = json.loads(shell.run("setting", "list", "--project", "yunqi", "--changed", "--json").stdout)
    wrong = shell.run("setting", "set", "phone.idle_hours", '"twelve"', "--project", "yunqi")
    unknown = shell.run("setting", "set", "phone.colour", "1", "--project", "yunqi")
    elsewhere = shell.run("setting", "set", "phone.idle_hours", "8", "--project", "elsewhere")

    assert (done.returncode, wrong.returncode, unknown.returncode, elsewhere.returncode) == (0, 2, 2, 1)
    assert changed == [
        {
            "key": "phone.pin_required",
            "value": True,
            "default": False,
            "rule": "R-X-31",
            "zh": "手机必须设置 PIN",
            "en": "Phones must have a PIN",
        }
    ]
    assert "from 1 to 168" in wrong.stderr
    assert "elsewhere" in elsewhere.stderr


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
