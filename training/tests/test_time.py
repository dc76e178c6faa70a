"""Attention in time: one frame after the other, a whole stream at once and a window agree where they should."""

import unittest
from dataclasses import replace
from typing import NamedTuple

import torch

from posemoe_training.layers import CYCLE_S, Block
from posemoe_training.memory import Memory
from posemoe_training.network import SIZES, VARIANTS, PoseMoE
from posemoe_training.steps import Stream, steps

SIZE = SIZES["xs"]
IN_A_ROW = 2        # blocks in time one after the other of the full network: what is asked has itself asked
SAME_M = 1e-4       # apart by rounding only
DIFFERENT_M = 1e-3
FOREVER_S = 1e3


class Inputs(NamedTuple):
    keypoints: torch.Tensor  # (P, T, 17, 3)
    view: torch.Tensor       # (P, T, 3)
    depth: torch.Tensor      # (P, T, 17, 3)
    age_s: torch.Tensor      # (P, T)
    present: torch.Tensor    # (P, T)

    def frames(self, chosen) -> "Inputs":
        return Inputs(*(t[:, chosen] for t in self))

    @property
    def there(self) -> torch.Tensor:
        """Where there is a frame; what is said of others has no meaning."""
        return self.present > 0

    def with_other(self, frames) -> "Inputs":
        """The same but for what is seen in `frames`."""
        keypoints = self.keypoints.clone()
        keypoints[:, frames] = keypoints[:, frames].flip(0) + 0.3
        return self._replace(keypoints=keypoints)


def some(people: int = 3, frames: int = 12, seed: int = 1) -> Inputs:
    """Streams with irregular ages, gaps, joints that are not seen or whose depth is measured, and missing frames."""
    rng = torch.Generator().manual_seed(seed)
    score = torch.rand(people, frames, 17, 1, generator=rng)
    seen = score > 0.1
    keypoints = torch.cat([torch.randn(people, frames, 17, 2, generator=rng), score], -1) * seen
    view = torch.randn(people, frames, 3, generator=rng) * 0.3 - torch.tensor([0, 0, 1.0])
    depth = torch.cat([torch.randn(people, frames, 17, 2, generator=rng), torch.ones(people, frames, 17, 1)], -1)
    depth = depth * (seen & (torch.rand(people, frames, 17, 1, generator=rng) > 0.5))
    gap_s = 0.01 + 0.1 * torch.rand(people, frames, generator=rng)
    gap_s += 0.5 * (torch.rand(people, frames, generator=rng) < 0.2)
    age_s = gap_s.flip(1).cumsum(1).flip(1) - gap_s[:, -1:]
    present = (torch.rand(people, frames, generator=rng) > 0.2).float()
    present[:, -1] = 1
    return Inputs(keypoints, view, depth, age_s, present)


def regular(people: int = 3, frames: int = 12, apart_s: float = 0.1) -> Inputs:
    age_s = apart_s * torch.arange(frames - 1, -1, -1.0).repeat(people, 1)
    return some(people, frames)._replace(age_s=age_s, present=torch.ones(people, frames))


def awake(variant: str = "full", size=SIZE) -> PoseMoE:
    """Random weights in the blocks in time: they begin as the identity, and would hide faults."""
    torch.manual_seed(3)
    network = PoseMoE(size, variant)
    for block in network.modules():
        if isinstance(block, Block) and block.in_time:
            for layer in (block.attention.out, block.mlp[2]):
                torch.nn.init.normal_(layer.weight, std=0.2)
    return network.eval()


def apart_m(one: torch.Tensor, other: torch.Tensor) -> float:
    return (one - other).norm(dim=-1).max().item()


class Time(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.network = awake()

    def setUp(self):
        no_grad = torch.no_grad()
        no_grad.__enter__()
        self.addCleanup(no_grad.__exit__, None, None, None)

    def same(self, one: torch.Tensor, other: torch.Tensor) -> None:
        self.assertEqual(one.shape, other.shape)
        self.assertLess(apart_m(one, other), SAME_M)

    def differ(self, one: torch.Tensor, other: torch.Tensor) -> None:
        self.assertGreater(apart_m(one, other), DIFFERENT_M)


class StepByStep(Time):
    def check(self, network: PoseMoE, inputs: Inputs, memory: Memory) -> None:
        """Each person alone, since a missing frame is not remembered."""
        whole = network.lift(*inputs, memory)
        for person in range(len(inputs.age_s)):
            there = inputs.there[person]
            mine = Inputs(*(t[person:person + 1, there] for t in inputs))
            stepped = list(steps(network, *mine[:3], 7.3 - mine.age_s.double(), memory))
            self.same(torch.cat([joints_m for _, joints_m, _ in stepped]), whole.joints_m[person, there])
            self.same(torch.cat([sigma_m for _, _, sigma_m in stepped]), whole.sigma_m[person, there])

    def test_gives_what_the_whole_stream_gives(self):
        self.check(self.network, some(frames=24), Memory(frames=30))

    def test_whatever_the_variant_when_the_past_is_thinned_out_and_frames_grow_too_old(self):
        inputs, memory = some(frames=14), Memory(frames=5, span_s=1.0)
        for variant in VARIANTS:
            network = awake(variant)
            self.check(network, inputs, memory)
            answer = network.lift(*inputs, memory).joints_m
            for larger in (replace(memory, frames=99), replace(memory, span_s=FOREVER_S)):  # both limits are felt
                self.differ(answer, network.lift(*inputs, larger).joints_m)

    def test_several_new_frames_at_once_are_answered_as_one_after_the_other(self):
        inputs, memory, new = regular(frames=9), Memory(frames=5), slice(5, 9)
        frames = *inputs[:3], -inputs.age_s.double()
        stream = Stream(self.network, 3, memory)
        for frame in range(5):
            step = stream.step(*(t[:, frame:frame + 1] for t in frames))
            stream.keep(frames[-1][:, frame], self.network.step(*step, memory)[2])
        joints_m, sigma_m, entries = self.network.step(*stream.step(*(t[:, new] for t in frames)), memory)
        whole = self.network.lift(*inputs, Memory())  # of which none is given up meanwhile
        self.same(joints_m, whole.joints_m[:, new])
        self.same(sigma_m, whole.sigma_m[:, new])
        self.assertEqual(entries.shape[:4], (3, self.network.time_blocks(), 17, 4))

    def test_when_moments_pass_the_cycle_many_times(self):
        inputs = regular(people=1, frames=30, apart_s=1.3)
        self.check(self.network, inputs, Memory(frames=6, span_s=8.0))

    def test_without_a_memory_each_frame_is_alone(self):
        inputs = some()
        answer = self.network.lift(*inputs, Memory(frames=0)).joints_m
        for frame in (1, 5, 11):
            alone = self.network.lift(*inputs.frames([frame])).joints_m
            there = inputs.there[:, frame]
            self.same(answer[there, frame], alone[there, 0])


class WhatIsSeen(Time):
    def test_of_a_stream_nothing_later(self):
        inputs = some()
        earlier = inputs.frames(slice(5))
        for variant in VARIANTS:
            network = awake(variant)
            answer = network.lift(*inputs).joints_m
            other = network.lift(*inputs.with_other(slice(5, None))).joints_m
            for same in (other[:, :5], network.lift(*earlier).joints_m):
                self.same(answer[:, :5][earlier.there], same[earlier.there])
            self.differ(answer[:, 5:], other[:, 5:])

    def test_of_a_window_what_comes_later_too(self):
        inputs = regular()
        answer = self.network.lift(*inputs, causal=False).joints_m
        self.differ(answer[:, :5], self.network.lift(*inputs.with_other(slice(5, None)), causal=False).joints_m[:, :5])

    def test_nothing_beyond_the_memory(self):
        inputs, reach = regular(), 3
        memory = Memory(span_s=0.1 * reach + 0.05)
        answer = self.network.lift(*inputs, memory).joints_m[:, -1]
        oldest_felt = 11 - IN_A_ROW * reach
        beyond = self.network.lift(*inputs.with_other(slice(oldest_felt)), memory).joints_m[:, -1]
        self.assertLess(apart_m(answer, beyond), 1e-6)
        for within in (slice(oldest_felt + 1), slice(8, 9)):
            other = self.network.lift(*inputs.with_other(within), memory).joints_m[:, -1]
            self.assertGreater(apart_m(answer, other), 1e-5)

    def test_missing_frames_take_no_place_in_the_memory(self):
        inputs, memory = regular(), Memory(frames=3)
        inputs.present[:, [6, 8, 9]] = 0
        there = [frame for frame in range(12) if frame not in (6, 8, 9)]
        answer = self.network.lift(*inputs, memory).joints_m[:, there]
        self.same(answer, self.network.lift(*inputs.frames(there), memory).joints_m)

    def test_nothing_of_an_empty_slot(self):
        inputs = regular()
        inputs.present[:, :4] = 0
        other = inputs.with_other(slice(4))._replace(age_s=inputs.age_s.clone())
        other.age_s[:, :4] = 0
        for causal in (True, False):
            answers = [self.network.lift(*i, causal=causal).joints_m[:, 4:] for i in (inputs, other)]
            self.same(*answers)


class Windows(Time):
    def test_the_newest_alone_is_answered_as_among_all(self):
        for variant in VARIANTS:
            network = awake(variant)
            for frames in (1, 9):
                inputs = some().frames(slice(-frames, None))
                every, newest = network.lift(*inputs, causal=False), network.lift_newest(*inputs)
                self.same(newest[0], every.joints_m[:, -1])
                self.same(newest[1], every.sigma_m[:, -1])

    def test_the_order_of_the_other_slots_does_not_matter(self):
        inputs = some()
        shuffled = inputs.frames([4, 2, 9, 0, 10, 1, 3, 8, 7, 5, 6, 11])
        for one, other in zip(self.network.lift_newest(*inputs), self.network.lift_newest(*shuffled)):
            self.same(one, other)
        # Whichever frame is the last, those after it in time have ages below 0.
        middle = inputs.frames([*range(5), *range(6, 12), 5])
        middle = middle._replace(age_s=middle.age_s - middle.age_s[:, -1:])
        self.same(self.network.lift_newest(*middle)[0], self.network.lift(*inputs, causal=False).joints_m[:, 5])


class Moments(Time):
    def test_only_the_time_between_frames_counts(self):
        inputs = some()
        for later_s in (3.7, CYCLE_S, 3 * CYCLE_S):
            later = inputs._replace(age_s=inputs.age_s + later_s)
            for causal in (True, False):
                answers = [self.network.lift(*i, causal=causal).joints_m for i in (inputs, later)]
                self.same(*(answer[inputs.there] for answer in answers))

    def test_a_step_may_give_its_moment_modulo_the_cycle(self):
        inputs = some(people=2)
        *_, (last, joints_m, _) = steps(self.network, *inputs[:3], -inputs.age_s.double(), Memory(6))
        for cycles in (-1, 2):
            later = last._replace(moment_s=last.moment_s + cycles * CYCLE_S)
            self.same(self.network.step(*later, Memory(6))[0][:, 0], joints_m)
        other = last._replace(moment_s=last.moment_s + 0.4)
        self.differ(self.network.step(*other, Memory(6))[0][:, 0], joints_m)

    def test_a_frame_that_stands_for_several_counts_as_often(self):
        # With one block in time, of which the newest frame asks: whom the others ask differs.
        network = awake(size=replace(SIZE, expert_time=0))
        inputs = regular(frames=3)
        thinned = inputs._replace(present=torch.tensor([[4.0, 2.0, 1.0]]).expand(3, 3))
        dense = inputs.frames([0, 0, 0, 0, 1, 1, 2])
        answer = network.lift(*thinned).joints_m[:, -1]
        self.same(answer, network.lift(*dense).joints_m[:, -1])
        self.differ(answer, network.lift(*inputs).joints_m[:, -1])


if __name__ == "__main__":
    unittest.main()
