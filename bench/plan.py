"""How long and how much: the whole benchmark, or a quick look that takes seconds."""

from __future__ import annotations

from dataclasses import dataclass

CONNECTIONS = (1, 16, 64)
HISTORIES = (1_000, 10_000, 50_000)
WAITERS = (1, 10, 20, 100, 1_000)  # 20 is the one that is known of the other server


@dataclass(frozen=True, slots=True)
class Plan:
    histories: tuple[int, ...] = HISTORIES
    connections: tuple[int, ...] = CONNECTIONS
    waiters: tuple[int, ...] = WAITERS
    load_seconds: float = 3.0
    wakes: int = 7  # after everybody has re-armed; the middle one is told
    starts: int = 3
    cold_starts: int = 11
    held_waits: int = 1_000
    stack_waiters: int = 1_000
    stack_turns: int = 5  # of each server, one after the other; the middle one is told
    stack_seconds: float = 2.0
    tunnel_connections: tuple[int, ...] = (1, 32, 64)
    tunnel_waiters: tuple[int, ...] = (1, 10, 100)
    tunnel_turns: int = 3  # of each door, one after the other, so that all see the same machine; the middle one is told
    held_streams: int = 500
    breaks: int = 5
    break_seconds: tuple[float, ...] = (0.0, 3.0)
    page_loads: int = 5  # of the browser room, each in a browser that has nothing of it; the middle one is told
    talk_seconds: float = 10.0  # while the page is watched
    calm_seconds: float = 3.5  # before each: a link that broke a moment ago is dialled again more patiently


QUICK = Plan(
    histories=(1_000,),
    connections=(1, 16),
    waiters=(1, 20, 100),
    load_seconds=0.4,
    wakes=2,
    starts=1,
    cold_starts=3,
    held_waits=100,
    stack_waiters=100,
    stack_turns=1,
    stack_seconds=0.4,
    tunnel_connections=(1, 32),
    tunnel_turns=1,
    held_streams=100,
    breaks=2,
    break_seconds=(0.0, 1.0),
    page_loads=1,
    talk_seconds=2.0,
    calm_seconds=0.0,
)
