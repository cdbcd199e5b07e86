"""`agentgather broker routes`, `close`, `block` and `unblock`: what a broker on this machine publishes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from cyclopts import Parameter

from agentgather.api.durations import parse_ttl
from agentgather.cli.admin_socket import NO_FLAGS, AdminFlags, ask_broker
from agentgather.cli.columns import columns
from agentgather.cli.failures import Failure
from agentgather.cli.output import output_for, single


def routes(*, flags: AdminFlags = NO_FLAGS) -> None:
    """Show what the broker publishes, for which key, whether its host is connected, and which names are kept."""
    output = output_for(is_json=flags.json)
    answer = ask_broker(flags, "GET", "/routes")
    live, kept = (_listed(answer, name) for name in ("routes", "leases"))
    names = {route.get("route_slug") for route in live}
    kept = [lease for lease in kept if lease.get("route_slug") not in names]
    lines = columns([_route_row(route) for route in live]) if live else ["no routes"]
    if kept:
        lines += ["", "kept:", *columns([_lease_row(lease) for lease in kept])]
    output.answer(answer, *lines)


def close(slug: str, *, flags: AdminFlags = NO_FLAGS) -> None:
    """End a route. Its host is told; its key may open it again, and nobody else until the name is free.

    Parameters
    ----------
    slug
        The room's name at the broker.
    """
    output = output_for(is_json=flags.json)
    answer = ask_broker(flags, "POST", f"/routes/{_path(slug)}/close")
    output.answer(answer, f"{single(slug)} is closed")


def block(
    slug: str, *, duration: Annotated[str, Parameter(name="--for")] = "24h", flags: AdminFlags = NO_FLAGS
) -> None:
    """End a route, if there is one, and let nobody have its name for a while. The broker's state file remembers it.

    Parameters
    ----------
    slug
        The name at the broker.
    duration
        For how long: 24h, 90m, 30d.
    """
    output = output_for(is_json=flags.json)
    length = parse_ttl(duration)
    if length is None:
        raise Failure("usage", "a block ends at some time", field="for", hint="such as --for 30d")
    answer = ask_broker(flags, "POST", f"/routes/{_path(slug)}/block", body={"seconds": length.total_seconds()})
    output.answer(answer, f"nobody has {single(slug)} for {single(duration)}")


def unblock(slug: str, *, flags: AdminFlags = NO_FLAGS) -> None:
    """Give a blocked name free.

    Parameters
    ----------
    slug
        The name at the broker.
    """
    output = output_for(is_json=flags.json)
    answer = ask_broker(flags, "POST", f"/routes/{_path(slug)}/unblock")
    output.answer(answer, f"{single(slug)} is free again")


def _path(slug: str) -> str:
    return quote(slug, safe="")


def _listed(answer: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    return [one for one in answer.get(name, []) if isinstance(one, dict)]


def _route_row(route: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        single(route.get("route_slug")),
        "connected" if route.get("connected") else "away",
        f"{single(route.get('streams'))} open",
        f"until {single(route.get('expires_at'))}",
        single(route.get("owner") or "no key"),
    )


def _lease_row(lease: Mapping[str, Any]) -> tuple[str, ...]:
    whose = "blocked" if lease.get("blocked") else f"for {single(lease.get('owner'))}"
    return single(lease.get("route_slug")), f"until {single(lease.get('until'))}", whose
