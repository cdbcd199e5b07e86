"""Frames to bytes and back: cut anywhere they are the same, every maximum is exact, and nothing but PeerBroke comes of junk."""

from __future__ import annotations

import json
import traceback
from base64 import urlsafe_b64encode
from dataclasses import fields
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgather.wire.codec import (
    CREDIT_MAX,
    DATA_BYTES_MAX,
    HEADER_BYTES,
    IGNORABLE,
    LINK_CREDIT_BYTES,
    STREAM_CREDIT_BYTES,
    STREAM_ID_MAX,
    STREAMS_MAX,
    TOKEN_BYTES,
    Decoder,
    encode,
)
from agentgather.wire.control import HEARTBEAT_SECONDS_MIN, KEY_BYTES, NONCE_BYTES, SIGNATURE_BYTES
from agentgather.wire.faults import PeerBroke
from agentgather.wire.fields import (
    CODE_CHARACTERS_MAX,
    CONTROL_BYTES_MAX,
    HEADERS_MAX,
    ITEMS_MAX,
    NUMBER_MAX,
    TEXT_CHARACTERS_MAX,
)
from agentgather.wire.frames import (
    Answer,
    Bye,
    Challenge,
    Credit,
    Data,
    Drain,
    End,
    Frame,
    Hello,
    Open,
    Ping,
    Pong,
    Proof,
    Refused,
    Registered,
    Reset,
)
from tests.wire.links import head, raw
from tests.wire.strategies import BY_TYPE, FRAMES, JSON

KINDS = {
    Hello: 0x01,
    Challenge: 0x02,
    Proof: 0x03,
    Registered: 0x04,
    Refused: 0x05,
    Open: 0x06,
    Answer: 0x07,
    Data: 0x08,
    End: 0x09,
    Reset: 0x0A,
    Credit: 0x0B,
    Ping: 0x0C,
    Pong: 0x0D,
    Drain: 0x0E,
    Bye: 0x0F,
}
FIXED = {0x09: 0, 0x0B: 4, 0x0C: 8, 0x0D: 8}
OF_A_STREAM = (Open, Answer, Data, End, Reset)
JSON_KINDS = {kind for kind in KINDS.values() if kind not in FIXED and kind != KINDS[Data]}
UNKNOWN = [kind for kind in range(0x80) if kind not in KINDS.values()]


def length_max(kind: int) -> int:
    return DATA_BYTES_MAX if kind == KINDS[Data] else FIXED.get(kind, CONTROL_BYTES_MAX)


def decoded(content: bytes) -> list[Frame]:
    return Decoder().receive(content)


def broken(content: bytes) -> PeerBroke:
    with pytest.raises(PeerBroke) as info:
        decoded(content)
    return info.value


def of_json(kind: int, value: Any, *, stream: int | None = None) -> bytes:
    stream = stream if stream is not None else (1 if kind in (KINDS[one] for one in OF_A_STREAM) else 0)
    return raw(kind, stream, value if isinstance(value, bytes) else json.dumps(value).encode())


def test_the_maxima_are_what_the_protocol_says() -> None:
    assert (CONTROL_BYTES_MAX, DATA_BYTES_MAX) == (65_536, 32_768)
    assert (STREAM_CREDIT_BYTES, LINK_CREDIT_BYTES, CREDIT_MAX) == (262_144, 1_048_576, 2**31 - 1)
    assert (STREAMS_MAX, STREAM_ID_MAX, HEADER_BYTES) == (1_024, 2**32 - 1, 9)
    assert (TOKEN_BYTES, KEY_BYTES, NONCE_BYTES, SIGNATURE_BYTES) == (8, 32, 32, 64)


def test_every_frame_there_is_is_tested_here() -> None:
    assert set(get_args(Frame)) == set(KINDS) == set(BY_TYPE)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_frame_comes_back_as_it_was(kind: type) -> None:
    @given(BY_TYPE[kind])
    def check(frame: Frame) -> None:
        content = encode(frame)
        assert head(content) == (KINDS[kind], getattr(frame, "stream", 0), len(content) - HEADER_BYTES)
        assert decoded(content) == [frame]

    check()


@given(st.lists(FRAMES, max_size=6), st.data())
def test_cut_anywhere_the_frames_are_the_same(frames: list[Frame], data: st.DataObject) -> None:
    content = b"".join(encode(frame) for frame in frames)
    cuts = data.draw(st.lists(st.integers(0, len(content)), max_size=12).map(sorted))
    decoder = Decoder()
    came = []
    for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True):
        came += decoder.receive(content[start:end])
    assert came == frames


def test_a_byte_at_a_time_is_as_good_as_all_at_once() -> None:
    frames: list[Frame] = [Data(7, b"abc"), Bye("leaving", "so long"), End(3), Ping(b"12345678")]
    content = b"".join(encode(frame) for frame in frames)
    decoder = Decoder()
    assert [frame for at in range(len(content)) for frame in decoder.receive(content[at : at + 1])] == frames


@given(st.lists(FRAMES, min_size=1, max_size=3), st.integers(1, 8))
def test_an_unfinished_frame_is_waited_for_and_nothing_else_is_kept(frames: list[Frame], missing: int) -> None:
    content = b"".join(encode(frame) for frame in frames)
    decoder = Decoder()
    assert decoder.receive(content[:-missing]) == frames[:-1]
    assert decoder.receive(content[-missing:]) == frames[-1:]
    assert decoder.receive(b"") == []


@pytest.mark.parametrize("kind", range(0x100))
def test_no_frame_is_longer_than_its_kind_may_be_and_that_is_known_from_its_head(kind: int) -> None:
    longest = length_max(kind)
    assert decoded(raw(kind, 1 if longest else 0, b"", size=longest or 1)[: HEADER_BYTES - 1]) == []
    if longest:
        assert decoded(raw(kind, 1, b"", size=longest)) == []
    broken(raw(kind, 1, b"", size=longest + 1))
    broken(raw(kind, 1, b"", size=2**32 - 1))


@pytest.mark.parametrize("kind", FIXED)
def test_a_frame_of_fixed_length_is_neither_shorter_nor_longer(kind: int) -> None:
    stream = 1 if kind in (0x09, 0x0B) else 0
    for size in range(13):
        if size == FIXED[kind]:
            assert len(decoded(raw(kind, stream, b"\x01" * size))) == 1
        else:
            broken(raw(kind, stream, b"\x01" * size))


@pytest.mark.parametrize("kind", UNKNOWN)
def test_a_kind_that_is_not_known_breaks_the_rules(kind: int) -> None:
    for stream in (0, 1):
        for payload in (b"", b"{}", b"x" * 100):
            broken(raw(kind, stream, payload))


@given(
    st.integers(IGNORABLE, 0xFF),
    st.integers(0, STREAM_ID_MAX),
    st.one_of(st.binary(max_size=50), st.just(b"x" * CONTROL_BYTES_MAX)),
)
def test_an_ignorable_kind_is_skipped_and_its_neighbours_are_not(kind: int, stream: int, payload: bytes) -> None:
    before, after = Data(1, b"a"), End(1)
    assert decoded(encode(before) + raw(kind, stream, payload) + encode(after)) == [before, after]


@pytest.mark.parametrize("kind", KINDS.values())
def test_a_frame_of_a_stream_names_one_and_a_frame_of_the_link_none(kind: int) -> None:
    frame = next(of for of, number in KINDS.items() if number == kind)
    good = encode(EXAMPLES[frame])
    other = good[:1] + (0 if head(good)[1] else 1).to_bytes(4, "big") + good[5:]
    if frame is Credit:
        assert decoded(other) == [Credit(0, 9)]
    else:
        broken(other)


EXAMPLES: dict[type, Frame] = {
    Hello: Hello(1, "room", b"k" * 32, "x", ("a",)),
    Challenge: Challenge(b"n" * 32),
    Proof: Proof(b"s" * 64),
    Registered: Registered({"a": "b"}, "https://x", {"c": 1}, 15),
    Refused: Refused("no", "never", 3),
    Open: Open(1, "GET", b"/x?y", ((b"accept", b"*/*"),), False),
    Answer: Answer(1, 200, ((b"content-type", b"a/b"),)),
    Data: Data(1, b"x"),
    End: End(1),
    Reset: Reset(1, "gone"),
    Credit: Credit(1, 9),
    Ping: Ping(b"12345678"),
    Pong: Pong(b"12345678"),
    Drain: Drain(),
    Bye: Bye("over", "done"),
}


def object_of(kind: type) -> dict[str, Any]:
    """The JSON object of a good frame of `kind`."""
    value = json.loads(encode(EXAMPLES[kind])[HEADER_BYTES:])
    assert isinstance(value, dict)
    return value


BORDERS: list[tuple[type, str, Any, Any]] = [
    (Hello, "version", 1, 0),
    (Hello, "version", 255, 256),
    (Hello, "slug", "x" * TEXT_CHARACTERS_MAX, "x" * (TEXT_CHARACTERS_MAX + 1)),
    (Hello, "software", "ü" * TEXT_CHARACTERS_MAX, "ü" * (TEXT_CHARACTERS_MAX + 1)),
    (Hello, "capabilities", ["x"] * ITEMS_MAX, ["x"] * (ITEMS_MAX + 1)),
    (Hello, "capabilities", ["x" * TEXT_CHARACTERS_MAX], ["x" * (TEXT_CHARACTERS_MAX + 1)]),
    (Registered, "route", {str(n): "" for n in range(ITEMS_MAX)}, {str(n): "" for n in range(ITEMS_MAX + 1)}),
    (Registered, "route", {"x" * TEXT_CHARACTERS_MAX: ""}, {"x" * (TEXT_CHARACTERS_MAX + 1): ""}),
    (Registered, "route", {"x": "y" * TEXT_CHARACTERS_MAX}, {"x": "y" * (TEXT_CHARACTERS_MAX + 1)}),
    (Registered, "limits", {str(n): 0 for n in range(ITEMS_MAX)}, {str(n): 0 for n in range(ITEMS_MAX + 1)}),
    (Registered, "limits", {"x": 2**53}, {"x": 2**53 + 1}),
    (Registered, "limits", {"x": 0}, {"x": -1}),
    (Registered, "public_url", "x" * TEXT_CHARACTERS_MAX, "x" * (TEXT_CHARACTERS_MAX + 1)),
    (Registered, "heartbeat_seconds", HEARTBEAT_SECONDS_MIN, HEARTBEAT_SECONDS_MIN * 0.99),
    (Registered, "heartbeat_seconds", NUMBER_MAX, NUMBER_MAX + 1),
    (Refused, "code", "x" * CODE_CHARACTERS_MAX, "x" * (CODE_CHARACTERS_MAX + 1)),
    (Refused, "message", "x" * TEXT_CHARACTERS_MAX, "x" * (TEXT_CHARACTERS_MAX + 1)),
    (Refused, "retry_after", 0, -0.1),
    (Refused, "retry_after", NUMBER_MAX, NUMBER_MAX + 1),
    (Open, "method", "X" * 32, "X" * 33),
    (Open, "method", "X", ""),
    (Open, "target", "/", ""),
    (Open, "headers", [["a", "b"]] * HEADERS_MAX, [["a", "b"]] * (HEADERS_MAX + 1)),
    (Open, "headers", [["a" * 128, ""]], [["a" * 129, ""]]),
    (Open, "headers", [["a", ""]], [["", ""]]),
    (Answer, "status", 200, 199),
    (Answer, "status", 599, 600),
    (Answer, "headers", [["a", "b"]] * HEADERS_MAX, [["a", "b"]] * (HEADERS_MAX + 1)),
    (Reset, "reason", "x" * CODE_CHARACTERS_MAX, "x" * (CODE_CHARACTERS_MAX + 1)),
    (Reset, "reason", "x", ""),
    (Bye, "reason", "x" * CODE_CHARACTERS_MAX, "x" * (CODE_CHARACTERS_MAX + 1)),
    (Bye, "message", "x" * TEXT_CHARACTERS_MAX, "x" * (TEXT_CHARACTERS_MAX + 1)),
    (Challenge, "nonce", "A" * 43, "A" * 42),
    (Challenge, "nonce", "A" * 43, "A" * 44),
    (Hello, "key", "A" * 43, "A" * 40),
    (Proof, "signature", "A" * 86, "A" * 84),
    (Proof, "signature", "A" * 86, "A" * 87),
]


@pytest.mark.parametrize(("kind", "name", "within", "beyond"), BORDERS)
def test_every_maximum_holds_exactly_at_its_border(kind: type, name: str, within: Any, beyond: Any) -> None:
    frames = decoded(of_json(KINDS[kind], object_of(kind) | {name: within}))
    assert [type(frame) for frame in frames] == [kind]
    broken(of_json(KINDS[kind], object_of(kind) | {name: beyond}))


def test_a_control_frame_may_be_as_long_as_it_may_be() -> None:
    empty = Open(1, "GET", b"/", ((b"a", b""),), False)
    room = CONTROL_BYTES_MAX - (len(encode(empty)) - HEADER_BYTES)
    full = Open(1, "GET", b"/", ((b"a", b"x" * room),), False)
    assert decoded(encode(full)) == [full]
    with pytest.raises(ValueError, match="no peer would take this Open"):
        encode(Open(1, "GET", b"/", ((b"a", b"x" * (room + 1)),), False))
    whole = Open(1, "GET", b"/" + b"x" * room, ((b"a", b""),), False)
    assert decoded(encode(whole)) == [whole]


def test_a_piece_of_data_may_be_as_long_as_it_may_be() -> None:
    full = Data(1, b"x" * DATA_BYTES_MAX)
    assert decoded(encode(full)) == [full]
    with pytest.raises(ValueError, match="no peer would take this Data"):
        encode(Data(1, b"x" * (DATA_BYTES_MAX + 1)))


UNSENDABLE: list[Frame] = [
    Hello(0, "room", b"k" * 32, "x"),
    Hello(1, "room", b"k" * 31, "x"),
    Hello(1, "room\n", b"k" * 32, "x"),
    Challenge(b""),
    Proof(b"s" * 65),
    Registered({"a": "b"}, "https://x", {"c": -1}, 15),
    Registered({"a": "b"}, "https://x", {"c": 1}, 0),
    Registered({"a": "b"}, "https://x", {"c": 1}, float("nan")),
    Refused("No", "never"),
    Refused("no", "a line\nand another"),
    Refused("no", "never", -1),
    Open(1, "GET ", b"/", (), False),
    Open(1, "GET", b"x", (), False),
    Open(1, "GET", b"/\xff", (), False),
    Open(1, "GET", b"/ ", (), False),
    Open(1, "GET", b"/", ((b"Accept", b"x"),), False),
    Open(1, "GET", b"/", ((b"accept", b"x\r\ny: z"),), False),
    Open(1, "GET", b"/", ((b"a", b"b"),) * (HEADERS_MAX + 1), False),
    Open(0, "GET", b"/", (), False),
    Open(STREAM_ID_MAX + 1, "GET", b"/", (), False),
    Answer(1, 101, ()),
    Answer(1, 600, ()),
    Answer(-1, 200, ()),
    Data(0, b"x"),
    End(0),
    End(STREAM_ID_MAX + 1),
    Reset(1, "Not a code"),
    Reset(0, "gone"),
    Credit(1, -1),
    Credit(1, 2**32),
    Ping(b"1234567"),
    Pong(b"123456789"),
    Bye("over", "\x1b[2J"),
    Bye("over", "\ud800"),
]


@pytest.mark.parametrize("frame", UNSENDABLE, ids=repr)
def test_nothing_is_let_out_that_would_cost_the_link_at_the_other_end(frame: Frame) -> None:
    with pytest.raises(ValueError, match="no peer would take this"):
        encode(frame)


@pytest.mark.parametrize("frame", EXAMPLES.values(), ids=lambda frame: type(frame).__name__)
def test_fields_that_are_not_known_are_skipped(frame: Frame) -> None:
    kind = KINDS[type(frame)]
    if kind not in JSON_KINDS:
        return
    more = object_of(type(frame)) | {"new": {"a": [None, 1e300, "\ud800"]}, "": -1, "stream": "x"}
    assert decoded(of_json(kind, more)) == [frame]


NOT_OBJECTS = [
    b"",
    b" ",
    b"[]",
    b"null",
    b"7",
    b'"x"',
    b"{",
    b"{}}",
    b"{} {}",
    b'{"a":1,}',
    b"{'a':1}",
    b"\xff",
    b'{"a":"\xff"}',
    b'{"a":"\xc0\xae"}',
    b'{"a":"\xed\xa0\x80"}',
    b'\xef\xbb\xbf{"a":1}',
    '{"a":1}'.encode("utf-16"),
    b'{"a":"\x00"}',
    b'{"a":"\n"}',
    b'{"a":NaN}',
    b'{"a":Infinity}',
    b'{"a":-Infinity}',
    b'{"a":[{"b":NaN}]}',
    b'{"a":1,"a":1}',
    b'{"a":1,"\\u0061":2}',
    b'{"b":{"a":1,"a":2}}',
    b'{"a":' + b"9" * 5_000 + b"}",
    b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    b'{"a":' * 12_000 + b"1" + b"}" * 5_000,
    b"[" * CONTROL_BYTES_MAX,
    b"{" * CONTROL_BYTES_MAX,
    b'{"a":' + b'"\\ud800' * 1_000,
]


@pytest.mark.parametrize("payload", NOT_OBJECTS, ids=lambda payload: payload[:20])
@pytest.mark.parametrize("kind", sorted(JSON_KINDS))
def test_what_two_readers_could_read_differently_is_not_read_at_all(kind: int, payload: bytes) -> None:
    if payload[:1] == b"{" and payload[-1:] == b"}" and kind != KINDS[Drain]:
        frame = next(of for of, number in KINDS.items() if number == kind)
        payload = json.dumps(object_of(frame)).encode()[:-1] + b"," + payload[1:]  # all else in it would do
    broken(of_json(kind, payload))


WRONG = [
    None,
    True,
    1,
    -1,
    1.5,
    1e400,
    10**30,
    "",
    "x",
    "é",
    "\x00",
    "\ud800",
    [],
    [1],
    ["a", "b"],
    {},
    {"a": 1},
    [[]],
    [{}],
]


@pytest.mark.parametrize("frame", EXAMPLES, ids=lambda kind: kind.__name__)
def test_a_field_of_the_wrong_type_breaks_the_rules_and_nothing_else(frame: type) -> None:
    if KINDS[frame] not in JSON_KINDS:
        return
    good = object_of(frame)
    for name, right in good.items():
        if name != "retry_after":
            broken(of_json(KINDS[frame], {key: value for key, value in good.items() if key != name}))
        for value in WRONG:
            content = of_json(KINDS[frame], good | {name: value})
            if json_type(value) == json_type(right) or (name, value) == ("retry_after", None):
                only_peer_broke(content)
            else:
                broken(content)


def json_type(value: Any) -> str:
    """Numbers are of one type in JSON."""
    return "number" if type(value) in (int, float) else type(value).__name__


def test_numbers_are_numbers_and_whole_where_they_are_counted() -> None:
    for kind, name, value in [
        (Hello, "version", 1.0),
        (Hello, "version", True),
        (Answer, "status", 200.0),
        (Registered, "limits", {"x": 1.0}),
        (Registered, "limits", {"x": True}),
        (Registered, "heartbeat_seconds", True),
        (Registered, "heartbeat_seconds", "15"),
        (Refused, "retry_after", False),
        (Refused, "retry_after", "3"),
        (Open, "has_body", 0),
        (Open, "has_body", "false"),
    ]:
        broken(of_json(KINDS[kind], object_of(kind) | {name: value}))


@pytest.mark.parametrize(
    "text",
    [
        "A" * 42 + "=",
        "A" * 43 + "=",
        "A" * 42 + "B",  # the bits beyond the last byte are not nought
        "A" * 42 + "+",
        "A" * 42 + "/",
        "A" * 42 + "!",
        "A" * 21 + "\n" + "A" * 22,
        "A" * 21 + " " + "A" * 21,
        " " + "A" * 43,
        "Ä" * 43,
        "",
    ],
)
def test_bytes_have_one_spelling_only(text: str) -> None:
    broken(of_json(KINDS[Challenge], {"nonce": text}))


@given(st.binary(min_size=32, max_size=32))
def test_bytes_are_spelt_as_unpadded_base64url(nonce: bytes) -> None:
    spelt = urlsafe_b64encode(nonce).rstrip(b"=").decode()
    assert decoded(of_json(KINDS[Challenge], {"nonce": spelt})) == [Challenge(nonce)]
    assert json.loads(encode(Challenge(nonce))[HEADER_BYTES:]) == {"nonce": spelt}


@pytest.mark.parametrize(
    ("kind", "name", "values"),
    [
        (Open, "method", ["GET\n", "G ET", "G\u00c4T", "GET/", "(GET)", "G\tT"]),
        (Open, "target", ["x", "*", "/ ", "/\n", "/\x7f", "/\x00", "/ü", "http://x/", " /"]),
        (Open, "headers", [["ab"], [["a"]], [["a", "b", "c"]], [["A", "b"]], [["a ", "b"]], [["a:", "b"]], [[1, "b"]]]),
        (Open, "headers", [[["a", 1]], [["a", "b\r"]], [["a", "b\n"]], [["a", "\x00"]], [["a", "\x7f"]], [["a", "Ā"]]]),
        (Answer, "headers", [[["a", "b\r\nset-cookie: x"]], [[":status", "200"]], {"a": "b"}, [["é", "b"]]]),
        (Reset, "reason", ["Gone", "1gone", "_gone", "go-ne", "gone\n", "go ne", "göne"]),
        (Bye, "message", ["a\nb", "\x1b[31m", "\u202eabc", "\x00", "\u2028", "\ud800"]),
        (Hello, "slug", ["a\nb", "\x7f", "\u200b"]),
        (Registered, "public_url", ["https://x/\n", "\x1b]8;;x"]),
        (Registered, "route", [{"a\n": "b"}, {"a": "b\n"}, {"a": 1}, {"\ud800": "b"}, [["a", "b"]]]),
    ],
)
def test_a_field_that_is_not_of_its_form_breaks_the_rules(kind: type, name: str, values: list[Any]) -> None:
    for value in values:
        broken(of_json(KINDS[kind], object_of(kind) | {name: value}))


def test_header_values_are_latin_1_whatever_they_hold() -> None:
    value = bytes(byte for byte in range(256) if byte == 9 or (byte >= 32 and byte != 127))
    frame = Answer(1, 200, ((b"x-all", value),))
    assert decoded(encode(frame)) == [frame]


@pytest.mark.parametrize("kind", sorted(JSON_KINDS))
def test_no_json_whatever_raises_anything_but_peer_broke(kind: int) -> None:
    names = [one.name for of, number in KINDS.items() if number == kind for one in fields(of)] + ["retry_after", "x"]

    @given(st.one_of(JSON, st.dictionaries(st.sampled_from(names), JSON)))
    def check(value: Any) -> None:
        only_peer_broke(of_json(kind, json.dumps(value).encode("utf-8", "surrogatepass")))

    check()


@given(st.integers(0, 0xFF), st.integers(0, 3), st.binary(max_size=40))
def test_no_payload_whatever_raises_anything_but_peer_broke(kind: int, stream: int, payload: bytes) -> None:
    only_peer_broke(raw(kind, stream, payload))


@given(st.binary(max_size=200))
def test_no_bytes_whatever_raise_anything_but_peer_broke(content: bytes) -> None:
    only_peer_broke(content)


def only_peer_broke(content: bytes) -> None:
    """What is taken is a frame that goes out again as itself."""
    try:
        frames = decoded(content)
    except PeerBroke:
        return
    assert [decoded(encode(frame)) for frame in frames] == [[frame] for frame in frames]


@pytest.mark.parametrize(
    "payload",
    [
        b'{"method":"GET","target":"/","headers":[["authorization","CANARY"]],"has_body":1}',
        b'{"method":"GET","target":"/CANARY","headers":',
        b'{"CANARY":1,"CANARY":2}',
        b'{"method":"CANARY\xff"}',
    ],
)
def test_a_fault_does_not_repeat_what_was_in_the_frame(payload: bytes) -> None:
    fault = broken(of_json(KINDS[Open], payload))
    assert "CANARY" not in "".join(traceback.format_exception(fault))
    frame = Open(1, "GET", b"/", ((b"authorization", b"CANARY\n"),), False)
    with pytest.raises(ValueError, match="Open") as refused:
        encode(frame)
    assert "CANARY" not in "".join(traceback.format_exception(refused.value))


def test_what_may_be_secret_is_not_in_the_repr_of_a_frame() -> None:
    frames = [
        Open(1, "GET", b"/?token=CANARY", ((b"authorization", b"CANARY"),), True),
        Answer(1, 200, ((b"x", b"CANARY"),)),
        Data(1, b"CANARY"),
        Proof(b"CANARY"),
    ]
    assert not [frame for frame in frames if "CANARY" in repr(frame)]
