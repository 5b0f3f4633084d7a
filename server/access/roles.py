"""The roles of the product and what each is trusted with.

For: one table that permissions, `/api/me` and the review of pushed facts read.
Not for: who holds a role (server/access/directory), or which rules assign duties to it (server/catalogue).
Source: domain 1.1; `admin` is ours: it manages accounts, devices and areas and decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    id: str
    zh: str
    en: str
    whole_project: bool  # sees every area of the projects it is granted in, not only granted areas
    records: bool  # may push facts from a device (the domain lets it record offline)


_ROLES = (
    Role("steward", "片区管家", "Area steward", whole_project=False, records=True),
    Role("cs_agent", "客服员", "Customer-service agent", whole_project=True, records=True),
    Role("cs_supervisor", "客服主管", "Customer-service supervisor", whole_project=True, records=True),
    Role("project_manager", "项目经理", "Project manager", whole_project=True, records=True),
    Role("deputy_gm", "主管副总经理", "Deputy general manager", whole_project=True, records=False),
    Role("company_leader", "公司领导", "Company leadership", whole_project=True, records=False),
    Role("mgmt_rep", "管理者代表", "Management representative", whole_project=True, records=False),
    Role("quality_dept", "品质管理部", "Quality department", whole_project=True, records=True),
    Role("ops_dept", "运营部", "Operations department", whole_project=True, records=False),
    Role("hr_admin", "人事行政部", "HR and administration", whole_project=True, records=False),
    Role("finance", "财务部", "Finance department", whole_project=True, records=False),
    Role("engineer", "工程人员", "Engineer", whole_project=False, records=True),
    Role("trade_supervisor", "专业主管", "Trade supervisor", whole_project=True, records=True),
    Role("cleaner", "保洁员", "Cleaner", whole_project=False, records=True),
    Role("guard", "护卫员", "Guard", whole_project=False, records=True),
    Role("duty_operator", "指挥中心值班员", "Command-centre operator", whole_project=True, records=False),
    Role("key_keeper", "钥匙专管员", "Key custodian", whole_project=True, records=False),
    Role("file_keeper", "档案专管员", "Customer-file custodian", whole_project=True, records=False),
    Role("office_viewer", "办公室", "Office reader", whole_project=True, records=False),
    Role("admin", "系统管理员", "Administrator", whole_project=False, records=False),
)

ROLES: dict[str, Role] = {role.id: role for role in _ROLES}
