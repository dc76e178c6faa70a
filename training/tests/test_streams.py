"""Streams have the ages, the rates and the gaps that a detector has, and thinned ones stand for long ones."""

import unittest
from unittest import mock

import torch

from posemoe_training.data import Motion
from posemoe_training.draw import Draw
from posemoe_training.memory import Memory
from posemoe_training.streams import (
    FASTEST_HZ, LEAST_KEYPOINTS, LONGEST_GAP_S, SLOWEST_HZ, enough_seen, make_batch, stream_times,
)


def rng(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Times(unittest.TestCase):
    def test_ages_fall_to_the_newest(self):
        for thinned in (False, True):
            age_s, stands_for = stream_times(256, 24, Draw(rng()), thinned=thinned)
            self.assertTrue((age_s[:, -1] == 0).all() and (age_s.diff(dim=1) < 0).all())
            self.assertTrue((stands_for >= 1).all() and (stands_for == stands_for.round()).all())
            self.assertTrue((stands_for[:, -12:] == 1).all())  # the newer half is dense
        lone_s, stands_for = stream_times(4, 1, Draw(rng()), thinned=True)
        self.assertEqual((lone_s.tolist(), stands_for.tolist()), ([[0.0]] * 4, [[1.0]] * 4))

    def test_rates_are_those_of_detectors(self):
        age_s, stands_for = stream_times(512, 49, Draw(rng(2)))
        self.assertTrue((stands_for == 1).all())
        rate_hz = -1 / age_s.diff(dim=1).median(1).values
        self.assertTrue(((rate_hz > 0.93 * SLOWEST_HZ) & (rate_hz < 1.07 * FASTEST_HZ)).all())
        self.assertLess(rate_hz.min().item(), 1.1 * SLOWEST_HZ)
        self.assertGreater(rate_hz.max().item(), 0.9 * FASTEST_HZ)
        longest_s = 2 * 1.3 / SLOWEST_HZ + LONGEST_GAP_S  # a dropped frame, late, and a gap
        self.assertLess(-age_s.diff(dim=1).min().item(), longest_s)

    def test_a_rate_that_is_asked_for_is_kept(self):
        age_s, _ = stream_times(256, 9, Draw(rng(3)), rate_hz=10.0)
        self.assertAlmostEqual(-age_s.diff(dim=1).median().item(), 0.1, delta=0.01)

    def test_thinned_streams_reach_as_far_back_as_all_that_they_stand_for(self):
        memory, rate_hz, frames = Memory(), 30.0, 24
        age_s, stands_for = stream_times(512, frames, Draw(rng(4)), rate_hz, thinned=True, memory=memory)
        periods = stands_for[:, :-1].sum(1)  # as many as a dense stream has between so many frames
        stretched = age_s[:, 0] * rate_hz / periods  # by what drops and gaps add
        self.assertGreater(stretched.median().item(), 0.99)
        self.assertLess(stretched.median().item(), 1.15)
        # From a dense stream to all that is remembered; k is rounded, by at most half a frame for each.
        self.assertEqual(periods.min().item(), frames - 1)
        remembered = memory.span_s * rate_hz
        self.assertLess(periods.max().item(), remembered + frames / 4)
        self.assertGreater(periods.max().item(), 0.8 * remembered)

    def test_a_short_memory_leaves_nothing_to_thin(self):
        _, stands_for = stream_times(64, 24, Draw(rng(5)), thinned=True, memory=Memory(span_s=0.35))
        self.assertTrue((stands_for == 1).all())


class Batches(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.motion = Motion.load(held_out=True)

    def test_a_seed_gives_one_batch(self):
        one, two = (make_batch(self.motion, 32, 24, rng(8)) for _ in range(2))
        for a, b in zip(one, two):
            if a is None:  # orientations, which not every recording has
                self.assertIsNone(b)
                continue
            self.assertTrue(torch.isfinite(a.float()).all())
            self.assertTrue(torch.equal(a, b))
        self.assertFalse(torch.equal(one.keypoints, make_batch(self.motion, 32, 24, rng(9)).keypoints))

    def test_a_missing_frame_holds_nothing_and_the_newest_is_never_missing(self):
        batch = make_batch(self.motion, 256, 24, rng(10), noise=3.0)
        missing = batch.present == 0
        self.assertTrue(missing.any() and not missing[:, -1].any())
        for given in (batch.keypoints, batch.view, batch.age_s):
            self.assertTrue((given[missing] == 0).all())
        self.assertTrue(torch.equal(batch.used, (~missing).float()))
        earlier = (batch.keypoints[:, :-1, :, 2] > 0).sum(-1)[~missing[:, :-1]]
        self.assertGreaterEqual(earlier.min().item(), LEAST_KEYPOINTS)

    def test_nobody_is_seen_before_the_recording_or_longer_than_is_remembered(self):
        memory = Memory(span_s=3.0)
        batch = make_batch(self.motion, 256, 60, rng(11), vary=False, rate_hz=15.0, memory=memory)
        self.assertLessEqual(batch.age_s.max().item(), memory.span_s)
        self.assertGreater(batch.age_s.max().item(), 0.9 * memory.span_s)
        self.assertGreater((batch.present == 0).sum(1).max().item(), 15)

    def test_no_stream_runs_on_into_the_next_recording(self):
        # Every second recording is of a person half as large; a second of each is too short for most streams.
        rows, frames = 50, 30
        size = 1 - 0.5 * (torch.arange(rows) % 2).repeat_interleave(frames)
        motion = Motion(self.motion.positions_m[:1] * size[:, None, None], torch.arange(rows) * frames,
                        torch.full((rows,), frames), torch.full((rows,), 30.0), torch.ones(rows),
                        torch.zeros(rows).long(), ["stands"])
        with mock.patch.object(Motion, "sample", autospec=True, side_effect=Motion.sample) as sample:
            batch = make_batch(motion, 512, 24, rng(13))
        self.assertLessEqual(sample.call_args_list[0].args[2].max().item(), motion.seconds[0].item())
        self.assertGreater((batch.present == 0).sum(1).max().item(), 5)
        for joint, parent in ((2, 1), (12, 11)):
            length_m = (batch.joints_m[:, :, joint] - batch.joints_m[:, :, parent]).norm(dim=-1)
            off_m = (length_m - length_m[:, -1:]).abs() * batch.used
            self.assertLess(off_m.max().item(), 1e-3)
        motion.sample(torch.arange(rows), torch.tensor([5.0, 0.0]).expand(rows, 2), Draw(rng(14)))  # stays inside

    def test_measurements_have_every_frame_in_its_place(self):
        batch = make_batch(self.motion, 64, 12, rng(12), vary=False)
        self.assertTrue(((batch.present == 0) | (batch.present == 1)).all())
        self.assertGreater(make_batch(self.motion, 64, 12, rng(12)).present.max().item(), 1)

    def test_enough_is_what_the_node_asks_for(self):
        score = torch.zeros(1, 3, 17)
        score[0, 0, :LEAST_KEYPOINTS] = score[0, 1, 1:LEAST_KEYPOINTS] = 0.5
        self.assertEqual(enough_seen(score).tolist(), [[True, False, True]])


if __name__ == "__main__":
    unittest.main()
