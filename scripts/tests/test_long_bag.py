"""The long bag holds the walks, side by side and over and over, under stamps that go on."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mcap.reader import make_reader  # noqa: E402
from mcap_ros2.decoder import DecoderFactory  # noqa: E402

from make_long_bag import make_long_bag  # noqa: E402
from measure_replay import at_shares  # noqa: E402
from test_walk_bags import bags, read_with_mcap  # noqa: E402


def keypoints(person):
    return [(k.id, k.point.x, k.point.y, k.score) for k in person.keypoints.data]


class LongBag(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "long.mcap"
            cls.frames = make_long_bag(path, people=5, minutes=0.06)
            with path.open("rb") as stream:
                reader = make_reader(stream, decoder_factories=[DecoderFactory()])
                messages = [(c.topic, m.log_time, ros) for _, c, m, ros in reader.iter_decoded_messages()]
        cls.log_times = [t for _, t, _ in messages]
        cls.arrays = [(t, m) for topic, t, m in messages if topic == "/yolo/tracking"]
        cls.infos = [(t, m) for topic, t, m in messages if topic == "/camera/camera_info"]

    def test_stamps_go_on_over_the_end_of_the_walk(self):
        self.assertEqual((self.frames, len(self.arrays), len(self.infos)), (216, 216, 216))
        self.assertEqual(self.log_times, sorted(self.log_times))
        for messages, delay_ns in ((self.arrays, 20_000_000), (self.infos, 1_000_000)):
            for frame, (log_ns, message) in enumerate(messages):
                stamp = message.header.stamp
                stamp_ns = stamp.sec * 10**9 + stamp.nanosec
                self.assertEqual(stamp_ns, bags.stamp_ns(frame, 60))
                self.assertEqual(log_ns, stamp_ns + delay_ns)

    def test_everyone_has_the_keypoints_of_a_walk(self):
        for walk, camera in enumerate(bags.CAMERAS):
            recorded = read_with_mcap(bags.DATA_FOLDER / "walk_{}.mcap".format(camera))
            recorded = [keypoints(m.detections[0]) for topic, _, m in recorded if topic == "/yolo/tracking"]
            for frame, (_, message) in enumerate(self.arrays):
                self.assertEqual(keypoints(message.detections[walk]), recorded[frame % 100])
                if walk == 0:
                    self.assertEqual([p.id for p in message.detections], ["1", "2", "3", "4", "5"])
                    # The fifth is the first, a third of the walk later.
                    self.assertEqual(keypoints(message.detections[4]), recorded[(frame + 33) % 100])


class Memory(unittest.TestCase):
    def test_it_is_told_at_shares_of_the_run(self):
        samples = [(0.0, 1.0), (1.0, 2.0), (5.0, 3.0), (6.0, 4.0), (10.0, 5.0)]
        self.assertEqual(at_shares(samples), [2.0, 3.0, 5.0])


if __name__ == "__main__":
    unittest.main()
