"""One target under atheris, in a process of its own: `python -m fuzz.engine codec|link|requests LIBFUZZER_OPTIONS…`."""

from __future__ import annotations

import importlib
import shlex
import sys

import atheris

_WIRE = ["agentgather.wire", "json.decoder", "json.scanner"]
INSTRUMENTED = {
    "codec": _WIRE,
    "link": _WIRE,
    "requests": ["agentgather.serving", "agentgather.api", "h11", "json.decoder"],
}


def main() -> None:
    """Does not return: libFuzzer ends the process, with 0 when nothing was found."""
    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=INSTRUMENTED[name]):
        target = importlib.import_module(f"fuzz.fuzz_{name}")
    # A merge runs itself again, as a command of the shell made from this and the options.
    sys.argv[0] = shlex.join((sys.executable, "-m", "fuzz.engine", name))
    atheris.Setup(sys.argv, target.explore)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
