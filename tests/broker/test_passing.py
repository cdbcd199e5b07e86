"""What passes the broker: targets byte for byte or not at all, headers by list, and pages only in a sandbox."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentgather.wire.codec import encode
from agentgather.wire.frames import Open
from agentgather_broker.passing import (
    HELD_CLASSES,
    TARGET_BYTES_MAX,
    answer_headers,
    check_target,
    is_from_sandbox,
    path_class,
    preflight_headers,
    request_headers,
    split_slug,
)
from agentgather_broker.refusals import Refused

PUBLIC = "https://rooms.example"
PREFLIGHT = [(b"origin", b"null"), (b"access-control-request-method", b"POST")]

REFUSED_TARGETS = [
    b"",
    b"*",
    b"room/x",
    b"http://10.0.0.1/",
    b"https://rooms.example/room/",
    b"rooms.example:443",
    b"//evil.example/room/",
    b"/%2fevil.example/",
    b"/%5Cevil.example/",
    b"/\\evil.example/",
    b"/room/\\..\\x",
    b"/room/a b",
    b"/room/a\tb",
    b"/room/\x00",
    b"/room/\x7f",
    b"/room/x\r\nhost: y",
    "/room/ü".encode(),
    b"/room/x\xff",
    b"/room/x#y",
    b"/room//",
    b"/room//evil.example/",
    b"/room/%2Fevil.example/",
    b"/room/%5cevil.example/",
    b"/room/%252fevil.example/",
    b"/room/..",
    b"/room/../other/",
    b"/room/../other/?x",
    b"/room/x/../../other/",
    b"/room/./../other/",
    b"/room/%2e%2e/other/",
    b"/room/%2E./other/",
    b"/room/.%2e/other/",
    b"/room/%2e%2e%2fother/",
    b"/room/..%2Fother/",
    b"/room/..%5cother/",
    b"/room/x%2f..%2f..%2fother",
    b"/room/%252e%252e/other/",
    b"/room/%25252e%2e%252fother/",
    b"/room/x//../../other/",
    b"/room/x/..//evil.example/",
    b"/room/.//evil.example/",
    b"/..",
    b"/../room/",
    b"/room/" + b"x" * TARGET_BYTES_MAX,
]


@pytest.mark.parametrize("target", REFUSED_TARGETS)
def test_a_target_that_two_readers_could_take_differently_is_refused(target: bytes) -> None:
    with pytest.raises(Refused) as refused:
        split_slug(target)
    assert refused.value.code == "bad_target"
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("target", "slug", "rest"),
    [
        (b"/", "", b""),
        (b"/?x", "", b""),
        (b"/room", "room", b""),
        (b"/room?token=x", "room", b""),
        (b"/room/", "room", b"/"),
        (b"/room/?q", "room", b"/?q"),
        (b"/room/?", "room", b"/?"),
        (b"/room/messages?since_id=3&x=%2e%2e%2f&y=//..\x7e", "room", b"/messages?since_id=3&x=%2e%2e%2f&y=//..~"),
        (b"/room/a/../b", "room", b"/a/../b"),
        (b"/room/a/..", "room", b"/a/.."),
        (b"/room/a/../", "room", b"/a/../"),
        (b"/room/./", "room", b"/./"),
        (b"/room/a//b/./c/", "room", b"/a//b/./c/"),
        (b"/room/%zz%00%C3%BC;p=1,2'\"<>{}|^`", "room", b"/%zz%00%C3%BC;p=1,2'\"<>{}|^`"),
        (b"/room/..x/x../...", "room", b"/..x/x../..."),
        (b"/room/?/../../x", "room", b"/?/../../x"),
        (b"/Room%41/x", "Room%41", b"/x"),
        (b"/_host/link", "_host", b"/link"),
    ],
)
def test_whatever_passes_is_as_it_came_byte_for_byte(target: bytes, slug: str, rest: bytes) -> None:
    assert split_slug(target) == (slug, rest)


def test_a_target_may_be_as_long_as_it_may_be() -> None:
    whole = b"/room/" + b"x" * (TARGET_BYTES_MAX - 6)
    assert split_slug(whole) == ("room", whole[5:])
    check_target(b"/" * 1 + b"x" * (TARGET_BYTES_MAX - 1))
    with pytest.raises(Refused):
        check_target(b"/" + b"x" * TARGET_BYTES_MAX)


PIECES = st.sampled_from(
    [b"/", b"..", b".", b"%2e", b"%2E", b"%2f", b"%5C", b"%25", b"%252e", b"2e", b"x", b"room", b"?", b"\\", b"#", b":"]
)


def resolutions(target: bytes) -> set[bytes]:
    """What readers of all habits could make of a path: decoded 0 to 3 times, slashes merged or not, then resolved."""
    found = set()
    path = target.partition(b"?")[0]
    for _ in range(4):
        for merged in (path, re.sub(rb"/+", b"/", path)):
            for seen in (merged, merged.replace(b"\\", b"/")):
                out: list[bytes] = []
                for segment in seen.split(b"/")[1:]:
                    if segment == b"..":
                        if not out:
                            return {b"<above>"}
                        out.pop()
                    elif segment != b".":
                        out.append(segment)
                found.add(b"/" + b"/".join(out))
        path = unquote_to_bytes(path)
    return found


@given(st.lists(PIECES, max_size=12).map(lambda pieces: b"/room/" + b"".join(pieces)))
@example(b"/room/x%2f%2e%2e/%252e%252e/y")
def test_no_habit_of_reading_leads_a_passed_target_out_of_its_slug(target: bytes) -> None:
    try:
        slug, rest = split_slug(target)
    except Refused:
        return
    assert b"/" + slug.encode() + rest == target
    for resolved in resolutions(rest):
        assert resolved.startswith(b"/")
        assert not resolved.startswith(b"//")
    assert b"<above>" not in resolutions(rest)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"/", "shell"),
        (b"/?token=x", "shell"),
        (b"/assets/3f/room.js", "asset"),
        (b"/room.css", "asset"),
        (b"/wait?since_id=1", "wait"),
        (b"/wait/more", "wait"),
        (b"/events?since_id=1", "events"),
        (b"/mcp", "mcp"),
        (b"/messages/12/retract", "messages"),
        (b"/status", "status"),
        (b"/search?q=x", "search"),
        (b"/WAIT", "other"),
        (b"/log", "other"),
        (b"/healthz", "other"),
        (b"/shell", "other"),
        (b"/whatever-a-visitor-chooses", "other"),
        (b"/%77ait", "other"),
    ],
)
def test_a_path_is_of_a_closed_set_of_classes(target: bytes, expected: str) -> None:
    assert path_class(target) == expected


def test_what_is_held_is_a_wait_or_the_events_or_a_call_of_a_tool() -> None:
    assert {path_class(b"/wait"), path_class(b"/events"), path_class(b"/mcp")} == HELD_CLASSES


def request(*pairs: tuple[bytes, bytes], is_own_origin: bool = False) -> dict[bytes, bytes]:
    passed = request_headers(pairs, is_own_origin=is_own_origin, public_origin=PUBLIC)
    assert len(dict(passed)) == len(passed)
    return dict(passed)


def test_of_a_request_only_what_a_room_needs_is_passed_on() -> None:
    needed = {
        b"authorization": b"Bearer x",
        b"content-type": b"application/json",
        b"accept": b"text/event-stream",
        b"accept-encoding": b"gzip, br",
        b"last-event-id": b"7",
        b"if-none-match": b'"3"',
        b"origin": b"https://rooms.example",
        b"referer": b"https://rooms.example/room/",
        b"user-agent": b"curl/8",
        b"mcp-session-id": b"5",
        b"mcp-protocol-version": b"2026-07-28",
        b"mcp-method": b"tools/call",
        b"mcp-name": b"post",
    }
    others = (
        b"cookie host forwarded x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip via connection keep-alive "
        b"te trailer transfer-encoding upgrade expect content-length proxy-authorization proxy-connection "
        b"range x-http-method-override x-anything sec-fetch-site access-control-request-method content-encoding"
    ).split()
    assert request(*needed.items(), *((name, b"x") for name in others)) == needed


@pytest.mark.parametrize("name", [b"authorization", b"origin", b"content-type", b"referer", b"last-event-id"])
def test_a_header_that_counts_once_is_refused_twice(name: bytes) -> None:
    with pytest.raises(Refused) as refused:
        request((name, b"a"), (b"accept", b"*/*"), (name, b"a"))
    assert (refused.value.code, refused.value.status) == ("bad_target", 400)


def test_lists_that_came_in_parts_go_on_as_one() -> None:
    parts = [(b"accept", b"text/html")] * 200 + [(b"if-none-match", b'"1"'), (b"if-none-match", b'"2"')]
    passed = request(*parts)
    assert passed == {b"accept": b", ".join([b"text/html"] * 200), b"if-none-match": b'"1", "2"'}
    encode(Open(1, "GET", b"/", tuple(passed.items()), False))


@pytest.mark.parametrize("value", [b"a\r\nx: y", b"a\nb", b"a\x00", b"\x7f", b"\x1b[2J"])
def test_a_value_that_could_end_its_line_is_refused(value: bytes) -> None:
    with pytest.raises(Refused):
        request((b"accept", value))


def test_a_user_agent_is_cut_where_it_gets_long() -> None:
    assert request((b"user-agent", b"x" * 256)) == {b"user-agent": b"x" * 256}
    assert request((b"user-agent", b"x" * 257)) == {b"user-agent": b"x" * 256}


def test_a_sandboxed_page_of_a_shared_origin_is_the_rooms_own() -> None:
    assert request((b"origin", b"null")) == {b"origin": b"https://rooms.example"}
    assert request((b"origin", b"null"), is_own_origin=True) == {b"origin": b"null"}


@pytest.mark.parametrize("origin", [b"https://evil.example", b"NULL", b"null ", b"", b"null, null"])
def test_any_other_origin_arrives_unchanged(origin: bytes) -> None:
    assert request((b"origin", origin)) == {b"origin": origin}


def answer(
    *pairs: tuple[bytes, bytes],
    is_own_origin: bool = False,
    is_from_sandbox: bool = False,
    url: str = "https://rooms.example/room",
) -> list[tuple[bytes, bytes]]:
    return list(answer_headers(pairs, is_own_origin=is_own_origin, is_from_sandbox=is_from_sandbox, public_url=url))


KEPT = {
    b"content-type": b"text/html",
    b"cache-control": b"no-store",
    b"etag": b'"1"',
    b"retry-after": b"3",
    b"allow": b"GET",
    b"vary": b"accept",
    b"content-disposition": b"attachment",
    b"content-encoding": b"gzip",
    b"content-language": b"en",
    b"content-length": b"3",
    b"www-authenticate": b"Bearer",
    b"last-modified": b"Sat, 21 Nov 2026 10:00:00 GMT",
    b"content-security-policy": b"default-src 'self'",
    b"referrer-policy": b"no-referrer",
    b"x-frame-options": b"DENY",
    b"permissions-policy": b"camera=()",
}
OPENERS = {b"cross-origin-opener-policy": b"same-origin", b"cross-origin-resource-policy": b"same-origin"}
NEVER = (
    b"set-cookie set-cookie2 connection keep-alive transfer-encoding upgrade trailer te proxy-authenticate date server "
    b"x-accel-redirect x-accel-buffering x-sendfile refresh link alt-svc clear-site-data service-worker-allowed "
    b"strict-transport-security access-control-allow-origin access-control-allow-credentials "
    b"public-key-pins reporting-endpoints nel x-anything sourcemap accept-ch"
).split()


def test_of_an_answer_only_what_cannot_hurt_others_is_passed_on() -> None:
    hostile = [(name, b"x") for name in NEVER]
    passed = answer(*KEPT.items(), *OPENERS.items(), *hostile, is_own_origin=True)
    assert passed == [*KEPT.items(), *OPENERS.items(), (b"x-content-type-options", b"nosniff")]


def test_names_are_read_in_any_case_and_what_counts_once_comes_once() -> None:
    passed = answer(
        (b"Set-Cookie", b"x"), (b"Content-Type", b"text/plain"), (b"CONTENT-TYPE", b"text/html"), is_own_origin=True
    )
    assert passed == [(b"content-type", b"text/plain"), (b"x-content-type-options", b"nosniff")]


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: x=1", b"a\nb", b"\x00", b"\x1b"])
def test_an_answers_value_that_could_end_its_line_is_dropped(value: bytes) -> None:
    assert answer((b"content-type", value), is_own_origin=True) == [(b"x-content-type-options", b"nosniff")]


def test_every_answer_of_a_shared_origin_is_sandboxed_without_an_origin() -> None:
    passed = answer(*KEPT.items(), *OPENERS.items())
    policies = [value for name, value in passed if name == b"content-security-policy"]
    assert policies[0] == b"default-src 'self'"
    sandbox = policies[1].split()
    assert sandbox == [
        b"sandbox",
        b"allow-scripts",
        b"allow-forms",
        b"allow-popups",
        b"allow-popups-to-escape-sandbox",
        b"allow-downloads",
        b"allow-modals",
    ]
    assert [value for name, value in passed if name == b"cross-origin-resource-policy"] == [b"cross-origin"]
    assert not [value for name, value in passed if name == b"cross-origin-opener-policy"]
    assert (b"vary", b"origin") in passed
    assert not [name for name, _ in passed if name.startswith(b"access-control-")]


def test_a_hosts_own_sandbox_does_not_take_the_place_of_ours() -> None:
    loose = (b"content-security-policy", b"sandbox allow-scripts allow-same-origin")
    policies = [value for name, value in answer(loose) if name == b"content-security-policy"]
    assert len(policies) == 2  # a browser holds a page to both
    assert b"allow-same-origin" not in policies[1]


def test_a_sandboxed_page_may_read_its_answers_and_nobody_elses_credentials() -> None:
    passed = dict(answer((b"content-type", b"application/json"), is_from_sandbox=True))
    assert passed[b"access-control-allow-origin"] == b"null"
    assert passed[b"vary"] == b"origin"
    assert passed[b"access-control-expose-headers"] == b"etag, retry-after"
    assert b"access-control-allow-credentials" not in passed
    own = dict(answer((b"content-type", b"application/json"), is_own_origin=True, is_from_sandbox=True))
    assert not [name for name in own if name.startswith(b"access-control-")]


def test_a_preflight_of_a_sandboxed_page_is_answered_whole() -> None:
    allowed = dict(preflight_headers(PREFLIGHT) or ())
    assert allowed[b"access-control-allow-origin"] == b"null"
    assert {b"POST", b"GET"} <= set(allowed[b"access-control-allow-methods"].split(b", "))
    assert {b"authorization", b"content-type"} <= set(allowed[b"access-control-allow-headers"].split(b", "))
    assert int(allowed[b"access-control-max-age"]) > 0
    assert allowed[b"vary"] == b"origin"
    assert b"access-control-allow-credentials" not in allowed


@pytest.mark.parametrize(
    "headers",
    [
        PREFLIGHT[:1],
        PREFLIGHT[1:],
        [(b"origin", b"https://evil.example"), PREFLIGHT[1]],
        [],
    ],
)
def test_any_other_options_is_not_ours_to_answer(headers: list[tuple[bytes, bytes]]) -> None:
    assert preflight_headers(headers) is None


def test_a_page_without_an_origin_is_told_by_its_header() -> None:
    assert is_from_sandbox([(b"accept", b"*/*"), (b"origin", b"null")])
    assert not is_from_sandbox([(b"origin", b"https://rooms.example"), (b"x-origin", b"null")])


ROOM = "https://rooms.example/room"


@pytest.mark.parametrize(
    "location",
    [b"/room/", b"/room/x?y#z", b"https://rooms.example/room/x", b"x", b"x/y?to=https://z", b"?x", b"./x:y", b"#there"],
)
def test_a_redirect_within_the_room_passes(location: bytes) -> None:
    assert (b"location", location) in answer((b"location", location), url=ROOM)


OUTWARD = [
    b"//evil.example/",
    b"///evil.example/",
    b"/\\evil.example/",
    b"\\\\evil.example/",
    b"\\evil",
    b"\t//evil.example/",
    b" /room/",
    b"https://evil.example/room/",
    b"https://rooms.example.evil.example/room/",
    b"https://rooms.example/room",
    b"https:/room/",
    b"javascript:alert(1)",
    b"data:text/html,x",
    b"../other/",
    b"x/../../other/",
    b"%2e%2e/other/",
    b"/room/../other/",
    b"/room/x/%2e%2e/%2E%2e/other/",
    b"/room//evil.example/",
    "/room/ü".encode(),
]


@pytest.mark.parametrize(
    "location",
    [*OUTWARD, b"/", b"/other/", b"/room", b"/roomx/", b"https://rooms.example/", b"https://rooms.example/r/"],
)
def test_a_redirect_out_of_the_room_does_not_pass(location: bytes) -> None:
    assert not dict(answer((b"location", location), url=ROOM)).get(b"location")


INWARD = [b"/room//evil.example/"]  # when all of an origin is the room's


def test_a_room_with_an_origin_of_its_own_redirects_anywhere_below_it() -> None:
    url = "https://room.rooms.example"
    for location in (b"/", b"/other/", b"/room", b"https://room.rooms.example/x", b"x"):
        assert (b"location", location) in answer((b"location", location), is_own_origin=True, url=url)
    for location in OUTWARD:
        if location not in INWARD:
            assert (b"location", location) not in answer((b"location", location), is_own_origin=True, url=url)


def test_a_room_asked_for_below_another_origin_than_its_own_redirects_to_its_own() -> None:
    url = "https://room.rooms.example"
    for location, passes in ((b"https://room.rooms.example/x", True), (b"x", True), (b"/room/x", False)):
        assert ((b"location", location) in answer((b"location", location), url=url)) == passes
