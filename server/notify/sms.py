"""SMS by an HTTP gateway: one POST for one message, in a form that every gateway's own adapter can translate.

For: `{"to", "text", "key"}` with `Authorization: Bearer` and `Idempotency-Key`; 2xx is accepted.
Not for: a carrier's own protocol: a translator of twenty lines stands before the gateway (docs/notifying.md).
Source: promises S-34; the IETF draft on the Idempotency-Key header.
"""

from __future__ import annotations

from datetime import datetime

import httpx2

from server.notify.sinks import Again, Answer, Gone, Outward, Refused, Target, by_status, post

MAX_CHARACTERS = 140  # two parts of 70, as Chinese text is sent


class SmsGateway:
    async def send(
        self, client: httpx2.AsyncClient, target: Target, message: Outward, now: datetime
    ) -> Answer:
        text = f"【巡录】{message.title}。{message.text}"[:MAX_CHARACTERS]
        headers = {"Idempotency-Key": message.key}
        if target.secret:
            headers["Authorization"] = f"Bearer {target.secret}"
        body = {"to": target.number, "text": text, "key": message.key}
        response = await post(client, target.url, json=body, headers=headers)
        if isinstance(response, Again):
            return response
        answer = by_status(response, now)
        # A gateway that is not there is set up wrongly; the number has not ended.
        return Refused(answer.reason) if isinstance(answer, Gone) else answer
