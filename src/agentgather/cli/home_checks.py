"""What doctor looks at on this machine: the home, its settings, its disk, and the files of a room it hosts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from agentgather.cli.check import Check
from agentgather.cli.exit_codes import DAMAGED, NOT_FOUND, REFUSED
from agentgather.cli.failures import failure_of
from agentgather.client.daemon import is_living
from agentgather.room.names import RoomId
from agentgather.store.home import Home
from agentgather.store.json_files import read_document
from agentgather.store.lock import RoomLock, holder_of
from agentgather.store.modes import WideMode, wide_modes

FREE_BYTES_LEAST = 64 * 1024 * 1024  # a long room's log and a repair's copy of it
SHOWN_MAX = 3


def home_checks(home: Home) -> Iterator[Check]:
    if not home.root.is_dir():
        yield Check("home", f"{home.root} is not there yet; the first room makes it", NOT_FOUND)
        return
    yield Check("home", str(home.root))
    yield _permissions(home)
    yield _guarded("settings", lambda: _settings(home))
    free = shutil.disk_usage(home.root).free
    megabytes = f"{free // (1024 * 1024)} MB free"
    yield (
        Check("free-disk", megabytes)
        if free >= FREE_BYTES_LEAST
        else Check("free-disk", f"only {megabytes}; a room stops recording when nothing is left", REFUSED)
    )


def room_checks(home: Home, room: RoomId) -> Iterator[Check]:
    """The files of a room that this home hosts."""
    yield _guarded("room-state", lambda: _room_state(home, room))
    yield Check("messages-log", f"{home.messages_file(room).stat().st_size} bytes")
    yield _chain(home, room)
    yield _guarded("participants", lambda: _participants(home, room))
    yield _guarded("deliveries", lambda: _deliveries(home, room))
    old = home.old_tokens_file(room)
    yield Check("token-store", "0.1 left tokens in clear in tokens.json" if old.exists() else "no token lies in clear")
    holder = holder_of(home.lock_file(room))
    yield Check("writer-lock", "free" if holder is None else f"held by process {holder or 'of unknown number'}")
    yield _guarded("daemon-file", lambda: _daemon_file(home, room))


def _guarded(name: str, look: Callable[[], Check]) -> Check:
    """What `look` finds; a file that cannot be understood is a finding, not an end."""
    try:
        return look()
    except Exception as error:
        failure = failure_of(error)
        if failure is None:
            raise
        return Check(name, failure.message, failure.exit_code)


def _permissions(home: Home) -> Check:
    wide = list(wide_modes(home))
    if not wide:
        return Check("permissions", "nobody else can read this home")
    shown = ", ".join(f"{one.path} ({one.mode:03o})" for one in wide[:SHOWN_MAX])
    more = f" and {len(wide) - SHOWN_MAX} more" if len(wide) > SHOWN_MAX else ""
    return Check("permissions", f"others may use {shown}{more}", REFUSED, mend=lambda: _tighten(wide))


def _tighten(wide: list[WideMode]) -> str:
    for one in wide:
        one.path.chmod(one.advised)
    return "what others could use is yours alone now: " + ", ".join(str(one.path) for one in wide)


def _settings(home: Home) -> Check:
    from agentgather.settings.sources import configure

    configuration = configure(flags={}, environ=os.environ, home=home.root)
    changed = [name for name in configuration.chosen if not configuration.is_default(name)]
    return Check("settings", f"changed: {', '.join(changed)}" if changed else "all as they come")


def _room_state(home: Home, room: RoomId) -> Check:
    document = read_document(home.room_file(room))
    if not isinstance(document, dict):
        return Check("room-state", "room.json is missing or damaged; opening the room writes it anew from the log")
    return Check("room-state", f"{document.get('status')}, through record {document.get('through_id', '?')}")


def _participants(home: Home, room: RoomId) -> Check:
    from agentgather.store.documents import load_roster

    seats = load_roster(home, room)
    if not seats:
        return Check("participants", "the roster is lost, and with it every token; rotate each seat", DAMAGED)
    return Check("participants", "seats: " + ", ".join(seat.participant.alias for seat in seats))


def _deliveries(home: Home, room: RoomId) -> Check:
    from agentgather.store.delivery_file import kept_aside
    from agentgather.store.delivery_reading import load_deliveries

    reading = load_deliveries(home, room)
    if reading.faults:
        told = f"{reading.faults[0]}; the {len(reading.marks)} that are whole count"
        return Check("deliveries", told, DAMAGED, mend=lambda: _mend_deliveries(home, room))
    torn = f"; a torn end of {reading.torn_bytes} bytes was never acknowledged" if reading.torn_bytes else ""
    aside = kept_aside(home.deliveries_file(room))
    kept = (
        f"; what could not be read once is kept as {', '.join(one.name for one in aside[-SHOWN_MAX:])}" if aside else ""
    )
    return Check("deliveries", f"{len(reading.marks)} marks of what became of messages{torn}{kept}")


def _mend_deliveries(home: Home, room: RoomId) -> str:
    from agentgather.store.delivery_file import mend_deliveries

    kept, aside = mend_deliveries(home, room, now=datetime.now(UTC))
    return f"{kept} marks stand as they stood, what was damaged is forgotten" + (
        f", the file as it was is {aside}" if aside else ""
    )


def _chain(home: Home, room: RoomId) -> Check:
    from agentgather.store.verify import verify

    report = verify(home.room_directory(room))
    if report.faults:
        fault = report.faults[0]
        more = f" (and {len(report.faults) - 1} more)" if len(report.faults) > 1 else ""
        return Check("chain", f"line {fault.line}: {fault.reason}{more}", DAMAGED, mend=lambda: _repair(home, room))
    torn = f"; a torn end of {report.torn_bytes} bytes was never acknowledged" if report.torn_bytes else ""
    return Check("chain", f"{report.records} records, head {report.head or 'none: written by 0.1'}{torn}")


def _repair(home: Home, room: RoomId) -> str:
    from agentgather.store.repair import repair

    report = repair(home, room, now=datetime.now(UTC))
    told = [
        f"{report.untouched} records stand as they stood",
        *([f"{len(report.resealed)} have a new seal"] if report.resealed else []),
        *([f"{len(report.doubtful)} are kept although nothing vouches for them"] if report.doubtful else []),
        *([f"{len(report.set_aside)} lines lie in {report.quarantine}"] if report.set_aside else []),
        *([f"{len(report.lost)} are lost"] if report.lost else []),
        f"the log as it was is {report.original}",
    ]
    return ", ".join(told)


def _daemon_file(home: Home, room: RoomId) -> Check:
    note = home.daemon(room)
    if note is None:
        return Check("daemon-file", "nobody serves the room")
    if is_living(note):
        return Check("daemon-file", f"process {note.pid} serves the room at {note.url}")
    message = f"process {note.pid} is gone and left its note behind"
    return Check("daemon-file", message, REFUSED, mend=lambda: _forget(home, room))


def _forget(home: Home, room: RoomId) -> str:
    from agentgather.room.message import timestamp

    lock = RoomLock.take(home.lock_file(room), now=timestamp(datetime.now(UTC)))
    try:
        home.forget_daemon(room)
    finally:
        lock.release()
    return "the note is gone"
