"""Somebody builds the wheel, installs it into an environment of their own, and opens a room far from any checkout."""

from __future__ import annotations

import ast
import configparser
import re
import signal
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from importlib.metadata import packages_distributions
from pathlib import Path

import httpx
import pytest

from agentgather import __version__
from tests.cli.terminal import END_SECONDS, environment

ROOT = Path(__file__).parents[2]
PACKAGES = frozenset({"agentgather", "agentgather_broker"})
BUILD_SECONDS = 90  # to build or to install; a busy machine may take its time
_REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
_LINKED = re.compile(r'(?:href|src)="([^"]+)"')
_IMPORTED = re.compile(r'(?:from |import\()"(\.{1,2}/[^"]+)"')


@dataclass(frozen=True)
class Wheel:
    """A wheel as it was built: its files by name, and what it says of itself."""

    path: Path
    names: frozenset[str]
    metadata: Message

    @staticmethod
    def read(path: Path) -> Wheel:
        with zipfile.ZipFile(path) as archive:
            told = archive.read(f"agentgather-{__version__}.dist-info/METADATA").decode()
            return Wheel(path, frozenset(archive.namelist()), Parser().parsestr(told))

    def text(self, name: str) -> str:
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(name).decode()

    def told(self, name: str) -> str:
        return self.text(f"agentgather-{__version__}.dist-info/{name}")


@dataclass(frozen=True)
class Away:
    """An environment that holds the wheel, and a folder with nothing of ours in it to work from."""

    scripts: Path
    folder: Path

    def run(self, *command: str) -> str:
        """What `command` of that environment prints; it has to go well."""
        ended = subprocess.run(
            [str(self.scripts / command[0]), *command[1:]],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=END_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    @property
    def environ(self) -> dict[str, str]:
        return {name: value for name, value in environment(self.folder).items() if not name.startswith("PYTHON")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    out = tmp_path_factory.mktemp("dist")
    succeed("build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT))
    (path,) = out.iterdir()
    return Wheel.read(path)


@pytest.fixture(scope="module")
def away(wheel: Wheel, tmp_path_factory: pytest.TempPathFactory) -> Away:
    """The wheel in a new environment. What it depends on comes from ours: a line of a .pth file, which does not carry
    our editable installation along, because that is such a line itself."""
    folder = tmp_path_factory.mktemp("away")
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, symlinks=True)
    succeed("pip", "--python", str(place), "install", "--quiet", "--no-deps", "--no-index", str(wheel.path))
    (packages,) = place.glob("lib/python*/site-packages")
    (packages / "beside.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Away(place / "bin", folder)


@pytest.fixture
def address(away: Away) -> Iterator[str]:
    """Where a room answers that `agentgather up` of that environment opened."""
    process = subprocess.Popen(
        [str(away.scripts / "agentgather"), "up", "--port", "0"],
        cwd=away.folder,
        env=away.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
    try:
        assert process.stdout is not None
        found = _ADDRESS.search(process.stdout.readline().decode())
        if found is None:
            process.kill()
            pytest.fail(f"no room opened: {process.communicate(timeout=END_SECONDS)[1].decode()}")
        yield found[0]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=END_SECONDS) == 0
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=END_SECONDS)


def succeed(module: str, *words: str) -> None:
    """Run a module of our own environment."""
    ended = subprocess.run(
        [sys.executable, "-m", module, *words], capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def imported() -> set[str]:
    """The top names of all that a file of the packages imports, wherever in the file it does so."""
    names = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {one.name.partition(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names


def normal(name: str) -> str:
    """The name of a distribution as all its spellings agree (the packaging specifications, Names)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_command_tells_its_version_from_anywhere(away: Away) -> None:
    assert away.run("agentgather", "--version") == f"{__version__}\n"
    at = Path(away.run("python", "-c", "import agentgather; print(agentgather.__file__)").strip())
    assert at.is_relative_to(away.scripts.parent)
    assert not at.is_relative_to(ROOT)


def test_a_room_opens_and_its_page_comes_with_everything_it_loads(address: str) -> None:
    with httpx.Client(base_url=address, trust_env=False) as browser:
        page = browser.get("/")
        assert page.status_code == 200
        linked = _LINKED.findall(page.text)
        assert any(name.endswith(".js") for name in linked)
        waiting, seen = ["/" + name for name in linked], set[str]()
        while waiting:
            path = waiting.pop()
            if path not in seen:
                seen.add(path)
                answer = browser.get(path)
                assert answer.status_code == 200, path
                waiting += [str(httpx.URL(path).join(name)) for name in _IMPORTED.findall(answer.text)]
        assert len(seen) > len(linked), "what only some need is asked for later, and is there"


def test_the_wheel_holds_the_page_and_the_types_and_nothing_of_the_checkout(wheel: Wheel) -> None:
    assert {"agentgather/py.typed", "agentgather/web/index.html", "agentgather/cli/main.py"} <= wheel.names
    assert {"agentgather_broker/py.typed", "agentgather_broker/keep.py"} <= wheel.names
    pages = {f"agentgather/{path.relative_to(ROOT)}" for path in (ROOT / "web").rglob("*") if path.is_file()}
    assert {name for name in wheel.names if name.startswith("agentgather/web/")} == pages
    tops = {name.partition("/")[0] for name in wheel.names}
    assert tops == {*PACKAGES, f"agentgather-{__version__}.dist-info"}
    assert not [name for name in wheel.names if name.endswith(".pyc")]


def test_the_wheel_says_what_it_is(wheel: Wheel) -> None:
    told = wheel.metadata
    assert (told["Name"], told["Version"]) == ("agentgather", __version__)
    assert told["License-Expression"] == "MIT"
    assert told["Requires-Python"] == ">=3.11"
    assert all((told["Summary"], told["Author"], told["Keywords"], told.get_payload()))
    assert "Typing :: Typed" in told.get_all("Classifier", [])
    assert wheel.told("licenses/LICENSE") == (ROOT / "LICENSE").read_text()
    commands = configparser.ConfigParser()
    commands.read_string(wheel.told("entry_points.txt"))
    assert dict(commands["console_scripts"]) == {"agentgather": "agentgather.cli.main:main"}


def test_the_wheel_asks_for_everything_that_it_imports(wheel: Wheel) -> None:
    asked = [line for line in wheel.metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    named = {normal(match[0]) for line in asked if (match := _REQUIREMENT.match(line))}
    foreign = imported() - sys.stdlib_module_names - PACKAGES
    by_import = packages_distributions()
    assert foreign
    assert {normal(by_import[name][0]) for name in foreign} <= named


def test_the_changelog_tells_of_this_version() -> None:
    assert f"\n## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text()
