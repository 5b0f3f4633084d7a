"""The enumerations of the domain with their Chinese and English titles.

For: every closed list of values that more than one area or the screens share.
Not for: lists that only one record type uses (they stand beside it).
Source: domain 4.2.
"""

from __future__ import annotations

from server.catalogue.fields import Enum, enum

UNIT_STATUS = enum(
    "unit.status",
    "房态",
    "Unit status",
    undelivered="未交付 | Not handed over",
    delivered_vacant="已交付空置 | Handed over, vacant",
    decorating="装修中 | Being decorated",
    occupied="已入住 | Occupied",
    rented="出租 | Rented out",
    entrusted="委托代管 | In our care",
)
VACANCY_KIND = enum(
    "vacancy.kind",
    "空置类别",
    "Kind of vacancy",
    undelivered="未交房 | Not handed over",
    key_reserved="预留钥匙 | Key left with us",
    entrusted="委托代管 | In our care",
)
CHECKLIST_RESULT = enum(
    "checklist.result",
    "检查结果",
    "Result",
    normal="正常 | Normal",
    abnormal="异常 | Abnormal",
    na="不适用 | Not applicable",
)
DECORATION_STATUS = enum(
    "decoration.status",
    "装修状态",
    "Decoration status",
    draft="草稿 | Draft",
    submitted="已申报 | Submitted",
    returned="退回补件 | Returned for papers",
    approved="已备案 | Filed",
    in_progress="施工中 | In progress",
    paused="暂停 | Paused",
    rectifying="整改中 | Being rectified",
    stopped="停工 | Stopped",
    completion_check="竣工检查 | Completion check",
    accepted="验收合格 | Accepted",
    closed="已归档 | Archived",
    cancelled="取消 | Cancelled",
)
VIOLATION_CATEGORY = enum(
    "violation.category",
    "违规类别",
    "Category",
    load_bearing="承重结构 | Load-bearing structure",
    wall_removal="墙体拆改 | Wall removed or altered",
    waterproofing="防水 | Waterproofing",
    wet_area_moved="无防水房间改厨卫 | Kitchen or bath moved",
    facade="外立面 | Façade",
    guard_rail="防护栏 | Guard rail",
    terrace_balcony="露台阳台 | Terrace or balcony",
    gas="燃气 | Gas",
    heating="供暖 | Heating",
    drainage="排水管线 | Drainage",
    electrical="用电 | Electrical",
    fire="消防 | Fire safety",
    overload="楼面荷载 | Floor load",
    working_hours="施工时间 | Working hours",
    noise="噪声 | Noise",
    rubbish="垃圾堆放 | Rubbish",
    public_area="占用公共部位 | Public area occupied",
    product_protection="成品保护 | Finished products unprotected",
    unregistered_start="未备案施工 | Started without filing",
    no_permit_worker="人员无证 | Worker without pass",
    other="其他 | Other",
)
# Structure, gas and fire are always serious, whatever was ticked (domain 4.2).
ALWAYS_SERIOUS = ("load_bearing", "gas", "fire")
VIOLATION_SEVERITY = enum(
    "violation.severity",
    "严重程度",
    "Severity",
    minor="轻微 | Minor",
    general="一般 | General",
    serious="严重 | Serious",
)
VIOLATION_STATUS = enum(
    "violation.status",
    "违规状态",
    "Violation status",
    draft="草稿 | Draft",
    submitted="待审批 | Waiting for decision",
    returned="退回 | Returned",
    rejected="不成立 | Rejected",
    confirmed="已确认 | Confirmed",
    notified="已下发整改 | Notice served",
    rectifying="整改中 | Being rectified",
    recheck="待复查 | Re-check to decide",
    closed="已关闭 | Closed",
    escalated="已升级 | Escalated",
    stop_work="停工 | Work stopped",
    reported="已报主管部门 | Reported to the authority",
)
DUNNING_MEASURE = enum(
    "dunning.measure",
    "催收方式",
    "Measure",
    phone="电话 | Phone call",
    home_visit="上户 | Home visit",
    notice="发单 | Notice delivered",
    sms="短信 | Text message",
    letter="催缴函 | Dunning letter",
    wechat="微信 | WeChat",
    lawyer_letter="律师函 | Lawyer's letter",
    lawsuit="诉讼 | Lawsuit",
)
FEE_VISIT_OUTCOME = enum(
    "fee_visit.outcome",
    "结果",
    "Outcome",
    paid="当场缴清 | Paid in full",
    partial="部分缴纳 | Paid in part",
    promised="承诺缴费 | Promised to pay",
    disputed="有异议 | Disputed",
    refused="拒缴 | Refused",
    not_home="无人 | Nobody home",
    moved="已搬离 | Moved away",
    notice_left="已留单 | Notice left",
    unreachable="失联 | Cannot be reached",
)
FEE_CASE_STATE = enum(
    "fee_case.state",
    "催收状态",
    "Fee case",
    none="无欠费 | No arrears",
    open="待催收 | To be contacted",
    contacted="已联系 | Contacted",
    promised="已承诺 | Promised",
    promise_broken="承诺未兑现 | Promise broken",
    paid="已缴清 | Paid",
    disputed="有异议 | Disputed",
)
ARREARS_REASON = enum(
    "arrears_reason",
    "欠费原因",
    "Reason for arrears",
    service_quality="服务不满 | Unhappy with service",
    house_quality="房屋质量 | House quality",
    developer_legacy="开发商遗留 | Left by the developer",
    vacant="空置 | Vacant",
    repair_pending="维修未解决 | Repair pending",
    neighbour_dispute="邻里纠纷 | Dispute with neighbours",
    public_area_dispute="公共部位争议 | Dispute on public areas",
    fee_standard="收费标准异议 | Objects to the tariff",
    owner_tenant="业主租户推诿 | Owner and tenant disagree who pays",
    absence="长期外出 | Away for long",
    hardship="经济困难 | Hardship",
    forgot="遗忘 | Forgot",
    malicious="恶意拖欠 | Will not pay",
    other="其他 | Other",
)
DUE_STATUS = enum(
    "due.status",
    "任务状态",
    "Duty status",
    pending="待办 | To do",
    due_soon="临期 | Due soon",
    met="已完成 | Done",
    met_late="逾期完成 | Done late",
    met_synced_late="完成（迟同步） | Done, synced late",
    overdue="逾期 | Overdue",
    waived="免除 | Waived",
    cancelled="取消 | Cancelled",
)
HOUSEHOLD_ROLE = enum(
    "household.role",
    "身份",
    "Role",
    owner="业主 | Owner",
    tenant="租户 | Tenant",
    user="使用人 | User",
)
UNIT_USE = enum(
    "unit.use",
    "用途",
    "Use",
    residence="住宅 | Residence",
    office="写字楼 | Office",
    shop="商铺 | Shop",
)
FEE_ITEM = enum(
    "fee_item",
    "收费项目",
    "Fee item",
    service="物业费 | Service fee",
    parking="车位 | Parking",
    shared_utilities="公摊 | Shared utilities",
    decoration="装修管理 | Decoration management",
    other="其他 | Other",
)
PAYMENT_METHOD = enum(
    "payment.method",
    "付款方式",
    "Method",
    cash="现金 | Cash",
    pos="刷卡 | Card",
    transfer="转账 | Transfer",
    wechat="微信 | WeChat Pay",
    alipay="支付宝 | Alipay",
)

CHANNEL = enum(
    "channel",
    "渠道",
    "Channel",
    visit="来访 | At the desk",
    call="来电 | By phone",
    letter="信函 | By letter",
    home="上门 | At home",
    online="网上 | Online",
    patrol="巡查 | On a patrol",
    hotline="热线 | Hotline",
    wechat="微信 | WeChat",
)
DEPARTMENT = enum(
    "department",
    "部门",
    "Department",
    customer_service="客服 | Customer service",
    engineering="工程 | Engineering",
    security="秩序 | Security",
    cleaning="保洁 | Cleaning",
    greening="绿化 | Greening",
    finance="财务 | Finance",
    quality="品质 | Quality",
    hr_admin="人事行政 | HR and administration",
    developer="开发商 | Developer",
    subcontractor="分包方 | Subcontractor",
    other="其他 | Other",
)
SATISFACTION = enum(
    "satisfaction",
    "满意度",
    "Satisfaction",
    **{
        "5": "非常满意 | Very satisfied",
        "4": "满意 | Satisfied",
        "3": "一般 | Fair",
        "2": "不满意 | Not satisfied",
        "1": "非常不满意 | Not satisfied at all",
        "0": "未作答 | No answer",
    },
)
ORIGIN = enum("origin", "来源", "Origin", internal="内部 | Internal", external="外来 * | External *")

ENUMS: dict[str, Enum] = {
    each.name: each
    for each in (
        UNIT_STATUS,
        VACANCY_KIND,
        CHECKLIST_RESULT,
        DECORATION_STATUS,
        VIOLATION_CATEGORY,
        VIOLATION_SEVERITY,
        VIOLATION_STATUS,
        DUNNING_MEASURE,
        FEE_VISIT_OUTCOME,
        FEE_CASE_STATE,
        ARREARS_REASON,
        DUE_STATUS,
        HOUSEHOLD_ROLE,
        UNIT_USE,
        FEE_ITEM,
        PAYMENT_METHOD,
        CHANNEL,
        DEPARTMENT,
        SATISFACTION,
        ORIGIN,
    )
}
