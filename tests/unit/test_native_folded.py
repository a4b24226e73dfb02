"""The compiled reader of folded lines by itself: which lines it takes, and what it makes of them."""

from __future__ import annotations

import gc
from collections.abc import Callable

import numpy as np
import pytest
from hotspot import native
from hotspot.native.folded import FoldedTree, folded_library

from tests.time_limits import within_processor_time

Tree = Callable[..., FoldedTree]


@pytest.fixture
def tree() -> Tree:
    library = folded_library()
    if library is None:
        pytest.skip("hotspot was installed without its compiled part")
    return lambda columns=1: FoldedTree(library, columns)


def stacks(tree: FoldedTree) -> list[tuple[str, int, int]]:
    """Return each node in depth-first order: its path, its depth, one past its subtree."""
    texts = tree.texts()
    order = sorted(range(len(texts)), key=lambda number: texts[number] + b";")
    rank = np.empty(len(texts), np.int32)
    rank[order] = np.arange(len(texts))
    laid_out = tree.lay_out(rank)
    paths: list[str] = []
    for frame, parent in zip(laid_out.tree.frame.tolist(), laid_out.tree.parent.tolist(), strict=True):
        name = texts[laid_out.texts[frame]].decode()
        paths.append(name if parent < 0 else f"{paths[parent]};{name}")
    return list(zip(paths, laid_out.tree.depth.tolist(), laid_out.tree.subtree_end.tolist(), strict=True))


def test_plain_lines_become_a_tree(tree: Tree) -> None:
    one = tree()
    found = one.scan(b"main;parse;lex 3\nmain;emit 1\nmain;parse;lex 4\r\nidle 5\n")
    assert (found.lines, found.plain, found.total, found.odd.tolist()) == (4, 4, 13, [])
    assert one.texts() == [b"main", b"parse", b"lex", b"emit", b"idle"]
    assert one.counts().tolist() == [[7], [1], [5]]
    assert stacks(one) == [
        ("idle", 0, 1),
        ("main", 0, 5),
        ("main;emit", 1, 3),
        ("main;parse", 1, 5),
        ("main;parse;lex", 2, 5),
    ]


def test_rows_know_their_leaves(tree: Tree) -> None:
    one = tree()
    one.scan(b"b;c 1\nb 2\na 3\n")
    assert one.lay_out(np.array([1, 2, 0], np.int32)).leaf.tolist() == [2, 1, 0]


def test_siblings_are_sorted_where_they_came_in_another_order(tree: Tree) -> None:
    one = tree()
    one.scan(b"".join(b"r;%d;x 1\n" % (i * 7 % 100) for i in range(100)))
    names = [path for path, depth, _ in stacks(one) if depth == 1]
    assert names == sorted((f"r;{i}" for i in range(100)), key=lambda path: path + ";")


@pytest.mark.parametrize(
    "line",
    [
        b"a 1",
        b"a;b 999999999999999999",
        b"a\t007",
        b"a;;b 1",
        b"/usr/bin/x 3",
        b"a#;b//c 1",
        b"\xff\0b 1",
        b"a 1 2",
        b"a 1\r",
    ],
)
def test_lines_that_are_plain(tree: Tree, line: bytes) -> None:
    found = tree().scan(line + b"\n")
    assert (found.plain, len(found.odd)) == (1, 0)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\r",
        b"a",
        b"12",
        b" 12",
        b"a 12 ",
        b"a  1",
        b"a; 1",
        b";a 1",
        b" a 1",
        b"\ta 1",
        b"#a 1",
        b"//a 1",
        b"a 1.5",
        b"a -1",
        b"a +1",
        b"a 1e3",
        b"a 1000000000000000000",
        b"a 1\r\r",
        b"a 1x",
        b"a x1",
        b"\x001 1",
    ],
)
def test_lines_that_are_odd(tree: Tree, line: bytes) -> None:
    found = tree().scan(b"x 1\n" + line + b"\ny 2\n")
    ((index, begin, end),) = found.odd.tolist()
    assert (found.lines, found.plain, found.total) == (3, 2, 3)
    assert (index, begin, end) == (1, 4, 4 + len(line.removesuffix(b"\r")))


@pytest.mark.parametrize(
    ("line", "plain"),
    [(b"a 1 2", 1), (b"a\t1\t2", 1), (b"a 1\t2", 0), (b"a 2", 0), (b"1 2", 0), (b"a  1 2", 0)],
)
def test_two_counts(tree: Tree, line: bytes, plain: int) -> None:
    one = tree(2)
    assert one.scan(line + b"\n").plain == plain
    assert one.counts().tolist() == [[1, 2]] * plain


def test_what_has_no_line_end_is_left(tree: Tree) -> None:
    found = tree().scan(b"a 1\nb 2")
    assert (found.lines, found.plain) == (1, 1)
    assert tree().scan(b"").lines == 0


def test_the_total_stops_at_the_largest_number(tree: Tree) -> None:
    assert tree().scan(b"a 999999999999999999\n" * 19).total == 2**64 - 1
    assert tree().scan(b"a 999999999999999999\n" * 18).total == 18 * (10**18 - 1)


def test_counts_are_added_to_stacks_new_and_known(tree: Tree) -> None:
    one = tree()
    one.scan(b"a;b 5\n")
    assert one.add(b"a;b", [-2]) == 0
    assert one.add(b"a", [2**63 - 1]) == 1
    one.scan(b"a;b 1\n")
    assert one.counts().tolist() == [[4], [2**63 - 1]]


def test_many_odd_lines_and_growth(tree: Tree) -> None:
    one = tree()
    found = one.scan(
        b"\n" * 5000 + b"".join(b"a%d;b%d;%s 1\n" % (i, i % 7, b"x" * (i % 50 + 1)) for i in range(5000))
    )
    assert found.odd.tolist() == [[i, i, i] for i in range(5000)]
    assert (found.lines, found.plain, len(one.counts())) == (10_000, 5000, 5000)
    assert len(stacks(one)) == 15_000


@pytest.mark.parametrize("rank", [[0], [0, 0], [0, 2], [-1, 0], [0, 1, 2]])
def test_only_ranks_of_the_texts_are_taken(tree: Tree, rank: list[int]) -> None:
    one = tree()
    one.scan(b"a;b 1\n")
    with pytest.raises(ValueError, match="not the ranks"):
        one.lay_out(np.array(rank, np.int32))


def test_three_counts_are_refused(tree: Tree) -> None:
    with pytest.raises(ValueError, match="3 counts"):
        tree(3)


def test_where_there_is_no_memory(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    one = tree()

    class NoMemory:
        folded_scan = folded_lay_out = staticmethod(lambda *_: 0)
        folded_add = staticmethod(lambda *_: -1)

        def __getattr__(self, name: str) -> object:
            return getattr(one_native, name)

    one_native = one._native
    monkeypatch.setattr(one, "_native", NoMemory())
    for call in (
        lambda: one.scan(b"a 1\n"),
        lambda: one.add(b"a", [1]),
        lambda: one.lay_out(np.zeros(0, np.int32)),
    ):
        with pytest.raises(MemoryError):
            call()


def test_memory_is_given_back(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    freed = []
    one = tree()
    two = FoldedTree(Freeing(one._native, freed))
    handle = two._handle
    del two
    gc.collect()
    assert freed == [handle]


class Freeing:
    """The library, which tells what it frees."""

    def __init__(self, library: object, freed: list[int]) -> None:
        self._library, self._freed = library, freed

    def folded_free(self, handle: int) -> None:
        self._freed.append(handle)
        self._library.folded_free(handle)  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        return getattr(self._library, name)


def test_a_library_of_another_day_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "library", object)
    folded_library.cache_clear()
    assert folded_library() is None
    monkeypatch.undo()
    folded_library.cache_clear()


def test_the_environment_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTSPOT_NATIVE", "0")
    native.library.cache_clear()
    assert native.library() is None
    native.library.cache_clear()


@pytest.mark.parametrize("word", ["c34c3775cc659958", "e3c6889cf06abc8e", "2f64bd7864d1a6a0"])
def test_texts_with_a_word_of_the_hash_function_do_not_collide(tree: Tree, word: str) -> None:
    # Constants of wyhash, by which a hash that is keyed in one factor alone forgets what else it read.
    begin = bytes.fromhex(word)
    lines = b"".join(b"%s%08x%s 1\n" % (begin, number, begin) for number in range(60_000))
    one = tree()
    with within_processor_time(5):  # 0.1 s; it was 20 s and more
        assert one.scan(lines).plain == 60_000
    assert len(one.texts()) == 60_000
