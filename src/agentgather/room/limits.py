"""The numbers a room is held to. Defaults are the contract's (section 2.4); `settings` lets a host change them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RoomLimits:
    text_units_max: int = 24_000  # one message, in UTF-16 units
    brief_units_max: int = 16_000  # the brief, in UTF-16 units
    display_name_units_max: int = 60
    context_bytes_max: int = 4_096  # compact JSON of a message's `context`
    context_depth_max: int = 6
    to_max: int = 32  # names one message may be addressed to, as asked: a role or `all` is one
    labels_max: int = 8  # role labels of one participant
    log_records_max: int = 50_000  # the host can still close, remove and rotate beyond it
    leases_each_max: int = 10  # that a participant holds at once
    leased_globs_max: int = 256  # of all leases at once
    lease_note_units_max: int = 200
    participants_max: int = 500  # seats, removed ones included
    loop_posts_max: int = 30  # an agent's posts since a human last posted
    posts_per_minute: int = 120  # a participant's
    writes_per_minute: int = 60  # a participant's other writes
    acks_per_minute: int = 240  # a participant's acknowledgements and notes of wakes
    deliveries_max: int = 20_000  # recipients of messages of which it is remembered how far each came
    wakes_an_hour_max: int = 120  # of all participants, unless the host says otherwise
    wakes_a_day_max: int = 600
    held_waits_max: int = 8  # a participant's, at once
    stale_after_seconds: int = 90
    expiry_warning_seconds: int = 900
    task_title_units_max: int = 200
    task_text_units_max: int = 4_000  # a task's description, and its result
    task_depends_max: int = 32  # tasks that one task may depend on
    tasks_open_max: int = 1_000  # neither completed nor cancelled
    claim_lease_seconds: int = 1_800  # without a sign of life of its holder, and a claim lapses
    contracts_max: int = 100
    contract_bytes_max: int = 16_777_216  # of all versions of all contracts, as compact JSON
    contract_subscribers_max: int = 64  # of one contract
    contract_note_units_max: int = 500
    contract_checks_per_minute: int = 20  # documents that one participant may have looked at
