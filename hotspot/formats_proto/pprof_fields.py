"""Field numbers of pprof's messages.

Source: ``proto/profile.proto`` of github.com/google/pprof. Indexes into the string table are plain integers there;
``string_table[0]`` is the empty text. Ids are non-zero and unique within their kind; 0 means "none".
"""

from __future__ import annotations

from enum import IntEnum


class ProfileField(IntEnum):
    """The file itself: one message."""

    SAMPLE_TYPE = 1  # ValueType, one a column of Sample.VALUE
    SAMPLE = 2
    MAPPING = 3
    LOCATION = 4
    FUNCTION = 5
    STRING_TABLE = 6
    DROP_FRAMES = 7  # text: a regular expression of functions to drop, with all they call
    KEEP_FRAMES = 8  # text: exceptions from it
    TIME_NANOS = 9
    DURATION_NANOS = 10
    PERIOD_TYPE = 11  # ValueType
    PERIOD = 12
    COMMENT = 13  # texts
    DEFAULT_SAMPLE_TYPE = 14  # text: the type to show first; without it the last one
    DOC_URL = 15  # text; called tick_unit in some versions
    LABEL_SET = 16


class ValueTypeField(IntEnum):
    """What a column of values measures."""

    TYPE = 1  # text
    UNIT = 2  # text


class SampleField(IntEnum):
    """One stack with one value a sample type."""

    LOCATION_ID = 1  # leaf first
    VALUE = 2
    LABEL = 3
    BREAKDOWN = 4


class LabelField(IntEnum):
    """A key with a text or a number."""

    KEY = 1  # text
    STR = 2  # text
    NUM = 3
    NUM_UNIT = 4  # text


class MappingField(IntEnum):
    """A binary."""

    ID = 1
    FILENAME = 5  # text
    HAS_FUNCTIONS = 7  # this and the next: pprof does not look symbols up anew
    HAS_FILENAMES = 8
    HAS_LINE_NUMBERS = 9
    HAS_INLINE_FRAMES = 10


class LocationField(IntEnum):
    """An address: one line, or several where functions were inlined there, innermost first."""

    ID = 1
    MAPPING_ID = 2
    ADDRESS = 3
    LINE = 4


class LineField(IntEnum):
    """A line of a function."""

    FUNCTION_ID = 1
    LINE = 2


class FunctionField(IntEnum):
    """A function."""

    ID = 1
    NAME = 2  # text
    SYSTEM_NAME = 3  # text: mangled
    FILENAME = 4  # text
