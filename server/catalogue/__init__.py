"""What can be recorded: record types, enums, checklists, rules and settings, declared once and read by everyone.

For: one typed declaration per record type, from which schema, validation, form, register and export follow.
Not for: what follows from records (server/ledger), who is asking (server/access), storing anything.
Source: domain sections 3 and 4; architecture page, section 5.
"""
