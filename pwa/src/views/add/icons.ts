/** The picture beside a record type: its own, else that of its area of work. */
import type { IconName } from '../../parts/icons'
import type { CatalogueDocument } from '../../wire/types'

const OF_TYPE: Readonly<Record<string, IconName>> = {
  violation: 'alert', violation_recheck: 'recheck', violation_progress: 'edit', violation_notice: 'records', decoration_step: 'edit', decoration_project: 'plus',
  airing: 'clock', vacant_cleaning: 'check', vacancy_anomaly: 'alert', defect: 'alert', emergency_info: 'alert', leak_test: 'recheck', survey_response: 'check',
}
const OF_SYSTEM: Readonly<Record<string, IconName>> = {
  decoration: 'patrol', decoration_papers: 'patrol', vacancy: 'vacancy', fees: 'fee', complaints: 'held', repairs: 'edit', return_visits: 'recheck', visits: 'units',
  calls: 'phone', patrol: 'patrol', inspections: 'search', move_in: 'units', service: 'me', keys: 'exit', surveys: 'today',
}

export function iconOf(type: Pick<CatalogueDocument, 'record_type' | 'system'>): IconName {
  return OF_TYPE[type.record_type] ?? OF_SYSTEM[type.system] ?? (type.record_type.endsWith('_step') ? 'edit' : 'records')
}
