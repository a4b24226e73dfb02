"""Bare names that do not tell whose a function is."""

from __future__ import annotations

# The C library, its allocators and the compiler's helpers: whoever defines one too is not who the profile means.
_LIBRARIES = """
    abort accept access aligned_alloc alloca atof atoi bcmp bcopy bsearch bzero calloc cfree clock clock_gettime close
    connect cos dlopen dlsym exit exp fclose fdopen fflush fgets fopen fork fprintf fputc fputs fread free fseek fstat
    fsync ftell futex fwrite getc getenv getpid gettimeofday ioctl kill log longjmp lseek lstat madvise malloc
    malloc_usable_size mbrtowc memalign memchr memcmp memcpy memmem memmove memrchr memset mmap mprotect mremap munmap
    nanosleep open openat pipe poll posix_memalign pow pread printf pthread_create pthread_join pthread_mutex_lock
    pthread_mutex_unlock putc puts pwrite qsort raise rand random read readv realloc recv recvfrom reallocarray sbrk
    sched_yield select sem_post sem_wait send sendto setjmp sigaction sin snprintf socket sprintf sqrt stat strcasecmp
    strcat strchr strcmp strcpy strcspn strdup strlen strncmp strncpy strnlen strrchr strspn strstr strtod strtok
    strtol strtoul syscall tan time tolower toupper usleep valloc vfprintf vsnprintf wait waitpid write writev
"""
# What many programs and libraries call a function of theirs.
_MANY = """
    add apply begin build call callback check clear clone close compare constructor copy count create decode
    default delete destroy do_work drop dump emit encode end eq execute exec each filter find finish flush fmt
    forEach from fold format func get handle handler hash init initialize insert invoke is_empty iter job join keys lambda
    len length load lock loop main map match method new next parse pop print process push put query receive reduce
    release remove render replace request reset resize resolve resume return_ run set setup size sort spawn split
    start step stop submit swap task teardown test tick toString to_string transform unlock update validate value values
    visit walk work worker wrapped wrapper yield_ __call__ __enter__ __eq__ __exit__ __getattr__
    __getitem__ __hash__ __init__ __iter__ __len__ __new__ __next__ __repr__ __setattr__ __setitem__ __str__ _main
    <init> <clinit> operator() operator= operator== operator< operator[]
"""
_SHARED = frozenset(_LIBRARIES.split())
_EVERYDAY = frozenset(_MANY.split())


def is_shared(name: str) -> bool:
    """Return whether a bare name is one that libraries share, leading underscores apart (``__memcpy_avx``)."""
    bare = name.lstrip("_")
    return bare in _SHARED or (bare != name and bare.split("_", 1)[0] in _SHARED)


def is_everyday(name: str) -> bool:
    """Return whether a bare name is one that many programs have."""
    return name in _EVERYDAY
