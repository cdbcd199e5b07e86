"""The operator's list of keys: read strictly, written whole, with what the operator wrote beside it left in place."""

from __future__ import annotations

import stat
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from agentgather_broker.keys import KEY_BYTES, KeyList, KeysDamaged, ListedKey, fingerprint_of, is_signed_by, parse_key

ANN, BOB = ListedKey(b"a" * KEY_BYTES, "ann, room 7"), ListedKey(b"b" * KEY_BYTES, "")
# RFC 8032 section 7.1, test 2
RFC_KEY = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
RFC_SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)
RFC_MESSAGE = b"\x72"


def listed(file: Path) -> KeyList:
    keys = KeyList(file)
    keys.load()
    return keys


def test_a_key_is_named_by_its_digest() -> None:
    digest = urlsafe_b64encode(sha256(ANN.key).digest()).decode().rstrip("=")
    assert fingerprint_of(ANN.key) == f"SHA256:{digest}"


def test_a_signature_proves_a_key() -> None:
    assert is_signed_by(RFC_KEY, RFC_SIGNATURE, RFC_MESSAGE)
    assert not is_signed_by(RFC_KEY, RFC_SIGNATURE, b"\x73")
    assert not is_signed_by(ANN.key, RFC_SIGNATURE, RFC_MESSAGE)


@given(key=st.binary(max_size=40), signature=st.binary(max_size=80), message=st.binary(max_size=40))
def test_nothing_that_is_given_as_a_signature_raises(key: bytes, signature: bytes, message: bytes) -> None:
    assert not is_signed_by(key, signature, message)
    assert not is_signed_by(RFC_KEY, signature, message)


def test_every_bit_of_a_signature_counts() -> None:
    own = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
    key, signature = own.public_key().public_bytes_raw(), own.sign(b"message")
    assert is_signed_by(key, signature, b"message")
    for bit in range(len(signature) * 8):
        turned = bytearray(signature)
        turned[bit // 8] ^= 1 << bit % 8
        assert not is_signed_by(key, bytes(turned), b"message")


@given(
    key=st.binary(min_size=32, max_size=32),
    comment=st.text(max_size=200).filter(str.isprintable).map(lambda text: " ".join(text.split())),
)
def test_a_line_comes_back_as_it_was(key: bytes, comment: str) -> None:
    one = ListedKey(key, comment)
    assert parse_key(one.line()) == one


@pytest.mark.parametrize(
    "line",
    [
        "",
        "ed25519:",
        "ssh-ed25519 AAAA",
        ANN.line().removeprefix("ed25519:"),
        "ed25519:" + "A" * 42,
        "ed25519:" + "A" * 44,
        "ed25519:" + "A" * 42 + "B",  # bits after the last byte
        "ed25519:" + "!" + "A" * 43,
        "ed25519:" + "ä" * 43,
        ANN.line() + "\x1b[2J",
        ANN.line() + "x" * 200,
        "ED25519:" + "A" * 43,
    ],
)
def test_a_line_that_is_not_clear_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="a key looks like"):
        parse_key(line)


def test_a_key_that_was_added_is_there_for_the_next_process_too(tmp_path: Path) -> None:
    keys = listed(tmp_path / "keys")
    assert ANN.fingerprint not in keys
    keys.add(ANN)
    for one in (keys, listed(tmp_path / "keys")):
        assert ANN.fingerprint in one
        assert list(one) == [ANN]
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600


def test_a_key_that_was_removed_is_gone(tmp_path: Path) -> None:
    keys = listed(tmp_path / "keys")
    keys.add(ANN)
    keys.add(BOB)
    assert keys.remove(ANN.fingerprint)
    assert not keys.remove(ANN.fingerprint)
    assert list(listed(tmp_path / "keys")) == list(keys) == [BOB]


def test_a_key_that_is_added_again_has_the_new_comment(tmp_path: Path) -> None:
    keys = listed(tmp_path / "keys")
    keys.add(ANN)
    keys.add(ListedKey(ANN.key, "moved to room 8"))
    assert (tmp_path / "keys").read_text() == ListedKey(ANN.key, "moved to room 8").line() + "\n"
    assert len(keys) == 1


def test_what_the_operator_wrote_by_hand_stays(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"# the lab\n\n{ANN.line()}\n")
    keys = listed(file)
    file.write_text(f"# the lab\n\n{ANN.line()}\n# added by hand\n{BOB.line()}\n")
    carol = ListedKey(b"c" * KEY_BYTES, "carol")
    keys.add(carol)
    assert file.read_text() == f"# the lab\n\n{ANN.line()}\n# added by hand\n{BOB.line()}\n{carol.line()}\n"
    assert list(keys) == [ANN, BOB, carol]
    keys.remove(ANN.fingerprint)
    assert file.read_text() == f"# the lab\n\n# added by hand\n{BOB.line()}\n{carol.line()}\n"


def test_windows_line_ends_and_tabs_are_read(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_bytes(ANN.line().replace(" ", "\t", 1).encode() + b"\r\n" + BOB.line().encode() + b"\r\n")
    assert list(listed(file)) == [ANN, BOB]


@pytest.mark.parametrize(("content", "where"), [(b"# fine\nnonsense\n", "line 2"), (b"\xff\n", "not text")])
def test_a_list_that_cannot_be_read_is_refused_and_the_old_one_stays(
    tmp_path: Path, content: bytes, where: str
) -> None:
    file = tmp_path / "keys"
    keys = listed(file)
    keys.add(ANN)
    file.write_bytes(content)
    for ask in (keys.load, lambda: keys.add(BOB), lambda: keys.remove(ANN.fingerprint)):
        with pytest.raises(KeysDamaged, match=where):
            ask()
    assert list(keys) == [ANN]
    assert file.read_bytes() == content


def test_a_key_that_cannot_be_written_is_not_let_in(tmp_path: Path) -> None:
    keys = KeyList(tmp_path / "nowhere" / "keys")
    with pytest.raises(FileNotFoundError):
        keys.add(ANN)
    assert ANN.fingerprint not in keys


def test_without_a_file_the_list_is_in_memory() -> None:
    keys = KeyList()
    keys.load()
    keys.add(ANN)
    keys.load()
    assert list(keys) == [ANN]
    assert keys.remove(ANN.fingerprint)
    assert len(keys) == 0
