import numpy as np
import pytest

from hiphinge.errors import InputError, InputNotFound, UsageError
from hiphinge.synth.bvh import read_bvh
from tests.synth.bvh_files import CMU, about, depth_first, hierarchy, write_bvh

TINY = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
  JOINT Knee
  {
    OFFSET 0 -2 0
    CHANNELS 3 Zrotation Yrotation Xrotation
    End Site
    {
      OFFSET 0 -1.5 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.05
1 2 3 0 0 0 0 0 0
1 2 3 0 0 90 0 0 90
"""


def write(tmp_path, text):
    path = tmp_path / "a.bvh"
    path.write_text(text)
    return path


def random_turns(n, seed=0):
    rng = np.random.default_rng(seed)
    return [{name: about(rng.normal(size=3), rng.uniform(-70, 70)) for name in depth_first()} for _ in range(n)]


def test_tiny_file_is_read(tmp_path):
    motion = read_bvh(write(tmp_path, TINY))
    assert [joint.name for joint in motion.joints] == ["Hips", "Knee", "Knee_end"]
    assert [joint.parent for joint in motion.joints] == [-1, 0, 1]
    assert motion.joints[1].offset == (0.0, -2.0, 0.0)
    assert motion.joints[1].channels == ("Zrotation", "Yrotation", "Xrotation")
    assert motion.frame_s == 0.05
    assert motion.values.shape == (2, 9)
    np.testing.assert_allclose(motion.time_s, (0, 0.05))


def test_tiny_file_is_posed(tmp_path):
    positions, rotations = read_bvh(write(tmp_path, TINY)).pose()
    np.testing.assert_allclose(positions[0], ((1, 2, 3), (1, 0, 3), (1, -1.5, 3)), atol=1e-12)
    # A quarter turn about x takes down (−y) to back (−z); another one takes it up.
    np.testing.assert_allclose(positions[1], ((1, 2, 3), (1, 2, 1), (1, 3.5, 1)), atol=1e-12)
    np.testing.assert_allclose(rotations[1, 1], about((1, 0, 0), 180), atol=1e-12)


@pytest.mark.parametrize("order", ["XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"])
@pytest.mark.parametrize("root_first", [True, False])
def test_every_channel_order_gives_the_same_pose(tmp_path, order, root_first):
    turns = random_turns(4)
    motion = read_bvh(write_bvh(tmp_path / "a.bvh", turns, order=order, root_first=root_first))
    positions, rotations = motion.pose()
    offsets = {name: np.array(place, dtype=float) for name, _, place in CMU}
    parents = {name: parent for name, parent, _ in CMU}
    for k, frame in enumerate(turns):
        place, turn = {"Hips": np.array((0.0, 36.0, 0.0))}, {"Hips": frame["Hips"]}
        for name in depth_first()[1:]:
            up = parents[name]
            place[name] = place[up] + turn[up] @ offsets[name]
            turn[name] = turn[up] @ frame[name]
        for name in depth_first():
            at = motion.index(name)
            np.testing.assert_allclose(rotations[k, at], turn[name], atol=2e-6)
            np.testing.assert_allclose(positions[k, at], place[name], atol=1e-4)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("ROOT Hips\n{", "ROOT Hips {"),
        lambda text: text.replace("}\n}\nMOTION", "} }\nMOTION"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text.replace("HIERARCHY", "hierarchy").replace("Zrotation", "zrotation"),
        lambda text: text.rstrip("\n"),
    ],
)
def test_other_ways_of_writing_it_are_read(tmp_path, change):
    path = tmp_path / "a.bvh"
    path.write_bytes(change(TINY).encode())
    np.testing.assert_allclose(read_bvh(path).values[1, :3], (1, 2, 3))


@pytest.mark.parametrize(
    ("old", "new", "line", "seen"),
    [
        ("HIERARCHY", "hello", 1, "'hello'"),
        ("ROOT Hips\n", "ROOT\n", 3, "without a name"),
        ("OFFSET 0 0 0", "OFFSET 0 0", 5, "'CHANNELS'"),
        ("OFFSET 0 -2 0", "OFFSET 0 nan 0", 8, "'nan'"),
        ("CHANNELS 3", "CHANNELS three", 9, "'three'"),
        ("CHANNELS 3", "CHANNELS 9", 9, "9 channels"),
        ("CHANNELS 3 Zrotation", "CHANNELS 3 Wrotation", 9, "'Wrotation'"),
        ("CHANNELS 3 Zrotation", "CHANNELS 3 Xrotation", 9, "'Xrotation'"),
        ("JOINT Knee", "JOINT Hips", 9, "second joint 'Hips'"),
        ("End Site", "Stop", 10, "'STOP'"),
        ("MOTION", "ROOT", 16, "'ROOT'"),
        ("Frames: 2", "Frames: two", 17, "'two'"),
        ("Frames: 2", f"Frames: {'9' * 400}", 17, "'999"),
        ("Frames: 2", "Frames: 0", 17, "0 frames"),
        ("Frames: 2", "Frames: 3", 20, "2 of 3 frames"),
        ("Frames: 2", "Frames: 1", 20, "more than the 1 announced"),
        ("Time: 0.05", "Time: 0", 18, "frame time of 0.0 s"),
        ("Time: 0.05", "Time: 1e999", 18, "'1e999'"),
        ("1 2 3 0 0 90", "1 2 3 0 0", 20, "8 values"),
        ("0 0 90 0 0 90", "0 0 inf 0 0 90", 20, "'inf'"),
        ("0 0 90 0 0 90", "0 0 x 0 0 90", 20, "'x'"),
    ],
)
def test_malformed_files_are_refused_with_their_line(tmp_path, old, new, line, seen):
    assert old in TINY
    with pytest.raises(InputError, match=f"line {line}: ") as caught:
        read_bvh(write(tmp_path, TINY.replace(old, new, 1)))
    assert seen in caught.value.what
    assert caught.value.expected
    assert caught.value.next_step


@pytest.mark.parametrize("text", ["", "\n\n", "HIERARCHY\nROOT Hips\n{\n", TINY[: TINY.index("MOTION")], "\0\0\0"])
def test_files_that_stop_early_are_refused(tmp_path, text):
    with pytest.raises(InputError, match="line"):
        read_bvh(write(tmp_path, text))


def test_binary_files_are_refused(tmp_path):
    path = tmp_path / "a.bvh"
    path.write_bytes(bytes(range(256)) * 8)
    with pytest.raises(InputError, match="line 1"):
        read_bvh(path)


def test_a_claim_of_many_frames_makes_no_room(tmp_path):
    with pytest.raises(InputError, match="2 of 4000000000 frames"):
        read_bvh(write(tmp_path, TINY.replace("Frames: 2", "Frames: 4000000000")))


def test_deep_hierarchies_need_no_recursion(tmp_path):
    n = 1500
    channels = "{ OFFSET 0 1 0 CHANNELS 1 Xrotation"
    text = "HIERARCHY\nROOT j0 " + channels + "\n"
    text += "\n".join(f"JOINT j{k} {channels}" for k in range(1, n)) + "\n" + "}\n" * n
    motion = read_bvh(write(tmp_path, text + "MOTION\nFrames: 1\nFrame Time: 0.1\n" + "0 " * n))
    assert len(motion.joints) == n
    assert motion.pose()[0][0, -1, 1] == pytest.approx(n)


def test_too_many_joints_are_refused(tmp_path):
    text = "HIERARCHY\nROOT j0 { OFFSET 0 1 0 CHANNELS 0\n" + "End Site { OFFSET 0 0 0 }\n" * 2100
    with pytest.raises(InputError, match="more than 2000 joints"):
        read_bvh(write(tmp_path, text))


def test_no_file_is_no_input(tmp_path):
    with pytest.raises(InputNotFound):
        read_bvh(tmp_path / "none.bvh")


def test_joints_are_named_where_one_is_missing(tmp_path):
    motion = read_bvh(write(tmp_path, TINY))
    assert motion.index("Knee") == 1
    with pytest.raises(UsageError, match="Toe") as caught:
        motion.index("Toe")
    assert "Hips, Knee" in caught.value.expected


def test_written_hierarchy_ends_every_limb():
    assert hierarchy().count("End Site") == 3
