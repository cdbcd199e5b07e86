"""Being the client of a probe."""

from __future__ import annotations

from tests.serving.process import Answer, Caller
from tests.vectors.http_probes import Probe, Step


def play(probe: Probe, port: int) -> Answer:
    """Say what `probe` says, check what it expects, and hand over the first answer."""
    with Caller(port) as caller:
        try:
            for step in probe.steps:
                if step is Step.STOP_SENDING:
                    caller.stop_sending()
                elif step is Step.RESET:
                    caller.reset()
                    return Answer(None, {}, b"")
                elif isinstance(step, bytes):
                    caller.send(step)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it was refused before we had said everything; the answer is there all the same
        answer = caller.answer(is_head=any(isinstance(step, bytes) and step[:5] == b"HEAD " for step in probe.steps))
        assert (answer.status in probe.statuses) if probe.statuses else (answer.status is None)
        if probe.code is not None:
            assert answer.code == probe.code
            assert answer.headers["connection"] == "close"
            assert len(answer.json["message"]) > 20
        if probe.closes or answer.headers.get("connection") == "close":
            caller.read_to_end()
        else:
            caller.get("/")
            assert caller.answer().status is not None
        return answer
