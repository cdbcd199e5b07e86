"""Contracts from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentgather.room.text import visible
from tests.cli.terminal import tell

ORDER = {"type": "object", "properties": {"id": {"type": "integer"}}}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a room that nobody serves: each command opens it for itself."""
    root = tmp_path_factory.mktemp("home")
    tell(root, "room", "start", "lab")
    return root


def test_a_contract_is_put_read_and_changed(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_text(json.dumps(ORDER))
    assert tell(home, "contract", "put", "orders", str(file), "--note", "the first").out == "contract orders v1\n"
    assert (
        tell(home, "contract", "put", "orders", str(file)).out == "contract orders v1 is this very document already\n"
    )
    assert json.loads(tell(home, "contract", "get", "orders").out) == ORDER
    wider = json.dumps({"type": "object", "properties": {"id": {"type": "number"}}})
    put = tell(home, "contract", "put", "orders", "-", "--base", "1", stdin=wider).out
    told = '  consumers  type  /properties/id/type  "integer" -> "number"\n'
    assert put == "contract orders v2: it breaks consumers\n" + told
    assert tell(home, "contract", "diff", "orders").out == "contract orders, v1 to v2: it breaks consumers\n" + told
    assert tell(home, "contract", "list").out.splitlines()[1].split() == ["orders", "v2", "host", "consumers", "-"]
    subscribed = tell(home, "contract", "subscribe", "orders", "--as", "producer", "--json").answer["contract"]
    assert subscribed["subscribers"] == [{"alias": "host", "side": "producer"}]
    assert tell(home, "contract", "ack", "orders").out == "contract orders v2: you know of v2\n"


def test_a_document_that_would_fool_a_terminal_is_written_as_json_writes_it(home: Path) -> None:
    odd = {"title": "a\x85b\x7fc\u202ed\U000e0041e \x1b[2J"}
    tell(home, "contract", "put", "odd", "-", stdin=json.dumps(odd))
    out = tell(home, "contract", "get", "odd").out
    assert json.loads(out) == odd
    assert visible(out) == out


def test_what_is_wrong_is_said_with_its_exit_code(home: Path) -> None:
    moved = tell(home, "contract", "put", "moved", "-", "--base", "3", "--json", stdin="{}")
    assert (moved.code, moved.error["error"], moved.error["version"]) == (3, "contract_moved", 0)
    assert tell(home, "contract", "get", "nothing", "--json").error["error"] == "contract_not_found"
    assert tell(home, "contract", "get", "nothing").code == 4
    assert tell(home, "contract", "put", "orders", "-", stdin="openapi: 3.1.0").code == 2
