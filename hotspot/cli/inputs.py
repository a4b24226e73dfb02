"""From what was typed to profiles: arguments, labels, discovery, value type, filters."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hotspot.analysis.transform import (
    Filters,
    apply_filters,
    parse_time_range,
    refuse_unmatched,
    unmatched,
)
from hotspot.cli.options import InputOptions
from hotspot.cli.output import note
from hotspot.config import Config, load_config
from hotspot.errors import HotspotError, UsageError
from hotspot.importers.base import ImportOptions
from hotspot.importers.registry import load_all
from hotspot.profile import Profile
from hotspot.report.progress import Meter, meter
from hotspot.state import State
from hotspot.workflow.recorded import with_recordings

# What is looked for where no profile is named, in this order; the newest file within a kind.
_DISCOVERED = (
    ".hotspot/latest*",
    "perf.data",
    "flamegraph.svg",
    "*.folded",
    "*.collapsed",
    "*.speedscope.json",
    "*.pb.gz",
    "*.prof",
)


class NoProfile(HotspotError):
    """No profile was named and none was found."""


@dataclass(frozen=True)
class Named:
    """A profile argument taken apart: ``label=path`` or ``path``."""

    path: str
    label: str | None


def parse_argument(argument: str) -> Named:
    """Read a profile argument: what exists as a path is a path, else it is split at the first ``=``."""
    if argument == "-" or os.path.exists(argument) or "=" not in argument:
        return Named(argument, None)
    label, _, path = argument.partition("=")
    return Named(path, label) if label and path else Named(argument, None)


def distinguishing_labels(paths: Sequence[str]) -> list[str]:
    """Return for each path its shortest tail that no other path shares; equal paths keep their file name."""
    split = [path.split("/") for path in paths]
    labels = []
    for path, parts in zip(paths, split, strict=True):
        others = [p for q, p in zip(paths, split, strict=True) if q != path]
        length = next(
            (n for n in range(1, len(parts) + 1) if all(p[-n:] != parts[-n:] for p in others)), len(parts)
        )
        labels.append("/".join(parts[-length:]))
    return labels


def discover(config: Config) -> str:
    """Return the path of the profile to take where none is named, and say which on stderr.

    Raises:
        NoProfile: there is none.
    """
    found = _discovered(config)
    if found is None:
        raise NoProfile(
            "no profile named and none found here",
            hint="name a file, pipe one into `-`, or record one (see `hotspot formats` for what can be read)",
        )
    note(f"reading {found}")
    return found


def _discovered(config: Config) -> str | None:
    if config.profile is not None:
        return os.path.relpath(config.root / config.profile)
    folders = [Path.cwd()] if Path.cwd() == config.root else [Path.cwd(), config.root]
    for pattern in _DISCOVERED:
        for folder in folders:
            matches = [
                m for m in glob.glob(str(Path(glob.escape(str(folder))) / pattern)) if os.path.isfile(m)
            ]
            if matches:
                return os.path.relpath(max(matches, key=lambda m: (os.path.getmtime(m), m)))
    return None


def read_profile(argument: str | None, inputs: InputOptions) -> tuple[Profile, Config]:
    """Load the one profile a command is about, filtered, with the project's configuration."""
    config = project_config(inputs)
    named = parse_argument(argument) if argument is not None else Named(discover(config), None)
    return load_named(named, inputs, distinguishing_labels([named.path])[0]), config


def project_config(inputs: InputOptions) -> Config:
    """Return the project's configuration with what was typed on top."""
    config = load_config(project=inputs.project)
    typed = dict(inputs.path_map)
    return replace(config, path_map=tuple({**dict(config.path_map), **typed}.items()))


def load_named(named: Named, inputs: InputOptions, label: str) -> Profile:
    """Load, label, select and filter one profile."""
    with meter() as shown:
        (profile,) = _recorded([_load(named, inputs, label, shown)], inputs)
    return apply_filters(profile, filters_from(inputs))


def load_each(runs: Sequence[Named], inputs: InputOptions) -> list[Profile]:
    """Load, label, select and filter several profiles.

    Raises:
        UsageError: a filter matches in none of them; that only some have a function is what a diff is about.
    """
    filters = filters_from(inputs)
    missing = set(filters.patterns)
    profiles = []
    with meter(len(runs)) as shown:
        for named, label in zip(runs, distinguishing_labels([named.path for named in runs]), strict=True):
            profile = _load(named, inputs, label, shown)
            missing &= unmatched(profile, filters)
            profiles.append(apply_filters(profile, filters, must_match=False))
    refuse_unmatched(filters, missing)
    return _recorded(profiles, inputs)


def _recorded(profiles: Sequence[Profile], inputs: InputOptions) -> list[Profile]:
    return with_recordings(profiles, State(load_config(project=inputs.project).state_directory))


def _load(named: Named, inputs: InputOptions, label: str, shown: Meter) -> Profile:
    profiles = load_all(
        named.path,
        input_format=inputs.input_format,
        options=ImportOptions(inline=inputs.inline),
        on_read=shown.begin(named.path),
    )
    if len(profiles) > 1:
        labels = ", ".join(p.label or "unnamed" for p in profiles[:5]) + (
            ", ..." if len(profiles) > 5 else ""
        )
        note(f"{named.path} holds {len(profiles)} profiles ({labels}); taking the first")
    profile = replace(profiles[0], label=named.label or label)
    profile = _kept(profile, load_config(project=inputs.project))
    return profile if inputs.value_type is None else profile.select(inputs.value_type)


def filters_from(inputs: InputOptions) -> Filters:
    """Return the filters that were typed."""
    return Filters(
        focus=inputs.focus,
        ignore=inputs.ignore,
        hide=inputs.hide,
        show=inputs.show,
        show_from=inputs.show_from,
        prune_from=inputs.prune_from,
        thread=inputs.thread,
        time_range=parse_time_range(inputs.time_range) if inputs.time_range is not None else None,
        relative=inputs.relative,
    )


def _kept(profile: Profile, config: Config) -> Profile:
    """Name a recording by the file that is kept of it: the next recording replaces ``.hotspot/latest.*``."""
    path = Path(profile.provenance.path)
    if path.parent.resolve() != config.state_directory.resolve():
        return profile
    sha256 = profile.provenance.sha256
    record = State(config.state_directory).newest_records({sha256}).get(sha256)
    kept = next((each.path for each in record.profiles if each.sha256 == sha256), None) if record else None
    if kept is None or not (config.root / kept).is_file():
        return profile
    shown = os.path.relpath(config.root / kept)
    return replace(profile, provenance=replace(profile.provenance, path=shown))


@contextmanager
def profile_for_pattern(command: str, pattern: str, profile: str | None) -> Iterator[None]:
    """Say so where no function is called like PATTERN because it is the profile, and PATTERN was forgotten."""
    try:
        yield
    except UsageError as error:
        if profile is None and os.path.isfile(pattern):
            hint = f"{pattern} is a file; a function comes first: hotspot {command} PATTERN {pattern}"
            raise UsageError(str(error), hint=hint) from error
        raise
