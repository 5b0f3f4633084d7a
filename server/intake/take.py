"""Taking one batch of the journal into the read model's tables of facts and reference documents.

For: `Taking.take(connection, entries)`: rows written, which subjects have to be folded again, and which facts are new.
Not for: reference documents (references.py), folding (folding.py), the loop and its cursor (service.py).
Source: docs/architecture.md section 5; promises D2, D5, I8, F-21; R-SYN-02, R-SYN-03.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, delete, insert, select, union, update
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError

from server.access.directory import Snapshot
from server.access.person import OPERATOR
from server.access.signatures import Signatures
from server.catalogue.types import Problem
from server.intake.facts import (
    Unreadable,
    hold_columns,
    instant,
    is_time_suspect,
    judge,
    photo_rows,
    read_fact,
    unreadable_row,
)
from server.intake.fresh import Fresh, Waiting, write_together
from server.intake.references import (
    document_of,
    is_of_a_place,
    known_reference,
    load_settings,
    take_reference,
    take_references,
)
from server.intake.rules import Rules
from server.intake.tables import fact, fact_photo, fact_subject, release
from server.ledger.model import Hold, JsonObject, JsonValue

if TYPE_CHECKING:
    from sync.database import JournalEntry

log = logging.getLogger(__name__)

# Not a document's fault: the work is tried again.
DATABASE_TROUBLE = (OperationalError, InternalError, InterfaceError)
# What the server itself publishes and intake need not read back.
OWN_DOCUMENTS = frozenset({"status", "reminder", "alarm", "catalogue", "phrase_book", "duty_book"})
ID_TAKEN = Hold(
    "id_taken",
    "同一编号已有另一份记录",
    "Another record already has this id",
)
WRONG_SIGNATURE = Problem(
    "/sig",
    "wrong_signature",
    "签名与记录或登记的手机密钥不符，记录可能被改动，请作者重新填写",
    "The signature does not match the record and the phone's enrolled key; it may have been altered. Record it again",
)
# Holds that are not about the fact alone: folding gives and takes them.
JUDGED_ELSEWHERE = frozenset({"not_your_record", "wrong_area", "unreadable", ID_TAKEN.code})


@dataclass
class Taking:
    """Takes entries within one SQL transaction. Made anew for every batch."""

    rules: Rules
    directory: Snapshot
    signatures: Signatures | None = None  # None: records are not asked who signed them (simulation)
    settings: dict[str, Mapping[str, JsonValue]] = field(default_factory=dict)  # of projects, as far as known
    changed: set[str] = field(
        default_factory=set
    )  # ids of facts that are new, or judged otherwise than before

    def take(self, connection: Connection, entries: Sequence[JournalEntry]) -> set[str]:
        """Write what `entries` bring; return the subjects they touch.

        An entry that cannot be read is held as `unreadable` and the others go on. Only a failure of the database itself
        is raised: the whole batch is then taken again.
        """
        touched: set[str] = set()
        told = [entry for entry in map(_as_the_servers_own, entries) if not is_of_the_read_model(entry)]
        fresh = Fresh(connection, told)
        for entry in told:
            if self._is_of_a_place(entry) and entry.id not in fresh.references:
                fresh.references[entry.id] = entry
                continue
            if (waiting := self._fresh_row(connection, entry, fresh)) is not None:
                fresh.rows.append(waiting)
                continue
            touched |= self._write_fresh(connection, fresh) | self._take_safely(connection, entry)
            fresh.note(entry)
        return touched | self._write_fresh(connection, fresh)

    def _take_safely(self, connection: Connection, entry: JournalEntry) -> set[str]:
        try:
            with connection.begin_nested():
                return self._take_one(connection, entry)
        except DATABASE_TROUBLE:
            raise
        except Exception as error:  # noqa: BLE001 - I8: whatever a document provokes, it must not stop the others
            log.error("document held code=unreadable id=%s seq=%d cause=%r", entry.id, entry.seq, error)
            with connection.begin_nested():
                return self._hold_unreadable(connection, entry, error)

    def _fresh_row(self, connection: Connection, entry: JournalEntry, fresh: Fresh) -> Waiting | None:
        """The row of a plain fact of which nothing is known yet; None for whatever has to be looked at one by one."""
        if entry.deleted or entry.id in fresh.known:
            return None
        try:
            if not self.rules.is_record_type(str(entry.body.get("type"))):
                return None
            row = read_fact(entry)
            row |= self._judgement(connection, row, _refusal_of(entry))
            waiting = Waiting(entry, row, tuple(dict.fromkeys(self._subjects(row))))
        except DATABASE_TROUBLE:
            raise
        except Exception:  # noqa: BLE001 - taken by itself, where what is wrong with it is told
            return None
        if row["amends"] or row["voids"]:
            return None
        fresh.known.add(entry.id)
        return waiting

    def _is_of_a_place(self, entry: JournalEntry) -> bool:
        """Whether it is a reference document that nothing but its own unit's subjects look at."""
        kind = None if entry.author is not None or entry.deleted else entry.body.get("type")
        return (
            is_of_a_place(kind)
            and kind not in OWN_DOCUMENTS
            and kind != "release"
            and not self.rules.is_record_type(str(kind))
        )

    def _write_fresh(self, connection: Connection, fresh: Fresh) -> set[str]:
        """Write what waits, all at once; one by one when one of them cannot be written."""
        references, fresh.references = list(fresh.references.values()), {}
        waiting, fresh.rows = fresh.rows, []
        return self._write_references(connection, references) | self._write_facts(connection, waiting)

    def _write_references(self, connection: Connection, entries: Sequence[JournalEntry]) -> set[str]:
        if not entries:
            return set()
        try:
            with connection.begin_nested():
                return take_references(connection, entries)
        except DATABASE_TROUBLE:
            raise
        except Exception as error:  # noqa: BLE001 - I8: it is looked for, so that the others do not suffer
            log.warning("documents written one by one count=%d cause=%r", len(entries), error)
            return set().union(*(self._take_safely(connection, entry) for entry in entries))

    def _write_facts(self, connection: Connection, waiting: Sequence[Waiting]) -> set[str]:
        if not waiting:
            return set()
        try:
            with connection.begin_nested():
                touched = write_together(connection, waiting)
            ids = [one.entry.id for one in waiting]
            self.changed.update(ids)
            return touched | _waiting_for(connection, ids)
        except DATABASE_TROUBLE:
            raise
        except Exception as error:  # noqa: BLE001 - I8: it is looked for, so that the others do not suffer
            log.warning("facts written one by one count=%d cause=%r", len(waiting), error)
            return set().union(*(self._take_safely(connection, one.entry) for one in waiting))

    def settings_of(self, connection: Connection, project: str) -> Mapping[str, JsonValue]:
        if project not in self.settings:
            self.settings[project] = load_settings(connection, self.rules, self.directory, project)
        return self.settings[project]

    def _take_one(self, connection: Connection, entry: JournalEntry) -> set[str]:
        # A fact that an operator replicates from another store has no author in the journal either.
        if entry.author is None and not self.rules.is_record_type(str(entry.body.get("type"))):
            return self._take_own(connection, entry)
        if entry.deleted:
            if entry.refusal is not None:  # S-09: whoever tried to delete evidence is seen by the office
                return self._write_fact(connection, self._attempted_deletion(connection, entry))
            log.error("deletion of a fact ignored id=%s seq=%d", entry.id, entry.seq)
            return set()
        row = read_fact(entry)
        return self._write_fact(connection, row | self._judgement(connection, row, _refusal_of(entry)))

    def _judgement(
        self, connection: Connection, row: Mapping[str, Any], refusal: tuple[str, str] | None
    ) -> dict[str, Any]:
        """The columns that say whether the fact counts, when it is looked at alone."""
        settings = self.settings_of(connection, row["project"])
        suspect = {"time_suspect": is_time_suspect(row, float(str(settings.get("sync.skew_min", 5))))}
        if refusal is not None:
            return suspect | hold_columns(judge(refusal, ()))
        found = list(self.rules.problems(row["document"], settings))
        if not found and (problem := self._role_problem(row)) is not None:
            found.append(problem)
        if not found and self._is_wrongly_signed(connection, row["document"]):
            found.append(WRONG_SIGNATURE)
        return suspect | hold_columns(judge(None, found))

    def _is_wrongly_signed(self, connection: Connection, document: Mapping[str, Any]) -> bool:
        """Not signed at all is no fault: other programs and the desk record too."""
        return self.signatures is not None and self.signatures.standing(connection, document) == "wrong"

    def _role_problem(self, row: Mapping[str, Any]) -> Any:
        """Whoever had the role when the act was done, or has it when the record arrives, may record it.

        A phone whose clock is years off must not cost its steward the record (F-51), nor a grant that has ended since.
        """
        problem = None
        for at in (row["performed_at"], row["received_at"]):
            roles = self.directory.roles_in(row["author"], row["project"], at)
            problem = self.rules.role_problem(row["document"], roles)
            if problem is None:
                return None
        return problem

    def _take_own(self, connection: Connection, entry: JournalEntry) -> set[str]:
        """A document the server wrote: a release, or a reference document."""
        before = known_reference(connection, entry.id)
        document = document_of(entry, before)
        kind = document.get("type")
        if kind in OWN_DOCUMENTS or not isinstance(kind, str):
            return set()
        if kind == "release" and not entry.deleted:
            return self._take_release(connection, document)
        row, touched = take_reference(connection, entry, document, before)
        if kind == "setting":
            self.settings.clear()
            touched |= self._judge_again(connection, row["project"])
        return touched

    def _judge_again(self, connection: Connection, project: Any) -> set[str]:
        """After a change of settings: judge every fact of the project by the new ones, as a rebuild would."""
        rows = select(fact).where(
            fact.c.refused.is_(False), fact.c.subject != "", fact.c.held_code.is_distinct_from(ID_TAKEN.code)
        )
        changed: list[str] = []
        touched: set[str] = set()
        for row in connection.execute(
            rows if project is None else rows.where(fact.c.project == project)
        ).all():
            before = {name: getattr(row, name) for name in _JUDGED}
            after = self._judgement(connection, _columns(row), None)
            elsewhere = row.held_by is not None or row.held_code in JUDGED_ELSEWHERE
            if elsewhere and after["held_code"] is None:
                after = before | {"time_suspect": after["time_suspect"]}
            if after != before:
                touched |= _touched_by_fact(connection, _columns(row))  # where it is seen no longer, too
                connection.execute(update(fact).where(fact.c.id == row.id).values(after))
                _name_subjects(connection, row.id, self._subjects(_columns(row) | after))
                changed.append(row.id)
        self.changed.update(changed)
        return touched | subjects_naming(connection, changed)

    def _take_release(self, connection: Connection, document: JsonObject) -> set[str]:
        row = {
            "fact_id": str(document["fact"]),
            "rev": str(document["rev"]),
            "by": str(document["by"]),
            "at": instant(document.get("at"), "at"),
            "reason": str(document.get("reason", "")),
        }
        connection.execute(delete(release).where(release.c.fact_id == row["fact_id"]))
        connection.execute(insert(release).values(row))
        held = connection.execute(
            select(fact).where(fact.c.id == row["fact_id"], fact.c.rev == row["rev"])
        ).first()
        if held is None:
            return set()
        self.changed.add(held.id)
        connection.execute(update(fact).where(fact.c.id == held.id).values(released_by=row["by"]))
        _name_subjects(connection, held.id, self._subjects(_columns(held) | {"released_by": row["by"]}))
        return _touched_by_fact(connection, _columns(held))

    def _write_fact(self, connection: Connection, row: dict[str, Any]) -> set[str]:
        """Write one fact; a second revision of an id stands beside the first, held, whichever came first (D5)."""
        self.changed.add(row["id"])
        taken = connection.execute(select(fact).where(fact.c.id == row["id"])).first()
        if taken is not None and taken.rev != row["rev"]:
            if _precedes(taken.refused, taken.rev, row["refused"], row["rev"]):
                return _insert_beside(connection, row)
            _move_beside(connection, taken)
        elif taken is not None and row["refused"] and not taken.refused:
            return set()  # the same fact pushed once more where it may not go: the accepted one stands
        touched = subjects_naming(connection, [row["id"]])
        row["released_by"] = connection.execute(
            select(release.c.by).where(release.c.fact_id == row["id"], release.c.rev == row["rev"])
        ).scalar()
        connection.execute(delete(fact).where(fact.c.id == row["id"]))
        connection.execute(delete(fact_photo).where(fact_photo.c.fact_id == row["id"]))
        connection.execute(insert(fact).values(row))
        _name_subjects(connection, row["id"], self._subjects(row))
        photos = photo_rows(row)
        if photos:
            connection.execute(insert(fact_photo), photos)
        return touched | _touched_by_fact(connection, row)

    def _subjects(self, row: Mapping[str, Any]) -> Sequence[str]:
        """Where the fact is seen. A held one only under the subject that it names itself: nothing else need be true of it."""
        if not row["subject"]:
            return []
        if row["held_code"] is None or row["released_by"] is not None:
            return self.rules.subjects_of(row["document"])
        return [row["subject"]]

    def _attempted_deletion(self, connection: Connection, entry: JournalEntry) -> dict[str, Any]:
        """Held where the record is that it was about: a deletion itself says nothing of that."""
        row = unreadable_row(entry, "deletion")
        about = connection.execute(select(fact.c.project, fact.c.area).where(fact.c.id == entry.id)).first()
        return row if about is None else row | {"project": about.project, "area": about.area}

    def _hold_unreadable(self, connection: Connection, entry: JournalEntry, error: Exception) -> set[str]:
        if entry.author is None:
            return set()  # our own document: nobody to tell but the operator, who has the log line
        why = str(error) if isinstance(error, Unreadable) else type(error).__name__
        return self._write_fact(connection, unreadable_row(entry, why))


_IDS: Any = bindparam("ids", expanding=True)
_NAMING = select(fact_subject.c.subject).where(fact_subject.c.fact_id.in_(_IDS))
_CORRECTING = select(fact_subject.c.subject).where(
    fact_subject.c.fact_id.in_(
        union(
            select(fact.c.id).where(fact.c.amends.in_(_IDS)), select(fact.c.id).where(fact.c.voids.in_(_IDS))
        )
    )
)
_JUDGED = ("time_suspect", "held_code", "held_reason", "held_reason_en", "held_by")


def is_of_the_read_model(entry: JournalEntry) -> bool:
    """Whether the document says only what the read model said before it was published."""
    return (
        entry.author is None
        and entry.id.partition(":")[0] in OWN_DOCUMENTS
        and (entry.deleted or entry.body.get("type") in OWN_DOCUMENTS)
    )


def _as_the_servers_own(entry: JournalEntry) -> JournalEntry:
    """What an operator writes counts like what the server wrote itself; facts copied from another store keep their authors."""
    if entry.author is not None and entry.author.startswith(OPERATOR):
        return replace(entry, author=None)
    return entry


def _refusal_of(entry: JournalEntry) -> tuple[str, str] | None:
    return None if entry.refusal is None else (entry.refusal.code, entry.refusal.reason)


def _touched_by_fact(connection: Connection, row: Mapping[str, Any]) -> set[str]:
    """Its subjects, and those of corrections that came before it; a correction counts wherever what it corrects counts."""
    targets = [row[how] for how in ("amends", "voids") if row[how]]  # both, in a record that is held for it
    return subjects_naming(connection, [row["id"], *targets]) | _waiting_for(connection, [row["id"]])


def _waiting_for(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Subjects that look at corrections of these facts: whose record it is to correct can only be told now."""
    return set(connection.scalars(_CORRECTING, {"ids": ids}))


def _name_subjects(connection: Connection, fact_id: str, subjects: Sequence[str]) -> None:
    connection.execute(delete(fact_subject).where(fact_subject.c.fact_id == fact_id))
    rows = [{"fact_id": fact_id, "subject": name} for name in dict.fromkeys(subjects)]
    if rows:
        connection.execute(insert(fact_subject), rows)


def _columns(row: Any) -> dict[str, Any]:
    return dict(row._mapping)


def _precedes(refused: bool, rev: str, other_refused: bool, other_rev: str) -> bool:
    """Which of two revisions of one id counts: an accepted one, then the greater revision. No order of arrival."""
    return (not refused, rev) > (not other_refused, other_rev)


def _insert_beside(connection: Connection, row: dict[str, Any]) -> set[str]:
    beside = row | {"id": f"{row['id']}#{row['rev']}"}
    if beside["held_code"] is None:
        beside |= hold_columns(ID_TAKEN)
    connection.execute(delete(fact).where(fact.c.id == beside["id"]))
    connection.execute(insert(fact).values(beside))
    return set()


def _move_beside(connection: Connection, taken: Any) -> None:
    row = _columns(taken)
    connection.execute(delete(fact).where(fact.c.id == taken.id))
    _insert_beside(connection, row)


def subjects_naming(connection: Connection, fact_ids: Sequence[str]) -> set[str]:
    return set(connection.scalars(_NAMING, {"ids": fact_ids})) if fact_ids else set()
