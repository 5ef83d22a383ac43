"""Whatever is done to the shipped files: they load or are refused in our words, and never forward what nobody may."""

import re
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from senfcall_avv.bbb.catalog import GROUPS, load
from senfcall_avv.policy.engine import Sources
from senfcall_avv.policy.errors import PolicyError, render_all
from senfcall_avv.policy.language import check, read
from senfcall_avv.policy.values import checker

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


RULES = {
    "name": {
        "min": ["2", "3", "6"],
        "max": ["5", "9", "256"],
        "pattern": ['"[a-z]+"', '".*"', '"[a-z0-9]{2,6}"'],
        "otherwise": ['"drop"', '"clamp"', '"refuse"'],
    },
    "duration": {"min": ["0", "10"], "max": ["60", "2147483647"], "otherwise": ['"clamp"', '"refuse"']},
    "logoutURL": {"schemes": ['["https"]', '["http"]', '["https", "http"]'], "hosts": ['["a.example"]'], "max": ["25"]},
    "guestPolicy": {"choices": ['["ASK_MODERATOR"]', '["ASK_MODERATOR", "ALWAYS_DENY"]']},
    "welcome": {"html": ['"keep"', '"bbb"', '"none"'], "max": ["9", "40"]},
}
VALUES = {
    "name": ["ab", "abc", "abcdef", "ab1", "ABCDEFGHIJ", "x" * 256, "y" * 257],
    "duration": ["0", "5", "10", "60", "61", "2147483648"],
    "logoutURL": ["https://a.example", "http://a.example", "https://b.example/abcdefghijk", "ftp://a.example"],
    "guestPolicy": ["ASK_MODERATOR", "ALWAYS_DENY", "ALWAYS_ACCEPT", "no"],
    "welcome": ["hello", "<b>x</b>", "<script>x</script>", "z" * 30, "<i>long enough</i>"],
}


@st.composite
def rules(draw: st.DrawFn, table: str) -> str:
    """Write rules for some of the parameters; a table for all calls or for one."""
    lines = [f"[{table}]"]
    for name in draw(st.lists(st.sampled_from(sorted(RULES)), unique=True, max_size=3)):
        keys = draw(st.lists(st.sampled_from(sorted(RULES[name])), unique=True, min_size=1))
        inner = ", ".join(f"{key} = {draw(st.sampled_from(RULES[name][key]))}" for key in keys)
        lines.append(f"{name} = {{ {inner} }}")
    return "\n".join(lines) + "\n"


@settings(max_examples=200, deadline=None)
@given(st.data(), rules("rules"), rules("calls.create.rules"), st.sampled_from(["rules", "calls.create.rules"]))
def test_what_passes_a_childs_rules_unchanged_passes_its_parents_too(
    data: st.DataObject, common: str, own: str, table: str
) -> None:
    listed = ", ".join(f'"{name}"' for name in RULES)
    head = 'schema = 1\ntitle = "t"\n'
    parent = f"{head}{common}[calls.create]\nforward = [{listed}]\n{own}"
    child = f'{head}extends = "parent"\n{data.draw(rules(table))}'

    ruleset, diagnostics = check(Sources({"parent.toml": parent, "child.toml": child}), CATALOGUE)
    if ruleset is None:
        assert all(found.code in {"P042", "P045", "P060"} for found in diagnostics if found.level == "error")
        return
    for name, values in VALUES.items():
        wide, narrow = (ruleset.profiles[profile].calls["create"].rules[name] for profile in ("parent", "child"))
        for value in values:
            assert checker(narrow)(value) != value or checker(wide)(value) == value
        assert narrow.required >= wide.required
        assert narrow.otherwise in {wide.otherwise, "refuse"}


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=120))
def test_any_text_is_a_policy_or_a_policy_error(text: str) -> None:
    ruleset, diagnostics = check(Sources({"x.toml": text}), CATALOGUE)

    assert ruleset is not None or render_all(diagnostics)


@settings(max_examples=100, deadline=None)
@given(mutated())
def test_reading_says_the_same_twice(files: dict[str, str]) -> None:
    assert check(Sources(files), CATALOGUE) == check(Sources(dict(reversed(files.items()))), CATALOGUE)
