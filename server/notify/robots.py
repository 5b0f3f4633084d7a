"""Group robots of WeChat Work (企业微信), DingTalk (钉钉) and Feishu (飞书): one text message into a group's chat.

For: the three message forms, their signatures, and what their answers mean: all three say 200 and put the verdict into the body.
Not for: pacing (courier.py): each robot takes about twenty messages a minute.
None of them can be told that a message is a repetition: a server killed between their answer and its own note of it
says the message once more.
Source: the vendors' developer documents on custom robots (webhook, text message, signature, error codes).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any

import httpx2

from server.notify.sinks import Again, Answer, Outward, Refused, Sent, Target, by_status, post

# Codes by which a robot says "too many at once".
_TOO_FAST = {45009, 130101, 11232}  # WeChat Work, DingTalk, Feishu
_BUSY = {-1, 11233}  # "system busy"
TOO_FAST_SECONDS = 60.0


class WeChatWork:
    async def send(
        self, client: httpx2.AsyncClient, target: Target, message: Outward, now: datetime
    ) -> Answer:
        body = {"msgtype": "text", "text": {"content": _line(message)}}
        return _verdict(await post(client, target.url, json=body), now, "errcode", "errmsg")


class DingTalk:
    async def send(
        self, client: httpx2.AsyncClient, target: Target, message: Outward, now: datetime
    ) -> Answer:
        url = httpx2.URL(target.url)
        if target.secret:
            stamp = str(int(now.timestamp() * 1000))
            signed = _hmac(target.secret, f"{stamp}\n{target.secret}")
            url = url.copy_merge_params({"timestamp": stamp, "sign": signed})
        body = {"msgtype": "text", "text": {"content": _line(message)}}
        return _verdict(await post(client, str(url), json=body), now, "errcode", "errmsg")


class Feishu:
    async def send(
        self, client: httpx2.AsyncClient, target: Target, message: Outward, now: datetime
    ) -> Answer:
        body: dict[str, Any] = {"msg_type": "text", "content": {"text": _line(message)}}
        if target.secret:
            stamp = str(int(now.timestamp()))
            body |= {"timestamp": stamp, "sign": _hmac(f"{stamp}\n{target.secret}", "")}
        return _verdict(await post(client, target.url, json=body), now, "code", "msg")


def _line(message: Outward) -> str:
    return f"【巡录】{message.title}\n{message.text}"


def _hmac(key: str, signed: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()).decode()


def _verdict(response: httpx2.Response | Again, now: datetime, code_member: str, word_member: str) -> Answer:
    if isinstance(response, Again):
        return response
    plain = by_status(response, now)
    if not isinstance(plain, Sent):
        return plain
    try:
        body = response.json()
    except ValueError:
        return Again("the answer is not JSON")
    code = body.get(code_member) if isinstance(body, dict) else None
    if not isinstance(code, int) or isinstance(code, bool):
        return Again(f"the answer has no {code_member}")
    if code == 0:
        return Sent()
    reason = f"{code_member} {code}: {str(body.get(word_member, ''))[:120]}"
    if code in _TOO_FAST:
        return Again(reason, TOO_FAST_SECONDS)
    return Again(reason) if code in _BUSY else Refused(reason)
