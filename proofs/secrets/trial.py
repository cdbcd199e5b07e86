"""One trial: every surface is driven, then all that is left is searched."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from tests.journeys.people import Somebody

from proofs.figures import Figures
from proofs.proof import Batch, Disproved
from proofs.secrets import browser, surfaces
from proofs.secrets.bugs import what_a_bug_leaves
from proofs.secrets.meant import Leak, content_of, files_below, is_meant, leaks_below, open_to_others, what_of
from proofs.secrets.processes import ProcessWatch
from proofs.secrets.shape import found, named
from proofs.secrets.stage import Stage, set_up

LOOK_SECONDS = 0.02  # between two looks at all processes: a curl that waits for a second is seen many times
# What a trial itself writes for those who are handed something.
HANDED = ("agent/setup.sh",)


def run(batch: Batch) -> None:
    for number in batch:
        folder = batch.folder / str(number)
        folder.mkdir()
        _trial(folder, batch.random(number), batch.figures)


def _trial(folder: Path, choices: random.Random, figures: Figures) -> None:
    watch = ProcessWatch(os.getpid(), interval_seconds=LOOK_SECONDS)
    watch.start()
    try:
        with set_up(folder, log_format=choices.choice(("text", "json"))) as stage:
            guests = [
                _invited(stage, alias, kind) for alias, kind in (("bob", "agent"), ("june", "human"), ("kay", "human"))
            ]
            surfaces.everything_over_http(stage, guests[0], choices)
            surfaces.the_commands(stage, guests[0])
            surfaces.an_agent_of_the_cards(stage, guests[0], folder / "agent")
            if browser.browser_path() is not None:
                figures.count(
                    "addresses of a browser",
                    browser.visit(guests[1], folder / "profile", name="June", is_private=False),
                )
                figures.count(
                    "addresses of a browser", browser.visit(guests[2], folder / "private", name="Kay", is_private=True)
                )
            surfaces.a_host_that_is_away(stage, guests[0])
            stage.told |= what_a_bug_leaves(guests[0].token)
            watch.stop()
            _search(stage, watch, {one.token for one in guests} | {stage.host.token}, figures)
    finally:
        watch.stop()


def _invited(stage: Stage, alias: str, kind: str) -> Somebody:
    """A seat by the command, whose answer is for the host alone."""
    issued = stage.tell("room", "invite", alias, "--kind", kind, "--json", is_secret=True).answer
    guest = Somebody(stage.host.url, issued["token"])
    assert all(guest.token in issued[name] for name in ("browser_url", "card_command"))
    return guest


def _search(stage: Stage, watch: ProcessWatch, tokens: set[str], figures: Figures) -> None:
    """Raises Disproved with every place that a secret was found in."""
    leaks = set(watch.leaks)
    leaks |= {Leak(where, what_of(secrets)) for where, content in stage.told.items() if (secrets := found(content))}
    leaks |= set(leaks_below(stage.folder, also=(*HANDED, *(f"profile/{name[2:]}" for name in browser.REMEMBERED))))
    names = {**stage.words, **_digests(tokens)}
    for where, content in _everything(stage):
        figures.count("places searched")
        figures.count("bytes searched", len(content))
        leaks |= {Leak(where, name) for name in named(content, names)}
    leaks |= set(_open_to_others(stage))
    figures.count("processes watched", len(watch.seen))
    figures.count("secrets that were issued", len(tokens) + len(stage.words))
    figures.count("secrets out of their place", len(leaks))
    if leaks:
        raise Disproved("secrets are out of their place:\n" + "\n".join(sorted(map(str, leaks))))


def _digests(tokens: set[str]) -> dict[str, bytes]:
    """What a token is compared by: for the roster's file only."""
    return {f"the digest of {token[:8]}…": sha256(token.encode()).hexdigest().encode() for token in tokens}


def _everything(stage: Stage) -> Iterator[tuple[str, bytes]]:
    yield from stage.told.items()
    for path in files_below(stage.folder):
        if not is_meant(path) and path.name != "participants.json":
            yield str(path.relative_to(stage.folder)), content_of(path)


def _open_to_others(stage: Stage) -> Iterator[Leak]:
    """What of all that a command wrote others may open."""
    exports = [path for path in stage.folder.iterdir() if path.name.startswith("export.")]
    agents = [path for path in (stage.folder / "agent").iterdir() if is_meant(path)]
    if len(exports) != len(surfaces.EXPORTS) or len(agents) != 1:
        raise Disproved(f"{len(exports)} exports and {len(agents)} agents' files are there to be looked at")
    for folder in (stage.home, stage.folder / "operator"):
        yield from open_to_others(folder)
    for path in (*exports, *agents):
        if path.stat().st_mode & 0o077:
            yield Leak(path.name, "others may open it")
