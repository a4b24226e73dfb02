"""The prose of a first draft: title, file name, description, questions, what a change could bring at most.

Where a rule of the catalogue fits, cause and approach are the rule's, each claim with its evidence (`finding_text`).
Where none does, it says what was measured and asks what decides; what nobody knows is the word ``unknown``.
"""

from __future__ import annotations

import re
import shlex
import unicodedata

from hotspot.advice.frame_classes import CLASSES, FrameClass
from hotspot.advice.impact import binomial_interval, speedup
from hotspot.advice.work import OTHER, OWN
from hotspot.analysis.symbols import without_template_arguments
from hotspot.units import human_share
from hotspot.workflow.issues import finding_text
from hotspot.workflow.issues.evidence import Subject
from hotspot.workflow.issues.issue_model import UNKNOWN
from hotspot.workflow.issues.issue_text import bullet, one_line, paragraph
from hotspot.workflow.issues.measured import Measured, Part
from hotspot.workflow.issues.places import Basis, Place, fingerprint

_NAME = 100
_LONGEST_FILE_NAME = 60
_FEW_SAMPLES = 50
# A part is worth a word from here on; the main part leads alone from there on.
_MENTIONED, _DOMINANT = 0.1, 0.6
# `issues verify` calls less than this much faster MARGINAL.
_VERIFIED_FROM = 0.05


# -- names ----------------------------------------------------------------------------------------------------


def short_name(function: str) -> str:
    """Return a name for titles: without template arguments, argument list and all but the last two path parts."""
    # JavaScript engines append the place: `parse /srv/app.js:39`.
    name = re.sub(r"(?<=\S) \S+:\d+(?::\d+)?$", "", function).replace(";.", ".").replace(";::", ".")
    if "$" in name:
        for escape, character in _RUST_ESCAPES.items():
            name = name.replace(escape, character)
        name = name.removeprefix("_") if name.startswith("_<") else name
    name = re.sub(r"^<(.+?)(?: as .+?)?>::", r"\1::", without_template_arguments(name)).strip()
    name = re.sub(r"\((?!anonymous|\*).*$", "", name) if "(" in name[1:] else name
    name = name.rsplit("/", 1)[-1] if "/" in name.strip("/") else name
    for separator in ("::", "."):
        parts = [part for part in name.split(separator) if part]
        if len(parts) > 2:
            name = separator.join(parts[-2:])
    # A return type stands before the last space, unless that is in `operator new`.
    found = re.search(r"(?:\S*\boperator\b.*|\S+)$", name)
    return one_line(found[0] if found else function, 60)


# How Rust's older symbols spell what an assembler would not take.
_RUST_ESCAPES = {
    "$LT$": "<", "$GT$": ">", "$RF$": "&", "$BP$": "*", "$C$": ",", "$u20$": " ", "$u5b$": "[", "$u5d$": "]",
    "$u7b$": "{", "$u7d$": "}", "..": "::",
}  # fmt: skip


def file_name(place: Place) -> str:
    """Return an issue's file name without suffix: capitals, digits and underscores, made from the function."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", short_name(place.function))
    name = unicodedata.normalize("NFKD", words.upper()).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Z0-9]+", "_", name).strip("_")[:_LONGEST_FILE_NAME].strip("_")
    if not re.search(r"[A-Z]", name):
        name = f"FUNCTION_{name or fingerprint(place.function, place.file).upper()}"
    # Git cannot check these names out on Windows.
    reserved = re.fullmatch(r"CON|PRN|AUX|NUL|(?:COM|LPT)\d", name)
    return f"{name}_FUNCTION" if reserved else name


def title(subject: Subject, place: Place, measured: Measured) -> str:
    """Return a title in words, without numbers that go stale."""
    if measured.findings:
        return f"{measured.findings[0].rule.title} in {short_name(place.function)}"
    work = " and ".join(_phrase(part, measured) for part in _main(measured))
    return f"{short_name(place.function)}: {subject.noun} in {work}"


# -- ANALYSIS -------------------------------------------------------------------------------------------------


def description(subject: Subject, place: Place, measured: Measured) -> str:
    """Say where the weight is and what it was spent on."""
    profile, noun = subject.profile, subject.noun
    charged = (
        f"When this was drafted, {human_share(place.share)} of the {noun} in {subject.path} was charged to "
        f"{one_line(place.function, _NAME)}{_where(place)}"
    )
    mentioned = _mentioned(measured)
    if len(mentioned) == 1 and mentioned[0].weight >= 0.95 * _whole(measured):
        phrase = CLASSES[mentioned[0].class_id].phrase + _names(mentioned[0], measured)
        out = [paragraph(f"{charged}, nearly all of it for {phrase}.")]
    else:
        out = [paragraph(f"{charged}:")]
        for part in mentioned:
            phrase = CLASSES[part.class_id].phrase + _names(part, measured)
            out.append(bullet(f"{human_share(profile.share(part.weight))} in {phrase}"))
    out += _ownership(subject.charges.basis, place)
    if place.samples is not None and place.samples < _FEW_SAMPLES:
        out.append(
            paragraph(
                f"Few samples: {place.samples:,} do not rank this place against others with certainty. Record longer, "
                "or several runs, before work begins."
            )
        )
    if noun == "time" and {"system", "locks"} & {part.class_id for part in mentioned}:
        out.append(
            paragraph(
                "Unless the profile is of wall-clock or off-CPU time, time spent waiting is not in these shares."
            )
        )
    return "".join(out)


_CHARGED = "Charged means: its own self weight and that of the library, runtime and kernel code below it"
_MEANING = {
    Basis.IN_APP: f"{_CHARGED}, up to the nearest caller that the project owns.",
    Basis.UNDETERMINED: "Ownership could not be determined: no function in the profile is known to be the project's. "
    f"{_CHARGED} that is known as such by its name or file.",
    Basis.ANY: "Ownership could not be determined: every function in the profile looks like other people's. "
    f"{_CHARGED} that is known as such by its name.",
    Basis.KERNEL: "Ownership could not be determined, and no other code in the profile has names: this is library or "
    "kernel code, ranked by its own self weight.",
}


def _ownership(basis: Basis, place: Place) -> list[str]:
    out = [paragraph(_MEANING[basis])]
    if basis is not Basis.IN_APP:
        module = one_line(place.module or "", 60).rsplit("/", 1)[-1]
        patterns = f'"{module}"' if re.fullmatch(r"[\w.+-]+", module) else '"src/", "mypackage."'
        out.append(
            paragraph(
                "To have drafts for the project's own code, run hotspot inside its repository, or name it in "
                "hotspot.toml (parts of files, functions or modules):"
            )
        )
        out.append(f"    in_app = [{patterns}]\n")
    return out


def root_cause(subject: Subject, place: Place, measured: Measured) -> str:
    """Say what the rules found; where nothing, what is measured, that the cause is not, and ask what decides."""
    if measured.findings:
        where = place.file or place.recorded_file or UNKNOWN
        return finding_text.root_cause(measured.findings, where, place.share, subject.noun)
    whole, work = _whole(measured), _work(measured)
    parts = " and ".join(
        f"{_portion(part.weight / whole)} is {CLASSES[part.class_id].phrase}" for part in _main(measured)
    )
    out = [paragraph(f"{UNKNOWN} so far: a profile shows where, not why. Of what is charged to it, {parts}.")]
    if measured.lines:
        hottest = measured.lines[0]
        file = one_line(place.file or place.recorded_file or "line")
        colon = ":" if hottest.code else "."
        portion = _portion(hottest.weight / whole).capitalize()
        out.append(paragraph(f"{portion} of it is at {file}:{hottest.line}{colon}"))
        if hottest.code:
            out.append(f"    {one_line(hottest.code, 120)}\n")
    else:
        out.append(paragraph("No line is known: the profile has none for this function."))
    out.append(paragraph("To be confirmed by reading the code. Questions that decide:"))
    for frame_class in work:
        out += [bullet(question) for question in frame_class.questions]
    out.append(paragraph("To measure next:"))
    out += [bullet(frame_class.measure) for frame_class in work]
    return "".join(out)


def _portion(share: float) -> str:
    """A part of the charged weight; near the whole, digits would feign precision."""
    return "nearly all" if share >= 0.95 else human_share(share)


# -- PROPOSED OPTIMIZATION ------------------------------------------------------------------------------------


def approach(measured: Measured) -> str:
    """Return what the rule says; where none fits, that there is nothing to say yet."""
    if measured.findings:
        return finding_text.approach(measured.findings)
    return paragraph(
        f"{UNKNOWN}: no rule of the catalogue fits what is seen here{finding_text.too_small(measured.below_share)}. To be "
        "chosen by the answers to the questions above, one change at a time: representation before algorithm before low "
        "level. `hotspot rules` lists what usually helps."
    )


def expected_impact(subject: Subject, place: Place, measured: Measured) -> str:
    """Say what the change could bring, at most and typically (Amdahl)."""
    if measured.findings:
        samples = None if subject.profile.hidden_weight else subject.profile.sample_count
        out = [finding_text.expected_impact(measured.findings[0], subject.noun, samples)]
        if subject.noun == "time":
            out.append(paragraph("Elapsed time gains as much only where this code is on the critical path."))
        return "".join(out + _too_small_to_verify(subject, place))
    share, what = place.share, subject.noun
    speed = f" ({_speedup(share)})" if what == "time" else ""
    half = f" ({_speedup(share / 2)})" if what == "time" else ""
    text = (
        f"At most {human_share(share)} less {what}{speed} if all of it went away; {human_share(share / 2)} less"
        f"{half} if half of it did."
    )
    count = subject.profile.sample_count
    if place.samples is not None and count and not subject.profile.hidden_weight:
        low, high = binomial_interval(place.samples, count)
        text += f" 95% interval of the ceiling: {human_share(low)} to {human_share(high)} (sampling noise)."
    out = [paragraph(text)]
    out.append(
        paragraph(
            "A ceiling from the share alone (Amdahl's law), as first measured; no forecast. "
            + (
                "Elapsed time gains as much only where this code is on the critical path."
                if what == "time"
                else "What it does for time is unknown."
            )
        )
    )
    return "".join(out + _too_small_to_verify(subject, place))


def _too_small_to_verify(subject: Subject, place: Place) -> list[str]:
    if subject.noun != "time" or place.share > _VERIFIED_FROM:
        return []
    return [
        paragraph(
            f"Even all of it is not more than the {human_share(_VERIFIED_FROM)} that a verified improvement of "
            "the whole needs: measure it with a benchmark of this code alone, or together with its neighbours."
        )
    ]


def _speedup(share: float) -> str:
    return f"{speedup(share):.2f} times as fast" if share < 0.999 else "no bound on the speed"


def risk(measured: Measured) -> str:
    """Say what the change puts at risk."""
    if measured.findings:
        return paragraph(measured.findings[0].rule.risk)
    return paragraph(f"{UNKNOWN} until the change is chosen.")


def complexity(place: Place, measured: Measured) -> str:
    """Return how much work it is; where no rule fits, that nobody has read the code yet."""
    if measured.findings:
        return paragraph(f"{measured.findings[0].rule.complexity} (typical for such a change)")
    return paragraph(f"{UNKNOWN} until the code at {one_line(place.where or place.function)} is read.")


def validation(subject: Subject, measured: Measured) -> str:
    """List the commands that show whether a change is right and whether it helped."""
    config, source = subject.config, subject.profile.provenance
    checks = measured.findings[0].rule.validate if measured.findings else ()
    before = shlex.quote(subject.path) if source.path not in ("", "-") else "BEFORE"
    return "".join(
        (
            *(bullet(f"{step[:1].upper()}{step[1:]}.") for step in checks),
            _step("Tests", _command(config.test_command), "test_command"),
            _step("Benchmark, before and after", _command(config.benchmark_command), "benchmark_command"),
            bullet(f"Profile again, recorded as {subject.path} was, and compare:"),
            _shell(f"hotspot diff {before} AFTER"),
            bullet(
                "One profile a side only screens. What decides is five runs or more a side, before and after in turn:"
            ),
            _shell("hotspot diff 'before/*' 'after/*'"),
            bullet("Output unchanged; peak memory compared, before and after."),
        )
    )


def _step(what: str, command: str, key: str) -> str:
    if command:
        return bullet(f"{what}:") + _shell(command)
    return bullet(f"{what}: {UNKNOWN}; set {key} in hotspot.toml.")


def _shell(command: str) -> str:
    return f"    {command}\n"


def _command(arguments: tuple[str, ...]) -> str:
    return one_line(shlex.join(arguments), 300)


# -- parts ----------------------------------------------------------------------------------------------------


def _whole(measured: Measured) -> int:
    return sum(part.weight for part in measured.parts)


def _mentioned(measured: Measured) -> tuple[Part, ...]:
    """The parts worth a word; the heaviest always is."""
    whole = _whole(measured)
    return tuple(part for i, part in enumerate(measured.parts) if i == 0 or part.weight >= _MENTIONED * whole)


def _main(measured: Measured) -> tuple[Part, ...]:
    """The part that leads alone, or the two that share."""
    main = _mentioned(measured)[:2]
    return main[:1] if main[0].weight >= _DOMINANT * _whole(measured) else main


def _work(measured: Measured) -> tuple[FrameClass, ...]:
    """The kinds of work that questions are asked about."""
    return tuple(CLASSES[part.class_id] for part in _main(measured))


def _phrase(part: Part, measured: Measured) -> str:
    """What a part went to; for library code of no class, the call, where there is mainly one."""
    calls = [found for found in measured.outside if found.class_id == part.class_id]
    if part.class_id == OTHER and calls and calls[0].weight >= _DOMINANT * part.weight:
        return f"calls of {short_name(calls[0].function)}"
    return CLASSES[part.class_id].phrase


def _names(part: Part, measured: Measured) -> str:
    if part.class_id == OWN:
        return ""
    names = [one_line(found.function, 60) for found in measured.outside if found.class_id == part.class_id]
    if not names:
        return " (many functions)" if part.class_id == OTHER else ""
    return f" ({', '.join(dict.fromkeys(names[:3]))})"


def _where(place: Place) -> str:
    return f" ({one_line(place.where)})" if place.where else ""
