"""Reference documents: units, households, fee accounts, payments, weather, settings. Only the server writes them.

For: their fields (for imports and forms), their ids made from natural keys, and building one.
Not for: reading files (server/imports), statuses (server/ledger).
Source: domain 4.4; architecture page, "Subjects and who touches them".
"""

from __future__ import annotations

from collections.abc import Mapping

from server.catalogue.enums import FEE_ITEM, HOUSEHOLD_ROLE, UNIT_STATUS, UNIT_USE, VACANCY_KIND
from server.catalogue.fields import Field, Label, enum
from server.catalogue.types import ReferenceType
from server.ledger.model import JsonObject, JsonValue

WEATHER_WARNING = enum(
    "weather.warning",
    "预警",
    "Warning",
    none="无 | None",
    blue="蓝色 | Blue",
    yellow="黄色 | Yellow",
    orange="橙色 | Orange",
    red="红色 | Red",
)
PAYMENT_METHOD = enum(
    "cashier_entry.method",
    "收款方式",
    "Method",
    cash="现金 | Cash",
    pos="刷卡 | Card",
    transfer="转账 | Transfer",
    wechat="微信 | WeChat Pay",
    alipay="支付宝 | Alipay",
)

UNIT = ReferenceType(
    name="unit",
    title=Label("房屋", "Unit"),
    key=("unit_no",),
    fields=(
        Field("unit_no", "text", Label("房号", "Unit number"), required=True),
        Field("building", "text", Label("楼栋", "Building"), required=True),
        Field("entrance", "text", Label("单元", "Entrance"), required=True),
        Field("floor", "integer", Label("楼层", "Floor"), required=True, min=-10, max=200),
        Field("gross_area", "decimal", Label("建筑面积", "Gross area"), required=True, unit="m²", min=0),
        Field("use", "enum", Label("用途", "Use"), required=True, options=UNIT_USE),
        Field("status", "enum", Label("房态", "Status"), required=True, options=UNIT_STATUS),
        Field("steward_area", "text", Label("片区", "Area"), required=True),
        Field("fee_rate", "money", Label("收费标准（分/㎡·月）", "Fee rate, fen per m² and month"), min=0),
        Field("delivered_on", "date", Label("交房日期", "Handed over on")),
        Field("moved_in_on", "date", Label("入住日期", "Moved in on")),
        Field("vacancy_kind", "enum", Label("空置类别", "Kind of vacancy"), options=VACANCY_KIND),
        Field("vacant_from", "date", Label("列入空置日", "Vacant from")),
        Field("vacant_to", "date", Label("移出空置日", "Left the vacancy register on")),
        Field("warranty_until", "date", Label("保修至", "Warranty until")),
    ),
)
HOUSEHOLD = ReferenceType(
    name="household",
    title=Label("家庭户", "Household"),
    key=("unit_no", "role"),
    fields=(
        Field("unit_id", "link", Label("房屋", "Unit"), required=True, links=("unit",)),
        Field("role", "enum", Label("身份", "Role"), required=True, options=HOUSEHOLD_ROLE),
        Field("name", "text", Label("姓名", "Name"), required=True),
        Field("phone", "text", Label("电话", "Phone")),
        Field("members", "integer", Label("人数", "Members"), min=0, max=50),
        Field("is_key_customer", "bool", Label("重点客户", "Key customer")),
        Field("contact_preference", "text", Label("联系偏好", "Contact preference")),
        Field("good_contact_hours", "text", Label("方便时间", "Good hours")),
    ),
)
FEE_ACCOUNT = ReferenceType(
    name="fee_account",
    title=Label("收费台账", "Fee account"),
    key=("unit_no", "period", "fee_item"),
    fields=(
        Field("unit_id", "link", Label("房屋", "Unit"), required=True, links=("unit",)),
        Field("household_id", "link", Label("家庭户", "Household"), required=True, links=("household",)),
        Field("period", "text", Label("期间", "Period"), required=True),
        Field("fee_item", "enum", Label("收费项目", "Fee item"), required=True, options=FEE_ITEM),
        Field("receivable", "money", Label("应收", "Receivable"), required=True, min=0),
        Field("discount", "money", Label("减免", "Discount"), min=0),
        Field("received", "money", Label("已收", "Received"), min=0),
        Field("due_on", "date", Label("应缴日", "Due on"), required=True),
    ),
)
CASHIER_ENTRY = ReferenceType(
    name="cashier_entry",
    title=Label("出纳收款", "Cashier's entry"),
    key=("receipt_no",),
    fields=(
        Field("account_id", "link", Label("收费台账", "Fee account"), required=True, links=("fee_account",)),
        Field("unit_id", "link", Label("房屋", "Unit"), required=True, links=("unit",)),
        Field("receipt_no", "text", Label("收据号", "Receipt"), required=True),
        Field("amount", "money", Label("实收", "Amount"), required=True, min=1),
        Field("paid_at", "datetime", Label("收款时间", "Paid at"), required=True),
        Field("method", "enum", Label("收款方式", "Method"), required=True, options=PAYMENT_METHOD),
        Field("cashier", "text", Label("收款人", "Cashier"), required=True),
    ),
)
WEATHER_DAY = ReferenceType(
    name="weather_day",
    title=Label("天气", "Weather"),
    key=("date",),
    fields=(
        Field("date", "date", Label("日期", "Date"), required=True),
        Field("rain_mm", "decimal", Label("雨量", "Rain"), required=True, unit="mm", min=0),
        Field("wind_level", "integer", Label("风力", "Wind, Beaufort"), required=True, min=0, max=17),
        Field("warning", "enum", Label("预警", "Warning"), options=WEATHER_WARNING),
        Field("is_rainy", "bool", Label("有雨", "Rainy")),
    ),
)
SETTING = ReferenceType(
    name="setting",
    title=Label("设置", "Setting"),
    key=("key",),
    fields=(
        Field("key", "text", Label("键", "Key"), required=True),
        Field("valid_from", "date", Label("生效日", "Valid from")),
    ),  # `value` has the type its key declares: settings.py
)
REFERENCE_TYPES: dict[str, ReferenceType] = {
    each.name: each for each in (UNIT, HOUSEHOLD, FEE_ACCOUNT, CASHIER_ENTRY, WEATHER_DAY, SETTING)
}


def unit_no_of(unit_id: str, project: str) -> str:
    """Return `building-entrance-room` of a unit's id."""
    return unit_id.removeprefix(f"unit:{project}-")


def reference_id(reference: str, project: str, body: Mapping[str, JsonValue]) -> str:
    """Return the id a reference document has by its natural key, such as `unit:demo-3-1-502`.

    Raises KeyError when the body lacks a part of the key.
    """
    declared = REFERENCE_TYPES[reference]
    parts = []
    for part in declared.key:
        if part == "unit_no" and "unit_no" not in body:
            parts.append(unit_no_of(str(body["unit_id"]), project))
        else:
            parts.append(str(body[part]))
    return f"{reference}:{'-'.join([project, *parts])}"


def reference_document(reference: str, project: str, area: str | None, body: JsonObject) -> JsonObject:
    """Return the reference document of this body: same body, same document."""
    return {
        "_id": reference_id(reference, project, body),
        "type": reference,
        "v": 1,
        "project": project,
        "area": area,
        "body": body,
    }


def reference_body(document: Mapping[str, JsonValue]) -> JsonObject:
    """Return the body of a reference document; a document that is only a body is its own."""
    body = document.get("body")
    return body if isinstance(body, dict) else dict(document)
