"""What became of a wake, as a line for a person."""

from __future__ import annotations

from agentgather.wake.told import Told, What

_SAID = {
    What.SUBMITTED: "woken for",
    What.CONFIRMED: "it acted on",
    What.UNCONFIRMED: "nothing shows that it acted on",
    What.UNSURE: "perhaps woken, and not again, for",
    What.DEFERRED: "deferred, for",
    What.RETRYING: "not woken, for",
    What.FAILED: "given up for now, for",
    What.SKIPPED: "no need to wake it for",
    What.BUDGET_SPENT: "woken as often as it may be; not for",
    What.BUDGET_FREE: "it may be woken again, for",
}
IDS_SHOWN_MAX = 5


def told_line(told: Told) -> str:
    """`not woken, for #12, #13: unreachable; again in 180 s`. Nothing in it is anybody's text."""
    shown = ", ".join(f"#{one}" for one in told.ids[:IDS_SHOWN_MAX])
    more = f" and {len(told.ids) - IDS_SHOWN_MAX} more" if len(told.ids) > IDS_SHOWN_MAX else ""
    why = f": {told.why}" if told.why else ""
    again = f"; again in {told.again_at - told.at:.0f} s" if told.again_at is not None else ""
    return f"{_SAID[told.what]} {shown}{more}{why}{again}"
