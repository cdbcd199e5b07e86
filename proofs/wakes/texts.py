"""What stands in a wake's line: ordinary, long and odd. What cannot be typed at all is refused elsewhere."""

from __future__ import annotations

import random

CHARACTERS_MAX = 180  # what a stand-in puts before it has room in 200
_ORDINARY = ("2 new for ann in lab, the last is 41", "brief changed", "you were assigned a task; fetch it")
_ODD = (
    "$(touch /tmp/never) `id` ${HOME} $PATH",
    "\"double\" 'single' it's un\"balanced",
    "a; exit & b || c && d | e > f < g",
    "%s %n {0} \\n \\x1b[31m \\\\ ~ ! !! !$ ^a^b",
    "> a sign, ❯ another, $ and # and % too",
    "漢字かな交じり文 한국어 中文，全角！",
    "e\u0301a\u0308n\u0303 combining, ﬁ ligature, ß",
    "🙂 👍🏽 emoji 🎉",
    "عربى עברית mixed with latin",
    "[Pasted text #1] esc to explain",
    "--help -rf / * ? [a-z]",
    "1. Yes 2. No",
)


def text(choices: random.Random, number: int) -> str:
    """One that no other trial has."""
    kind = choices.random()
    if kind < 0.3:
        said = choices.choice(_ORDINARY)
    elif kind < 0.8:
        said = choices.choice(_ODD)
    else:
        parts: list[str] = []
        while sum(map(len, parts)) < CHARACTERS_MAX:
            parts.append(choices.choice(_ODD if choices.random() < 0.7 else ("x" * 60, "漢" * 40, "word " * 12)))
        said = " ".join(parts)
    return f"w{number} {said}"[:CHARACTERS_MAX].strip()
