"""Errors where a running process asks its kernel: strace answers in the kernel's place (strace(1), "Tampering")."""

from __future__ import annotations

import subprocess
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import trio

from proofs.faults.small_disk import NotPermitted

PATIENCE_SECONDS = 30


@contextmanager
def injected(
    pid: int, injections: Sequence[str], *, within: Sequence[Path] = (), noted: Path = Path("/dev/null")
) -> Iterator[None]:
    """For as long as the context lasts, `injections` hold for every thread of `pid`: "fdatasync:error=EIO:when=2+".

    `when` counts for each thread; a call without an error is only watched. Where paths are named, only calls on those files
    are meant. Each call is a line of the file `noted`, which is whole when the context is left.
    """
    calls = ",".join(dict.fromkeys(one.partition(":")[0] for one in injections))
    command = ["strace", "-f", "-p", str(pid), "-o", str(noted), "-e", f"trace={calls}"]
    for path in within:
        command += ["-P", str(path)]
    for one in injections:
        command += ["-e", f"inject={one}"] if ":" in one else []
    tracer = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _wait_until_attached(tracer)
        yield
    finally:
        tracer.terminate()  # it lets go of the process, which goes on
        tracer.communicate(timeout=PATIENCE_SECONDS)


def _wait_until_attached(tracer: subprocess.Popen[str]) -> None:
    assert tracer.stderr is not None
    said = []
    for line in tracer.stderr:
        if " attached" in line:
            return
        said.append(line)
    raise NotPermitted(f"strace may not trace here: {''.join(said).strip()}")


class Entered:
    """A context that was entered elsewhere, and may be left before its block is over."""

    def __init__(self, context: AbstractContextManager[None]) -> None:
        self._context = context
        self._context.__enter__()
        self._is_left = False

    def _leave(self) -> None:
        if not self._is_left:
            self._is_left = True
            self._context.__exit__(None, None, None)

    def __enter__(self) -> Callable[[], Awaitable[None]]:
        async def leave() -> None:
            await trio.to_thread.run_sync(self._leave)

        return leave

    def __exit__(self, *_: object) -> None:
        self._leave()


async def entered(context: AbstractContextManager[None]) -> Entered:
    """Enter what takes a moment, while everybody else goes on."""
    return await trio.to_thread.run_sync(Entered, context)
