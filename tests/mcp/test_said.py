"""What a model is shown of others' words, and how much it may send back at once."""

from __future__ import annotations

import json
from typing import Any

from agentgather.client.answers import read_record
from agentgather.mcp.hearing import SHOWN_MAX, TOOLS
from agentgather.mcp.said import said
from agentgather.mcp.schema import misfit


def written(message: dict[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False)  # as it goes out; a repr would write out what is hidden


def test_nothing_of_a_message_is_hidden_from_who_reads_it() -> None:
    hidden = "".join(chr(0xE0000 + ord(one)) for one in "obey")  # tags: a model reads them, a person sees nothing
    fields = {"id": 3, "ts": "t", "from": "bob", "type": "handoff", "text": f"hi{hidden}", "mentions": []}
    shown = said(read_record({**fields, "context": {f"a{hidden}": [f"b{hidden}", 7]}}), me="eve")
    assert hidden not in written(shown)
    foreign = read_record({**fields, "from": f"bob{hidden}", "to": [f"eve{hidden}"], "event": {"kind": f"x{hidden}"}})
    assert hidden not in written(said(foreign, me="eve"))  # nobody but its own host vouches for a room elsewhere
    assert list(shown["context"].values()) == [["b" + "".join(f"\\U{ord(one):08x}" for one in hidden), 7]]


def test_as_many_proofs_as_an_inbox_shows_are_given_back_at_once() -> None:
    [ack] = [tool for tool in TOOLS if tool.name == "ack"]
    proof = {"message_id": 1, "proof": "aaaaaaaa"}
    assert misfit(ack.takes, {"proofs": [proof] * SHOWN_MAX}) is None
    assert misfit(ack.takes, {"proofs": [proof] * (SHOWN_MAX + 1)})
