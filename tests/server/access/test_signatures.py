"""Who signed a record: alike on phone and server, by the key that its author enrolled for that phone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from server.access import devices
from server.access.signatures import Signatures, is_signed, public_key
from tests.server.access.conftest import Office, run, with_header

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "signature.json").read_text())
KEYS = VECTORS["keys"]
SIGNED = VECTORS["cases"][0]["document"]


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_the_shared_cases_are_judged_as_on_the_phone(case: dict[str, Any]) -> None:
    assert is_signed(case["document"], public_key(KEYS[case["key"]])) is case["valid"]


def test_a_record_stands_by_the_key_of_its_author_on_its_phone(office: Office) -> None:
    signatures = Signatures()

    def standing(**change: str) -> str:
        with office.engine.connect() as connection:
            return signatures.standing(connection, SIGNED | change)

    before = standing()
    enrol(office, "steward1", SIGNED["device"], KEYS["phone"])

    assert before == "unknown_key"
    assert standing() == "valid"
    assert standing(performed_at="2026-11-22T10:03:06+08:00") == "wrong"
    assert standing(author="steward2") == "unknown_key"
    assert standing(device="dev-other") == "unknown_key"
    with office.engine.connect() as connection:
        assert signatures.standing(connection, {**SIGNED, "device": ["x"]}) == "unknown_key"
        unsigned = {name: value for name, value in SIGNED.items() if name != "sig"}
        assert signatures.standing(connection, unsigned) == "none"


def enrol(office: Office, user: str, device: str, key: dict[str, str]) -> None:
    token = office.sign_in(user, device=device).tokens.access_token
    person = run(office.access.identify(with_header(f"Bearer {token}")))
    devices.enrol(office.engine, person, {"device": device, "public_jwk": key}, office.clock.now())
