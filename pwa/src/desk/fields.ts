/**
 * Titles and meanings of the fields of status documents and facts.
 *
 * For: drawing a record field by field: its title, its enumeration, what kind of value it is.
 * Not for: registers' columns, which the server titles.
 * Source: domain.md 4.4, docs/architecture.md section 5 (status documents).
 */
import type { TermGroup } from '../words'
import type { Label } from '../wire/types'

const pair = (zh: string, en: string): Label => ({ zh, en })

const TITLES: Record<string, Label> = {
  unit_no: pair('房号', 'Unit'), building: pair('楼栋', 'Building'), entrance: pair('单元', 'Entrance'), floor: pair('楼层', 'Floor'),
  area: pair('片区', 'Area'), state: pair('状态', 'State'), author: pair('记录人', 'Recorded by'), device: pair('设备', 'Device'),
  performed_at: pair('时间', 'Time'), received_at: pair('送达时间', 'Received'), photos: pair('照片', 'Photos'), subject: pair('对象', 'Subject'),
  applicant: pair('申报人', 'Applicant'), contractor: pair('施工单位', 'Contractor'), contractor_contact: pair('施工单位联系人', 'Contractor’s contact'),
  foreman_phone: pair('工长电话', 'Foreman’s phone'), designer: pair('设计单位', 'Designer'), scope: pair('装修范围', 'Scope'), stage: pair('阶段', 'Stage'),
  planned_start: pair('计划开工', 'Planned start'), planned_end: pair('计划完工', 'Planned end'), actual_start: pair('实际开工', 'Actual start'), actual_end: pair('实际完工', 'Actual end'),
  pauses: pair('暂停', 'Pauses'), last_patrol_at: pair('上次巡查', 'Last patrol'), last_patrol_by: pair('巡查人', 'Patrolled by'), patrol_days: pair('巡查天数', 'Patrol days'),
  open_violations: pair('未结违规', 'Open violations'), filing_missing: pair('缺少资料', 'Papers missing'), decoration_project: pair('装修项目', 'Decoration project'),
  category: pair('类别', 'Category'), severity: pair('等级', 'Severity'), severity_final: pair('最终等级', 'Final severity'), place_in_unit: pair('部位', 'Place'),
  description: pair('情况', 'Description'), found_at: pair('发现时间', 'Found'), stopped_at: pair('制止时间', 'Stopped'), stopped_how: pair('制止方式', 'How stopped'),
  supervisor_called_at: pair('电话报主管', 'Supervisor called'), reporter: pair('上报人', 'Reported by'), round: pair('轮次', 'Round'), rectify_by: pair('整改期限', 'Rectify by'),
  owner_informed_at: pair('告知业主', 'Owner informed'), person_spoken_to: pair('沟通对象', 'Spoken to'), demand: pair('整改要求', 'Demand'), clause: pair('依据条款', 'Clause'),
  rechecked_at: pair('复查时间', 'Re-checked'), recheck_result: pair('复查结果', 'Re-check result'), escalated: pair('升级', 'Escalated'), decision: pair('决定', 'Decision'),
  reason: pair('理由', 'Reason'), decided_by: pair('决定人', 'Decided by'), decided_at: pair('决定时间', 'Decided'), progress: pair('跟进', 'Progress'), actions: pair('措施', 'Actions'),
  notice_no: pair('通知书编号', 'Notice no.'), notice_received_by: pair('签收人', 'Received by'), result: pair('结果', 'Result'), note: pair('说明', 'Note'), text: pair('内容', 'Text'),
  workers_present: pair('现场人数', 'Workers present'), items: pair('检查项', 'Checks'), talked_to: pair('沟通', 'Talked to'), violations: pair('发现违规', 'Violations found'),
  open_violation_progress: pair('违规跟进', 'Progress of violations'), left_at: pair('离开时间', 'Left'), summary: pair('摘要', 'Summary'), violation: pair('违规', 'Violation'), patrol_id: pair('巡查记录', 'Patrol'),
  vacancy_kind: pair('空置类型', 'Vacancy'), vacant_from: pair('空置起', 'Vacant from'), vacant_to: pair('空置止', 'Vacant to'), last_check_at: pair('上次巡检', 'Last check'),
  last_airing_at: pair('上次通风', 'Last airing'), last_cleaning_at: pair('上次保洁', 'Last cleaning'), last_result: pair('上次结果', 'Last result'), open_anomalies: pair('未结异常', 'Open anomalies'),
  meters: pair('表读数', 'Meters'), meter_water: pair('水表 m³', 'Water m³'), meter_electric: pair('电表 kWh', 'Electricity kWh'), meter_gas: pair('燃气表 m³', 'Gas m³'),
  valves_closed: pair('阀门已关', 'Valves closed'), main_switch_off: pair('总闸已断', 'Main switch off'), windows_closed_at_exit: pair('离开关窗', 'Windows closed at exit'), anomalies: pair('异常', 'Anomalies'),
  companion: pair('同行人', 'Companion'), consent_ref: pair('同意依据', 'Consent'), opened_at: pair('开窗', 'Opened'), closed_at: pair('关窗', 'Closed'), rooms: pair('房间', 'Rooms'),
  weather_ok: pair('天气适宜', 'Weather fit'), closed_confirmed: pair('已确认关窗', 'Closing confirmed'), cleaner: pair('保洁员', 'Cleaner'), arranged_at: pair('安排时间', 'Arranged'), done_at: pair('完成时间', 'Done'), areas: pair('区域', 'Areas'), confirmed_by: pair('确认人', 'Confirmed by'),
  role: pair('身份', 'Role'), name: pair('姓名', 'Name'), phone: pair('电话', 'Phone'), arrears_fen: pair('欠费', 'Arrears'), periods: pair('欠费明细', 'Periods'), arrears_since: pair('欠费起', 'In arrears since'),
  last_measure_at: pair('上次催缴', 'Last measure'), last_measure: pair('催缴方式', 'Measure'), last_outcome: pair('上次结果', 'Last outcome'), promise: pair('承诺', 'Promise'), next_action_on: pair('下次跟进', 'Next action'), next_action_at: pair('下次跟进', 'Next action'),
  measures_this_month: pair('本月次数', 'This month'), measure: pair('方式', 'Measure'), person_met: pair('面见', 'Met'), amount_due: pair('应缴', 'Amount due'), outcome: pair('结果', 'Outcome'), paid_amount: pair('实缴', 'Paid'), method: pair('付款方式', 'Method'),
  receipt_no: pair('票据号', 'Receipt'), promise_date: pair('承诺日', 'Promised for'), promise_amount: pair('承诺金额', 'Promised'), arrears_reason: pair('欠费原因', 'Why in arrears'), reason_text: pair('原因说明', 'Reason'), notice_kind: pair('单据', 'Notice'), delivered_how: pair('送达方式', 'Delivered'), behaviour_ok: pair('言行规范', 'Conduct'), obstacle: pair('阻碍', 'Obstacle'),
  period: pair('账期', 'Period'), fee_item: pair('费项', 'Fee item'), balance_fen: pair('欠额', 'Balance'), due_on: pair('应缴日', 'Due on'), account: pair('账目', 'Account'), date: pair('日期', 'Date'), amount_fen: pair('金额', 'Amount'), from: pair('起', 'From'), to: pair('止', 'To'), place: pair('位置', 'Place'), kind: pair('类型', 'Kind'), at: pair('时间', 'Time'), by: pair('记录人', 'By'), water: pair('水', 'Water'), electric: pair('电', 'Electricity'), gas: pair('燃气', 'Gas'), party: pair('对象', 'Party'), who: pair('对象', 'Who'), code: pair('项目', 'Item'), step: pair('步骤', 'Step'), day: pair('日期', 'Day'), severity_default: pair('等级', 'Severity'),
  patrol_duties: pair('应巡天数', 'Patrols due'), patrol_duties_met: pair('实巡天数', 'Patrols done'), rechecked_by: pair('复查人', 'Re-checked by'),
  count: pair('条数', 'Rows'), updated_at: pair('更新时间', 'Updated'), gross_area: pair('建筑面积 m²', 'Area m²'), use: pair('用途', 'Use'), recorded_on: pair('记录日', 'Recorded on'),
}

const GROUPS: Record<string, TermGroup> = {
  category: 'violationCategory', severity: 'severity', severity_final: 'severity', stage: 'stage', scope: 'scope', stopped_how: 'stoppedHow', decision: 'decision',
  vacancy_kind: 'vacancyKind', role: 'householdRole', fee_item: 'feeItem', last_measure: 'measure', measure: 'measure', last_outcome: 'outcome', outcome: 'outcome', last_result: 'result', result: 'result', recheck_result: 'recheckResult', filing_missing: 'filingDoc', kind: 'anomalyKind', who: 'talkedTo', party: 'talkedTo', talked_to: 'talkedTo',
}
const STATE_GROUPS: Record<string, TermGroup> = {
  decoration_project: 'decorationStatus', violation: 'violationStatus', unit: 'unitStatus', household: 'feeState', due: 'dueStatus',
}
/** Fields that repeat the envelope, or are read by programs only. */
const HIDDEN = new Set([
  'unit', 'unit_no', 'building', 'entrance', 'floor', 'evidence', 'evidence_hash', 'before_photos', 'after_photos', 'missing_photos', 'photos', 'fact', 'account', 'household', 'unit_id', 'household_id', 'decoration_project_id',
])
const MONEY = new Set(['amount_due', 'paid_amount', 'promise_amount', 'deposit', 'receivable', 'received', 'balance'])

export function fieldTitle(name: string): Label {
  return TITLES[name] ?? { zh: name, en: name.replaceAll('_', ' ') }
}

const ORDER = new Map(Object.keys(TITLES).map((name, index) => [name, index]))

/** Names in the order people read a record; the server's objects come in alphabetical order. Unknown ones stay last, as they came. */
export function readingOrder(names: readonly string[]): string[] {
  const place = (name: string) => ORDER.get(name) ?? ORDER.size
  return names.map((name, index) => ({ name, index })).sort((one, other) => place(one.name) - place(other.name) || one.index - other.index).map((entry) => entry.name)
}

export function fieldGroup(name: string, type?: string): TermGroup | null {
  if (name === 'state' && type !== undefined) return STATE_GROUPS[type] ?? null
  return GROUPS[name] ?? null
}

export function isHidden(name: string): boolean {
  return HIDDEN.has(name)
}

export function isMoney(name: string): boolean {
  return MONEY.has(name) || name.endsWith('_fen')
}
