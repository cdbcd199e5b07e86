"""What may be on a disk after the power went: every way in which what was not synced may have got there or not.

Of a file: any of its versions; the last one cut anywhere; or, sector by sector, any of them, at any of their lengths, since
a disk writes sectors whole and in any order, and what a file was lengthened by reads as zeros until it is written. Of
names: any subset of the changes, each whole. All of them where they are few, else as many as asked for, by chance.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from random import Random

from proofs.power_loss.machine import Change, Directory, File, Machine

SECTOR_BYTES = 512  # what a disk writes whole

Image = Mapping[str, bytes | None]  # every path that is there; a directory is None, and comes before what is in it


def images(machine: Machine, chance: Random, *, many: int) -> Iterator[Image]:
    """What may be on the disk of `machine` now: everything, or about `many` of it. Some may be the same."""
    changes = machine.pending
    contents = {file: possible_contents(file, chance, many=many) for file in machine.files() if file.versions}
    files = list(contents)
    number = 2 ** len(changes)
    for each in contents.values():
        number *= len(each)
    chosen: Iterable[tuple[Sequence[bool], Sequence[bytes]]]
    if number <= many:
        chosen = itertools.product(
            itertools.product((False, True), repeat=len(changes)), itertools.product(*contents.values())
        )
    else:
        chosen = _some(len(changes), list(contents.values()), chance, many=many)
    for happened, there in chosen:
        yield image(machine, itertools.compress(changes, happened), dict(zip(files, there, strict=True)))


def image(machine: Machine, happened: Iterable[Change], contents: Mapping[File, bytes]) -> Image:
    """The disk on which just these changes of names happened, and the files hold `contents`, else what is durable."""
    names: dict[Directory, dict[str, File | Directory]] = {}
    for change in happened:
        for (directory, name), node in change.edits.items():
            there = names.setdefault(directory, dict(directory.durable))
            there.pop(name, None)
            if node is not None:
                there[name] = node
    found: dict[str, bytes | None] = {}

    def walk(directory: Directory, path: str) -> None:
        for name, node in sorted(names.get(directory, directory.durable).items()):
            if isinstance(node, Directory):
                found[path + name] = None
                walk(node, f"{path}{name}/")
            else:
                found[path + name] = contents.get(node, node.durable)

    walk(machine.root, "")
    return found


def digest(found: Image) -> bytes:
    """The same for two disks that hold the same."""
    hashed = sha256()
    for path, content in found.items():
        hashed.update(f"{path}\0{-1 if content is None else len(content)}\0".encode())
        hashed.update(content or b"")
    return hashed.digest()


def possible_contents(file: File, chance: Random, *, many: int) -> list[bytes]:
    """The bytes a file may hold: what is durable first, what was written last at the end."""
    versions = [file.durable, *file.versions]
    found = dict.fromkeys(versions[:-1])
    found |= dict.fromkeys(_cuts(versions, chance, many=many))
    found |= dict.fromkeys(_mixtures(versions, chance, many=many))
    found.pop(versions[-1], None)
    return [*found, versions[-1]]


def _cuts(versions: Sequence[bytes], chance: Random, *, many: int) -> Iterator[bytes]:
    """Each version that only lengthened the one before it, cut anywhere in what is new."""
    for before, after in itertools.pairwise(versions):
        if after.startswith(before):
            places = range(len(before) + 1, len(after))
            if len(places) > many:
                ends = [place for place in places if after[place - 1] == 0x0A or place % SECTOR_BYTES == 0]
                near = {place + by for place in ends for by in (-1, 0, 1)} & set(places)
                places = [*chance.sample(sorted(near), min(len(near), many // 2)), *chance.sample(places, many // 2)]
            yield from (after[:place] for place in places)


def _mixtures(versions: Sequence[bytes], chance: Random, *, many: int) -> Iterator[bytes]:
    """Each sector as it was in any of the versions, at any of their lengths."""
    longest = max(map(len, versions))
    padded = [version.ljust(longest, b"\0") for version in versions]
    starts = range(0, longest, SECTOR_BYTES)
    sectors = [list(dict.fromkeys(one[at : at + SECTOR_BYTES] for one in padded)) for at in starts]
    lengths = sorted({*map(len, versions), *(at for at in starts if at > min(map(len, versions)))})
    number = len(lengths)
    for each in sectors:
        number *= len(each)
    if number <= many:
        for picked in itertools.product(*sectors):
            yield from (b"".join(picked)[:length] for length in lengths)
    else:
        for _ in range(many):
            picked = tuple(map(chance.choice, sectors))
            yield b"".join(picked)[: chance.choice(lengths)]


def _some(
    changes: int, contents: Sequence[Sequence[bytes]], chance: Random, *, many: int
) -> Iterator[tuple[Sequence[bool], Sequence[bytes]]]:
    """The least and the most that may have happened, what differs from either in one thing, and more by chance."""
    least = ([False] * changes, [each[0] for each in contents])
    most = ([True] * changes, [each[-1] for each in contents])
    yield least
    yield most
    singles = [
        (base, position, choice)
        for base in (least, most)
        for position, choices in enumerate([*([(False, True)] * changes), *contents])
        for choice in choices
    ]
    for base, position, choice in chance.sample(singles, min(len(singles), many // 2)):
        names, there = list(base[0]), list(base[1])
        if position < changes:
            names[position] = bool(choice)
        else:
            there[position - changes] = bytes(choice)  # type: ignore[arg-type]
        yield names, there
    for _ in range(many // 2):
        yield [chance.random() < 0.5 for _ in range(changes)], [chance.choice(each) for each in contents]
