"""What Python prints with ``-X importtime``: each module after those that it imports, two spaces a level.

::

    import time: self [us] | cumulative | imported package
    import time:       182 |        182 |   _codecs
    import time:      1024 |       1206 | codecs

Self times are exact, in microseconds; the column of cumulative ones follows from them. Source: Python's documentation of
``-X importtime``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hotspot.importers._collect import Levels
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.profile import Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("import-time", "Python -X importtime", (".importtime",))

_LOOKS = re.compile(r"^import time: self \[us\] \| cumulative \| imported package\s*$", re.MULTILINE)
_LINE = re.compile(r"import time:\s*(?P<own>\d{1,18}) \|\s*\d{1,18} \| (?P<indent> *)(?P<name>\S.*?)")
_COLUMNS = 2


def detect(head: Head) -> Match:
    """Its heading, which what the program prints itself may come before."""
    return Match.YES if _LOOKS.search(head.text) else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all imports; other lines are what the program printed.

    Raises:
        EmptyProfile: no import took any time.
        MalformedProfile: an import stands deeper than any that comes after it allows, or a time exceeds int64.
    """
    tree = Levels(source.path, ValueType("time", "microseconds"))
    lines = list(source.lines())
    for number in range(len(lines), 0, -1):  # read backwards, who imports comes before what it imports
        if found := _LINE.fullmatch(lines[number - 1]):
            depth = len(found["indent"]) // _COLUMNS
            tree.add(depth, tree.builder.frames.intern(found["name"]), [int(found["own"])], number)
    return [tree.build(Provenance(source.path, source.checksum, INFO.name, "Python"))]
