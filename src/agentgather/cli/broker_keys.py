"""`agentgather broker keys`: whose hosts a broker on this machine admits."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import quote

from agentgather.cli.admin_socket import NO_FLAGS, AdminFlags, ask_broker
from agentgather.cli.columns import columns
from agentgather.cli.failures import Failure
from agentgather.cli.output import output_for, single

Action = Literal["list", "add", "remove"]


def keys(action: Action = "list", *key: str, flags: AdminFlags = NO_FLAGS) -> None:
    """Show the keys that are admitted, let one in, or take one off the list. It counts at once.

    `agentgather tunnel status` shows a host its key: ed25519:… A comment may follow it. A key is taken off by its
    fingerprint, SHA256:…, and its routes end.

    Parameters
    ----------
    action
        list, add or remove.
    key
        To add: the key, and words about whose it is. To remove: its fingerprint.
    """
    output = output_for(is_json=flags.json)
    if action == "list":
        _check(not key, "list takes no key")
        answer = ask_broker(flags, "GET", "/keys")
        told = [one for one in answer.get("keys", []) if isinstance(one, dict)]
        output.answer(answer, *(columns([_row(one) for one in told]) if told else ["no keys"]))
    elif action == "add":
        _check(bool(key), "which key?")
        answer = ask_broker(flags, "POST", "/keys", body={"key": " ".join(key)})
        output.answer(answer, f"admitted: {'  '.join(_row(answer.get('key', {})))}")
    else:
        _check(len(key) == 1, "which fingerprint?")
        answer = ask_broker(flags, "DELETE", f"/keys/{quote(key[0], safe=':')}")
        output.answer(answer, f"{single(key[0])} is not admitted any more")


def _check(is_so: bool, message: str) -> None:
    if not is_so:
        raise Failure("usage", message, field="key", hint="see: agentgather broker keys --help")


def _row(key: dict[str, Any]) -> tuple[str, ...]:
    return single(key.get("fingerprint")), single(key.get("key")), single(key.get("comment"))
