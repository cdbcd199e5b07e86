"""The serving layer's own table of codes, held against the one that clients know."""

from __future__ import annotations

import json

import pytest

from agentgather.api.errors import STATUS_OF
from agentgather.serving import refusing
from agentgather.serving.refusing import Rejection, malformed

TABLE = [row for row in vars(refusing).values() if isinstance(row, Rejection)] + [malformed()]


@pytest.mark.parametrize("rejection", TABLE, ids=lambda row: row.code)
def test_a_refusal_below_the_app_looks_like_any_other(rejection: Rejection) -> None:
    assert STATUS_OF[rejection.code] == rejection.status
    head, _, body = rejection.answer(extra=[(b"x-frame-options", b"DENY")], error_id="0a1b").partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0].startswith(f"HTTP/1.1 {rejection.status} ")
    assert {"connection: close", "x-frame-options: DENY", f"content-length: {len(body)}"} <= set(lines)
    assert ("retry-after: 1" in lines) is (rejection.status == 503)
    assert body.endswith(b"}\n")
    told = json.loads(body)
    assert (told["ok"], told["error"], told["error_id"]) == (False, rejection.code, "0a1b")
    assert told["message"][-1] != "."


def test_a_refused_head_request_has_no_body() -> None:
    assert refusing.TOO_SLOW.answer(extra=[], is_head=True).endswith(b"\r\n\r\n")
