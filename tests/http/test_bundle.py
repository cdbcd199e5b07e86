"""What becomes of the page's sources before they leave."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentgather.http.bundle import imported, without_comments

WEB = Path(__file__).parents[2] / "web"


@pytest.mark.parametrize(
    ("source", "sent"),
    [
        ("// alone\nrun();", "\nrun();"),
        ("/** one\n * two\n */\nrun();\n", "\n\n\nrun();\n"),
        ("  /* in a block */\n  run(); // beside code\n", "\n  run(); // beside code\n"),
        ('const url = "http://x"; /* stays */\n', 'const url = "http://x"; /* stays */\n'),
        ("/* a */ .b { color: red }\n.c {}\n/* d */\n.e {}", "/* a */ .b { color: red }\n.c {}\n\n.e {}"),
        ("x = 1;\n/** @type {A} */ (y)\n", None),
        ("", ""),
    ],
)
def test_comments_that_have_lines_to_themselves_stay_at_home(source: str, sent: str | None) -> None:
    assert without_comments(source.encode()).decode() == (source if sent is None else sent)


@pytest.mark.parametrize("path", sorted(WEB.rglob("*.js")), ids=lambda path: path.relative_to(WEB).as_posix())
def test_no_line_of_code_is_lost(path: Path) -> None:
    """Read by an eye that knows our own style: a comment's lines begin with its mark, code's never do."""
    source, sent = path.read_text().split("\n"), without_comments(path.read_bytes()).decode().split("\n")
    assert len(source) == len(sent)
    for line, kept in zip(source, sent, strict=True):
        if line != kept:
            assert kept == ""
            assert line.strip().startswith(("//", "/*", "*")), line


def test_every_module_is_found_through_whoever_imports_it() -> None:
    contents = {
        "room.js": b'import { a } from "./a.js";\nimport {\n  b,\n} from "./views/b.js";\n',
        "a.js": b'/** @import { C } from "./types.js" */\nexport { d } from "./d.js";\n',
        "views/b.js": b'import { a } from "../a.js";\nimport { room } from "../room.js";\nconst e = () => import("./e.js");\n',
        "d.js": b"",
    }
    assert imported(contents, "room.js") == ["a.js", "views/b.js", "d.js"]
