"""What a user types to name functions: a plain word, or ``/regular expression/``."""

from __future__ import annotations

import re

import numpy as np

from hotspot.errors import UsageError
from hotspot.profile import Bool, Profile
from hotspot.text import readable


def compile_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern: a plain word is a case-insensitive substring, ``/.../`` a regular expression.

    Raises:
        UsageError: the regular expression is not valid, or the pattern is empty.
    """
    if not text:
        raise UsageError("an empty pattern matches everything; leave the option out instead")
    if len(text) > 2 and text.startswith("/") and text.endswith("/"):
        try:
            return re.compile(text[1:-1])
        except re.error as error:
            raise UsageError(f"bad regular expression {text}: {error}") from error
    return re.compile(re.escape(text), re.IGNORECASE)


def matching_strings(profile: Profile, pattern: str) -> Bool:
    """Return which interned texts match, as they are or as they are shown, bool[strings].

    The empty text ("not known") never does.
    """
    search = compile_pattern(pattern).search
    strings = profile.frames.strings
    found = np.fromiter(
        (bool(search(text) or search(readable(text))) for text in strings), bool, len(strings)
    )
    found[0] = False
    return found


def matching_frames(profile: Profile, pattern: str) -> Bool:
    """Return which frames match by function name, file or module, bool[frames]."""
    found = matching_strings(profile, pattern)
    frames = profile.frames
    result: Bool = found[frames.name] | found[frames.file] | found[frames.module]
    return result


def matching_functions(profile: Profile, pattern: str) -> Bool:
    """Return which functions match by name, else (where no name does) by file or module, bool[functions].

    Raises:
        UsageError: none does.
    """
    found = matching_strings(profile, pattern)
    functions = profile.functions
    by_name: Bool = found[functions.name]
    result = by_name if by_name.any() else found[functions.file] | found[functions.module]
    if not result.any():
        raise UsageError(f"no function, file or module matches {pattern!r}", hint="see `hotspot top -n 0`")
    return result
