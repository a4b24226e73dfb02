"""What to ask and to measure where no rule of the catalogue fits, by class of library, runtime or kernel work.

What to do instead is the rules' matter. Which frames belong to a class is told by `hotspot.advice.frame_names`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FrameClass:
    """One kind of work that code does, or asks of libraries, runtime or kernel.

    Attributes:
        id: as `frame_names.class_of` returns it, or ``own`` or ``other``.
        phrase: what the time goes to, for a sentence: ``time in <phrase>``.
        questions: what to find out in the code; the first answered with yes names the change.
        measure: what to count or record next.
    """

    id: str
    phrase: str
    questions: tuple[str, ...]
    measure: str


_CLASSES = (
    FrameClass(
        "own",
        "its own code",
        (
            "How often does it run, and over how much data? Does the number of steps grow faster than the input?",
            "Is anything computed again although its inputs did not change, inside a loop or from call to call?",
            "Does the hottest line search, compare or convert where another data structure would know?",
        ),
        "Count calls and loop iterations per unit of work, at two input sizes.",
    ),
    FrameClass(
        "other",
        "library code",
        (
            "What is the library asked for, how often, and is every answer used?",
            "Does it have a call for the whole batch, or for just the part that is needed?",
        ),
        "Count calls into the library per unit of work; compare with the number of distinct arguments.",
    ),
    FrameClass(
        "gc",
        "garbage collection",
        (
            "How many objects does one unit of work create here, and how many of them outlive it?",
            "Are objects created that hold one field, or copies that nobody changes?",
        ),
        "Count allocated bytes per unit of work beside the time (an allocation profile of the same run).",
    ),
    FrameClass(
        "allocator",
        "memory allocation",
        (
            "How many allocations does one call make, and how many of them does it free again itself?",
            "Is a container grown element by element although its size is known or bounded?",
            "Are values cloned, boxed or turned into text although they are only read?",
        ),
        "Count allocations and bytes per call (heaptrack, dhat, memray, an allocation profile), beside the time.",
    ),
    FrameClass(
        "page_faults",
        "page faults and memory mapping",
        (
            "Is memory touched for the first time here (a large buffer, a new arena) in every iteration?",
            "Is it given back to the system and asked for again?",
        ),
        "Count page faults (perf stat -e page-faults, or /usr/bin/time -v) and peak memory.",
    ),
    FrameClass(
        "memory_copy",
        "copying, filling and comparing memory",
        (
            "What is copied or compared, how large is it, and is the copy ever changed?",
            "Is the same data copied again at every layer (text to bytes, buffer to buffer)?",
            "Are the objects large because of fields that this loop does not read?",
        ),
        "Sum the bytes per call; compare with the size of the input.",
    ),
    FrameClass(
        "regex",
        "regular expressions",
        (
            "Is the expression compiled on every call, although it never changes?",
            "Could a plain search or split, or a hand-written scan, decide the same?",
            "Does it backtrack on inputs that do not match?",
        ),
        "Count compilations and matches per unit of work; try the longest input that does not match.",
    ),
    FrameClass(
        "formatting",
        "formatting text and converting numbers",
        (
            "Is every text that is built here read by someone, or is it a log line under its level, a key, a debug text?",
            "Is a number turned into text and back, or a text joined from parts in a loop?",
        ),
        "Count the texts built per unit of work, and how many of them are used.",
    ),
    FrameClass(
        "serialisation",
        "parsing and writing data formats",
        (
            "Is the same document parsed or written more than once?",
            "Is all of it needed, or a few fields?",
        ),
        "Count documents and bytes per unit of work.",
    ),
    FrameClass(
        "compression",
        "compression, checksums and cryptography",
        (
            "Is data compressed, hashed or encrypted that is used once, or already is?",
            "Is the level or the algorithm a choice or a default?",
        ),
        "Measure bytes in and out, and the rate (MB/s) against what the library reaches in its own benchmark.",
    ),
    FrameClass(
        "hashing",
        "hashing and hash-table lookups",
        (
            "Is the same key looked up several times in a row, or in an inner loop although it does not change there?",
            "How large are the keys, and how long is a probe or a chain (load factor, bad hash)?",
            "Would a small integer index, an enum or an array serve as key?",
        ),
        "Count lookups per unit of work, distinct keys, and the longest chain.",
    ),
    FrameClass(
        "sorting",
        "sorting",
        (
            "Is the data sorted again after small changes, or sorted although only the first few are used?",
            "What does one comparison cost, and is its key computed again each time?",
        ),
        "Count elements and sorts per unit of work; time one comparison.",
    ),
    FrameClass(
        "exceptions",
        "raising and unwinding exceptions",
        (
            "Is an exception the normal answer here (a missing key, the end of input, a failed conversion)?",
            "Does the failing path build messages or back traces that nobody reads?",
        ),
        "Count exceptions per unit of work, with and without bad input.",
    ),
    FrameClass(
        "locks",
        "locks and waiting",
        (
            "Which lock is it, who holds it, and for how long?",
            "Is anything slow (I/O, allocation, a callback) done while it is held?",
            "Is the lock taken once an element where once a batch would do?",
        ),
        "Record waiting too (off-CPU time, perf lock, a mutex profile): CPU samples show spinning, not sleeping.",
    ),
    FrameClass(
        "imports",
        "importing modules and loading libraries",
        (
            "Which modules are loaded here that this run does not use?",
            "Is an import inside a function that is called often?",
        ),
        "Cost per module: python -X importtime; LD_DEBUG=statistics for shared libraries.",
    ),
    FrameClass(
        "system",
        "system calls and I/O",
        (
            "How many calls does one unit of work make, and how many bytes does each carry?",
            "Is the same file opened, listed or asked for its state again and again?",
            "Must every write reach the disk or the peer at once?",
        ),
        "Count calls and bytes (strace -c -f, perf trace -s). CPU samples miss the time spent waiting: record that too.",
    ),
    FrameClass(
        "kernel",
        "kernel work outside system calls",
        (
            "Is it interrupts and scheduling that hit whatever runs, or does the code cause it (faults, wake-ups)?",
            "Does the profile hold other programs' work too?",
        ),
        "Look at the kernel frames in the stacks; compare with an idle machine, or with perf record of this process only.",
    ),
    FrameClass(
        "interpreter",
        "interpreter and dynamic dispatch",
        (
            "Which loop runs in the interpreter that a library call could run as a whole?",
            "Are attributes, globals or methods looked up in the inner loop although they do not change?",
        ),
        "Count iterations of the hottest loop per unit of work; time one of them.",
    ),
)

CLASSES: dict[str, FrameClass] = {frame_class.id: frame_class for frame_class in _CLASSES}
OWN = "own"
OTHER = "other"
