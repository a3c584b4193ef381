from dataclasses import replace

import numpy as np
import pytest

from hiphinge.errors import OutputError
from hiphinge.model import Frame, Wall
from hiphinge.report.draw import finite_runs, measure_text, smooth_run, wrap_text
from hiphinge.report.layout import choose_layout
from hiphinge.report.overlay import MAX_SIDE_PX, OverlayPainter, write_overlay
from hiphinge.report.palette import AMBER, HIP, INK, MAGENTA, SOFT, TEAL, VIOLET, flexion_colour
from hiphinge.spine.profile import back_curve_px
from hiphinge.video import RgbPicture, open_video
from tests.report.fakes import fake_assessment, fake_frames

GREY = 128
BOTTOM, STANDING, GAP_ROW, HIDDEN_BACK = 96, 20, 195, 161


def blank(assessment, width=None, height=None):
    video = assessment.video
    return np.full((height or video.height_px, width or video.width_px, 3), GREY, np.uint8)


def paint(assessment, row, **size):
    return OverlayPainter(assessment).paint(blank(assessment, **size), row)


def near(rgb, point, colour, reach=3, tolerance=30):
    x, y = (round(float(part)) for part in point)
    part = rgb[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1].astype(int)
    return bool((np.abs(part - colour).max(axis=-1) <= tolerance).any())


def hip_px(assessment, row):
    hip = assessment.evidence.pose.keypoints_px[row, 23:25].mean(axis=0)
    return np.array([assessment.video.width_px - hip[0], hip[1]]) if assessment.facing == "left" else hip


def test_colours_run_from_teal_over_amber_to_magenta():
    assert flexion_colour(0.0) == TEAL
    assert flexion_colour(27.5) == AMBER
    assert flexion_colour(60.0) == MAGENTA
    assert flexion_colour(-30.0) == VIOLET
    assert flexion_colour(float("nan")) == SOFT
    assert flexion_colour(30.0, pass_deg=40.0, fail_deg=60.0) != flexion_colour(30.0)


def test_colours_differ_in_brightness_too():
    weights = np.array([0.2126, 0.7152, 0.0722])
    teal, amber, magenta = (float(np.array(colour) @ weights) for colour in (TEAL, AMBER, MAGENTA))
    assert amber > teal + 25 > magenta + 50


@pytest.mark.parametrize("facing", ["left", "right"])
def test_drawn_where_the_person_is_in_the_picture(facing):
    assessment = fake_assessment(facing)
    rgb = paint(assessment, BOTTOM)
    assert near(rgb, hip_px(assessment, BOTTOM), HIP)
    curve = back_curve_px(assessment.evidence.pose, assessment.evidence.profile, BOTTOM)[15]
    if facing == "left":
        curve[0] = assessment.video.width_px - curve[0]
    assert near(rgb, curve, TEAL)


def test_back_takes_the_colour_of_the_flexion():
    assessment = fake_assessment(outcome="spine")
    curve = back_curve_px(assessment.evidence.pose, assessment.evidence.profile, BOTTOM)[15]
    assert near(paint(assessment, BOTTOM), curve, MAGENTA)
    standing = back_curve_px(assessment.evidence.pose, assessment.evidence.profile, STANDING)[15]
    assert near(paint(assessment, STANDING), standing, TEAL)


def test_hidden_stations_are_not_drawn():
    assessment = fake_assessment()
    evidence = assessment.evidence
    shown = evidence.profile.dorsal_ratio.copy()
    shown[HIDDEN_BACK] = shown[HIDDEN_BACK - 40]  # where the hidden part would have been
    whole = replace(evidence.profile, dorsal_ratio=shown, hidden=np.zeros_like(evidence.profile.hidden))
    places = back_curve_px(evidence.pose, whole, HIDDEN_BACK)[17:23]
    rgb = paint(assessment, HIDDEN_BACK)
    assert all((rgb[int(y), int(x)] == GREY).all() for x, y in places)


def test_frame_without_a_person_shows_no_figure_and_holds_no_value():
    assessment = fake_assessment()
    painter = OverlayPainter(assessment)
    painter.paint(blank(assessment), GAP_ROW - 10)  # values that must not be held
    seen = painter.paint(blank(assessment), GAP_ROW)
    fresh = paint(assessment, GAP_ROW)
    np.testing.assert_array_equal(seen, fresh)
    assert not near(seen, hip_px(assessment, GAP_ROW - 10) - np.array([0, 120]), HIP, reach=60)
    # The panel is the one of a clip of which nothing is told, header apart.
    nothing = fake_assessment(outcome="cannot_tell")
    layout = painter._stage(1280, 720).layout
    left, top, width, height = layout.card
    rows, columns = slice(top + 50, top + height), slice(left, left + width)
    np.testing.assert_array_equal(seen[rows, columns], paint(nothing, GAP_ROW)[rows, columns])


def test_rows_differ_in_the_panel_by_their_values():
    assessment = fake_assessment()
    left, top, width, height = OverlayPainter(assessment)._stage(1280, 720).layout.card
    one, two = (paint(assessment, row)[top : top + height, left : left + width] for row in (80, 96))
    assert (one != two).any()


def test_door_stands_at_the_seat_of_the_still_stand():
    assessment = fake_assessment()
    x = round(float(assessment.evidence.profile.seat_px[STANDING, 0]))
    column = paint(assessment, BOTTOM)[150:640, x]
    assert 0.3 < (column == INK).all(axis=-1).mean() < 0.7  # dashes
    without = fake_assessment(positions="none")
    assert not (paint(without, BOTTOM)[150:640, x] == INK).all(axis=-1).any()


def test_door_is_mirrored_for_a_person_who_faces_left():
    assessment = fake_assessment("left")
    x = 1280 - round(float(assessment.evidence.profile.seat_px[STANDING, 0]))
    assert (paint(assessment, BOTTOM)[150:640, x] == INK).all(axis=-1).mean() > 0.3


@pytest.mark.parametrize(
    ("row", "header"),
    [
        (STANDING, "Standing"),
        (70, "Rep 1 of 2 · going down"),
        (96, "Rep 1 of 2 · bottom"),
        (120, "Rep 1 of 2 · coming up"),
        (150, "Rep 2 of 2 · going down"),
        (GAP_ROW, "Cannot tell: nobody seen"),
    ],
)
def test_header_names_rep_and_phase(row, header):
    assert OverlayPainter(fake_assessment())._header(row) == header


def test_cue_is_shown_after_the_first_rep_and_at_the_end():
    assessment = fake_assessment(n_frames=900, outcome="spine")
    shown = OverlayPainter(assessment)._cue_rows
    first, last = assessment.reps
    assert not shown[: first.end_frame].any()
    assert shown[first.end_frame : first.end_frame + 119].all()
    assert not shown[first.end_frame + 121 : last.end_frame - 5].any()
    assert shown[last.end_frame :].all()
    row = first.end_frame + 5
    assert (paint(assessment, row)[620:710, 400:900] != GREY).mean() > 0.3
    assert (paint(assessment, first.start_frame - 3)[690:718, 800:1200] == GREY).all()


def test_cannot_tell_shows_its_advice_all_along():
    assert OverlayPainter(fake_assessment(outcome="cannot_tell"))._cue_rows.all()


def test_portrait_moves_the_numbers_below_the_picture():
    assessment = fake_assessment(width_px=404, height_px=720)
    painter = OverlayPainter(assessment)
    width, height = painter.painted_size_px(404, 720)
    rgb = painter.paint(blank(assessment), BOTTOM)
    assert rgb.shape == (height, width, 3)
    assert width == 404
    assert 840 < height < 960
    assert height % 2 == 0


def test_card_goes_to_the_corner_that_hides_nobody():
    rng = np.random.default_rng(0)
    person = rng.uniform((40, 40), (500, 700), (300, 2))
    layout = choose_layout(1280, 720, person)
    assert layout.strip_px == 0
    assert layout.card[0] > 700
    everywhere = rng.uniform((0, 0), (1280, 720), (300, 2))
    assert choose_layout(1280, 720, everywhere).strip_px > 0
    assert choose_layout(1280, 720, np.full((4, 2), np.nan)).strip_px == 0


@pytest.mark.parametrize("size", [(640, 360), (1280, 720), (3840, 2160), (360, 640), (480, 480), (2160, 3840)])
def test_layout_stays_inside_every_size(size):
    person = np.array([[size[0] * 0.5, size[1] * 0.5]])
    layout = choose_layout(*size, person)
    left, top, width, height = layout.card
    assert left >= 0
    assert left + width <= size[0]
    assert top >= 0
    assert top + height <= size[1] + layout.strip_px
    for number, (cell_left, cell_top, cell_right) in enumerate(layout.cells):
        assert cell_right - cell_left > measure_text("Lumbar flexion −28° ±12", 20 * layout.unit), number
        assert cell_top + 50 * layout.unit < top + height
        assert cell_right <= left + width


@pytest.mark.parametrize("size", [(640, 360), (3840, 2160), (360, 640)])
def test_paints_at_any_size(size):
    assessment = fake_assessment(width_px=size[0], height_px=size[1])
    rgb = paint(assessment, BOTTOM)
    assert near(rgb, hip_px(assessment, BOTTOM), HIP)


def test_picture_smaller_than_the_video_is_drawn_to_scale():
    assessment = fake_assessment()
    rgb = paint(assessment, BOTTOM, width=640, height=360)
    assert near(rgb, hip_px(assessment, BOTTOM) / 2, HIP)


def test_needs_evidence():
    with pytest.raises(ValueError, match="evidence"):
        OverlayPainter(replace(fake_assessment(), evidence=None))


def test_picture_without_a_row_gets_the_empty_panel():
    assessment = fake_assessment()
    rgb = paint(assessment, None)
    left, top, width, height = OverlayPainter(assessment)._stage(1280, 720).layout.card
    rgb[top : top + height, left : left + width] = GREY
    assert (rgb == GREY).all()


def test_lines_break_at_gaps_and_smoothing_keeps_them():
    points = np.column_stack([np.arange(12.0), np.arange(12.0) ** 2])
    points[5] = np.nan
    assert finite_runs(points) == [(0, 5), (6, 12)]
    smooth = smooth_run(points)
    assert np.isnan(smooth[5]).all()
    assert np.isfinite(np.delete(smooth, 5, axis=0)).all()
    np.testing.assert_array_equal(smooth[[0, 4, 6, 11]], points[[0, 4, 6, 11]])
    np.testing.assert_allclose(smooth[1:4, 0], points[1:4, 0], atol=0.4)


def test_long_text_is_wrapped_at_words():
    text = "Make your back a long table top; stop where it starts to curl."
    lines = wrap_text(text, 28, 400, bold=True)
    assert " ".join(lines) == text
    assert len(lines) > 1
    assert all(measure_text(line, 28, bold=True) <= 400 for line in lines)


def test_written_video_keeps_the_timing(tmp_path):
    assessment = fake_assessment("left", 40, "spine", width_px=320, height_px=240)
    times = np.cumsum([0.0, *([0.02, 0.05, 0.033] * 13)]).tolist()
    frames = [
        Frame(frame.index, 3.0 + time_s, frame.picture)
        for frame, time_s in zip(fake_frames(assessment), times, strict=True)
    ]
    done = []
    write_overlay(assessment, frames, tmp_path / "overlay.mp4", done.append)
    assert done == list(range(1, 41))
    with open_video(tmp_path / "overlay.mp4") as video:
        written = list(video.frames())
        assert video.info.codec == "h264"
        assert video.info.width_px == 320
    np.testing.assert_allclose([frame.time_s for frame in written], times, atol=1e-4)


def test_written_video_is_at_most_1280_long(tmp_path):
    assessment = fake_assessment(n_frames=4, width_px=2560, height_px=1438)
    write_overlay(assessment, fake_frames(assessment), tmp_path / "overlay.mp4")
    info = open_video(tmp_path / "overlay.mp4").info
    assert (info.width_px, info.height_px) == (MAX_SIDE_PX, 720)


def test_source_pictures_are_not_drawn_on(tmp_path):
    assessment = fake_assessment(n_frames=3, width_px=320, height_px=240)
    frames = list(fake_frames(assessment))
    before = [frame.picture.rgb().copy() for frame in frames]
    write_overlay(assessment, frames, tmp_path / "overlay.mp4")
    for frame, rgb in zip(frames, before, strict=True):
        np.testing.assert_array_equal(frame.picture.rgb(), rgb)


def test_frames_that_were_not_assessed_are_shown_all_the_same(tmp_path):
    assessment = fake_assessment(n_frames=6, width_px=320, height_px=240)
    extra = Frame(99, 0.5, RgbPicture(blank(assessment)))
    write_overlay(assessment, [*fake_frames(assessment), extra], tmp_path / "overlay.mp4")
    with open_video(tmp_path / "overlay.mp4") as video:
        assert len(list(video.frames())) == 7


def test_error_on_the_way_leaves_no_file(tmp_path):
    assessment = fake_assessment(n_frames=6, width_px=320, height_px=240)

    def broken():
        yield next(fake_frames(assessment))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_overlay(assessment, broken(), tmp_path / "overlay.mp4")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OutputError):
        write_overlay(assessment, fake_frames(assessment), tmp_path / "nowhere" / "overlay.mp4")


class TestWall:
    def place(self, facing="right"):
        a = fake_assessment(facing)
        seat = float(a.evidence.profile.seat_px[BOTTOM, 0])
        share = seat / a.video.width_px
        return replace(a, wall=Wall(1 - share if facing == "left" else share)), seat

    @pytest.mark.parametrize("facing", ["left", "right"])
    def test_the_wall_stands_where_it_was_given(self, facing):
        assessment, seat = self.place(facing)
        x = assessment.video.width_px - seat if facing == "left" else seat
        y = float(np.nanmean(assessment.evidence.profile.body_top_px)) + 60
        assert near(paint(assessment, STANDING), (x, y), HIP)
        assert not near(paint(replace(assessment, wall=None), STANDING), (x, y), HIP)

    def test_a_seat_at_the_wall_is_said(self):
        assessment, _ = self.place()
        far = replace(assessment, wall=Wall(assessment.wall.place_ratio - 0.15))
        seat = assessment.evidence.profile.seat_px[BOTTOM]
        beside = slice(round(seat[1]) - 40, round(seat[1]) - 8), slice(round(seat[0]) + 8, round(seat[0]) + 90)
        plain = paint(replace(assessment, wall=None), BOTTOM)[beside]
        assert (paint(assessment, BOTTOM)[beside] != plain).any()
        assert (paint(far, BOTTOM)[beside] == plain).all()

    def test_a_moving_camera_has_no_wall(self):
        assessment, _ = self.place()
        evidence = assessment.evidence
        moved = replace(evidence, camera=replace(evidence.camera, shift_ratio=evidence.camera.shift_ratio + 0.1))
        rgb = paint(replace(assessment, evidence=moved), STANDING)
        assert (rgb == paint(replace(assessment, wall=None), STANDING)).all()
