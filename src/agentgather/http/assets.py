"""The files of the browser room, loaded once: found by name in a dictionary, so that no path can lead astray."""

from __future__ import annotations

import gzip
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from agentgather.http.bundle import SHEET, imported, sheets, with_one_sheet, without_comments

INDEX = "index.html"
MAIN = "room.js"
BUNDLE_MARK = b"__BUNDLE__"  # stands in index.html where the name of the bundle belongs
MODULES_MARK = b"<!-- modules -->"  # and this where all modules are asked for at once
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is handed out; `packed` is the same by gzip, where that is smaller."""

    body: bytes
    content_type: str
    etag: str
    packed: Asset | None = None


@dataclass(frozen=True, slots=True)
class Assets:
    """`index` is the page; its files are asked for below one folder named by the hash of them all.

    Relative imports between modules therefore work, and every address is immutable. Only what everybody may read is
    ever packed: an answer that mixes a secret with what a stranger wrote must not tell its length.
    """

    index: Asset
    bundle: str
    files: Mapping[str, Asset]

    @staticmethod
    def load(folder: Path | None = None) -> Assets:
        """Load the page from `folder`; without one, from the wheel, or from the checkout this runs in."""
        root = folder or _folder()
        paths = sorted(path for path in root.rglob("*") if path.is_file())
        contents = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
        index = contents.pop(INDEX)
        contents = {
            name: without_comments(body) if name.endswith((".js", ".css")) else body for name, body in contents.items()
        }
        contents[SHEET] = b"\n".join(contents[name] for name in sheets(index))
        whole = sha256()
        for name, body in contents.items():
            whole.update(name.encode() + b"\0" + sha256(body).digest())
        bundle = whole.hexdigest()[:16]
        files = {name: _asset(name, body) for name, body in contents.items()}
        preloads = b"\n".join(
            b'<link rel="modulepreload" href="assets/%s/%s">' % (BUNDLE_MARK, name.encode())
            for name in imported(contents, MAIN)
        )
        page = with_one_sheet(index).replace(MODULES_MARK, preloads).replace(BUNDLE_MARK, bundle.encode())
        return Assets(_asset(INDEX, page), bundle, files)

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
    content_type = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    packed = gzip.compress(body, compresslevel=9, mtime=0)
    smaller = Asset(packed, content_type, _etag(packed)) if len(packed) < len(body) else None
    return Asset(body, content_type, _etag(body), smaller)


def _etag(body: bytes) -> str:
    return f'"{sha256(body).hexdigest()[:24]}"'
