"""The tests of shelf.py: python3 test_shelf.py."""

from shelf import Shelf, snippet, stem


def test_the_note_that_says_it_shortest_comes_first() -> None:
    shelf = Shelf()
    shelf.add("long", "slow queries, " + "and much else that is of no interest " * 9)
    shelf.add("short", "slow queries")
    shelf.add("other", "nothing of the kind")
    assert [title for _, title, _ in shelf.search("slow queries")] == ["short", "long"]


def test_endings_do_not_count() -> None:
    assert stem("searching") == stem("searched") == "search"


def test_a_snippet_stands_around_the_first_word() -> None:
    assert "needle" in snippet("hay " * 50 + "needle " + "hay " * 50, ["needle"])


if __name__ == "__main__":
    for name, test in sorted(globals().items()):
        if name.startswith("test_"):
            test()
    print("all tests pass")
