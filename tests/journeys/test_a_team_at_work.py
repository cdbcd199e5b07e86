"""A small project: agents with tools beside the room and behind the broker, one that sleeps, and a person who sees it all.

They share out tasks, agree on a contract that breaks, keep out of one another's files, hand over, die and are replaced. What
they did is on the boards of the page, and the room that comes back from its log has the same boards.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from agentgather.store.home import Home
from tests.cli.terminal import Drain, serving, start, tell
from tests.journeys.people import Somebody, enter, message, person
from tests.journeys.test_a_room_from_its_opening_to_its_close import until
from tests.journeys.tool_agents import ToolAgent, connected, kill_server_of, outcome, tool_agents
from tests.mcp.clients import over_http_at, over_stdio

pytestmark = pytest.mark.filterwarnings("ignore:Async generator 'http:ResourceWarning")

ADA = ("--room", "harbor@ada")
SLEEPER = Path(__file__).with_name("sleeping_agent.py")
PATIENCE_MS = 60_000
TURN_SECONDS = 180  # of an agent that runs a command for each step, on a machine that has much else to do
BRIEF = "Orders are read, and printed in two columns."
ORDER: dict[str, Any] = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
NEXT_ORDER: dict[str, Any] = {**ORDER, "properties": {"id": {"type": "string"}}}
BOARDS = ("/tasks", "/contracts", "/leases", "/brief")
OF_THE_MOMENT = "seconds_left"


@dataclass
class Place:
    """A room on its host's machine, published by a broker. `public_url` is where who is elsewhere finds it."""

    home: Path
    url: str
    public_url: str
    host: Somebody


@contextmanager
def published(folder: Path) -> Iterator[Place]:
    home = folder / "host"
    assert tell(home, "room", "start", "harbor", "--alias", "ops", "--brief", BRIEF).code == 0
    token = json.loads((home / "current-room.json").read_text())["token"]
    with serving(folder / "operator", "broker", "serve", "--port", "0", "--json", is_warm=True) as broker:
        flags = ("--broker", broker.told["url"], "--subdomain", "harbor", "--json")
        with serving(home, "room", "serve", "--port", "0", *flags, is_warm=True) as daemon:
            url = daemon.told["url"]
            yield Place(home, url, daemon.told["public_url"], Somebody(url, token))


@dataclass
class Sleeper:
    """`agentgather run` with an agent in a tmux pane of its own. `log` has what happened to the agent, `pid` is its own."""

    process: subprocess.Popen[bytes]
    pid: int
    log: Path
    drains: tuple[Drain, Drain] = field(repr=False)

    def happened(self) -> list[dict[str, Any]]:
        lines = self.log.read_text().splitlines(keepends=True) if self.log.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def submitted(self) -> list[str]:
        return [str(each["submitted"]) for each in self.happened() if "submitted" in each]


@contextmanager
def sleeping(home: Path, folder: Path, socket: str, *words: str) -> Iterator[Sleeper]:
    """The agent `rev`, started by whoever has `home`; released at the end."""
    log, control = (folder / f"{secrets.token_hex(4)}.{kind}" for kind in ("log", "ctl"))
    process = start(
        home, "run", "--alias", "rev", "--socket", socket, "--json", "--",
        sys.executable, str(SLEEPER), str(log), str(control), *words,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = process.stdout.readline().decode()
        assert line, process.communicate(timeout=60)[1]
        told = json.loads(line)
        sleeper = Sleeper(process, told["pid"], log, (Drain(process.stdout), Drain(process.stderr)))
        until(lambda: any("ready" in each for each in sleeper.happened()), seconds=PATIENCE_MS / 1000)
        yield sleeper
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(60)


@pytest.fixture
def tmux() -> Iterator[tuple[str, Path]]:
    """The socket of a tmux server that nobody else has, and a folder with a short path."""
    name = f"agt-{secrets.token_hex(4)}"
    with TemporaryDirectory(dir="/tmp") as short:
        yield name, Path(short)
        subprocess.run(["tmux", "-L", name, "kill-server"], check=False, capture_output=True)
        Path(f"/tmp/tmux-{os.getuid()}/{name}").unlink(missing_ok=True)


@dataclass
class Watched:
    """The boards as the person sees them."""

    page: Page

    def open(self) -> None:
        self.page.get_by_role("button", name="Boards").click()

    def board(self, name: str) -> Locator:
        boards = self.page.get_by_role("region", name="Boards")
        boards.get_by_role("tab", name=name).click()
        return boards.get_by_role("tabpanel", name=name)

    def task(self, number: int) -> Locator:
        return self.board("Tasks").locator(f".task[data-id='{number}']")

    def shows_task(self, number: int, state: str) -> None:
        """Wait until the task stands so. What is finished is folded away, and read all the same."""
        expect(self.task(number).locator(".task-state")).to_have_text(state, timeout=TURN_SECONDS * 1000)

    def contract(self) -> Locator:
        return self.board("Contracts").locator(".contract")

    def shows_lease(self, text: str) -> None:
        expect(self.board("Leases").get_by_role("listitem")).to_contain_text(text, timeout=PATIENCE_MS)

    def shows_what_became_of(self, record: int, *texts: str) -> None:
        row = self.page.locator(f".message:not(.draft)[data-id='{record}']")
        row.hover()
        row.get_by_role("button", name="More").click()
        self.page.get_by_role("menuitem", name="What became of it").click()
        for text in texts:
            expect(self.page.get_by_role("dialog")).to_contain_text(text, timeout=PATIENCE_MS)
        self.page.keyboard.press("Escape")


def boards_of(somebody: Somebody) -> dict[str, Any]:
    """What stands on every board, but for what the clock alone makes of it."""
    return {path: _lasting(somebody.ask("GET", path)) for path in BOARDS}


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _lasting(one) for name, one in value.items() if name != OF_THE_MOMENT}
    return [_lasting(one) for one in value] if isinstance(value, list) else value


def records_of(somebody: Somebody) -> list[dict[str, Any]]:
    return list(somebody.ask("GET", "/messages?since_id=0&limit=1000")["messages"])


def joined(home: Path, host: Somebody, alias: str) -> Home:
    """The home of an agent that took its seat by its link."""
    assert tell(home, "room", "join", "-", stdin=host.invite(alias, "agent").link).code == 0
    return Home(home)


def claimed_by_one(ada: ToolAgent, bob: ToolAgent, seen: Watched) -> str:
    """The work is shared out; of two who reach for a task one gets it. Answers who."""
    for title, more in (
        ("agree on orders", {}),
        ("read orders", {"depends_on": [1]}),
        ("print orders", {"depends_on": [2]}),
    ):
        ada.call("tasks", action="add", title=title, **more)
    begun = {name: agent.begin("tasks", action="claim", task_id=1) for name, agent in (("ada", ada), ("bob", bob))}
    told = {name: outcome(one) for name, one in begun.items()}
    [winner] = [name for name, one in told.items() if "error" not in one]
    [loser] = {"ada", "bob"} - {winner}
    assert (told[loser]["error"], told[loser]["holder"]) == ("already_claimed", winner)
    assert bob.refused("tasks", action="claim", task_id=2)["pending"] == [1]
    seen.shows_task(1, f"claimed by {winner}")
    seen.shows_task(3, "waits for #2")
    return winner


def agreed(ada: ToolAgent, bob: ToolAgent, seen: Watched) -> None:
    """A contract is put, depended on and broken; everybody whom that breaks says that they know."""
    ada.call("contracts", action="put", name="order", document=ORDER)
    bob.call("contracts", action="subscribe", name="order")
    contract = seen.contract()
    contract.get_by_role("button", name="I read this").click()
    expect(contract).to_contain_text("you read it", timeout=PATIENCE_MS)
    bob.call("ack", through_id=bob.call("inbox")["through_id"])
    change = ada.call("contracts", action="put", name="order", document=NEXT_ORDER)["change"]
    assert change["consumer"] == "breaking"
    expect(contract.locator(".contract-state")).to_contain_text("breaks consumers", timeout=PATIENCE_MS)
    heard = bob.call("wait", until="called", hold_seconds=30)["messages"]
    [called] = [one for one in heard if one.get("calls_you")]
    assert called["event"].startswith("contract.")
    bob.call("contracts", action="ack", name="order", version=2)
    pending = contract.locator(".contract-pending")
    expect(pending).to_have_text("Not acknowledged by ops (v2)", timeout=PATIENCE_MS)
    contract.get_by_role("button", name="Acknowledge").click()
    expect(pending).to_be_hidden(timeout=PATIENCE_MS)


def reached(agent: ToolAgent, record: int) -> dict[str, Any]:
    """What became of a message of `agent` at the one it is for."""
    [told] = agent.call("delivery_status", message_id=record)["deliveries"][0]["recipients"]
    return dict(told)


def watched_on_its_way(ada: ToolAgent, bob: ToolAgent, seen: Watched) -> None:
    """Each step of a message is seen by its sender when it was taken, and not before."""
    asked = ada.call("post", text="may ids be empty?", to="bob", need_reply=True)["id"]
    states = [reached(ada, asked)["state"]]
    [question] = [one for one in bob.call("inbox")["messages"] if one["id"] == asked]
    states.append(reached(ada, asked)["state"])
    bob.call("ack", through_id=asked, proofs=[{"message_id": asked, "proof": question["proof"]}])
    states.append(reached(ada, asked)["state"])
    bob.call("reply", message_id=asked, text="let me look")
    states.append(reached(ada, asked)["state"])
    bob.call("reply", message_id=asked, text="never", done=True)
    states.append(reached(ada, asked)["state"])
    assert states == ["recorded", "fetched", "in_context", "answered", "done"]
    seen.shows_what_became_of(asked, "Everybody whom it asks has answered.", "says that it is done")


def handed_over(ada: ToolAgent, bob: ToolAgent, seen: Watched) -> None:
    """Who comes in the place of one that died finds its task, its lease and what was said meanwhile, and hands over."""
    assert "how far are you?" in ada.call("join")["unread"]["messages"][-1]["text"]
    [lease] = ada.call("leases", action="list")["leases"]
    assert lease["holder"] == "ada"
    ada.call("handoff", to="bob", text="reading orders: src/read.py is half done; the tests are left")
    ada.call("leases", action="release", lease_id=lease["id"])
    ada.call("tasks", action="release", task_id=2)
    handed = [one for one in bob.call("inbox")["messages"] if one["type"] == "handoff"]
    assert [one["from"] for one in handed] == ["ada"]
    bob.call("leases", action="take", globs=["src/**"])
    bob.call("tasks", action="claim", task_id=2)
    seen.shows_task(2, "claimed by bob")
    seen.shows_lease("held by bob")
    expect(message(seen.page, "half done")).to_be_visible(timeout=PATIENCE_MS)


def woken(ada: ToolAgent, rev: Sleeper, seen: Watched) -> None:
    """An agent that sleeps is woken by a pointer; it fetches and answers by itself, and its sender sees each step."""
    asked = ada.call("post", text="how many columns?", to="rev", need_reply=True)["id"]
    until(lambda: reached(ada, asked)["state"] == "done", seconds=TURN_SECONDS)
    told = reached(ada, asked)
    moments = [told[f"{step}_at"] for step in ("fetched", "in_context", "answered", "done")]
    assert moments == sorted(moments)
    assert {wake["via"] for wake in told["wakes"]} == {
        "tmux"
    }  # one that came while its screen still changed is told too
    [line] = rev.submitted()
    assert "columns" not in line
    expect(message(seen.page, "two columns")).to_be_visible(timeout=PATIENCE_MS)
    seen.shows_what_became_of(asked, "says that it is done", "wake by tmux")


@pytest.mark.timeout(600)
def test_a_project_is_done_and_stays_so(tmp_path: Path, browser: Browser, tmux: tuple[str, Path]) -> None:
    socket, short = tmux
    with published(tmp_path) as place, person(browser) as page, tool_agents() as portal:
        host = place.host
        ada_home = joined(tmp_path / "ada", host, "ada")
        bob_token = host.invite("bob", "agent").token
        enter(page, host)
        seen = Watched(page)
        seen.open()
        with connected(portal, over_http_at(place.public_url, bob_token)) as bob:
            assert bob.call("join")["brief"] == BRIEF
            with connected(portal, over_stdio(ada_home, *ADA)) as ada:
                ada.call("join")
                winner = claimed_by_one(ada, bob, seen)
                agreed(ada, bob, seen)
                (ada if winner == "ada" else bob).call("tasks", action="complete", task_id=1, result="order v2")
                watched_on_its_way(ada, bob, seen)
                ada.call("tasks", action="claim", task_id=2)
                ada.call("leases", action="take", globs=["src/**"], note="reading orders")
                held = bob.refused("leases", action="take", globs=["src/read.py"])
                assert (held["error"], held["holder"]) == ("lease_held", "ada")
                seen.shows_lease("held by ada")
                kill_server_of(ada_home.root)
            bob.call("post", text="@ada how far are you?")
            with connected(portal, over_stdio(ada_home, *ADA)) as ada:
                handed_over(ada, bob, seen)
                with sleeping(place.home, short, socket) as rev:
                    woken(ada, rev, seen)
                    ada.call("tasks", action="reassign", task_id=3, assignee="rev")
                    bob.call("tasks", action="complete", task_id=2, result="src/read.py")
                    seen.shows_task(3, "claimed by rev")
                    os.kill(rev.pid, signal.SIGKILL)  # in the middle of its turn
                    assert rev.process.wait(60) == 128 + signal.SIGKILL
                lapsed = seen.task(3).locator(".task-lapsed")
                expect(lapsed).to_have_text("Free again: rev left", timeout=PATIENCE_MS)
                with sleeping(place.home, short, socket, "steady"):
                    ada.call("post", text="@rev please go on with task 3")
                    seen.shows_task(3, "completed by rev")
        records, boards = records_of(host), boards_of(host)

    for checkpoint in ("room.json", "brief.md"):  # all that the log does not need
        (place.home / "rooms" / "harbor" / checkpoint).unlink()
    with serving(place.home, is_warm=True) as daemon, person(browser) as page:
        again = Somebody(daemon.url, host.token)
        assert boards_of(again) == boards
        assert records_of(again) == records
        enter(page, again)
        seen = Watched(page)
        seen.open()
        for number, state in enumerate((f"completed by {winner}", "completed by bob", "completed by rev"), start=1):
            seen.shows_task(number, state)
        seen.shows_lease("held by bob")
        expect(seen.contract()).to_contain_text("order v2", timeout=PATIENCE_MS)
        file = tmp_path / "harbor.json"
        head = tell(place.home, "export", "--format", "json", "--output", str(file), "--json").answer["chain"]
        assert tell(place.home, "verify", str(file), "--head", head).code == 0
