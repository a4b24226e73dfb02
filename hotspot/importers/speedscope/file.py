"""The JSON of a speedscope file: its shape, checked, with the large lists still as bytes."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import msgspec

from hotspot.errors import MalformedProfile
from hotspot.importers.base import NotThisFormat, decode_text

_ESCAPED = re.compile("[\udc80-\udcff]")  # how surrogateescape keeps a byte
_BYTE = re.compile(r"\s*\(byte (\d+)\)")


class Frame(msgspec.Struct):
    """A function, with where it is as far as the writer knows."""

    name: str | None = None
    file: str | None = None
    line: int | float | None = None
    col: Any = None
    path: str | None = None  # Sentry's name for the file
    image: str | None = None  # Sentry's name for the module


class Shared(msgspec.Struct):
    """What all profiles of a file refer to."""

    frames: list[Frame]


class Origin(msgspec.Struct):
    """What hotspot adds to a profile that it writes, under its own key, for the format has no room for it."""

    label: str
    type: str
    unit: str


class OneProfile(msgspec.Struct):
    """A profile of the file; its lists are JSON that `hotspot.importers.speedscope` reads."""

    type: str
    name: str | None = None
    unit: str | None = None
    start: Decimal | None = msgspec.field(default=None, name="startValue")
    end: Decimal | None = msgspec.field(default=None, name="endValue")
    samples: msgspec.Raw = msgspec.Raw(b"[]")
    weights: msgspec.Raw = msgspec.Raw(b"[]")
    events: msgspec.Raw = msgspec.Raw(b"[]")
    hotspot: Origin | None = None
    thread_id: int | str | None = msgspec.field(default=None, name="threadID")  # in what Sentry hands out


class SpeedscopeFile(msgspec.Struct):
    """A whole file."""

    profiles: list[OneProfile]
    shared: Shared
    exporter: str | None = None
    version: Any = None

    @property
    def producer(self) -> str:
        """The program that wrote it; the first versions only gave speedscope's own number."""
        return self.exporter or (f"speedscope {self.version}" if self.version else "")


def decode_file(path: str, data: bytes, *, certain: bool) -> SpeedscopeFile:
    """Parse a file.

    Args:
        path: for errors.
        data: its bytes.
        certain: whether it says that it is of this format.

    Raises:
        NotThisFormat: it has another shape, and does not say that it is of this one.
        MalformedProfile: it is no JSON, or has another shape although it says so.
    """
    try:
        try:
            return msgspec.json.decode(_without_mark(data), type=SpeedscopeFile)
        except UnicodeDecodeError:
            return msgspec.json.decode(_visible(data), type=SpeedscopeFile)
    except msgspec.ValidationError as error:
        kind = MalformedProfile if certain else NotThisFormat
        raise kind(path, f"no speedscope file: {_lower_first(str(error))}") from error
    except RecursionError as error:
        raise MalformedProfile(path, "nested too deeply to read") from error
    except msgspec.DecodeError as error:
        raise broken_json(path, error) from error


def _without_mark(data: bytes) -> bytes:
    """Return UTF-8 without a byte-order mark."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return decode_text(data).encode("utf-8", "replace")
    return data.removeprefix(b"\xef\xbb\xbf")


def _visible(data: bytes) -> bytes:
    r"""Write bytes that are no UTF-8 as ``\xe9``, as `decode_text` does, with the backslash that JSON wants doubled."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    return _ESCAPED.sub(lambda byte: rf"\\x{ord(byte[0]) - 0xDC00:02x}", text).encode()


def broken_json(path: str, error: Exception) -> MalformedProfile:
    """Return the error for bytes that are no JSON, with the place msgspec names."""
    text = str(error)
    place = _BYTE.search(text)
    return MalformedProfile(
        path, _lower_first(_BYTE.sub("", text)), offset=int(place[1]) if place is not None else None
    )


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:] if not text[:2].isupper() else text
