"""Where the bytes of an input come from: ranges of files, pipes that are read once, hashes made when asked for."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import threading
from pathlib import Path

import pytest
from hotspot.importers import base
from hotspot.importers.base import FileRange, bytes_source, file_source


def test_two_handles_on_one_pipe_have_a_position_each(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    data = b"main;parse 1\n" * 5000
    writer = threading.Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    source = file_source(str(pipe))
    writer.join()
    with source.open() as one, source.open() as other:
        assert one.read(20) == data[:20]
        assert other.read() == data
        assert one.read() == data[20:]
    assert source.checksum == hashlib.sha256(data).hexdigest()


def test_a_range_of_a_file_is_read_like_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    with path.open("rb") as file, io.BufferedReader(FileRange(os.dup(file.fileno()), 2, 7)) as stream:
        assert stream.read() == b"23456"
        assert stream.seek(1) == 1
        assert stream.read(2) == b"34"
        assert stream.seek(-1, os.SEEK_END) == 4
        assert stream.read() == b"6"
        assert file.read() == b"0123456789"


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file whose hash can wait."""
    monkeypatch.setattr(base, "_HASH_AT_ONCE", 99)
    path = tmp_path / "large"
    path.write_bytes(b"0123456789" * 10)
    return path


def test_a_large_file_is_hashed_when_it_is_asked_for(large: Path) -> None:
    source = file_source(str(large))
    assert not isinstance(source.checksum, str)
    assert source.sha256 == hashlib.sha256(b"0123456789" * 10).hexdigest()
    assert pickle.loads(pickle.dumps(source.checksum)).sha256 == source.sha256


@pytest.mark.parametrize("change", ["longer", "later", "gone"])
def test_a_file_that_is_not_any_more_what_was_read_has_no_hash(large: Path, change: str) -> None:
    source = file_source(str(large))
    if change == "longer":
        large.write_bytes(b"0123456789" * 11)
    elif change == "later":
        os.utime(large, ns=(0, 0))
    else:
        large.unlink()
    assert source.sha256 == ""


LINES = ["one", "  two", "", "na\u00efve", "last"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", " \t\n", "\r\n"])
def test_lines_come_without_what_stands_at_their_ends(encoding: str, end: str) -> None:
    assert list(bytes_source("given", end.join(LINES).encode(encoding)).lines()) == LINES


def test_lines_of_many_blocks_are_those_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "_CHUNK", 7)
    # A block may begin like a text in UTF-16, which only a file can.
    data = b"a long line of text\n" + b"\xff\xfe1\n" * 3 + b"\xef\xbb\xbfx\n"
    assert list(bytes_source("given", data).lines()) == [
        "a long line of text",
        *[r"\xff\xfe1"] * 3,
        "\ufeffx",
    ]
