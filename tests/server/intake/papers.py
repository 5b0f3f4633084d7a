"""What people of the stories write: documents as phones and imports make them, with names one can read.

For: tests of intake, jobs and decisions. Every builder gives a document that the catalogue accepts.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from PIL import Image

from server.catalogue.decoration import FILING_DOCS, PATROL_ITEMS
from server.catalogue.reference import reference_document
from server.catalogue.vacancy import CHECK_ITEMS
from server.receipts import canonical_form

PROJECT = "demo"
STEWARD_OF = {"a1": "steward1", "a2": "steward2"}
PATROL_CODES = list(PATROL_ITEMS.codes)
CHECK_CODES = list(CHECK_ITEMS.codes)
ALL_PAPERS = list(FILING_DOCS.values)


@cache
def photo(name: str) -> bytes:
    """A small real JPEG of its own for each name."""
    digest = hashlib.sha256(name.encode()).digest()
    out = BytesIO()
    Image.frombytes("RGB", (4, 2), digest[:24]).save(out, "JPEG")
    return out.getvalue()


def sha256_of(name: str) -> str:
    return hashlib.sha256(photo(name)).hexdigest()


def photos(names: Sequence[str], kind: str, at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "sha256": sha256_of(name),
            "bytes": len(photo(name)),
            "mime": "image/jpeg",
            "kind": kind,
            "taken_at": text(at),
            "source": "camera",
        }
        for name in names
    ]


def text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def fact(
    fact_id: str, subject: str, at: datetime, body: dict[str, Any], area: str = "a1", **more: Any
) -> dict[str, Any]:
    return {
        "_id": fact_id,
        "type": fact_id.partition(":")[0],
        "v": 1,
        "project": PROJECT,
        "area": area,
        "subject": subject,
        "author": STEWARD_OF[area],
        "device": f"dev-{STEWARD_OF[area]}",
        "performed_at": text(at),
        "photos": [],
        "body": body,
    } | more


def filing(project: str, at: datetime, unit_no: str = "3-1-502", area: str = "a1") -> dict[str, Any]:
    body = {
        "unit_id": f"unit:{PROJECT}-{unit_no}",
        "applicant": "林某",
        "applicant_is_owner": True,
        "contractor": "禾木家装",
        "contractor_contact": "罗工",
        "foreman_phone": "19900010001",
        "scope": ["walls", "floor"],
        "planned_start": "2026-10-20",
        "planned_end": "2027-01-31",
        "filing_docs": ALL_PAPERS,
    }
    return fact(project, project, at, body, area)


def step(
    fact_id: str, project: str, to: str, at: datetime, author: str = "steward1", area: str = "a1", **body: Any
) -> dict[str, Any]:
    more = {"filing_docs": ALL_PAPERS} if to == "approved" else {}
    return fact(fact_id, project, at, {"to": to} | more | body, area, author=author)


def patrol(fact_id: str, project: str, at: datetime, area: str = "a1", **more: Any) -> dict[str, Any]:
    body = {"items": [{"code": code, "result": "normal"} for code in PATROL_CODES], "stage": "masonry"}
    pictures = photos([f"overview of {fact_id}"], "overview", at)
    return fact(fact_id, project, at, body, area) | {"photos": pictures} | more


def violation(fact_id: str, project: str, at: datetime, area: str = "a1", **more: Any) -> dict[str, Any]:
    body = {
        "decoration_project_id": project,
        "found_at": text(at),
        "category": "wall_removal",
        "severity": "general",
        "place_in_unit": "主卧",
        "description": "拆除隔墙未报备",
        "stopped_at": text(at),
        "stopped_how": "persuaded",
    }
    pictures = photos([f"first of {fact_id}", f"second of {fact_id}"], "before", at)
    return fact(fact_id, project, at, body, area) | {"photos": pictures} | more


def recheck(fact_id: str, case: str, at: datetime, result: str = "rectified") -> dict[str, Any]:
    pictures = photos([f"after of {fact_id}"], "after", at)
    return fact(fact_id, case, at, {"recheck_result": result}, photos=pictures)


def progress(fact_id: str, case: str, at: datetime, words: str = "已开始拆除") -> dict[str, Any]:
    return fact(fact_id, case, at, {"text": words})


def vacancy_check(fact_id: str, unit: str, at: datetime, area: str = "a1") -> dict[str, Any]:
    body = {
        "vacancy_kind": "unsold",
        "reason": "monthly",
        "items": [{"code": code, "result": "normal"} for code in CHECK_CODES],
        "valves_closed": True,
        "main_switch_off": True,
        "windows_closed_at_exit": True,
    }
    return fact(fact_id, unit, at, body, area, photos=photos([f"room of {fact_id}"], "overview", at))


def promise(
    fact_id: str, household: str, at: datetime, day: str, amount_fen: int = 123_456
) -> dict[str, Any]:
    body = {
        "measure": "home_visit",
        "amount_due": 180_000,
        "periods": [{"period": "2026-10", "fee_item": "service", "balance_fen": 180_000}],
        "outcome": "promised",
        "promise_date": day,
        "promise_amount": amount_fen,
        "arrears_reason": "forgot",
        "next_action_at": day,
    }
    return fact(fact_id, household, at, body)


def unit(unit_no: str, area: str = "a1", **more: Any) -> dict[str, Any]:
    building, entrance, room = unit_no.split("-")
    body: dict[str, Any] = {
        "unit_no": unit_no,
        "building": building,
        "entrance": entrance,
        "floor": int(room[:-2]),
        "gross_area": 98.5,
        "use": "residence",
        "status": "occupied",
        "steward_area": area,
    } | more
    return reference_document("unit", PROJECT, area, body)


def household(unit_no: str, area: str = "a1") -> dict[str, Any]:
    body = {"unit_id": f"unit:{PROJECT}-{unit_no}", "role": "owner", "name": "林某"}
    return reference_document("household", PROJECT, area, body)


def debt(unit_no: str, period: str, fen: int, due_on: str, area: str = "a1") -> dict[str, Any]:
    body = {
        "unit_id": f"unit:{PROJECT}-{unit_no}",
        "household_id": f"household:{PROJECT}-{unit_no}-owner",
        "period": period,
        "fee_item": "service",
        "receivable": fen,
        "received": 0,
        "due_on": due_on,
    }
    return reference_document("fee_account", PROJECT, area, body)


def setting(key: str, value: Any) -> dict[str, Any]:
    return reference_document("setting", PROJECT, None, {"key": key, "value": value})


def signed(document: dict[str, Any], key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    """As a phone with this key signs it (contract section 4)."""
    return document | {"sig": signature(canonical_form(document), key)}


def signature(content: bytes, key: ec.EllipticCurvePrivateKey) -> str:
    """A JWS (ES256) without its content."""
    header = _base64url(b'{"alg":"ES256"}')
    der = key.sign(f"{header}.{_base64url(content)}".encode(), ec.ECDSA(SHA256()))
    r, s = decode_dss_signature(der)
    return f"{header}..{_base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    x, y = (_base64url(part.to_bytes(32, "big")) for part in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
