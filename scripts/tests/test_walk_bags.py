"""The committed walk bags hold what tests/data/walk/ says, whichever reader opens them."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mcap.reader import make_reader  # noqa: E402
from mcap_ros2.decoder import DecoderFactory  # noqa: E402

import make_walk_bags as bags  # noqa: E402

try:
    from rosbags.highlevel import AnyReader
except ImportError:  # rosbags needs a newer Python than the scripts do
    AnyReader = None

SOURCE_FOLDER = bags.DATA_FOLDER / "walk"
LARGEST_BAG_BYTES = 300_000


def read_with_mcap(path):
    """(topic, log time in ns, message) of every message, by Foxglove's reader."""
    with path.open("rb") as stream:
        reader = make_reader(stream, decoder_factories=[DecoderFactory()])
        return [(c.topic, m.log_time, ros) for _, c, m, ros in reader.iter_decoded_messages()]


def read_with_rosbags(path):
    """The same by Ternaris' reader, which checks the schemas in its own way."""
    with AnyReader([path]) as reader:
        return [
            (c.topic, t_ns, reader.deserialize(raw, c.msgtype)) for c, t_ns, raw in reader.messages()
        ]


class WalkBags(unittest.TestCase):
    def check(self, read):
        calibration = json.loads((SOURCE_FOLDER / "walk_calibration.json").read_text())
        for camera in bags.CAMERAS:
            walk = json.loads((SOURCE_FOLDER / "walk_{}.json".format(camera)).read_text())
            messages = read(bags.DATA_FOLDER / "walk_{}.mcap".format(camera))
            self.assertEqual([t for _, t, _ in messages], sorted(t for _, t, _ in messages))
            people = [(t, m) for topic, t, m in messages if topic == "/yolo/tracking"]
            infos = [(t, m) for topic, t, m in messages if topic == "/camera/camera_info"]
            self.assertEqual((len(people), len(infos), len(messages)), (100, 100, 200))
            for frame, points in enumerate(walk["frames"]):
                self.check_people(camera, frame, points, *people[frame])
                self.check_info(camera, frame, calibration[camera], *infos[frame])

    def check_header(self, camera, frame, header):
        seen_ns = header.stamp.sec * 10**9 + header.stamp.nanosec
        self.assertAlmostEqual((seen_ns - 1_760_000_000 * 10**9) / 1e9, frame / 60, delta=1e-9)
        self.assertEqual(header.frame_id, camera + "_optical_frame")
        return seen_ns

    def check_people(self, camera, frame, points, log_time_ns, message):
        self.assertEqual(log_time_ns - self.check_header(camera, frame, message.header), 20_000_000)
        (person,) = message.detections
        self.assertEqual((person.class_name, person.id), ("person", "1"))
        kept = {k.id - 1: [k.point.x, k.point.y, k.score] for k in person.keypoints.data}
        self.assertEqual(kept, {i: p for i, p in enumerate(points) if p[2] >= 0.2})
        centre, size = person.bbox.center.position, person.bbox.size
        for x_px, y_px, _ in kept.values():
            self.assertLessEqual(abs(x_px - centre.x), size.x / 2 + 1e-9)
            self.assertLessEqual(abs(y_px - centre.y), size.y / 2 + 1e-9)
        self.assertEqual(person.bbox3d.center.orientation.w, 1.0)
        self.assertEqual(len(person.keypoints3d.data), 0)

    def check_info(self, camera, frame, expected, log_time_ns, message):
        self.assertEqual(log_time_ns - self.check_header(camera, frame, message.header), 1_000_000)
        self.assertEqual((message.width, message.height), (expected["width"], expected["height"]))
        self.assertEqual(message.distortion_model, "plumb_bob")
        self.assertEqual(list(message.d), expected["distortion_plumb_bob"])
        k = [float(v) for row in expected["K"] for v in row]
        self.assertEqual(list(message.k), k)
        self.assertEqual(list(message.p), k[:3] + [0.0] + k[3:6] + [0.0] + k[6:] + [0.0])
        self.assertEqual(list(message.r), [1, 0, 0, 0, 1, 0, 0, 0, 1])

    def test_foxglove_reader_sees_the_source(self):
        self.check(read_with_mcap)

    @unittest.skipIf(AnyReader is None, "rosbags is not installed")
    def test_rosbags_reader_sees_the_source(self):
        self.check(read_with_rosbags)

    def test_profile_compression_and_size(self):
        for camera in bags.CAMERAS:
            path = bags.DATA_FOLDER / "walk_{}.mcap".format(camera)
            self.assertLess(path.stat().st_size, LARGEST_BAG_BYTES)
            with path.open("rb") as stream:
                reader = make_reader(stream)
                summary = reader.get_summary()
                self.assertEqual(reader.get_header().profile, "ros2")
            self.assertEqual({s.encoding for s in summary.schemas.values()}, {"ros2msg"})
            self.assertEqual({c.compression for c in summary.chunk_indexes}, {"zstd"})
            self.assertGreater(len(summary.chunk_indexes), 1)

    def test_script_still_writes_the_committed_bytes(self):
        for camera in bags.CAMERAS:
            committed = (bags.DATA_FOLDER / "walk_{}.mcap".format(camera)).read_bytes()
            self.assertEqual(bags.make_bag(camera, SOURCE_FOLDER), committed)


if __name__ == "__main__":
    unittest.main()
