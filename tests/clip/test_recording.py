"""A recording holds everything bit for bit, and nothing that is fed to it is trusted."""

import io
import json
import zipfile
from dataclasses import fields, replace

import numpy as np
import pytest

from hiphinge.clip.analyse import ClipTracks
from hiphinge.clip.options import AssessOptions
from hiphinge.clip.recording import MAX_FRAMES, pack_tracks, reassess, unpack_tracks
from hiphinge.errors import ConfigError, UsageError
from hiphinge.sagittal import FacingDecision
from tests.clip.clips import assess_clip, tracks_of
from tests.synthetic import PERFECT, PROVENANCE, ROUNDED, film, script

CLIP = film(script(PERFECT, n_reps=2, rate_hz=15.0))
TRACKS = tracks_of(CLIP)


def alike(one, two) -> bool:
    """Bit for bit, kinds of number too."""
    for field in fields(one):
        a, b = getattr(one, field.name), getattr(two, field.name)
        if isinstance(a, np.ndarray):
            if a.dtype != b.dtype or a.shape != b.shape or a.tobytes() != b.tobytes():
                return False
        elif type(a) is not type(b) or a != b:
            return False
    return True


def alike_tracks(one: ClipTracks, two: ClipTracks) -> bool:
    groups = all(alike(getattr(one, name), getattr(two, name)) for name in ("pose", "profile", "camera"))
    return groups and all(getattr(one, f) == getattr(two, f) for f in ("video", "facing", "people", "n_lost"))


def changed(data: bytes, **members: bytes) -> bytes:
    """The same archive with other members."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, members.pop(name.removesuffix(".npy").replace(".", "_"), old.read(name)))
    assert not members
    return out.getvalue()


def npy(array) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def about_of(data: bytes) -> dict:
    with np.load(io.BytesIO(data)) as held:
        return json.loads(held["about"].tobytes())


def test_what_is_unpacked_is_what_was_packed():
    unseen = np.zeros(CLIP.pose.n_frames, dtype=bool)
    unseen[5:9] = True
    gappy = tracks_of(film(CLIP.script, unseen=unseen), facing=FacingDecision(None, 1 / 3), people=(), n_lost=2)
    for tracks in (TRACKS, gappy):
        assert alike_tracks(unpack_tracks(pack_tracks(tracks)), tracks)


def test_the_same_tracks_give_the_same_bytes():
    assert pack_tracks(TRACKS) == pack_tracks(unpack_tracks(pack_tracks(TRACKS)))


def test_a_recording_is_judged_as_its_clip():
    clip = film(script(ROUNDED, n_reps=2, rate_hz=15.0))
    again = reassess(unpack_tracks(pack_tracks(tracks_of(clip))), AssessOptions(), provenance=PROVENANCE)
    assert again.verdict.outcome == "spine"
    assert len(again.reps) == 2
    other = reassess(tracks_of(clip), AssessOptions(drill="toe_touch"))
    assert other.drill == "toe_touch"
    assert other.provenance.engine == "a recording, judged again"


def test_limits_of_a_drill_of_the_program_judge():
    told = reassess(TRACKS, AssessOptions(drill="deadlift"), limits={"9.pass_lo": 1.6})
    assert told.criteria["9.pass_lo"] == 1.6
    with pytest.raises(ConfigError, match=r"13\.pass_hi"):
        reassess(TRACKS, AssessOptions(), limits={"13.pass_hi": 1.0})
    with pytest.raises(ConfigError, match="contradict"):
        reassess(TRACKS, AssessOptions(), limits={"4.pass_hi": 50.0})
    with pytest.raises(UsageError, match="no drill called"):
        reassess(TRACKS, AssessOptions(drill="juggling"))


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"not a zip at all" * 40, pack_tracks(TRACKS)[:-200], pack_tracks(TRACKS)[:900]]
)
def test_garbage_is_refused_kindly(data):
    with pytest.raises(UsageError, match="no recording that can be read"):
        unpack_tracks(data)


def test_a_member_that_is_damaged_missing_or_of_another_kind_is_refused():
    data = pack_tracks(TRACKS)
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 0xFF
    n = TRACKS.pose.n_frames
    shuffled = TRACKS.pose.time_s[::-1].copy()
    for bad in (
        bytes(flipped),
        changed(data, pose_time_s=npy(np.zeros(n, dtype=np.float32))),
        changed(data, pose_time_s=npy(np.zeros(n + 1))),
        changed(data, pose_time_s=npy(shuffled)),
        changed(data, pose_time_s=npy(np.full(n, np.nan))),
        changed(data, pose_presence=npy(np.array([{}] * n, dtype=object))),
        changed(data, pose_presence=b""),
    ):
        with pytest.raises(UsageError):
            unpack_tracks(bad)


def test_a_member_that_unpacks_to_more_than_it_may_is_not_unpacked():
    bomb = changed(pack_tracks(TRACKS), camera_luma=b"\0" * 50_000_000)
    with pytest.raises(UsageError, match=r"camera\.luma holds 50000000 bytes"):
        unpack_tracks(bomb)


@pytest.mark.parametrize(
    "change", [{"format": "hiphinge-tracks/9"}, {"n_frames": MAX_FRAMES + 1}, {"n_frames": -1}, {"n_stations": 10**9},
               {"video": None}, {"people": [{"number": 1}]}, {"facing": {}}],
)  # fmt: skip
def test_an_odd_description_is_refused(change):
    data = pack_tracks(TRACKS)
    text = json.dumps(about_of(data) | change).encode()
    with pytest.raises(UsageError):
        unpack_tracks(changed(data, about=npy(np.frombuffer(text, dtype=np.uint8))))


def test_an_endless_clip_is_not_recorded():
    pose = replace(TRACKS.pose, time_s=np.empty(MAX_FRAMES + 1))
    with pytest.raises(UsageError, match="in parts"):
        pack_tracks(replace(TRACKS, pose=pose))


def test_the_assessment_of_a_scripted_clip_is_untouched_by_the_way_through_a_recording():
    clip = film(script(PERFECT, n_reps=2, rate_hz=15.0))
    kept = unpack_tracks(pack_tracks(tracks_of(clip)))
    assert assess_clip(clip, tracks=kept) == assess_clip(clip)
