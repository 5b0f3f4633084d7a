"""The demo's debts: visits of the last weeks, some with a promise for today.

For: `Collecting.tell()`. Not for: the debts themselves (places.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from server.demo.accounts import AREAS
from server.demo.facts import Written
from server.demo.places import Place
from server.demo.telling import STEWARD_OF, Telling
from server.ledger.model import JsonObject, JsonValue


class Collecting:
    def __init__(self, telling: Telling, places: list[Place]) -> None:
        self._telling = telling
        self._places = places

    def tell(self) -> Iterator[Written]:
        promised_today = dict.fromkeys(AREAS, 0)
        for place in self._places:
            if promised_today[place.area] < 3:
                promised_today[place.area] += 1
                yield self._fee_visit(
                    place, self._telling.random.randint(2, 6), "promised", promise_on=self._telling.today
                )
            elif self._telling.random.random() < 0.55:
                outcome = self._telling.random.choice(
                    ("not_home", "notice_left", "disputed", "promised", "partial")
                )
                ago = self._telling.random.randint(1, 25)
                yield self._fee_visit(
                    place, ago, outcome, promise_on=self._telling.today - timedelta(days=ago - 4)
                )

    def _fee_visit(self, place: Place, ago: int, outcome: str, promise_on: date) -> Written:
        at = self._telling.at(ago, 18) + timedelta(minutes=self._telling.random.randint(0, 110))
        owed = sum(_fen(debt["receivable"]) - _fen(debt.get("received", 0)) for debt in place.debts)
        body: JsonObject = {
            "measure": "home_visit",
            "person_met": "owner",
            "amount_due": owed,
            "periods": [
                {"period": debt["period"], "fee_item": "service", "balance_fen": _fen(debt["receivable"])}
                for debt in place.debts
            ],
            "outcome": outcome,
            "arrears_reason": self._telling.random.choice(
                ("forgot", "service_quality", "absence", "repair_pending")
            ),
            "next_action_at": (at.date() + timedelta(days=6)).isoformat(),
        }
        photos: list[JsonObject] = []
        if outcome == "promised":
            body |= {
                "promise_date": promise_on.isoformat(),
                "promise_amount": owed,
                "next_action_at": promise_on.isoformat(),
            }
        elif outcome == "partial":
            body |= {
                "paid_amount": owed // 2,
                "method": "wechat",
                "receipt_no": f"R{self._telling.random.randint(10000, 99999)}",
            }
        elif outcome == "notice_left":
            del body["person_met"]
            body |= {"measure": "notice", "notice_kind": "reminder", "delivered_how": "door"}
            photos = self._telling.pen.album.take("notice", "document", at)
        return self._telling.pen.write(
            "fee_visit", place.household, place.area, STEWARD_OF[place.area], at, body, photos
        )


def _fen(value: JsonValue) -> int:
    assert isinstance(value, int)
    return value
