"""Schemathesis, holding a live daemon to its own document."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import trio

from tests.rooms import RunningRoom

# A stream has no end that a client could wait for, and closing the room would end the trial of all that follows.
LEFT_OUT = ("getEvents", "postClose")


async def test_no_request_that_the_document_allows_breaks_the_daemon(room: RunningRoom, tmp_path: Path) -> None:
    settings = tmp_path / "schemathesis.toml"
    settings.write_text(
        f'[auth.openapi.token]\nbearer = "{room.host.token}"\n[parameters]\nhold = 0\n', encoding="utf-8"
    )
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        f"--config-file={settings}",
        "run",
        f"{room.url}/openapi.json",
        f"--url={room.url}",
        "--checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        "--phases=examples,coverage,fuzzing",
        "--max-examples=8",
        "--seed=7",
        "--no-color",
        *[f"--exclude-operation-id={name}" for name in LEFT_OUT],
    ]
    outcome = await trio.run_process(command, capture_stdout=True, stderr=subprocess.STDOUT, check=False)
    assert outcome.returncode == 0, outcome.stdout.decode()[-6_000:]
    assert (await room.client.get(f"{room.url}/healthz")).json()["ok"] is True
