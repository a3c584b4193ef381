"""People with known joint angles, rendered: data to measure the instrument with.

``posture`` and ``motion`` are pure numpy; ``body`` and ``scene`` need the extra ``hiphinge[synth]`` (a parametric
body and a renderer), which they import only when used. Nothing here is needed to assess a video.
"""

from __future__ import annotations

__all__: list[str] = []
