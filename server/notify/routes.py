"""`/api/push…` and `/api/notify/choice`: what a person decides about being told outside the application.

For: the settings screen of the phone and the desk. Not for: channels of a project, which an operator sets up (`xunlu notify`).
Source: docs/notifying.md.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace

from starlette.requests import Request
from starlette.responses import Response

from server.access.person import SIGNED_IN, Person
from server.database import writing
from server.errors import InvalidInput, JsonValue
from server.http.answers import json_response
from server.http.operations import Call, Operation, Schema, missing
from server.notify.choices import NEVER, Choice, choice_of, choose
from server.notify.subscriptions import count_of, subscribe, unsubscribe
from server.notify.webpush import VapidKey
from server.services import Services

LEVEL: Schema = {
    "type": "integer",
    "minimum": 1,
    "maximum": NEVER,
    "description": "1 and 2 are reminders, 3 and 4 alarms; 5: never",
}
CLOCK: Schema = {"type": ["string", "null"], "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}
_MEMBERS: dict[str, Schema] = {
    "push_from_level": LEVEL,
    "sms_from_level": LEVEL,
    "sms_number": {"type": ["string", "null"], "pattern": r"^\+?[0-9]{6,15}$"},
    "quiet_from": {**CLOCK, "description": "in the project's time zone; null with quiet_to: no quiet hours"},
    "quiet_to": CLOCK,
}
COMPONENTS: dict[str, Schema] = {
    "NotifyChoice": {
        "type": "object",
        "required": [*_MEMBERS, "subscriptions"],
        "properties": {
            **_MEMBERS,
            "subscriptions": {"type": "integer", "description": "browsers of the caller that are told"},
        },
    },
    "PushKey": {
        "type": "object",
        "required": ["key"],
        "properties": {"key": {"type": "string", "description": "applicationServerKey, base64url"}},
    },
    "PushSubscription": {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string"}},
    },
}


def operations(services: Services, key: VapidKey, push_hosts: tuple[str, ...] = ()) -> list[Operation]:
    """`push_hosts`: further push services that may be asked, as host:port."""

    async def read_push_key(request: Request, call: Call) -> JsonValue:
        return {"key": key.public}

    async def add_subscription(request: Request, call: Call) -> Response:
        made = await asyncio.to_thread(_subscribe, services, call, push_hosts)
        return json_response({"id": made}, 201)

    async def end_subscription(request: Request, call: Call) -> Response:
        await asyncio.to_thread(_unsubscribe, services, call.caller, call.path["id"])
        return Response(status_code=204)

    async def read_choice(request: Request, call: Call) -> JsonValue:
        return await asyncio.to_thread(_read_choice, services, call.caller)

    async def change_choice(request: Request, call: Call) -> JsonValue:
        return await asyncio.to_thread(_change_choice, services, call)

    return [
        Operation(
            "GET", "/api/push/key", "read_push_key", "The key a browser subscribes for", SIGNED_IN, read_push_key,
            answer={"$ref": "#/components/schemas/PushKey"}, tag="notify",
        ),
        Operation(
            "POST", "/api/push/subscriptions", "add_push_subscription",
            "Let this browser be told while the application is closed; repeating it changes nothing",
            SIGNED_IN, add_subscription, body=_SUBSCRIPTION, status=201,
            answer={"$ref": "#/components/schemas/PushSubscription"}, errors=(InvalidInput,), tag="notify",
        ),
        Operation(
            "DELETE", "/api/push/subscriptions/{id}", "end_push_subscription", "Tell this browser no more",
            SIGNED_IN, end_subscription, status=204, tag="notify",
        ),
        Operation(
            "GET", "/api/notify/choice", "read_notify_choice", "What the caller is told outside the application",
            SIGNED_IN, read_choice, answer={"$ref": "#/components/schemas/NotifyChoice"}, tag="notify",
        ),
        Operation(
            "PATCH", "/api/notify/choice", "change_notify_choice",
            "Change it; members left out stay as they are. The inbox itself cannot be turned off",
            SIGNED_IN, change_choice,
            body={"type": "object", "properties": _MEMBERS, "additionalProperties": False},
            answer={"$ref": "#/components/schemas/NotifyChoice"}, errors=(InvalidInput,), tag="notify",
        ),
    ]  # fmt: skip


_SUBSCRIPTION: Schema = {
    "type": "object",
    "description": "as PushSubscription.toJSON() gives it, and the language to be told in",
    "required": ["endpoint", "keys"],
    "properties": {
        "endpoint": {"type": "string", "maxLength": 2000},
        "expirationTime": {"type": ["number", "null"]},
        "keys": {
            "type": "object",
            "required": ["p256dh", "auth"],
            "properties": {
                "p256dh": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,200}$"},
                "auth": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,100}$"},
            },
        },
        "lang": {"enum": ["zh", "en"], "default": "zh"},
    },
    "additionalProperties": False,
}


def _subscribe(services: Services, call: Call, push_hosts: tuple[str, ...]) -> str:
    with writing(services.engine) as connection:
        return subscribe(
            connection,
            call.caller,
            call.body["endpoint"],
            call.body["keys"]["p256dh"],
            call.body["keys"]["auth"],
            call.body.get("lang", "zh"),
            services.clock.now(),
            push_hosts,
        )


def _unsubscribe(services: Services, person: Person, subscription_id: str) -> None:
    with writing(services.engine) as connection:
        if not unsubscribe(connection, person, subscription_id, services.clock.now()):
            raise missing()


def _read_choice(services: Services, person: Person) -> JsonValue:
    with services.engine.connect() as connection:
        return _choice_json(choice_of(connection, person.name), count_of(connection, person.name))


def _change_choice(services: Services, call: Call) -> JsonValue:
    with writing(services.engine) as connection:
        choice = replace(choice_of(connection, call.caller.name), **call.body)
        choose(connection, call.caller.name, choice)
        return _choice_json(choice, count_of(connection, call.caller.name))


def _choice_json(choice: Choice, subscriptions: int) -> JsonValue:
    return {**asdict(choice), "subscriptions": subscriptions}
