"""The host's key: one a home, private, and the same for whoever asks."""

from __future__ import annotations

import os
import subprocess
import sys
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agentgather.tunnel.keys import HostKey, KeyUnusable

PRINT_PUBLIC = (
    "import sys; from pathlib import Path; from agentgather.tunnel.keys import HostKey;"
    "sys.stdin.read(); print(HostKey.load(Path(sys.argv[1])).public.hex())"
)


def test_a_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "host.key"
    before = os.umask(0)
    try:
        made = HostKey.load(path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert HostKey.load(path).public == made.public
    assert list(tmp_path.iterdir()) == [path]


def test_two_homes_have_two_keys(tmp_path: Path) -> None:
    assert HostKey.load(tmp_path / "one").public != HostKey.load(tmp_path / "two").public


def test_what_it_signs_is_proven_by_its_public_half(tmp_path: Path) -> None:
    key = HostKey.load(tmp_path / "host.key")
    public = Ed25519PublicKey.from_public_bytes(key.public)
    public.verify(key.sign(b"to be proven"), b"to be proven")
    with pytest.raises(InvalidSignature):
        public.verify(key.sign(b"to be proven"), b"something else")


def test_the_line_for_an_operator_is_the_public_half(tmp_path: Path) -> None:
    key = HostKey.load(tmp_path / "host.key")
    kind, _, text = key.line.partition(":")
    assert kind == "ed25519"
    assert urlsafe_b64decode(text + "=") == key.public
    assert key.fingerprint.startswith("SHA256:")


def test_the_seed_is_not_in_what_is_printed_of_a_key(tmp_path: Path) -> None:
    path = tmp_path / "host.key"
    key = HostKey.load(path)
    seed = path.read_text().strip().split(":")[1]
    assert len(seed) == 43
    assert seed not in repr(key) + str(key) + key.line + key.fingerprint


def test_processes_that_race_end_with_one_key(tmp_path: Path) -> None:
    path = tmp_path / "host.key"
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", PRINT_PUBLIC, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.close()
        racer.stdin = None
    printed = {racer.communicate(timeout=30)[0] for racer in racers}
    assert printed == {HostKey.load(path).public.hex() + "\n"}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused_with_the_remedy(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "host.key"
    HostKey.load(path)
    path.chmod(mode)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        HostKey.load(path)
    path.chmod(0o600)
    HostKey.load(path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"ed25519-seed:", b"ed25519-seed:AAAA\n", b"x" * 10_000])
def test_what_is_no_key_is_refused_and_kept(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "host.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyUnusable):
        HostKey.load(path)
    assert path.read_bytes() == content


def test_a_key_with_strange_characters_in_it_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "host.key"
    HostKey.load(path)
    path.write_text(path.read_text().replace("seed:", "seed:!!!!"))
    with pytest.raises(KeyUnusable):
        HostKey.load(path)


def test_a_key_in_which_a_bit_turned_is_not_taken_for_another(tmp_path: Path) -> None:
    path = tmp_path / "host.key"
    HostKey.load(path)
    content = path.read_bytes()
    for bit in range(len(content) * 8 - 8):  # what follows the line is no part of it
        path.write_bytes(content[: bit // 8] + bytes([content[bit // 8] ^ 1 << bit % 8]) + content[bit // 8 + 1 :])
        with pytest.raises(KeyUnusable):
            HostKey.load(path)


def test_a_key_of_an_earlier_version_has_no_check(tmp_path: Path) -> None:
    path = tmp_path / "host.key"
    public = HostKey.load(path).public
    path.write_text(path.read_text().rpartition(":")[0] + "\n")
    assert HostKey.load(path).public == public


def test_a_link_to_somewhere_else_is_not_followed(tmp_path: Path) -> None:
    HostKey.load(tmp_path / "elsewhere")
    (tmp_path / "host.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"symbolic links"):
        HostKey.load(tmp_path / "host.key")
