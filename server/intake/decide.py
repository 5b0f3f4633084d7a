"""A supervisor's decision on a violation: checked against what is true now, made once, recorded as a fact.

For: `decide(services, violation_id, body, person)`, which the route of decisions calls.
Not for: the claim itself (claims.py), what a decision leads to (server/ledger), the queue of approvals (server/office).
Source: R-DEC-11, R-DEC-14; promises D6, F-48 to F-50; docs/architecture.md section 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select
from ulid import ULID

from server.errors import (
    AlreadyDecided,
    EvidenceChanged,
    EvidenceMissing,
    InvalidInput,
    NotFound,
    NotPermitted,
    OwnReport,
    WrongState,
)
from server.intake.claims import claim, find_claim, record_claimed
from server.intake.references import load_settings
from server.intake.tables import evidence_version, status

if TYPE_CHECKING:
    from server.access.directory import Snapshot
    from server.access.person import Person
    from server.intake.rules import Rules
    from server.ledger.model import JsonObject, JsonValue
    from server.services import Services

DECIDERS = ("cs_supervisor", "project_manager")
# What can be decided in which state.
OPEN_TO = {
    "submitted": frozenset({"confirm", "return", "reject"}),
    "recheck": frozenset({"close", "rectify_again"}),
}
NEEDS_PHOTOS = frozenset({"confirm", "close"})
NEEDS_DATE = frozenset({"confirm", "rectify_again"})
OPTIONAL = ("rectify_by", "clause", "severity_final", "actions")


async def decide(
    services: Services, violation_id: str, body: Mapping[str, JsonValue], person: Person
) -> JsonObject:
    """Decide on a violation and return the decision as it is recorded.

    `body`: decision, reason, evidence_hash; rectify_by, clause, severity_final, actions where they apply.
    Raises NotFound, NotPermitted, OwnReport, AlreadyDecided (who, when), WrongState, EvidenceChanged (`difference`),
    EvidenceMissing (`missing_photos`), InvalidInput. Nothing is recorded then.
    """
    await services.intake.catch_up()
    await services.intake.check_photos_of(violation_id)
    attempt = _Attempt(
        violation_id, body, person, services.clock.now(), services.directory.current(), services.intake.rules
    )
    document = await services.intake.exclusively(attempt.run)
    # From here on the decision is made. If this is cut off, the claim is recorded at the next tick or start.
    await record_claimed(services.engine, services.store)
    await services.intake.catch_up()
    return document


class _Attempt:
    """One try to decide, within the transaction that claims the round."""

    def __init__(
        self,
        violation_id: str,
        body: Mapping[str, JsonValue],
        person: Person,
        now: datetime,
        directory: Snapshot,
        rules: Rules,
    ) -> None:
        self._violation = violation_id
        self._body = body
        self._person = person
        self._now = now
        self._directory = directory
        self._rules = rules

    def run(self, connection: Connection) -> JsonObject:
        row = self._visible(connection)
        fields = row.body["fields"]
        claimed = str(fields["round"])
        settings = load_settings(connection, self._rules, self._directory, row.project)
        zone = ZoneInfo(str(settings["time_zone"]))
        made = find_claim(connection, self._violation, claimed) if row.state in OPEN_TO else None
        if made is not None:
            raise self._already_decided(made.decided_by, made.decided_at, made.body["body"]["decision"], zone)
        self._check_state(row.state, fields, zone)
        self._check_not_own(row.state, fields)
        self._check_evidence(connection, fields)
        self._check_date(self._now.astimezone(zone).date())
        document = self._document(row, fields, zone)
        problems = self._rules.problems(document, settings)
        if problems:
            raise InvalidInput(
                "; ".join(f"{problem.zh} {problem.en} ({problem.path})" for problem in problems),
                problems=[{"path": problem.path, "code": problem.code} for problem in problems],
            )
        claim(connection, self._violation, claimed, row.database, document, self._now)
        return document

    def _visible(self, connection: Connection) -> Any:
        row = connection.execute(
            select(status).where(status.c.subject == self._violation, status.c.kind == "violation")
        ).first()
        if row is None or row.area not in self._person.areas:
            raise NotFound("没有这条违规记录。 There is no such violation.")
        if not self._person.has_role_in(row.project, *DECIDERS):
            raise NotPermitted(
                "只有客服主管或项目经理可以审批。 Only a supervisor or the project manager decides."
            )
        return row

    def _check_state(self, state: str, fields: Mapping[str, Any], zone: ZoneInfo) -> None:
        what = self._body.get("decision")
        if what == "close" and state == "recheck" and fields["recheck_result"] != "rectified":
            raise WrongState(
                "复查结果为未完全整改，不能关闭，请要求继续整改。 "
                "The re-check found it not rectified; it cannot be closed. Ask for rectification again.",
                state=state,
            )
        if what in OPEN_TO.get(state, ()):
            return
        made = fields.get("decision")
        if state not in OPEN_TO and isinstance(made, dict) and _same_stage(what, made["decision"]):
            at = datetime.fromisoformat(made["decided_at"])
            raise self._already_decided(made["decided_by"], at, made["decision"], zone)
        allowed = "、".join(sorted(OPEN_TO.get(state, ()))) or "—"
        raise WrongState(
            f"违规现为 {state}，不能作 {what} 决定；可选: {allowed}。 "
            f"The violation is {state}; {what} cannot be decided now, only: {allowed}.",
            state=state,
        )

    def _already_decided(self, by: str, at: datetime, what: str, zone: ZoneInfo) -> AlreadyDecided:
        user = self._directory.users.get(by)
        name = by if user is None else user.display_name
        local = at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        return AlreadyDecided(
            f"{name} 已于 {local} 作出决定，您的决定没有记录。 "
            f"{name} decided this at {local}; yours was not recorded.",
            decided_by=by,
            decided_at=at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            decision=what,
        )

    def _check_not_own(self, state: str, fields: Mapping[str, Any]) -> None:
        if fields["reporter"] == self._person.name:
            raise OwnReport("本人上报的违规须由他人审批。 Somebody else has to decide on your own report.")
        if state == "recheck" and fields["rechecked_by"] == self._person.name:
            raise OwnReport("本人复查的违规须由他人审批。 Somebody else has to decide on your own re-check.")

    def _check_evidence(self, connection: Connection, fields: Mapping[str, Any]) -> None:
        seen, current = self._body.get("evidence_hash"), fields["evidence_hash"]
        if seen != current:
            before = connection.execute(
                select(evidence_version.c.evidence).where(
                    evidence_version.c.violation == self._violation, evidence_version.c.evidence_hash == seen
                )
            ).scalar()
            raise EvidenceChanged(
                "打开之后证据有变化，请查看新证据后再决定。 The evidence has changed since you opened it; look at it again.",
                evidence_hash=current,
                difference=difference(before or [], fields["evidence"]),
            )
        missing = fields["missing_photos"]
        if missing and self._body.get("decision") in NEEDS_PHOTOS:
            raise EvidenceMissing(
                f"还有 {len(missing)} 张照片没有上传完，收到后才能确认。 "
                f"{len(missing)} photos have not arrived yet; it can be confirmed when they have.",
                missing_photos=list(missing),
            )

    def _check_date(self, today: date) -> None:
        if self._body.get("decision") not in NEEDS_DATE:
            return
        text = self._body.get("rectify_by")
        try:
            day = date.fromisoformat(text) if isinstance(text, str) else None
        except ValueError:
            day = None
        if day is None:
            raise InvalidInput("请填写整改期限。 Give the day by which it is rectified.", path="/rectify_by")
        if day < today:
            raise InvalidInput(
                f"整改期限 {day} 已经过去，今天是 {today}。 {day} has passed; today is {today}.",
                path="/rectify_by",
            )

    def _document(self, row: Any, fields: Mapping[str, Any], zone: ZoneInfo) -> JsonObject:
        at = self._now.astimezone(zone).isoformat(timespec="milliseconds")
        body: JsonObject = {
            "violation": self._violation,
            "decoration_project_id": fields["decoration_project"],
            "round": fields["round"],
            "decision": self._body.get("decision"),
            "reason": self._body.get("reason"),
            "evidence_hash": self._body.get("evidence_hash"),
            "decided_by": self._person.name,
            "decided_at": at,
        }
        given = {name: self._body[name] for name in OPTIONAL if self._body.get(name) is not None}
        return {
            "_id": f"violation_decision:{ULID.from_datetime(self._now)}",
            "type": "violation_decision",
            "v": 1,
            "project": row.project,
            "area": row.area,
            "subject": self._violation,
            "author": self._person.name,
            "device": self._person.device or "desk",
            "performed_at": at,
            "photos": [],
            "body": body | given,
        }


def _same_stage(what: object, made: object) -> bool:
    return any(what in decisions and made in decisions for decisions in OPEN_TO.values())


def difference(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> JsonObject:
    """What came and what went between two lists of evidence, by fact and by photo."""

    old = {(one["fact"], one["hash"]) for one in before}
    new = {(one["fact"], one["hash"]) for one in after}
    old_photos = {sha256 for one in before for sha256 in one["photos"]}
    new_photos = {sha256 for one in after for sha256 in one["photos"]}
    return {
        "facts": {
            "added": _sorted(fact for fact, _ in new - old),
            "removed": _sorted(fact for fact, _ in old - new),
        },
        "photos": {"added": _sorted(new_photos - old_photos), "removed": _sorted(old_photos - new_photos)},
    }


def _sorted(names: Iterable[str]) -> list[JsonValue]:
    return [*sorted(set(names))]
