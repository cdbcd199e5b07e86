"""The frame of a page that is a document: it holds all that it is made of, and lets nothing else in."""

from __future__ import annotations

from html import escape

from agentgather.transcript.html_style import STYLE, page_policy
from agentgather.transcript.shown import shown, single

END = "</body>\n</html>\n"


def beginning(title: str, *, form_action: str = "'none'") -> str:
    """Everything up to the body's first line. The policy stands in the file too, for whoever opens it from a disk."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(page_policy(form_action=form_action))}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f'<meta name="robots" content="noindex">\n<title>{plain(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n'
    )


def plain(value: object) -> str:
    """A short text of somebody else's making, for an element or an attribute: one line, in which nothing is markup."""
    return escape(single("" if value is None else value))


def long_text(value: object, *, kind: str = "text") -> str:
    """A long text as an element of its own, whose direction is its own too: it moves nothing that stands beside it."""
    return f'<div class="{kind}" dir="auto">{escape(shown(str(value)))}</div>'
