"""Many phones at once, in a process of their own so that they do not share the measured server's interpreter.

For: `run_phones`, which prepares them, tells the caller, lets them all go at once and returns how long each sync took.
    `python -m tests.bench.sync_phones PLAN` is that process; PLAN is JSON.
Not for: what one of them does (sync_phone).
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from tests.bench.sync_line import Line
from tests.bench.sync_phone import Phone, places_of
from tests.bench.sync_server import raise_file_limit


@dataclass(frozen=True, slots=True)
class Plan:
    port: int
    databases: list[str]  # shared out among the phones
    documents: int  # of others, in each database
    phones: int
    syncs: int  # of each phone, one after the other
    seed: int
    every_seconds: float = (
        0  # how often a phone begins one, all phones spread over that time; 0: at once, one after the other
    )


@dataclass(frozen=True, slots=True)
class Ran:
    seconds: float
    each: list[float]  # of every sync, seconds
    pushes: list[float]  # of every `_bulk_docs`, seconds

    @property
    def rate(self) -> float:
        return len(self.each) / self.seconds


def percentile(values: list[float], part: float) -> float:
    return sorted(values)[min(int(part * len(values)), len(values) - 1)]


def run_phones(plan: Plan, when_ready: Callable[[], None]) -> Ran:
    """`when_ready` is called when all are prepared and none has begun."""
    command = [sys.executable, "-m", "tests.bench.sync_phones", json.dumps(asdict(plan))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", "the phones did not get ready"
        when_ready()
        process.stdin.write("go\n")
        process.stdin.flush()
        told = process.stdout.readline()
    assert told, "the phones failed; what they said is above"
    return Ran(**json.loads(told))


async def _phones(plan: Plan) -> list[Phone]:
    line = await Line.open(plan.port)
    places = {name: await places_of(line, name, plan.documents) for name in plan.databases}
    line.close()
    phones = []
    for number in range(plan.phones):
        database = plan.databases[number % len(plan.databases)]
        line = await Line.open(plan.port, device=f"phone{number}")
        dice = random.Random(f"{plan.seed} {number}")
        phone = Phone(line, database, f"phone{number}", places[database], dice)
        await phone.prepare(plan.syncs)
        phones.append(phone)
    return phones


async def _syncs(phone: Phone, plan: Plan, place: float) -> list[float]:
    times = []
    start = time.perf_counter()
    for number in range(plan.syncs):
        if plan.every_seconds:
            at = start + plan.every_seconds * (number + place)
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
        began = time.perf_counter()
        await phone.sync()
        times.append(time.perf_counter() - began)
    return times


async def _run(plan: Plan) -> Ran:
    phones = await _phones(plan)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    began = time.perf_counter()
    times = await asyncio.gather(
        *(_syncs(phone, plan, number / len(phones)) for number, phone in enumerate(phones))
    )
    seconds = time.perf_counter() - began
    for phone in phones:
        phone.line.close()
    pushes = [one for phone in phones for one in phone.pushes]
    return Ran(seconds, [one for of_phone in times for one in of_phone], pushes)


if __name__ == "__main__":
    raise_file_limit()
    print(json.dumps(asdict(asyncio.run(_run(Plan(**json.loads(sys.argv[1])))))), flush=True)
