"""Patterns: a plain word is a case-insensitive substring, /.../ a regular expression."""

from __future__ import annotations

import pytest
from hotspot.analysis.pattern import compile_pattern, matching_frames, matching_functions
from hotspot.errors import UsageError

from tests.vocabulary import profile_from_text

PROFILE = """
    main (app/run.py:1);Parser::parse;libz.so`inflate 1
    main (app/run.py:9);emit (lib/parse_tree.py:3) 1
"""


def _frames(pattern: str) -> list[str]:
    profile = profile_from_text(PROFILE)
    return sorted(
        profile.frame_name(frame) for frame, hit in enumerate(matching_frames(profile, pattern)) if hit
    )


def _functions(pattern: str) -> list[str]:
    profile = profile_from_text(PROFILE)
    hits = matching_functions(profile, pattern)
    return sorted(profile.frames.strings[profile.functions.name[i]] for i, hit in enumerate(hits) if hit)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("Parse", "reparse_all", True),
        ("a.b", "aXb", False),
        ("a.b", "A.B", True),
        ("operator()", "Foo::operator()", True),
        ("/^parse$/", "parse", True),
        ("/^parse$/", "Parse", False),
        ("/(?i)^parse$/", "Parse", True),
        ("/usr/lib", "/usr/lib/libc.so", True),
        ("//", "a//b", True),
        ("/", "a/b", True),
        ("/a", "/a", True),
        ("ÉTÉ", "été()", True),
    ],
)
def test_meaning(pattern: str, text: str, matches: bool) -> None:
    assert bool(compile_pattern(pattern).search(text)) is matches


def test_frames_match_by_function_file_or_module() -> None:
    assert _frames("parse") == ["Parser::parse", "emit"]
    assert _frames("libz") == ["inflate"]
    assert _frames("app/run") == ["main", "main"]
    assert _frames("/^main$/") == ["main", "main"]


def test_functions_match_by_name_and_only_else_by_file_or_module() -> None:
    assert _functions("parse") == ["Parser::parse"]  # not emit, whose file merely is called parse_tree
    assert _functions("parse_tree") == ["emit"]
    assert _functions("libz") == ["inflate"]


def test_what_is_not_known_matches_nothing() -> None:
    # Only one frame has a module; the empty text of the others must not match `.*`.
    assert _frames("/^$/") == []


def test_a_pattern_without_a_match_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="no function, file or module matches 'nowhere'") as caught:
        _functions("nowhere")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("/(/", r"bad regular expression /\(/: missing \)"),
        ("/a**/", "multiple repeat"),
        ("", "empty pattern"),
    ],
)
def test_bad_patterns(pattern: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        compile_pattern(pattern)


def test_a_name_matches_as_it_is_shown_too() -> None:
    profile = profile_from_text("main;_$LT$Vec$LT$T$GT$$u20$as$u20$Drop$GT$::drop 1")
    for pattern in ("<vec<T> as", "_$LT$Vec"):
        assert matching_functions(profile, pattern).sum() == 1
