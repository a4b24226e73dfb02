r"""By which names library, runtime and kernel frames of each class are known, ecosystem by ecosystem.

Only names that their library or runtime uses: a project's own ``hash_row`` is no hashing. Patterns are searched
in the name as the profile has it; ``files`` in the file of a Python frame. The order counts: the first class that
matches a frame has it, so ``sock_sendmsg`` is asked after ``_raw_spin_lock``.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Where a Rust or C++ path may begin in a demangled name: `<&mut T as`, `void`, a leading bracket.
_PATH = r"(?:^|[<&*( ])"
# Before a C library's function: `__GI___libc_`, `__`.
_LIBC = r"^_*(?:GI_+)?(?:libc_+)?"
# Behind one: the end, a version or a procedure-linkage stub (`malloc@plt`), demangled arguments.
_END = r"(?:$|@|\()"

_NAMES: dict[str, dict[str, str]] = {
    "gc": {
        "go": r"^runtime\.(?:gc[A-Z]|scan(?:object|block|stack)|markroot|greyobject|sweep|bgsweep|wbBuf)",
        "python": r"^(?:_?PyGC_\w+|gc_collect\w*|deduce_unreachable|visit_decref|visit_reachable|subtract_refs)$",
        "jvm": r"^(?:G1[A-Z]|ZGC|Shenandoah|PSParallel|PSScavenge|ParallelGC|GCTask|ConcurrentMark)",
        "v8": r"^v8::internal::(?:Heap|Scaveng|MarkCompact|ConcurrentMarking|Sweeper)|^\(garbage collector\)$",
        "other": r"^(?:rb_gc_|gc_mark|gc_sweep|caml_(?:major|minor|empty_minor|oldify)|GC_(?:mark|malloc|collect))",
    },
    "allocator": {
        "c": _LIBC + r"(?:int_)?(?:malloc|free|calloc|realloc|memalign|aligned_alloc|cfree|posix_memalign|"
        r"reallocarray|strn?dup)(?:_consolidate|_trim|_merge_chunk|_create_chunk|_maybe_consolidate)?" + _END,
        "glibc": r"^(?:sysmalloc|unlink_chunk|systrim|tcache_\w+|arena_get2?|ptmalloc_\w+)(?:$|\.)",
        "libraries": r"^(?:tcmalloc::|tc_(?:new|delete|malloc|free)|_?_?je_|_?mi_(?:malloc|free|page|heap|segment))",
        "cpp": r"^operator (?:new|delete)|^_Zn[wa][mj]|^_Zd[la]P",
        "rust": r"^_*(?:rust|rdl|rg)_(?:alloc|dealloc|realloc)" + rf"|{_PATH}alloc::(?:alloc|raw_vec)::",
        "go": r"^runtime\.(?:mallocgc\w*|newobject|growslice|make(?:slice|chan|map)\w*|\(\*m(?:cache|central|heap)\))",
        "python": r"^_?Py(?:Object|Mem)_\w*(?:Malloc|Free|Calloc|Realloc|New|Del)\w*$"
        r"|^(?:pymalloc_\w+|_?PyType_(?:Generic)?Alloc\w*)$",
        "jvm": r"^(?:CollectedHeap|MemAllocator|InstanceKlass::allocate|OptoRuntime::new_)",
        "kernel": r"^(?:kmem_cache_(?:alloc|free)\w*|__?kmalloc\w*|kmalloc\w*|kfree|__slab_\w+|__alloc_skb)$",
    },
    "page_faults": {
        "kernel": r"page_fault|^(?:handle_mm_fault|do_anonymous_page|clear_(?:huge_)?page\w*|do_fault\w*|"
        r"folio_zero_user|_?_?alloc_pages\w*|unmap_page_range|zap_\w+|exit_mmap|flush_tlb\w*)$",
        "c": _LIBC + r"(?:mmap(?:64)?|munmap|mremap|madvise|mprotect|s?brk)" + _END,
    },
    "memory_copy": {
        "c": _LIBC + r"(?:mem(?:p?cpy|move|set|cmp|r?chr)|bcopy|bzero|st[pr](?:n?cpy|n?cat|n?len|n?cmp|r?chr))"
        r"(?:_(?:chk|erms|avx\w*|sse\w*|evex\w*|ssse\w*|unaligned\w*|generic|neon\w*|aarch64))*" + _END,
        "macos": r"^_platform_(?:mem|str)\w+",
        "rust": rf"{_PATH}core::(?:ptr|intrinsics)::copy| as (?:core|std)::clone::Clone>::clone"
        rf"|{_PATH}alloc::slice::.*(?:to_vec|to_owned|concat)|extend_from_slice",
        "go": r"^runtime\.(?:memmove|memclr\w*|typedmemmove|typedslicecopy|memequal)",
        "jvm": r"^(?:StubRoutines|\w+_arraycopy|System\.arraycopy|L?java[/.]util[/.]Arrays[.:]+copyOf)",
    },
    "regex": {
        "c": r"^(?:re_(?:search|match|compile)_\w+|regexec|regcomp|pcre2?_\w+|onig_\w+|sre_\w+)" + _END,
        "cpp": rf"{_PATH}(?:re2::|RE2::|boost::re_detail|std::__detail::_(?:Executor|Compiler|NFA)|std::\w*::?basic_regex)",
        "rust": rf"{_PATH}regex(?:_automata|_syntax)?::",
        "go": r"^regexp(?:/syntax)?\.",
        "jvm": r"^L?java[/.]util[/.]regex[/.]",
        "v8": r"^v8::internal::(?:Irregexp|RegExp)|^Builtins_RegExp|^RegExp:",
        "python": r"^(?:_sre_\w+|pattern_(?:match|search|sub|split|find)\w*)$",
    },
    "formatting": {
        "c": _LIBC + r"(?:IO_)?v?(?:s|sn|f|as|d)?w?printf(?:_\w+)?" + _END + r"|^_*printf_(?:fp|buffer)\w*",
        "numbers": _LIBC + r"(?:isoc\d+_)?(?:v?[sf]?scanf|strto(?:[dlfu]|ll|ul|ull|ld)(?:_l)?(?:_internal)?|"
        r"ato[ifl]+)" + _END + r"|^_*strto\w+_internal$",
        "cpp": r"^std::(?:ostream|__cxx11::basic_o?stringstream|basic_ostream|num_[pg]e?ut|to_string|__ostream_insert)",
        "rust": rf"{_PATH}(?:(?:core|alloc|std)::fmt::|core::num::.*(?:dec2flt|flt2dec|from_str)|ryu::|itoa::)",
        "go": r"^fmt\.|^strconv\.",
        "jvm": r"^L?java[/.](?:util[/.]Formatter|lang[/.](?:String[.:]+format|(?:Abstract)?StringBuilder))",
        "python": r"^(?:PyUnicode_(?:From)?Format\w*|unicode_format\w*|_PyUnicodeWriter\w*|float_repr\w*|"
        r"PyOS_double_to_string|_Py_dg_\w+|long_to_decimal_string\w*)$",
    },
    "serialisation": {
        "rust": rf"{_PATH}(?:serde(?:_\w+)?|bincode|prost|toml|csv(?:_core)?)::",
        "cpp": rf"{_PATH}(?:google::protobuf|nlohmann|rapidjson|simdjson)::",
        "go": r"^encoding/(?:json|gob|xml|csv|binary)\.|^google\.golang\.org/protobuf",
        "jvm": r"^L?com[/.](?:fasterxml|google[/.](?:gson|protobuf))[/.]",
        "python": r"^(?:scanner_call|_parse_object_unicode|_match_number_unicode|scan_once_unicode|scanstring_unicode|"
        r"encoder_\w+|_pickle_\w+|_Unpickler_\w+|_Pickler_\w+)$",
    },
    "compression": {
        "c": r"^_*(?:(?:de|in)flate\w*|longest_match\w*|crc32\w*|adler32\w*|ZSTD_\w+|HUF_\w+|FSE_\w+|LZ4\w*_\w+|"
        r"lzma_\w+|BZ2_\w+|snappy::|Brotli[A-Z])",
        "crypto": r"^(?:EVP_|SSL_|AES_|aesni_|gcm_|sha(?:1|256|512)_|SHA(?:1|256|512)_|MD5_|ChaCha20_|poly1305_|BN_|"
        r"bn_mul|RSA_|blake2\w_)",
        "rust": rf"{_PATH}(?:flate2|miniz_oxide|zstd(?:_\w+)?|lz4\w*|brotli|sha[123]|md5|ring|rustls|crc32fast|blake3)::",
        "go": r"^(?:compress|crypto)/|^hash/(?:crc32|adler32)\.",
        "jvm": r"^L?(?:java[/.]util[/.]zip|javax[/.]crypto|sun[/.]security)[/.]",
    },
    "hashing": {
        "cpp": r"^std::(?:_Hash_bytes|_Hashtable|unordered_|__detail::_(?:Hash|Map_base))|^absl::.*raw_hash_set",
        "rust": rf"{_PATH}(?:hashbrown|std::collections::hash|core::hash|ahash|fxhash|rustc_hash|siphasher|indexmap|fnv)::"
        r"| as core::hash::",
        "go": r"^runtime\.(?:map(?:access|assign|delete|iter)\w*|aeshash\w*|strhash\w*|memhash\w*|evacuate\w*)"
        r"|^internal/runtime/maps\.",
        "jvm": r"^L?java[/.]util[/.](?:concurrent[/.]Concurrent|Linked|Identity|Weak)?Hash(?:Map|Set|table)",
        "python": r"^(?:lookdict\w*|_Py_dict_lookup\w*|dictresize|insertdict|unicodekeys_lookup\w*|unicode_hash|_Py_HashBytes|"
        r"siphash\w*|set_(?:add_entry|lookkey|contains_key)\w*|PyObject_Hash|tuplehash|_?PyDict_\w+|dict_(?:ass_)?sub\w*)$",
        "c": r"^(?:g_hash_table_|rb_st_(?:lookup|insert|hash))",
    },
    "sorting": {
        "c": _LIBC + r"(?:qsort(?:_r)?|msort_with_tmp)(?:\.|@|\(|$)",
        "cpp": r"^(?:void )?std::(?:__?(?:introsort|insertion_sort|adjust_heap|merge_sort|unguarded_linear)\w*|"
        r"(?:stable_|partial_)?sort\b|nth_element)",
        "rust": rf"{_PATH}(?:(?:core|alloc)::slice::(?:\w+::)?(?:merge_|stable_|unstable_)?sort|core::slice::sort::)",
        "go": r"^sort\.|^slices\.(?:Sort|pdq|insertionSort)",
        "jvm": r"^L?java[/.]util[/.](?:(?:Comparable)?TimSort|DualPivotQuicksort)",
        "python": r"^(?:list_sort\w*|binarysort|merge_(?:at|lo|hi)|gallop_(?:left|right)|unsafe_\w+_compare)$",
    },
    "exceptions": {
        "cpp": r"^_Unwind_|^_*cxa_(?:throw|rethrow|begin_catch|end_catch|allocate_exception)|^__gxx_personality"
        r"|^(?:uw_\w+|execute_cfa_program|dl_iterate_phdr|_dl_find_object)$",
        "rust": rf"{_PATH}(?:(?:std|core)::panicking|std::backtrace|addr2line|gimli)::",
        "go": r"^runtime\.(?:gopanic|gorecover|Callers|gentraceback|tracebackPCs)",
        "jvm": r"^(?:L?java[/.]lang[/.]Throwable|Throwable\.fillInStackTrace|java_lang_Throwable::fill)",
        "python": r"^_?Py(?:Err_[A-Z]\w+|TraceBack_Here)$|^BaseException_\w+$",
    },
    "locks": {
        "c": r"^_*(?:GI_+)?pthread_(?:mutex|cond|rwlock|spin|barrier|join)\w*|^_*lll_\w*lock\w*|^_*(?:do_)?futex\w*"
        r"|^_*sem_(?:wait|post|timedwait)",
        "kernel": r"^(?:_raw_spin_\w+|(?:native_)?queued_spin\w*|osq_lock|rwsem_\w+|_*mutex_(?:un)?lock\w*|down_(?:read|write)\w*|"
        r"_*schedule(?:_timeout|_hrtimeout\w*|_idle)?|wait_for_completion\w*)$",
        "cpp": r"^std::(?:mutex|unique_lock|lock_guard|condition_variable|__atomic_wait)|^absl::\w*Mutex",
        "rust": rf"{_PATH}(?:parking_lot(?:_core)?|std::sync|crossbeam_\w+)::|std::sys::.*(?:futex|mutex)|std::thread::park",
        "go": r"^sync\.|^runtime\.(?:lock2?|unlock2?|sema\w+|futex\w*|gopark|park_m|notesleep|chan(?:send|recv)\w*|selectgo|"
        r"findRunnable|schedule)$",
        "jvm": r"^(?:Object(?:Monitor|Synchronizer)::|.*Unsafe[_.:]+park|Parker::park|L?java[/.]util[/.]concurrent[/.]locks)",
        "python": r"^(?:take_gil|drop_gil|PyThread_acquire_lock\w*|acquire_timed|PyEval_(?:Acquire|Restore)Thread)$",
    },
    "imports": {
        "python": r"^(?:PyImport_\w+|import_name|import_find_and_load)$",
        "c": r"^_*dl(?:open|sym)\w*" + _END + r"|^_dl_(?:open|map|relocate|lookup|load)\w*|^do_lookup_x$",
    },
    "system": {
        "c": _LIBC + r"(?:p?readv?|p?writev?|open(?:at)?|close|[lf]?stat(?:at|x)?|lseek|send(?:to|msg|file)?|"
        r"recv(?:from|msg)?|accept4?|connect|p?poll|p?select|epoll_\w+|f(?:data)?sync|v?fork|execve|wait4|waitpid|"
        r"(?:clock_)?nanosleep|ioctl|fcntl|access|unlink|rename|getdents|readdir|gettimeofday|clock_gettime|syscall)"
        r"(?:64)?(?:_nocancel)?" + _END,
        "stdio": r"^_*(?:GI_+)?IO_\w+|" + _LIBC + r"(?:f(?:read|write|open|close|flush|gets|puts|getc|putc)|get(?:c|line|delim)|puts?)"
        r"(?:_unlocked)?" + _END,
        "kernel": r"^(?:entry_SYSCALL\w*|do_syscall_64|system_call\w*|sysenter\w*|el0_svc\w*|ksys_\w+|vfs_\w+|"
        r"_*(?:(?:x64|arm64|ia32|compat)_)?[sS]y[sS]_\w+)$",
        "cpp": r"^std::(?:basic_filebuf|basic_streambuf|basic_istream|istream|filesystem)",
        "rust": rf"{_PATH}(?:std::(?:io|fs|net)|tokio::(?:io|net|fs)|mio)::|std::sys::.*(?:fs|net|fd|stdio)",
        "go": r"^(?:syscall\.|internal/(?:poll|runtime/syscall)|os\.\(\*File\)|net\.\(\*|bufio\.|runtime\.(?:netpoll|entersyscall))",
        "jvm": r"^L?(?:java[/.](?:io|nio|net)|sun[/.]nio)[/.]",
        "python": r"^(?:_io_\w+|_buffered(?:writer|reader)\w*|os_(?:stat|open|read|write|listdir|scandir)\w*|sock_(?:send|recv)\w*)$",
    },
    "interpreter": {
        "python": r"^_?Py(?:Eval|Object|Function|Vectorcall|Frame|Number|Iter|Sequence|Long|Float|List|Tuple|Type|Gen|Cell|Arg)_\w+$"
        r"|^(?:call_function|method_vectorcall\w*|cfunction_\w+|gen_send_ex\w*|slot_(?:tp|nb|sq|mp)_\w+)$",
        "other": r"^(?:luaV_|luaD_|lj_|rb_(?:vm|funcall)|vm_(?:exec|call|search|send)|zend_|ZEND_|execute_ex$|Perl_)",
        "jvm": r"^(?:Interpreter|call_stub|vtable stub|itable stub)$",
        "v8": r"^(?:Builtins_|Builtin:|v8::internal::(?:Runtime_|IC|\w+IC|Builtin|Execution)|\(program\)$)",
        "go": r"^runtime\.(?:convT\w*|assertE2I\w*|typeAssert\w*|ifaceeq|efaceeq)$|^reflect\.",
    },
}  # fmt: skip

# Modules of Python's standard library, by file: a frame of pure Python has no telling name.
_FILES: dict[str, tuple[str, ...]] = {
    "memory_copy": ("copy",),
    "regex": ("re", r"re[/\\]\w+", r"sre_\w+"),
    "formatting": (r"logging[/\\]\w+", "string", "textwrap", "pprint", "datetime", "_strptime"),
    "serialisation": (r"json[/\\]\w+", "pickle", "csv", r"xml[/\\].*", r"yaml[/\\]\w+", "configparser", "copyreg"),
    "compression": ("gzip", "zipfile", r"zipfile[/\\].*", "lzma", "bz2", "hashlib", "hmac"),
    "sorting": ("heapq", "bisect"),
    "exceptions": ("traceback", "linecache"),
    "locks": ("threading", "queue", r"concurrent[/\\].*", r"multiprocessing[/\\]\w+"),
    "imports": (r"importlib[/\\].*",),
    "system": (
        "socket", "ssl", "subprocess", "os", "posixpath", "pathlib", "shutil", "selectors", r"http[/\\]\w+",
        r"urllib[/\\]\w+", "codecs", r"sqlite3[/\\]\w+",
    ),
}  # fmt: skip

_PATTERNS = {key: re.compile("|".join(by_ecosystem.values())) for key, by_ecosystem in _NAMES.items()}
_FILE_PATTERNS = {key: re.compile(rf"(?:^|[/\\])(?:{'|'.join(stems)})\.py$") for key, stems in _FILES.items()}

# What only the C library and its loader, or Python's own built-in functions, are called.
_BUILT_IN = re.compile(
    r"^(?:_*GI_|__libc_|_dl_|__nptl_|<built-in (?:method|function) |<method '|<slot wrapper )"
)

# Where names are not enough: `inflate_fast` is zlib's, but also any project's that unpacks something.
_MAY_BE_OWN = (None, "compression", "interpreter")

KERNEL = "kernel"
CLASS_IDS = (*_NAMES, KERNEL)


@lru_cache(maxsize=1 << 16)
def class_of(name: str, file: str = "", kernel: bool = False) -> str | None:
    """Return the id of the class of a frame that the project does not own, None where no class knows it.

    Args:
        name: the function.
        file: as recorded, empty where unknown.
        kernel: whether it is a kernel frame; those that no class knows are class `KERNEL`.
    """
    if file.endswith(".py") or file.startswith("<frozen"):  # a Python function may be called `read`
        if file.startswith("<frozen importlib"):
            return "imports"
        return next((key for key, pattern in _FILE_PATTERNS.items() if pattern.search(file)), None)
    for key, pattern in _PATTERNS.items():
        if pattern.search(name):
            return key
    return KERNEL if kernel else None


def is_library_frame(name: str, file: str) -> bool:
    """Return whether a frame tells by itself that it is no project's own.

    ``<mine::Row as core::fmt::Display>::fmt`` is mine: what counts is the type, not the trait.
    """
    head = name.partition(" as ")[0] if name.startswith("<") else name
    return class_of(head, file) not in _MAY_BE_OWN or _BUILT_IN.match(name) is not None
