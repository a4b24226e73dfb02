"""Profiles of scripts in the JSON of their own tools: Scalene (Python) and XHProf (PHP)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers import registry, scalene, xhprof
from hotspot.importers.base import ImportOptions, NotThisFormat, bytes_source
from hotspot.profile import LossKind, Profile

from tests.vocabulary import folded, format_tree, tree_text


def read(data: Any) -> Profile:
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    (profile,) = registry.read_source(bytes_source("x.json", text), None, ImportOptions())
    return profile.check()


# --- Scalene


def line(number: int, share: float, function: int = 0, **more: float) -> dict[str, Any]:
    return {"lineno": number, "start_function_line": function, "n_cpu_percent_python": share / 2,
            "n_cpu_percent_c": share / 4, "n_sys_percent": share / 4, **more}  # fmt: skip


def scalene_file(*lines: dict[str, Any], stacks: Any = (), **more: Any) -> dict[str, Any]:
    files = {"/srv/w.py": {"functions": [{"line": "main", "lineno": 7}], "lines": lines}}
    return {
        "alloc_samples": 0,
        "args": ["w.py"],
        "elapsed_time_sec": 2.0,
        "files": files,
        "stacks": stacks,
        **more,
    }


def test_scalenes_stacks_are_shares_of_the_time() -> None:
    stacks = [
        [["/srv/my app/w.py <module>:12;", "/srv/my app/w.py main:10;"], {"count": 3, "cpu_samples": 0.25}],
        [["/srv/my app/w.py <module>:12;"], [5, 0.1, 0.15, 0.25]],
    ]
    profile = read(scalene_file(stacks=stacks, max_footprint_mb=12.5))
    assert format_tree(profile) == tree_text("""
        <module> (/srv/my app/w.py:12) 1000000000,500000000
          main (/srv/my app/w.py:10) 500000000,500000000
    """)
    assert (str(profile.value_type), profile.sample_count) == ("cpu/nanoseconds", 8)
    assert [loss.text for loss in profile.provenance.losses] == [
        "memory is known by line only, not by stack; it is not kept"
    ]


def test_without_stacks_lines_stand_for_themselves() -> None:
    profile = read(scalene_file(line(9, 60, 7, n_malloc_mb=1.5), line(12, 40), line(13, 0)))
    assert folded(profile) == {"main (/srv/w.py:9)": 1_200_000_000, "<module> (/srv/w.py:12)": 800_000_000}
    assert folded(profile.select("alloc_space/bytes")) == {"main (/srv/w.py:9)": 1.5 * 2**20}
    assert "no function has callers" in profile.provenance.losses[0].text


def test_what_is_no_scalene_profile() -> None:
    with pytest.raises(EmptyProfile, match="nothing in it took CPU time or memory"):
        read(scalene_file(line(1, 0)))
    with pytest.raises(MalformedProfile, match=r"files\[\]\.lines\[0\]\.lineno"):
        read(scalene_file({"lineno": -1}))
    with pytest.raises(NotThisFormat):
        scalene.load(bytes_source("x", b'{"alloc_samples": 0}'), ImportOptions())


# --- XHProf

XHPROF = {
    "main()": {"ct": 1, "wt": 100, "cpu": 90, "mu": 900},
    "main()==>work": {"ct": 2, "wt": 70, "cpu": 60, "mu": 800},
    "main()==>close": {"ct": 1, "wt": 10, "cpu": 40, "mu": -50},
    "work==>fib": {"ct": 2, "wt": 30, "cpu": 30, "mu": 0},
    "fib==>fib@1": {"ct": 4, "wt": 20, "cpu": 20, "mu": 0},
}


def test_self_is_what_a_function_did_not_pass_on() -> None:
    profile = read(XHPROF)
    assert format_tree(profile) == tree_text("""
        main() 100,20
          close 10,10
          work 70,40
            fib 30,10
              fib 20,20
    """)
    assert [str(each) for each in profile.value_types] == [
        "wall/microseconds",
        "cpu/microseconds",
        "calls/count",
    ]
    assert profile.select("calls/count").total == 10
    approximate, negative, inconsistent = profile.provenance.losses
    assert "gave back more" in negative.text
    positive = read({**XHPROF, "main()==>close": {"ct": 1, "wt": 10, "mu": 50}})
    assert positive.select("memory/bytes").total == 900
    assert approximate.kind is LossKind.APPROXIMATE
    assert inconsistent.text == "1 functions took less time than what they called; their self is 0"


def test_who_was_running_when_profiling_began_cost_what_it_called() -> None:
    assert folded(read({"handle==>work": {"ct": 1, "wt": 9}, "run==>work": {"ct": 1, "wt": 1}})) == {
        "handle;work": 9,
        "run;work": 1,
    }


def php(value: Any) -> str:
    if isinstance(value, dict):
        return f"a:{len(value)}:{{{''.join(php(part) for row in value.items() for part in row)}}}"
    return f"i:{value};" if isinstance(value, int) else f's:{len(value.encode())}:"{value}";'


def test_phps_serialized_form_and_xhguis_are_the_same() -> None:
    assert folded(read(php(XHPROF).encode())) == folded(read(XHPROF))
    assert folded(read({"profile": XHPROF, "meta": {"url": "/"}})) == folded(read(XHPROF))


def test_a_list_of_xhgui_is_a_profile_a_run() -> None:
    runs = [{"meta": {"url": "/tasks?page=3"}, "profile": XHPROF}, {"meta": [], "profile": {"main()": {"ct": 1, "wt": 5}, "strpos()": {"ct": 1, "wt": 2}}}]  # fmt: skip
    first, second = registry.read_source(bytes_source("x", json.dumps(runs).encode()), None, ImportOptions())
    assert (first.label, folded(first)) == ("/tasks?page=3", folded(read(XHPROF)))
    assert (second.label, folded(second)) == ("", {"main()": 5, "strpos()": 2})


def test_what_is_no_xhprof() -> None:
    with pytest.raises(MalformedProfile, match="'g' has no number of calls"):
        read({"main()": {"ct": 1, "wt": 1}, "g": 7})
    with pytest.raises(MalformedProfile, match="'main\\(\\)': wt is -4, which is none"):
        read({"main()": {"ct": 1, "wt": -4}})
    with pytest.raises(EmptyProfile):
        read({"main()": {"ct": 0, "wt": 0}})
    with pytest.raises(NotThisFormat):
        xhprof.load(bytes_source("x", b'{"a": {"b": 1}}'), ImportOptions())
    whole = php(XHPROF).encode()
    for data, reason in (
        (whole.replace(b's:6:"main()"', b's:7:"main()"', 1), "a text is not as long as it says"),
        (whole[:-1], "not what PHP's serialize writes"),
        (whole.replace(b"i:100;", b"d:1e;", 1), "not a number"),
        (whole.replace(b"i:100;", b"O:3:", 1), "not what PHP's serialize writes"),
    ):
        with pytest.raises(MalformedProfile, match=reason) as caught:
            read(data)
        assert caught.value.offset is not None
