"""The files of the browser room, loaded once: found by name in a dictionary, so that no path can lead astray."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

INDEX = "index.html"
BUNDLE_MARK = b"__BUNDLE__"  # stands in index.html where the name of the bundle belongs
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    content_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class Assets:
    """`index` is the page; its files are asked for below one folder named by the hash of them all.

    Relative imports between modules therefore work, and every address is immutable.
    """

    index: bytes
    bundle: str
    files: Mapping[str, Asset]

    @staticmethod
    def load(folder: Path | None = None) -> Assets:
        """Load the page from `folder`; without one, from the wheel, or from the checkout this runs in."""
        root = folder or _folder()
        paths = sorted(path for path in root.rglob("*") if path.is_file())
        contents = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
        index = contents.pop(INDEX)
        whole = sha256()
        for name, body in contents.items():
            whole.update(name.encode() + b"\0" + sha256(body).digest())
        bundle = whole.hexdigest()[:16]
        files = {name: _asset(name, body) for name, body in contents.items()}
        return Assets(index.replace(BUNDLE_MARK, bundle.encode()), bundle, files)

    def get(self, path: str) -> Asset | None:
        """The file at `<bundle>/<name>` or, for the names of the contract, at `<name>`."""
        bundle, slash, name = path.partition("/")
        if slash and bundle == self.bundle:
            return self.files.get(name)
        return None

    def named(self, name: str) -> Asset | None:
        return self.files.get(name)


def _folder() -> Path:
    """`web/` as the wheel ships it beside the package, or as it lies in the checkout."""
    package = Path(__file__).parent.parent
    shipped = package / "web"
    return shipped if shipped.is_dir() else package.parent.parent / "web"


def _asset(name: str, body: bytes) -> Asset:
    suffix = Path(name).suffix
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(body, _TYPES.get(suffix, guessed), f'"{sha256(body).hexdigest()[:24]}"')
