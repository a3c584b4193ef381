import subprocess
import sys
import textwrap

import av
import numpy as np
import pytest

from hiphinge.errors import OutputError
from hiphinge.video import VideoSink, open_video
from tests.corrupt_files import pattern, variable_rate


def test_round_trip_keeps_pictures_and_uneven_times(tmp_path):
    _, times = variable_rate(tmp_path)
    path = tmp_path / "out.mp4"
    with VideoSink(path, 320, 240) as sink:
        for i, time_s in enumerate(times):
            sink.write(pattern(i), time_s)
    with open_video(path) as video:
        frames = list(video.frames())
        assert video.info.codec == "h264"
    np.testing.assert_allclose([f.time_s for f in frames], times, atol=1 / 90_000)
    for i, frame in enumerate(frames):
        assert np.abs(frame.picture.rgb().astype(int) - pattern(i).astype(int)).mean() < 5


def test_every_picture_is_written_as_it_was_given(tmp_path):
    path = tmp_path / "out.mp4"
    levels = [20, 220, 60, 180, 100, 140] * 5
    with VideoSink(path, 64, 48) as sink:
        for i, level in enumerate(levels):
            sink.write(np.full((48, 64, 3), level, np.uint8), i / 30)
    with open_video(path) as video:
        got = [float(frame.picture.rgb().mean()) for frame in video.frames()]
    np.testing.assert_allclose(got, levels, atol=3)


def test_file_is_h264_yuv420p_with_the_index_in_front(tmp_path):
    path = tmp_path / "out.mp4"
    with VideoSink(path, 64, 48) as sink:
        for i in range(5):
            sink.write(pattern(i, width_px=64, height_px=48), i / 30)
    data = path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.codec_context.colorspace == 6


def test_odd_sizes_are_widened(tmp_path):
    path = tmp_path / "odd.mp4"
    with VideoSink(path, 65, 49) as sink:
        sink.write(pattern(0, width_px=65, height_px=49), 0.0)
    info = open_video(path).info
    assert (info.width_px, info.height_px) == (66, 50)


def test_times_that_do_not_move_are_moved(tmp_path):
    path = tmp_path / "out.mp4"
    with VideoSink(path, 64, 48) as sink:
        for time_s in (0.0, 0.0, 0.0, 0.1):
            sink.write(pattern(0, width_px=64, height_px=48), time_s)
    with open_video(path) as video:
        assert len(list(video.frames())) == 4


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_nothing_is_left_after_an_error(tmp_path, error):
    path = tmp_path / "out.mp4"
    path.write_bytes(b"an older result")

    def broken():
        with VideoSink(path, 64, 48) as sink:
            sink.write(pattern(0, width_px=64, height_px=48), 0.0)
            raise error

    with pytest.raises(error):
        broken()
    assert path.read_bytes() == b"an older result"
    assert [p.name for p in tmp_path.iterdir()] == ["out.mp4"]


def test_missing_folder(tmp_path):
    with (
        pytest.raises(OutputError, match="cannot be written") as caught,
        VideoSink(tmp_path / "no" / "a.mp4", 64, 48),
    ):
        pass
    assert caught.value.exit_code == 7


def test_size_of_the_picture_is_checked(tmp_path):
    with pytest.raises(ValueError, match="expected"), VideoSink(tmp_path / "a.mp4", 64, 48) as sink:
        sink.write(pattern(0), 0.0)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a file size limit")
def test_disk_full_leaves_nothing_and_says_so(tmp_path):
    # A limit on the size of files stands in for a full disk.
    code = f"""
        import resource, signal
        import numpy as np
        from hiphinge.errors import OutputError
        from hiphinge.video import VideoSink
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
        rng = np.random.default_rng(0)
        try:
            with VideoSink({str(tmp_path / "a.mp4")!r}, 320, 240) as sink:
                for i in range(60):
                    sink.write(rng.integers(0, 256, (240, 320, 3), dtype=np.uint8), i / 30)
        except OutputError as error:
            print(error.exit_code, error)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("7 ")
    assert "no room left" in done.stdout
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []
