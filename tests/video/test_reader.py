import hashlib
import os
import threading

import av
import numpy as np
import pytest

from hiphinge.errors import HiphingeError, UsageError, VideoUnreadable, VideoUnsupported
from hiphinge.video import RgbPicture, YuvPicture, open_video
from hiphinge.video.reader import VideoReader
from tests import corrupt_files as corpus


def all_frames(path, **part):
    with open_video(path) as video:
        return list(video.frames(**part))


@pytest.mark.parametrize("name", corpus.REFUSED)
def test_refused_with_its_own_exit_code_and_advice(name, tmp_path):
    make, exit_code = corpus.REFUSED[name]
    path = make(tmp_path)
    with pytest.raises(HiphingeError) as caught:
        open_video(path)
    assert caught.value.exit_code == exit_code
    assert path.name in caught.value.what
    assert caught.value.next_step


def test_missing_file_names_a_similar_one(tmp_path):
    with pytest.raises(HiphingeError, match=r"Did you mean .*my_hinge\.mp4"):
        open_video(corpus.missing_file(tmp_path))


def test_missing_folder_is_said(tmp_path):
    with pytest.raises(HiphingeError, match="no folder"):
        open_video(tmp_path / "nowhere" / "a.mp4")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_unreadable_permission(tmp_path):
    path = corpus.one_frame(tmp_path)
    path.chmod(0)
    with pytest.raises(VideoUnreadable, match="may not be read"):
        open_video(path)


def test_heic_photograph_is_refused_with_advice(tmp_path):
    path = tmp_path / "IMG_1.HEIC"
    path.write_bytes(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(range(256)))
    with pytest.raises(VideoUnsupported, match="JPEG"):
        open_video(path)


def test_playlist_is_not_followed(tmp_path):
    path = tmp_path / "list.mp4"
    path.write_text("#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n")
    with pytest.raises(HiphingeError) as caught:
        open_video(path)
    assert caught.value.exit_code == 4


def test_info(tmp_path):
    path = corpus.write_video(tmp_path / "a.mp4", (corpus.pattern(i) for i in range(30)))
    info = open_video(path).info
    assert (info.name, info.width_px, info.height_px, info.codec) == ("a.mp4", 320, 240, "h264")
    assert info.duration_s == pytest.approx(1.0, abs=0.05)
    assert info.rate_hz == pytest.approx(30.0, abs=0.5)
    assert not info.is_photograph
    assert info.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("ahead", [0, 4])
def test_frames_in_order_with_the_streams_times(tmp_path, ahead):
    path, times = corpus.variable_rate(tmp_path)
    frames = all_frames(path, ahead=ahead)
    np.testing.assert_allclose([f.time_s for f in frames], times, atol=2e-5)
    assert [f.index for f in frames] == list(range(len(times)))


def test_times_count_from_the_first_picture_whatever_the_offset(tmp_path):
    path = corpus.write_video(tmp_path / "late.mkv", (corpus.pattern(i) for i in range(3)), times_s=[7.0, 7.1, 7.4])
    np.testing.assert_allclose([f.time_s for f in all_frames(path)], [0.0, 0.1, 0.4], atol=2e-3)


def test_part_is_half_open_and_keeps_the_index(tmp_path):
    path = corpus.write_video(tmp_path / "a.mp4", (corpus.pattern(i) for i in range(30)))
    frames = all_frames(path, start_s=0.2, end_s=0.5)
    assert [f.index for f in frames] == list(range(6, 15))
    with pytest.raises(UsageError, match="empty"):
        open_video(path).frames(0.5, 0.2)


def test_late_part_is_reached_through_a_keyframe_with_the_same_index(tmp_path):
    path = corpus.write_video(
        tmp_path / "long.mp4",
        (corpus.pattern(i) for i in range(250)),
        rate_hz=10,
        options={"preset": "veryfast", "g": "20", "bf": "2"},
    )
    whole = all_frames(path)
    part = all_frames(path, start_s=18.0, end_s=19.0)
    assert [f.index for f in part] == list(range(180, 190))
    for frame in part:
        assert frame.time_s == pytest.approx(whole[frame.index].time_s, abs=1e-6)
        np.testing.assert_array_equal(frame.picture.luma(), whole[frame.index].picture.luma())


@pytest.mark.parametrize(("turn_deg", "corner"), [(90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))])
def test_rotation_metadata(tmp_path, turn_deg, corner):
    path = corpus.rotated(tmp_path, turn_deg)
    with open_video(path) as video:
        frame = next(video.frames())
        size = (240, 320) if turn_deg % 180 else (320, 240)
        assert (video.info.width_px, video.info.height_px) == size
        assert (frame.picture.width_px, frame.picture.height_px) == size
        assert video.info.rotation_deg == turn_deg
    rgb = frame.picture.rgb()
    assert rgb.shape == (size[1], size[0], 3)
    patch = rgb[corner[0] * 15 + (5 if corner[0] == 0 else 0), corner[1] * 15 + (5 if corner[1] == 0 else 0)]
    assert patch.min() > 215  # the bright patch of the stored top left corner


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path, orientation):
    frame = all_frames(corpus.jpeg_with_orientation(tmp_path, orientation))[0]
    stored = corpus.pattern()
    expected = {
        1: stored,
        2: stored[:, ::-1],
        3: stored[::-1, ::-1],
        4: stored[::-1],
        5: stored.transpose(1, 0, 2),
        6: np.rot90(stored, -1),
        7: np.rot90(stored, 2).transpose(1, 0, 2),
        8: np.rot90(stored, 1),
    }[orientation]
    got = frame.picture.rgb()
    assert got.shape == expected.shape
    assert np.abs(got.astype(int) - expected.astype(int)).mean() < 4


@pytest.mark.parametrize("make", [corpus.png, corpus.webp, corpus.jpeg_with_orientation])
def test_photographs(tmp_path, make):
    with open_video(make(tmp_path)) as video:
        frames = list(video.frames())
        assert video.info.is_photograph
        assert video.info.duration_s is None
        assert len(frames) == len(video.sample(5)) == 1
        assert frames[0].time_s == 0.0


@pytest.mark.parametrize(
    ("make", "codec", "kind"),
    [
        (corpus.hevc_10bit, "hevc", YuvPicture),
        (corpus.vp9_webm, "vp9", YuvPicture),
        (corpus.gif, "gif", RgbPicture),
    ],
)
def test_phone_formats(tmp_path, make, codec, kind):
    path = make(tmp_path)
    with open_video(path) as video:
        assert video.info.codec == codec
    frames = all_frames(path)
    assert isinstance(frames[0].picture, kind)
    error = np.abs(frames[0].picture.rgb().astype(int) - corpus.pattern(0).astype(int)).mean()
    assert error < (20 if codec == "gif" else 6)


def test_pixels_that_are_not_square_are_made_square(tmp_path):
    path = tmp_path / "anamorphic.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30, options={"x264-params": "sar=4/3", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 240, 240, "yuv420p"
        for i in range(3):
            rgb = corpus.pattern(i, width_px=240)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        out.mux(stream.encode(None))
    with open_video(path) as video:
        assert (video.info.width_px, video.info.height_px) == (320, 240)
        assert next(video.frames()).picture.rgb().shape == (240, 320, 3)


def test_corrupt_middle_is_skipped_and_counted(tmp_path):
    with open_video(corpus.corrupt_middle(tmp_path, 90)) as video:
        times = [f.time_s for f in video.frames()]
        damage = video.damage
    assert 60 <= len(times) < 90
    assert damage.n_undecodable >= 1
    assert damage.n_lost == 90 - len(times)
    assert times[-1] == pytest.approx(89 / 30, abs=1e-3)
    assert np.all(np.diff(times) > 0)


def test_truncated_tail_goes_on_to_where_it_can(tmp_path):
    with open_video(corpus.truncated_decodable(tmp_path, 60)) as video:
        n = len(list(video.frames()))
        assert 20 <= n < 60
        assert video.damage.n_lost == 60 - n


def test_one_frame_and_one_fps(tmp_path):
    assert len(all_frames(corpus.one_frame(tmp_path))) == 1
    frames = all_frames(corpus.one_fps(tmp_path, 6))
    assert [f.time_s for f in frames] == pytest.approx([0, 1, 2, 3, 4, 5])


def test_sample_is_spread_over_the_part(tmp_path):
    path = corpus.write_video(tmp_path / "a.mp4", (corpus.pattern(i) for i in range(40)))
    with open_video(path) as video:
        sampled = video.sample(4)
        assert [f.index for f in sampled] == [5, 15, 25, 35]
        assert [f.index for f in video.sample(3, 0.5, 1.0)] == [18, 23, 28]
        assert [f.index for f in video.sample(200, 0.0, 0.2)] == list(range(6))
        whole = list(video.frames())
        for frame in sampled:
            np.testing.assert_array_equal(frame.picture.luma(), whole[frame.index].picture.luma())
        with pytest.raises(UsageError):
            video.sample(0)


def test_sample_of_a_long_video_by_keyframes(tmp_path):
    path = corpus.write_video(
        tmp_path / "long.mp4",
        (corpus.pattern(i) for i in range(400)),
        options={"preset": "ultrafast", "g": "25"},
    )
    with open_video(path) as video:
        sampled = video.sample(4)
        whole = list(video.frames())
    assert [f.index % 25 for f in sampled] == [0, 0, 0, 0]
    assert np.all(np.abs(np.array([f.index for f in sampled]) - [50, 150, 250, 350]) <= 13)
    for frame in sampled:
        assert frame.time_s == pytest.approx(whole[frame.index].time_s, abs=1e-6)
        np.testing.assert_array_equal(frame.picture.luma(), whole[frame.index].picture.luma())


def test_leaving_the_reader_stops_its_thread(tmp_path):
    path = corpus.write_video(tmp_path / "a.mp4", (corpus.pattern(i) for i in range(60)))
    with open_video(path) as video:
        frames = video.frames()
        next(frames)
    assert not [t for t in threading.enumerate() if t.name == "hiphinge-decode"]


def test_decoder_keeps_quiet(tmp_path, capfd):
    for make in (corpus.corrupt_middle, corpus.truncated_decodable, corpus.hevc_10bit):
        all_frames(make(tmp_path))
    with pytest.raises(VideoUnreadable):
        open_video(corpus.truncated_no_index(tmp_path))
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == ""


def test_the_times_of_all_pictures_are_told_without_decoding(tmp_path):
    path, _ = corpus.variable_rate(tmp_path)
    with open_video(path) as video:
        np.testing.assert_allclose(video.picture_times_s(), [frame.time_s for frame in video.frames()], atol=1e-9)


@pytest.mark.parametrize("make", [corpus.truncated_decodable, corpus.jpeg_with_orientation])
def test_times_that_do_not_tell_are_none(make, tmp_path):
    with open_video(make(tmp_path)) as video:
        assert video.picture_times_s() is None


@pytest.mark.parametrize("bframes", ["0", "2"])
def test_picked_pictures_are_those_of_the_whole_and_little_is_decoded(tmp_path, bframes, monkeypatch):
    path = corpus.write_video(
        tmp_path / "long.mp4",
        (corpus.pattern(i) for i in range(200)),
        options={"preset": "veryfast", "g": "25", "bf": bframes},
    )
    whole = all_frames(path)
    wanted = [whole[row].time_s for row in (3, 110, 108, 199, 111)]
    decoded = []
    picture = VideoReader._picture
    monkeypatch.setattr(VideoReader, "_picture", lambda self, one: decoded.append(one) or picture(self, one))
    with open_video(path) as video:
        decoded.clear()
        picked = list(video.pick(wanted))
    assert [f.index for f in picked] == [3, 108, 110, 111, 199]
    for frame in picked:
        assert frame.time_s == pytest.approx(whole[frame.index].time_s, abs=1e-9)
        np.testing.assert_array_equal(frame.picture.luma(), whole[frame.index].picture.luma())
    assert len(decoded) < 60


def test_pictures_are_picked_where_times_do_not_tell_and_damage_stays(tmp_path):
    path = corpus.truncated_decodable(tmp_path)
    with open_video(path) as video:
        whole = list(video.frames())
        damage = video.damage
        picked = list(video.pick([whole[-1].time_s, whole[2].time_s]))
        assert [f.index for f in picked] == [whole[2].index, whole[-1].index]
        assert video.damage == damage


def test_nothing_is_picked_from_nothing_and_a_photograph_is_its_one_picture(tmp_path):
    with open_video(corpus.jpeg_with_orientation(tmp_path)) as photograph:
        assert [f.index for f in photograph.pick([0.0])] == [0]
        assert list(photograph.pick([])) == []
