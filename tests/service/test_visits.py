"""A ten-minute appointment: how far it is, and the page that it comes to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hiphinge.errors import RecordConflict
from hiphinge.program.history import Intake
from hiphinge.report.program.visit import render_visit_pdf, visit_view
from hiphinge.service.visits import begin_visit, read_visit, visit_page
from tests.service.clinic import Clinic


@pytest.fixture
def clinic(tmp_path) -> Iterator[Clinic]:
    with Clinic.opened(tmp_path) as found:
        yield found


def test_it_goes_from_the_usual_bend_to_the_page(clinic: Clinic) -> None:
    guest = begin_visit(clinic.desk, "", pain=2)
    assert (guest.name, guest.guest) == ("Guest", True)
    assert any(isinstance(one, Intake) and one.pain == 2 for one in clinic.desk.history(guest).events)
    assert read_visit(clinic.desk, guest).step == "usual"
    clinic.film(guest, "toe_touch", "round", label="usual", pain=3, n_reps=2)
    assert read_visit(clinic.desk, guest).step == "coach"
    clinic.film(guest, "free_hinge", "good", n_reps=3)
    assert read_visit(clinic.desk, guest).step == "coached"
    clinic.film(guest, "free_hinge", "good", label="coached", pain=1, n_reps=2)
    visit = read_visit(clinic.desk, guest)
    assert (visit.step, visit.open) == ("page", True)


def test_coaching_by_hand_may_leave_the_camera_out(clinic: Clinic) -> None:
    guest = begin_visit(clinic.desk, "Kim", pain=0)
    clinic.film(guest, "toe_touch", "round", label="usual", pain=0, n_reps=2)
    clinic.film(guest, "free_hinge", "good", label="coached", pain=0, n_reps=2)
    assert read_visit(clinic.desk, guest).step == "page"


def test_the_page_says_both_bends_one_sentence_and_one_next_step(clinic: Clinic) -> None:
    guest = begin_visit(clinic.desk, "Kim", pain=3)
    clinic.film(guest, "toe_touch", "round", label="usual", pain=4, n_reps=2)
    clinic.film(guest, "free_hinge", "good", label="coached", pain=1, n_reps=2)
    page = visit_page(clinic.desk, guest, read_visit(clinic.desk, guest), by="Dr Lee")
    assert "bent 30° less" in page.sentence
    assert page.cue
    assert page.next_step.startswith("Wall hinge, 3 x ")
    view = visit_view(page)
    assert view["eyebrow"].startswith("Kim · 2 March 2026")
    rows = {row["label"]: row["cells"] for row in view["rows"]}
    assert rows["Pain while doing it"] == ["4 of 10", "1 of 10"]
    assert rows["Lumbar flexion at the bottom"] == ["43° (32 to 53)", "13° (4 to 22)"]
    assert view["asked"] == [
        "Pain at rest, before: 3 of 10.",
        "Safety questions, 2 March 2026: no to all 17 (a no does not clear anyone).",
    ]
    assert all("<svg" in side["svg"] for side in view["sides"])
    assert len({side["svg"].split('id="')[1].split('"')[0] for side in view["sides"]}) == 2
    assert "Research and education" in view["notice"]
    pdf = render_visit_pdf(page)
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") in (0, 1)


def test_a_clip_without_recording_is_told_without_a_drawing(clinic: Clinic) -> None:
    guest = begin_visit(clinic.desk, "Kim", pain=0)
    clinic.film(guest, "toe_touch", "round", label="usual", n_reps=2, recorded=False)
    clinic.film(guest, "free_hinge", "good", label="coached", n_reps=2)
    page = visit_page(clinic.desk, guest, read_visit(clinic.desk, guest))
    assert (page.usual.svg, bool(page.coached.svg)) == ("", True)
    assert render_visit_pdf(page).startswith(b"%PDF")


def test_a_yes_stops_and_without_both_bends_there_is_no_page(clinic: Clinic) -> None:
    guest = begin_visit(clinic.desk, "Kim", pain=0, yes=["bladder"])
    visit = read_visit(clinic.desk, guest)
    assert not visit.open
    assert clinic.desk.decide(guest).action == "stop_now"
    with pytest.raises(RecordConflict, match="Both bends"):
        visit_page(clinic.desk, guest, visit)
    with pytest.raises(RecordConflict, match="no session"):
        read_visit(clinic.desk, clinic.desk.add_person("Nobody yet"))
