"""Call trees of deep recursions, nested in JSON far deeper than Python's own limit."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import hotspot
import pytest
from hotspot.errors import MalformedProfile
from hotspot.importers._deep_json import decoded

# Frames; a level takes two calls or three. Python stops at 1,000 of them by itself.
DEEP = 450 if sys.version_info[:2] == (3, 12) else 3_000


def nested(before: str, node: str, after: str) -> str:
    return before + node * DEEP + "]}" * DEEP + after


FILES = {
    "d3.json": nested(
        '{"name": "root", "value": 1, "children": [', '{"name": "f", "value": 1, "children": [', "]}"
    ),
    "v8.heapprofile": nested(
        '{"head": ',
        '{"callFrame": {"functionName": "f", "scriptId": "0", "url": "", "lineNumber": 1, "columnNumber": 1},'
        ' "selfSize": 8, "id": 1, "children": [',
        ', "samples": []}',
    ),
    "pyinstrument.json": nested(
        '{"start_time": 0, "duration": 1.0, "sample_count": 1, "program": "x", "cpu_time": 1, "root_frame": ',
        '{"function": "f", "file_path": "a.py", "file_path_short": "a.py", "line_no": 1, "time": 1.0,'
        ' "is_application_code": true, "children": [',
        "}",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_deep_recursion_is_read(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(FILES[name])
    limit, stack = sys.getrecursionlimit(), threading.stack_size()
    profile = hotspot.load(tmp_path / name).check()
    assert int(profile.call_tree.depth.max()) == DEEP - 1
    assert (sys.getrecursionlimit(), threading.stack_size()) == (limit, stack)


def test_what_is_deeper_than_any_recursion_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hostile.json"
    path.write_text('{"name": "f", "value": 1, "children": [' * 200_000)
    with pytest.raises(MalformedProfile):
        hotspot.load(path)


def test_errors_of_a_deep_document_arrive() -> None:
    with pytest.raises(json.JSONDecodeError):
        decoded(lambda: json.loads("[" * DEEP))
