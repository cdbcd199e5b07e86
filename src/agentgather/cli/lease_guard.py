"""`agentgather lease guard`: a commit that touches what somebody else has leased is refused, by a hook of git."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from agentgather.cli import git_hook
from agentgather.cli.exit_codes import OK
from agentgather.cli.failures import Failure, failure_of
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.git_repository import Repository
from agentgather.cli.lease import time_left
from agentgather.cli.output import Output, output_for, single
from agentgather.cli.turn import open_turn
from agentgather.client.errors import sole

if TYPE_CHECKING:
    from agentgather.client.lease_calls import HeldLease

PATIENCE_SECONDS = 2.0  # while nobody answers: a daemon may be starting again
ASK_SECONDS = 15.0  # nobody waits longer for a commit; then the room counts as out of reach
SHOWN_MAX = 20  # paths that a refusal names

Switch = Annotated[bool, Parameter(negative=())]


def guard(
    *,
    install: Switch = False,
    uninstall: Switch = False,
    check: Switch = False,
    strict: Switch = False,
    flags: Flags = ANYONE,
) -> int:
    """Keep a commit off what others have leased.

    Without --install or --uninstall it looks at what is staged here, as the hook does.

    Parameters
    ----------
    install
        Write a pre-commit hook into this repository. A hook of another is never overwritten.
    uninstall
        Take that hook away.
    check
        Look at what is staged, and end with 3 when somebody else has leased some of it.
    strict
        Refuse also when the room cannot be asked. Beside --install: let the hook do so.
    """
    if (install, uninstall, check).count(True) > 1:
        raise Failure("usage", "give one of --install, --uninstall and --check")
    repository = Repository.here()
    output = output_for(is_json=flags.json)
    if install:
        return _install(repository, output, words=_words(flags), is_strict=strict)
    if uninstall:
        return _uninstall(repository, output)
    return _check(repository, output, flags, is_strict=strict)


def _install(repository: Repository, output: Output, *, words: tuple[str, ...], is_strict: bool) -> int:
    hook = repository.hook_file(git_hook.HOOK)
    is_replaced = git_hook.install(hook, words=words, is_strict=is_strict)
    output.answer(
        {"ok": True, "hook": str(hook), "replaced": is_replaced}, f"commits here ask for leases: {single(hook)}"
    )
    if not repository.is_own(hook) and not output.is_json:
        output.note("note: core.hooksPath leads out of this repository: every one that uses it has this hook now")
    return OK


def _uninstall(repository: Repository, output: Output) -> int:
    hook = repository.hook_file(git_hook.HOOK)
    was_there = git_hook.uninstall(hook)
    told = f"taken away: {single(hook)}" if was_there else f"there is no hook at {single(hook)}"
    output.answer({"ok": True, "hook": str(hook), "removed": was_there}, told)
    return OK


def _check(repository: Repository, output: Output, flags: Flags, *, is_strict: bool) -> int:
    paths = repository.staged_paths()
    leases: Sequence[HeldLease] = ()
    if paths:
        try:
            leases = _others(flags)
        except Exception as error:
            failure = failure_of(sole(error))
            if failure is None:
                raise
            return _unasked(failure, output, is_strict=is_strict)
    if touched := list(_touched(paths, leases)):
        raise _held(touched)
    output.answer({"ok": True, "paths": len(paths), "asked": bool(paths)})
    return OK


def _others(flags: Flags) -> Sequence[HeldLease]:
    """The leases of everybody else."""
    import trio

    from agentgather.client.errors import Unreachable
    from agentgather.client.lease_calls import read_leases
    from agentgather.client.persist import persist

    turn = open_turn(flags)

    async def ask() -> Sequence[HeldLease]:
        async with turn.reach() as room:
            me = turn.seat.alias or (await room.status()).get("me")
            return [lease for lease in read_leases(await room.leases()) if lease.holder != me]

    async def ask_in_time() -> Sequence[HeldLease]:
        with trio.move_on_after(ASK_SECONDS):
            return await persist(ask, patience_seconds=PATIENCE_SECONDS)
        raise Unreachable(f"the room did not answer within {ASK_SECONDS:g} s")

    return trio.run(ask_in_time)


def _unasked(failure: Failure, output: Output, *, is_strict: bool) -> int:
    told = f"leases were not looked at: {failure.message}"
    if is_strict:
        failure.message = f"{told}; --strict refuses the commit"
        raise failure
    output.note(f"{told}; the commit goes through")
    output.answer({"ok": True, "paths": 0, "asked": False, "reason": failure.code})
    return OK


def _touched(paths: Sequence[str], leases: Sequence[HeldLease]) -> Iterator[tuple[str, str, HeldLease]]:
    """Each path with the glob and the lease it falls under, of the first lease that it does."""
    from agentgather.room.leases.globs import covers

    for path in paths:
        found = next(((glob, lease) for lease in leases for glob in lease.globs if covers(glob, path)), None)
        if found is not None:
            glob, lease = found
            yield path, glob.text, lease


def _held(touched: Sequence[tuple[str, str, HeldLease]]) -> Failure:
    lines = [
        f"{single(path)}: {single(lease.holder)} has leased {single(glob)} for {time_left(lease.seconds_left)} more"
        for path, glob, lease in touched[:SHOWN_MAX]
    ]
    if len(touched) > SHOWN_MAX:
        lines.append(f"and {len(touched) - SHOWN_MAX} more")
    holders = " or ".join(dict.fromkeys(single(lease.holder) for _, _, lease in touched))
    return Failure(
        "lease_held",
        "the commit touches what others have leased\n" + "\n".join(lines),
        hint=f"ask {holders} to release it, or leave these paths out of the commit",
    )


def _words(flags: Flags) -> tuple[str, ...]:
    """The flags that choose the same seat from wherever git runs the hook; none: the seat that is current then."""
    words: list[str] = []
    for name, value in (("--room", flags.room), ("--url", flags.url)):
        words += [name, value] if value is not None else []
    for name, path in (("--token-file", flags.token_file), ("--home", flags.home)):
        words += [name, str(Path(path).absolute())] if path is not None else []
    return tuple(words)
