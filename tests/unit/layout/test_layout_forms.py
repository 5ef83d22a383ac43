"""Forms: hint and error tied to their control, allowed widgets alone, everything typed kept, no script in them."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import colander
import pytest
from deform.exception import ValidationFailure
from deform.widget import (
    DateInputWidget,
    PasswordWidget,
    RadioChoiceWidget,
    TextAreaWidget,
    TextInputWidget,
)
from framed import a_request
from lxml import html

from senfcall_avv.devtools.components import Sample
from senfcall_avv.layout import texts, widgets
from senfcall_avv.layout.forms import Button, Form, make_form
from senfcall_avv.layout.widgets import PasswordInput, WidgetRefused, read_day

GOOD = [
    ("version", "3"), ("name", "  Verein  "), ("email", "a@example.org"), ("post_code", "64289"),
    ("password", "  lang genug  "), ("issued", "1.3.22"), ("seats", "1.204"),
    ("__start__", "kind:rename"), ("form-kind", "c"), ("__end__", "kind:rename"),
    ("__start__", "purposes:sequence"), ("checkbox", "a"), ("checkbox", "b"), ("__end__", "purposes:sequence"),
    ("country", "he"), ("note", " eins \r\n zwei "),
    ("__start__", "people:sequence"),
    ("__start__", "person:mapping"), ("name", "Ada"), ("__start__", "role:rename"), ("x", "s"),
    ("__end__", "role:rename"), ("__end__", "person:mapping"), ("__end__", "people:sequence"),
    ("declared", "true"),
]  # fmt: skip


def form_of(schema: colander.SchemaNode, language: str = "de", **more: Any) -> Form:
    return make_form(a_request(Accept_Language=language), schema, (Button("save", "Speichern", "go"),), **more)


def field(widget: Any = None, kind: Any = colander.String, **more: Any) -> colander.Schema:
    """Give a schema of one field called ``field``."""
    node = colander.SchemaNode(kind(), name="field", title="Feld", **({"widget": widget} if widget else {}), **more)
    schema = colander.Schema()
    schema.add(node)
    return schema


def shown(form: Form) -> Any:
    return html.fromstring(form.__html__())


def refused(form: Form, controls: list[tuple[str, Any]]) -> Any:
    """Send what does not fit; give the form as it is shown then."""
    with pytest.raises(ValidationFailure):
        form.validate(controls)
    return shown(form)


def test_the_schema_gives_back_what_was_typed_cleaned() -> None:
    assert form_of(Sample()).validate(GOOD) == {
        "version": "3", "name": "Verein", "email": "a@example.org", "post_code": "64289",
        "password": "  lang genug  ", "issued": date(2022, 3, 1), "seats": 1204, "kind": "c", "purposes": {"a", "b"},
        "country": "he", "note": "eins\n zwei", "people": [{"name": "Ada", "role": "s"}], "declared": True,
    }  # fmt: skip


def test_every_problem_links_to_the_first_control_that_it_is_about() -> None:
    form = form_of(Sample())
    page = refused(form, [])
    ids = {element.get("id"): element.tag for element in page.iter() if element.get("id")}
    targets = [problem.target for problem in form.problems]
    assert targets[:4] == ["form-name", "form-email", "form-post_code", "form-password"]
    assert "form-kind-0" in targets
    assert "form-declared" in targets
    assert {ids[target] for target in targets} <= {"input", "select", "textarea", "button"}
    assert len(ids) == len(re.findall(r'\sid="', form.__html__()))


def test_the_summary_says_the_same_words_as_the_field() -> None:
    form = form_of(Sample())
    page = refused(form, [])
    said = {form.renderer.translate(problem.text) for problem in form.problems}
    at_fields = {
        " ".join(error.text_content().split()).removeprefix("Fehler: ") for error in page.cssselect(".error p")
    }
    assert said == at_fields
    assert "E-Mail-Adresse: Das fehlt noch." in said


@pytest.mark.parametrize(
    ("name", "group"), [("name", False), ("issued", False), ("kind", True), ("people", True), ("declared", False)]
)
def test_hint_then_error_are_tied_to_the_control_or_its_group(name: str, group: bool) -> None:
    before, after = shown(form_of(Sample())), refused(form_of(Sample()), [])
    for page, faulty in ((before, False), (after, name != "people")):
        element = page.get_element_by_id(f"form-{name}")
        assert (element.tag == "fieldset") is group
        ids = element.get("aria-describedby").split()
        assert ids == [f"form-{name}-hint", f"form-{name}-error"][: 1 + faulty]
        assert all(page.get_element_by_id(one).text_content().strip() for one in ids)
        assert (element.get("aria-invalid") == "true") is faulty


def test_every_control_has_a_label_or_legend_that_is_seen() -> None:
    page = shown(form_of(Sample()))
    labels = {label.get("for") for label in page.iter("label")}
    controls = [element for element in page.cssselect("input, select, textarea") if element.get("type") != "hidden"]
    assert len(controls) > 12
    assert {control.get("id") for control in controls} <= labels
    assert all(fieldset.find("legend").text_content().strip() for fieldset in page.iter("fieldset"))
    assert not page.xpath("//@placeholder | //@autofocus | //@required | //@title")


def test_optional_fields_say_so_and_required_ones_do_not() -> None:
    text = shown(form_of(Sample())).text_content()
    assert [line.strip() for line in text.splitlines() if "(freiwillig)" in line] == [
        "Teilnehmende höchstens (freiwillig)", "Zwecke (freiwillig)", "Anmerkung (freiwillig)",
    ]  # fmt: skip


def test_what_was_typed_is_kept_but_for_passwords() -> None:
    kept = [(name, value) for name, value in GOOD if name != "email"]
    page = refused(form_of(Sample()), [*kept, ("email", 'kaputt"><b>')])
    assert page.get_element_by_id("form-email").get("value") == 'kaputt"><b>'
    assert page.get_element_by_id("form-issued").get("value") == "01.03.2022"
    assert page.get_element_by_id("form-password").get("value") == ""
    assert page.get_element_by_id("form-kind-2").get("checked")
    assert page.get_element_by_id("form-purposes-1").get("checked")
    assert page.get_element_by_id("form-country").cssselect("[selected]")[0].get("value") == "he"
    assert page.get_element_by_id("form-note").text.split() == ["eins", "zwei"]
    assert page.get_element_by_id("form-declared").get("checked")
    assert [box.get("value") for box in page.cssselect("[id^=deformField][name=name]")] == ["Ada"]


def test_a_form_speaks_the_readers_language() -> None:
    page = refused(form_of(Sample(), "en"), [])
    assert "E-Mail-Adresse: this is missing." in page.text_content()
    assert "Error:" in page.text_content()
    assert "(optional)" in page.text_content()


def test_values_fill_the_fields() -> None:
    page = shown(
        form_of(Sample(), values={"name": "Verein", "issued": date(2022, 3, 1), "kind": "b", "declared": True})
    )
    assert page.get_element_by_id("form-name").get("value") == "Verein"
    assert page.get_element_by_id("form-issued").get("value") == "01.03.2022"
    assert page.get_element_by_id("form-kind-1").get("checked")
    assert page.get_element_by_id("form-declared").get("checked")


@pytest.mark.parametrize("widget", widgets.ALLOWED)
def test_no_allowed_widget_brings_script_handlers_or_style(widget: type) -> None:
    looks = re.compile(r"<script|<style|\son[a-z]+\s*=|\sstyle\s*=", re.IGNORECASE)
    assert looks.search("<a onclick='x()'>")
    text = form_of(Sample()).__html__()
    used = {type(node.widget) for node in _fields(form_of(Sample()))}
    assert widget in used
    assert not looks.search(text)


def _fields(at: Any) -> list[Any]:
    return [at, *(below for child in at.children for below in _fields(child))]


@pytest.mark.parametrize("widget", [DateInputWidget(), PasswordWidget()])
def test_widgets_without_a_template_of_ours_are_refused(widget: Any) -> None:
    with pytest.raises(WidgetRefused, match="field"):
        form_of(field(widget))


def test_a_mask_that_needs_script_is_not_shown() -> None:
    assert "999" not in form_of(field(TextInputWidget(mask="999"))).__html__()


@pytest.mark.parametrize("kind", [colander.Date, colander.Integer, colander.Boolean, colander.String])
def test_types_get_allowed_widgets_by_themselves(kind: Any) -> None:
    assert type(form_of(field(kind=kind))["field"].widget) in widgets.ALLOWED


@pytest.mark.parametrize(
    ("text", "day"),
    [("24.11.2026", date(2026, 11, 24)), ("1.3.22", date(2022, 3, 1)), (" 1. 3. 2022 ", date(2022, 3, 1)),
     ("2022-03-01", date(2022, 3, 1)), ("2022-3-1", date(2022, 3, 1))],
)  # fmt: skip
def test_days_are_read_as_people_write_them(text: str, day: date) -> None:
    assert read_day(text) == day
    assert form_of(field(kind=colander.Date)).validate([("field", text)]) == {"field": day}


@pytest.mark.parametrize(
    "text", ["31.2.2026", "24.11.", "11/24/2026", "24.11.2026x", "٢٤.١١.٢٠٢٦", "morgen", "1.3.222", "0.1.2022"]
)
def test_what_is_no_day_is_shown_again_with_an_example(text: str) -> None:
    page = refused(form_of(field(kind=colander.Date)), [("field", text)])
    assert page.get_element_by_id("form-field").get("value") == text
    assert "Schreib es so: 24.11.2026." in page.text_content()


@pytest.mark.parametrize(("text", "number"), [("25", 25), ("1.204", 1204), ("1 204", 1204), ("12.345.678", 12345678)])
def test_numbers_are_read_as_people_write_them(text: str, number: int) -> None:
    assert form_of(field(kind=colander.Integer)).validate([("field", text)]) == {"field": number}


@pytest.mark.parametrize("text", ["6_0", "1,5", "zwei", "٢", "1e3", "9" * 13, "1.2"])
def test_what_is_no_number_is_refused(text: str) -> None:
    assert "Das ist keine Zahl" in refused(form_of(field(kind=colander.Integer)), [("field", text)]).text_content()


@pytest.mark.parametrize("widget", [None, TextAreaWidget(), PasswordInput()])
def test_every_text_goes_through_our_hands(widget: Any) -> None:
    for typed in ("a\0b", "a\ud800b", "x" * (texts.MOST_CHARACTERS + 1)):
        form = form_of(field(widget))
        with pytest.raises(ValidationFailure):
            form.validate([("field", typed)])
    assert form_of(field(widget)).validate([("field", "u\N{COMBINING DIAERESIS}")]) == {"field": "ü"}


def test_our_hands_come_before_the_fields_own() -> None:
    seen: list[Any] = []
    schema = field(preparer=lambda value: seen.append(value) or value, validator=colander.Length(max=2))
    assert form_of(schema).validate([("field", " a\u200b ")]) == {"field": "a"}
    assert seen == ["a"]
    refused(form_of(schema), [("field", "abc")])


def test_nothing_but_invisible_characters_is_missing() -> None:
    assert "Feld: Das fehlt noch." in refused(form_of(field()), [("field", "\u200b\u202e")]).text_content()


def test_a_value_that_is_not_offered_is_refused() -> None:
    schema = field(RadioChoiceWidget(values=(("a", "A"),)), validator=colander.OneOf(["a"]))
    page = refused(form_of(schema), [("field", "b")])
    assert "Wähle eine der angebotenen Möglichkeiten." in page.text_content()


def test_a_problem_that_saving_found_stands_at_its_field() -> None:
    form = form_of(Sample())
    form.add_problem("people.person", "So nicht.")
    form.add_problem("", "Gar nicht.")
    assert next(problem.text for problem in form.problems) == "Gar nicht."


@pytest.mark.parametrize(
    ("change", "names"),
    [("add people", ["Ada", "Grace", ""]), ("remove people 0", ["Grace"]), ("remove people 1", ["Ada"])],
)
def test_rows_are_added_and_removed_with_everything_kept(change: str, names: list[str]) -> None:
    form = form_of(Sample())
    form.keep([("name", "Verein"), ("issued", "morgen"), *people("Ada", "Grace")], change)
    page = shown(form)
    assert [box.get("value") for box in page.cssselect("[id^=deformField][name=name]")] == names
    assert page.get_element_by_id("form-name").get("value") == "Verein"
    assert page.get_element_by_id("form-issued").get("value") == "morgen"
    assert form.problems == []


def people(*names: str) -> list[tuple[str, str]]:
    rows = [("__start__", "people:sequence")]
    for name in names:
        rows += [("__start__", "person:mapping"), ("name", name), ("__end__", "person:mapping")]
    return [*rows, ("__end__", "people:sequence")]


@pytest.mark.parametrize(
    "change",
    ["", "add", "add nothing", "add name", "remove people", "remove people x", "remove people 0", "add people 1",
     "burn people", "add people.person"],
)  # fmt: skip
def test_changes_that_no_button_makes_are_refused(change: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        form_of(Sample()).keep(people("Ada"), change)


def test_enter_never_presses_a_button_of_a_row() -> None:
    first = shown(form_of(Sample())).cssselect("button")[0]
    assert (first.get("name"), first.get("tabindex"), first.get("aria-hidden")) == ("save", "-1", "true")
    assert len(shown(form_of(field())).cssselect("button")) == 1
