"""The short proof: shown where a record is for somebody, the same for ever, and no hint at a text that is gone."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agentgather.api.proof import is_proven, proof_of
from agentgather.api.record_json import record_json
from agentgather.api.seal import parse_line, read_seal, seal
from agentgather.room.names import Alias, MessageId, RoomId
from agentgather.store.journal import sealed
from agentgather.store.log_file import read_log
from agentgather.store.scrubbing import scrubbed_log
from tests.store.logs import say


def shown(**said: object) -> dict[str, object]:
    kept, _ = sealed([say(1, **said)], head="")
    return dict(json.loads(kept[0].json))


def test_only_a_record_that_is_for_somebody_else_has_one() -> None:
    author = say(1).author
    assert "proof" not in shown()
    assert "proof" not in shown(mentions=(author,))
    assert len(str(shown(mentions=(Alias("ben"), author))["proof"])) == 8


def test_it_is_told_by_the_line_of_the_log_before_and_after_its_text_is_gone(tmp_path: Path) -> None:
    kept, _ = sealed([say(1, mentions=(Alias("ben"),))], head="")
    proof = json.loads(kept[0].json)["proof"]
    assert b"proof" not in kept[0].line
    path = tmp_path / "messages.jsonl"
    path.write_bytes(kept[0].line)
    assert read_log(path, room=RoomId(kept[0].record.room)).kept[0].json == kept[0].json
    scrubbed, bare = scrubbed_log(kept[0].line, MessageId(1))
    assert b"proof" not in bare.json
    for line in (kept[0].line, scrubbed):
        assert is_proven(line, proof)
        assert is_proven(line, f" {proof.upper()}\n")
        assert not is_proven(line, "")
        assert not is_proven(line, proof[:-1])
        assert not is_proven(line, f"{proof[:-1]}\ud800")


@given(st.text(max_size=20), st.text("abc", min_size=22, max_size=22))
def test_the_same_words_with_another_salt_have_another(text: str, salt: str) -> None:
    written = record_json(say(1, mentions=(Alias("ben"),), text=text))
    one, other = (seal(written, previous="", salt=salt + end) for end in "xy")
    assert proof_of(written, one) != proof_of(written, other)


def test_a_record_of_another_number_has_another() -> None:
    kept, _ = sealed([say(1, mentions=(Alias("ben"),))], head="")
    fields = parse_line(kept[0].line)
    mark = read_seal(fields)
    assert mark is not None
    assert proof_of({**fields, "id": 2}, mark) != proof_of(fields, mark)
