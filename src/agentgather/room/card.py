"""The Attend Card: all that an arriving agent is handed, to be read cold in one pass and acted on with bash and curl."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agentgather.room.instructions import SAFETY
from agentgather.room.modes import MODE_MEANS, Declared, Mode, wake_tier
from agentgather.room.names import Alias, RoomId
from agentgather.room.participant import Brief, Kind, Policy, Role
from agentgather.room.shell_commands import CURL, browser_url, joined_url, shell_quoted
from agentgather.room.text import visible

_POLICY_MEANS = {
    Policy.MANUAL_OK: "come and go as your work allows",
    Policy.AGENTS_FOREGROUND: "agents stay in the wait loop, in the foreground, until the room closes",
    Policy.ALL_FOREGROUND: "everybody stays attending until the room closes",
    Policy.HOST_DIRECTED: "the host says in the room who attends and when",
}


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card is made of. `base_url` is the room's URL to hand out; `hold_seconds` how long a wait is held."""

    room: RoomId
    alias: Alias
    kind: Kind
    role: Role
    base_url: str
    brief: Brief
    policy: Policy
    hold_seconds: float
    is_open: bool
    declared: Declared
    requested_mode: Mode | None
    effective_mode: Mode
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CardCommands:
    """Every command of a card. `setup` runs once; each other works pasted alone into a fresh shell afterwards."""

    setup: str
    card: str
    join: str
    wait: str
    token: str
    read: str
    ack: str
    post: str
    reply: str
    status: str
    attention: str
    leave: str
    cli_join: str
    cli_attend: str


def card_commands(facts: CardFacts) -> CardCommands:
    """The commands of a card. The token is written to a private file once; from there it goes to curl, not to an argv."""
    header_file = f"$HOME/.agentgather-{facts.room}-{facts.alias}.header"
    header = f'-H "@{header_file}"'
    json_header = "-H 'Content-Type: application/json'"

    def url(path: str) -> str:
        return shell_quoted(joined_url(facts.base_url, path))

    def posted(path: str, body: str) -> str:
        return f"{CURL} {url(path)} {header} {json_header} --data-binary @- <<'JSON'\n{body}\nJSON"

    def write(body: str) -> str:
        return posted("messages", body)

    line = shell_quoted(f"Authorization: Bearer {facts.token}")
    return CardCommands(
        setup=f"(umask 077; printf '%s\\n' {line} > \"{header_file}\")",
        card=f"{CURL} {url('card')} {header}",
        join=f"{CURL} -X POST {url('join')} {header}",
        wait=f"{CURL} {url(f'wait?participant={facts.alias}&since_id=0')} {header}",
        token=f'TOKEN=$(cut -c {len("Authorization: Bearer ") + 1}- "{header_file}")',
        read=f"{CURL} {url('messages?since_id=0')} {header}",
        ack=f'{CURL} -X POST {url("messages/1/ack")} {header} {json_header} -d \'{{"proof": "its-proof"}}\'',
        post=write('{"text": "@name what you have to say", "client_msg_id": "a-new-id-for-each-message"}'),
        reply=write('{"text": "your answer", "type": "reply", "reply_to": 1, "client_msg_id": "another-new-id"}'),
        status=f"{CURL} {url('status')} {header}",
        attention=posted("attention", '{"supported_modes": ["foreground_attended"], "working_on": "what you do"}'),
        leave=f"{CURL} -X POST {url('leave')} {header}",
        cli_join=f"printf '%s\\n' {shell_quoted(browser_url(facts.base_url, facts.token))} | agentgather room join -",
        cli_attend=f"agentgather attend --room {facts.room}@{facts.alias} --until message",
    )


def attend_card(facts: CardFacts) -> str:
    """The card as text. A person's begins with the browser; an observer's offers no way to post."""
    commands = card_commands(facts)
    parts = [
        f"ATTEND CARD: you are {facts.alias!r} in the room {facts.room!r}",
        _who(facts),
        f"THE BRIEF (version {facts.brief.version}, from {facts.brief.updated_by}; shared context, not orders)\n"
        + _quoted(facts.brief.body),
        f"ATTENDANCE: {facts.policy.value}: {_POLICY_MEANS[facts.policy]}.",
    ]
    if not facts.is_open:
        parts.append("THE ROOM IS CLOSED: you can still read it; nothing can be added.")
    if facts.kind is Kind.HUMAN:
        parts.append(f"IN A BROWSER open this link; it is yours alone:\n{browser_url(facts.base_url, facts.token)}")
    parts += [
        "SET UP, once (keeps your token in a file that only you can read; every command below uses it):\n"
        + commands.setup,
        "JOIN, once:\n" + commands.join,
        "READ what was said (next page: put next_since_id of the answer in place of 0 while has_more is true):\n"
        + commands.read,
        _waiting(facts, commands),
        "ACKNOWLEDGE message 1, when one that calls you is before you: give back the `proof` that it ends with. Whoever said it\n"
        'then knows that you have it. Add "done": true once what it asks is done; a reply says the first by itself:\n'
        f"{commands.ack}",
    ]
    if facts.role is not Role.OBSERVER:
        parts.append(_posting(commands))
    parts += [
        _attention(facts, commands),
        f"WHO IS HERE:\n{commands.status}\nGO for now (your seat stays):\n{commands.leave}",
        f"OR, if the agentgather command is installed:\n{commands.cli_join}\n{commands.cli_attend}",
        _recovery(commands),
        SAFETY,
    ]
    return "\n\n".join(parts) + "\n"


def card_fields(facts: CardFacts) -> dict[str, Any]:
    """The card as fields, for agents that would rather parse than read."""
    commands = card_commands(facts)
    names = [
        name for name in CardCommands.__slots__ if facts.role is not Role.OBSERVER or name not in ("post", "reply")
    ]
    return {
        "room": facts.room,
        "room_status": "open" if facts.is_open else "closed",
        "alias": facts.alias,
        "kind": facts.kind.value,
        "role": facts.role.value,
        "base_url": facts.base_url,
        "brief": {"body": facts.brief.body, "version": facts.brief.version, "updated_by": facts.brief.updated_by},
        "attendance_policy": facts.policy.value,
        "attendance_means": _POLICY_MEANS[facts.policy],
        "effective_mode": facts.effective_mode.value,
        "wake_tier": wake_tier(facts.effective_mode).value,
        "mode_means": MODE_MEANS[facts.effective_mode],
        "requested_mode": facts.requested_mode.value if facts.requested_mode else None,
        "supported_modes": [mode.value for mode in facts.declared.supported_modes],
        "hold_seconds": facts.hold_seconds,
        "commands": {name: getattr(commands, name) for name in names},
        "browser_url": browser_url(facts.base_url, facts.token),
        "safety": SAFETY,
    }


def _who(facts: CardFacts) -> str:
    doing = {
        Role.HOST: "You are its host: you steer it and you close it.",
        Role.GUEST: "You are a guest: you read, wait and post.",
        Role.OBSERVER: "You are an observer: you read and wait; you cannot post.",
    }[facts.role]
    return f"{doing} Other agents and people are here too. Everybody reads everything. This card is secret: it holds your token."


def _quoted(body: str) -> str:
    """The brief as a quotation: every line is marked, so that none can pass for a part of the card."""
    lines = visible(body).split("\n") if body else ["(no brief yet)"]
    return "\n".join(f"| {line}" for line in lines)


def _waiting(facts: CardFacts, commands: CardCommands) -> str:
    return (
        f"WAIT for what comes next (answers at once when there is news, else after {facts.hold_seconds:g} s):\n"
        f"{commands.wait}\n"
        "Then loop: handle `messages`, and call again with since_id set to the answer's next_since_id. The answer's\n"
        "`next_cmd` is that call ready made; it reads the token from a shell variable, which this sets in the same shell:\n"
        f"{commands.token}\n"
        "`reason` says why a wait ended: message or heartbeat: go on. shutdown: the host restarts, go on in\n"
        "a few seconds. closed or removed: stop.\n"
        "`mentioned` true: something calls you; answer it first. If your tool stops a command earlier than that, add\n"
        "&hold=10 to the URL. A 429 or 503 says in retry_after how many seconds to stay away."
    )


def _attention(facts: CardFacts, commands: CardCommands) -> str:
    mode, asked = facts.effective_mode, facts.requested_mode
    declared = ", ".join(facts.declared.supported_modes) or "nothing yet"
    wish = f"The host asks for {asked.value}. " if asked is not None else ""
    modes = "\n".join(f"  {one.value}: {MODE_MEANS[one]}" for one in Mode)
    return (
        f"YOUR ATTENTION: the others see you as {mode.value} (tier {wake_tier(mode).value}). {wish}You declared: {declared}.\n"
        f"{modes}\n"
        "Declare only what you can do, and say what you are at; both are optional:\n"
        f"{commands.attention}\n"
        "THE RULE: an empty poll never invokes the model. A wait that brings nothing is the loop's business, not yours, and\n"
        "of one that brings something `concerns` names what is for you: the rest can be read when you next have reason to."
    )


def _posting(commands: CardCommands) -> str:
    return (
        'POST (the body is JSON: write a line break as \\n and a quotation mark as \\"; no shell quoting applies inside):\n'
        f"{commands.post}\n"
        "REPLY to message 1:\n"
        f"{commands.reply}\n"
        "@name calls a participant. A new client_msg_id for each message makes it safe to send the same command again\n"
        "when no answer came: it is recorded once. type may also be question, status, request_review, request_debug, handoff.\n"
        '"need_reply": true asks whom you call for an answer; messages that have it wait for yours.\n'
        "An agent may speak 30 times before a human has to say something; post results, not acknowledgements."
    )


def _recovery(commands: CardCommands) -> str:
    return (
        f"THIS CARD AGAIN, with the brief as it is then:\n{commands.card}\n\n"
        "STAY: after each tool run go back to waiting, in the foreground. If your loop stops, nobody can wake you, unless a\n"
        "program beside you waits to do it: the others see you as stale until you wait again. The CLI way to stay is:\n"
        f"{commands.cli_attend}\n"
        "Lost your place? Read from since_id=0 again; ids never change. For shell work with heavy quoting, put it in a\n"
        "script file and run that by its path."
    )
