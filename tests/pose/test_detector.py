from __future__ import annotations

import numpy as np
import pytest

from hiphinge.pose.detector import decode_detections, suppress_overlaps


def raw_outputs() -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((2254, 12), dtype=np.float32), np.full(2254, -20.0, dtype=np.float32)


@pytest.mark.parametrize(
    ("anchor", "center"),
    [
        (0, (4.0, 4.0)),
        (2, (12.0, 4.0)),
        (2 * 28, (4.0, 12.0)),
        (2 * 784, (8.0, 8.0)),
        (2 * 784 + 2 * 196, (16.0, 16.0)),
        (2253, (208.0, 208.0)),
    ],
)
def test_decode_places_box_on_its_anchor(anchor: int, center: tuple[float, float]) -> None:
    raw, logits = raw_outputs()
    raw[anchor] = [0, 0, 20, 40, 1, 2, 3, 4, 5, 6, 7, 8]
    logits[anchor] = 3.0
    scores, boxes, points = decode_detections(raw, logits, min_score=0.5)
    assert scores == pytest.approx([1 / (1 + np.exp(-3.0))])
    x, y = center
    assert boxes[0] == pytest.approx([x - 10, y - 20, x + 10, y + 20])
    assert points[0] == pytest.approx(np.array([[1, 2], [3, 4], [5, 6], [7, 8]]) + center)


def test_decode_nothing_above_score() -> None:
    scores, boxes, points = decode_detections(*raw_outputs(), min_score=0.5)
    assert (scores.size, boxes.shape, points.shape) == (0, (0, 4), (0, 4, 2))
    assert suppress_overlaps(scores, boxes, points) == ()


def test_suppress_merges_overlapping_boxes_by_score() -> None:
    boxes = np.array([[0.0, 0, 10, 10], [2.0, 0, 12, 10], [50.0, 50, 60, 60]])
    points = np.tile(boxes[:, :2][:, None], (1, 4, 1))
    found = suppress_overlaps(np.array([0.6, 0.9, 0.7]), boxes, points)
    assert [one.score for one in found] == [0.9, 0.7]
    assert found[0].box_px == pytest.approx([1.2, 0, 11.2, 10])
    assert found[0].points_px[0] == pytest.approx([1.2, 0])
    assert found[1].box_px == pytest.approx([50, 50, 60, 60])


def test_suppress_keeps_an_empty_box_without_looping() -> None:
    found = suppress_overlaps(np.array([0.9]), np.zeros((1, 4)), np.zeros((1, 4, 2)))
    assert len(found) == 1
