"""Catalogue documents: what a phone needs to draw the form of a record type and to check it offline.

For: `catalogue_documents(project)`, published in the project's database.
Not for: serving them (replication does), validating on the server (validation.py).
Source: `CatalogueDocument` and `FormField` of pwa/src/wire/types.ts.
"""

from __future__ import annotations

from server.catalogue.duty_table import declared, settings_of
from server.catalogue.envelope import fact_schema
from server.catalogue.fields import Field, When
from server.catalogue.lifecycle import Signed
from server.catalogue.registry import LIFE_CYCLES, RECORD_TYPES
from server.catalogue.rules.kinds import Acts, Deadline, Recurrence
from server.catalogue.rules.registry import RULES
from server.catalogue.settings import DEFAULT_SETTINGS
from server.catalogue.types import Card, Photos, RecordType
from server.ledger.model import JsonObject, JsonValue


def catalogue_documents(project: str) -> list[JsonObject]:
    """Return the catalogue document of every record type, by name: same catalogue, same documents."""
    return [catalogue_document(each, project) for _, each in sorted(RECORD_TYPES.items())]


def catalogue_document(record_type: RecordType, project: str) -> JsonObject:
    document: JsonObject = {
        "_id": f"catalogue:{record_type.name}",
        "type": "catalogue",
        "project": project,
        "record_type": record_type.name,
        "title": record_type.title.as_json(),
        "system": record_type.system,
        "subject_kind": record_type.subject,
        "subject_kinds": list[JsonValue](record_type.may_be_about),
        "offline": record_type.offline,
        "roles": list[JsonValue](record_type.roles),
        "photos": _photos(record_type.photos),
        "form": [_form_field(each) for each in record_type.fields if _is_drawn(each)],
        "schema": fact_schema(record_type),
        "rules": list[JsonValue](record_type.rules),
    }
    if record_type.help:
        document["help"] = [_card(each) for each in record_type.help]
    if (cycle := LIFE_CYCLES.get(record_type.name)) is not None:
        # What a screen needs to call the states of a case by their names.
        document["states"] = [
            {"value": each.value, "title": each.title.as_json()} for each in cycle.states.options
        ]
        document["ends"] = list[JsonValue](cycle.ends)
        document["initial"] = cycle.initial
    if record_type.step_roles is not None:
        document["step"] = _step(record_type)
    return document


def duty_document(project: str) -> JsonObject:
    """Return what a phone calls each duty, which forms answer it, which records meet it, and how it is declared."""
    rules = {rule.id: rule for rule in RULES.values() if isinstance(rule, Recurrence | Deadline)}
    return {
        "_id": f"duty_book:{project}",
        "type": "duty_book",
        "project": project,
        "duties": {name: _duty(rule) for name, rule in rules.items()},
        "settings": settings_of(rules, DEFAULT_SETTINGS),
    }


def _duty(rule: Recurrence | Deadline) -> JsonObject:
    acts = rule.acts or Acts()
    cycle = LIFE_CYCLES.get(rule.of or "")
    step = (
        (cycle.step,)
        if cycle is not None and cycle.step is not None and (acts.entering or not acts.types)
        else ()
    )
    forms = [
        name for name in (*acts.types, *step) if name in RECORD_TYPES and not RECORD_TYPES[name].server_made
    ]
    duty: JsonObject = {
        "title": rule.title.as_json(),
        "forms": list[JsonValue](dict.fromkeys(forms)),
        "met_by": list[JsonValue](acts.types if acts.when is None else ()),
    }
    if (table := declared(rule)) is not None:
        duty["declared"] = table
    return duty


def _step(record_type: RecordType) -> JsonObject:
    """Return who may choose each value of a step record, and from which states: what else is offered would be held."""
    assert record_type.step_roles is not None, record_type.name
    cycle = LIFE_CYCLES.get(record_type.subject)
    came_from: dict[str, list[JsonValue]] = {}
    signed: dict[str, JsonObject] = {}
    for each in cycle.transitions if cycle is not None else ():
        if each.by is None:
            came_from.setdefault(each.to, []).extend(each.frm)
            for guard in each.guards:
                if isinstance(guard, Signed) and guard.having is None:
                    signed[each.to] = {
                        "signed": True,
                        **({} if guard.of_opening else {"after_opening": True}),
                    }
    return {
        "field": record_type.step_roles.field,
        "values": {
            value: {
                "roles": list[JsonValue](roles),
                **({"from": came_from[value]} if value in came_from else {}),
                **signed.get(value, {}),
            }
            for value, roles in record_type.step_roles.roles.items()
        },
    }


def _card(card: Card) -> JsonObject:
    return {
        "name": card.name,
        "title": card.title.as_json(),
        "lines": [each.as_json() for each in card.lines],
    }


def _is_drawn(field: Field) -> bool:
    return field.in_form and field.repeats_envelope is None


def _photos(photos: Photos) -> JsonObject:
    wire: JsonObject = {"min": photos.min, "kinds": list[JsonValue](photos.kinds)}
    if photos.when:
        wire["when"] = [{**_condition(each.when), "min": each.min} for each in photos.when]
    return wire


def _form_field(field: Field) -> JsonObject:
    wire: JsonObject = {
        "name": field.name,
        "kind": field.kind,
        "title": field.title.as_json(),
        "required": field.required,
    }
    if field.when is not None:
        wire["when"] = _condition(field.when)
    if field.options is not None:
        wire["options"] = [
            {"value": each.value, "title": each.title.as_json()} for each in field.options.options
        ]
    if field.items is not None:
        wire["items"] = [{"code": each.value, "title": each.title.as_json()} for each in field.items.items]
    if field.fields:
        wire["fields"] = [_form_field(each) for each in field.fields if _is_drawn(each)]
    for name in ("unit", "min", "max", "initial"):
        value: JsonValue = getattr(field, name)
        if value is not None:
            wire[name] = value
    if field.links:
        wire["links"] = list[JsonValue](field.links)
    if field.help is not None:
        wire["help"] = field.help.as_json()
    return wire


def _condition(when: When) -> JsonObject:
    return {"field": when.field, "in": list[JsonValue](when.values)}
