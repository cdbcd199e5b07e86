"""A disk that is full while a room is in use: nothing false is said, the daemon lives, and it works again by itself."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.cli.terminal import environment, serving, tell


def test_a_post_fails_in_words_and_the_room_heals(tmp_path: Path) -> None:
    """The kernel refuses to let any file of the daemon grow, as it does on a full disk (EFBIG), until it may again."""
    tell(tmp_path, "room", "start", "lab", "--json")
    token = json.loads((tmp_path / "current-room.json").read_text())["token"]
    log = tmp_path / "rooms" / "lab" / "messages.jsonl"
    with serving(tmp_path) as daemon, httpx.Client(timeout=10, trust_env=False) as client:
        headers = {"Authorization": f"Bearer {token}"}

        def post(text: str, **more: Any) -> httpx.Response:
            return client.post(f"{daemon.url}/messages", json={"text": text, **more}, headers=headers)

        assert post("before").status_code == 201
        whole = log.read_bytes()
        pid = daemon.process.pid
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (len(whole) + 100, hard))  # half a record still fits
        for _ in range(3):
            refused = post("lost", client_msg_id="l-1")
            assert (refused.status_code, refused.json()["error"]) == (507, "storage_full")
            assert str(tmp_path) not in refused.text
        health = client.get(f"{daemon.url}/healthz")
        assert (health.status_code, health.json()["error"]) == (503, "storage_full")
        assert health.headers["retry-after"] == str(health.json()["retry_after"])
        assert [m["text"] for m in client.get(f"{daemon.url}/messages", headers=headers).json()["messages"]][
            -1
        ] == "before"
        told = tell(tmp_path, "doctor", "--json")
        assert told.code != 0
        checks = {check["name"]: check["ok"] for check in json.loads(told.out)["checks"]}
        assert checks["storage"] is False

        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
        kept = post("lost", client_msg_id="l-1")
        assert kept.status_code == 201
        assert kept.json()["message"]["id"] == 3
        assert client.get(f"{daemon.url}/healthz").status_code == 200
        assert log.read_bytes().startswith(whole)
        assert daemon.process.poll() is None
        assert tell(tmp_path, "doctor", "--json").code == 0
        assert daemon.stop().code == 0
    assert tell(tmp_path, "verify", str(log.parent), "--json").answer["ok"] is True


def test_a_daemon_that_starts_on_a_full_disk_serves_what_there_is_and_heals(tmp_path: Path) -> None:
    """No file of it may grow from its first moment on (EFBIG), not even the note that says who serves the room."""
    tell(tmp_path, "room", "start", "lab", "--json")
    token = json.loads((tmp_path / "current-room.json").read_text())["token"]
    command = [
        "prlimit",
        "--fsize=0:unlimited",
        sys.executable,
        "-m",
        "agentgather",
        "room",
        "serve",
        "--port",
        "0",
        "--json",
    ]
    with (
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment(tmp_path)
        ) as daemon,
        httpx.Client(timeout=10, trust_env=False) as client,
    ):
        try:
            assert daemon.stdout is not None
            url = json.loads(daemon.stdout.readline())["url"]
            headers = {"Authorization": f"Bearer {token}"}
            assert len(client.get(f"{url}/messages", headers=headers).json()["messages"]) == 1
            assert client.post(f"{url}/messages", json={"text": "lost"}, headers=headers).status_code == 507
            resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            assert client.post(f"{url}/messages", json={"text": "kept"}, headers=headers).json()["message"]["id"] == 2
            daemon.terminate()
            assert daemon.wait(30) == 0
        finally:
            daemon.kill()
