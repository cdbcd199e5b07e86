"""The route table: every method and path of the room's API, who may use it, and which resource answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from quart.wrappers import Response

from agentgather.api import paths
from agentgather.http import (
    card,
    contracts,
    delivery,
    export,
    leases,
    log_lines,
    messages,
    people,
    searching,
    status,
    steering,
    stream,
    tasks,
    transcript,
    waiting,
    wakes,
)
from agentgather.serving.answer import Answer


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one path; a resource that has nothing to wait for is a plain function.

    `is_host_only` is checked before anything of the request's body is read.
    """

    method: str
    path: str
    answer: Callable[..., Answer | Awaitable[Answer | Response]]
    is_host_only: bool = False
    is_open_to_removed: bool = False  # /wait tells a removed participant in its own words
    is_token_in_query_accepted: bool = False  # /card?token=, for the cards of 0.1
    is_stream: bool = False


ROUTES: tuple[Route, ...] = (
    Route("GET", paths.STATUS, status.status),
    Route("GET", paths.MESSAGES, messages.list_messages),
    Route("POST", paths.MESSAGES, messages.post_message),
    Route("GET", paths.MESSAGE, messages.show_message),
    Route("POST", paths.RETRACT, messages.retract_message),
    Route("POST", paths.SCRUB, messages.scrub_message, is_host_only=True),
    Route("GET", paths.DELIVERY, delivery.show_delivery),
    Route("POST", paths.ACK, delivery.acknowledge),
    Route("POST", paths.WAKES, delivery.note_wake),
    Route("GET", paths.DELIVERIES, delivery.list_deliveries),
    Route("GET", paths.REQUESTS, delivery.list_requests),
    Route("GET", paths.SEARCH, searching.search),
    Route("GET", paths.LOG, log_lines.log_lines),
    Route("GET", paths.EXPORT, export.export),
    Route("GET", paths.EXPORT_PARTS, export.export_part),
    Route("GET", paths.TRANSCRIPT, transcript.show),
    Route("GET", paths.WAIT, waiting.wait, is_open_to_removed=True),
    Route("GET", paths.EVENTS, stream.events, is_stream=True),
    Route("POST", paths.READ, people.mark_read),
    Route("GET", paths.CARD, card.card, is_token_in_query_accepted=True),
    Route("POST", paths.JOIN, people.join),
    Route("POST", paths.LEAVE, people.leave),
    Route("GET", paths.PROFILE, people.show_profile),
    Route("POST", paths.PROFILE, people.set_profile),
    Route("POST", paths.ATTENTION, people.set_attention),
    Route("POST", paths.INVITES, people.invite, is_host_only=True),
    Route("POST", paths.REMOVE, people.remove, is_host_only=True),
    Route("POST", paths.LABELS, people.set_labels, is_host_only=True),
    Route("POST", paths.ROTATE, people.rotate, is_host_only=True),
    Route("GET", paths.BRIEF, steering.show_brief),
    Route("POST", paths.BRIEF, steering.set_brief, is_host_only=True),
    Route("POST", paths.ATTENDANCE, steering.set_policy, is_host_only=True),
    Route("GET", paths.TASKS, tasks.list_tasks),
    Route("POST", paths.TASKS, tasks.add),
    Route("GET", paths.TASK, tasks.show),
    Route("POST", paths.TASK_CLAIM, tasks.step("claim")),
    Route("POST", paths.TASK_RELEASE, tasks.step("release")),
    Route("POST", paths.TASK_COMPLETE, tasks.step("complete")),
    Route("POST", paths.TASK_CANCEL, tasks.step("cancel")),
    Route("POST", paths.TASK_REASSIGN, tasks.step("reassign")),
    Route("POST", paths.TASK_EDIT, tasks.step("edit")),
    Route("POST", paths.SESSION, steering.set_session, is_host_only=True),
    Route("GET", paths.CONTRACTS, contracts.list_contracts),
    Route("GET", paths.CONTRACT, contracts.show),
    Route("POST", paths.CONTRACT, contracts.put),
    Route("GET", paths.CONTRACT_DIFF, contracts.diff),
    Route("POST", paths.CONTRACT_SUBSCRIBE, contracts.subscribe),
    Route("POST", paths.CONTRACT_UNSUBSCRIBE, contracts.unsubscribe),
    Route("POST", paths.CONTRACT_ACK, contracts.acknowledge),
    Route("POST", paths.ROOM_WAKES, wakes.ask),
    Route("POST", paths.WAKE_BUDGET, wakes.set_budget, is_host_only=True),
    Route("POST", paths.EXTEND, steering.extend, is_host_only=True),
    Route("POST", paths.CONTINUE, steering.continue_room, is_host_only=True),
    Route("GET", paths.LEASES, leases.list_leases),
    Route("POST", paths.LEASES, leases.take_lease),
    Route("POST", paths.RELEASE_LEASE, leases.release_lease),
    Route("POST", paths.CLOSE, steering.close, is_host_only=True),
)
