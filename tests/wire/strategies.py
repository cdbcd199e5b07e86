"""Frames at random, of every type and as odd as they may be."""

from __future__ import annotations

from hypothesis import strategies as st

from agentgather.wire.codec import CREDIT_MAX, DATA_BYTES_MAX, STREAM_ID_MAX
from agentgather.wire.fields import HEADERS_MAX, ITEMS_MAX
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

STREAMS = st.integers(1, STREAM_ID_MAX)
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40).filter(str.isprintable)
CODES = st.from_regex(r"[a-z][a-z0-9_]{0,63}", fullmatch=True)
METHODS = st.from_regex(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}", fullmatch=True)
TARGETS = st.from_regex(rb"/[\x21-\x7e]{0,60}", fullmatch=True)
NAMES = st.from_regex(rb"[!#$%&'*+.^_`|~0-9a-z-]{1,20}", fullmatch=True)
VALUES = st.from_regex(rb"[\t\x20-\x7e\x80-\xff]{0,60}", fullmatch=True)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=HEADERS_MAX).map(tuple)
SECONDS = st.one_of(st.integers(1, 10**9), st.floats(0.01, 10**9))
CONTENTS = st.one_of(
    st.binary(min_size=1, max_size=80),
    st.tuples(st.integers(1, DATA_BYTES_MAX), st.integers(0, 255)).map(lambda of: bytes((of[1],)) * of[0]),
)
TOKENS = st.binary(min_size=8, max_size=8)

BY_TYPE: dict[type, st.SearchStrategy[Frame]] = {
    Hello: st.builds(
        Hello,
        st.integers(1, 255),
        TEXTS,
        st.binary(min_size=32, max_size=32),
        TEXTS,
        st.lists(TEXTS, max_size=ITEMS_MAX).map(tuple),
    ),
    Challenge: st.builds(Challenge, st.binary(min_size=32, max_size=32)),
    Proof: st.builds(Proof, st.binary(min_size=64, max_size=64)),
    Registered: st.builds(
        Registered,
        st.dictionaries(TEXTS, TEXTS, max_size=ITEMS_MAX),
        TEXTS,
        st.dictionaries(TEXTS, st.integers(0, 2**53), max_size=ITEMS_MAX),
        SECONDS,
    ),
    Refused: st.builds(Refused, CODES, TEXTS, st.one_of(st.none(), st.just(0), SECONDS)),
    Open: st.builds(Open, STREAMS, METHODS, TARGETS, HEADERS, st.booleans()),
    Answer: st.builds(Answer, STREAMS, st.integers(200, 599), HEADERS),
    Data: st.builds(Data, STREAMS, CONTENTS),
    End: st.builds(End, STREAMS),
    Reset: st.builds(Reset, STREAMS, CODES),
    Credit: st.builds(Credit, st.integers(0, STREAM_ID_MAX), st.integers(1, CREDIT_MAX)),
    Ping: st.builds(Ping, TOKENS),
    Pong: st.builds(Pong, TOKENS),
    Drain: st.builds(Drain),
    Bye: st.builds(Bye, CODES, TEXTS),
}
FRAMES = st.one_of(*BY_TYPE.values())

JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(["room", "GET", "/", "AAAA", "-1", "a_code", "\ud800", "\x1b[2J"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=4)),
    max_leaves=8,
)
