"""What of a stream is remembered, and for how many frames it stands."""

import unittest
from typing import List, Tuple

import torch

from posemoe_training.memory import Memory, Remembered, stood_for


def remembered(stamps_s: List[float], memory: Memory) -> List[Tuple[float, float]]:
    """What is remembered of one stream after these frames: stamps, and how many frames each stands for."""
    kept = Remembered(1, memory)
    for frame, stamp_s in enumerate(stamps_s):
        kept.add(frame, torch.tensor([stamp_s], dtype=torch.float64), torch.ones(1))
    rows = zip(kept.stamp_s[0].tolist(), kept.stands_for[0].tolist())
    return [(round(stamp_s, 3), count) for stamp_s, count in rows if stamp_s > -torch.inf]


class OfOneStream(unittest.TestCase):
    MEMORY = Memory(frames=4, span_s=6.0)  # the newest is safe; the others are thinned out if less than 2 s apart

    def test_it_fills_up(self):
        self.assertEqual(remembered([0, 1, 2], self.MEMORY), [(0, 1), (1, 1), (2, 1)])

    def test_full_it_thins_out_what_lies_too_close(self):
        self.assertEqual(remembered([0, 1, 2, 3, 4], self.MEMORY), [(0, 2), (2, 1), (3, 1), (4, 1)])
        self.assertEqual(remembered([0, 1, 2, 3, 4, 5], self.MEMORY), [(0, 2), (2, 2), (4, 1), (5, 1)])

    def test_what_is_too_old_goes_first(self):
        self.assertEqual(remembered([0, 1, 2, 3, 6.5], self.MEMORY), [(1, 1), (2, 1), (3, 1), (6.5, 1)])

    def test_where_nothing_lies_too_close_the_oldest_goes(self):
        self.assertEqual(remembered([0, 2, 4, 4.5, 5.5], self.MEMORY), [(2, 1), (4, 1), (4.5, 1), (5.5, 1)])

    def test_the_newest_quarter_stays_whatever_its_distance(self):
        memory = Memory(frames=8, span_s=60.0)
        kept = remembered([float(s) for s in range(0, 90, 10)] + [80.1, 80.2, 80.3], memory)
        self.assertEqual([stamp_s for stamp_s, _ in kept][-2:], [80.2, 80.3])

    def test_so_few_frames_reach_across_the_span_at_any_rate_and_stand_for_all(self):
        for rate_hz in (5, 12, 30, 60, 120):
            memory = Memory(frames=96)
            kept = remembered([frame / rate_hz for frame in range(15 * rate_hz)], memory)
            newest_s = (15 * rate_hz - 1) / rate_hz
            self.assertGreater(newest_s - kept[0][0], 0.97 * memory.span_s, rate_hz)
            alive = sum(count for stamp_s, count in kept if newest_s - stamp_s <= memory.span_s)
            self.assertAlmostEqual(alive, rate_hz * memory.span_s, delta=0.15 * rate_hz + 1)


class OfSeveral(unittest.TestCase):
    def test_each_stream_is_remembered_by_itself(self):
        rng = torch.Generator().manual_seed(4)
        memory, frames = Memory(frames=6, span_s=2.0), 40
        age_s = (0.2 * torch.rand(3, frames, generator=rng)).cumsum(1).flip(1)
        present = (torch.rand(3, frames, generator=rng) > 0.2).float()
        together = stood_for(age_s, present, memory)
        for stream in range(3):
            there = present[stream] > 0
            alone = stood_for(age_s[stream:stream + 1, there], present[stream:stream + 1, there], memory)
            self.assertTrue(torch.equal(together[stream][there][:, there], alone[0]))
            self.assertTrue((together[stream][:, ~there] == 0).all())
        self.assertLessEqual((together > 0).sum(-1).max().item(), memory.frames + 1)  # and itself

    def test_a_memory_that_is_not_full_yet_is_told_without_going_through_it(self):
        age_s, present = torch.linspace(3, 0, 7)[None], torch.tensor([[1.0, 3, 0, 1, 1, 1, 1]])
        for memory in (Memory(frames=6), Memory(frames=6, span_s=1.2)):
            quick = stood_for(age_s, present, memory)
            padded = [torch.cat([torch.zeros(1, 3), t], 1) for t in (age_s, present)]  # three frames that are missing
            self.assertTrue(torch.equal(stood_for(*padded, memory)[:, 3:, 3:], quick))


if __name__ == "__main__":
    unittest.main()
