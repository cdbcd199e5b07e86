"""The two ways the wire can go wrong, told apart by whose fault it is, and the reasons a stream is reset for."""

from __future__ import annotations

VISITOR_GONE = "visitor_gone"  # whoever asked has left: nobody waits for this answer
ROOM_UNREACHABLE = "room_unreachable"  # the host could not finish the answer it had begun
TOO_LARGE = "too_large"  # the answer is larger than the broker passes on
TOO_SLOW = "too_slow"  # no answer in time
LEAVING = "leaving"  # this end is going away; also the reason of a Bye

# Reasons of a Bye.
REPLACED = "replaced"  # the same key has opened another link for the slug
ROUTE_CLOSED = "route_closed"  # from the host: it takes the room off the web; from the broker: its operator does
ROUTE_EXPIRED = "route_expired"  # the route has come to its time; the host may ask for a new one
ROUTE_BLOCKED = "route_blocked"
PROTOCOL_BROKEN = "protocol_broken"  # the reason of the Bye that answers a peer who breaks a rule


class PeerBroke(Exception):
    """The other end broke a rule. `reason` names the rule, never what was in the frame; the link is over."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Misused(Exception):
    """This end was told to do what the protocol does not allow now: a bug of ours."""
