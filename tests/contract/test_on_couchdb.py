"""The contract's acceptance tests once more, on a server whose documents lie in a CouchDB: nobody outside may notice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pouchdb_server import IS_HERE

FOLDER = Path(__file__).parent


@pytest.mark.soak
@pytest.mark.skipif(not IS_HERE, reason="pouchdb-server is not here: run `make second-server`")
@pytest.mark.timeout(1800)
def test_the_whole_contract_holds_on_a_couchdb() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "not soak", "-p", "no:cacheprovider", str(FOLDER)],
        env={**os.environ, "XUNLU_TEST_STORE": "couchdb"},
        cwd=FOLDER.parents[1], capture_output=True, text=True, timeout=1700, check=False,
    )  # fmt: skip

    assert told.returncode == 0, told.stdout[-8000:]
