"""What a person chose is kept, checked, and honoured by SMS and quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.database import writing
from server.errors import InvalidInput
from server.jobs.service import Jobs
from server.notify.choices import Choice, after_quiet, choice_of, choose
from tests.server.intake.world import World
from tests.server.notify.conftest import add_channel, tell
from tests.server.notify.post_box import PostBox, ok

pytestmark = pytest.mark.anyio
CLOCKS = st.integers(0, 1439).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")


def test_quiet_hours_over_midnight_end_in_the_morning() -> None:
    late = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)  # 22:30 at the site
    early = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)  # 06:00 of the 24th
    ends = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert after_quiet(Choice(), late, "Asia/Shanghai") == ends
    assert after_quiet(Choice(), early, "Asia/Shanghai") == ends
    assert after_quiet(Choice(), ends, "Asia/Shanghai") == ends


@given(
    begin=CLOCKS,
    end=CLOCKS,
    zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns"]),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
)
def test_after_quiet_is_never_earlier_never_quiet_and_within_a_day(
    begin: str, end: str, zone: str, now: datetime
) -> None:
    choice = Choice(quiet_from=begin, quiet_to=end)
    then = after_quiet(choice, now, zone)
    assert now <= then <= now + timedelta(hours=25)
    assert after_quiet(choice, then, zone) == then


async def test_an_sms_goes_to_the_number_chosen_with_a_key_the_gateway_can_tell_repetitions_by(
    world: World, jobs: Jobs, box: PostBox
) -> None:
    seen: set[str] = set()

    def gateway(letter: Any) -> Any:
        """Takes it and dies before it answers, the first time."""
        is_new = letter.headers["idempotency-key"] not in seen
        seen.add(letter.headers["idempotency-key"])
        if is_new:
            raise ConnectionResetError
        return ok()

    box.answer = gateway
    add_channel(world, box, "sms", secret="token", name="gateway")
    with writing(world.engine) as connection:
        choose(connection, "manager1", Choice(sms_from_level=3, sms_number="+8613800000000"))
    tell(world, "manager1")
    tell(world, "manager1", level=1)
    tell(world, "supervisor1", subject="violation:V2")
    await jobs.deliver()
    world.clock.advance(timedelta(minutes=2))
    await jobs.deliver()

    assert len(seen) == 1
    assert [one.json["to"] for one in box.letters] == ["+8613800000000"] * 2
    assert box.letters[0].headers["authorization"] == "Bearer token"
    assert "3-1-502" not in box.letters[0].json["text"]


@pytest.mark.parametrize(
    ("choice", "field"),
    [
        (Choice(push_from_level=0), "push_from_level"),
        (Choice(sms_from_level=3), "sms_number"),
        (Choice(sms_number="12"), "sms_number"),
        (Choice(quiet_from=None), "quiet_to"),
        (Choice(quiet_from="24:00"), "quiet_from"),
    ],
)
async def test_a_wrong_choice_is_refused_and_nothing_changes(
    world: World, choice: Choice, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught, writing(world.engine) as connection:
        choose(connection, "steward1", choice)
    assert caught.value.details["field"] == field
    with world.engine.connect() as connection:
        assert choice_of(connection, "steward1") == Choice()
