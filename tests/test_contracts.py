"""The contracts of the imports reach every package there is: one that grows is not left out in silence."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src"


@pytest.fixture(scope="module")
def tools() -> dict[str, Any]:
    """The `tool` table of pyproject.toml."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return dict(project["tool"])


def parts(package: Path) -> set[str]:
    """The modules and packages right in `package`, by their full names."""
    inner = {path.parent for path in package.glob("*/__init__.py")} | set(package.glob("*.py"))
    return {f"{package.name}.{path.stem}" for path in inner if not path.stem.startswith("__")}


def test_every_package_is_under_the_contracts_and_in_the_wheel(tools: dict[str, Any]) -> None:
    packages = {path.parent.name for path in SOURCES.glob("*/__init__.py")}
    assert packages
    assert set(tools["importlinter"]["root_packages"]) == packages
    shipped = tools["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {Path(name).name for name in shipped} == packages


def test_the_broker_may_reach_nothing_of_the_host_but_wire_and_serving(tools: dict[str, Any]) -> None:
    contracts = {contract["name"]: contract for contract in tools["importlinter"]["contracts"]}
    forbidden = contracts["the broker enters through wire, over serving"]["forbidden_modules"]
    assert set(forbidden) == parts(SOURCES / "agentgather") - {"agentgather.wire", "agentgather.serving"}
