"""The rows as a table for a terminal, and as JSON for whoever compares two days."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bench.row import Row

_SHOWN = {
    "per_second": "{:,.0f}/s",
    "plain_per_second": "plain {:,.0f}/s",
    "p50_ms": "p50 {:.2f} ms",
    "p99_ms": "p99 {:.2f} ms",
    "cpu_us": "cpu {:.0f} µs",
    "plain_cpu_us": "plain {:.0f} µs",
    "cpu_times": "{:.1f} times less",
    "far_cpu_us": "far {:.0f} µs",
    "mib_per_second": "{:.0f} MiB/s",
    "added_p50_ms": "p50 {:+.2f} ms",
    "added_p99_ms": "p99 {:+.2f} ms",
    "first_ms": "first {:.1f}",
    "median_ms": "median {:.1f}",
    "last_ms": "last {:.1f} ms",
    "plain_last_ms": "plain {:.1f} ms",
    "worst_ms": "worst {:.0f} ms",
    "kib_each": "{:.1f} KiB each",
    "far_kib_each": "far {:.1f} KiB each",
    "before_mib": "from {:.0f} MiB",
    "after_mib": "to {:.0f} MiB",
    "seconds": "{:.2f} s",
    "resident_mib": "{:.0f} MiB resident",
    "ms": "{:.0f} ms",
    "cheapest_ms": "cheapest {:.0f} ms",
    "heap_mib": "heap {:.1f} MiB",
    "nodes": "{:,.0f} elements",
    "long_tasks": "{:.0f} long tasks",
    "longest_ms": "longest {:.0f} ms",
    "pixels": "{:g} px",
    "times": "{:.2f} times",
    "of_direct": "{:.2f} of direct",
}
_WIDTHS = (9, 32, 52, 30)


def heading() -> str:
    return _line("history", "what", "measured", "to be ahead of", "ahead")


def line(row: Row) -> str:
    """One row, as it is printed."""
    history = f"{row.history:,}" if row.history is not None else ""
    measured = "  ".join(shown.format(row.figures[name]) for name, shown in _SHOWN.items() if name in row.figures)
    measured = measured or row.note
    ahead = f"{row.ahead:,.1f} times" if row.ahead is not None else ""
    return _line(history, row.name, measured, row.bar.said if row.bar else row.beside, ahead)


def document(
    rows: Sequence[Row], *, taken_at: str, load_before: float, stolen_share: float | None, is_quick: bool
) -> dict[str, Any]:
    """Everything that was measured, and on what. `load_before`: how many others wanted the cores when it began.

    `stolen_share`: of the processors' time while it was measured, None where the system does not say.
    """
    return {
        "taken_at": taken_at,
        "is_quick": is_quick,
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()},
        "load_before": load_before,
        "stolen_share": stolen_share,
        "rows": [asdict(row) | {"ahead": row.ahead} for row in rows],
    }


def _line(*cells: str) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=False)]
    return "  ".join((*padded, cells[-1])).rstrip()
