"""`agentgather config`: every setting, its value, and where it came from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from agentgather.cli.columns import columns
from agentgather.cli.failures import Failure
from agentgather.cli.host_flags import NO_FLAGS, HomeFlags, settle
from agentgather.cli.output import Output, output_for
from agentgather.settings.sources import FILE_NAME, Chosen, Source
from agentgather.settings.values import Value
from agentgather.store.home import Home


def config(
    *,
    broker: Annotated[bool, Parameter(negative=())] = False,
    config: Annotated[str | None, Parameter(name="--config")] = None,
    flags: HomeFlags = NO_FLAGS,
) -> None:
    """Show every setting, its value, and where it came from. What is not the default is marked.

    Precedence: a flag of `agentgather room serve`, then AGENTGATHER_<NAME>, then agentgather.toml in the home.

    Parameters
    ----------
    broker
        The settings of `agentgather broker serve` instead, whose variables are AGENTGATHER_BROKER_<NAME>.
    config
        With --broker: its file. Or AGENTGATHER_BROKER_CONFIG; default: none.
    """
    output = output_for(is_json=flags.json)
    if config is not None and not broker:
        raise Failure("usage", "--config names the file of a broker", field="config", hint="add --broker")
    chosen, path = _of_broker(config) if broker else _of_daemon(flags.open_home())
    has_file = path is not None and path.exists()
    answer = {
        "ok": True,
        "file": None if path is None else str(path),
        "has_file": has_file,
        "settings": [_told(one) for one in chosen],
    }
    there = "" if has_file else " (not there; every key below may stand in it)"
    lines = ["no file; every key below may stand in one" if path is None else f"{path}{there}"]
    for area in dict.fromkeys(one.setting.area for one in chosen):
        lines += ["", f"[{area}]", *_rows([one for one in chosen if one.setting.area == area], output)]
    output.answer(answer, *lines)


def _of_daemon(home: Home) -> tuple[list[Chosen], Path | None]:
    return list(settle(home).chosen.values()), home.root / FILE_NAME


def _of_broker(config: str | None) -> tuple[list[Chosen], Path | None]:
    from agentgather.cli.broker_settings import config_file, settle_broker

    path = config_file(config)
    return list(settle_broker(flags={}, environ=os.environ, path=path).chosen.values()), path


def _rows(chosen: list[Chosen], output: Output) -> list[str]:
    lines = columns([(one.setting.name, _toml(one.value), one.setting.unit, one.origin) for one in chosen])
    return [
        line if one.source is Source.DEFAULT else output.paint(line, "1")
        for one, line in zip(chosen, lines, strict=True)
    ]


def _told(one: Chosen) -> dict[str, Value]:
    setting = one.setting
    return {
        "name": setting.name,
        "area": setting.area,
        "value": one.value,
        "default": setting.default,
        "unit": setting.unit,
        "source": one.source.value,
        "origin": one.origin,
        "flag": setting.flag,
        "variable": setting.env,
        "doc": setting.doc,
    }


def _toml(value: Value) -> str:
    if value is None:
        return '""'
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
