/** Whose work is done at the desk: they get a way there from the phone. Rights are the server's. */
const AT_DESK: readonly string[] = ['cs_supervisor', 'project_manager', 'office_viewer', 'finance', 'admin', 'cs_agent', 'quality_dept']

export function hasDesk(roles: readonly string[] | undefined): boolean {
  return roles?.some((role) => AT_DESK.includes(role)) ?? false
}
