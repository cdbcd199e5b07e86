"""Who may have a route here: the operator's policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agentgather_broker.keys import KeyList
from agentgather_broker.refusals import Refused


@dataclass(slots=True)
class Admission:
    """`policy` is `keys` (those on the list), `open` (everybody) or `closed` (nobody new)."""

    policy: str
    keys: KeyList
    allow_unkeyed: bool

    def check_open(self) -> None:
        """Raise Refused while nobody is admitted."""
        if self.policy == "closed":
            raise Refused("registration_closed", "this broker takes no hosts at the moment; ask its operator")

    def check_key(self, fingerprint: str) -> None:
        """Raise Refused unless the key with this fingerprint, which was proven, may have a route."""
        self.check_open()
        if self.policy == "keys" and fingerprint not in self.keys:
            raise Refused(
                "key_not_admitted",
                f"this broker admits only keys on its list; ask its operator to add yours: {fingerprint}",
            )

    def check_unkeyed(self) -> None:
        """Raise Refused unless a host of 0.1, which has no key, may have a route."""
        if self.policy != "open" or not self.allow_unkeyed:
            raise Refused(
                "registration_closed", "this broker takes only hosts that prove a key; use a newer agentgather"
            )


def check_no_page(scope: Any) -> None:
    """Raise Refused for what a page in a browser asks: pages of anywhere reach a broker on loopback, and name their origin.

    No host does. A page that could become one would publish what it likes at a broker that only this machine's people use.
    """
    if any(name == b"origin" for name, _ in scope["headers"]):
        raise Refused("unsupported_route", "hosts are no pages in a browser; use `agentgather tunnel run`", status=403)
