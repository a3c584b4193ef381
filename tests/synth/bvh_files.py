"""Small BVH files with known angles, written by code: nobody's motion is copied."""

import numpy as np

#: Name, parent, offset (inches, y up, facing +z, left +x): CMU's names and their zero-length joints.
CMU = (
    ("Hips", None, (0, 0, 0)),
    ("LHipJoint", "Hips", (0, 0, 0)),
    ("LeftUpLeg", "LHipJoint", (3.5, -1.5, 0.5)),
    ("LeftLeg", "LeftUpLeg", (0, -17, 0)),
    ("LeftFoot", "LeftLeg", (0, -16, 0)),
    ("RHipJoint", "Hips", (0, 0, 0)),
    ("RightUpLeg", "RHipJoint", (-3.5, -1.5, 0.5)),
    ("RightLeg", "RightUpLeg", (0, -17, 0)),
    ("RightFoot", "RightLeg", (0, -16, 0)),
    ("LowerBack", "Hips", (0, 0, 0)),
    ("Spine", "LowerBack", (0, 4, -0.3)),
    ("Spine1", "Spine", (0, 4.2, 0)),
    ("Neck", "Spine1", (0, 4.1, 0)),
    ("Head", "Neck", (0, 3.5, 0.5)),
)


def hierarchy(joints=CMU, order="ZYX", root_first=True):
    """Text of the hierarchy; ``order`` of every joint's rotation channels."""
    turns = " ".join(f"{axis}rotation" for axis in order)
    shift = "Xposition Yposition Zposition"

    def block(name, offset, depth):
        tab = "  " * depth
        word = "JOINT" if depth else "ROOT"
        channels = f"3 {turns}" if depth else f"6 {shift} {turns}" if root_first else f"6 {turns} {shift}"
        lines = [f"{tab}{word} {name}", f"{tab}{{", f"{tab}  OFFSET {' '.join(map(str, offset))}"]
        lines.append(f"{tab}  CHANNELS {channels}")
        own = [joint for joint in joints if joint[1] == name]
        for child, _, place in own:
            lines += block(child, place, depth + 1)
        if not own:
            lines += [f"{tab}  End Site", f"{tab}  {{", f"{tab}    OFFSET 0 1 0", f"{tab}  }}"]
        return [*lines, f"{tab}}}"]

    return "\n".join(["HIERARCHY", *block(joints[0][0], joints[0][2], 0)])


def euler(rotation, order):
    """Angles whose rotations, multiplied in this order, give ``rotation``; degrees."""
    i, j, k = ("XYZ".index(axis) for axis in order)
    sign = 1.0 if (i, j, k) in ((0, 1, 2), (1, 2, 0), (2, 0, 1)) else -1.0
    middle = np.arcsin(np.clip(sign * rotation[i, k], -1, 1))
    first = np.arctan2(-sign * rotation[j, k], rotation[k, k])
    last = np.arctan2(-sign * rotation[i, j], rotation[i, i])
    return np.degrees((first, middle, last))


def about(axis, angle_deg):
    x, y, z = np.asarray(axis, dtype=float) / np.linalg.norm(axis)
    cross = np.array(((0, -z, y), (z, 0, -x), (-y, x, 0)))
    angle = np.radians(angle_deg)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def depth_first(joints=CMU):
    """Names in the order of the file."""
    names = []

    def walk(name):
        names.append(name)
        for child in (joint[0] for joint in joints if joint[1] == name):
            walk(child)

    walk(joints[0][0])
    return names


def write_bvh(path, turns, *, places=None, joints=CMU, order="ZYX", root_first=True, frame_s=1 / 120):
    """Write a motion: ``turns`` is one dict per frame, joint → local ``(3, 3)`` rotation."""
    rows = []
    for k, frame in enumerate(turns):
        place = [0.0, 36.0, 0.0] if places is None else list(places[k])
        row = []
        for depth, name in enumerate(depth_first(joints)):
            angles = list(euler(frame.get(name, np.eye(3)), order))
            row += (place + angles if root_first else angles + place) if depth == 0 else angles
        rows.append(" ".join(f"{value:.6f}" for value in row))
    head = f"MOTION\nFrames: {len(rows)}\nFrame Time: {frame_s:.8f}\n"
    path.write_text(hierarchy(joints, order, root_first) + "\n" + head + "\n".join(rows) + "\n")
    return path


def bend_turns(*, pelvis, hip, lumbar, thoracic, knee, neck, yaw=0.0, stand=0.0):
    """Local rotations of a bend in the sagittal plane, degrees, flexion positive; ``yaw`` turns the whole person."""
    left = (1, 0, 0)
    thigh = pelvis - hip
    turns = {"Hips": about((0, 1, 0), yaw) @ about(left, pelvis + stand)}
    for side in ("Left", "Right"):
        turns[f"{side}UpLeg"] = about(left, thigh - pelvis - stand)
        turns[f"{side}Leg"] = about(left, knee)
    turns["LowerBack"] = about(left, 0.4 * lumbar)
    turns["Spine"] = about(left, 0.6 * lumbar - stand)
    turns["Spine1"] = about(left, thoracic)
    turns["Neck"] = about(left, 0.5 * neck)
    turns["Head"] = about(left, 0.5 * neck)
    return turns


def smooth(n):
    t = np.linspace(0, 1, n)
    return t**3 * (10 - 15 * t + 6 * t**2)


def rep_course(rate_hz=120, still_s=1.5, down_s=1.5, hold_s=0.4, up_s=1.0, after_s=0.8):
    """0 standing, 1 at the bottom."""
    parts = (
        np.zeros(round(still_s * rate_hz)),
        smooth(round(down_s * rate_hz)),
        np.ones(round(hold_s * rate_hz)),
        smooth(round(up_s * rate_hz))[::-1],
        np.zeros(round(after_s * rate_hz)),
    )
    return np.concatenate(parts)
