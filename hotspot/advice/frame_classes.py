"""What to ask and to measure where time goes to a class of library, runtime or kernel work.

The texts are questions and ways that are usual for the class. None of them is measured, and drafts say so.
Which frames belong to a class is told by `hotspot.workflow.issues.frame_names`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FrameClass:
    """One kind of work that code does, or asks of libraries, runtime or kernel.

    Attributes:
        id: as `frame_names.class_of` returns it.
        phrase: what the time goes to, for a sentence: ``time in <phrase>``.
        questions: what to find out in the code; the first answered with yes names the change.
        measure: what to count or record next.
        ways: what usually helps, representation before algorithm before low level.
        mind: what such changes risk.
    """

    id: str
    phrase: str
    questions: tuple[str, ...]
    measure: str
    ways: tuple[str, ...]
    mind: str


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
        (
            "representation: smaller records, indexes instead of pointers, values in the form the loop needs",
            "algorithm: a structure of the right complexity, one pass instead of several, results remembered",
            "low level last: what the compiler or the runtime could not do (bounds, branches, vectors)",
        ),
        "A remembered result needs a rule for when it is no longer true, and a bound on how many are kept.",
    ),
    FrameClass(
        "other",
        "library code",
        (
            "What is the library asked for, how often, and is every answer used?",
            "Does it have a call for the whole batch, or for just the part that is needed?",
        ),
        "Count calls into the library per unit of work; compare with the number of distinct arguments.",
        (
            "ask less often: remember answers, batch, leave out what is not used",
            "another call of the same library, made for this use",
            "another library, last",
        ),
        "Libraries differ in corner cases and errors: compare both on real input.",
    ),
    FrameClass(
        "gc",
        "garbage collection",
        (
            "How many objects does one unit of work create here, and how many of them outlive it?",
            "Are objects created that hold one field, or copies that nobody changes?",
        ),
        "Count allocated bytes per unit of work beside the time (an allocation profile of the same run).",
        (
            "allocate less: values instead of boxes, reused buffers, fields instead of small objects",
            "shorten lives, so that objects die young",
            "tune the collector last; it moves the cost, often into memory",
        ),
        "Reused objects carry stale state and are shared by accident; a larger heap trades memory for time.",
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
        (
            "borrow or slice instead of copying; intern texts that repeat",
            "reserve the final size once; reuse one buffer over all iterations",
            "an arena for objects that die together; a pool where they are created and dropped in a loop",
        ),
        "Arenas and pools hold memory longer: compare peak memory, look for stale state and for threads that share one.",
    ),
    FrameClass(
        "page_faults",
        "page faults and memory mapping",
        (
            "Is memory touched for the first time here (a large buffer, a new arena) in every iteration?",
            "Is it given back to the system and asked for again?",
        ),
        "Count page faults (perf stat -e page-faults, or /usr/bin/time -v) and peak memory.",
        (
            "make the data smaller, so that fewer pages are touched",
            "keep and reuse the memory; read files in pieces instead of as a whole",
            "huge pages, or an allocator that returns memory later",
        ),
        "Kept memory raises the resident size; huge pages can raise it further.",
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
        (
            "borrow, slice or move instead of copying; copy on write",
            "smaller elements, or the hot fields in a structure of their own",
            "one pass that writes where the data is needed, instead of several that pass it on",
        ),
        "Shared instead of copied data can change under a reader; lifetimes become part of the interface.",
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
        (
            "compile once, outside the loop",
            "test a plain substring first; one expression with alternatives instead of several passes",
            "a linear-time engine, where the input comes from outside",
        ),
        "Plain string code must keep the expression's corner cases: anchors, Unicode, case, empty matches.",
    ),
    FrameClass(
        "formatting",
        "formatting text and converting numbers",
        (
            "Is every text that is built here read by someone, or is it a log line under its level, a key, a debug text?",
            "Is a number turned into text and back, or a text joined from parts in a loop?",
        ),
        "Count the texts built per unit of work, and how many of them are used.",
        (
            "keep the value, format at the edge; compare and hash values instead of their texts",
            "build into one reused buffer; put log calls behind their level",
            "a faster converter, where the output must stay",
        ),
        "Output must stay the same to the byte where others read it: rounding, padding, locale.",
    ),
    FrameClass(
        "serialisation",
        "parsing and writing data formats",
        (
            "Is the same document parsed or written more than once?",
            "Is all of it needed, or a few fields?",
        ),
        "Count documents and bytes per unit of work.",
        (
            "keep the parsed form; pass objects, not texts, inside the program",
            "read only the fields that are used; stream instead of building the whole tree",
            "a faster library or a binary format, at the edges",
        ),
        "Another parser accepts other inputs: compare errors, number ranges and encodings.",
    ),
    FrameClass(
        "compression",
        "compression, checksums and cryptography",
        (
            "Is data compressed, hashed or encrypted that is used once, or already is?",
            "Is the level or the algorithm a choice or a default?",
        ),
        "Measure bytes in and out, and the rate (MB/s) against what the library reaches in its own benchmark.",
        (
            "do it once and keep the result; leave out what is already compressed",
            "a lower level, or a faster algorithm of the same family",
            "the library's hardware path, larger pieces a call",
        ),
        "Security and stored formats are contracts: a weaker or another algorithm is a decision, not an optimisation.",
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
        (
            "interned symbols or dense indexes instead of texts as keys",
            "take the lookup out of the loop; one lookup that finds or inserts",
            "size the table once; a cheaper hash where keys are not hostile",
        ),
        "A cheaper hash on keys that users choose invites collisions; interning grows unless it is bounded.",
    ),
    FrameClass(
        "sorting",
        "sorting",
        (
            "Is the data sorted again after small changes, or sorted although only the first few are used?",
            "What does one comparison cost, and is its key computed again each time?",
        ),
        "Count elements and sorts per unit of work; time one comparison.",
        (
            "keep it sorted (insert in place), or select the first k instead of sorting all",
            "compute keys once; compare integers instead of texts",
            "a radix sort for small integer keys",
        ),
        "Stability and the order of equal elements are visible: find out whether someone relies on them.",
    ),
    FrameClass(
        "exceptions",
        "raising and unwinding exceptions",
        (
            "Is an exception the normal answer here (a missing key, the end of input, a failed conversion)?",
            "Does the failing path build messages or back traces that nobody reads?",
        ),
        "Count exceptions per unit of work, with and without bad input.",
        (
            "test first or return a result instead of raising, on the path that is taken often",
            "raise without building a text or a trace",
        ),
        "Another way to report failure changes the interface: no failure may become silent.",
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
        (
            "do not share: data per thread, merged at the end",
            "hold it shorter; batch; split it by key; read copies without a lock",
            "another kind of lock, last",
        ),
        "Races do not show in tests: argue why the order of memory accesses stays right, and run a race detector.",
    ),
    FrameClass(
        "imports",
        "importing modules and loading libraries",
        (
            "Which modules are loaded here that this run does not use?",
            "Is an import inside a function that is called often?",
        ),
        "Cost per module: python -X importtime; LD_DEBUG=statistics for shared libraries.",
        (
            "import where it is first used; split modules that pull in much for little",
            "static linking or prelinking for native libraries",
        ),
        "A late import moves its cost, and its failure, to the first use.",
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
        (
            "keep what was read; ask once and remember",
            "buffer and batch: fewer, larger calls",
            "do it beside the work (asynchronously, another thread) where waiting dominates",
        ),
        "Buffering changes when data is on disk or at the peer, and what a crash loses; others may rely on the order.",
    ),
    FrameClass(
        "kernel",
        "kernel work outside system calls",
        (
            "Is it interrupts and scheduling that hit whatever runs, or does the code cause it (faults, wake-ups)?",
            "Does the profile hold other programs' work too?",
        ),
        "Look at the kernel frames in the stacks; compare with an idle machine, or with perf record of this process only.",
        (
            "record on a quiet machine first, and see whether it stays",
            "fewer wake-ups and threads; less memory touched",
        ),
        "It may be the machine rather than the program: nothing to change then.",
    ),
    FrameClass(
        "interpreter",
        "interpreter and dynamic dispatch",
        (
            "Which loop runs in the interpreter that a library call could run as a whole?",
            "Are attributes, globals or methods looked up in the inner loop although they do not change?",
        ),
        "Count iterations of the hottest loop per unit of work; time one of them.",
        (
            "fewer iterations: one pass, a better data structure",
            "one vectorised or built-in call for the whole loop; local names in the loop",
            "a compiled version of the innermost part, last",
        ),
        "Vectorised code holds whole columns in memory: compare peak memory.",
    ),
)

CLASSES: dict[str, FrameClass] = {frame_class.id: frame_class for frame_class in _CLASSES}
OWN = "own"
OTHER = "other"
