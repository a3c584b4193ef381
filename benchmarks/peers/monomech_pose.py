"""monomech 0.15.24 as a peer: ``estimate_pose`` on a clip, in monomech's own environment.

python monomech_pose.py CLIP        prints JSON
"""

from __future__ import annotations

import json
import resource
import sys
import time


def main() -> None:
    """Run it once; print frames, seconds and processor seconds."""
    import cv2
    import monomech

    count = int(cv2.VideoCapture(sys.argv[1]).get(cv2.CAP_PROP_FRAME_COUNT))
    before, begin = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    monomech.estimate_pose(sys.argv[1])
    wall_s = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"frames": count, "wall_s": wall_s, "cpu_s": cpu_s, "peak_mb": after.ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
