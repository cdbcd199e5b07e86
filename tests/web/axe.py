"""axe-core, and what it has to say against a page as it is now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def findings(page: Page, *, parts: Sequence[str] = (), options: dict[str, Any] | None = None) -> list[str]:
    """A line a finding, about the whole page, or about `parts` of it (selectors; those that are not there are left out).

    `options` are axe.run's own: https://github.com/dequelabs/axe-core/blob/develop/doc/API.md#options-parameter
    """
    page.evaluate(
        "Promise.allSettled(document.getAnimations().map(({ finished }) => finished))"
    )  # what fades in is pale
    there = [[part] for part in parts if page.locator(part).count()]
    answer = Axe().run(page, context={"include": there} if parts else None, options=options)
    return [
        f"{one['id']}: {node['html'][:160]}: {node.get('failureSummary')}"
        for one in answer.response["violations"]
        for node in one["nodes"]
    ]
