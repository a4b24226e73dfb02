"""Documents that people and hotspot both edit: whose line is whose."""

from __future__ import annotations

from hotspot.workflow.documents.block import Document, new_block, parse_document
from hypothesis import example, given
from hypothesis import strategies as st

LINES = ("- **Current:** 41.6% of the run", "- **Risk:** unknown", "", "| Benchmark | Before |", "|---|---|")
BOXES = ("## One", "## Two", "- [ ] **done:** no", "- [x] **done:** yes")


def document(*lines: str) -> str:
    return f"# Mine\n\n{new_block('A', lines).text}\ntext behind\n"


def update(text: str, *lines: str) -> str:
    return parse_document(text).updated("A", lines).text


def body(text: str) -> list[str]:
    block = parse_document(text).block("A")
    assert block is not None
    return list(block.lines)


def test_a_block_hides_its_digests_in_comments() -> None:
    assert new_block("A", ("- **Current:** 1%",)).text == (
        "<!-- hotspot:begin A 4e9bd5 -->\n- **Current:** 1%\n<!-- hotspot:end -->\n"
    )


def test_what_hotspot_wrote_is_rewritten_and_the_rest_of_the_document_stays() -> None:
    text = update(document(*LINES), "- **Current:** 9.1% of the run", "- **Risk:** unknown")
    assert body(text) == ["- **Current:** 9.1% of the run", "- **Risk:** unknown"]
    assert text.startswith("# Mine\n\n")
    assert text.endswith("\ntext behind\n")


def test_a_line_that_a_person_changed_stays_and_the_others_go_on_being_updated() -> None:
    edited = document(*LINES).replace("**Risk:** unknown", "**Risk:** none, I asked the users")
    text = update(edited, "- **Current:** 9.1%", "- **Risk:** high")
    assert body(text) == ["- **Current:** 9.1%", "- **Risk:** none, I asked the users"]
    again = update(text, "- **Current:** 3%", "- **Risk:** low")
    assert body(again) == ["- **Current:** 3%", "- **Risk:** none, I asked the users"]


def test_a_line_that_a_person_added_keeps_its_place() -> None:
    edited = document(*LINES).replace("- **Risk:**", "    (ask Ana)\n- **Risk:**")
    text = update(edited, "- **New:** 1", "- **Current:** 9.1%", "- **Risk:** high")
    assert body(text) == ["- **New:** 1", "- **Current:** 9.1%", "    (ask Ana)", "- **Risk:** high"]


def test_a_row_of_a_table_is_known_by_its_first_cell() -> None:
    rows = ("| Benchmark | Before |", "|---|---|", "| parse | 1 ms |", "| emit | 2 ms |")
    edited = document(*rows).replace("| emit | 2 ms |", "| emit | about 2 ms, noisy |")
    text = update(edited, "| Benchmark | Before |", "|---|---|", "| parse | 3 ms |", "| emit | 4 ms |")
    assert body(text)[2:] == ["| parse | 3 ms |", "| emit | about 2 ms, noisy |"]


def test_a_line_that_is_no_longer_written_goes_unless_a_person_changed_it() -> None:
    edited = document("- **A:** 1", "- **B:** 2").replace("**B:** 2", "**B:** two")
    assert body(update(edited, "- **C:** 3")) == ["- **B:** two", "- **C:** 3"]


def test_a_block_without_an_end_is_left_alone() -> None:
    text = document(*LINES).replace("<!-- hotspot:end -->\n", "")
    assert update(text, "- **Current:** 1") == text


def test_a_begin_in_a_block_without_an_end_does_not_swallow_the_next_block() -> None:
    broken = "<!-- hotspot:begin A -->\nhalf\n" + new_block("B", ("- **X:** 1",)).text
    parsed = parse_document(broken)
    assert parsed.block("A") is None
    assert parsed.updated("B", ["- **X:** 2"]).text.startswith("<!-- hotspot:begin A -->\nhalf\n")


def test_a_line_is_known_by_the_heading_above_it_too() -> None:
    lines = ("## One", "- **Risk:** 1", "## Two", "- **Risk:** 2")
    edited = document(*lines).replace("- **Risk:** 2", "- **Risk:** mine")
    assert body(update(edited, "## One", "- **Risk:** 3", "## Two", "- **Risk:** 4")) == [
        "## One", "- **Risk:** 3", "## Two", "- **Risk:** mine",
    ]  # fmt: skip


def test_a_box_that_is_ticked_by_hand_does_not_make_the_line_a_persons() -> None:
    edited = document("- [ ] **tests pass:** no run", "- [ ] **told:** yours").replace("[ ]", "[X]")
    assert body(update(edited, "- [ ] **tests pass:** FAIL", "- [x] **told:** yours")) == [
        "- [ ] **tests pass:** FAIL", "- [x] **told:** yours",
    ]  # fmt: skip


def test_pieces_are_added_at_the_end_of_a_section() -> None:
    parsed = parse_document("# T\n\n## A\n\ntext\n\n## B\nmore")
    block = new_block("K", ("line",))
    assert parsed.with_added("## A", "### new\n\n", block, "\n").text == (
        f"# T\n\n## A\n\ntext\n\n### new\n\n{block.text}\n## B\nmore"
    )
    assert parsed.with_added("## B", "### new\n").text == "# T\n\n## A\n\ntext\n\n## B\nmore\n\n### new\n"
    assert parsed.with_added("## gone", "end\n").text.endswith("## B\nmore\n\nend\n")
    assert Document(()).with_added("", block).text == block.text


_texts = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *LINES,
                *BOXES,
                "<!-- hotspot:end -->",
                "<!-- hotspot:begin A -->",
                "<!-- hotspot:begin B ab12cd -->",
            ]
        ),
        st.text(alphabet="ab*|:- #[x]\r<>!é", max_size=12),
    ),
    max_size=15,
).map("\n".join)


@given(_texts)
def test_a_document_that_is_only_read_keeps_every_byte(text: str) -> None:
    assert parse_document(text).text == text


@given(_texts, st.lists(st.sampled_from((*LINES, *BOXES)), max_size=6))
@example("<!-- hotspot:begin A -->\n- **Risk:** 1\n- **Risk:** 1\n- **Risk:** 1\n:\n<!-- hotspot:end -->", [])
def test_a_second_update_with_the_same_lines_changes_nothing(text: str, lines: list[str]) -> None:
    document = Document((*parse_document(text).pieces, "\n", new_block("Z", ())))
    once = document.updated("A", lines).updated("Z", lines).text
    assert parse_document(once).updated("A", lines).updated("Z", lines).text == once


@given(_texts, st.lists(st.sampled_from((*LINES, *BOXES)), max_size=6))
def test_no_line_of_a_person_is_lost(text: str, lines: list[str]) -> None:
    parsed = parse_document(text)
    block = parsed.block("A")
    after = parsed.updated("A", lines).text
    if block is not None:
        theirs = [line for line in block.lines if line.strip() and line not in (*LINES, *BOXES)]
        assert all(line in after for line in theirs)
