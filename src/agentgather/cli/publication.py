"""What a tunnel is about to publish: which room, through which broker, under which name, and where it answers here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from agentgather.cli.failures import Failure
from agentgather.cli.host_flags import settle
from agentgather.cli.hosted_rooms import hosted_rooms
from agentgather.client.daemon import is_living
from agentgather.room.names import RoomId
from agentgather.settings.exposure import is_local_url
from agentgather.settings.values import base_url, slug
from agentgather.store.home import Home
from agentgather.store.opening import NoSuchRoom

SEVERAL = "name the one that is meant"


@dataclass(frozen=True, slots=True)
class Publication:
    """All of it is settled and may be said aloud: none of it is secret."""

    room: RoomId
    broker_url: str
    slug: str
    target_url: str
    is_target_given: bool  # else it is where the room's daemon is, which may be restarted elsewhere


def one_room(home: Home, name: str | None) -> RoomId:
    """The room that is named, or the one that is meant. Raises Failure, NoSuchRoom."""
    (room,) = hosted_rooms(home, [] if name is None else [name], hint=SEVERAL)
    if not home.hosts(room):
        raise NoSuchRoom(room)
    return room


def settle_publication(
    home: Home, room: RoomId, *, broker: str | None, subdomain: str | None, target: str | None
) -> Publication:
    """Where `room` is to be published. What is not given is a setting, or known already. Raises Failure, SettingRefused."""
    settings = settle(home, broker_url=broker, subdomain=subdomain).settings.tunnel
    if settings.broker_url is None:
        raise Failure(
            "usage",
            "which broker is to publish the room?",
            field="broker",
            hint="name it with --broker https://…, or once and for all as broker_url in [tunnel] of agentgather.toml",
        )
    check_broker_url(settings.broker_url)
    return Publication(
        room,
        settings.broker_url,
        settings.subdomain or own_slug([room]),
        _target(home, room, target=target),
        is_target_given=target is not None,
    )


def check_broker_url(url: str) -> None:
    """Raises Failure unless tokens are safe on the way to the broker: under TLS, or on this machine."""
    if not url.startswith("https://") and not is_local_url(url):
        raise Failure(
            "insecure_remote",
            f"tokens would travel in the clear to {url}; a broker beyond this machine is reached by https",
            field="broker",
        )


def own_slug(rooms: Sequence[RoomId]) -> str:
    """The name at the broker when none is given: the room's own. Raises Failure where there is none that could be it."""
    try:
        named = slug(rooms[0]) if len(rooms) == 1 else None
    except ValueError:
        named = None
    if named is None:
        raise Failure("usage", "under which name?", field="subdomain", hint="name it with --subdomain SLUG")
    return named


def _target(home: Home, room: RoomId, *, target: str | None) -> str:
    if target is None:
        note = home.daemon(room)
        if note is None or not is_living(note):
            raise Failure(
                "not_served",
                f"nobody serves {room} at the moment, so there is nothing to publish",
                hint=f"start it with: agentgather room serve {room}",
            )
        return note.url
    try:
        url = base_url(target)
    except ValueError as allowed:
        raise Failure("usage", f"the target cannot be {target[:60]!r}; it is {allowed}", field="target") from None
    if url is None or not is_local_url(url) or urlsplit(url).scheme != "http":
        raise Failure(
            "usage",
            "a tunnel speaks to a room server of this machine, and to nothing else",
            field="target",
            hint="such as --target http://127.0.0.1:8787",
        )
    return url
