"""The report page: self-contained, escaped, honest, complete."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import get_args

import pytest

from hiphinge.model import Grade, Measure, Outcome, Reference, ViewGrade
from hiphinge.report import words
from hiphinge.report.page import REPS_PER_TABLE, render_page
from hiphinge.verdict.headlines import LED_BY_HIPS
from tests.report.fakes import NOTICE, fake_assessment

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 16
JPEG = b"\xff\xd8\xff\xe0" + b"0" * 16
#: Words that no text for people may hold.
NEVER = ("wrong", "damage", "unstable", "prevents injury", "cures")
VOID = {"meta", "img", "link", "br", "hr", "input"}


class _Page(HTMLParser):
    """Collects tags with attributes and the text, and checks that tags are closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open[-1:]:
            self.words.append(data)

    @property
    def text(self) -> str:
        """The text that a reader sees, spaces folded."""
        return " ".join(" ".join(self.words).split())


@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_every_outcome_renders_with_the_notice_and_without_forbidden_words(outcome: Outcome) -> None:
    page = _Page(render_page(fake_assessment(outcome=outcome), {"standing": PNG}))
    assert page.open == []
    assert NOTICE in page.text
    assert words.OUTCOME_WORDS[outcome] in page.text
    assert not [word for word in NEVER if word in page.text.lower()]


@pytest.mark.parametrize("headline", sorted(LED_BY_HIPS))
def test_outcome_and_headline_are_of_one_mind(headline: str) -> None:
    made = fake_assessment(outcome="mixed")
    assert words.outcome_text(made.verdict) == words.OUTCOME_WORDS["mixed"]
    page = _Page(render_page(replace(made, verdict=replace(made.verdict, headline=headline)), None))
    assert headline in page.text
    assert "The hips led" in page.text
    assert words.OUTCOME_WORDS["mixed"] not in page.text


def test_sections_come_in_order() -> None:
    text = _Page(render_page(fake_assessment(outcome="spine"), {"standing": PNG})).text
    order = [
        "Your back does most of the bending.",
        "One thing to try",
        "Key frames",
        "What was measured",
        "Angles over time",
        "Path of the hips",
        "What could not be told, and why",
        "View quality",
        "How it was measured",
        "Research and education software",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)


def test_nothing_is_fetched_and_nothing_runs() -> None:
    html = render_page(fake_assessment(), {"standing": PNG, "bottom_rep_1": JPEG}, has_overlay=True)
    page = _Page(html)
    assert "script" not in {tag for tag, _ in page.tags}
    sources = [attrs["src"] or "" for _, attrs in page.tags if "src" in attrs]
    assert [source.split(";")[0] for source in sources] == ["data:image/png", "data:image/jpeg"]
    assert [attrs["href"] for _, attrs in page.tags if "href" in attrs] == ["overlay.mp4"]
    assert not [attrs for _, attrs in page.tags if any(key.startswith("on") for key in attrs)]
    assert "default-src 'none'" in html
    assert not re.search(r"url\((?!#)", html)
    assert set(re.findall(r"https?://[^\"' ]+", html)) == {"http://www.w3.org/2000/svg"}


def test_text_from_outside_is_escaped() -> None:
    assessment = fake_assessment()
    evil = "<script>alert(1)</script>\"'&"
    changed = replace(
        assessment,
        video=replace(assessment.video, name=evil),
        verdict=replace(assessment.verdict, headline=evil, reasons=(evil,), not_told=(evil,)),
        measures=(Measure("x", evil, 1, None, None, None, evil, "good", evil), *assessment.measures),
        findings=tuple(replace(f, label=evil, source=evil, limits=evil) for f in assessment.findings),
        quality=tuple(replace(q, label=evil, advice=evil, grade="usable") for q in assessment.quality),
        criteria={evil: evil},
    )
    html = render_page(changed, {evil: PNG})
    assert "<script" not in html
    assert _Page(html).text.count("<script>alert(1)</script>") >= 8


def test_pictures_have_captions_and_alternative_text() -> None:
    page = _Page(render_page(fake_assessment(), {"bottom_rep_2": PNG, "standing": PNG, "bottom_rep_1": PNG}))
    images = [attrs for tag, attrs in page.tags if tag == "img"]
    assert [bool(image["alt"]) for image in images] == [True, True, True]
    assert "stands still" in (images[0]["alt"] or "")
    assert "rep 1" in (images[1]["alt"] or "")
    assert "Bottom of rep 1, 3.2 s: hips 78° (73 to 83), lumbar spine 12° (7 to 17)." in page.text


def test_absent_pictures_are_explained() -> None:
    assert "the person was not seen" in _Page(render_page(fake_assessment(), {})).text
    assert "no bend was found" in _Page(render_page(fake_assessment(outcome="cannot_tell"), {})).text


def test_view_picture_and_unknown_names_are_captioned() -> None:
    text = _Page(render_page(fake_assessment(outcome="cannot_tell"), {"view": PNG, "after_rep": PNG})).text
    assert "A picture from the video" in text
    assert "After rep" in text


def test_without_still_stand_the_standing_picture_says_so() -> None:
    assessment = fake_assessment(positions="upright")
    page = _Page(render_page(assessment, {"standing": PNG}))
    assert "the most upright moment seen" in page.text
    assert "mean standing curve of the calibration people" in page.text
    assert "upright moments" in page.text


def test_rules_show_value_interval_limits_grade_and_source() -> None:
    text = _Page(render_page(fake_assessment(outcome="spine"), {})).text
    assert "back flat rule 4 · design proposal" in text
    assert "pass ≤ 20° fail > 35°" in text
    assert "48° (43 to 53) ✕ not met" in text
    assert "✓ met" in text
    assert "· reported only" in text


@pytest.mark.parametrize("grade", get_args(Grade))
def test_every_grade_has_a_word_and_an_icon_of_its_own(grade: Grade) -> None:
    assessment = fake_assessment()
    changed = replace(assessment, findings=(replace(assessment.findings[0], grade=grade),))
    assert f"{words.GRADE_ICONS[grade]} {words.GRADE_WORDS[grade]}" in _Page(render_page(changed, {})).text
    assert len(set(words.GRADE_ICONS.values())) == len(get_args(Grade))


@pytest.mark.parametrize("grade", get_args(ViewGrade))
def test_view_checks_show_what_to_change(grade: ViewGrade) -> None:
    assessment = fake_assessment()
    check = replace(assessment.quality[0], grade=grade, advice="Turn fully side-on.")
    text = _Page(render_page(replace(assessment, quality=(check,)), {})).text
    assert ("Turn fully side-on." in text) == (grade != "good")
    assert words.VIEW_WORDS[grade] in text


def test_many_reps_are_split_over_tables() -> None:
    assessment = fake_assessment()
    reps = tuple(replace(assessment.reps[0], number=number) for number in range(1, REPS_PER_TABLE + 2))
    findings = tuple(replace(assessment.findings[0], rep=rep.number) for rep in reps)
    whole = replace(findings[0], rep=None, rule="14r", label="even reps")
    text = _Page(render_page(replace(assessment, reps=reps, findings=(*findings, whole)), {})).text
    assert f"Reps 1 to {REPS_PER_TABLE}" in text
    assert f"Rep {REPS_PER_TABLE + 1} Rule" in text
    assert "The whole set" in text


def test_what_could_not_be_told_is_grouped_by_reason() -> None:
    assessment = fake_assessment()
    untold = [
        Measure("a", "neck", 1, None, None, None, "°", "cannot_tell", "hair hides it"),
        Measure("b", "chin", 1, None, None, None, "°", "cannot_tell", "hair hides it"),
        Measure("b", "chin", 2, None, None, None, "°", "cannot_tell", "hair hides it"),
    ]
    spans = replace(assessment.findings[0], grade="cannot_tell", reason="the interval spans both limits")
    changed = replace(assessment, measures=(*assessment.measures, *untold), findings=(spans,))
    text = _Page(render_page(changed, {})).text
    assert "Neck (rep 1), chin: hair hides it" in text
    assert f"{spans.label.capitalize()} (rep 1): the interval spans both limits" in text


def test_a_reason_that_the_verdict_gives_is_not_said_twice() -> None:
    assessment = fake_assessment()
    reason = "The way down was not filmed."
    untold = Measure("a", "time down", 1, None, None, None, "s", "cannot_tell", reason)
    verdict = replace(assessment.verdict, not_told=(f"knees quiet (rep 1): {reason}",))
    html = render_page(replace(assessment, measures=(*assessment.measures, untold), verdict=verdict), {})
    assert _Page(html).text.count(reason) == 1
    assert "Knees quiet (rep 1)" in html


def test_view_checks_that_ask_for_something_come_first() -> None:
    assessment = fake_assessment()
    good, _, usable = assessment.quality
    last = replace(good, label="cropped", grade="cannot_tell")
    text = _Page(render_page(replace(assessment, quality=(good, usable, last)), {})).text
    assert text.index("cropped") < text.index(usable.label) < text.index("side-on view")


def test_everything_told_is_said_too() -> None:
    assessment = fake_assessment()
    verdict = replace(assessment.verdict, not_told=())
    assert "could be told" in _Page(render_page(replace(assessment, verdict=verdict), {})).text


def test_cannot_tell_gives_the_reason_first_then_what_to_change() -> None:
    text = _Page(render_page(fake_assessment(outcome="cannot_tell"), {})).text
    reason = text.index("The camera sees the person from the front.")
    assert reason < text.index("What to change Turn fully side-on") < text.index("What would help")
    assert text.index("What would help") < text.index("What was still measured")
    assert "Take the arm off the back." in text


def test_cannot_tell_with_a_cue_for_the_movement_says_first_what_would_help_to_tell() -> None:
    assessment = fake_assessment(outcome="cannot_tell")
    verdict = replace(assessment.verdict, cue="Press all three.", cue_rule="10")
    text = _Page(render_page(replace(assessment, verdict=verdict), {})).text
    assert text.index("What would help to tell:") < text.index("One thing to try Press all three.")


def test_page_without_evidence_leaves_the_curves_out() -> None:
    text = _Page(render_page(replace(fake_assessment(), evidence=None), {})).text
    assert "Angles over time" not in text
    assert "What was measured" in text


def test_two_people_are_said_with_the_way_to_choose() -> None:
    assessment = fake_assessment()
    people = (replace(assessment.people[0], chosen=False), replace(assessment.people[0], number=1))
    text = _Page(render_page(replace(assessment, people=people), {})).text
    assert "one of 2 people" in text
    assert "number 1 from the left" in text
    assert "--person" in text


def test_partial_rep_and_unknown_facing_are_said() -> None:
    assessment = fake_assessment()
    reps = (replace(assessment.reps[0], has_descent=False), replace(assessment.reps[1], has_ascent=False))
    text = _Page(render_page(replace(assessment, reps=reps, facing=None, answered_ratio=None), {})).text
    assert "rep 1 without a way down; rep 2 without a way up" in text
    assert "facing not told" in text
    assert "were told in" not in text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (23.4, "°", "23°"),
        (-0.2, "°", "0°"),
        (-12.0, "deg", "−12°"),
        (0.654, "FL", "0.65 FL"),
        (61.2, "%", "61 %"),
        (2.04, "s", "2.0 s"),
        (0.181, "", "0.18"),
        (0.2, "trunk", "0.20 trunk"),
        (70.48, "", "70.5"),
        (495.59, "px", "496 px"),
        (99.6, "% of frames", "100 % of frames"),
        (-0.001, "ratio", "0.00"),
        (float("nan"), "°", "–"),
        (None, "°", "–"),
    ],
)
def test_values_read_well(value: float | None, unit: str, text: str) -> None:
    assert words.value_text(value, unit) == text


def test_interval_is_left_out_where_it_is_not_told() -> None:
    assert words.interval_text(20.0, None, None, "°") == "20°"
    assert words.interval_text(20.0, 10.0, float("inf"), "°") == "20°"
    assert words.interval_text(-4.0, -9.2, 1.4, "°") == "−4° (−9 to 1)"
    assert words.interval_text(None, 1.0, 2.0, "°") == "–"


def test_a_share_of_the_bend_is_said_from_none_to_all_of_it() -> None:
    share = Measure("hip_share", "hip share", 1, 102.0, 80.0, 125.0, "%", "good", "")
    assert words.measure_text(share) == "100 % (80 to 100)"
    assert words.measure_text(replace(share, name="lumbar_share")) == "100 % (80 to 100)"
    assert words.measure_text(replace(share, name="lumbar_of_own_maximum")) == "102 % (80 to 125)"


def test_reference_is_said_in_a_sentence() -> None:
    still = Reference("still", "still", 0.5, 2.5, 88.0, 165.0)
    assert "0.5 to 2.5 s" in words.reference_text(still)
    assert words.reference_text(replace(still, start_s=None)).endswith("own still stand.")
    none = Reference("none", "none", None, None, None, None)
    assert "wider interval" in words.reference_text(none)
    assert "hip path is not told" in words.reference_text(none)


def test_of_a_clip_without_anybody_the_reason_stands_once() -> None:
    why = "No person was found for long enough: film one person, head to feet, in good light."
    made = fake_assessment(outcome="cannot_tell")
    check = replace(made.quality[0], label="person in the picture", grade="cannot_tell", affects=("all",), advice=why)
    verdict = replace(made.verdict, not_told=(f"person in the picture: {why}", f"even reps: {why}", "knees: Hidden."))
    lines = words.untold_lines(replace(made, verdict=verdict, quality=(check,)))
    assert lines == [f"Person in the picture: {why}", "Knees: Hidden."]
    seen = words.untold_lines(replace(made, verdict=verdict, quality=()))
    assert seen == [f"Person in the picture, even reps: {why}", "Knees: Hidden."]
