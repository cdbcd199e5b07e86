"""Who meets in a trial: how many agents of which characters, in one room or two, under which number of the guard."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from proofs.loops.characters import TALKATIVE, Character

POSTS_MAX = (2, 3, 5, 8, 13, 30)  # 30 is what a room has when its host sets nothing
AGENTS_MAX = 5
BESIDE_EVERY = 6  # trials, one of which has an agent with the command line, and one with curl


@dataclass(frozen=True, slots=True)
class Constellation:
    """What one trial tries. `characters` are those of the agents of each room; all of them answer everything."""

    posts_max: int
    characters: tuple[tuple[Character, ...], ...]
    host_is_agent: bool
    has_cli: bool
    has_curl: bool
    is_copied: bool  # an agent copies from each room to the other
    interjections: tuple[tuple[int, ...], ...]  # of each round: after how many of its records a person speaks

    @property
    def rounds(self) -> int:
        return len(self.interjections)


def constellation(number: int, choices: Random) -> Constellation:
    """The one of trial `number`. Those with processes beside us are small: a process for each word is slow."""
    has_cli, has_curl = number % BESIDE_EVERY == 1, number % BESIDE_EVERY == 4
    is_small = has_cli or has_curl
    rooms = 1 if is_small else choices.choice((1, 1, 2))
    posts_max = choices.choice(POSTS_MAX[:2] if is_small else POSTS_MAX)
    agents = 1 if is_small else choices.choice((2, 2, 3, 3, 4, AGENTS_MAX))
    host_is_agent = not is_small and choices.random() < 0.3
    rounds = 2 if is_small else choices.choice((2, 3))
    interjections = [() if is_small else _interjections(choices) for _ in range(rounds)]
    return Constellation(
        posts_max,
        tuple(tuple(choices.choice(TALKATIVE) for _ in range(agents)) for _ in range(rooms)),
        host_is_agent,
        has_cli,
        has_curl,
        rooms == 2,
        tuple(interjections),
    )


def _interjections(choices: Random) -> tuple[int, ...]:
    return tuple(sorted(choices.randrange(1, 30) for _ in range(choices.choice((0, 1, 2)))))
