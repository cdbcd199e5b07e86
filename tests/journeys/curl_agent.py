"""An agent without an installation: a bash script whose every command comes from the card it was handed."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_STARTS = ("curl ", "(umask ", "TOKEN=$(")

# The loop an agent writes for itself around the card's commands: note every answer, answer whoever calls, go on with
# next_cmd until there is none. JSON is read by python3, as an agent would.
_LOOP = r"""
field() { python3 -c 'import json,sys; v=json.load(sys.stdin).get(sys.argv[1]); print(v if v is not None else "")' "$1"; }
answer=$(__WAIT__)
while true; do
  printf '%s\n' "$answer" >> "$HOME/heard.jsonl"
  if [ "$(printf '%s' "$answer" | field mentioned)" = True ]; then
    number=$(printf '%s' "$answer" | field next_since_id)
    __POST__
  fi
  next=$(printf '%s' "$answer" | field next_cmd)
  [ -n "$next" ] || break
  again=$(eval "$next") && [ -n "$again" ] && answer=$again || sleep 0.2
done
"""


@dataclass(frozen=True, slots=True)
class CardCommands:
    """The commands of a card's text, by what they do."""

    setup: str
    token: str
    join: str
    wait: str
    read: str
    ack: str
    post: str
    reply: str
    status: str
    attention: str
    card: str


def commands_of(card: str) -> list[str]:
    """Every shell command that a card prints, heredocs with their bodies."""
    commands: list[str] = []
    lines = iter(card.splitlines())
    for line in lines:
        if not line.startswith(_STARTS):
            continue
        if line.endswith("<<'JSON'"):
            for body in lines:
                line += "\n" + body
                if body == "JSON":
                    break
        commands.append(line)
    return commands


def by_purpose(card: str) -> CardCommands:
    """The commands of a card, told apart as a reader tells them apart: by where they go."""
    found = commands_of(card)

    def the(*parts: str) -> str:
        (only,) = {command for command in found if all(part in command for part in parts)}
        return only

    return CardCommands(
        setup=the("(umask"),
        token=the("TOKEN=$("),
        join=the("/join'"),
        wait=the("/wait?"),
        read=the("/messages?since_id=0"),
        ack=the("/ack'"),
        post=the("a-new-id"),
        reply=the("another-new-id"),
        status=the("/status'"),
        attention=the("/attention'"),
        card=the("/card'"),
    )


def environment(home: Path) -> Mapping[str, str]:
    home.mkdir(exist_ok=True)
    return {"HOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def bash(command: str, home: Path) -> str:
    """What a fresh bash prints for one command pasted into it."""
    ran = subprocess.run(
        ["bash"], input=command, env=environment(home), capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stderr == "", ran.stderr
    return ran.stdout


def start_attending(card: str, home: Path) -> subprocess.Popen[bytes]:
    """Start the agent's loop; it ends by itself when the room does."""
    told = by_purpose(card)
    post = told.post.replace("@name what you have to say", "heard you at '\"$number\"'").replace(
        "a-new-id-for-each-message", "c-$number"
    )
    post = post.replace("<<'JSON'", "<<JSON").replace("'\"$number\"'", "$number")
    loop = _LOOP.replace("__WAIT__", told.wait).replace("__POST__", post + "\n")
    script = "\n".join([told.setup, told.join, told.token, loop])
    path = home / "agent.sh"
    path.write_text(script, encoding="utf-8")
    return subprocess.Popen(["bash", str(path)], env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
