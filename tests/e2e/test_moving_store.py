"""The documents move to a CouchDB while a phone has unsent records: its steward stays signed in, and everything arrives."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.demo_server import DemoServer
from tests.e2e.people import Steward, go_offline, go_online
from tests.pouchdb_server import IS_HERE, PouchdbServer


@pytest.mark.soak
@pytest.mark.skipif(not IS_HERE, reason="pouchdb-server is not here: run `make second-server`")
def test_a_phone_notices_nothing_of_a_move(
    demo_data: Path, tmp_path: Path, phone: Page, photos: Callable[[int], list[Path]]
) -> None:
    data = tmp_path / "data"
    shutil.copytree(demo_data, data)
    couchdb = PouchdbServer(None, tmp_path / "couchdb-work")
    before, after = DemoServer(data), DemoServer(data, couchdb.url)
    after.port, after.url = before.port, before.url
    try:
        before.start()
        steward = Steward(phone, before)
        steward.comes_to_work()
        subject = steward.subjects_to_do("patrol")[0]
        go_offline(phone.context)
        steward.patrols_and_stops_a_violation(subject, photos(1), photos(2))
        before.stop()

        couchdb.start()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("XUNLU_")}
        environment |= {"XUNLU_DATA": str(data), "XUNLU_COUCHDB_URL": couchdb.url}
        subprocess.run(
            [sys.executable, "-m", "server", "copy", "sqlite", "couchdb"],
            env=environment, capture_output=True, timeout=300, check=True,
        )  # fmt: skip
        after.start()
        go_online(phone.context)

        steward.everything_is_received()  # on a page that never asked for the password again
        violation = after.office("supervisor1").wait_for_violation(subject)
        assert violation["missing_photos"] == []
        steward.goes_to_today()
        assert subject in steward.subjects_done("patrol")
    finally:
        before.close()
        after.close()
        couchdb.stop()
