"""Pictures and models that the pose tests share."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hiphinge.pose.blazepose import BlazePose

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="session")
def person_rgb() -> NDArray[np.uint8]:
    """A rendered person seen from the side, facing right."""
    bgr = cv2.imread(str(DATA / "person_side.jpg"))
    assert bgr is not None, "tests/data/person_side.jpg is missing"
    return np.ascontiguousarray(bgr[:, :, ::-1])


@pytest.fixture(scope="session")
def blazepose() -> BlazePose:
    return BlazePose("lite")
