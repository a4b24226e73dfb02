"""Which code is in-app, decided from real project layouts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hotspot.builder import ProfileBuilder
from hotspot.config import Config
from hotspot.profile import Kind, Provenance
from hotspot.source.ownership import Ownership

from tests.vocabulary import SAMPLES, profile_from_text


def make(root: Path, files: dict[str, str]) -> Path:
    for file, text in files.items():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def ownership(root: Path, **config: Any) -> Ownership:
    return Ownership(Config(root, **config))


CARGO = {
    "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n',
    "crates/lang-syntax/Cargo.toml": '[package]\nname = "lang-syntax"\n',
    "crates/lang-syntax/src/lexer.rs": "",
    "crates/cli/Cargo.toml": '[package]\nname = "lang-cli"\n[[bin]]\nname = "lang"\n[lib]\nname = "langlib"\n',
    "crates/cli/src/main.rs": "",
    "vendor/zlib/Cargo.toml": '[package]\nname = "zlib"\n',
    "crates/broken/Cargo.toml": "[package\nname = ",
}


@pytest.mark.parametrize(
    ("name", "file", "module", "in_app"),
    [
        ("lang_syntax::lexer::Lexer::next", "", "", True),
        ("<lang_syntax::Lexer as core::iter::Iterator>::next", "", "", True),
        ("<&lang_syntax::Token as core::fmt::Debug>::fmt", "", "", True),
        ("langlib::run", "", "", True),
        ("lang::main", "", "", True),
        ("core::iter::Iterator::fold", "", "", False),
        ("std::rt::lang_start", "", "", False),
        ("alloc::vec::Vec<T>::push", "", "", False),
        ("serde_json::de::from_str", "", "", None),
        ("zlib::inflate", "", "", None),  # vendored: its manifest is not the project's
        ("lang_syntaxx::f", "", "", None),
        ("main", "", "", None),
        # files
        ("f", "crates/lang-syntax/src/lexer.rs", "", True),
        ("f", "lang-syntax/src/lexer.rs", "", True),
        ("f", "/build/7f3/crates/lang-syntax/src/lexer.rs", "", True),
        ("f", "/rustc/0123456789012345678901234567890123456789/library/core/src/ptr.rs", "", False),
        ("f", "/home/u/.cargo/registry/src/x-1.0/src/main.rs", "", False),
        ("lang_syntax::generated", "/elsewhere/out/bindings.rs", "", False),
        # modules
        ("main", "", "/srv/bin/lang", True),
        ("main", "", "lang-cli", True),
        ("memcpy", "", "/usr/lib/libc.so.6", False),
        ("memcpy", "", "libc.so.6", None),
    ],
)
def test_a_cargo_workspace(tmp_path: Path, name: str, file: str, module: str, in_app: bool | None) -> None:
    assert ownership(make(tmp_path, CARGO)).in_app(name, file, module) is in_app


GO = {
    "go.mod": "module example.com/shop/cart\n\ngo 1.22\n",
    "main.go": "package main\n",
    "internal/price/price.go": "package price\n",
    "tools/go.mod": "module example.com/shop/tools // nested\n",
    "vendor/example.com/dep/dep.go": "package dep\n",
}


@pytest.mark.parametrize(
    ("name", "file", "in_app"),
    [
        ("example.com/shop/cart/internal/price.Round", "", True),
        ("example.com/shop/cart.Total", "", True),
        ("example.com/shop/tools.Gen", "", True),
        ("main.main", "", True),
        ("main.(*server).serve.func1", "", True),
        ("example.com/shop/cartoon.Draw", "", None),
        ("runtime.mallocgc", "", False),
        ("encoding/json.Unmarshal", "", None),
        ("f", "/home/me/go/pkg/mod/example.com/dep@v1/main.go", False),
        ("f", "/usr/local/go/src/runtime/malloc.go", False),
        ("f", "/src/app/internal/price/price.go", True),
    ],
)
def test_a_go_module(tmp_path: Path, name: str, file: str, in_app: bool | None) -> None:
    assert ownership(make(tmp_path, GO)).in_app(name, file) is in_app


PYTHON = {
    "pyproject.toml": "",
    "src/shop/__init__.py": "",
    "src/shop/cart.py": "",
    "tests/__init__.py": "",
    "setup.py": "",
    ".venv/lib/python3.11/site-packages/numpy/__init__.py": "",
    "vendor/six.py": "",
}


@pytest.mark.parametrize(
    ("name", "file", "in_app"),
    [
        ("total", "src/shop/cart.py", True),
        ("total", "shop/cart.py", True),  # py-spy shortens to what is on sys.path
        ("total", "/app/src/shop/cart.py", True),
        ("shop.cart.total", "", True),
        ("total", "", None),
        ("dot", "numpy/core.py", False),
        ("dot", "/usr/lib/python3/dist-packages/numpy/core.py", False),
        ("dot", "/home/u/.pyenv/versions/3.11.7/lib/python3.11/site-packages/shop/cart.py", False),
        ("loads", "/home/u/.pyenv/versions/3.11.7/lib/python3.11/json/decoder.py", False),
        ("setup", "/home/u/.pyenv/versions/3.11.7/lib/python3.11/setup.py", False),
        ("_find", "<frozen importlib._bootstrap>", False),
        ("f", "<string>", False),
        ("six", "vendor/six.py", False),
    ],
)
def test_a_python_project_in_src(tmp_path: Path, name: str, file: str, in_app: bool | None) -> None:
    assert ownership(make(tmp_path, PYTHON)).in_app(name, file) is in_app


def test_files_under_the_root_itself(tmp_path: Path) -> None:
    own = ownership(make(tmp_path, PYTHON))
    assert own.local_file(f"{tmp_path}/src/shop/cart.py") == "src/shop/cart.py"
    assert own.local_file(f"{tmp_path}/generated/not-in-git.py") == "generated/not-in-git.py"
    assert own.local_file(f"{tmp_path}/.venv/lib/python3.11/site-packages/numpy/core.py") is None
    assert own.local_file(f"{tmp_path}-other/src/x.py") is None


@pytest.mark.parametrize("cell", ["In[3]", "<ipython-input-7-0a1b>", "/tmp/ipykernel_42/1234.py"])
def test_notebook_cells_are_in_app(tmp_path: Path, cell: str) -> None:
    own = ownership(make(tmp_path, PYTHON))
    assert own.in_app("f", cell) is True
    assert own.local_file(cell) == cell


def test_path_map_moves_a_build_folder_and_not_its_neighbours(tmp_path: Path) -> None:
    make(tmp_path, {"src/a.c": "", "gen/b.c": ""})
    own = ownership(tmp_path, path_map=(("/b/", "."), ("/b/out", "gen")))
    assert own.local_file("/b/src/a.c") == "src/a.c"
    assert own.local_file("/b/out/b.c") == "gen/b.c"  # the longer prefix wins
    assert own.local_file("/builder/new.c") is None
    assert own.local_file("/b/not/here.c") == "not/here.c"  # said to be ours, though the file is gone


def test_an_ambiguous_short_path_is_the_shortest_then_the_first_by_name(tmp_path: Path) -> None:
    own = ownership(make(tmp_path, {"zz/u.py": "", "ab/u.py": "", "deep/er/u.py": ""}))
    assert own.local_files("u.py") == ("ab/u.py", "zz/u.py", "deep/er/u.py")
    assert own.local_file("u.py") == "ab/u.py"


def test_configuration_wins_and_not_in_app_wins_over_it(tmp_path: Path) -> None:
    own = ownership(
        make(tmp_path, CARGO), in_app=("serde_json", "/^memcpy$/", "lexer"), not_in_app=("generated",)
    )
    assert own.in_app("serde_json::de::from_str") is True
    assert own.in_app("memcpy", module="/usr/lib/libc.so.6") is True
    assert own.in_app("lang_syntax::generated::f") is False
    assert own.in_app("serde_json::generated") is False
    assert own.in_app("f", "/elsewhere/lexer.rs") is True


def test_nothing_known_is_none_and_nothing_raises(tmp_path: Path) -> None:
    own = ownership(tmp_path)
    for name in ("main", "f", "[unknown]", "??", "", "::", "operator()", "a.b"):
        assert own.in_app(name) is None


def test_an_unreadable_manifest_decides_nothing(tmp_path: Path) -> None:
    make(tmp_path, {"Cargo.toml": "", "sub/x.rs": ""})
    (tmp_path / "Cargo.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "go.mod").symlink_to(tmp_path / "gone")
    assert ownership(tmp_path).in_app("x::f") is None


def test_classify_a_whole_profile(tmp_path: Path) -> None:
    profile = profile_from_text(
        """
        process 12:"lang";thread (0x1);lang_syntax::run;core::iter::next;mystery 1
        lang_syntax::run;do_syscall_64_[k] 1
        """
    )
    verdict = ownership(make(tmp_path, CARGO)).classify(profile)
    by_name = {
        profile.frame_name(frame): (bool(verdict.owned[frame]), bool(verdict.known[frame]))
        for frame in range(len(profile.frames))
    }
    assert by_name == {
        'process 12:"lang"': (False, True),
        "thread (0x1)": (False, True),
        "lang_syntax::run": (True, True),
        "core::iter::next": (False, True),
        "mystery": (False, False),
        "do_syscall_64": (False, True),
    }


def test_a_kernel_frame_is_not_in_app_whatever_its_file(tmp_path: Path) -> None:
    make(tmp_path, {"fs/read.c": ""})
    builder = ProfileBuilder((SAMPLES,))
    for kind in (Kind.USER, Kind.KERNEL):
        builder.frames.intern("vfs_read", "fs/read.c", 1, "", kind)
    builder.add_samples(builder.add_stacks([0, 1], [0, 1, 2]), [1, 1])
    verdict = ownership(tmp_path).classify(builder.build(Provenance()))
    assert (verdict.owned.tolist(), verdict.known.tolist()) == ([True, False], [True, True])
