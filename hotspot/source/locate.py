"""Where the project defines a function that a profile names: by file and line, else by its symbol.

A symbol and a definition are compared by parts (`hotspot.source.symbol_parts`): a definition's path is its file's
module and the names around it, and a symbol means it where it is the end of that path. What fits several definitions is
never decided here: all are returned.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import PurePosixPath

from hotspot.analysis.symbols import canonical
from hotspot.source.definitions import Definition
from hotspot.source.grammars import language_of
from hotspot.source.index import SourceIndex, build_index, last_part, source_definitions
from hotspot.source.manifests import Manifests
from hotspot.source.symbol_parts import symbol_parts

# Namespaces that are never the project's, whatever it defines under the same name without them.
FOREIGN = frozenset(
    {"std", "core", "alloc", "proc_macro", "runtime", "libc", "compiler_builtins", "hashbrown",
     "__gnu_cxx", "__cxxabiv1", "__gnu_cxx11", "boost", "absl", "fmt", "folly", "google", "Eigen", "tbb", "testing"}
)  # fmt: skip
# Frames that stand for a whole file.
_WHOLE_FILE = re.compile(
    r"^<(?:module|top-level|main|toplevel)\b.*>$|^\((?:top-level|anonymous namespace)\)$"
)


class Locator:
    """Finds the definitions of one project. A file is parsed when asked for, all of them for a symbol without file."""

    def __init__(self, manifests: Manifests) -> None:
        self._manifests = manifests
        self._files: dict[str, tuple[Definition, ...]] = {}
        self._found: dict[tuple[str, str], tuple[Definition, ...]] = {}

    @cached_property
    def index(self) -> SourceIndex:
        """Every definition of the project."""
        return build_index(self._manifests.tree)

    def in_file(self, file: str, name: str, line: int | None = None) -> tuple[Definition, ...]:
        """Return the definitions in a file that a function can mean; at most one where the line tells.

        A line outside every function of that name means that the file has changed since the recording, or that the
        line is of inlined code: the name decides alone. A nameless function (a lambda) is where its line is.

        Args:
            file: relative to the root.
            name: as the profile has it.
            line: any line of the function.
        """
        if _WHOLE_FILE.match(name):
            return ()
        known = self._definitions_of(file)
        found: tuple[Definition, ...] = ()
        for symbol in _symbols(name):
            found = found or self._named(symbol, known)
        if not any(_symbols(name)):
            found = tuple(d for d in known if d.kind != "class")
            return _around(found, line)
        return _around(found, line) or found

    def _named(self, symbol: tuple[str, ...], known: tuple[Definition, ...]) -> tuple[Definition, ...]:
        """The definitions of one file that a symbol can mean, whatever it has in front."""
        called = [d for d in known if symbol and last_part(d.name) == symbol[-1]]
        named = _best(symbol, called, self._paths)
        if not named:  # what is in front of the name is not the file's to tell
            named = _functions([d for d in called if _is_end(symbol_parts(d.qualified), symbol)] or called)
        return named

    def by_symbol(self, name: str, module: str = "") -> tuple[Definition, ...]:
        """Return the definitions that a symbol can mean, in the order of their files.

        Args:
            name: as the profile has it.
            module: of its binary; of several definitions it prefers those in a folder or file that is called like it.
        """
        key = (name, module)
        if key not in self._found:
            found: tuple[Definition, ...] = ()
            for symbol in _symbols(name):
                # __main__ is whichever file was run
                found = found or self._by_parts(symbol[1:] if symbol[:1] == ("__main__",) else symbol)
            self._found[key] = _narrowed(found, module)
        return self._found[key]

    def _by_parts(self, symbol: tuple[str, ...]) -> tuple[Definition, ...]:
        if not symbol:
            return ()
        called = self.index.by_name.get(symbol[-1], ())
        found = _best(symbol, called, self._paths)
        if found or len(symbol) == 1 or symbol[0] in FOREIGN:
            return found
        return _functions(d for d in called if self._is_inside(symbol, d))

    def _paths(self, definition: Definition) -> Iterator[tuple[str, ...]]:
        """The full paths of a definition: more than one where its module can be called in several ways."""
        parts = symbol_parts(definition.qualified)
        language = _language(definition)
        for module in self._manifests.modules_of(definition.file, language):
            if language == "go":
                yield (*module, *parts[1:])
            else:
                yield (*module, *parts)
            if (
                "<locals>" in definition.qualified
            ):  # recorders that know the code's own name only put the module before it
                yield (*module, parts[-1])
        if language == "go":
            yield parts

    def _is_inside(self, symbol: tuple[str, ...], definition: Definition) -> bool:
        """Whether the symbol ends in the definition's parts, and what precedes them may be around it.

        A C++ file may open its namespaces in a macro, or name a class it has been `using`; a method in Rust is
        called by its type's module, wherever the ``impl`` stands.
        """
        parts, language = symbol_parts(definition.qualified), _language(definition)
        if not _is_end(parts, symbol):
            return False
        if language == "rust":
            modules = self._manifests.modules_of(definition.file, language)
            return len(parts) > 1 and any(symbol[0] == module[0] for module in modules)
        return language in ("c", "cpp") and (len(parts) > 1 or symbol[0] in self._namespaces)

    @cached_property
    def _namespaces(self) -> frozenset[str]:
        """What C++ definitions of the project begin with."""
        every = (d.qualified for found in self.index.by_file.values() for d in found)
        return frozenset(qualified.split("::", 1)[0] for qualified in every if "::" in qualified)

    def _definitions_of(self, file: str) -> tuple[Definition, ...]:
        if file not in self._files:
            self._files[file] = source_definitions(self._manifests.tree.root / file, file)
        return self._files[file]


def _best(
    symbol: tuple[str, ...],
    definitions: Iterable[Definition],
    paths: Callable[[Definition], Iterable[tuple[str, ...]]],
) -> tuple[Definition, ...]:
    """The definitions whose path ends in a symbol; those that spell its parts alike where there are any."""
    fitting = [d for d in definitions if any(_ends(path, symbol) for path in paths(d))]
    alike = [d for d in fitting if any(path[-len(symbol) :] == symbol for path in paths(d))]
    return _functions(alike or fitting)


def _functions(definitions: Iterable[Definition]) -> tuple[Definition, ...]:
    """The functions; the classes where there is no function."""
    found = tuple(definitions)
    return tuple(d for d in found if d.kind != "class") or found


def _is_end(parts: tuple[str, ...], symbol: tuple[str, ...]) -> bool:
    return symbol[-len(parts) :] == parts


def _ends(path: tuple[str, ...], symbol: tuple[str, ...]) -> bool:
    """Whether a path ends in a symbol, which may leave out the trait that a Rust method implements."""
    return len(symbol) <= len(path) and all(
        whole == part or whole.split(" as ", 1)[0] == part
        for whole, part in zip(path[-len(symbol) :], symbol, strict=True)
    )


def _symbols(name: str) -> tuple[tuple[str, ...], ...]:
    """The parts of a name as it is, then without what compilers add, which can be part of a name: ``part.0``."""
    return tuple(dict.fromkeys((symbol_parts(name), symbol_parts(canonical(name).name))))


def _around(definitions: Iterable[Definition], line: int | None) -> tuple[Definition, ...]:
    """The innermost definition around a line, if any."""
    around = [d for d in definitions if line and d.start_line <= line <= d.end_line]
    return (max(around, key=lambda d: d.start_line),) if around else ()


def _narrowed(definitions: tuple[Definition, ...], module: str) -> tuple[Definition, ...]:
    """Those in a file or folder that is called like the module, where there are any."""
    name = module.replace("\\", "/").rsplit("/", 1)[-1].split(".", 1)[0].removeprefix("lib").replace("-", "_")
    if not name or len(definitions) < 2:
        return definitions
    near = tuple(d for d in definitions if name in _path_names(d.file))
    return near or definitions


def _path_names(file: str) -> set[str]:
    return {part.replace("-", "_") for part in PurePosixPath(file).with_suffix("").parts}


def _language(definition: Definition) -> str:
    return language_of(definition.file) or ""
