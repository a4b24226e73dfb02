"""JSON for the browser formats: a look at a file's outline for detection, and typed decoding with errors that say where.

msgspec is imported by the functions that decode; detection must not cost it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from hotspot.errors import MalformedProfile
from hotspot.importers._deep_json import decoded
from hotspot.importers.base import decode_text

if TYPE_CHECKING:
    from msgspec import Raw
    from msgspec.json import Decoder

T = TypeVar("T")

_UTF8_MARK = b"\xef\xbb\xbf"
_TOKEN = re.compile(rb'"([^"\\]*(?:\\.[^"\\]*)*)"?|[\[\]{}]|:', re.DOTALL)
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # what "surrogateescape" makes of a byte
# Where msgspec stops: at a number that JSON has not (behind the sign of `-Infinity`), or at a control character.
_FLAW = re.compile(rb"NaN\b|Infinity\b|[\x00-\x1f]")
_FLAW_OR_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"|,(?=\s*[\]}])|-?\b(?:NaN|Infinity)\b', re.DOTALL)
_IN_STRING = re.compile(rb'\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})?|[\x00-\x1f]')
_AT_BYTE = re.compile(r"^(?:JSON is malformed: )?(.*?)(?: \(byte (\d+)\))?$", re.DOTALL)
_AT_PATH = re.compile(r"^(.*) - at `\$\.?(.*)`$", re.DOTALL)


@dataclass(frozen=True)
class Outline:
    """What the beginning of a JSON file shows without decoding it.

    Attributes:
        is_array: whether the outermost value is an array (else an object).
        keys: keys of the outermost object, or of the first object in the outermost array, as far as they are seen.
    """

    is_array: bool
    keys: frozenset[str]


@lru_cache(maxsize=4)  # several importers ask about the same head in turn
def outline(head: bytes) -> Outline | None:
    """Return the outline of a JSON object or array of which this is the beginning; None for anything else."""
    data = head.removeprefix(_UTF8_MARK).lstrip()
    if data[:1] not in (b"{", b"["):
        return None
    is_array = data[:1] == b"["
    level = 2 if is_array else 1  # of the object whose keys are wanted
    keys: list[str] = []
    depth = 0
    text = b""
    for match in _TOKEN.finditer(data):
        token = match[0]
        if token in (b"{", b"["):
            depth += 1
        elif token in (b"}", b"]"):
            depth -= 1
            if depth < level:
                break  # the first object of an array, or all of an object, has been seen
        elif token == b":":
            if depth == level:
                keys.append(text.decode("utf-8", "replace"))
        elif depth == level:
            text = match[1]
    return Outline(is_array, frozenset(keys))


def decode(path: str, data: bytes | memoryview, shape: type[T], *, at: str = "") -> T:
    """Decode JSON into a typed shape.

    Args:
        path: of the file, for errors.
        data: all of the JSON text.
        shape: what msgspec is to decode into.
        at: where in the file the data stands, say ``traceEvents[12]``.

    Raises:
        MalformedProfile: with the byte offset of a syntax error, or the place of a value of the wrong type.
    """
    import msgspec

    try:
        return decoded(lambda: msgspec.json.decode(data, type=shape))
    except UnicodeDecodeError:
        return decode(path, readable(bytes(data)), shape, at=at)
    except (msgspec.DecodeError, RecursionError) as error:
        raise malformed(path, error, len(data), at) from error


def decode_row(decoder: Decoder[T], raw: bytes | Raw) -> T:
    """Decode one of many values; msgspec's errors are the caller's to place, see `malformed`.

    Raises:
        msgspec.DecodeError: as msgspec does.
        RecursionError: nested too deeply.
    """
    try:
        return decoder.decode(raw)
    except UnicodeDecodeError:
        return decoder.decode(readable(bytes(raw)))


def readable(data: bytes) -> bytes:
    r"""Return JSON in UTF-8: a byte that is none of it stays visible in its string as ``\xe9``, escaped for JSON."""
    text = data.decode("utf-8", "surrogateescape")
    return _NOT_UTF8.sub(lambda match: f"\\\\x{ord(match[0]) - 0xDC00:02x}", text).encode()


def mended(data: bytes, complaint: MalformedProfile) -> bytes | None:
    """Return JSON without what hand-made and Python's writers get wrong; None where something else is wrong with it.

    That is ``NaN`` and ``Infinity`` (null instead), a comma before a closing bracket (left out), and, inside strings,
    line ends and other control characters (spaces) and lone backslashes, as of Windows paths (doubled).

    Args:
        data: all of the JSON text.
        complaint: about it, from `malformed`; it must have an offset.
    """
    at, reason = complaint.offset, complaint.reason
    if at is None or not (_FLAW.match(data, at) or "trailing comma" in reason or "escape" in reason):
        return None
    better = _FLAW_OR_STRING.sub(_mended, data)
    return better if better != data else None


def _mended(found: re.Match[bytes]) -> bytes:
    text = found[0]
    if text[:1] == b'"':
        return _IN_STRING.sub(_mended_character, text)
    return b"" if text == b"," else b"null"


def _mended_character(found: re.Match[bytes]) -> bytes:
    if found[0] == b"\\":
        return b"\\\\"
    return found[0] if found[0][:1] == b"\\" else b" "


def malformed(path: str, error: Exception, size: int, at: str = "") -> MalformedProfile:
    """Turn msgspec's complaint about ``size`` bytes into an error with a place."""
    if isinstance(error, RecursionError):
        return MalformedProfile(path, _placed(at, "nested too deeply to read"))
    text = str(error)
    if found := _AT_PATH.match(text):
        place = found[2] if not at else f"{at}.{found[2]}" if not found[2].startswith("[") else at + found[2]
        return MalformedProfile(path, f"{place.replace('[...]', '[]')}: {_plain(found[1])}")
    if at:
        return MalformedProfile(path, f"{at}: {_plain(text)}")
    if text == "Input data was truncated":
        return MalformedProfile(path, "the file ends in the middle", offset=size)
    syntax = _AT_BYTE.match(text)
    offset = int(syntax[2]) if syntax and syntax[2] else None
    return MalformedProfile(path, f"not valid JSON: {_plain(syntax[1] if syntax else text)}", offset=offset)


def _plain(message: str) -> str:
    return message[:1].lower() + message[1:].replace("`", "")


def _placed(at: str, reason: str) -> str:
    return f"{at}: {reason}" if at else reason


def without_mark(data: bytes) -> bytes:
    """Return the data without a UTF-8 byte-order mark; UTF-16 becomes UTF-8."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return decode_text(data).encode("utf-8", "backslashreplace")
    return data.removeprefix(_UTF8_MARK)


def is_number(value: Any) -> bool:
    """Whether a decoded value is a number (JSON's true and false are not)."""
    return isinstance(value, int | float) and not isinstance(value, bool)
