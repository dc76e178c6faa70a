"""The committed truth of the walk holds the reference, and the cameras where the calibration has them."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np  # noqa: E402
from mcap.reader import make_reader  # noqa: E402
from mcap_ros2.decoder import DecoderFactory  # noqa: E402

import make_walk_truth as truth  # noqa: E402
from walk_data import COCO, LIMBS, read_cameras  # noqa: E402

BAG = truth.DATA_FOLDER / "walk_truth.mcap"
CALIBRATION = truth.DATA_FOLDER / "walk" / "walk_calibration.json"


def read(topic):
    with BAG.open("rb") as stream:
        reader = make_reader(stream, decoder_factories=[DecoderFactory()])
        return [message for *_, message in reader.iter_decoded_messages(topics=[topic])]


def rotated(q, points):
    """Points (N, 3) turned by a unit quaternion: v + 2 w (u x v) + 2 u x (u x v)."""
    u = np.array([q.x, q.y, q.z])
    return points + 2 * q.w * np.cross(u, points) + 2 * np.cross(u, np.cross(u, points))


class WalkTruth(unittest.TestCase):
    def test_cameras_stand_where_the_calibration_has_them(self):
        (message,) = read(truth.TRANSFORMS_TOPIC)
        cameras = read_cameras(CALIBRATION)
        points = np.random.default_rng(1).normal(size=(20, 3))
        self.assertEqual(len(message.transforms), len(cameras))
        for found in message.transforms:
            camera = cameras[found.child_frame_id.replace("_optical_frame", "")]
            t = found.transform.translation
            world = rotated(found.transform.rotation, camera.from_world_m(points)) + (t.x, t.y, t.z)
            np.testing.assert_allclose(world, points, atol=1e-6)

    def test_the_walker_is_where_the_reference_is(self):
        reference = json.loads((CALIBRATION.parent / "walk_reference.json").read_text())["frames"]
        messages = read(truth.PEOPLE_TOPIC)
        self.assertEqual(len(messages), len(reference))
        for message, coco in zip(messages, reference):
            self.assertEqual((message.header.frame_id, message.joint_names), (truth.WORLD, LIMBS))
            (walker,) = message.people
            for name, joint in zip(LIMBS, walker.joints):
                position = joint.position
                self.assertEqual([position.x, position.y, position.z], coco[COCO.index(name)])

    def test_quaternions_turn_as_their_matrix_does(self):
        for axis in np.eye(3):
            for angle in (0.0, 1.0, np.pi, -3.0):
                k = np.cross(np.eye(3), axis).T  # k @ v = axis x v
                matrix = np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k
                q = type("Quaternion", (), truth.quaternion(matrix))
                np.testing.assert_allclose(rotated(q, np.eye(3)), matrix.T, atol=1e-12)


if __name__ == "__main__":
    unittest.main()
