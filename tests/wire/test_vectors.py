"""What peers of earlier versions said: it decodes for ever, to the frames it held when it was captured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentgather.wire.codec import Decoder
from agentgather.wire.frames import Data
from tests.wire.capture import BODY, CAPTURES, FOLDER, described

CAPTURED = sorted(FOLDER.glob("*.bin"))


@pytest.mark.parametrize("path", CAPTURED, ids=lambda path: path.stem)
def test_an_old_capture_decodes_to_what_it_held(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text())
    assert expected
    content = path.read_bytes()
    for step in (len(content), 1_000, 7):
        decoder = Decoder()
        frames = [frame for at in range(0, len(content), step) for frame in decoder.receive(content[at : at + step])]
        assert [described(frame) for frame in frames] == expected
        assert not decoder._rest


def test_every_capture_there_ever_was_is_still_here() -> None:
    assert {path.name for path in CAPTURED} >= {
        "handshake.broker.bin",
        "handshake.host.bin",
        "refused.broker.bin",
        "refused.host.bin",
        "exchange.broker.bin",
        "exchange.host.bin",
        "resets.broker.bin",
        "resets.host.bin",
        "big_bodies.broker.bin",
        "big_bodies.host.bin",
        "leaving.broker.bin",
        "leaving.host.bin",
        "from_a_newer_peer.host.bin",
    }
    assert {path.name.split(".")[0] for path in CAPTURED} == CAPTURES.keys()


def test_a_captured_body_is_whole() -> None:
    content = (FOLDER / "big_bodies.broker.bin").read_bytes()
    assert b"".join(frame.content for frame in Decoder().receive(content) if isinstance(frame, Data)) == BODY


@pytest.mark.parametrize("name", CAPTURES)
def test_what_is_said_today_is_what_was_said_then(name: str) -> None:
    """Not for ever: a change of ours shows here, and is then captured under a new name."""
    link = CAPTURES[name]()
    for side, content in (("broker", link.from_broker), ("host", link.from_host)):
        if content:
            assert content == (FOLDER / f"{name}.{side}.bin").read_bytes()
