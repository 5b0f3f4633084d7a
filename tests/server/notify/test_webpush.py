"""A browser that asked is told while the application is closed: encrypted for it alone, once, and not after signing out."""

from __future__ import annotations

import secrets
from datetime import timedelta

import http_ece
import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jose import jwt
from sqlalchemy import select, update

from server.access import tables
from server.access.person import Person
from server.database import writing
from server.errors import InvalidInput
from server.jobs.service import Jobs
from server.notify.subscriptions import count_of, subscribe
from server.notify.tables import delivery
from server.notify.webpush import VapidKey, bytes_of, endpoint_problem, text_of
from tests.server.intake.world import World
from tests.server.notify.conftest import tell
from tests.server.notify.post_box import Letter, PostBox

pytestmark = pytest.mark.anyio


class Browser:
    """The receiving half of RFC 8291."""

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.secret = secrets.token_bytes(16)
        self.public = self.private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )

    def read(self, letter: Letter) -> dict[str, object]:
        opened: dict[str, object] = orjson.loads(
            http_ece.decrypt(
                letter.content, private_key=self.private, auth_secret=self.secret, version="aes128gcm"
            )
        )
        return opened


def sign_in(world: World, user: str, device: str) -> Person:
    with writing(world.engine) as connection:
        connection.execute(
            tables.session.insert().values(
                id=f"{user}-{device}", user=user, device=device, epoch="e", created_at=world.clock.now()
            )
        )
    person = world.directory.current().person(user, world.clock.now(), device, f"{user}-{device}")
    assert person is not None
    return person


def ask(world: World, box: PostBox, person: Person, browser: Browser, path: str = "/push/1") -> str:
    with writing(world.engine) as connection:
        return subscribe(
            connection, person, f"{box.url}{path}", text_of(browser.public), text_of(browser.secret), "zh",
            world.clock.now(), (box.host,),
        )  # fmt: skip


def results(world: World) -> list[str]:
    with world.engine.connect() as connection:
        return [
            row.state for row in connection.execute(select(delivery.c.state).order_by(delivery.c.made_at))
        ]


async def test_the_browser_alone_reads_it_and_it_is_signed_by_this_server(
    world: World, jobs: Jobs, box: PostBox, key: VapidKey
) -> None:
    box.answer = lambda letter: (201, {}, b"")
    browser = Browser()
    ask(world, box, sign_in(world, "steward1", "phone-1"), browser)
    tell(world, "steward1", level=1)
    tell(world, "steward2", level=1, subject="violation:V2")

    await jobs.deliver()
    await jobs.deliver()

    (letter,) = box.letters
    told = browser.read(letter)
    assert told == {
        "tag": "reminder:R-DEC-11:violation:V1:round-1:1",
        "level": 1,
        "title": "违规审批待办",
        "text": "片区a1，1 项，时限 11-23 09:00。请打开巡录查看。",
        "link": "/inbox",
    }
    assert letter.headers["content-encoding"] == "aes128gcm"
    assert int(letter.headers["ttl"]) == 24 * 3600
    assert len(letter.headers["topic"]) == 32
    token, _, public = letter.headers["authorization"].removeprefix("vapid t=").partition(", k=")
    assert public == key.public
    x, y = bytes_of(public)[1:33], bytes_of(public)[33:]
    jwk = {"kty": "EC", "crv": "P-256", "x": text_of(x), "y": text_of(y)}
    claims = jwt.decode(token, jwk, algorithms=["ES256"], audience=box.url, options={"verify_exp": False})
    assert claims["exp"] == int((world.clock.now() + timedelta(hours=12)).timestamp())
    assert "sub" not in claims


async def test_a_push_service_is_told_whom_to_reach(world: World) -> None:
    key = VapidKey.in_folder(world.folder, "mailto:it@example.org")
    token = key.authorization("https://web.push.apple.com/x", world.clock.now()).removeprefix("vapid t=")
    assert jwt.get_unverified_claims(token.partition(",")[0])["sub"] == "mailto:it@example.org"


async def test_the_key_of_the_server_stays_the_same(world: World, key: VapidKey) -> None:
    assert VapidKey.in_folder(world.folder).public == key.public
    assert (world.folder / "vapid.pem").stat().st_mode & 0o777 == 0o600


async def test_a_browser_that_is_gone_is_told_no_more(world: World, jobs: Jobs, box: PostBox) -> None:
    box.answer = lambda letter: (410, {}, b"")
    ask(world, box, sign_in(world, "steward1", "phone-1"), Browser())
    tell(world, "steward1", subject="violation:V1")
    await jobs.deliver()
    tell(world, "steward1", subject="violation:V2")
    await jobs.deliver()

    assert len(box.letters) == 1
    with world.engine.connect() as connection:
        assert count_of(connection, "steward1") == 0


async def test_whoever_signed_out_there_is_not_told(world: World, jobs: Jobs, box: PostBox) -> None:
    ask(world, box, sign_in(world, "steward1", "phone-1"), Browser())
    tell(world, "steward1")
    with writing(world.engine) as connection:
        connection.execute(update(tables.session).values(ended_at=world.clock.now(), end_reason="signed_out"))
    await jobs.deliver()

    assert box.letters == []
    assert results(world) == ["dropped"]


async def test_on_a_shared_phone_only_the_one_who_asked_last_is_told(
    world: World, jobs: Jobs, box: PostBox
) -> None:
    box.answer = lambda letter: (201, {}, b"")
    first, second = Browser(), Browser()
    ask(world, box, sign_in(world, "steward1", "phone-1"), first)
    ask(world, box, sign_in(world, "steward2", "phone-1"), second)
    tell(world, "steward1", subject="violation:V1")
    tell(world, "steward2", subject="violation:V2")
    await jobs.deliver()

    (letter,) = box.letters
    assert second.read(letter)["tag"] == "alarm:R-DEC-11:violation:V2:round-1:3"


async def test_in_the_night_a_browser_stays_quiet_until_morning(
    world: World, jobs: Jobs, box: PostBox
) -> None:
    box.answer = lambda letter: (201, {}, b"")
    ask(world, box, sign_in(world, "steward1", "phone-1"), Browser())
    world.clock.advance(timedelta(hours=13))  # 22:00 at the site
    tell(world, "steward1")
    await jobs.deliver()
    world.clock.advance(timedelta(hours=9, minutes=29))
    await jobs.deliver()
    assert box.letters == []

    world.clock.advance(timedelta(minutes=1))  # 07:30
    await jobs.deliver()
    assert len(box.letters) == 1


@pytest.mark.parametrize(
    ("endpoint", "is_fine"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/x", True),
        ("https://web.push.apple.com/Q", True),
        ("https://db5p.notify.windows.com/w/?token=x", True),
        ("http://fcm.googleapis.com/fcm/send/abc", False),
        ("https://fcm.googleapis.com:8443/fcm/send/abc", False),
        ("https://fcm.googleapis.com@169.254.169.254/", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://evil.example/fcm.googleapis.com", False),
        ("https://xnotify.windows.com/", False),
        ("https://[::1]/", False),
        ("file:///etc/passwd", False),
        ("https://[bad/", False),
        ("", False),
    ],
)
def test_only_known_push_services_are_ever_asked(endpoint: str, is_fine: bool) -> None:
    assert (endpoint_problem(endpoint) is None) is is_fine


@pytest.mark.parametrize(
    ("p256dh", "auth"), [("AAAA", "AAAA"), ("!", "!"), (text_of(b"\4" + b"\1" * 64), "A" * 22)]
)
async def test_keys_that_are_none_are_refused(world: World, box: PostBox, p256dh: str, auth: str) -> None:
    person = sign_in(world, "steward1", "phone-1")
    with pytest.raises(InvalidInput) as caught, writing(world.engine) as connection:
        subscribe(connection, person, f"{box.url}/1", p256dh, auth, "zh", world.clock.now(), (box.host,))
    assert caught.value.details["field"] == "keys"
