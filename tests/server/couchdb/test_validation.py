"""The validation that every database of ours carries is JavaScript that does what it says: run by node, as CouchDB would run it.

Source: CouchDB 3.5 documentation, "Validate Document Update Functions".
"""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest

from sync.couchdb.guards import design

CALL = """
const [source, user] = JSON.parse(require('fs').readFileSync(0, 'utf8'))
const validate = (0, eval)('(' + source + ')')
const secObj = { admins: { names: [], roles: [] }, members: { names: [], roles: [] } }
try {
  validate({ _id: 'a', _rev: '2-b', n: 1 }, { _id: 'a', _rev: '1-a' }, user, secObj)
  validate({ _id: 'b', _deleted: true }, null, user, secObj)
  console.log(JSON.stringify(null))
} catch (refusal) {
  console.log(JSON.stringify(refusal instanceof Error ? String(refusal) : refusal))
}
"""
REFUSED = {"forbidden": "Only the server of Xunlu writes here."}


@pytest.mark.parametrize("account", ["xunlu", "o'brien\"\\", "服务器", "</script>"])
@pytest.mark.parametrize(
    ("name", "roles", "answer"),
    [
        (None, [], REFUSED),
        ("somebody", [], REFUSED),
        ("somebody", ["xunlu", "admin"], REFUSED),
        ("root", ["_admin"], None),
        ("THE ACCOUNT", [], None),
    ],
)
def test_only_the_account_and_server_admins_write(
    account: str, name: str | None, roles: list[str], answer: Any
) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not here: the validation cannot be run")
    user = {"db": "xunlu-area-a1", "name": account if name == "THE ACCOUNT" else name, "roles": roles}

    told = subprocess.run(
        [node, "-e", CALL], input=json.dumps([design(account)["validate_doc_update"], user]),
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip

    assert json.loads(told.stdout) == answer
