"""What docs/cli.md shows of `--json` is what the commands answer: every command, in one room from opening to close."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from agentgather.cli.table import COMMANDS
from tests.cli.terminal import no_tunnel_left, serving, start, tell
from tests.docs.test_docs import CLI, section


def shown(words: str) -> set[str]:
    """The fields of the answer that stands under the command's heading."""
    block = re.search(r"^```json\n(.+?)^```", section(CLI, f"## agentgather {words}"), re.MULTILINE | re.DOTALL)
    assert block is not None, f"{words} shows no answer"
    return set(json.loads(block[1]))


@pytest.mark.timeout(480)  # some seventy programs, one after the other
def test_every_command_answers_with_the_fields_that_are_documented(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = tmp_path / "repository"
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    home, other, export = tmp_path / "home", tmp_path / "other", tmp_path / "lab.jsonl"
    answered: dict[str, set[str]] = {}

    def ask(words: str, *more: str, at: Path = home, stdin: str = "", code: int = 0) -> dict[str, object]:
        ran = tell(at, *words.split(), *more, "--json", stdin=stdin)
        assert ran.code == code, ran.err
        answer: dict[str, object] = json.loads(ran.out)
        answered[words] = set(answer)
        return answer

    ask("room start", "lab")
    assert tell(home, "room", "close", "--json").code == 0  # the lab only shows how a room is started
    with serving(home, "up", "desk", "--port", "0", "--json") as up:
        answered["up"] = set(json.loads(up.first_line))
        invitation = ask("room invite", "bob")
        ask("room join", "-", at=other, stdin=str(invitation["browser_url"]))
        hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
        ask("mcp install", "--for", "codex", "--print")
        answered["mcp install"].remove("text")
        ask("mcp", stdin=json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}) + "\n")
        ask("send", "bob", "the build is green")
        ask("reply", "3", "on it", at=other)
        read = tell(other, "messages", "--json")
        asked = next(one for one in json.loads(read.out)["messages"] if one["text"] == "@bob the build is green")
        ask("ack", str(asked["id"]), asked["proof"], at=other)
        ask("delivery", str(asked["id"]))
        ask("requests")
        ask("handoff", "bob", "--summary", "the notes")
        ask("messages")
        ask("search", "green")
        ask("watch")
        ask("read", "--since", "0")
        ask("attend", "--for", "1s", "--hold", "0")
        stopping = json.dumps({"hook_event_name": "Stop", "stop_hook_active": False})
        ask("wake hook", "--hold", "0", at=other, stdin=stopping)
        with serving(other, "wake", "--via", "program", "--exec", "true", "--json", is_warm=True) as waking:
            answered["wake"] = set(waking.told)
            ask("wake status", at=other)
            assert waking.stop().code == 0
        socket = f"agt-{tmp_path.name}"
        try:
            with serving(
                home, "run", "--alias", "cat", "--socket", socket, "--json", "--", "cat", is_warm=True
            ) as running:
                answered["run"] = set(running.told)
                assert running.stop().code == 0
        finally:
            subprocess.run(["tmux", "-L", socket, "kill-server"], check=False, capture_output=True)
        ask("room brief set", "Find the leak")
        ask("room brief view")
        ask("room attendance set", "all-foreground")
        ask("room attendance view")
        ask("attention", "--working-on", "the tests")
        ask("room labels set", "reviewer", "--of", "bob")
        ask("room labels view")
        ask("room session start", "--minutes", "30")
        ask("room session end")
        ask("room wakes set", "--an-hour", "60")
        ask("room wakes view")
        ask("task add", "Write the tests")
        ask("task edit", "1", "--title", "Write more tests")
        ask("task reassign", "1", "--everybody")
        for words in ("task claim", "task release", "task claim", "task show"):
            ask(words, "1")
        ask("task complete", "1", "all green")
        tell(home, "task", "add", "Ship it", "--json")
        ask("task cancel", "2")
        ask("task list")
        ask("contract put", "orders", "-", stdin='{"type": "object"}')
        tell(home, "contract", "put", "orders", "-", "--json", stdin='{"type": "object", "required": ["id"]}')
        for words in ("contract subscribe", "contract ack", "contract unsubscribe", "contract get", "contract diff"):
            ask(words, "orders")
        ask("contract list")
        for words in ("room current", "room list", "room status", "room dashboard", "room leave", "room continue"):
            ask(words)
        ask("lease take", "lib/door/**")
        ask("lease list")
        ask("lease release", "1")
        monkeypatch.chdir(repository)
        ask("lease guard")
        ask("room retract", "4")
        ask("room scrub", "4")
        ask("room extend", "2h")
        ask("room rotate", "bob")
        ask("room invite-card", "bob", "--rotate")
        ask("room remove", "bob")
        ask("export", "--format", "jsonl", "--output", str(export))
        ask("verify", str(export))
        ask("doctor")
        ask("config")
        ask("instructions", "--agent", "claude")
        ask("completion", "bash")
        ask("room close")
        assert up.stop().code == 0
    with serving(home, "broker", "serve", "--port", "0", "--json", is_warm=True) as broker:
        answered["broker serve"] = set(broker.told)
        publish = ("lab-2", "--broker", broker.told["url"])
        ask("room start", "lab-2", "--show-token")
        answered["room start"].remove("token")
        served_lab = serving(home, "room", "serve", "lab-2", "--port", "0", "--json", is_warm=True)
        with served_lab as daemon, no_tunnel_left(home, "lab-2"):
            with serving(home, "tunnel", "run", *publish, "--json", is_warm=True) as tunnel:
                answered["tunnel run"] = set(tunnel.told)
                ask("tunnel status", "lab-2")
                ask("broker routes")
                assert tunnel.stop().code == 0
            ask("tunnel start", *publish)
            ask("tunnel stop", "lab-2")
            ask("tunnel start", *publish)
            key = str(ask("tunnel status", "lab-2")["key"])
            ask("broker close", "lab-2")
            ask("broker block", "lab-2", "--for", "1h")
            ask("broker unblock", "lab-2")
            assert tell(home, "broker", "keys", "add", key, "ann", "--json").code == 0
            ask("broker keys")
            assert daemon.stop().code == 0
        assert broker.stop().code == 0
    served = start(home, "room", "serve", "desk", "--port", "0", "--json")
    try:
        assert served.stdout is not None
        answered["room serve"] = set(json.loads(served.stdout.readline()))
        assert ask("room stop", "desk")["pid"] == served.pid
        served.communicate(timeout=30)
        again = tell(home, "room", "stop", "desk", "--json")
        assert (again.code, again.error["error"]) == (5, "not_served")
        assert served.returncode == 0
    finally:
        served.kill()
        served.communicate(timeout=30)
    assert set(answered) == {row.words for row in COMMANDS}
    assert answered == {words: shown(words) for words in answered}
