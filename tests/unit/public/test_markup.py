"""Operators' Markdown: what is rendered, what is refused, and that no value can become markup."""

from __future__ import annotations

import pytest

from senfcall_avv.public.markup import Heading, MarkupError, render, slug

VALUES = {"provider": "Verein <b>*X*</b>", "support_mail": "avv@example.org"}


def problems(source: str) -> list[tuple[int, str]]:
    with pytest.raises(MarkupError) as caught:
        render(source, VALUES)
    return [(line, sentence.split(";")[0]) for line, sentence in caught.value.problems]


def test_headings_are_given_addresses_and_the_contents_list_them() -> None:
    rendered = render("## Über Größe\n\n### Näheres\n\n## Cookies {#cookies}\n\n## Über Größe\n", VALUES)
    assert rendered.contents == (
        Heading("ueber-groesse", "Über Größe"),
        Heading("cookies", "Cookies"),
        Heading("ueber-groesse-2", "Über Größe"),
    )
    assert '<h2 id="cookies">Cookies</h2>' in rendered.html
    assert '<h3 id="naeheres">Näheres</h3>' in rendered.html


@pytest.mark.parametrize(("title", "made"), [("Wer's war?", "wer-s-war"), ("Café", "cafe"), ("§", "abschnitt")])
def test_an_address_has_plain_letters_only(title: str, made: str) -> None:
    assert slug(title) == made


def test_a_value_stays_text_whatever_is_in_it() -> None:
    html = render("{provider} und `{provider}`", VALUES).html
    assert html == ("<p>Verein &lt;b&gt;*X*&lt;/b&gt; und <code>Verein &lt;b&gt;*X*&lt;/b&gt;</code></p>\n")


def test_variables_are_filled_into_links_too() -> None:
    html = render("[{support_mail}](mailto:{support_mail})", VALUES).html
    assert html == '<p><a href="mailto:avv@example.org">avv@example.org</a></p>\n'


def test_html_is_shown_and_not_obeyed() -> None:
    html = render("<script>x()</script>\n\nHallo <b onclick=x>du</b>", VALUES).html
    assert "<script" not in html
    assert "<b" not in html
    assert "&lt;script&gt;" in html


def test_every_mistake_is_named_with_its_line() -> None:
    source = "# Titel\n\n{nobody} und {provider}\n\n![Bild](/x.png)\n\n```\ncode\n```\n\n[x](ftp://example.org)\n"
    assert problems(source) == [
        (1, "headings begin with ## or ###: the page brings its own first heading"),
        (3, "there is no variable {nobody}"),
        (5, "a picture cannot be used in these texts"),
        (7, "a code block cannot be used in these texts"),
        (11, "a link leads to https://…, mailto:…, /page or #heading"),
    ]


@pytest.mark.parametrize("address", ["//example.org", "x", "ftp://example.org", "tel:+49"])
def test_links_lead_to_known_kinds_of_addresses(address: str) -> None:
    assert len(problems(f"[x]({address})")) == 1


@pytest.mark.parametrize("address", ["javascript:x()", "data:text/html,x", "vbscript:x"])
def test_an_address_that_is_code_is_no_link(address: str) -> None:
    assert "<a" not in render(f"[x]({address})", VALUES).html


def test_a_tables_first_cells_head_their_rows_and_others_name_their_column() -> None:
    html = render("| Daten | Frist |\n|:---|---:|\n| Name | 3 Tage |\n", VALUES).html
    assert '<th role="rowheader" scope="row">Name</th>' in html
    assert '<td role="cell" data-label="Frist">3 Tage</td>' in html
    assert '<th role="columnheader" scope="col">Frist</th>' in html
    assert "style" not in html
