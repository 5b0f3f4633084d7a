"""What a verification found: damage, each piece with its place and what to do about it.

For: stores that look through everything they hold, and whoever shows it to a person.
Not for: looking (sync/sqlite/verify.py).
Source: promises F-38.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[int, int], None]  # looked at, of how many

RESTORE_ZH = "请停止服务, 放回最近一份完好的备份; 手机会自动补传仍保存的内容"
RESTORE_EN = "stop the server and put the last good copy back; phones send again what they still hold"
RESEND_ZH = "这份内容不会再提供给任何人; 请从备份取回, 或由持有它的手机重新同步"
RESEND_EN = "it is not served to anyone; take it from a copy, or let a phone that holds it send it again"
UPGRADE_ZH = "内容本身完好; 请升级后重新核查, 仍有此项时放回备份"
UPGRADE_EN = "the contents are whole; verify again after an upgrade, and put a copy back if this stays"

# code: what it is (zh, en), what to do (zh, en)
KINDS: dict[str, tuple[str, str, str, str]] = {
    "file_damaged": ("文件结构损坏", "the file's structure is damaged", RESTORE_ZH, RESTORE_EN),
    "part_unreadable": ("这一部分读不出来", "this part cannot be read", RESTORE_ZH, RESTORE_EN),
    "body_damaged": ("内容与写入时的校验和不符", "the body does not match its checksum", RESEND_ZH, RESEND_EN),
    "body_not_json": ("内容不是合格的 JSON", "the body is not strict JSON", RESEND_ZH, RESEND_EN),
    "body_missing": ("版本的内容不见了", "the body of a revision is missing", RESEND_ZH, RESEND_EN),
    "body_unclaimed": ("内容不属于任何版本", "a body belongs to no revision", UPGRADE_ZH, UPGRADE_EN),
    "body_without_source": ("不知道内容是谁写的", "who wrote the body is not known", RESTORE_ZH, RESTORE_EN),
    "tree_unreadable": ("版本历史读不出来", "the history of revisions cannot be read", RESTORE_ZH, RESTORE_EN),
    "row_disagrees": ("记录的当前版本与其历史不符", "the row disagrees with the history", RESTORE_ZH, RESTORE_EN),
    "place_empty": ("日志中的位置没有内容", "nothing stands at its place in the journal", RESTORE_ZH, RESTORE_EN),
    "number_used_twice": ("日志编号重复", "a number of the journal is used twice", RESTORE_ZH, RESTORE_EN),
    "number_beyond_end": ("日志编号超出末尾", "a number lies beyond the journal's end", RESTORE_ZH, RESTORE_EN),
    "counters_disagree": ("数据库的计数与内容不符", "the database's counters disagree", UPGRADE_ZH, UPGRADE_EN),
    "attachment_damaged": ("附件与摘要不符", "the attachment does not match its digest", RESEND_ZH, RESEND_EN),
    "attachment_missing": ("附件不见了", "an attachment is missing", RESEND_ZH, RESEND_EN),
    "attachment_unclaimed": ("附件不属于任何内容", "an attachment belongs to no body", UPGRADE_ZH, UPGRADE_EN),
    "held_unreadable": ("搁置的记录读不出来", "a held record cannot be read", RESEND_ZH, RESEND_EN),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Damage:
    """`kind` is one of KINDS and read by programs; `place` and `detail` are for a person."""

    kind: str
    place: str
    detail: str = ""
