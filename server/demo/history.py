"""What happened at the demo project in the last thirty days.

For: `Story.tell()`: every fact in the order of time, and the supervisor's decisions between them.
Not for: what happened where (decorations.py, vacancies.py, collecting.py), places and debts (places.py), storing (build.py).
"""

from __future__ import annotations

from datetime import datetime
from random import Random

from server.demo.collecting import Collecting
from server.demo.decorations import Decorations
from server.demo.facts import Pen, Written
from server.demo.places import Place
from server.demo.telling import SITE, Decided, Telling
from server.demo.vacancies import Vacancies


class Story:
    def __init__(self, random: Random, pen: Pen, places: list[Place], now: datetime) -> None:
        self._telling = Telling(random, pen, now.astimezone(SITE))
        self._places = places

    def tell(self) -> list[Written | Decided]:
        """Everything until now, in the order of time. The parts share their dice: they are told in this order."""
        told: list[Written | Decided] = [
            *Decorations(
                self._telling, [place for place in self._places if place.status == "decorating"]
            ).tell(),
            *Vacancies(self._telling, [place for place in self._places if place.vacancy_kind]).tell(),
            *Collecting(self._telling, [place for place in self._places if place.debts]).tell(),
        ]
        return sorted((one for one in told if one.at <= self._telling.now), key=lambda one: one.at)
