"""docs/deploy/: the units start commands that there are, and broker.toml says every setting and its default."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from functools import partial
from pathlib import Path

import pytest
import trio

from agentgather.cli.broker_settings import ROWS
from agentgather.cli.table import COMMANDS
from agentgather_broker.keep import Broker, keep_broker
from agentgather_broker.shape import BrokerSettings
from tests.cli.terminal import tell
from tests.docs.test_docs import flags_of
from tests.journeys.proxies import DEPLOY, documented_values, nginx_conf

UNITS = sorted(DEPLOY.glob("*.service"))
BROKER_TOML = DEPLOY / "broker.toml"


def settings_of(unit: Path) -> dict[str, str]:
    return dict(re.findall(r"^(\w+)=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_of_ours(unit: Path) -> None:
    program, _, words = settings_of(unit)["ExecStart"].partition(" ")
    assert program.endswith("/bin/agentgather")
    row = next(row for row in COMMANDS if words.startswith(row.words + " "))
    assert set(re.findall(r"--[a-z-]+", words)) <= flags_of(row)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_a_unit(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd here")
    text = re.sub(r"/opt/agentgather/[%\w]+/bin/agentgather", "/bin/true", unit.read_text(encoding="utf-8"))
    (tmp_path / unit.name).write_text(text, encoding="utf-8")
    name = unit.name.replace("@.", "@0.3.0.")
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (told.returncode, told.stderr) == (0, "")


def test_a_unit_gives_a_broker_the_time_that_it_takes_to_leave() -> None:
    (broker,) = (unit for unit in UNITS if "broker" in unit.name)
    default = next(row.default for row in ROWS if row.name == "drain_seconds")
    assert isinstance(default, int | float)
    assert int(settings_of(broker)["TimeoutStopSec"]) > default + 10


def test_the_example_holds_every_setting_with_its_default() -> None:
    text = BROKER_TOML.read_text(encoding="utf-8")
    said = set(tomllib.loads(text)["broker"])
    every = tomllib.loads(re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE))["broker"]
    assert set(every) == {row.name for row in ROWS}
    assert "YOURS" in text
    for row in ROWS:
        if row.name in said or row.name == "wildcard_domain":
            continue
        value = every[row.name]
        assert (tuple(value) if isinstance(value, list) else value) == row.default, row.name


def test_a_broker_takes_the_example(tmp_path: Path) -> None:
    answer = tell(tmp_path, "config", "--broker", "--config", str(BROKER_TOML), "--json").answer
    told = {one["name"]: one["value"] for one in answer["settings"]}
    assert (told["public_url"], told["registration"], told["port"]) == ("https://rooms.example", "keys", 8799)


def test_the_values_of_the_proxies_are_those_of_the_broker() -> None:
    port = next(row.default for row in ROWS if row.name == "port")
    assert documented_values()["AGENTGATHER_PROXY_UPSTREAM"] == f"127.0.0.1:{port}"
    held = next(row.default for row in ROWS if row.name == "held_response_seconds")
    timeout = re.search(r"proxy_read_timeout (\d+)s;", (DEPLOY / "nginx.conf").read_text(encoding="utf-8"))
    assert timeout is not None
    assert isinstance(held, int | float)
    assert int(timeout[1]) > held


def test_every_value_is_in_both_files_or_says_whose_it_is() -> None:
    caddy, nginx = ((DEPLOY / name).read_text(encoding="utf-8") for name in ("Caddyfile", "nginx.conf"))
    for name in documented_values():
        assert "{$" + name in caddy or "${" + name + "}" in nginx
    assert set(re.findall(r"\{\$(\w+)", caddy)) | set(re.findall(r"\$\{(\w+)\}", nginx)) == set(documented_values())


def test_the_documented_command_fills_nginx_conf(tmp_path: Path) -> None:
    if shutil.which("envsubst") is None:
        pytest.skip("there is no envsubst here: gettext-base")
    page = (DEPLOY.parent / "deploy.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^envsubst .+$", page, re.MULTILINE)
    env_file = tmp_path / "proxy.env"
    text = (DEPLOY / "proxy.env").read_text(encoding="utf-8")
    names = "rooms.example *.rooms.example"
    env_file.write_text(text.replace("SITES=rooms.example", f'SITES="{names}"'), encoding="utf-8")
    line = line.replace("/etc/agentgather/proxy.env", str(env_file)).replace("/etc/nginx/", f"{tmp_path}/")
    source = f"set -eu; cd {DEPLOY.parent.parent}; set -a && . {env_file} && set +a\n{line}"
    subprocess.run(["sh", "-c", source], check=True, env={"PATH": os.environ["PATH"]}, timeout=30)
    told = documented_values() | {"AGENTGATHER_PROXY_SITES": names}
    assert (tmp_path / "nginx.conf").read_text(encoding="utf-8") == nginx_conf(told)


def test_the_runbook_names_every_metric_and_no_other() -> None:
    """As Prometheus names them: a counter ends in `_total`."""
    settings = BrokerSettings(port=0, registration="open")
    collected = trio.run(_metrics_of, settings)
    real = set(re.findall(r"^# TYPE (\w+) ", collected, re.MULTILINE))
    real = {name for name in real if not name.endswith("_created")}
    runbook = (DEPLOY.parent / "operator-runbook.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(agentgather_broker_\w+)` \|", runbook, re.MULTILINE)) == real
    assert set(re.findall(r"agentgather_broker_\w+", runbook)) == real


async def _metrics_of(settings: BrokerSettings) -> str:
    async with trio.open_nursery() as nursery:
        keep = partial(keep_broker, settings, access_lines=lambda _: None)
        broker: Broker = await nursery.start(keep)
        nursery.cancel_scope.cancel()
        return broker.desk.metrics().decode()


def test_the_files_are_there_for_whoever_reads() -> None:
    for path in DEPLOY.iterdir():
        assert os.access(path, os.R_OK)
        assert path.name in (DEPLOY.parent / "deploy.md").read_text(encoding="utf-8")
