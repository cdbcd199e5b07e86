"""Leases on paths, as the OpenAPI document describes them."""

from __future__ import annotations

from agentgather.api import paths
from agentgather.http.openapi_operation import NEW, NOTHING, Operation, okay
from agentgather.http.openapi_shapes import (
    ALIAS,
    BY_DEFAULT,
    MOMENT,
    YES,
    Schema,
    choice,
    fields,
    many,
    named,
    nullable,
    text,
    whole,
)
from agentgather.room.leases.globs import GLOB_UNITS_MAX
from agentgather.room.leases.lease import Ending
from agentgather.room.leases.rules import GLOBS_MAX, MINUTES, MINUTES_MAX
from agentgather.room.limits import RoomLimits

LEASE_ID = whole("the number of a lease", least=1, most=999_999_999)
_NOTE_UNITS_MAX = RoomLimits().lease_note_units_max
_GLOBS = many(text()) | {"minItems": 1, "maxItems": GLOBS_MAX}

LEASE_EVENTS: dict[str, dict[str, Schema]] = {
    "lease.taken": {"by": ALIAS, "lease": LEASE_ID, "globs": _GLOBS, "note": text(), "until": MOMENT},
    "lease.extended": {"by": ALIAS, "lease": LEASE_ID, "note": text(), "until": MOMENT},
    "lease.ended": {"by": ALIAS, "lease": LEASE_ID, "ending": choice(Ending)},
}

LEASE_FACTS: dict[str, Schema] = {  # of `lease_held`, beside its holder
    "lease": LEASE_ID,
    "globs": _GLOBS,
    "until": MOMENT,
}

LEASES_TAKEN: dict[str, Schema] = {
    "NewLease": fields(
        {
            "globs": {
                "anyOf": [text(), _GLOBS],
                "description": f"of paths from the top of the project, {GLOB_UNITS_MAX} characters each at most",
                "examples": [["src/http/**", "docs/*.md"]],
            }
        },
        {
            "minutes": nullable(whole(f"{MINUTES} when not said", least=1, most=MINUTES_MAX)),
            "note": text(f"{_NOTE_UNITS_MAX} characters at most {BY_DEFAULT}"),
        },
    )
}

LEASES_ANSWERED: dict[str, Schema] = {
    "Lease": fields(
        {
            "id": LEASE_ID,
            "holder": ALIAS,
            "globs": _GLOBS,
            "note": text(),
            "taken_at": MOMENT,
            "until": MOMENT,
            "seconds_left": whole(),
        },
        description="Until `until`, nobody but `holder` works on what `globs` match.",
    )
}

LEASE_OPERATIONS: dict[tuple[str, str], Operation] = {
    ("GET", paths.LEASES): Operation("listLeases", "The leases that hold now", okay(leases=many(named("Lease")))),
    ("POST", paths.LEASES): Operation(
        "takeLease",
        "Hold paths for a while: 201 with a new lease, 200 when the same globs were yours and now are for longer",
        okay(lease=named("Lease")),
        (
            *NEW,
            "read_only",
            "loop_guard",
            "invalid_glob",
            "invalid_lease",
            "lease_held",
            "lease_limit",
            "lease_not_found",
        ),
        body=named("NewLease"),
        status=201,
        another=(200, okay(lease=named("Lease"), extended=YES)),
        another_means="it was held already",
    ),
    ("POST", paths.RELEASE_LEASE): Operation(
        "releaseLease",
        "End a lease before its time, as its holder or the host; one that is over stays over",
        okay(lease_id=LEASE_ID),
        (*NEW, "lease_not_found", "not_holder"),
        body=NOTHING,
    ),
}
