"""The coach's page as a person uses it, against a server and a pose source that do what the test says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.browser.running import Running
from tests.browser.scripted import Script
from tests.web.live.people import begin_session

pytestmark = pytest.mark.browser

_SUMMARY: dict[str, Any] = {
    "stored": True,
    "session": "s1",
    "outcome": "hinge",
    "headline": "A hinge: the hips did most of the moving.",
    "cue": "",
    "praise": "Lovely: keep this.",
    "note": "",
    "reps": [
        {"number": 1, "grade": "pass", "depth_deg": 68.0, "lumbar": {"value": 12.2, "lo": 6.0, "hi": 18.4}},
        {"number": 2, "grade": "cannot_tell", "depth_deg": 66.0, "lumbar": None},
    ],
    "measures": {
        "lumbar_flexion": {"label": "lumbar flexion", "unit": "°", "value": -3.2, "lo": -9.0, "hi": 3.0},
        "foot_slide": {"label": "foot slide", "unit": "FL", "value": -0.001, "lo": 0.0, "hi": 0.1},
        "hip_back": {"label": "hip travel back", "unit": "FL", "value": 0.62, "lo": 0.5, "hi": 0.74},
    },
    "next": {"action": "again", "reason": "One more set of eight."},
}


_SLOW: dict[str, Any] = {
    "stored": False,
    "outcome": "cannot_tell",
    "headline": "This device was too slow for live coaching.",
    "cue": "",
    "praise": "",
    "note": "It followed about 3 pictures a second, and coaching needs 8 or more.",
    "reps": [],
    "measures": {},
    "next": {"action": "film", "reason": "Send a film instead."},
}


@pytest.fixture
def page(chromium: Any, server: Running) -> Iterator[Any]:
    """A phone that lies open at the live coach of somebody whose session is open; errors of the page fail the test."""
    person = begin_session(server.store)
    context = chromium.new_context(viewport={"width": 390, "height": 844}, permissions=["camera"])
    found = context.new_page()
    found.set_default_timeout(15_000)
    found.coach = f"{server.url}/p/{person.id}/coach"
    found.troubles = []
    found.on("pageerror", lambda error: found.troubles.append(str(error)))
    found.on("console", lambda told: told.type == "error" and found.troubles.append(told.text))
    yield found
    context.close()
    assert found.troubles == []


def begin(page: Any, *, drill: str = "free_hinge", script: Script | None = None) -> Script:
    """Open the page and press start."""
    script = script or Script(page)
    page.goto(f"{page.coach}?drill={drill}")
    page.click("[data-action=start]")
    page.wait_for_selector("[data-part=live]:not([hidden])")
    return script


def shown(page: Any, name: str) -> str:
    """What stands in a part of the page, where it is shown."""
    place = page.locator(f"[data-{name}]")
    return place.inner_text().strip() if place.is_visible() else ""


def wait_for(page: Any, name: str, text: str) -> None:
    page.locator(f"[data-{name}]").filter(has_text=re.compile(text)).wait_for()


def until(page: Any, come: Callable[[], bool]) -> None:
    """Let the page go on, picture by picture, until something has come about."""
    for _ in range(600):
        if come():
            return
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done(null)))")
    pytest.fail("it did not come about")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1920])
def test_set_up_holds_no_barrier(page: Any, axe: Callable[[Any], Sequence[str]], scheme: str, width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{page.coach}?drill=wall_hinge")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_set_from_the_first_tap_to_the_summary(page: Any, axe: Callable[[Any], Sequence[str]]) -> None:
    origins: set[str] = set()
    page.on("request", lambda request: origins.add("/".join(request.url.split("/")[:3])))
    script = begin(page)
    script.phase(
        "view", show="Step back until I see your feet", advice=["Step back until I see your feet", "More light"]
    )
    wait_for(page, "headline", "Step back until I see your feet")
    assert shown(page, "more") == "More light"
    script.phase("stand", show="Stand still", countdown_s=2.4)
    wait_for(page, "headline", "^3$")
    for _ in range(4):
        script.frame()
    script.phase("moving", mirror=True, show="Bend when you are ready")
    wait_for(page, "headline", "Bend when")
    assert page.evaluate("__source.mirror") is True
    script.bend()
    script.say("rep", number=1, grade="pass", depth_deg=68, lumbar=None, say="One", show="Rep 1 counts")
    script.say("praise", say="Lovely.", show="Lovely: your hips did the moving.")
    wait_for(page, "headline", "Lovely")
    assert axe(page) == []
    assert shown(page, "count").startswith("1")
    page.click("[data-action=stop]")
    page.wait_for_selector("[data-part=waiting]:not([hidden])")
    until(page, lambda: [one["name"] for one in script.commands] == ["start", "stop"])
    script.say("summary", **_SUMMARY)
    wait_for(page, "result", "A hinge")
    assert [line.split()[2] for line in page.locator("[data-reps] li").all_inner_texts()] == ["counts", "could"]
    measured = page.locator("[data-measures] dd").all_inner_texts()
    assert measured[:2] == ["−3° (−9 to 3)", "0.62 (0.50 to 0.74) foot lengths"]
    page.click("[data-more-measures] summary")
    assert shown(page, "other-measures") == "Foot slide\n0.00 (0.00 to 0.10) foot lengths"
    assert shown(page, "next") == "One more set of eight."
    assert page.get_by_role("link", name="Tell how it felt").get_attribute("href").endswith("/feel?drill=free_hinge")
    assert page.get_by_role("link", name="See this session").get_attribute("href").endswith("/sessions/s1")
    assert axe(page) == []
    assert page.evaluate("document.querySelector('video').srcObject") is None
    assert len(origins) == 1
    assert script.wishes == [{"drill": "free_hinge", "label": "", "variant": "", "load_kg": None, "wall": None}]


def test_the_meter_tells_depth_and_back_to_eyes_and_ears(page: Any) -> None:
    script = begin(page)
    script.stand()
    for back, text in (("flat", "keeps"), ("near", "starts to curl"), ("past", "curling"), ("unknown", "not seen")):
        script.meter(0.83, back=back)
        wait_for(page, "back", text)
        bar = page.locator("[data-meter]")
        assert bar.get_attribute("data-back") == back
        assert bar.get_attribute("aria-valuenow") == "83"
        assert bar.get_attribute("aria-valuetext").startswith("80 percent of the way. Back")
    script.meter(0.83, back="unjudged")
    until(page, lambda: bar.get_attribute("data-back") == "unjudged")
    assert bar.get_attribute("aria-valuetext") == "80 percent of the way."
    assert not page.locator("[data-back-text]").is_visible()


def test_nothing_is_lost_while_the_connection_is_away(page: Any) -> None:
    script = begin(page)
    script.stand()
    script.bend()
    until(page, lambda: script.next_seq == 17)
    sent = script.next_seq
    script.cut(away=True)
    wait_for(page, "link", "nothing is lost")
    script.bend()
    assert script.next_seq == sent
    script.away = False
    page.locator("[data-link]").wait_for(state="hidden")
    page.click("[data-action=recalibrate]")
    until(page, lambda: len(script.commands) == 2)
    assert script.next_seq == sent + 12
    assert [one["after_seq"] for one in script.commands] == [0, script.next_seq]


def test_the_end_of_a_set_waits_for_the_connection(page: Any) -> None:
    script = begin(page)
    script.stand()
    script.cut(away=True)
    wait_for(page, "link", "nothing is lost")
    page.click("[data-action=stop]")
    wait_for(page, "waiting-text", "Leave this page open")
    script.away = False
    wait_for(page, "waiting-text", "read again from start to end")
    until(page, lambda: [one["name"] for one in script.commands] == ["start", "stop"])
    script.say("summary", **_SUMMARY)
    wait_for(page, "result", "A hinge")


def test_a_reload_goes_on_with_the_set(page: Any) -> None:
    script = begin(page)
    script.stand()
    script.bend()
    before = script.next_seq
    page.reload()
    page.wait_for_selector("[data-part=live]:not([hidden])")
    script.time_s = 0.0
    script.frame()
    script.frame()
    until(page, lambda: script.next_seq == before + 2)
    assert len(script.wishes) == 1
    assert [one["name"] for one in script.commands] == ["start"]
    kept = page.evaluate("JSON.parse(sessionStorage.getItem('hiphinge.live'))")
    assert kept["live"] == "a" * 32


def test_taken_over_by_another_device_and_taken_back(page: Any, axe: Callable[[Any], Sequence[str]]) -> None:
    script = begin(page)
    script.stand()
    script.frame()
    script.cut(code=4001)
    wait_for(page, "trouble-title", "goes on elsewhere")
    assert axe(page) == []
    page.click("[data-action=retry]")
    page.wait_for_selector("[data-part=live]:not([hidden])")
    assert (script.connections, len(script.wishes)) == (2, 1)


def test_the_first_good_rep_becomes_the_ghost_and_can_be_forgotten(page: Any) -> None:
    script = begin(page)
    script.stand()
    script.bend()
    script.say("rep", number=1, grade="miss", depth_deg=60, lumbar=None, say="One", show="")
    script.bend()
    assert page.evaluate("localStorage.length") == 1  # the choices
    script.say("rep", number=2, grade="pass", depth_deg=60, lumbar=None, say="Two", show="")
    script.frame(30)
    script.frame(42)
    wait_for(page, "ghost-text", "Your first one")
    for width, height in ((1920, 1080), (768, 1024), (360, 640)):
        page.set_viewport_size({"width": width, "height": height})
        script.frame(30)
        script.frame(42)
        wait_for(page, "ghost-text", "Your first one")
        right = "document.querySelector('{}').getBoundingClientRect().right"
        beside = page.evaluate(f"{right.format('[data-video]')} - {right.format('[data-ghost-text]')}")
        assert beside >= 4, f"the label lies across the picture's edge at {width} px"
    keys = page.evaluate("Object.keys(localStorage)")
    assert any(key.endswith(".free_hinge") for key in keys)
    page.reload()
    page.wait_for_selector("[data-part=live]:not([hidden])")
    script.say("summary", **_SUMMARY)
    wait_for(page, "result", "A hinge")
    page.reload()
    page.click("[data-action=forget]")
    assert not any(key.endswith(".free_hinge") for key in page.evaluate("Object.keys(localStorage)"))


def test_keys_alone_are_enough(page: Any) -> None:
    script = Script(page)
    page.goto(f"{page.coach}?drill=free_hinge")
    page.locator("[data-action=start]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-part=live]:not([hidden])")
    assert page.evaluate("document.activeElement.id") == "coach-live-title"
    tone = page.locator(".coach-bar [data-action=tone]")
    page.keyboard.press("m")
    assert tone.get_attribute("aria-pressed") == "false"
    page.keyboard.press("m")
    assert tone.get_attribute("aria-pressed") == "true"
    page.keyboard.press("v")
    assert page.locator(".coach-bar [data-action=voice]").get_attribute("aria-pressed") == "false"
    # Nothing under the set can be reached.
    reached = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "document.activeElement.closest('.coach-live') !== null || document.activeElement === document.body"
            )
        )
    assert reached == {True}
    page.locator("[data-action=stop]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-part=waiting]:not([hidden])")
    script.say("summary", **_SUMMARY)
    wait_for(page, "result", "A hinge")
    assert page.evaluate("document.activeElement.id") == "coach-after-title"


def test_choices_hold_until_the_next_time(page: Any) -> None:
    page.goto(page.coach)
    page.uncheck("[data-tone]")
    page.check("[data-plain]")
    page.locator("[data-volume]").fill("25")
    page.reload()
    assert (page.is_checked("[data-tone]"), page.is_checked("[data-plain]")) == (False, True)
    assert page.locator("[data-volume]").input_value() == "25"


def test_without_a_voice_of_the_device_words_are_shown(page: Any) -> None:
    page.goto(page.coach)
    assert page.evaluate("speechSynthesis.getVoices().filter((voice) => voice.localService).length") == 0
    wait_for(page, "no-voice", "no voice of its own")
    assert page.is_disabled("[data-voice]")


def test_only_the_person_knows_whether_the_wall_was_touched(page: Any, axe: Callable[[Any], Sequence[str]]) -> None:
    script = begin(page, drill="wall_hinge")
    script.stand()
    page.click("[data-action=stop]")
    page.wait_for_selector("[data-part=asking]:not([hidden])")
    assert axe(page) == []
    page.get_by_label("Yes", exact=True).check()
    page.click("[data-asking] button")
    page.wait_for_selector("[data-part=waiting]:not([hidden])")
    until(page, lambda: len(script.commands) == 2)
    assert script.commands[-1]["value"] == {"touched": True}


def test_the_wall_is_placed_in_the_picture_as_the_person_sees_it(page: Any) -> None:
    script = Script(page)
    page.goto(f"{page.coach}?drill=wall_hinge")
    page.click("[data-action=preview]")
    page.wait_for_selector("[data-preview]:not([hidden])")
    page.locator("[data-preview-video]").scroll_into_view_if_needed()
    box = page.locator("[data-preview-video]").bounding_box()
    page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.3 * box["height"])
    assert float(page.locator("[data-wall]").input_value()) == pytest.approx(25, abs=1)
    page.click("[data-action=start]")
    page.wait_for_selector("[data-part=live]:not([hidden])")
    # The picture is shown as in a mirror; the server counts as the camera sees.
    assert script.wishes[0]["wall"] == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize(
    ("code", "title"),
    [("denied", "not allowed"), ("missing", "No camera"), ("busy", "did not start"), ("insecure", "secure page")],
)
def test_no_camera_is_told_kindly(page: Any, axe: Callable[[Any], Sequence[str]], code: str, title: str) -> None:
    page.add_init_script(f"globalThis.__camera = {code!r}")
    Script(page)
    page.goto(page.coach)
    page.click("[data-action=start]")
    wait_for(page, "trouble-title", title)
    assert page.get_by_role("link", name="Send a film instead").is_visible()
    assert page.evaluate("document.activeElement.id") == "coach-trouble-title"
    assert axe(page) == []
    page.evaluate("globalThis.__camera = null")
    page.click("[data-action=retry]")
    page.wait_for_selector("[data-part=live]:not([hidden])")


def test_of_a_set_that_is_not_kept_nobody_is_asked_how_it_felt(page: Any, axe: Callable[[Any], Sequence[str]]) -> None:
    script = begin(page)
    script.stand()
    page.click("[data-action=stop]")
    page.wait_for_selector("[data-part=waiting]:not([hidden])")
    script.say("summary", **_SLOW)
    wait_for(page, "result", "too slow")
    assert "3 pictures a second" in shown(page, "result-note")
    assert shown(page, "next") == "Send a film instead."
    assert not page.locator("[data-feel]").is_visible()
    assert "felt" not in page.locator("[data-part=summary]").inner_text()
    assert page.locator("[data-film]").is_visible()
    assert axe(page) == []
    page.click("[data-film]")
    page.wait_for_url("**/upload?drill=free_hinge")


def test_a_slow_device_may_go_on(page: Any) -> None:
    page.add_init_script("globalThis.__fps = 3")
    Script(page)
    page.goto(page.coach)
    page.click("[data-action=start]")
    wait_for(page, "trouble-title", "a little slow")
    assert not page.locator("[data-action=retry]").is_visible()
    assert not page.locator("[data-action=frames]").is_visible()  # the owner of this server does not allow it
    page.click("[data-action=anyway]")
    page.wait_for_selector("[data-part=live]:not([hidden])")
    page.evaluate("__source.onStatus({ state: 'slow', fps: 3 })")
    wait_for(page, "slow", "falls behind")


def test_where_the_owner_allows_it_a_slow_device_sends_pictures(page: Any, server: Running) -> None:
    server.app.state.hiphinge.settings = replace(server.app.state.hiphinge.settings, live_frames=True)
    page.add_init_script("globalThis.__fps = 3")
    script = Script(page)
    page.goto(page.coach)
    page.click("[data-action=start]")
    page.click("[data-action=frames]")
    page.wait_for_selector("[data-part=live]:not([hidden])")
    script.phase("view", show="Stand side-on")
    until(page, lambda: len(script.pictures) >= 2)
    script.say("mirror", on=True)
    until(page, lambda: script.pictures[-1][1] == 1)
    times = [time_s for time_s, _ in script.pictures]
    assert times == sorted(set(times))


def test_pain_is_asked_after_a_screen(page: Any, axe: Callable[[Any], Sequence[str]]) -> None:
    script = begin(page, drill="toe_touch")
    script.stand()
    page.click("[data-action=stop]")
    page.wait_for_selector("[data-part=asking]:not([hidden])")
    assert axe(page) == []
    page.get_by_label("2", exact=True).check()
    page.click("[data-asking] button")
    until(page, lambda: len(script.commands) == 2)
    assert script.commands[-1]["value"] == {"pain": 2}
    script.say("summary", **_SUMMARY)
    wait_for(page, "result", "A hinge")
    assert not page.locator("[data-feel]").is_visible()


def test_a_worker_that_ends_keeps_the_set(page: Any) -> None:
    script = begin(page)
    script.stand()
    script.frame()
    page.evaluate("__source.onStatus({ state: 'failed', code: 'model' })")
    wait_for(page, "trouble-title", "stopped looking")
    page.click("[data-action=retry]")
    page.wait_for_selector("[data-part=live]:not([hidden])")
    assert (script.connections, len(script.wishes)) == (2, 1)


def test_a_refusal_is_told_in_the_servers_words(page: Any) -> None:
    told = {"what": "No session of today is open.", "expected": "", "next_step": "Begin one on today's page."}
    Script(page, status=409, answer=told)
    page.goto(page.coach)
    page.click("[data-action=start]")
    wait_for(page, "trouble-text", "No session of today is open")
    assert shown(page, "trouble-next") == "Begin one on today's page."
    page.troubles.clear()  # Chromium logs every answer of 400 and above


def test_a_fatal_error_ends_the_set_and_a_mild_one_does_not(page: Any) -> None:
    script = begin(page)
    script.stand()
    script.say("error", what="Odd.", expected="", next_step="Go on.", fatal=False)
    wait_for(page, "headline", "Go on")
    script.say("error", what="It broke.", expected="", next_step="Wait a minute.", fatal=True)
    wait_for(page, "trouble-text", "It broke")


def test_a_still_and_a_clip_without_a_face_are_made_here(page: Any) -> None:
    script = begin(page)
    script.stand()
    script.bend()
    script.say("rep", number=1, grade="pass", depth_deg=68, lumbar=None, say="One", show="")
    page.click("[data-action=stop]")
    page.wait_for_selector("[data-part=waiting]:not([hidden])")
    script.say("summary", **_SUMMARY)
    wait_for(page, "result", "A hinge")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_download() as still:
        page.click("[data-action=still]")
    assert still.value.suggested_filename == "hip-hinge.png"
    assert still.value.path().read_bytes()[:4] == b"\x89PNG"
    with page.expect_download() as clip:
        page.click("[data-action=clip]")
    data = clip.value.path().read_bytes()
    assert len(data) > 2_000
    assert data[:4] == b"\x1aE\xdf\xa3" or data[4:8] == b"ftyp"
    assert [url for url in asked if not url.startswith("blob:")] == []


def test_reduced_motion_shows_still_pictures(page: Any) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(page.coach)
    assert ".loop." not in page.evaluate("document.querySelector('.coach-picture').currentSrc")


def test_a_stop_in_force_starts_nothing(page: Any, server: Running) -> None:
    from hiphinge.program import load_program
    from hiphinge.service.desk import Desk

    desk = Desk(server.store, load_program(None))
    person = server.store.people()[0]
    desk.answer_red_flags(person, {flag.id: flag.id == "bladder" for flag in desk.program.red_flags})
    page.goto(page.coach)
    assert page.is_disabled("[data-action=start]")
    assert page.get_by_role("alert").is_visible()
