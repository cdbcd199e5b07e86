"""What a tunnel's end says to whoever started it: the broker said no, nobody is there, or it cannot begin at all."""

from __future__ import annotations

from agentgather.cli import exit_codes
from agentgather.cli.failures import Failure
from agentgather.publishing import TunnelEnded
from agentgather.store.tunnel_note import TunnelRunning

_HINTS = {
    "route_slug_taken": "choose another with --subdomain, or come from the home whose key has it",
    "invalid_registration": "choose another with --subdomain",
    "route_blocked": "choose another with --subdomain, or ask the broker's operator",
    "key_not_admitted": "send the operator the key that `agentgather tunnel status` shows",
    "origin_mismatch": "name the broker as its operator publishes it: --broker https://…",
}


def tunnel_failure(error: BaseException) -> Failure | None:
    """The failure of a tunnel that ended, or could not begin; None for any other error.

    A refusal ends with REFUSED and a tunnel that gave up with UNREACHABLE, whatever the broker's code would say elsewhere.
    """
    if isinstance(error, TunnelEnded):
        is_refused = error.outcome == "refused"
        return Failure(
            error.code,
            error.message,
            hint=_HINTS.get(error.code),
            ends_with=exit_codes.REFUSED if is_refused else exit_codes.UNREACHABLE,
        )
    if isinstance(error, TunnelRunning):
        return tunnel_running(error)
    return _key_failure(error)


def tunnel_running(error: TunnelRunning) -> Failure:
    return Failure("tunnel_running", str(error), hint="see: agentgather tunnel status, agentgather tunnel stop")


def _key_failure(error: BaseException) -> Failure | None:
    if type(error).__name__ != "KeyUnusable":  # told by its name: importing its class would import cryptography
        return None
    return Failure("file_refused", str(error))
