"""What a whole run of the tests leaves behind is searched for secrets, as proofs/secrets does it for one room.

Every process that is started or runs, what is printed and logged in tests, and all files below the folder of the run, the logs of
daemons among them. A secret where none belongs fails the run, whatever the tests said.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from proofs.secrets.meant import Leak, leaks_below, what_of
from proofs.secrets.processes import ProcessWatch, watch_starts
from proofs.secrets.shape import found

PLANTED = "agt_PLANT"  # how those begin that tests of the search itself leave about
LOOK_SECONDS = 0.5  # between two looks at all processes; what tests start themselves is seen at its start
# What tests write down themselves, to hand it to somebody.
OF_TESTS = (
    "header-*",  # for a curl of theirs
    "card.txt",  # saved by somebody who was sent it
    "token",  # for --token-file
    "rooms/*/tokens.json",  # as 0.1 kept them
    "header",  # as header-*
    "came.to",  # where a browser of theirs was sent
    "agent.sh",  # what an agent without an installation runs, made of a card
    "schemathesis.toml",
    "test_a_tunnel_*/key",
    "test_two_homes_have_two_keys*/*",
    "test_a_link_to_somewhere_else*/elsewhere",
)


class Secrecy:
    """A plugin of pytest. In a run of several processes each worker tells what it saw, and the one that leads them searches."""

    def __init__(self, config: pytest.Config, *, planted: str = PLANTED) -> None:
        self._config = config
        self._planted = planted
        self._leaks: set[Leak] = set()
        self._watch: ProcessWatch | None = None

    @property
    def _is_worker(self) -> bool:
        return hasattr(self._config, "workerinput")

    def pytest_sessionstart(self) -> None:
        watch_starts(self._leaks)
        if self._config.getoption("numprocesses", None):  # a thread beside tests would be in the way of some of them
            self._watch = ProcessWatch(os.getpid(), interval_seconds=LOOK_SECONDS)
            self._watch.start()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not self._is_worker:
            for name, text in report.sections:
                if secrets := found(text.encode()):
                    self._leaks.add(Leak(f"{name} of {report.nodeid}", what_of(secrets)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self._leaks |= {Leak(*told) for told in getattr(node, "workeroutput", {}).get("leaks", ())}

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._is_worker:
            self._config.workeroutput["leaks"] = [(leak.where, leak.what) for leak in self._leaks]  # type: ignore[attr-defined]
            return
        if self._watch is not None:
            self._watch.stop()
            self._leaks |= self._watch.leaks
        folder = self._config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        self._leaks |= set(leaks_below(folder, also=OF_TESTS))
        if self._planted:
            self._leaks = {leak for leak in self._leaks if self._planted not in leak.what}
        if self._leaks and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._leaks:
            terminalreporter.section("secrets out of their place", red=True)
            for leak in sorted(map(str, self._leaks)):
                terminalreporter.line(leak)
