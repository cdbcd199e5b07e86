"""Quart's apps on this server: stock quart-trio, and our own that hands a view its request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.serving.process import ServerProcess, serving


@pytest.fixture(scope="module", params=["stock", "direct"])
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    with serving(app=request.param, limits={"idle_seconds": 0.3}, grace_seconds=5) as running:
        yield running


def test_an_idle_connection_ends_although_it_was_served(server: ServerProcess) -> None:
    with server.call() as caller:
        for _ in range(3):
            caller.get("/")
            assert caller.answer().body == b'{"ok":true}\n'
        assert caller.read_to_end() == b""


def test_head_and_unknown_paths_and_odd_targets_are_answered(server: ServerProcess) -> None:
    assert server.ask("/", method="HEAD").status == 200
    assert server.ask("/nowhere").status == 404
    assert server.ask("/", method="DELETE").status == 405
    for target in ("//", "/%00", "/%2f", "/caf%c3%a9", "/%ff", "/?%ff=%00"):
        assert server.ask(target).status in (200, 404)


@pytest.mark.parametrize("app", ["stock", "direct"])
def test_a_held_request_is_let_go_when_its_client_leaves(app: str) -> None:
    with serving(app=app, limits={"connections_max": 1}) as server:
        with server.call() as caller:
            caller.get("/held")
        while server.ask("/").status == 503:  # until the place of the one who left is free
            pass
        server.ask_to_stop()
        assert server.end() == 0
        assert float(server.printed[-1].split()[1]) < 0.5


@pytest.fixture(scope="module")
def direct() -> Iterator[ServerProcess]:
    with serving(app="direct") as running:
        yield running


def test_a_view_gets_its_body_and_its_names(direct: ServerProcess) -> None:
    assert direct.ask("/echo", method="POST", body=b"x" * 64_000).body == b"x" * 64_000
    named = direct.ask("/named/a%20b")
    assert (named.body, named.headers["content-type"], named.headers["x-name"]) == (b"a b", "text/plain", "yes")


def test_what_has_no_body_says_nothing_of_one(direct: ServerProcess) -> None:
    unchanged = direct.ask("/unchanged")
    assert unchanged.status == 304
    assert not {"content-type", "content-length", "transfer-encoding"} & unchanged.headers.keys()


def test_a_response_of_quarts_is_streamed(direct: ServerProcess) -> None:
    streamed = direct.ask("/streamed")
    assert (streamed.headers["transfer-encoding"], streamed.body) == ("chunked", b"one two")


def test_a_body_beyond_the_apps_limit_is_refused_unread(direct: ServerProcess) -> None:
    with direct.call() as caller:
        caller.get("/echo", "Content-Length: 64001", "Expect: 100-continue", method="POST")
        assert caller.read(b"\r\n") == b"HTTP/1.1 413 \r\n"
    with direct.call() as caller:
        caller.get("/echo", "Transfer-Encoding: chunked", method="POST")
        caller.send(b"fa01\r\n" + b"x" * 64_001)  # and does not wait for the end
        assert caller.answer().status == 413


def test_what_stands_before_every_view_may_answer(direct: ServerProcess) -> None:
    answer = direct.ask("/", "X-Refuse: yes")
    assert (answer.status, answer.body) == (403, b"refused")


def test_a_bug_of_a_view_is_an_answer(direct: ServerProcess) -> None:
    answer = direct.ask("/broken")
    assert (answer.status, answer.code) == (500, "internal_error")
    assert direct.is_well()
