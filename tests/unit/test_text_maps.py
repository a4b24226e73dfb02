"""bpftrace and pmcstat: stacks drawn as text by their tools."""

from __future__ import annotations

import pytest
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers import bpftrace, pmcstat
from hotspot.importers.base import Head, ImportOptions, Match, bytes_source
from hotspot.profile import Kind, LossKind, Profile

from tests.vocabulary import format_tree, tree_text


def bpf(text: str) -> list[Profile]:
    found = bpftrace.load(bytes_source("bt.txt", text.encode()), ImportOptions())
    return [profile.check() for profile in found]


def pmc(text: str) -> list[Profile]:
    found = pmcstat.load(bytes_source("pmc.txt", text.encode()), ImportOptions())
    return [profile.check() for profile in found]


KERNEL_AND_USER = """\
Attaching 1 probe...
^C

@[
    vfs_read+156
    ksys_read+0x5f
,
    read+20
    std::map<int, int>::at(int) const+7
    0x55a1
, my prog, 12]: 12
@[
    vfs_read+156
    ksys_read+95
,
, swapper, 0]: 3
"""


def test_kernel_is_above_user_and_keys_are_the_process() -> None:
    (profile,) = bpf(KERNEL_AND_USER)
    assert format_tree(profile) == tree_text("""
        my prog, 12 12,0
          0x55a1 12,0
            std::map<int, int>::at(int) const 12,0
              read 12,0
                ksys_read 12,0
                  vfs_read 12,12
        swapper, 0 3,0
          ksys_read 3,0
            vfs_read 3,3
    """)
    assert Kind.PROCESS in profile.frames.kind
    assert not profile.provenance.losses


def test_maps_are_profiles_and_other_lines_are_counted() -> None:
    first, second = bpf(
        "@a[\n    f+1\n]: 2\n\n@b[bash, \n    g\n]: 5\n@n: 7\n@h:\n[1, 2)  3 |@@@|\n@a[\n    f+2\n]: 4\n"
    )
    assert (first.label, first.total, len(first.call_tree)) == ("@a", 6, 1)
    assert format_tree(second) == tree_text("""
        bash 5,0
          g 5,5
    """)
    (loss,) = first.provenance.losses
    assert loss.text == "3 lines are no stack and no count, first line 8"


def test_modules_and_addresses_of_the_perf_mode() -> None:
    (profile,) = bpf(
        "@[\n    ffffffffb4019501 do_mmap+1 ([ext4])\n    7f00aa01 main+12 (/usr/lib/libc.so.6)\n]: 1\n"
    )
    modules = [profile.frames.strings[module] for module in profile.frames.module]
    names = [profile.frames.strings[name] for name in profile.frames.name]
    assert sorted(zip(names, modules, strict=True)) == [("do_mmap", "[ext4]"), ("main", "/usr/lib/libc.so.6")]


def test_an_end_in_the_middle_is_said() -> None:
    (profile,) = bpf("@[\n    f\n]: 2\n@[\n    g\n")
    assert profile.provenance.losses[0].kind is LossKind.TRUNCATED
    with pytest.raises(EmptyProfile, match=r"^bt\.txt: no stack with a count$"):
        bpf("@[\n    g\n")
    with pytest.raises(MalformedProfile, match=r"^bt\.txt:3: a count exceeds 2\^63$"):
        bpf(f"@[\n    g\n]: {2**63}\n")


PMC = """\
@ inst_retired.any [10 samples]

70.00%  [7]        compress @ /boot/kernel/zfs.ko
 100.0%  [7]        write_data
  57.14%  [4]         execute @ /boot/kernel/kernel
  28.57%  [2]         sync

20.00%  [2]        copy @ /boot/kernel/kernel

@ branch-misses [1 samples]

100.0%  [1]        f @ a.out
"""


def test_callers_stand_below_and_what_they_lack_has_no_caller() -> None:
    first, second = pmc(PMC)
    assert format_tree(first) == tree_text("""
        copy 2,2
        execute 4,0
          write_data 4,0
            compress 4,4
        sync 2,0
          write_data 2,0
            compress 2,2
        write_data 1,0
          compress 1,1
    """)
    strings, frames = first.frames.strings, first.frames
    modules = {strings[n]: strings[m] for n, m in zip(frames.name, frames.module, strict=True)}
    assert modules == {
        "compress": "/boot/kernel/zfs.ko", "write_data": "/boot/kernel/zfs.ko", "execute": "/boot/kernel/kernel",
        "sync": "/boot/kernel/zfs.ko", "copy": "/boot/kernel/kernel",
    }  # fmt: skip
    assert str(first.value_type) == "inst_retired.any/count"
    assert [loss.text for loss in first.provenance.losses] == ["the file says 10 samples and has 9 of them"]
    assert (second.label, second.total, second.provenance.losses) == ("branch-misses", 1, ())


def test_what_pmcstat_does_not_write_is_refused() -> None:
    with pytest.raises(MalformedProfile, match=r"^pmc\.txt:2: a call without the one above it$"):
        pmc("@ e [1 samples]\n 100.0%  [1]  f\n")
    with pytest.raises(MalformedProfile, match=r"^pmc\.txt:1: a call before any event$"):
        pmc("100.0%  [1]  f\n")
    with pytest.raises(EmptyProfile, match=r"^pmc\.txt: no event has a sample$"):
        pmc("@ e [0 samples]\n")


@pytest.mark.parametrize(
    ("text", "importer"), [(KERNEL_AND_USER, bpftrace), (PMC, pmcstat), ("@[main]: 12\n", None), ("@ home [2]\n", None)]
)  # fmt: skip
def test_detection(text: str, importer: object) -> None:
    for each in (bpftrace, pmcstat):
        assert each.detect(Head(text.encode(), True)) is (Match.YES if each is importer else Match.NO)  # type: ignore[attr-defined]  # modules
