"""Texts: the catalogue for translators is current, and a language that there is is used."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from hiphinge.web import translate
from hiphinge.web.pages import fmt_angle, fmt_date
from hiphinge.web.translate import choose_language

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("extract_strings", ROOT / "tools" / "extract_strings.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_catalogue_is_current(tool):
    assert tool.CATALOGUE.read_text(encoding="utf-8") == tool.catalogue(), "run python tools/extract_strings.py"


def test_texts_are_found_in_code_and_templates(tool, tmp_path):
    (tmp_path / "a.py").write_text('x = _("Hello") + N_("Later") + ngettext("one", "many", 2) + _(word) + other("no")')
    (tmp_path / "b.html").write_text('{{ _("Hi {n}").format(n=1) }}{{ _(word) }}{% trans %}Block{% endtrans %}')
    assert set(tool.texts_of_python(tmp_path / "a.py")) == {("Hello", ""), ("Later", ""), ("one", "many")}
    assert set(tool.texts_of_template(tmp_path / "b.html")) == {("Hi {n}", ""), ("Block", "")}


def test_a_text_that_is_put_together_is_refused(tool, tmp_path):
    (tmp_path / "a.py").write_text('_(f"Hello {name}")')
    with pytest.raises(SystemExit, match="put together"):
        list(tool.texts_of_python(tmp_path / "a.py"))


def test_every_text_is_quoted_so_that_it_can_be_read_back(tool):
    entry = tool._entry(('Say "hi"\n\\ {n}', ""), ["a.py"])
    assert 'msgid "Say \\"hi\\"\\n\\\\ {n}"' in entry
    assert "python-brace-format" in entry


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "en"), ("de-CH, fr;q=0.9", "en"), ("en-GB", "en"), ("*", "en"), ("en;q=0, de", "en"), (";;q=x,", "en")],
)
def test_english_is_always_there(accepted, language):
    assert choose_language(accepted) == language


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de-CH, en;q=0.5", "de"),
        ("fr, en;q=0.5, de;q=0.4", "en"),
        ("pt-BR", "pt-BR"),
        ("pt-PT", "en"),
        ("de;q=0", "en"),
    ],
)
def test_the_language_that_suits_best(accepted, language):
    assert choose_language(accepted, known=("en", "de", "pt-BR")) == language


def test_a_page_says_its_language(home):
    assert '<html lang="en">' in home.get("/start", headers={"accept-language": "de"}).text
    assert translate.languages()[0] == "en"


def test_a_language_without_a_catalogue_is_english():
    translate.set_language("xx")
    assert translate._("Sign in") == "Sign in"
    assert translate.ngettext("one", "many", 2) == "many"
    translate.set_language("en")


def test_angles_and_days():
    from datetime import UTC, date, datetime

    assert fmt_angle(23.6, 17.9, 30.2) == "24° (18 to 30)"
    assert fmt_angle(-0.2, -6.1, 5) == "0° (−6 to 5)"
    assert fmt_angle(None) == "not told"
    assert fmt_angle(12) == "12°"
    assert fmt_date(date(2026, 3, 2)) == "2 March 2026"
    assert fmt_date(datetime(2026, 3, 2, 12, tzinfo=UTC)).endswith("March 2026")
    assert fmt_date(datetime(2026, 3, 2, 12, tzinfo=UTC), clock=True)[-3] == ":"
    assert fmt_date(None) == "–"
