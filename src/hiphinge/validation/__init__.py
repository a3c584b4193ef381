"""How exact hiphinge is: a benchmark of rendered people, read by the whole pipeline and compared with the truth.

``run`` is what ``hiphinge validate`` calls; ``agreement`` holds the statistics; ``observe`` looks at pictures with the
product's own decoder and pose model. Nothing here is needed to assess a video.
"""

from __future__ import annotations

__all__: list[str] = []
