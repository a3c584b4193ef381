"""The pages: self-contained and escaped in HTML, tagged and equal in PDF."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import UTC, timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from hiphinge.errors import MissingDependency, OutputError
from hiphinge.program.decision import Decision
from hiphinge.program.history import History
from hiphinge.program.progress import summarise_progress
from hiphinge.program.summary import summarise_session
from hiphinge.program.trend import Point, trend
from hiphinge.report.program import (
    pdf,
    render,
    render_booklet_html,
    render_booklet_pdf,
    render_progress_html,
    render_progress_pdf,
    render_session_html,
    render_session_pdf,
)
from hiphinge.report.program.charts import draw_trend, for_print
from hiphinge.report.program.figures import Still, as_jpeg, find_stills
from hiphinge.report.program.views import progress_view, session_view
from hiphinge.verdict.headlines import NOTICE
from tests.program.sample_log import BEGAN, PROGRAM, sample_history

HISTORY = sample_history()
NEXT = Decision("do", "front_load", "goat_bag", "", "Two sets of the goat-bag hinge.", ())
SUMMARY = summarise_session(HISTORY, "s1", PROGRAM, NEXT, person="Anna")
PROGRESS = summarise_progress(HISTORY, PROGRAM, person="Anna")
EVIL = '<script>alert(1)</script> "\'&amp; #import "x": * $x$ @a [b] \\ `c` *d* _e_'
NEVER = ("wrong", "damage", "unstable", "prevents injury", "cures")
VOID = {"meta", "img", "link", "br", "hr", "input"}
#: A grey picture of 3 x 2 pixels.
WEBP = cv2.imencode(".webp", np.full((2, 3, 3), 200, np.uint8))[1].tobytes()


class Page(HTMLParser):
    """Tags with attributes, and the text; checks that tags are closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        if "style" not in self.open[-1:]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def pages() -> dict[str, str]:
    return {
        "session": render_session_html(SUMMARY, zone=UTC),
        "progress": render_progress_html(PROGRESS, zone=UTC),
        "booklet": render_booklet_html(PROGRAM),
    }


@pytest.mark.parametrize("name", ["session", "progress", "booklet"])
def test_a_page_is_self_contained_and_has_the_notice(name) -> None:
    html = pages()[name]
    page = Page(html)
    assert NOTICE in page.text
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "link", "iframe", "object", "form"}
    assert "default-src 'none'" in html
    for tag, attrs in page.tags:
        assert not any(key.startswith("on") for key in attrs)
        if tag == "img":
            assert (attrs["src"] or "").startswith("data:")
            assert attrs["alt"]
        if tag == "svg":
            assert attrs["role"] == "img"
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", html)
    assert sum(tag == "h1" for tag, _ in page.tags) == 1
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    labelled = [part for _, attrs in page.tags for part in (attrs.get("aria-labelledby") or "").split()]
    assert set(labelled) <= set(ids)
    for word in NEVER:
        assert word not in page.text.lower()


def test_markup_in_names_and_reasons_stays_text() -> None:
    evil = replace(NEXT, reason=EVIL)
    html = render_session_html(replace(SUMMARY, person=EVIL, decision=evil), zone=UTC)
    assert "<script" not in html
    assert EVIL in Page(html).text
    html = render_progress_html(replace(PROGRESS, person=EVIL), zone=UTC)
    assert "<script" not in html
    assert EVIL in Page(html).text


def test_markup_does_not_break_the_pdf() -> None:
    evil = replace(NEXT, reason=EVIL, action="stop_see")
    made = render_session_pdf(replace(SUMMARY, person=EVIL, decision=evil), zone=UTC)
    assert made.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in made
    assert b"pdfuaid" in made
    data = pdf.pdf_data(session_view(replace(SUMMARY, person=EVIL), zone=UTC))
    assert "#import" in data["data"]  # as text in JSON
    assert EVIL.encode() not in pdf.source_of("session")


@pytest.mark.parametrize(
    "made",
    [
        lambda: render_session_pdf(SUMMARY, zone=UTC),
        lambda: render_progress_pdf(PROGRESS, zone=UTC),
        lambda: render_booklet_pdf(PROGRAM),
    ],
    ids=["session", "progress", "booklet"],
)
def test_a_pdf_is_tagged_and_has_its_language(made) -> None:
    content = made()
    assert content.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in content
    assert b"/MarkInfo" in content
    assert b"pdfuaid" in content  # PDF/UA-1
    assert re.search(rb"/Lang\s*\(en\)", content)
    assert b"/DisplayDocTitle true" in content


def test_a_session_fits_on_one_page_and_is_made_the_same_twice() -> None:
    first, second = (render_session_pdf(SUMMARY, zone=UTC) for _ in range(2))
    assert first == second
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", first)) == 1


def test_every_figure_of_the_pdf_has_words() -> None:
    content = render_progress_pdf(PROGRESS, zone=UTC)
    figures = re.findall(rb"/S\s*/Figure", content)
    n_trends = sum(len(group["trends"]) for group in progress_view(PROGRESS, zone=UTC)["groups"])
    assert len(figures) >= n_trends == 11
    assert len(re.findall(rb"/Alt\b", content)) >= n_trends


@pytest.mark.parametrize("name", ["日本語の名前", "Łukasz 🙂", "\u202eabc", "a\nb\tc"])
def test_names_in_other_letters_give_a_tagged_pdf(name) -> None:
    content = render_session_pdf(replace(SUMMARY, person=name), zone=UTC)
    assert content.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in content


def test_html_and_pdf_say_the_same() -> None:
    for view, html in (
        (session_view(SUMMARY, zone=UTC), render_session_html(SUMMARY, zone=UTC)),
        (progress_view(PROGRESS, zone=UTC), render_progress_html(PROGRESS, zone=UTC)),
    ):
        text = Page(html).text
        for said in texts(view):
            assert " ".join(said.split()) in text, said


def texts(value, key: str = "") -> list[str]:
    """All texts of a view that a reader sees, on paper and on screen."""
    hidden = ("kind", "lang", "tone", "state", "figure", "variant", "svg", "alt", "source", "document_title")
    if key in hidden:
        return []
    if isinstance(value, dict):
        return [one for name, part in value.items() for one in texts(part, name)]
    if isinstance(value, list):
        return [one for part in value for one in texts(part)]
    return [value] if isinstance(value, str) and key != "label" else []


def test_the_pdf_is_filled_with_the_same_texts(monkeypatch) -> None:
    seen = []
    monkeypatch.setattr(render, "compile_pdf", lambda view, *, files, at: seen.append((view, at)) or b"%PDF-")
    render_session_pdf(SUMMARY, zone=UTC)
    ((view, at),) = seen
    assert {key: view[key] for key in view if key != "pictures"} == session_view(SUMMARY, zone=UTC)
    assert at == BEGAN


def test_pictures_are_shown_where_there_are_any(monkeypatch) -> None:
    def some(wanted):
        return {
            key: Still(f"{key[1]}{key[2]}.webp", f"picture of {key}", "Left: it. Right: not.", 3, 2, WEBP)
            for key in wanted
            if key[0] == "goat_bag"
        }

    monkeypatch.setattr(render, "find_stills", some)
    page = Page(render_session_html(SUMMARY, zone=UTC))
    (picture,) = [attrs for tag, attrs in page.tags if tag == "img"]
    assert (picture["src"] or "").startswith("data:image/webp;base64,")
    assert picture["alt"] == "picture of ('goat_bag', '', '')"
    assert "Left: it. Right: not." in page.text
    stopped = replace(SUMMARY, decision=replace(NEXT, action="stop_now"))
    assert "<img" not in render_session_html(stopped, zone=UTC)
    assert b"picture of" in render_session_pdf(SUMMARY, zone=UTC)
    booklet = Page(render_booklet_html(PROGRAM))
    assert sum(tag == "img" for tag, _ in booklet.tags) == 7  # as it stands, three loads, three easier ways


def test_every_drill_of_the_program_has_its_picture_in_words_too() -> None:
    found = find_stills([(drill.id, "", "") for drill in PROGRAM.drills])
    assert [key[0] for key in found] == [drill.id for drill in PROGRAM.drills]
    assert all(still.alt and re.fullmatch(r"Left: .+\. Right: .+\.", still.caption) for still in found.values())
    assert find_stills([("", "", ""), ("nobody", "", "")]) == {}


def test_a_picture_is_packed_for_the_pdf() -> None:
    assert as_jpeg(WEBP).startswith(b"\xff\xd8")
    assert as_jpeg(b"no picture") == b"no picture"
    clear = cv2.imencode(".png", np.zeros((4, 4, 4), np.uint8))[1].tobytes()
    white = cv2.imdecode(np.frombuffer(as_jpeg(clear), np.uint8), cv2.IMREAD_UNCHANGED)
    assert white.min() >= 250


def test_an_empty_log_has_a_page() -> None:
    empty = summarise_progress(History((), BEGAN), PROGRAM)
    text = Page(render_progress_html(empty, zone=UTC)).text
    assert "No session with a clip yet." in text
    assert render_progress_pdf(empty, zone=UTC).startswith(b"%PDF-")


def test_a_missing_typst_is_said_kindly(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(MissingDependency, match="typst") as caught:
        render_session_pdf(SUMMARY, zone=UTC)
    assert "HTML page can be printed" in caught.value.next_step


def test_a_page_that_cannot_be_set_is_an_error_with_a_way_out(monkeypatch) -> None:
    monkeypatch.setattr(pdf, "source_of", lambda kind: b'#panic("no")')
    with pytest.raises(OutputError, match="could not be made") as caught:
        render_session_pdf(SUMMARY, zone=UTC)
    assert "HTML" in caught.value.next_step


def test_no_room_for_temporary_files_is_said_kindly(monkeypatch) -> None:
    def full(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pdf, "TemporaryDirectory", full)
    with pytest.raises(OutputError, match="No space left on device"):
        render_session_pdf(SUMMARY, zone=UTC)


def points(n: int) -> list[Point]:
    return [Point(30 - k % 7, BEGAN + timedelta(days=k), 25, 35, f"s{k}") for k in range(n)]


@pytest.mark.parametrize("n", [1, 2, 41, 3000])
def test_a_chart_is_well_formed_and_small(n) -> None:
    svg = draw_trend(trend(points(n), 10, label='A <b> & "c"', unit="°", better="lower"), 7, UTC)
    root = ElementTree.fromstring(svg)
    assert root.attrib["role"] == "img"
    assert root[0].text == 'A <b> & "c"'
    assert len(svg) < 30_000
    circles = len(root.findall(".//{*}circle"))
    assert circles == (n if n <= 40 else 0)


def test_the_chart_of_a_clock_that_went_back_does_not_run_backwards() -> None:
    back = [Point(30, BEGAN, session="a"), Point(20, BEGAN - timedelta(days=3), session="b")]
    svg = draw_trend(trend(back, 5), 1, UTC)
    xs = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', svg)]
    assert xs == sorted(xs)
    assert draw_trend(trend([], 5), 1, UTC) == ""


def test_a_printed_chart_needs_nothing_of_its_page() -> None:
    svg = for_print(draw_trend(trend(points(4), 10, unit="°"), 1, UTC), "Some Font")
    assert "var(" not in svg
    assert 'font-family="Some Font"' in svg
    assert "#0072b2" in svg
