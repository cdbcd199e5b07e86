"""The short proof of a message: eight characters that only somebody who was handed the whole record can give back.

It is made of the digest that the chain covers (docs/protocol.md, Chain), so it stands for the content, is the same after a
restart and a repair, and tells nothing of a text that was taken back: without its salt nobody can find that by trying.
"""

from __future__ import annotations

from base64 import b32encode
from hashlib import sha256
from hmac import compare_digest

from agentgather.api.record_json import Json
from agentgather.api.seal import Seal, digest_of, parse_line, read_seal
from agentgather.room.delivery.recipients import recipients
from agentgather.room.message import Message

PROOF_CHARACTERS = 8  # 40 bits: a model copies them without a slip, and nobody guesses them at 240 tries a minute


def proof_of(written: Json, seal: Seal) -> str:
    """The proof of a record by its JSON object and its seal."""
    told = f"proof\n{written['id']}\n{digest_of(written, seal)}"
    return b32encode(sha256(told.encode()).digest())[:PROOF_CHARACTERS].decode().lower()


def with_proof(public: bytes, record: Message, written: Json, seal: Seal) -> bytes:
    """`public`, a record's JSON object, as it is handed out: with its proof where it is for somebody and its text is there."""
    if not record.mentions or seal.salt is None or not recipients(record):
        return public
    return b'%s,"proof":"%s"}' % (public[:-1], proof_of(written, seal).encode())


def is_proven(line: bytes, given: str) -> bool:
    """Whether `given` is the proof of the record on a `line` of the log, in any case. Never so for one of 0.1: it has none."""
    fields = parse_line(line)
    seal = read_seal(fields)
    return seal is not None and compare_digest(
        proof_of(fields, seal).encode(), given.strip().lower().encode(errors="replace")
    )
