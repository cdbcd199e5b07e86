"""`agentgather config`: every setting, its value, and where it came from."""

from __future__ import annotations

from agentgather.cli.columns import columns
from agentgather.cli.host_flags import NO_FLAGS, HomeFlags, settle
from agentgather.cli.output import Output, output_for
from agentgather.settings.sources import FILE_NAME, Chosen, Source
from agentgather.settings.values import Value


def config(*, flags: HomeFlags = NO_FLAGS) -> None:
    """Show every setting, its value, and where it came from. What is not the default is marked.

    Precedence: a flag of `agentgather room serve`, then AGENTGATHER_<NAME>, then agentgather.toml in the home.
    """
    output, home = output_for(is_json=flags.json), flags.open_home()
    configuration = settle(home)
    told = [_told(one) for one in configuration.chosen.values()]
    path = home.root / FILE_NAME
    answer = {"ok": True, "file": str(path), "has_file": path.exists(), "settings": told}
    lines = [f"{path}" + ("" if path.exists() else " (not there; every key below may stand in it)")]
    for area in dict.fromkeys(one.setting.area for one in configuration.chosen.values()):
        chosen = [one for one in configuration.chosen.values() if one.setting.area == area]
        lines += ["", f"[{area}]", *_rows(chosen, output)]
    output.answer(answer, *lines)


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
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
