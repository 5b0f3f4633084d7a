"""Staffing norms: how many people an estate needs by trade, from its figures (劳动定额).

For: `staffing(estate)`: each norm with its minimum and maximum, detail sums and overall ranges per trade, both shown;
`TASK_RATES`: what one person does in an hour, for planning a task.
Not for: who is employed (a staffing_calc record says it), posts (server/catalogue/posts.py).
Source: domain 3.22, R-STF-01 to R-STF-36; T-18. Rounding there is DEFAULT: counts from ratios are rounded up, at least 1 when the
work exists; "one more per X" counts full steps; a limit of a band belongs to the lower band; a range is computed from both ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from server.catalogue.fields import Label, label

WAN = 10_000  # 万 m²
Trade: TypeAlias = Literal["service", "security", "engineering", "cleaning", "greening"]
TRADES: dict[Trade, Label] = {
    "service": label("客服 | Customer service"),
    "security": label("秩序 | Security"),
    "engineering": label("工程 | Engineering"),
    "cleaning": label("保洁 | Cleaning"),
    "greening": label("绿化 | Greening"),
}


@dataclass(frozen=True, slots=True)
class Estate:
    """The figures of an estate; areas in m²."""

    area_m2: int
    entrances: int = 0  # of a closed estate
    car_park_gates: int = 0  # entrances and exits of a closed car park
    control_rooms: int = 0
    high_voltage_rooms: int = 0
    has_central_air: bool = False
    lifts: int = 0
    low_blocks: int = 0  # single-stair blocks up to 8 floors without a lift
    high_blocks: int = 0  # single-stair blocks from 9 floors with a lift
    green_m2: int = 0  # outdoors
    nursery_mu: int = 0  # 亩
    building_land_m2: int = 0  # for indoor green
    households: int = 0


@dataclass(frozen=True, slots=True)
class Norm:
    """How many people one norm asks for. `is_overall`: a range for the whole trade, beside the sum of the details."""

    rule: str
    trade: Trade
    title: Label
    least: int
    most: int
    is_overall: bool = False


@dataclass(frozen=True, slots=True)
class TradeNeed:
    """A trade: the sum of its details, its overall range, who is there, and the gap to either end of the overall range."""

    trade: Trade
    detail_least: int
    detail_most: int
    overall_least: int | None
    overall_most: int | None
    actual: int | None = None

    @property
    def gap(self) -> tuple[int, int] | None:
        """Actual less least, and actual less most; by the details where a trade has no overall range."""
        if self.actual is None:
            return None
        least = self.detail_least if self.overall_least is None else self.overall_least
        most = self.detail_most if self.overall_most is None else self.overall_most
        return (self.actual - least, self.actual - most)


def staffing(estate: Estate, actual: dict[Trade, int] | None = None) -> tuple[list[Norm], list[TradeNeed]]:
    """Return every norm that applies, and every trade with detail sum, overall range, actual staff and gap (R-STF-36)."""
    norms = [
        norm for part in (_service, _security, _engineering, _cleaning, _greening) for norm in part(estate)
    ]
    needs = []
    for trade in TRADES:
        details = [norm for norm in norms if norm.trade == trade and not norm.is_overall]
        overall = next((norm for norm in norms if norm.trade == trade and norm.is_overall), None)
        needs.append(
            TradeNeed(
                trade,
                sum(norm.least for norm in details),
                sum(norm.most for norm in details),
                overall.least if overall else None,
                overall.most if overall else None,
                (actual or {}).get(trade),
            )
        )
    return norms, needs


def _up(figure: int, per: int) -> int:
    """Return how many are needed at one per `per`, rounded up; none when there is no work."""
    return -(-figure // per) if figure > 0 else 0


def _norm(
    rule: str, trade: Trade, words: str, least: int, most: int | None = None, overall: bool = False
) -> Norm:
    return Norm(rule, trade, label(words), least, least if most is None else most, overall)


def _service(estate: Estate) -> list[Norm]:
    area = estate.area_m2
    above = max(0, area - 15 * WAN)
    norms = [
        _norm(
            "R-STF-03" if above else "R-STF-01",
            "service",
            "服务中心 | Service centre",
            3 + above // (10 * WAN),
        )
    ]
    if above:
        norms.append(_norm("R-STF-02", "service", "楼宇巡查组 | Patrol group", max(1, above // (5 * WAN))))
    norms.append(_norm("R-STF-04", "service", "主管与班长 | Supervisor and leaders", 3 if above else 1))
    return norms


def _security(estate: Estate) -> list[Norm]:
    area = estate.area_m2
    norms = [
        _norm(
            "R-STF-05",
            "security",
            "固定岗（每班） | Fixed posts, per shift",
            _up(area, 3500),
            _up(area, 3000),
        ),
        _norm("R-STF-07", "security", "巡逻（每班） | Patrols, per shift", 2 * _up(area, 5 * WAN)),
    ]
    for rule, words, count in (
        ("R-STF-06", "门岗 | Gates", estate.entrances),
        ("R-STF-08", "停车场岗 | Car park gates", estate.car_park_gates),
        ("R-STF-10", "监控室 | Control rooms", estate.control_rooms),
    ):
        if count:
            norms.append(_norm(rule, "security", words, 3 * count))
    groups = (0, 0) if area <= 30 * WAN else (_up(area, 8 * WAN), _up(area, 5 * WAN))
    leaders = "主管与班组长 | Supervisor and leaders"
    norms.append(_norm("R-STF-09", "security", leaders, 1 + 3 + groups[0], 1 + 4 + groups[1]))
    norms.append(
        _norm("R-STF-11", "security", "秩序总量 | Security overall", _up(area, 2500), _up(area, 2000), True)
    )
    return norms


def _engineering(estate: Estate) -> list[Norm]:
    area = estate.area_m2
    norms = [
        _norm("R-STF-13", "engineering", "水工 | Plumbers", _up(area, 10 * WAN)),
        _norm("R-STF-13", "engineering", "维修电工 | Repair electricians", _up(3 * area, 10 * WAN)),
        _norm("R-STF-13", "engineering", "综合维修 | General repair", _up(2 * area, 10 * WAN)),
    ]
    if estate.has_central_air:
        norms.append(_norm("R-STF-13", "engineering", "中央空调 | Central air", _up(area, 10 * WAN)))
    if estate.high_voltage_rooms:
        norms.append(
            _norm(
                "R-STF-12", "engineering", "高压值班电工 | Duty electricians", 3 * estate.high_voltage_rooms
            )
        )
    if estate.lifts:
        norms.append(_norm("R-STF-14", "engineering", "电梯工 | Lift mechanics", _up(estate.lifts, 10)))
    leaders = 1 if area <= 30 * WAN else 3 if area <= 80 * WAN else 4
    norms.append(_norm("R-STF-15", "engineering", "主管与班长 | Supervisor and leaders", leaders))
    overall = "工程总量 | Engineering overall"
    norms.append(
        _norm("R-STF-16", "engineering", overall, _up(10 * area, 10 * WAN), _up(12 * area, 10 * WAN), True)
    )
    return norms


def _cleaning(estate: Estate) -> list[Norm]:
    area = estate.area_m2
    norms = []
    if estate.low_blocks or estate.high_blocks:
        blocks = _up(estate.low_blocks, 10) + _up(estate.high_blocks, 8)
        norms.append(_norm("R-STF-19", "cleaning", "楼内保洁 | Blocks", blocks))
    if area <= 10 * WAN:
        leaders = 1
    elif area <= 20 * WAN:
        leaders = 2  # the seed leaves a gap here: one supervisor and one team leader (D-18)
    else:
        leaders = 4 + max(0, area - 50 * WAN) // (20 * WAN)
    norms.append(_norm("R-STF-20", "cleaning", "主管与班长 | Supervisor and leaders", leaders))
    norms.append(
        _norm(
            "R-STF-21", "cleaning", "保洁总量 | Cleaning overall", _up(area, 10_000), _up(area, 8_000), True
        )
    )
    return norms


def _greening(estate: Estate) -> list[Norm]:
    area = estate.area_m2
    norms = []
    if estate.green_m2:
        norms.append(_norm("R-STF-33", "greening", "室外绿化 | Outdoor green", _up(estate.green_m2, 6000)))
    if estate.nursery_mu:
        norms.append(_norm("R-STF-33", "greening", "苗圃 | Nursery", _up(4 * estate.nursery_mu, 5)))
    indoor = max(_up(estate.building_land_m2, 20_000), _up(estate.households, 200))
    if indoor:
        norms.append(_norm("R-STF-33", "greening", "室内绿化 | Indoor green", indoor))
    leaders = 3 if area <= 30 * WAN else 3 + _up(area, 10 * WAN)
    leaders += 1 if estate.nursery_mu and area > 30 * WAN else 0
    norms.append(_norm("R-STF-34", "greening", "主管与技术员 | Supervisor and horticulturists", leaders))
    overall = "绿化总量 | Greening overall"
    norms.append(
        _norm("R-STF-35", "greening", overall, _up(3 * area, 10 * WAN), _up(4 * area, 10 * WAN), True)
    )
    return norms
