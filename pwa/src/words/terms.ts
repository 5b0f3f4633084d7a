/**
 * Terms of the trade: the Chinese and English of every enumerated value a screen shows outside a form.
 *
 * For: states, categories, checklist items and record types in lists, pages and badges, phone and desk alike.
 * Not for: sentences and buttons (zh.ts, en.ts), nor the options of a generic form, which the catalogue brings along.
 * Source: domain.md 2 (glossary) and 4.2 (enumerations).
 */
import type { Label } from '../wire/types'

const pair = (zh: string, en: string): Label => ({ zh, en })

export const terms = {
  record: {
    decoration_project: pair('装修项目', 'Decoration project'),
    decoration_step: pair('装修办理', 'Decoration step'),
    decoration_patrol: pair('装修巡查', 'Decoration patrol'),
    violation: pair('违规', 'Violation'),
    violation_decision: pair('违规审批', 'Decision on a violation'),
    violation_notice: pair('整改通知送达', 'Rectification notice served'),
    violation_recheck: pair('违规复查', 'Re-check of a violation'),
    violation_progress: pair('违规跟进', 'Contact about a violation'),
    vacancy_check: pair('空置房巡检', 'Vacant unit check'),
    airing: pair('开窗通风', 'Airing'),
    vacant_cleaning: pair('空置房保洁', 'Vacant unit cleaning'),
    fee_visit: pair('上门收费', 'Fee visit'),
  },
  result: {
    normal: pair('正常', 'Normal'),
    abnormal: pair('异常', 'Abnormal'),
    na: pair('不适用', 'Not applicable'),
  },
  patrolItem: {
    finished_product_protection: pair('成品保护', 'Finished-product protection'),
    rubbish_piling: pair('垃圾堆放', 'Rubbish piling'),
    working_hours: pair('装修时间', 'Working hours'),
    walls: pair('墙体', 'Walls'),
    waterproofing: pair('防水', 'Waterproofing'),
    guard_rail: pair('防护栏', 'Guard rail'),
    terrace_balcony_alteration: pair('露台阳台等拆改', 'Terrace or balcony alteration'),
    installations: pair('安装情况', 'Installations'),
  },
  stage: {
    demolition: pair('拆改', 'Demolition'),
    plumbing_electric: pair('水电', 'Plumbing and electrics'),
    waterproof: pair('防水', 'Waterproofing'),
    masonry: pair('泥瓦', 'Masonry'),
    carpentry: pair('木作', 'Carpentry'),
    paint: pair('油漆', 'Painting'),
    install: pair('安装', 'Installing'),
    clean: pair('清洁', 'Cleaning'),
  },
  scope: {
    walls: pair('墙体', 'Walls'),
    wet_rooms: pair('厨卫', 'Wet rooms'),
    electrics: pair('电路', 'Electrics'),
    windows: pair('门窗', 'Windows'),
    balcony: pair('阳台', 'Balcony'),
    terrace: pair('露台', 'Terrace'),
    floor: pair('地面', 'Floor'),
    ceiling: pair('吊顶', 'Ceiling'),
    equipment: pair('设备', 'Equipment'),
  },
  talkedTo: {
    owner: pair('业主', 'Owner'),
    worker: pair('工人', 'Worker'),
    foreman: pair('工长', 'Foreman'),
    designer: pair('设计师', 'Designer'),
  },
  decorationStatus: {
    draft: pair('草稿', 'Draft'),
    submitted: pair('已申报', 'Filed'),
    returned: pair('退回补件', 'Returned for papers'),
    approved: pair('已备案', 'Approved'),
    in_progress: pair('施工中', 'In progress'),
    paused: pair('暂停', 'Paused'),
    rectifying: pair('整改中', 'Rectifying'),
    stopped: pair('停工', 'Stopped'),
    completion_check: pair('竣工检查', 'Completion check'),
    accepted: pair('验收合格', 'Accepted'),
    closed: pair('已归档', 'Archived'),
    cancelled: pair('取消', 'Cancelled'),
  },
  violationCategory: {
    load_bearing: pair('承重结构', 'Load-bearing structure'),
    wall_removal: pair('墙体拆改', 'Wall removal'),
    waterproofing: pair('防水', 'Waterproofing'),
    wet_area_moved: pair('无防水房间改厨卫', 'Wet room moved'),
    facade: pair('外立面', 'Façade'),
    guard_rail: pair('防护栏', 'Guard rail'),
    terrace_balcony: pair('露台阳台', 'Terrace or balcony'),
    gas: pair('燃气', 'Gas'),
    heating: pair('供暖', 'Heating'),
    drainage: pair('排水管线', 'Drainage'),
    electrical: pair('用电', 'Electrical'),
    fire: pair('消防', 'Fire safety'),
    overload: pair('楼面荷载', 'Floor load'),
    working_hours: pair('施工时间', 'Working hours'),
    noise: pair('噪声', 'Noise'),
    rubbish: pair('垃圾堆放', 'Rubbish piling'),
    public_area: pair('占用公共部位', 'Public area occupied'),
    product_protection: pair('成品保护', 'Finished-product protection'),
    unregistered_start: pair('未备案施工', 'Work without filing'),
    no_permit_worker: pair('人员无证', 'Worker without pass'),
    other: pair('其他', 'Other'),
  },
  recheckResult: {
    rectified: pair('已整改', 'Rectified'),
    partly: pair('部分整改', 'Partly rectified'),
    not_rectified: pair('未整改', 'Not rectified'),
  },
  filingDoc: {
    quality_confirmation: pair('装修前质量确认单', 'Pre-decoration quality confirmation'),
    agreement: pair('装修协议', 'Decoration agreement'),
    fee_receipt: pair('费用收据', 'Fee receipt'),
    department_review: pair('部门审核', 'Reviewed by the departments'),
  },
  anomalyKind: {
    leak: pair('渗漏', 'Leak'),
    crack: pair('开裂空鼓', 'Crack or hollow'),
    damage: pair('损坏', 'Damage'),
    mould: pair('霉变', 'Mould'),
    pests: pair('虫鼠', 'Pests'),
    utilities: pair('水电异常', 'Water or power'),
    intrusion: pair('闯入遗失', 'Intrusion or loss'),
    other: pair('其他', 'Other'),
  },
  severity: {
    minor: pair('轻微', 'Minor'),
    general: pair('一般', 'General'),
    serious: pair('严重', 'Serious'),
  },
  stoppedHow: {
    persuaded: pair('劝阻', 'Persuaded'),
    written_notice: pair('书面告知', 'Written notice'),
    supervisor_called: pair('报主管', 'Supervisor called'),
  },
  violationStatus: {
    draft: pair('草稿', 'Draft'),
    submitted: pair('待审批', 'Waiting for a decision'),
    returned: pair('退回', 'Returned'),
    rejected: pair('不成立', 'Rejected'),
    confirmed: pair('已确认', 'Confirmed'),
    notified: pair('已下发整改', 'Notice given'),
    rectifying: pair('整改中', 'Rectifying'),
    recheck: pair('待复查', 'Waiting for a re-check'),
    closed: pair('已关闭', 'Closed'),
    escalated: pair('已升级', 'Escalated'),
    stop_work: pair('停工', 'Work stopped'),
    reported: pair('已报主管部门', 'Reported to the authority'),
  },
  decision: {
    confirm: pair('确认', 'Confirm'),
    return: pair('退回', 'Return'),
    reject: pair('不成立', 'Reject'),
    close: pair('关闭', 'Close'),
    rectify_again: pair('继续整改', 'Rectify again'),
  },
  unitStatus: {
    undelivered: pair('未交付', 'Undelivered'),
    delivered_vacant: pair('已交付空置', 'Delivered, vacant'),
    decorating: pair('装修中', 'Decorating'),
    occupied: pair('已入住', 'Occupied'),
    rented: pair('出租', 'Rented'),
    entrusted: pair('委托代管', 'Entrusted'),
  },
  vacancyKind: {
    undelivered: pair('未交房', 'Undelivered'),
    key_reserved: pair('预留钥匙', 'Key reserved'),
    entrusted: pair('委托代管', 'Entrusted'),
  },
  householdRole: {
    owner: pair('业主', 'Owner'),
    tenant: pair('租户', 'Tenant'),
    user: pair('使用人', 'User'),
  },
  staffRole: {
    steward: pair('片区管家', 'Area steward'),
    cs_agent: pair('客服员', 'Customer-service agent'),
    cs_supervisor: pair('客服主管', 'Customer-service supervisor'),
    project_manager: pair('项目经理', 'Project manager'),
    quality_dept: pair('品质管理部', 'Quality department'),
    finance: pair('财务部', 'Finance department'),
    engineer: pair('工程人员', 'Engineer'),
    trade_supervisor: pair('专业主管', 'Trade supervisor'),
    cleaner: pair('保洁员', 'Cleaner'),
    guard: pair('护卫员', 'Guard'),
    office_viewer: pair('办公室', 'Office reader'),
    admin: pair('系统管理员', 'Administrator'),
  },
  feeState: {
    none: pair('无欠费', 'No arrears'),
    open: pair('待催收', 'To be contacted'),
    contacted: pair('已联系', 'Contacted'),
    promised: pair('已承诺', 'Promised'),
    promise_broken: pair('承诺未兑现', 'Promise broken'),
    paid: pair('已缴清', 'Paid'),
    disputed: pair('有异议', 'Disputed'),
  },
  feeItem: {
    service: pair('物业费', 'Service fee'),
    parking: pair('车位', 'Parking'),
    shared_utilities: pair('公摊', 'Shared utilities'),
    decoration: pair('装修管理', 'Decoration management'),
    other: pair('其他', 'Other'),
  },
  measure: {
    phone: pair('电话', 'Phone'),
    home_visit: pair('上户', 'Home visit'),
    notice: pair('发单', 'Notice'),
    sms: pair('短信', 'SMS'),
    letter: pair('催缴函', 'Dunning letter'),
    wechat: pair('微信', 'WeChat'),
    lawyer_letter: pair('律师函', "Lawyer's letter"),
    lawsuit: pair('诉讼', 'Lawsuit'),
  },
  outcome: {
    paid: pair('当场缴清', 'Paid on the spot'),
    partial: pair('部分缴纳', 'Paid in part'),
    promised: pair('承诺缴费', 'Promised'),
    disputed: pair('有异议', 'Disputed'),
    refused: pair('拒缴', 'Refused'),
    not_home: pair('无人', 'Nobody home'),
    moved: pair('已搬离', 'Moved away'),
    notice_left: pair('已留单', 'Notice left'),
    unreachable: pair('失联', 'Unreachable'),
  },
  dueStatus: {
    pending: pair('待办', 'To do'),
    due_soon: pair('临期', 'Due soon'),
    met: pair('已完成', 'Done'),
    met_late: pair('逾期完成', 'Done late'),
    met_synced_late: pair('完成(迟同步)', 'Done, synced late'),
    overdue: pair('逾期', 'Overdue'),
    waived: pair('免除', 'Waived'),
    cancelled: pair('取消', 'Cancelled'),
  },
  photoKind: {
    overview: pair('全景', 'Overview'),
    detail: pair('细部', 'Detail'),
    before: pair('整改前', 'Before'),
    after: pair('整改后', 'After'),
    document: pair('单据', 'Document'),
    meter: pair('表计', 'Meter'),
    signature: pair('签字', 'Signature'),
  },
} as const satisfies Record<string, Record<string, Label>>

export type TermGroup = keyof typeof terms

/** The label of `value`; an unknown value (a newer server) is shown as it is written, never hidden. */
export function term(group: TermGroup, value: string): Label {
  const known: Record<string, Label> = terms[group]
  return known[value] ?? { zh: value, en: value }
}

/** Values of an enumeration in the order of domain.md. */
export function valuesOf<G extends TermGroup>(group: G): (keyof (typeof terms)[G] & string)[] {
  return Object.keys(terms[group]) as (keyof (typeof terms)[G] & string)[]
}
