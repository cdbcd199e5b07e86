"""The table of commands: their names, where each is found when it is needed, and its line of help.

Nothing here is imported until its command runs, so that `--help` and a quick `send` stay quick.
"""

from __future__ import annotations

from typing import NamedTuple

TALK = "Talk"
TASKS = "Share the work"
HOST = "Host a room"
SEAT = "Take a seat"
WEB = "Put a room on the web"
KEEP = "Keep and check"
GROUPS = (TALK, TASKS, SEAT, HOST, WEB, KEEP)  # in this order in the help


class Row(NamedTuple):
    """One command. `reads_hyphen`: a lone `-` among its words stands for standard input or output.

    A command with the words of a family stands after those that begin with them.
    """

    words: str
    target: str
    line: str
    group: str
    reads_hyphen: bool = False


COMMANDS: tuple[Row, ...] = (
    Row("up", "agentgather.cli.up:up", "Open a room, invite, and serve it: everything in one.", HOST, True),
    Row("send", "agentgather.cli.send:send", "Say something to somebody; everybody in the room reads it.", TALK, True),
    Row("reply", "agentgather.cli.send:reply", "Answer a message.", TALK, True),
    Row("ack", "agentgather.cli.delivery:ack", "Say that you have a message before you.", TALK),
    Row("delivery", "agentgather.cli.delivery:delivery", "Show what became of a message.", TALK),
    Row("requests", "agentgather.cli.requests:requests", "Show what still waits for an answer.", TALK),
    Row("handoff", "agentgather.cli.handoff:handoff", "Hand work over, with all that is needed to go on.", TALK, True),
    Row("messages", "agentgather.cli.messages:messages", "Show what is new; keep it new.", TALK),
    Row("read", "agentgather.cli.messages:read", "Show what is new, and mark it read.", TALK),
    Row("search", "agentgather.cli.search:search", "Find what was said.", TALK),
    Row("watch", "agentgather.cli.watch:watch", "Wait once: until something is said, or the hold is over.", TALK),
    Row("attend", "agentgather.cli.attend:attend", "Stay, and hear everything until the room closes.", TALK),
    Row("run", "agentgather.cli.run_agent:run", "Start an agent in a terminal of its own, joined and woken.", TALK),
    Row("wake status", "agentgather.cli.wake_status:status", "Show what is to be woken for, and what was.", TALK),
    Row("wake hook", "agentgather.cli.wake_hook:hook", "Answer a Stop hook of Claude Code.", TALK),
    Row("wake", "agentgather.cli.wake:wake", "Stay beside an agent, and wake it for what concerns it.", TALK),
    Row("task list", "agentgather.cli.task_board:list_tasks", "Show the task board.", TASKS),
    Row("task show", "agentgather.cli.task_board:show", "Show one task, whole.", TASKS),
    Row("task add", "agentgather.cli.task_plan:add", "Put a task on the board.", TASKS, True),
    Row("task claim", "agentgather.cli.task_steps:claim", "Take a task; exactly one gets it.", TASKS),
    Row("task release", "agentgather.cli.task_steps:release", "Give a task back.", TASKS),
    Row("task complete", "agentgather.cli.task_steps:complete", "Say that your task is done.", TASKS, True),
    Row("task edit", "agentgather.cli.task_plan:edit", "Change what a task says and waits for.", TASKS, True),
    Row("task reassign", "agentgather.cli.task_plan:reassign", "Say who alone may claim a task.", TASKS),
    Row("task cancel", "agentgather.cli.task_steps:cancel", "Take a task off the board, for good.", TASKS, True),
    Row("contract list", "agentgather.cli.contract_view:list_contracts", "Show what programs here agree on.", TASKS),
    Row("contract get", "agentgather.cli.contract_view:get", "Show the document of a contract.", TASKS),
    Row("contract put", "agentgather.cli.contract_put:put", "Put a version of a contract.", TASKS, True),
    Row(
        "contract diff", "agentgather.cli.contract_view:diff", "Show what a version changed, and whom it breaks.", TASKS
    ),
    Row("contract subscribe", "agentgather.cli.contract_steps:subscribe", "Depend on a contract.", TASKS),
    Row("contract unsubscribe", "agentgather.cli.contract_steps:unsubscribe", "Depend on it no longer.", TASKS),
    Row("contract ack", "agentgather.cli.contract_steps:ack", "Say that you know of a version that breaks you.", TASKS),
    Row("lease take", "agentgather.cli.lease:take", "Work alone on some paths for a while.", TASKS),
    Row("lease release", "agentgather.cli.lease:release", "Let others work there again.", TASKS),
    Row("lease list", "agentgather.cli.lease:list_leases", "Show who works on which paths.", TASKS),
    Row("lease guard", "agentgather.cli.lease_guard:guard", "Keep a commit off what others have leased.", TASKS),
    Row("attention", "agentgather.cli.attention:attention", "Say how you attend, and what you work on.", TALK),
    Row("export", "agentgather.cli.export:export", "Write the whole timeline to a file.", KEEP, True),
    Row("verify", "agentgather.cli.verify:verify", "Check an export or a room's directory, offline.", KEEP),
    Row("doctor", "agentgather.cli.doctor:doctor", "Check the room, its files and the way to it.", KEEP),
    Row("config", "agentgather.cli.config:config", "Show every setting and where it came from.", KEEP),
    Row("instructions", "agentgather.cli.instructions:instructions", "How an agent takes part in a room.", KEEP),
    Row("completion", "agentgather.cli.completion:completion", "Print the completion of a shell.", KEEP),
    Row(
        "mcp install",
        "agentgather.cli.mcp_install:install",
        "Tell a program that runs agents of the room's tools.",
        SEAT,
    ),
    Row("mcp", "agentgather.cli.mcp:mcp", "Serve the room as tools for a model (MCP).", SEAT),
    Row("room start", "agentgather.cli.room_start:start", "Create a room in this home.", HOST, True),
    Row("room serve", "agentgather.cli.room_serve:serve", "Serve rooms until stopped.", HOST),
    Row("room stop", "agentgather.cli.room_stop:stop", "End the daemon that serves a room; the room stays.", HOST),
    Row("room brief view", "agentgather.cli.room_brief:view", "Show the room's brief.", SEAT),
    Row("room brief set", "agentgather.cli.room_brief:set_brief", "Replace the room's brief.", HOST, True),
    Row("room attendance view", "agentgather.cli.room_attendance:view", "Show what attendance the host expects.", SEAT),
    Row("room attendance set", "agentgather.cli.room_attendance:set_policy", "Say what attendance you expect.", HOST),
    Row("room labels view", "agentgather.cli.room_labels:view", "Show who does what here.", SEAT),
    Row("room labels set", "agentgather.cli.room_labels:set_labels", "Say what somebody does here.", SEAT),
    Row("room invite", "agentgather.cli.room_invite:invite", "Give somebody a seat.", HOST),
    Row("room invite-card", "agentgather.cli.room_invite:invite_card", "Show the Attend Card of a seat.", HOST),
    Row("room join", "agentgather.cli.room_join:join", "Take the seat of an invitation.", SEAT, True),
    Row("room current", "agentgather.cli.room_current:current", "Show which seat commands act as.", SEAT),
    Row("room list", "agentgather.cli.room_list:list_rooms", "List the rooms of this home.", SEAT),
    Row("room status", "agentgather.cli.room_status:status", "Show who is here and what holds.", SEAT),
    Row("room leave", "agentgather.cli.room_leave:leave", "Go away for now; the seat stays.", SEAT),
    Row("room dashboard", "agentgather.cli.room_dashboard:dashboard", "Show the link for your browser.", SEAT),
    Row("room remove", "agentgather.cli.room_seats:remove", "Take a seat away.", HOST),
    Row("room rotate", "agentgather.cli.room_seats:rotate", "Replace the token of a seat.", HOST),
    Row("room session start", "agentgather.cli.room_session:start", "Call everybody to work together.", HOST),
    Row("room session end", "agentgather.cli.room_session:end", "End the session.", HOST),
    Row("room wakes view", "agentgather.cli.room_wakes:view", "Show how often the room had agents woken.", SEAT),
    Row("room wakes set", "agentgather.cli.room_wakes:set_budget", "Say how often it may.", HOST),
    Row("room extend", "agentgather.cli.room_time:extend", "Move the end of the room.", HOST),
    Row("room continue", "agentgather.cli.room_time:continue_room", "Let paused agents speak again.", HOST),
    Row("room retract", "agentgather.cli.room_scrub:retract", "Take a message back.", SEAT),
    Row("room scrub", "agentgather.cli.room_scrub:scrub", "Take a message's text out of the log.", HOST),
    Row("room close", "agentgather.cli.room_close:close", "Close the room, for good.", HOST),
    Row("tunnel run", "agentgather.cli.tunnel_run:run", "Publish a room through a broker, until stopped.", WEB),
    Row("tunnel start", "agentgather.cli.tunnel_start:start", "Publish a room from the background.", WEB),
    Row("tunnel status", "agentgather.cli.tunnel_status:status", "Show whether a room is published, and where.", WEB),
    Row("tunnel stop", "agentgather.cli.tunnel_stop:stop", "Take a room off the web.", WEB),
    Row("broker serve", "agentgather.cli.broker_serve:serve", "Relay visitors to rooms behind NAT.", WEB),
    Row("broker routes", "agentgather.cli.broker_routes:routes", "Show what a broker publishes.", WEB),
    Row("broker close", "agentgather.cli.broker_routes:close", "End a route; its host may come again.", WEB),
    Row("broker block", "agentgather.cli.broker_routes:block", "End a route, and let nobody have its name.", WEB),
    Row("broker unblock", "agentgather.cli.broker_routes:unblock", "Give a blocked name free.", WEB),
    Row("broker keys", "agentgather.cli.broker_keys:keys", "Say whose hosts a broker admits.", WEB),
)

FAMILIES: dict[str, tuple[str, str]] = {  # words -> line of help, group
    "wake": ("Stay beside an agent, and wake it for what concerns it.", TALK),
    "contract": ("Contracts: what programs agree on, and whom a change breaks.", TASKS),
    "task": ("The task board: what is to be done, and who is at it.", TASKS),
    "room": ("Open, join and run rooms.", HOST),
    "lease": ("Who works on which paths.", TASKS),
    "room brief": ("The shared context of a room.", SEAT),
    "room attendance": ("What attendance the host expects.", SEAT),
    "room session": ("When everybody is expected to work together.", HOST),
    "room wakes": ("How often a room may have its agents woken.", SEAT),
    "room labels": ("What each participant does: role labels, to write to.", SEAT),
    "mcp": ("Serve the room as tools for a model (MCP).", SEAT),
    "tunnel": ("Publish a room through a broker.", WEB),
    "broker": ("Run a broker, and look after it.", WEB),
}
