"""Which importer takes a file: no two are certain of one, and none takes what is no profile."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hotspot.errors import UnknownFormat
from hotspot.importers import registry
from hotspot.importers.base import Head, ImportOptions, Match, bytes_source, file_source

from tests.drawn_texts import DRAWN

ROOT = Path(__file__).parents[2]
SAMPLES = sorted(
    path
    for path in (ROOT / "sample-profiles").rglob("*.*")
    if path.is_file() and {".folded", ".svg", ".cpuprofile", ".gz", ".xz", ".json"} & set(path.suffixes)
)
# Formats of the corpus whose importers have another name; results of benchmarks are no profiles.
NAMED = {
    "collapsed": "folded",
    "dtrace-stacks": "dtrace",
    "gecko-profile": "gecko",
    "negative": "speedscope",
    "pprof-string": "pprof-text",
    "stackprof-json": "stackprof",
    "svg-flamegraph": "svg",
}
NO_PROFILES = {
    "a readme": "# Project\n\n[![build](https://a.org/b.svg)](https://a.org)\n\n## Install\n\n```sh\npip install x==1.2\n```\n\n"
    "| name | size |\n|---|---:|\n| a | 12 |\n| b | 7 |\n\n1. run `x --top 10`\n2. look at line 40\n",
    "Python": 'import os\n\n\ndef main(n: int = 3) -> int:\n    """Add."""\n    total = 0\n    for i in range(n):\n        total += i\n'
    "    return total\n\n\nif __name__ == '__main__':\n    main(); main(7)\n",
    "C": '#include <stdio.h>\n\nint main(void)\n{\n\tint i = 0;\n\tfor (i = 0; i < 10; i++) {\n\t\tprintf("%d\\n", i);\n\t}\n\treturn 0;\n}\n',
    "Go": 'package main\n\nimport "fmt"\n\nfunc main() {\n\tgo func() { fmt.Println(1) }()\n}\n',
    "a package.json": '{\n  "name": "x",\n  "version": "1.0.0",\n  "profile": "dev",\n  "files": ["dist"],\n  "scripts": {"test": "jest"},\n'
    '  "dependencies": {"stack": "^2.0.0"}\n}\n',
    "a list in JSON": '[{"id": 1, "name": "main", "value": 12, "children": null}, {"id": 2}]\n',
    "GeoJSON": '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"name": "x"}}]}\n',
    "a table": "name,count,time\nmain,12,0.5\nwork,7,1.25\nparse,3,0.1\n",
    "a table of semicolons": "name;count;time\nmain;12;0,5\nwork;7;1,25\n",
    "a log of requests": "".join(
        f'10.0.0.{i} - - [27/Nov/2026:10:00:0{i} +0000] "GET /a?b={i};c HTTP/1.1" 200 {100 + i} "-" "Mozilla/5.0 (X11; Linux) 12"\n'
        for i in range(9)
    ),
    "a log of a service": "2026-11-27T10:00:00Z INFO main: started, 4 workers\n2026-11-27T10:00:01Z WARN pool: 12 samples dropped\n" * 5,
    "a stack trace": 'Traceback (most recent call last):\n  File "a.py", line 3, in main\n    work()\nValueError: 12\n',
    "an icon": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><title>Cart (3 items)</title><rect width="4" height="4"/>'
    '<path d="M12 2L2 7l10 5 10-5z"/></svg>\n',
    "a page": "<!DOCTYPE html>\n<html><head><title>Shop</title></head><body><table><tr><td>main</td><td>12</td></tr></table>"
    "<script>const levels = [1, 2]; f(0, 1, 2);</script></body></html>\n",
    "XML": '<?xml version="1.0"?>\n<rows><row id="1"><weight>3</weight></row></rows>\n',
    "YAML": "jobs:\n  test:\n    steps:\n      - run: make\n      - uses: a/b@v4\n        with: {python: 3.12}\n",
    "settings": "[main]\nthreads = 4\n; a comment 12\nname = x\n",
    "a listing": "total 12\n-rw-r--r-- 1 root root  100 Nov 27 10:00 a.txt\n-rw-r--r-- 1 root root 2000 Nov 27 10:00 b.txt\n",
    "sizes": "4\t./a\n120\t./b/c\n12\t.\n",
    "numbers": "1 2 3\n4 5 6\n7 8 9\n",
    "a style sheet": "a { color: #333; margin: 0 12px }\n.b { width: 100%; top: 0 }\n",
    "SQL": "INSERT INTO t VALUES (1, 'main', 12);\nSELECT count(*) FROM t;\n",
    "prose": "Chapter 12\n\nIt was found in 1998; for years\nnothing happened. Then, in 2003\nit did.\n" * 3,
    "a patch": "--- a/x.c\n+++ b/x.c\n@@ -1,3 +1,4 @@\n int a;\n-int b = 1;\n+int b = 2;\n+int c = 3;\n",
    "a Makefile": "all: a b\n\na: a.c\n\t$(CC) -o a a.c\n\t./a 12\n",
    "a crash without stacks": "Process 12 terminated\nThread 3 exited with status 1\nSamples: 12\n",
}  # fmt: skip


def certain(head: Head) -> list[str]:
    return [each.INFO.name for each in registry.importers() if each.detect(head) is Match.YES]


@pytest.mark.parametrize("name", DRAWN)
def test_one_importer_is_certain_of_a_drawn_text(name: str) -> None:
    (found,) = certain(bytes_source("given", DRAWN[name].text.encode()).head)
    assert name.startswith(found)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_one_importer_is_certain_of_a_sample_profile(path: Path) -> None:
    assert len(certain(file_source(str(path)).head)) == 1


def test_the_corpus_is_taken_by_the_importer_it_belongs_to(corpus: Path) -> None:
    with open(corpus / "index.tsv", encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    wrong = {}
    for row in rows:
        found = certain(file_source(str(corpus / row["path"])).head)
        expected = [NAMED.get(row["format"], row["format"])]
        if row["format"].startswith("bench-") or row["format"] in ("snapshot", "html-flamegraph"):
            expected = []  # none, or none before all of it was read
        if found != expected:
            wrong[row["path"]] = found
    assert wrong in ({}, {path: ["austin"] for path in wrong if "austin" in path.lower()})


@pytest.mark.parametrize("what", NO_PROFILES)
def test_what_is_no_profile_is_taken_by_none(what: str) -> None:
    source = bytes_source("given", NO_PROFILES[what].encode())
    assert certain(source.head) == []
    with pytest.raises(UnknownFormat, match=r"^given") as caught:
        registry.read_source(source, None, ImportOptions())
    assert caught.value.exit_code == 3


DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("*.toml"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documents_that_speak_of_profiles_are_none(path: Path) -> None:
    assert certain(file_source(str(path)).head) == []
