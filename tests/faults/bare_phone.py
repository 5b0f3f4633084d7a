"""The shipped phone without a screen, as a process: its store, its outbox, its sync worker, its badge.

For: faults by the hundred, where a browser would only add seconds. Built of the PWA's source as it is (pwa/tests/line/phone).
Not for: what only a browser has: several tabs, a real IndexedDB, a service worker, forms (browser_phone.py, tests/e2e).
"""

from __future__ import annotations

import base64
import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from tests.e2e.demo_server import PASSWORD
from tests.faults.phone import Given, SavedRecord, Standing

PWA = Path(__file__).parents[2] / "pwa"
ANSWER_LIMIT_SECONDS = 60


def build_bare_phone(folder: Path) -> Path:
    """A folder with the program, and with page.js for a tab of a browser."""
    command = ["node", "tests/line/phone/build.mjs", str(folder)]
    built = subprocess.run(command, cwd=PWA, capture_output=True, text=True, timeout=180, check=False)
    assert built.returncode == 0, built.stderr
    return folder


class BarePhone:
    def __init__(
        self, program: Path, url: str, waits_ms: Mapping[int, int] | None = None, tabs: int = 1
    ) -> None:
        """`waits_ms`: waits of the shipped code that are shorter here, as {shipped: here}."""
        self.tab = 0  # the one that is in front
        shorter = {str(shipped): here for shipped, here in (waits_ms or {}).items()}
        self._process = subprocess.Popen(
            ["node", str(program / "process.mjs"), url, json.dumps(shorter), str(tabs)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._answers: Queue[str] = Queue()
        self._orders = 0
        self._reading = threading.Thread(target=self._read, name="bare-phone")
        self._reading.start()
        assert self._answer(0) == "ready"

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reading.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def signs_in(self, username: str = "steward1") -> dict[str, Any]:
        answer: dict[str, Any] = self._ask("sign_in", username=username, password=PASSWORD)
        return answer

    def saves(self, given: list[Given]) -> list[SavedRecord]:
        return saved_records(self._ask("save", records=[sendable(one) for one in given]))

    def tells_the_worker(self, **message: Any) -> None:
        self._ask("tell", message=message)

    def sends_again(self, id: str) -> None:
        self._ask("send_again", record=id)

    def stands(self) -> Standing:
        return standing_of(self.tells_all())

    def is_up_to_date(self) -> bool:
        """A whole round has ended, and it has the documents of its area."""
        told = self.tells_all()
        return bool(told["badge"]["phase"] == "idle" and told["documents"] > 0)

    def tells_all(self) -> dict[str, Any]:
        """Everything it knows of itself; the names are those of pwa/tests/line/phone/page.ts."""
        told: dict[str, Any] = self._ask("stands")
        return told

    def said_all_received_at_ms(self) -> list[float]:
        said: list[float] = self.tells_all()["said_all_received"]
        return said

    def _ask(self, order: str, **more: Any) -> Any:
        self._orders += 1
        assert self._process.stdin is not None
        line = {"id": self._orders, "tab": self.tab, "order": {"do": order, **more}}
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        return self._answer(self._orders)

    def _answer(self, id: int) -> Any:
        try:
            answer = json.loads(self._answers.get(timeout=ANSWER_LIMIT_SECONDS))
        except Empty:
            raise AssertionError(f"the phone did not answer order {id}") from None
        assert answer["id"] == id, answer
        return answer["value"]

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)


@contextmanager
def bare_phone(
    program: Path, url: str, waits_ms: Mapping[int, int] | None = None, tabs: int = 1
) -> Iterator[BarePhone]:
    phone = BarePhone(program, url, waits_ms, tabs)
    try:
        yield phone
    finally:
        phone.close()


def sendable(given: Given) -> dict[str, Any]:
    """As pwa/tests/line/phone/page.ts takes it."""
    return {**given, "photos": [base64.b64encode(photo).decode() for photo in given["photos"]]}


def saved_records(answer: dict[str, Any]) -> list[SavedRecord]:
    assert answer["ok"], answer
    return [SavedRecord(one["id"], one["type"], one["rev"]) for one in answer["records"]]


def standing_of(told: dict[str, Any]) -> Standing:
    return Standing(
        says_all_received=told["badge"]["allReceived"],
        records={one["id"]: one["state"] for one in told["items"]},
        reasons={
            one["id"]: f"{one.get('code')}: {one.get('reason')}"
            for one in told["items"]
            if one["state"] == "held"
        },
        photos_waiting=told["photos_waiting"],
        needs_password=told["badge"]["phase"] == "needs_sign_in",
    )
