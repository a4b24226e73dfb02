"""Who allocated what, as Valgrind's DHAT and massif and Rust's dhat write it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers import dhat, registry
from hotspot.importers.base import ImportOptions, bytes_source
from hotspot.profile import LossKind, Profile

from tests.vocabulary import folded, format_tree, tree_text


def dhat_profile(*sites: dict[str, Any], **more: Any) -> Profile:
    table = [
        "[root]",
        "0x48417B4: malloc (in /usr/lib/vgpreload.so)",
        "0x1: operator new(unsigned long)",
        "0x1091: core::ops::f (src/main.rs:87:9)",
        "0x10A0: ???",
    ]
    document = {"dhatFileVersion": 2, "mode": "heap", "verb": "Allocated", "bklt": True, "bkacc": True, "pps": sites, "ftbl": table, **more}  # fmt: skip
    (profile,) = dhat.load(bytes_source("x.json", json.dumps(document).encode()), ImportOptions())
    return profile.check()


def site(total: int, peak: int, *frames: int, **more: int) -> dict[str, Any]:
    return {"tb": total, "tbk": 2, "gb": peak, "gbk": 1, "eb": 0, "ebk": 0, "fs": list(frames), **more}


def test_a_site_has_its_stack_leaf_first() -> None:
    profile = dhat_profile(site(40, 10, 1, 3, rb=7), site(8, 0, 2, 3, 4))
    assert format_tree(profile) == tree_text("""
        [unknown] 8,0
          core::ops::f (src/main.rs:87) 8,0
            operator new(unsigned long) 8,8
        core::ops::f (src/main.rs:87) 40,0
          malloc 40,40
    """)
    assert "/usr/lib/vgpreload.so" in profile.frames.strings
    totals = {str(each): profile.select(str(each)).total for each in profile.value_types}
    assert totals == {
        "alloc_space/bytes": 48, "peak_space/bytes": 10, "end_space/bytes": 0,
        "alloc_objects/count": 4, "peak_objects/count": 2, "end_objects/count": 0,
        "read/bytes": 7, "written/bytes": 0,
    }  # fmt: skip


def test_the_other_modes_count_events() -> None:
    copies = dhat_profile(
        {"tb": 9, "tbk": 1, "fs": [0, 3]}, mode="copy", verb="Copied", bklt=False, bkacc=False
    )
    assert [str(each) for each in copies.value_types] == ["copied/bytes", "events/count"]
    assert folded(copies) == {"core::ops::f (src/main.rs:87)": 9}
    own = dhat_profile({"tb": 9, "tbk": 1, "fs": []}, mode="ad-hoc", verb="Occurred", bklt=False)
    assert [str(each) for each in own.value_types] == ["occurred/count", "events/count"]
    assert folded(own) == {"[no stack]": 9}
    assert dhat_profile(site(1, 1, 3), mode="rust-heap").provenance.producer == "Rust dhat"


def test_what_is_wrong_with_a_dhat_file_is_said_with_its_place() -> None:
    with pytest.raises(MalformedProfile, match=r"pps\[0\]\.fs: there is no frame 9"):
        dhat_profile(site(1, 1, 9))
    with pytest.raises(MalformedProfile, match="version 3 is newer than what is read, 2"):
        dhat_profile(site(1, 1, 1), dhatFileVersion=3)
    with pytest.raises(MalformedProfile, match=r"pps\[0\]\.tb: expected int >= 0"):
        dhat_profile(site(-1, 1, 1))
    for sites in ((), (site(0, 0, 1, tbk=0, gbk=0),)):
        with pytest.raises(EmptyProfile):
            dhat_profile(*sites)


MASSIF = """\
desc: --massif-out-file=m
cmd: ./w
time_unit: i
#-----------
snapshot=0
#-----------
time=0
mem_heap_B=0
mem_heap_extra_B=0
mem_stacks_B=0
heap_tree=empty
#-----------
snapshot=1
#-----------
time=10
mem_heap_B=90
mem_heap_extra_B=8
mem_stacks_B=0
heap_tree=detailed
n1: 90 (heap allocation functions) malloc/new/new[], --alloc-fns, etc.
 n0: 90 0x9: early (e.c:1)
#-----------
snapshot=2
#-----------
time=20
mem_heap_B=100
mem_heap_extra_B=8
mem_stacks_B=0
heap_tree=peak
n3: 100 (heap allocation functions) malloc/new/new[], --alloc-fns, etc.
 n2: 80 0x1: leaf (w.c:3)
  n1: 50 0x2: mid (w.c:4)
   n0: 50 0x3: main (w.c:5)
  n0: 20 0x3: main (w.c:5)
 n0: 15 0x4: ??? (in /usr/lib/libz.so)
 n0: 5 in 12 places, all below massif's threshold (1.00%)
"""


def massif_profile(text: str) -> Profile:
    (profile,) = registry.read_source(bytes_source("massif.out", text.encode()), None, ImportOptions())
    return profile.check()


def test_massifs_tree_is_turned_round() -> None:
    profile = massif_profile(MASSIF)
    assert format_tree(profile) == tree_text("""
        [libz.so] 15,15
        [unknown] 5,5
        leaf (w.c:3) 10,10
        main (w.c:5) 70,0
          leaf (w.c:3) 20,20
          mid (w.c:4) 50,0
            leaf (w.c:3) 50,50
    """)
    assert str(profile.value_type) == "inuse_space/bytes"
    pruned, other = profile.provenance.losses
    assert (pruned.kind, pruned.amount) == (LossKind.PRUNED, 5)
    assert other.text == "snapshot 2 is read; 1 other detailed ones are not kept"


def test_without_a_peak_the_largest_snapshot_is_read() -> None:
    profile = massif_profile(MASSIF.replace("heap_tree=peak", "heap_tree=detailed"))
    assert profile.total == 100
    assert profile.provenance.losses[0].text == "no snapshot is of the peak; the largest detailed one is read"


def test_a_command_may_have_several_lines() -> None:
    assert massif_profile(MASSIF.replace("cmd: ./w", "cmd: python3 -c \nsnapshot = 3\nf()")).total == 100


def test_what_is_wrong_with_a_massif_file_is_said_with_its_line() -> None:
    for old, new, line, reason in (
        ("  n0: 20 0x3", "  n0: 90 0x3", 31, "its callers allocated more than this line"),
        ("   n0: 50", "     n0: 50", 33, "a line of the heap tree stands under none"),
        ("   n0: 50", "   50", 33, "not a line of a heap tree: '50 0x3: main (w.c:5)'"),
        ("mem_heap_B=90", "mem_heap_B=much", 16, "mem_heap_B: 'much' is not a size"),
    ):
        with pytest.raises(MalformedProfile) as caught:
            massif_profile(MASSIF.replace(old, new, 1))
        assert (caught.value.line, caught.value.reason) == (line, reason)
    with pytest.raises(EmptyProfile, match="every heap_tree is empty"):
        massif_profile(MASSIF[: MASSIF.index("snapshot=1")])


@pytest.mark.skipif(
    shutil.which("valgrind") is None or shutil.which("gcc") is None, reason="no Valgrind or gcc"
)
def test_what_valgrind_writes_of_a_real_program(tmp_path: Path) -> None:
    (tmp_path / "w.c").write_text(
        "#include <stdlib.h>\n"
        "static void *leaf(int n) { return malloc(n); }\n"
        "int main(void) { void *a = leaf(5000), *b = leaf(3000); free(a); free(b); return 0; }\n"
    )
    run = {"cwd": tmp_path, "check": True, "capture_output": True}
    subprocess.run(["gcc", "-g", "-O0", "-o", "w", "w.c"], **run)  # type: ignore[call-overload]
    valgrind = ["valgrind", "-q", "--dhat-out-file=d.json", "--tool=dhat", "./w"]
    subprocess.run(valgrind, **run)  # type: ignore[call-overload]
    valgrind = ["valgrind", "-q", "--massif-out-file=m.out", "--tool=massif", "./w"]
    subprocess.run(valgrind, **run)  # type: ignore[call-overload]
    assert folded(registry.load(tmp_path / "d.json")) == {"main (w.c:3);leaf (w.c:2);malloc": 8000}
    assert folded(registry.load(tmp_path / "m.out")) == {"main (w.c:3);leaf (w.c:2)": 8000}
