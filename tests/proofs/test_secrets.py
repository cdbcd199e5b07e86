"""Secrets: every surface once; and a secret that is planted anywhere is found there."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from proofs.secrets.browser import browser_path
from proofs.secrets.meant import Leak, leaks_below, open_to_others
from proofs.secrets.processes import ProcessWatch
from proofs.secrets.shape import found, named

from tests.proofs.conftest import Short
from tests.secrecy import PLANTED

TOKEN = PLANTED + "aB3-_" * 7 + "xyz"
ROOT = Path(__file__).parents[2]
FORMS = {
    "as it is": TOKEN.encode(),
    "in UTF-16": f"x{TOKEN}x".encode("utf-16-le"),
    "in hexadecimal": TOKEN.encode().hex().encode(),
    "in upper hexadecimal": TOKEN.encode().hex().upper().encode(),
    "a pass": b"pass.1790000000.bob." + b"0f" * 32,
    "a key": b"ed25519-seed:" + b"aB3-_" * 8 + b"xyz",
} | {
    f"in base64, {len(before)} before": encode(before + TOKEN.encode())
    for before in (b"", b"u", b"u:", b"Bearer ")
    for encode in (base64.b64encode, base64.urlsafe_b64encode)
}


def test_no_surface_holds_a_secret(short: Short) -> None:
    figures = short("secrets")
    assert figures["secrets out of their place"] == 0
    assert figures["secrets that were issued"] == 5
    assert figures["places searched"] > 150
    assert figures["processes watched"] > 5
    assert browser_path() is None or figures["addresses of a browser"] > 50


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_found_in_whatever_form(form: str) -> None:
    assert len(found(b'{"line": "' + FORMS[form] + b'"}\n')) == 1


def test_what_only_looks_like_one_is_none() -> None:
    assert found(b"agt_ agt_short " + base64.b64encode(b"agt_short and much more text than that, of no use")) == set()


def test_a_word_without_a_shape_is_found_by_name() -> None:
    for content in (b"a SECRETWORD b", b"secretword".hex().encode(), base64.b64encode(b"x secretword y")):
        assert named(content, {"a word": b"secretword"}) == {"a word"}
    assert named(b"another word", {"a word": b"secretword"}) == set()


@pytest.mark.parametrize(
    "place",
    [
        "daemon/err",
        "broker/err",
        "home/rooms/lab/messages.jsonl",
        "home/rooms/lab/tunnel.log",
        "operator/leases.json",
        "export.html",
        "export.jsonl",
        "private/Default/History",
        "junit.xml",
        "core.4711",
    ],
)
def test_a_secret_that_is_planted_in_a_file_is_found(tmp_path: Path, place: str) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * 100_000 + TOKEN.encode())
    assert list(leaks_below(tmp_path)) == [Leak(place, "agt_PLANT…")]


@pytest.mark.parametrize(
    "place", ["home/seats/lab@bob.json", "home/current-room.json", "a/.agentgather-lab-bob.header"]
)
def test_a_file_that_is_meant_for_it_is_its_owners_alone(tmp_path: Path, place: str) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TOKEN)
    path.chmod(0o600)
    assert list(open_to_others(tmp_path)) == []
    path.chmod(0o640)
    assert list(leaks_below(tmp_path)) == []
    assert list(open_to_others(tmp_path)) == [Leak(place, "others may open it: 40")]


@pytest.mark.parametrize(
    ("words", "environ", "is_leak"),
    [
        ((f"http://x/#token={TOKEN}",), {}, True),
        ((base64.b64encode(f"u:{TOKEN}".encode()).decode(),), {}, True),
        ((), {"LINK": f"http://x/#token={TOKEN}"}, True),
        ((), {"AGENTGATHER_TOKEN": TOKEN}, False),
        (("nothing",), {}, False),
    ],
)
def test_a_secret_in_a_running_process_is_seen(words: tuple[str, ...], environ: dict[str, str], is_leak: bool) -> None:
    waits = [sys.executable, "-c", "print(flush=True); input()", *words]
    with subprocess.Popen(waits, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | environ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        watch = ProcessWatch(os.getpid(), interval_seconds=1)
        watch.look()
        process.communicate(b"\n")
    assert process.pid in {pid for pid, _ in watch.seen}
    assert bool(watch.leaks) == is_leak
    assert TOKEN not in str(watch.leaks)


START = """
import os, subprocess, sys
from proofs.secrets.processes import watch_starts
leaks = set()
watch_starts(leaks)
subprocess.run(["true", sys.stdin.read()])
assert len(leaks) == 1, leaks
subprocess.run("true nothing", shell=True)
assert len(leaks) == 1, leaks
"""


def test_a_secret_is_seen_in_what_is_started_however_short_it_lives() -> None:
    subprocess.run([sys.executable, "-c", START], input=TOKEN, text=True, cwd=ROOT, check=True)


LEAKS = """
import logging, subprocess, sys
TOKEN = "agt_" + "PLANT" + "aB3-_" * 7 + "xyz"

def test_files(tmp_path):
    (tmp_path / "daemon.log").write_text(TOKEN)

def test_prints():
    print(TOKEN)

def test_logs():
    logging.getLogger("agentgather").warning("asked by %s", TOKEN)

def test_starts():
    subprocess.run(["true", "--token", TOKEN])
"""
CONFTEST = """
from tests.secrecy import Secrecy

def pytest_configure(config):
    config.pluginmanager.register(Secrecy(config, planted=""), "secrecy")
"""


def test_a_run_that_leaves_a_secret_behind_fails(tmp_path: Path) -> None:
    """With a worker: what is seen there has to come to whoever leads."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_leaks.py").write_text(LEAKS)
    words = [sys.executable, "-m", "pytest", "-c", os.devnull, "-q", "-n", "1", "-p", "no:cacheprovider"]
    words += [f"--rootdir={tmp_path}", "--basetemp", str(tmp_path / "base"), str(tmp_path)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ran = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, env=environ)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "4 passed" in ran.stdout
    told = ran.stdout.partition("secrets out of their place")[2]
    for where in ("daemon.log: ", "Captured stdout call of ", "Captured log call of ", "cmdline of a process: "):
        assert where in told, ran.stdout
    assert TOKEN not in ran.stdout
