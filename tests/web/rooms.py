"""A room in a real daemon, its host, and a person's page: what the tests of the browser room begin with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from playwright.sync_api import Locator, Page

from tests.cli import terminal
from tests.cli.terminal import tell
from tests.journeys.people import Somebody

serving = partial(terminal.serving, is_warm=True)  # what a browser meets is the same
BRIEF = "Move the *index*. @rev reviews."
# The drawing as a camera sees it: rows of 0 and 1, of what the browser paints.
PAINTED = """async (drawing) => {
  const side = drawing.viewBox.baseVal.width;
  const style = (node) => getComputedStyle(node);
  const copy = drawing.cloneNode(true);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", side);
  copy.setAttribute("height", side);
  copy.firstChild.setAttribute("fill", style(drawing.firstChild).fill);
  const image = new Image();
  image.src = "data:image/svg+xml," + encodeURIComponent(new XMLSerializer().serializeToString(copy));
  await image.decode();
  const canvas = new OffscreenCanvas(side, side).getContext("2d");
  canvas.fillStyle = style(drawing).backgroundColor;
  canvas.fillRect(0, 0, side, side);
  canvas.drawImage(image, 0, 0);
  const {data} = canvas.getImageData(0, 0, side, side);
  const lines = Array.from({length: side}, (_, y) => Array.from({length: side}, (_, x) => data[4 * (y * side + x)]));
  return lines.map((line) => line.map((light) => (light < 128 ? "1" : "0")).join(""));
}"""


@contextmanager
def hosted(home: Path, *flags: str, brief: str = BRIEF) -> Iterator[Somebody]:
    """The room `harbor` in `home`, served; the host `ops`, as they speak to it."""
    assert tell(home, "room", "start", "harbor", "--alias", "ops", "--brief", brief, *flags).code == 0
    with serving(home) as daemon:
        yield Somebody(daemon.url, json.loads((home / "current-room.json").read_text())["token"])


@contextmanager
def sandboxed(folder: Path) -> Iterator[Somebody]:
    """The room `harbor` behind a broker whose rooms share an origin: the browser stores nothing for its page."""
    home = folder / "home"
    assert tell(home, "room", "start", "harbor", "--alias", "ops", "--brief", BRIEF).code == 0
    token = json.loads((home / "current-room.json").read_text())["token"]
    with serving(folder / "operator", "broker", "serve", "--port", "0", "--json") as broker:
        flags = ("--broker", broker.told["url"], "--subdomain", "harbor")
        with serving(home, "room", "serve", "--port", "0", *flags, "--json") as daemon:
            yield Somebody(daemon.told["public_url"], token)


def choose(page: Page, label: str) -> Locator:
    """Open the menu of the room and choose `label`; the dialog that comes, if one does."""
    page.get_by_role("button", name="Room", exact=True).click()
    page.get_by_role("menuitem", name=label).click()
    return page.locator("dialog[open]").last
