"""What each route is for, takes and answers, said once for the OpenAPI document. What a route itself knows is not here."""

from __future__ import annotations

from agentgather.api import paths
from agentgather.api.search_query import FOUND_RECORDS, FOUND_RECORDS_MAX
from agentgather.http.openapi_contracts import contract_operations
from agentgather.http.openapi_delivery import delivery_operations
from agentgather.http.openapi_leases import LEASE_OPERATIONS
from agentgather.http.openapi_operation import DISK, JSON_TYPE, NEW, NOTHING, WRITE, Operation, okay
from agentgather.http.openapi_people import PEOPLE_OPERATIONS
from agentgather.http.openapi_shapes import (
    ALIAS,
    CURSOR,
    LENGTH,
    MOMENT,
    ROOM_STATUS,
    choice,
    fields,
    many,
    named,
    nullable,
    text,
    whole,
)
from agentgather.http.openapi_tasks import task_operations
from agentgather.http.openapi_wakes import WAKES_OPERATIONS
from agentgather.room.message import MessageType
from agentgather.room.participant import Policy
from agentgather.room.search import QUERY_TERMS_MAX, QUERY_UNITS_MAX
from agentgather.settings.shape import ApiLimits
from agentgather.transcript.formats import FORMATS

_RETRACT = (*WRITE, "message_not_found", "not_author", "not_retractable")


def operations(rules: ApiLimits) -> dict[tuple[str, str], Operation]:
    """Every operation by method and path; `rules` are the bounds of what a request may ask for."""
    limit = {"limit": whole("records at most", least=1, most=rules.page_records_max)}
    hold = {
        "type": "number",
        "minimum": 0,
        "maximum": rules.hold_seconds_max,
        "description": f"seconds to be held while there is no news; {rules.hold_seconds:g} when not said",
    }
    peek = choice(("0", "1")) | {"description": "1: only look; nobody is seen for it, and no mark moves"}
    return {
        ("GET", paths.STATUS): Operation(
            "status", "Who is here, what holds, and how far everybody is", named("Status")
        ),
        ("GET", paths.MESSAGES): Operation(
            "listMessages",
            "A page of records: those after since_id, or the last ones before before_id",
            named("Page"),
            ("invalid_since_id", "invalid_before_id", "invalid_limit", "conflicting_cursor"),
            query={"since_id": CURSOR, "before_id": CURSOR, **limit},
        ),
        ("POST", paths.MESSAGES): Operation(
            "postMessage",
            "Say something: 201 once it is on disk, 200 when this client_msg_id had been said before",
            named("Said"),
            (
                *NEW,
                "read_only",
                "loop_guard",
                "id_reused",
                "invalid_text",
                "text_too_long",
                "invalid_reply_to",
                "invalid_client_msg_id",
                "invalid_to",
                "invalid_context",
                "invalid_need_reply",
                "invalid_done",
            ),
            body=named("Post"),
            status=201,
            another=(200, named("SaidBefore")),
            another_means="it was said before",
        ),
        ("GET", paths.MESSAGE): Operation("showMessage", "One record by its id", named("Said"), ("message_not_found",)),
        ("POST", paths.RETRACT): Operation(
            "retractMessage",
            "Take a message back: every door shows it empty from now on",
            named("Said"),
            _RETRACT,
            body=NOTHING,
        ),
        ("POST", paths.SCRUB): Operation(
            "scrubMessage",
            "Take a message back and its text out of the log, for good",
            named("Said"),
            _RETRACT,
            body=NOTHING,
        ),
        **delivery_operations(hold),
        ("GET", paths.SEARCH): Operation(
            "search",
            "The records that hold all words of q and fit the filters, newest first; at least one of them is given",
            named("Found"),
            ("invalid_query", "invalid_type", "invalid_alias", "invalid_before_id", "invalid_limit"),
            query={
                "q": text(
                    f"up to {QUERY_TERMS_MAX} words, each found within longer ones, whatever the case; "
                    "words between double quotes stay together",
                    maxLength=QUERY_UNITS_MAX,
                    examples=['"held wait" index'],
                ),
                "from": ALIAS | {"description": "whose records", "examples": ["system"]},
                "type": choice(MessageType, examples=["message"]),
                "mentions": ALIAS | {"description": "whom they call"},
                "before_id": CURSOR,
                "limit": whole(
                    f"records at most; {FOUND_RECORDS} when not said",
                    least=1,
                    most=min(FOUND_RECORDS_MAX, rules.page_records_max),
                ),
            },
        ),
        ("GET", paths.LOG): Operation(
            "log",
            "Sealed lines of the log, which whoever holds them can verify; an empty answer is the end",
            text("each line is a SealedRecord"),
            ("invalid_since_id", "invalid_limit"),
            query={"since_id": CURSOR, **limit},
            media_type="application/x-ndjson",
        ),
        ("GET", paths.EXPORT): Operation(
            "export",
            "The whole room as one file, in the media type of its format",
            named("Export"),
            ("invalid_format",),
            query={"format": choice(FORMATS, default="md")},
            more_media_types=tuple(one.media_type for one in FORMATS.values() if one.media_type != JSON_TYPE),
        ),
        ("GET", paths.EXPORT_PARTS): Operation(
            "exportPart",
            "A part of that file, small enough for any way; the texts of all parts, joined, are the file",
            named("ExportPart"),
            ("invalid_format", "invalid_since_id"),
            query={"format": choice(FORMATS, default="md"), "since_id": CURSOR},
        ),
        ("GET", paths.TRANSCRIPT): Operation(
            "transcript",
            "The room to read and to print, a page at a time, the newest first; nothing runs in it",
            text(),
            ("invalid_before_id",),
            query={"before_id": CURSOR},
            media_type="text/html",
        ),
        ("GET", paths.WAIT): Operation(
            "wait",
            "Held until there is something to hear; says why it ended, and to somebody removed that they were",
            named("Wait"),
            ("participant_mismatch", "invalid_since_id", "invalid_hold", "invalid_peek", "wait_limit"),
            query={"participant": ALIAS, "since_id": CURSOR, "hold": hold, "peek": peek},
        ),
        ("GET", paths.EVENTS): Operation(
            "events",
            "Records as server-sent events; Last-Event-ID, else since_id, says what the reader already has",
            named("StreamEvent"),
            ("invalid_since_id", "wait_limit"),
            query={"since_id": CURSOR},
            headers={"Last-Event-ID": CURSOR},
            media_type="text/event-stream",
        ),
        ("POST", paths.READ): Operation(
            "markRead",
            "Say how far you have read; it never moves backwards",
            okay(read_id=CURSOR),
            ("invalid_through_id", *DISK),
            body=fields({"through_id": CURSOR}),
        ),
        ("GET", paths.CARD): Operation(
            "card",
            "Your Attend Card as text or, when JSON is accepted, as fields",
            named("Card"),
            is_also_text=True,
        ),
        **PEOPLE_OPERATIONS,
        ("GET", paths.BRIEF): Operation("showBrief", "The room's brief", okay(brief=named("Brief"))),
        ("POST", paths.BRIEF): Operation(
            "setBrief",
            "Replace the room's brief",
            okay(brief=named("Brief")),
            (*NEW, "brief_too_large", "loop_guard"),
            body=named("NewBrief"),
        ),
        ("POST", paths.ATTENDANCE): Operation(
            "setAttendance",
            "Say what is expected of attendance; it blocks nothing",
            okay(attendance_policy=choice(Policy)),
            (*NEW, "invalid_policy"),
            body=fields({"policy": choice(Policy)}),
        ),
        **task_operations(),
        **LEASE_OPERATIONS,
        ("POST", paths.SESSION): Operation(
            "setSession",
            "Start or end a session: the time in which everybody is expected to work together",
            okay(session=nullable(named("Session"))),
            (*NEW, "invalid_session", "invalid_policy", "session_active", "no_active_session", "loop_guard"),
            body=named("SessionChange"),
        ),
        **contract_operations(),
        **WAKES_OPERATIONS,
        ("POST", paths.EXTEND): Operation(
            "extend",
            "Move the room's end, or take it away",
            okay(expires_at=nullable(MOMENT)),
            (*NEW, "invalid_ttl"),
            body=fields({"ttl": LENGTH}),
        ),
        ("POST", paths.CONTINUE): Operation(
            "continue",
            "Let agents that the loop guard paused speak again",
            okay(continued=many(ALIAS)),
            (*NEW, "loop_guard"),
            body=NOTHING,
        ),
        ("POST", paths.CLOSE): Operation(
            "close",
            "Close the room for good; again changes nothing",
            okay(room_status=ROOM_STATUS),
            (*DISK, "rate_limited"),
            body=NOTHING,
        ),
        ("GET", paths.HEALTH): Operation(
            "health",
            "Whether every room here can record",
            named("Health"),
            another=(503, named("Trouble")),
            another_means="a room cannot record",
        ),
        ("GET", paths.OPENAPI): Operation("openapi", "This document", {"type": "object", "required": ["openapi"]}),
    }
