"""Who may note what about a message: only those it is for, and in a few words."""

from __future__ import annotations

import re
from datetime import datetime

from agentgather.room.delivery.marks import WakeOutcome, Woken
from agentgather.room.delivery.recipients import recipients
from agentgather.room.message import Message
from agentgather.room.names import Alias
from agentgather.room.refusals import InvalidWake, NotRecipient
from agentgather.room.text import is_storable, utf16_units

TROUBLE_UNITS_MAX = 200
_WAKE_ID = re.compile(r"[A-Za-z0-9._:-]{0,64}")
_VIA = re.compile(r"[a-z0-9-]{1,32}")


def check_recipient(record: Message, alias: Alias) -> None:
    """Raises NotRecipient for somebody whom `record` is not for."""
    called = recipients(record)
    if alias not in called:
        known = f"it is for {', '.join(called)}" if called else "it is for nobody in particular"
        raise NotRecipient(f"message {record.id} is not for {alias}: {known}")


def woken(
    record: Message, alias: Alias, *, at: datetime, via: str, outcome: str, trouble: str = "", wake_id: str = ""
) -> Woken:
    """The mark of one wake of `alias` for `record`. Raises NotRecipient, or InvalidWake with the field at fault."""
    check_recipient(record, alias)
    if not _VIA.fullmatch(via):
        raise InvalidWake("via names the adapter: 1 to 32 of a-z, 0-9 and hyphens", field="via")
    if outcome not in WakeOutcome.__members__.values():
        raise InvalidWake(f"outcome is one of {', '.join(WakeOutcome)}", field="outcome")
    if not is_storable(trouble) or "\n" in trouble or utf16_units(trouble) > TROUBLE_UNITS_MAX:
        raise InvalidWake(f"trouble is one line of at most {TROUBLE_UNITS_MAX} UTF-16 units", field="trouble")
    if not _WAKE_ID.fullmatch(wake_id):
        raise InvalidWake("wake_id is up to 64 letters, digits, '.', '_', ':' and '-'", field="wake_id")
    return Woken(record.id, alias, at, via, WakeOutcome(outcome), trouble, wake_id)
