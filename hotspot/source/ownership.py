"""Which frames are in-app: code the project owns.

Decided for each function, in this order; the first that knows wins:

1. ``not_in_app`` and ``in_app`` of the configuration.
2. Kernel frames, modules in the system's library folders, and the linker's stubs (``strchr@plt``) are not.
3. A file: under the project root (after ``path_map``, or by the tail of a path that was shortened or moved) it
   is in-app, unless it lies in site-packages, vendor, a registry or the like; any other file is not.
4. The first part of the name against Cargo members, the ``go.mod`` path, Python packages of the project;
   the standard libraries' own first parts are not in-app.
5. A module that lies under the root, or is named like a Cargo member, is; one of the C and C++ libraries' is not asked
   further.
6. A name that the project defines: with its namespace or class anywhere, alone in exactly one place. A name that
   libraries share (``memcpy``) tells nothing; one that many programs have (``main``, ``get``) does only where other
   functions of the profile are defined in the same folder.

What none of these decides is *unknown*: neither owned nor foreign.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hotspot.analysis.pattern import compile_pattern
from hotspot.config import Config
from hotspot.profile import Bool, Kind, Profile
from hotspot.source.common_names import is_everyday, is_shared
from hotspot.source.definitions import Definition
from hotspot.source.index import is_at_hand
from hotspot.source.locate import Locator
from hotspot.source.manifests import Manifests
from hotspot.source.symbol_parts import symbol_parts
from hotspot.source.tree import SourceTree, is_foreign, source_tree

_SYSTEM_FOLDERS = (
    "/usr/",
    "/lib/",
    "/lib64/",
    "/lib32/",
    "/opt/homebrew/",
    "/System/",
    "/Library/",
    "/nix/store/",
)
_REGISTRY = re.compile(
    r"/(?:site-packages|dist-packages|\.cargo/registry|\.cargo/git|go/pkg/mod|\.rustup|rustc/[0-9a-f]{40}|node_modules|vendor|third_party|lib(?:64)?/(?:python|pypy)\d[\d.]*t?)/"
)
_PSEUDO_FILE = re.compile(r"^<(?:frozen |string>|stdin>|__array_function__|decorator|built-in|attrs )")
_CELL = re.compile(r"^(?:In\[\d+\]|<ipython-input-\d+|.*ipykernel_\d+/)")
# In the program's own module, but written by the linker: the way to a function of a library.
_LINKER_STUB = ("@plt", "@plt.sec", "@plt.got")
_STANDARD = frozenset(
    {"std", "core", "alloc", "proc_macro", "runtime", "__gnu_cxx", "libc", "compiler_builtins"}
)
# The C and C++ libraries, the loader and the kernel, where a profile names modules without their folder.
_LIBRARY = re.compile(
    r"^(?:(?:libc|libm|libdl|librt|libpthread|libgcc_s|libstdc\+\+|libc\+\+|libgomp|libjvm|libsystem_\w+|ld)(?:-[\d.]+|-linux.*)?"
    r"\.(?:so|dylib)\b.*|\[?vdso\]?|\[kernel.*|vmlinux.*|genunix|unix|mach_kernel|ntdll(?:\.dll)?|kernel32(?:\.dll)?)$"
)
_FIRST_PART = re.compile(r"[A-Za-z_][\w$-]*")


@dataclass(frozen=True)
class Verdict:
    """Ownership of every frame of one profile.

    Attributes:
        owned: bool[frames].
        known: bool[frames]; where False, ``owned`` is False for want of evidence.
    """

    owned: Bool
    known: Bool


@dataclass(frozen=True)
class Ownership:
    """Decides ownership for one project.

    Attributes:
        wait: whether names without a file are looked for in the project's sources even where all of them have to be
            parsed for it first; else only where that takes a moment (`is_at_hand`).
    """

    config: Config
    wait: bool = True

    @cached_property
    def tree(self) -> SourceTree:
        """The project's files."""
        return source_tree(self.config.root)

    @cached_property
    def manifests(self) -> Manifests:
        """What the project's manifests declare."""
        return Manifests(self.tree)

    @cached_property
    def locator(self) -> Locator:
        """Finds the project's definitions."""
        return Locator(self.manifests)

    @cached_property
    def _asks_sources(self) -> bool:
        return self.wait or is_at_hand(self.tree)

    @cached_property
    def manifest_names(self) -> frozenset[str]:
        """First parts of names that the project's manifests declare: crates and Python packages."""
        return self.manifests.python_packages.union(*self.manifests.crates.values())

    @cached_property
    def go_modules(self) -> tuple[str, ...]:
        """Module paths of the project's ``go.mod`` files."""
        return tuple(self.manifests.go_modules.values())

    def classify(self, profile: Profile) -> Verdict:
        """Return which frames the project owns and for which that is known."""
        frames, strings = profile.frames, profile.frames.strings
        owned = np.zeros(len(frames), dtype=bool)
        known = np.zeros(len(frames), dtype=bool)
        decided: dict[tuple[str, str, str, bool], bool | None] = {}
        columns = (frames.name, frames.file, frames.module, frames.kind)
        rows = list(zip(*(column.tolist() for column in columns), strict=True))
        for name, file, module, kind in rows:
            key = (strings[name], strings[file], strings[module], kind == Kind.KERNEL)
            if key not in decided:
                decided[key] = self.in_app(*key)
        self._decide_everyday(decided)
        for i, (name, file, module, kind) in enumerate(rows):
            verdict = decided[strings[name], strings[file], strings[module], kind == Kind.KERNEL]
            if kind in (Kind.PROCESS, Kind.THREAD):
                verdict = False
            owned[i] = bool(verdict)
            known[i] = verdict is not None
        return Verdict(owned, known)

    def in_app(self, name: str, file: str = "", module: str = "", kernel: bool = False) -> bool | None:
        """Return whether the project owns a function, or None where nothing tells."""
        if any(p.search(text) for p in self._not_in_app for text in (name, file, module) if text):
            return False
        if any(p.search(text) for p in self._in_app for text in (name, file, module) if text):
            return True
        if kernel or module.startswith(_SYSTEM_FOLDERS) or name.endswith(_LINKER_STUB):
            return False
        if file:
            return self.local_file(file) is not None
        known = self._by_name_or_module(name, module)
        if known is None and not is_everyday(name) and self._is_defined_here(name, module):
            return True
        return known

    def definitions_of(self, name: str, module: str = "") -> tuple[Definition, ...]:
        """Return the definitions that a function without file can mean; none for a name that libraries share."""
        if not self._asks_sources or is_library_module(module) or module.startswith(_SYSTEM_FOLDERS):
            return ()
        return () if is_shared(name) else self.locator.by_symbol(name, module)

    def local_file(self, recorded: str) -> str | None:
        """Return the repository-relative file a recorded path means, or None where it is not the project's.

        Where several files of the project end like a shortened path, the shortest is taken (`local_files` has all).
        """
        return next(iter(self.local_files(recorded)), None)

    def local_files(self, recorded: str) -> tuple[str, ...]:
        """Return the files a recorded path can mean: the shortest first, those of one length by name."""
        if _CELL.match(recorded):
            return (recorded,)
        if _PSEUDO_FILE.match(recorded):
            return ()
        path = recorded
        for prefix, local in sorted(self.config.path_map, key=lambda pair: -len(pair[0])):
            folder = prefix.rstrip("/")
            if path == folder or path.startswith(f"{folder}/"):
                path = str((self.config.root / local).resolve()) + path[len(folder) :]
                break
        root = str(self.config.root)
        if path.startswith(root + "/"):
            relative = path[len(root) + 1 :]
            return () if is_foreign(relative) else (relative,)
        if _REGISTRY.search(path) or path.startswith(_SYSTEM_FOLDERS):
            return ()
        return tuple(sorted(self.tree.find(path), key=lambda file: (len(file), file)))

    @cached_property
    def _in_app(self) -> tuple[re.Pattern[str], ...]:
        return tuple(compile_pattern(p) for p in self.config.in_app)

    @cached_property
    def _not_in_app(self) -> tuple[re.Pattern[str], ...]:
        return tuple(compile_pattern(p) for p in self.config.not_in_app)

    def _is_defined_here(self, name: str, module: str) -> bool:
        found = self.definitions_of(name, module)
        return len(found) == 1 or (bool(found) and len(symbol_parts(name)) > 1)

    def _decide_everyday(self, decided: dict[tuple[str, str, str, bool], bool | None]) -> None:
        """Decide for names that many programs have, by the company they keep."""
        doubtful = [key for key, verdict in decided.items() if verdict is None and is_everyday(key[0])]
        if not doubtful or not self._asks_sources:
            return
        owned = [key for key, verdict in decided.items() if verdict]
        folders = {
            _folder(file) for name, file, module, _ in owned for file in self._files_of(name, file, module)
        }
        for key in doubtful:
            name, file, module, _ = key
            if (
                self._is_defined_here(name, module)
                and _folder(self._files_of(name, file, module)[0]) in folders
            ):
                decided[key] = True

    def _files_of(self, name: str, file: str, module: str) -> tuple[str, ...]:
        return self.local_files(file) if file else tuple(d.file for d in self.definitions_of(name, module))

    def _by_name_or_module(self, name: str, module: str) -> bool | None:
        if any(name.startswith((f"{path}.", f"{path}/")) for path in self.go_modules):
            return True
        if self.go_modules and name.startswith("main."):
            return True
        first = _first_part(name)
        if "::" in name or "." in name:  # a bare name has no first part that says whose it is
            if first in self.manifest_names:
                return True
            if first in _STANDARD:
                return False
        if module:
            if module.startswith(f"{self.config.root}/"):
                return not is_foreign(module[len(str(self.config.root)) + 1 :])
            if module.rsplit("/", 1)[-1].replace("-", "_") in self.manifest_names:
                return True
        return None


def _folder(file: str) -> str:
    return file.rpartition("/")[0]


def is_library_module(module: str) -> bool:
    """Return whether a module is the C or C++ library, the loader or the kernel."""
    return _LIBRARY.match(module) is not None


def _first_part(name: str) -> str:
    """First path segment of a name: ``serde_json`` of ``<serde_json::Value as Display>::fmt``."""
    found = _FIRST_PART.search(name.lstrip("<&*( "))
    return found[0].replace("-", "_") if found else ""
