"""Whatever is done to the shipped files: they load or are refused in our words, and never forward what nobody may."""

import re
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from senfcall_avv.bbb.catalog import GROUPS, load
from senfcall_avv.policy.engine import Sources
from senfcall_avv.policy.errors import PolicyError, render_all
from senfcall_avv.policy.language import check, read

SHIPPED = {path.name: path.read_text() for path in (Path(__file__).parents[3] / "policies").glob("*.toml")}
CATALOGUE = load()
NAMES = sorted({name for entry in CATALOGUE.calls.values() for name in entry.parameters} | set(CATALOGUE.reserved))
WORDS = [
    *NAMES,
    *("meta_avv-organization", "meta_*", "userdata-*", "*", "base", "senfcall", "other", *GROUPS),
    *("forward", "answer", "refuse", "set", "default", "add", "extra", "rules", "widen", "families", "body", "limits"),
    *(
        "min",
        "max",
        "pattern",
        "choices",
        "schemes",
        "html",
        "required",
        "otherwise",
        "true",
        "false",
        "0",
        "-1",
        "1.5",
    ),
    *("drop", "clamp", "noMeetings", "notFound", "{", "[", '"', "=", "2026-01-01", "{x}", "\u202e", "\x00", "\ufeff"),
]
TOKEN = re.compile(r"[A-Za-z0-9_*-]+|\S")


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, str]:
    """Change a few tokens, lines or characters of the shipped files."""
    files = dict(SHIPPED)
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(sorted(files)))
        text = files[name]
        if not text:
            continue
        way = draw(st.sampled_from(["word", "word", "list", "list", "list", "line", "twice", "cut", "character"]))
        lines = text.split("\n")
        at = draw(st.integers(0, len(lines) - 1))
        word = draw(st.sampled_from(WORDS))
        if way == "word":
            tokens = list(TOKEN.finditer(text))
            token = tokens[draw(st.integers(0, len(tokens) - 1))] if tokens else None
            files[name] = text if token is None else text[: token.start()] + word + text[token.end() :]
        elif way == "list":
            files[name] = text.replace("forward = [", f'forward = ["{word}", ', 1)
        elif way == "line":
            files[name] = "\n".join([*lines[:at], *lines[at + 1 :]])
        elif way == "twice":
            files[name] = "\n".join([*lines[: at + 1], *lines[at:]])
        elif way == "cut":
            files[name] = text[: draw(st.integers(0, len(text)))]
        else:
            place = draw(st.integers(0, len(text) - 1))
            files[name] = text[:place] + draw(st.characters(exclude_categories=["Cs"])) + text[place + 1 :]
    return files


@settings(max_examples=250, deadline=None)
@given(mutated())
@example({"senfcall.toml": SHIPPED["senfcall.toml"].replace('"meetingID"', '"meta_avv-kind"'), **SHIPPED})
def test_mutated_files_load_or_are_refused_and_never_forward_a_reserved_name(files: dict[str, str]) -> None:
    sources = Sources(files)
    ruleset, diagnostics = check(sources, CATALOGUE)

    assert render_all(diagnostics).count("= docs/policy.md#p") == len(diagnostics)
    assert (ruleset is None) == any(diagnostic.level == "error" for diagnostic in diagnostics)
    for diagnostic in diagnostics:
        assert 1 <= diagnostic.column <= diagnostic.end_column
        assert 1 <= diagnostic.line <= files.get(diagnostic.file, "").count("\n") + 1
    if ruleset is None:
        return
    for profile in ruleset.profiles.values():
        for name, call in profile.calls.items():
            entry = CATALOGUE.calls[name]
            sent = [*(call.forward or ()), *call.fixed, *call.defaults]
            sent += [member for family in call.families for member in family.names or ()]
            assert not any(map(CATALOGUE.is_reserved, sent))
            assert not set(call.fixed) & set(call.forward or ())
            assert set(call.rules) == set(call.forward or ())
            assert entry.effect == "read" or call.answer is None


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4))
def test_a_profile_on_the_shipped_fence_never_passes_recording_or_design_on(words: list[str]) -> None:
    listed = ", ".join(f'"{word}"' for word in words if word not in {'"', "\x00"})
    extra = "".join(f'accept_risk."{word}" = "why"\n' for word in dict.fromkeys(words) if word.isidentifier())
    text = f'schema = 1\ntitle = "t"\nextends = "base"\n[calls.create]\nforward = [{listed}]\n{extra}'

    try:
        ruleset = read(Sources({"base.toml": SHIPPED["base.toml"], "p.toml": text}), CATALOGUE)
    except PolicyError:
        return
    parameters = CATALOGUE.calls["create"].parameters
    forwarded = ruleset.profiles["p"].calls["create"].forward or ()
    assert {parameters[name].group for name in forwarded} & {"recording", "design"} == set()


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=120))
def test_any_text_is_a_policy_or_a_policy_error(text: str) -> None:
    ruleset, diagnostics = check(Sources({"x.toml": text}), CATALOGUE)

    assert ruleset is not None or render_all(diagnostics)


@settings(max_examples=100, deadline=None)
@given(mutated())
def test_reading_says_the_same_twice(files: dict[str, str]) -> None:
    assert check(Sources(files), CATALOGUE) == check(Sources(dict(reversed(files.items()))), CATALOGUE)
