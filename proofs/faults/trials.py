"""The trials, in the order in which runs walk along them: each kind of fault once, then the rest of the grid."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from functools import partial

from proofs.faults import command_trials, disk_trials, lease_trials, token_trials
from proofs.faults.clock_trials import HOUR, JUMPS, YEAR, broker_clock, room_clock
from proofs.faults.door_trials import failing_accept, full_table, stumbling_accept
from proofs.faults.grid import LASTING, OF_THE_CHECKPOINTS, OF_THE_LOG, PASSING, Fault
from proofs.faults.ground import Ground
from proofs.figures import Figures

Run = Callable[[random.Random, str, Figures], Awaitable[None]]
Trial = Callable[[Ground], Run]  # takes what it needs of the ground, then runs


def _log(fault: Fault) -> Trial:
    return lambda ground: partial(disk_trials.fault_of_log, ground.room, fault)


def _tokens(fault: Fault) -> Trial:
    return lambda ground: partial(token_trials.fault_of_checkpoints, ground.room, fault)


def _leases(fault: Fault) -> Trial:
    return lambda ground: partial(lease_trials.fault_of_leases, ground.broker, fault)


def _room_clock(jump: int) -> Trial:
    return lambda ground: partial(room_clock, *ground.clocked_room, jump)


def _broker_clock(jump: int) -> Trial:
    return lambda ground: partial(broker_clock, *ground.clocked_broker, jump)


def _lasting(error: str) -> Trial:
    async def run(ground: Ground, choices: random.Random, name: str, figures: Figures) -> None:
        await failing_accept(ground.room.daemon, ground.post, error, figures)

    return lambda ground: (ground.room, partial(run, ground))[1]


def _passing(error: str) -> Trial:
    async def run(ground: Ground, choices: random.Random, name: str, figures: Figures) -> None:
        await stumbling_accept(ground.room.daemon, ground.post, error, figures)

    return lambda ground: (ground.room, partial(run, ground))[1]


def _full_room(ground: Ground) -> Run:
    daemon = ground.room.daemon

    async def run(choices: random.Random, name: str, figures: Figures) -> None:
        await full_table(daemon, ground.post, choices, figures)

    return run


def _full_broker(ground: Ground) -> Run:
    daemon = ground.broker.daemon

    async def run(choices: random.Random, name: str, figures: Figures) -> None:
        await full_table(daemon, ground.knock, choices, figures)

    return run


def _command(ground: Ground) -> Run:
    return partial(command_trials.fault_of_home, ground.desk)


_OF_LOG = {fault.name: _log(fault) for fault in OF_THE_LOG}
_OF_TOKENS = {fault.name: _tokens(fault) for fault in OF_THE_CHECKPOINTS}
_OF_LEASES = {fault.name: _leases(fault) for fault in OF_THE_CHECKPOINTS}
_EACH_ONCE: tuple[Trial, ...] = (
    lambda ground: partial(disk_trials.full_disk, ground.room),
    lambda ground: partial(disk_trials.file_at_its_end, ground.room),
    _OF_LOG["fdatasync of the log: EIO"],
    _OF_LOG["write of the log: EDQUOT"],
    _OF_LOG["write of the log: EINTR, every other time"],
    _OF_LOG["fdatasync of the log: EIO, opening it anew: EROFS"],
    _OF_LOG["all calls on the log: EIO"],
    _OF_TOKENS["rename of a checkpoint: EACCES"],
    _OF_TOKENS["openat of a checkpoint: EMFILE"],
    lambda ground: partial(token_trials.no_thread, ground.room),
    _full_room,
    _lasting("ENFILE"),
    _passing("ECONNABORTED"),
    _full_broker,
    lambda ground: partial(lease_trials.full_disk, ground.broker),
    _OF_LEASES["fsync of a checkpoint: EIO"],
    _room_clock(-HOUR),
    _room_clock(YEAR),
    _broker_clock(YEAR),
    _command,
    _command,
    _command,
)
_REST = (
    *(trial for table in (_OF_LOG, _OF_TOKENS, _OF_LEASES) for trial in table.values() if trial not in _EACH_ONCE),
    *(_lasting(error) for error in LASTING if error != "ENFILE"),
    *(_passing(error) for error in PASSING if error != "ECONNABORTED"),
    *(_room_clock(jump) for jump in JUMPS if jump not in (YEAR, -HOUR)),
    *(_broker_clock(jump) for jump in JUMPS if jump != YEAR),
    *[_command] * 11,
)
TRIALS: tuple[Trial, ...] = (*_EACH_ONCE, *_REST)
SHORT = len(_EACH_ONCE)
