"""What clients send to the contracts: JSON objects become what is asked, or a refusal that names the field at fault."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentgather.api.errors import RequestRefused
from agentgather.contracts.difference import Side
from agentgather.contracts.document import Format, guessed_format
from agentgather.room.contracts.refusals import InvalidDocument, InvalidSide, InvalidVersion
from agentgather.room.names import is_message_id
from agentgather.room.refusals import InvalidText

Json = Mapping[str, Any]

_NUMBER = re.compile(r"[1-9][0-9]{0,14}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A version as somebody sends it. `base_version` None: it shall follow whatever is the newest."""

    value: Any
    format: Format
    note: str
    base_version: int | None


def read_draft(body: Json) -> Draft:
    """Raises InvalidDocument, InvalidText, InvalidVersion or `invalid_format`."""
    value = body.get("document")
    if not isinstance(value, dict):
        raise InvalidDocument("document is missing or is no JSON object", field="document")
    format = body.get("format")
    if "format" in body and format not in Format.__members__.values():
        raise RequestRefused("invalid_format", "format is jsonschema or openapi", field="format")
    note = body.get("note")
    if not isinstance(note, str | None):
        raise InvalidText("note must be a JSON string", field="note")
    base = body.get("base_version")
    if base is not None and base != 0 and not is_message_id(base):
        raise InvalidVersion(
            "base_version is the number of the version that you changed; 0 for none", field="base_version"
        )
    return Draft(value, guessed_format(value) if format is None else Format(format), note or "", base)


def read_side(body: Json) -> Side:
    side = body.get("side", Side.CONSUMER)
    if side not in Side.__members__.values():
        raise InvalidSide("side is consumer (you read such data, or call the API) or producer", field="side")
    return Side(side)


def read_acknowledged(body: Json) -> int:
    version = body.get("version")
    if not is_message_id(version):
        raise InvalidVersion("version is the number of the version that you know of", field="version")
    assert isinstance(version, int)
    return version


def read_version(text: str | None, *, field: str) -> int | None:
    """The number of a version in a query; None where it is not said."""
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise InvalidVersion(f"{field} is the number of a version, 1 or larger", field=field)
    return int(text)
