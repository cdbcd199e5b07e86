"""What the commands' exit codes mean (docs/cli.md, Exit codes), and which one an error gets."""

from __future__ import annotations

OK = 0
BUG = 1  # unexpected: ours to mend
USAGE = 2  # the command line or a setting is wrong; nothing was done
REFUSED = 3  # the room said no
NOT_FOUND = 4  # no such room, seat, message or file
UNREACHABLE = 5  # nobody answered; trying again may help
DAMAGED = 6  # a file of ours exists and cannot be trusted
INTERRUPTED = 130  # Ctrl-C, or whoever read our output went away

_EXIT_OF = {
    "internal_error": BUG,
    "usage": USAGE,
    "invalid_setting": USAGE,
    "not_an_export": USAGE,
    "no_keys_file": USAGE,
    "not_found": NOT_FOUND,
    "no_room": NOT_FOUND,
    "room_not_found": NOT_FOUND,
    "seat_not_found": NOT_FOUND,
    "file_not_found": NOT_FOUND,
    "message_not_found": NOT_FOUND,
    "lease_not_found": NOT_FOUND,
    "no_repository": NOT_FOUND,
    "unknown_participant": NOT_FOUND,
    "task_not_found": NOT_FOUND,
    "contract_not_found": NOT_FOUND,
    "version_not_found": NOT_FOUND,
    "route_not_found": NOT_FOUND,
    "no_tunnel": NOT_FOUND,
    "unknown_key": NOT_FOUND,
    "unreachable": UNREACHABLE,
    "not_served": UNREACHABLE,
    "no_broker": UNREACHABLE,
    "host_unavailable": UNREACHABLE,
    "storage_unavailable": UNREACHABLE,
    "not_a_room": UNREACHABLE,
    "too_busy": UNREACHABLE,
    "shutting_down": UNREACHABLE,
    "damaged": DAMAGED,
    "interrupted": INTERRUPTED,
}


def exit_code_of(code: str) -> int:
    """The exit code of an error called `code`; whatever the room answers that is not listed is a refusal."""
    return _EXIT_OF.get(code, REFUSED)
