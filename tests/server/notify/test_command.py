"""An operator sets up a robot, tries it, sees what became of messages, and takes it away again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.server.notify.post_box import PostBox, ok
from tests.server.test_cli import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "data")
    shell.sets_up()
    return shell


def test_a_robot_is_added_tried_listed_and_removed(shell: Shell, box: PostBox) -> None:
    added = shell.run(
        "notify",
        "add",
        "group1",
        "--project",
        "yunqi",
        "--kind",
        "wecom",
        stdin=f"{box.url}/send?key=secret-key\n",
    )
    assert (added.returncode, added.stderr) == (0, "")

    tried = shell.run("notify", "test", "group1")
    assert (tried.returncode, tried.stdout) == (0, "delivered\n")
    assert "通知测试" in box.letters[0].json["text"]["content"]

    box.answer = lambda letter: ok(errcode=93000, errmsg="invalid webhook url")
    refused = shell.run("notify", "test", "group1")
    assert refused.returncode == 1
    assert "errcode 93000" in refused.stderr

    listed = shell.run("notify", "list", "--json")
    (line,) = json.loads(listed.stdout)
    assert (line["id"], line["kind"], line["sent"], line["failed"]) == ("group1", "wecom", 1, 1)
    assert "secret-key" not in listed.stdout + shell.run("notify", "list").stdout

    assert shell.run("notify", "remove", "group1").returncode == 0
    assert json.loads(shell.run("notify", "list", "--json").stdout) == []
    gone = shell.run("notify", "test", "group1")
    assert (gone.returncode, gone.stderr) == (1, "xunlu: 没有这个通道。There is no channel 'group1'.\n")


@pytest.mark.parametrize(
    ("project", "url", "word"),
    [
        ("yunqi", "http://robot.example/send", "https"),
        ("yunqi", "", "address"),
        ("nowhere", "https://robot.example/send", "nowhere"),
    ],
)
def test_a_wrong_channel_is_refused_in_one_line(shell: Shell, project: str, url: str, word: str) -> None:
    answer = shell.run("notify", "add", "group1", "--project", project, "--kind", "feishu", stdin=f"{url}\n")
    assert answer.returncode == 1
    assert len(answer.stderr.splitlines()) == 1
    assert word in answer.stderr
