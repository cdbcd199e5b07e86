"""One thing that doctor looked at: how it is, how bad that is, and how to mend it where we can."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agentgather.cli.exit_codes import DAMAGED, NOT_FOUND, OK, REFUSED, UNREACHABLE
from agentgather.client.asking import Json

_WORST_FIRST = (DAMAGED, NOT_FOUND, UNREACHABLE, REFUSED)


@dataclass(slots=True)
class Check:
    """`exit_code` is OK when all is well, else the code of what is wrong. `mend` puts it right and says what it did."""

    name: str
    message: str
    exit_code: int = OK
    mend: Callable[[], str] | None = None
    is_repaired: bool = False

    @property
    def is_ok(self) -> bool:
        return self.exit_code == OK

    def repair(self) -> None:
        """Mend what can be; what then stands in the way is told in the message. Raises only bugs."""
        if self.is_ok or self.mend is None:
            return
        from agentgather.cli.failures import failure_of

        try:
            self.message = f"repaired: {self.mend()}"
        except Exception as error:
            failure = failure_of(error)
            if failure is None:
                raise
            self.message += f"; it could not be repaired: {failure.message}"
        else:
            self.exit_code, self.is_repaired = OK, True

    def to_json(self) -> Json:
        written: Json = {"name": self.name, "ok": self.is_ok, "message": self.message}
        return written | {"repaired": True} if self.is_repaired else written


def worst(checks: list[Check]) -> int:
    """The exit code that all of `checks` together come to."""
    return next((code for code in _WORST_FIRST if any(check.exit_code == code for check in checks)), OK)
