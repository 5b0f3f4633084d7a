"""What one person does in an hour: the rates of cleaning and greening, and minutes of flower arranging.

For: `hours_needed(task, amount)`, planning a task from its amount.
Not for: head counts of an estate (staffing.py).
Source: domain 3.22; R-STF-17, R-STF-18, R-STF-22 to R-STF-32. Rates are thousandths per person-hour: nothing is counted in
floating point; a range keeps both ends (R-STF-32: weeding by hand is kept as printed).
"""

from __future__ import annotations

from dataclasses import dataclass

from server.catalogue.fields import Label, label


@dataclass(frozen=True, slots=True)
class Rate:
    """So much per person-hour, in thousandths of the unit; `most` differs for a range."""

    rule: str
    title: Label
    unit: str
    least: int
    most: int


def _rate(rule: str, words: str, unit: str, least: float, most: float | None = None) -> Rate:
    return Rate(
        rule, label(words), unit, round(least * 1000), round((least if most is None else most) * 1000)
    )


TASK_RATES: dict[str, Rate] = {
    "stairs_swept": _rate("R-STF-17", "扫楼梯 | Stairs swept", "floor", 14),
    "floor_swept": _rate("R-STF-17", "扫地面 | Floor swept", "m²", 300),
    "stairs_mopped": _rate("R-STF-17", "拖楼梯 | Stairs mopped", "floor", 13),
    "rails": _rate("R-STF-17", "栏杆踢脚 | Rails, grilles, skirting", "floor", 12),
    "carpet": _rate("R-STF-17", "地毯 | Carpet", "m²", 360),
    "glass": _rate("R-STF-18", "玻璃 | Glass", "m²", 240),
    "lift_car": _rate("R-STF-18", "轿厢钢油 | Lift car, steel oil", "car", 6),
    "hedge_wall_hand": _rate("R-STF-22", "绿篱墙人工 | Hedge wall by hand", "m", 20),
    "hedge_wall_machine": _rate("R-STF-22", "绿篱墙机剪 | Hedge wall by machine", "m", 50),
    "hedge_clump_hand": _rate("R-STF-22", "丛植人工 | Clumps by hand", "m²", 25),
    "hedge_clump_machine": _rate("R-STF-22", "丛植机剪 | Clumps by machine", "m²", 50),
    "hedge_ball": _rate("R-STF-22", "球形 1 米 | Ball of 1 m", "plant", 4),
    "tree_15": _rate("R-STF-23", "冠幅 15 米以上 | Crown from 15 m", "tree", 1 / 24),
    "tree_10": _rate("R-STF-23", "冠幅 10–15 米 | Crown 10 to 15 m", "tree", 0.125),
    "tree_5": _rate("R-STF-23", "冠幅 5–10 米 | Crown 5 to 10 m", "tree", 0.75),
    "tree_small": _rate("R-STF-23", "冠幅 5 米以下 | Crown up to 5 m", "tree", 2, 5),
    "mow_1": _rate("R-STF-24", "特级一级草 | Special and first grade", "m²", 360),
    "mow_2": _rate("R-STF-24", "二级草 | Second grade", "m²", 280),
    "mow_3_cushion": _rate("R-STF-24", "三级草气垫机 | Third grade, air cushion", "m²", 180),
    "mow_3_cutter": _rate("R-STF-24", "三级草割灌机 | Third grade, cutter", "m²", 60),
    "mow_4": _rate("R-STF-24", "四级草 | Fourth grade", "m²", 40),
    "fertilise_spread": _rate("R-STF-25", "撒施 | Granules spread", "m²", 550),
    "fertilise_shrub": _rate("R-STF-25", "灌木穴施 | Shrubs", "plant", 240),
    "fertilise_pot": _rate("R-STF-25", "盆花 | Pot flowers", "pot", 900),
    "fertilise_tree": _rate("R-STF-25", "小乔木 | Small trees", "tree", 50),
    "fertilise_machine": _rate("R-STF-25", "液肥机喷 | Liquid by machine", "m²", 250),
    "fertilise_indoor": _rate("R-STF-25", "室内大盆手喷 | Indoor large, by hand", "plant", 15),
    "fertilise_outdoor": _rate("R-STF-25", "室外大盆手喷 | Outdoor large, by hand", "plant", 24),
    "fertilise_water": _rate("R-STF-25", "手灌 | Watered in by hand", "plant", 200),
    "pesticide_machine": _rate("R-STF-26", "机喷药 | Pesticide by machine", "m²", 350),
    "pesticide_indoor": _rate("R-STF-26", "室内大盆喷药 | Indoor large", "plant", 15),
    "pesticide_outdoor": _rate("R-STF-26", "室外中小盆喷药 | Outdoor small and medium", "plant", 25),
    "pesticide_small": _rate("R-STF-26", "小盆喷药 | Small pots", "pot", 200),
    "water_automatic": _rate("R-STF-27", "自动浇水 | Watering, automatic", "m²", 8000),
    "water_manual": _rate("R-STF-27", "人工浇水 | Watering, manual", "m²", 2000),
    "pot_seasonal": _rate("R-STF-28", "时花上盆 | Potting seasonal flowers", "pot", 250),
    "pot_sapling": _rate("R-STF-28", "苗上盆 | Potting saplings", "pot", 200),
    "finish_seasonal": _rate("R-STF-28", "时花整理 | Finishing seasonal", "pot", 500),
    "finish_small": _rate("R-STF-28", "小型观叶整理 | Finishing small foliage", "pot", 150),
    "finish_large": _rate("R-STF-28", "大型观叶整理 | Finishing large foliage", "pot", 10),
    "bonsai_prune_small": _rate("R-STF-29", "小盆景修剪 | Bonsai pruning, small", "pot", 10),
    "bonsai_prune_medium": _rate("R-STF-29", "中盆景修剪 | Bonsai pruning, medium", "pot", 5),
    "bonsai_prune_large": _rate("R-STF-29", "大盆景修剪 | Bonsai pruning, large", "pot", 2),
    "bonsai_repot_small": _rate("R-STF-29", "小盆景换盆 | Bonsai repotting, small", "pot", 8),
    "bonsai_repot_medium": _rate("R-STF-29", "中盆景换盆 | Bonsai repotting, medium", "pot", 2),
    "bonsai_repot_large": _rate("R-STF-29", "大盆景换盆 | Bonsai repotting, large", "pot", 1),
    "discard": _rate("R-STF-32", "废花清理 | Discarded flowers", "pot", 400),
    "reuse": _rate("R-STF-32", "可再用花整理 | Reusable flowers", "pot", 300),
    "weed_hand": _rate("R-STF-32", "人工除草 | Weeding by hand", "m²", 2, 55),
    "weed_chemical": _rate("R-STF-32", "化学除草 | Chemical weeding", "m²", 700),
}
# Minutes, small / medium / large (R-STF-30).
ARRANGING_MINUTES: dict[tuple[str, str], tuple[int, int, int]] = {
    ("ordinary", "bowl"): (8, 20, 35),
    ("ordinary", "bunch"): (15, 25, 35),
    ("ordinary", "basket"): (10, 15, 25),
    ("creative", "bowl"): (20, 40, 90),
    ("creative", "bunch"): (25, 40, 60),
    ("creative", "basket"): (20, 40, 80),
}
MACHINE_UPKEEP_DAYS_A_MONTH = 2  # per person (R-STF-31)


def hours_needed(task: str, amount: int) -> tuple[int, int]:
    """Return the person-hours for an amount, rounded up: at the fast rate and at the slow one. Raises KeyError."""
    rate = TASK_RATES[task]
    return -(-amount * 1000 // rate.most), -(-amount * 1000 // rate.least)
