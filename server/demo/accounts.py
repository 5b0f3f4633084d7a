"""Who works at the demo project. All names are made up.

Source: contract section 2.
"""

from __future__ import annotations

from dataclasses import dataclass

PASSWORD = "xunlu-demo"
PROJECT = "demo"
PROJECT_NAME = "云栖里（演示项目）"
AREAS = {"a1": "东区", "a2": "中区", "a3": "西区"}


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    display_name: str
    roles: tuple[str, ...]
    what_zh: str
    what_en: str
    areas: tuple[str, ...] = ()


ACCOUNTS = (
    Account(
        "steward1", "林晓禾", ("steward",), "片区管家 东区（手机）", "steward of area a1 (phone)", ("a1",)
    ),
    Account(
        "steward2", "周以宁", ("steward",), "片区管家 中区（手机）", "steward of area a2 (phone)", ("a2",)
    ),
    Account(
        "steward3", "沈知远", ("steward",), "片区管家 西区（手机）", "steward of area a3 (phone)", ("a3",)
    ),
    Account("supervisor1", "顾清和", ("cs_supervisor",), "客服主管：审批", "supervisor: decides violations"),
    Account("manager1", "陆承安", ("project_manager",), "项目经理", "project manager"),
    Account("office1", "许文竹", ("office_viewer",), "办公室：台账、导出", "office: registers, exports"),
    Account("finance1", "唐书意", ("finance",), "财务部", "finance"),
    Account("admin1", "韩立言", ("admin",), "系统管理员", "administrator"),
)
