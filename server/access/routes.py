"""`/api/session`, `/api/me`, `/api/devices`.

For: signing in and out, what the signed-in person may do, and the keys of phones.
Not for: the rules of any of it (the rest of server/access).
Source: contract section 5; `Me` of the wire types.
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from server.access import devices
from server.access.person import ANYONE, SIGNED_IN, any_of
from server.access.phone_rules import phone_rules
from server.access.rights import rights_of
from server.access.sessions import Tokens
from server.errors import (
    AccountLocked,
    AlreadyExists,
    DeviceRevoked,
    InvalidInput,
    JsonValue,
    RefreshRefused,
    ServerBusy,
    TooManyTries,
    WrongCredentials,
)
from server.http.answers import json_response
from server.http.operations import Call, Operation, Schema
from server.sealed.opening import SealKey
from server.services import Services

# `__Host-`: set over TLS by this host only (promises S-16). It signs nobody in: it only tells this browser's tries
# apart from those of strangers (server/access/attempts).
COOKIE = "__Host-xunlu-known"
COOKIE_SECONDS = 400 * 24 * 3600

DEVICE: Schema = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
TEXT: Schema = {"type": "string"}
INSTANT: Schema = {"type": "string", "format": "date-time"}

COMPONENTS: dict[str, Schema] = {
    "Tokens": {
        "type": "object",
        "required": ["access_token", "refresh_token", "expires_in"],
        "properties": {"access_token": TEXT, "refresh_token": TEXT, "expires_in": {"type": "integer"}},
    },
    "Me": {
        "type": "object",
        "required": [
            "user", "display_name", "roles", "projects", "areas", "databases", "colleagues", "seal_key", "phone",
            "epoch", "now",
        ],
        "properties": {
            "user": TEXT,
            "display_name": TEXT,
            "roles": {"type": "array", "items": TEXT},
            "projects": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id", "name", "time_zone"],
                    "properties": {"id": TEXT, "name": TEXT, "time_zone": TEXT},
                },
            },
            "areas": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id", "name", "project"],
                    "properties": {"id": TEXT, "name": TEXT, "project": TEXT},
                },
            },
            "databases": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["name", "access", "kind"],
                    "properties": {
                        "name": TEXT,
                        "access": {"enum": ["read", "read_write", "push_only"]},
                        "kind": {"enum": ["area", "project", "user"]},
                    },
                },
            },
            "colleagues": {
                "type": "object",
                "description": "User name → the name people read, of everyone in the same projects",
                "additionalProperties": {"type": "string"},
            },
            "seal_key": {
                "type": "object",
                "description": "The server's public key for what is sealed to it (P-256)",
                "required": ["kid", "x", "y"],
                "properties": {"kid": TEXT, "x": TEXT, "y": TEXT},
            },
            "phone": {
                "type": "object",
                "description": "What the projects ask of this person's phone: a PIN, and when it locks by itself",
                "required": ["pin_required", "idle_hours", "contact_hours"],
                "properties": {
                    "pin_required": {"type": "boolean"},
                    "idle_hours": {"type": "integer", "minimum": 1},
                    "contact_hours": {"type": "integer", "minimum": 1},
                },
            },
            "epoch": TEXT,
            "now": INSTANT,
        },
    },
    "PublicJwk": {
        "type": "object",
        "description": "An ECDSA P-256 public key (RFC 7517); a private part is refused",
        "required": ["kty", "crv", "x", "y"],
        "properties": {
            "kty": {"const": "EC"},
            "crv": {"const": "P-256"},
            "x": {"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"},
            "y": {"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"},
            "alg": {"const": "ES256"},
            "use": {"const": "sig"},
            "ext": {"type": "boolean"},
            "key_ops": {"type": "array", "items": {"const": "verify"}, "maxItems": 1},
            "kid": {"type": "string", "maxLength": 100},
        },
        "additionalProperties": False,
    },
    "Device": {
        "type": "object",
        "required": ["device", "user", "name", "first_seen_at", "enrolled_at", "revoked_at"],
        "properties": {
            "device": TEXT,
            "user": TEXT,
            "name": TEXT,
            "first_seen_at": INSTANT,
            "enrolled_at": {"anyOf": [INSTANT, {"type": "null"}]},
            "revoked_at": {"anyOf": [INSTANT, {"type": "null"}]},
        },
    },
}  # fmt: skip


def operations(services: Services, seal_key: SealKey) -> list[Operation]:
    access = services.access

    async def sign_in(request: Request, call: Call) -> Response:
        given = call.body
        signed_in = await access.sign_in(
            given["username"], given["password"], given.get("device"), _mark(request)
        )
        cookie = (
            f"{COOKIE}={signed_in.mark}; Max-Age={COOKIE_SECONDS}; Path=/; Secure; HttpOnly; SameSite=Strict"
        )
        return json_response(_tokens(signed_in.tokens), headers={"Set-Cookie": cookie})

    async def refresh(request: Request, call: Call) -> JsonValue:
        return _tokens(await access.refresh(call.body["refresh_token"], call.body.get("proof")))

    async def sign_out(request: Request, call: Call) -> Response:
        await access.sign_out(call.caller)
        return Response(status_code=204)

    async def who_am_i(request: Request, call: Call) -> JsonValue:
        asked = await anyio.to_thread.run_sync(
            phone_rules, services.engine, services.directory.recent(), call.caller.projects
        )
        return _me(services, call) | {"seal_key": {**seal_key.public}, "phone": asked}

    async def enrol_device(request: Request, call: Call) -> JsonValue:
        return await anyio.to_thread.run_sync(
            devices.enrol, services.engine, call.caller, call.body, services.clock.now()
        )

    async def list_devices(request: Request, call: Call) -> JsonValue:
        visible = devices.users_managed_by(services.directory.current(), call.caller)
        found = await anyio.to_thread.run_sync(devices.of_users, services.engine, visible)
        return {"items": found, "next_cursor": None, "total": len(found)}

    async def revoke_device(request: Request, call: Call) -> Response:
        visible = devices.users_managed_by(services.directory.current(), call.caller)
        device = call.path["device"]
        await anyio.to_thread.run_sync(devices.check_managed, services.engine, device, visible)
        await access.revoke_device(device, by=call.caller.name)
        return Response(status_code=204)

    return [
        Operation(
            "POST", "/api/session", "sign_in", "Sign in", ANYONE, sign_in,
            body={
                "type": "object",
                "required": ["username", "password"],
                "properties": {
                    "username": {"type": "string", "minLength": 1, "maxLength": 64},
                    "password": {"type": "string", "minLength": 1, "maxLength": 200},
                    "device": DEVICE,
                },
                "additionalProperties": False,
            },
            answer={"$ref": "#/components/schemas/Tokens"},
            errors=(WrongCredentials, TooManyTries, AccountLocked, DeviceRevoked, ServerBusy),
            max_body_bytes=8192,
            tag="session",
        ),
        Operation(
            "POST", "/api/session/refresh", "refresh_session", "Get the next pair of tokens", ANYONE, refresh,
            body={
                "type": "object",
                "required": ["refresh_token"],
                "properties": {
                    "refresh_token": {"type": "string", "minLength": 1, "maxLength": 200},
                    "proof": {
                        "type": "string",
                        "maxLength": 200,
                        "description": "detached JWS (ES256) of `xunlu refresh 1 ` and the token, by this phone's "
                        "enrolled key: a reply lost long ago is then given again",
                    },
                },
                "additionalProperties": False,
            },
            answer={"$ref": "#/components/schemas/Tokens"},
            errors=(RefreshRefused, DeviceRevoked),
            max_body_bytes=8192,
            tag="session",
        ),
        Operation(
            "DELETE", "/api/session", "sign_out", "Sign out", SIGNED_IN, sign_out, status=204, tag="session"
        ),
        Operation(
            "GET", "/api/me", "who_am_i", "Who is signed in, and which databases to replicate", SIGNED_IN, who_am_i,
            answer={"$ref": "#/components/schemas/Me"},
            tag="session",
        ),
        Operation(
            "POST", "/api/devices", "enrol_device", "Enrol the public key of a phone", SIGNED_IN, enrol_device,
            body={
                "type": "object",
                "required": ["public_jwk"],
                "properties": {
                    "device": DEVICE,
                    "name": {"type": "string", "maxLength": 200},
                    "public_jwk": {"$ref": "#/components/schemas/PublicJwk"},
                },
                "additionalProperties": False,
            },
            answer={"$ref": "#/components/schemas/Device"},
            errors=(InvalidInput, AlreadyExists, DeviceRevoked),
            max_body_bytes=8192,
            tag="devices",
        ),
        Operation(
            "GET", "/api/devices", "list_devices", "The phones of one's projects", any_of("admin"), list_devices,
            answer={
                "type": "object",
                "required": ["items", "next_cursor", "total"],
                "properties": {
                    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Device"}},
                    "next_cursor": {"type": "null"},
                    "total": {"type": "integer"},
                },
            },
            tag="devices",
        ),
        Operation(
            "DELETE", "/api/devices/{device}", "revoke_device", "A phone was lost: end its sessions", any_of("admin"),
            revoke_device,
            path_parameters={"device": DEVICE},
            status=204,
            tag="devices",
        ),
    ]  # fmt: skip


def _tokens(tokens: Tokens) -> dict[str, JsonValue]:
    return {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "expires_in": tokens.expires_in,
    }


def _me(services: Services, call: Call) -> dict[str, JsonValue]:
    person = call.caller
    snapshot = services.directory.recent()
    now = services.clock.now()
    rights = rights_of(snapshot, person.name, now)
    projects = [snapshot.projects[project] for project in sorted(person.projects)]
    areas = [snapshot.areas[area] for area in sorted(person.areas)]
    return {
        "user": person.name,
        "display_name": person.display_name,
        "roles": [*sorted(person.roles)],
        "projects": [
            {"id": project.id, "name": project.name, "time_zone": project.time_zone} for project in projects
        ],
        "areas": [{"id": area.id, "name": area.name, "project": area.project} for area in areas],
        "databases": [
            {"name": name, "access": right.access, "kind": right.kind}
            for name, right in sorted(rights.databases.items())
        ],
        "colleagues": dict[str, JsonValue](snapshot.colleagues(person.projects)),
        "epoch": services.store.epoch,
        "now": now.isoformat().replace("+00:00", "Z"),
    }


def _mark(request: Request) -> str | None:
    cookies: Any = SimpleCookie()
    try:
        cookies.load("; ".join(request.headers.getlist("cookie"))[:4096])
    except CookieError:
        return None
    return cookies[COOKIE].value if COOKIE in cookies else None
