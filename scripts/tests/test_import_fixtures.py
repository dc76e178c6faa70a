"""The pixels that the tests of `posemoe import` expect: computed as they should be, and committed."""

import json
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import make_import_fixtures as fixtures  # noqa: E402


class Pixels(unittest.TestCase):
    def test_a_point_worked_out_by_hand(self) -> None:
        # x = 0.5, y = 0: r2 = 0.25, radial 1 - 0.2 * 0.25 = 0.95, and p2 * (0.25 + 0.5) = 0.0075.
        camera = fixtures.Camera([600, 610], [320, 240], [-0.2, 0, 0, 0.01, 0], np.eye(3), [0, 0, -1])
        found = camera.pixels(np.array([1.0, 0, 1]))
        np.testing.assert_allclose(found, [320 + 600 * (0.475 + 0.0075), 240], atol=1e-9)

    def test_a_camera_looks_where_it_is_told_to_and_stands_upright(self) -> None:
        centre = [0.4, -3.0, 1.5]
        turn = fixtures.looking(centre, [0, 0, 1.0])
        np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
        self.assertGreater(np.linalg.det(turn), 0)
        camera = fixtures.Camera([800, 800], [480, 270], [0.0] * 5, turn, centre)
        np.testing.assert_allclose(camera.pixels(np.array([0, 0, 1.0])), [480, 270], atol=1e-9)
        self.assertLess(camera.pixels(np.array([0, 0, 1.2]))[1], 270)

    def test_those_that_are_committed_are_those_of_the_script(self) -> None:
        committed = json.loads((fixtures.OUT / "golden.json").read_text())
        before, golden = fixtures.OUT, {}
        with tempfile.TemporaryDirectory() as folder:
            fixtures.OUT = Path(folder)
            try:
                for make in (fixtures.h36m, fixtures.panoptic, fixtures.trc):
                    make(golden)
            finally:
                fixtures.OUT = before
        self.assertEqual(set(golden) - set(committed), set())
        for name, pixels in golden.items():
            np.testing.assert_allclose(pixels, committed[name], atol=1e-4, err_msg=name)


if __name__ == "__main__":
    unittest.main()
