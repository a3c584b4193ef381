import numpy as np
import pytest

from hiphinge.synth.mesh import Fabric, Layer, cut_region, face_incidence, merge_layers, vertex_normals


def sheet(n=11, size=1.0):
    """A flat square of triangles in the plane z = 0, facing up."""
    grid = np.linspace(0, size, n)
    points = np.array([(x, y, 0.0) for y in grid for x in grid])
    faces = []
    for j in range(n - 1):
        for i in range(n - 1):
            a, b, c, d = j * n + i, j * n + i + 1, (j + 1) * n + i, (j + 1) * n + i + 1
            faces += [(a, b, c), (b, d, c)]
    return points, np.array(faces)


def area(points, faces):
    corner = points[faces]
    return 0.5 * np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1).sum()


def test_normals_of_a_sheet_point_up():
    points, faces = sheet()
    normals = vertex_normals(points, faces, face_incidence(faces, len(points)))
    np.testing.assert_allclose(normals, np.tile((0, 0, 1), (len(points), 1)), atol=1e-12)


@pytest.mark.parametrize("edge", [0.13, 0.5, 0.777])
def test_cut_has_exactly_the_area_inside(edge):
    points, faces = sheet()
    cut = cut_region(faces, edge - points[:, 0])
    extended = cut.extend(points)
    assert area(extended, cut.faces) == pytest.approx(edge)
    assert extended[np.unique(cut.faces), 0].max() == pytest.approx(edge)


def test_cut_keeps_faces_turned_the_same_way():
    points, faces = sheet()
    cut = cut_region(faces, 0.6 - points[:, 0] - 0.3 * points[:, 1])
    corner = cut.extend(points)[cut.faces]
    up = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])[:, 2]
    assert up.min() > -1e-12


def test_cut_shares_new_points_between_faces():
    points, faces = sheet()
    cut = cut_region(faces, 0.53 - points[:, 0])
    # One new point per crossed edge: 11 rows of horizontal edges and 10 diagonals.
    assert len(cut.start) == 21


def test_cloth_stands_off_the_skin():
    points, faces = sheet()
    cut = cut_region(faces, np.ones(len(points)))
    fabric = Fabric(cut, offset_m=np.full(len(points), 0.02), smooth=3)
    draped, normals = fabric.drape(points)
    # Cloth that faces up lies down by 45 %.
    np.testing.assert_allclose(draped[:, 2], 0.011, atol=1e-9)
    np.testing.assert_allclose(normals[:, 2], 1.0, atol=1e-9)


def test_cloth_below_sags():
    points, faces = sheet()
    faces = faces[:, ::-1]
    cut = cut_region(faces, np.ones(len(points)))
    taut = Fabric(cut, offset_m=np.full(len(points), 0.02), smooth=0)
    loose = Fabric(cut, offset_m=np.full(len(points), 0.02), smooth=0, sag_m=0.03)
    drop = taut.drape(points)[0][:, 2] - loose.drape(points)[0][:, 2]
    assert drop.max() == pytest.approx(0.03)
    assert drop.min() == pytest.approx(0.0)  # the rim holds


def test_moved_layer_turns_and_shifts():
    points, faces = sheet(3)
    colors = np.zeros((len(faces), 3), dtype=np.uint8)
    layer = Layer("a", points, faces, colors, np.tile((1.0, 0, 0), (len(points), 1)))
    moved = layer.moved(turn_deg=90.0, shift_m=(1.0, 0.0, 0.0), name="b")
    np.testing.assert_allclose(moved.normals[0], (0, 1, 0), atol=1e-12)
    np.testing.assert_allclose(moved.points[-1], (0.0, 1.0, 0.0), atol=1e-12)
    assert moved.name == "b"
    assert merge_layers([layer, moved]).shape == (18, 3)
