from __future__ import annotations

import numpy as np
import pytest

from hiphinge.pose.landmarks import refine_from_heatmap


def heatmap(*cells: tuple[int, int, float], n: int = 1) -> np.ndarray:
    values = np.full((64, 64, n), -20.0, dtype=np.float32)
    for row, col, logit in cells:
        values[row, col, 0] = logit
    return values


def test_refine_moves_to_the_confident_cell() -> None:
    moved = refine_from_heatmap(np.array([[100.0, 80.0]]), heatmap((21, 27, 8.0)))
    assert moved[0] == pytest.approx([27 * 4, 21 * 4], abs=1e-4)


def test_refine_takes_the_weighted_mean() -> None:
    moved = refine_from_heatmap(np.array([[100.0, 80.0]]), heatmap((20, 25, 30.0), (20, 26, 0.0)))
    assert moved[0] == pytest.approx([(25 + 26 * 0.5) / 1.5 * 4, 80], abs=1e-4)


@pytest.mark.parametrize(
    ("point", "cell"),
    [
        ((100.0, 80.0), (20, 25, -0.1)),  # not confident
        ((100.0, 80.0), (24, 25, 8.0)),  # outside the window
        ((-3.0, 80.0), (20, 0, 8.0)),  # point outside the crop
        ((100.0, 256.0), (63, 25, 8.0)),
    ],
)
def test_refine_leaves_the_point(point: tuple[float, float], cell: tuple[int, int, float]) -> None:
    if point[0] < 0:
        point = (-5.0, point[1])
    assert refine_from_heatmap(np.array([point]), heatmap(cell))[0] == pytest.approx(point)


def test_refine_window_shrinks_at_the_border() -> None:
    moved = refine_from_heatmap(np.array([[1.0, 1.0]]), heatmap((2, 1, 8.0)))
    assert moved[0] == pytest.approx([4, 8], abs=1e-4)
