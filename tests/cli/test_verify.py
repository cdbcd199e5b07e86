"""What `verify` says of logs that are not the ordinary kind."""

from __future__ import annotations

import json
from pathlib import Path

from agentgather.cli.verify import verdict_of
from tests.client.test_chain import log


def lines(records: list[dict[str, object]]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def test_a_room_of_an_older_version_has_nothing_to_vouch_for_it(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    path.write_text(lines(log(3, unsealed=3)))
    verdict = verdict_of(path)
    assert verdict.records == 3
    assert verdict.faults == ["nothing in it is sealed, so nothing vouches for it"]


def test_a_torn_end_was_never_acknowledged_and_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    path.write_text(lines(log(3)) + '{"id":4,"ro')
    verdict = verdict_of(path)
    assert (verdict.faults, verdict.records) == ([], 3)
    assert "11 bytes" in verdict.notes[0]


def test_an_export_that_names_another_end_is_damaged(tmp_path: Path) -> None:
    records = log(3)
    path = tmp_path / "lab-export.json"
    path.write_text(json.dumps({"messages": records, "chain": records[-1]["chain"]}))
    assert verdict_of(path).faults == []
    path.write_text(json.dumps({"messages": records, "chain": None}))
    assert verdict_of(path).faults
    path.write_text(json.dumps({"messages": records[:-1], "chain": records[-1]["chain"]}))
    assert verdict_of(path).faults


def test_an_export_that_began_under_an_older_version_says_so(tmp_path: Path) -> None:
    records = log(5, unsealed=2)
    path = tmp_path / "lab-export.json"
    path.write_text(json.dumps({"messages": records, "chain": records[-1]["chain"]}))
    verdict = verdict_of(path)
    assert (verdict.faults, verdict.records) == ([], 5)
    assert "2 records" in verdict.notes[0]
