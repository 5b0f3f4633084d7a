"""Somebody who knows only the contract: signs in, writes facts as the domain's tables name them, sends photos.

For: the acceptance tests of this folder.
Not for: anything of the product's own code; hashes and ids are made here from their published rules.
Source: contract sections 3-5; docs/architecture.md section 3; RFC 8785; tus 1.0.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import rfc8785
from PIL import Image
from ulid import ULID

PASSWORD = "xunlu-demo"
SITE = ZoneInfo("Asia/Shanghai")
TUS = {"Tus-Resumable": "1.0.0"}
Json = dict[str, Any]

PATROL_ITEMS = (
    "finished_product_protection", "rubbish_piling", "working_hours", "walls",
    "waterproofing", "guard_rail", "terrace_balcony_alteration", "installations",
)  # fmt: skip
CHECK_ITEMS = (
    "door_lock", "windows", "walls_ceiling_leak", "floor_drain", "pipes_valves",
    "electrics", "items_left", "smell_mould", "pests", "overall",
)  # fmt: skip


class Client:
    """A person with a plain HTTP client."""

    def __init__(self, url: str, name: str, password: str = PASSWORD) -> None:
        self.name = name
        self.http = httpx2.Client(base_url=url, timeout=30)
        answer = self.http.post("/api/session", json={"username": name, "password": password})
        assert answer.status_code == 200, answer.text
        self.session: Json = answer.json()
        self.http.headers["Authorization"] = f"Bearer {self.session['access_token']}"

    def get(self, path: str, **query: Any) -> Json:
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def pages(self, path: str, limit: int = 500, **query: Any) -> list[Json]:
        found: list[Json] = []
        page = self.get(path, limit=limit, **query)
        while True:
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            page = self.get(path, limit=limit, cursor=page["next_cursor"], **query)

    def documents(self, database: str) -> list[Json]:
        rows = self.get(f"/db/{database}/_all_docs", include_docs="true")["rows"]
        return [row["doc"] for row in rows]

    def status(self, subject: str, database: str = "area-a1") -> Json:
        return self.get(f"/db/{database}/status:{subject}")

    def push(self, *facts: Json, database: str = "area-a1") -> list[Json]:
        """As a replicator does it: the revision is the writer's, `new_edits` false."""
        docs = [{"_rev": revision(fact), **fact} for fact in facts]
        answer = self.http.post(f"/db/{database}/_bulk_docs", json={"new_edits": False, "docs": docs})
        assert answer.status_code == 201, answer.text
        rows: list[Json] = answer.json()
        return rows

    def receipts(self, *facts: Json) -> list[Json]:
        items = [
            {"id": fact["_id"], "rev": fact.get("_rev", revision(fact)), "hash": receipt_hash(fact)}
            for fact in facts
        ]
        answer = self.http.post("/api/receipts", json={"items": items, "photos": []})
        assert answer.status_code == 200, answer.text
        found: list[Json] = answer.json()["items"]
        assert [(one["id"], one["rev"], one["hash"]) for one in found] == [
            (item["id"], item["rev"], item["hash"]) for item in items
        ]
        return found

    def send(self, fact: Json) -> Json:
        """Push one fact and ask what became of it."""
        self.push(fact)
        return self.receipts(fact)[0]

    def accepted(self, fact: Json) -> Json:
        receipt = self.send(fact)
        assert receipt["state"] == "accepted", receipt
        return fact

    def upload(self, photo: bytes) -> None:
        place = self.begin_upload(photo).headers["Location"]
        answer = self.send_bytes(place, photo, 0)
        assert answer.status_code == 204, answer.text

    def begin_upload(self, photo: bytes, sha256: str | None = None, mime: str = "image/jpeg") -> Any:
        words = {"sha256": sha256 or sha(photo), "mime": mime}
        metadata = ",".join(
            f"{name} {base64.b64encode(word.encode()).decode()}" for name, word in words.items()
        )
        return self.http.post(
            "/media/uploads", headers={**TUS, "Upload-Length": str(len(photo)), "Upload-Metadata": metadata}
        )

    def send_bytes(self, place: str, content: bytes, offset: int, **headers: str) -> Any:
        kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
        return self.http.patch(place, content=content, headers={**TUS, **kind, **headers})

    def decide(self, violation: str, decision: str, evidence_hash: str, **more: Any) -> Any:
        body = {"decision": decision, "reason": "证据清楚", "evidence_hash": evidence_hash, **more}
        if decision == "confirm":
            body = {"rectify_by": day(4), "clause": "第 12 条", **body}
        return self.http.post(f"/api/violations/{violation}/decision", json=body)


# Hashes


def receipt_hash(document: Json) -> str:
    named = {name: value for name, value in document.items() if name == "_id" or not name.startswith("_")}
    return hashlib.sha256(rfc8785.dumps(named)).hexdigest()


def revision(document: Json) -> str:
    return f"1-{receipt_hash(document)[:32]}"


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# Time at the site


def at(minutes: float = 0) -> str:
    return (datetime.now(SITE) + timedelta(minutes=minutes)).isoformat(timespec="seconds")


def day(days: int = 0) -> str:
    return (datetime.now(SITE) + timedelta(days=days)).date().isoformat()


# Photos


def picture() -> bytes:
    noise = Image.frombytes("RGB", (120, 90), os.urandom(120 * 90 * 3))
    noise.save(buffer := io.BytesIO(), "JPEG", quality=70)
    return buffer.getvalue()


def listed(content: bytes | None = None, kind: str = "overview") -> Json:
    content = os.urandom(900) if content is None else content
    return {
        "sha256": sha(content), "bytes": len(content), "mime": "image/jpeg",
        "kind": kind, "taken_at": at(), "source": "camera",
    }  # fmt: skip


# Facts


def fact(kind: str, subject: str, body: Json, *photos: Json, author: str = "steward1", **more: Any) -> Json:
    return {
        "_id": f"{kind}:{ULID()}", "type": kind, "v": 1, "project": "demo", "area": "a1", "subject": subject,
        "author": author, "device": "dev-7f3a", "performed_at": at(), "photos": list(photos), "body": body, **more,
    }  # fmt: skip


def answers(codes: tuple[str, ...], **abnormal: Json) -> list[Json]:
    return [{"code": code, "result": "normal", **abnormal.get(code, {})} for code in codes]


def patrol(project: str, body: Json | None = None, *photos: Json, **more: Any) -> Json:
    content = {"items": answers(PATROL_ITEMS), **(body or {})}
    return fact("decoration_patrol", project, content, *(photos or (listed(),)), **more)


def violation(project: str, *photos: Json, **body: Any) -> Json:
    content = {
        "decoration_project_id": project, "found_at": at(), "category": "waterproofing", "severity": "general",
        "place_in_unit": "主卫", "description": "防水层被凿穿", "stopped_at": at(), "stopped_how": "persuaded", **body,
    }  # fmt: skip
    return fact("violation", project, content, *(photos or (listed(kind="before"), listed(kind="before"))))


def check(unit: str, vacancy_kind: str, *photos: Json, **body: Any) -> Json:
    content = {
        "unit_id": unit, "vacancy_kind": vacancy_kind, "reason": "monthly", "left_at": at(),
        "items": answers(CHECK_ITEMS), "valves_closed": True, "main_switch_off": True,
        "windows_closed_at_exit": True, **body,
    }  # fmt: skip
    return fact("vacancy_check", unit, content, *(photos or (listed(),)))


def airing(unit: str, minutes: int = 40, **body: Any) -> Json:
    content = {
        "unit_id": unit, "opened_at": at(-minutes), "closed_at": at(), "weather_ok": True,
        "closed_confirmed": True, **body,
    }  # fmt: skip
    return fact("airing", unit, content)


def fee_visit(household: str, unit: str, **body: Any) -> Json:
    content = {
        "unit_id": unit, "household_id": household, "measure": "phone", "amount_due": 39760,
        "periods": ["2026-10"], "outcome": "not_home", "arrears_reason": "absence", "next_action_at": day(2), **body,
    }  # fmt: skip
    return fact("fee_visit", household, {name: value for name, value in content.items() if value is not None})
