"""The step as it is exported computes what the trained network does."""

import unittest

import torch

from posemoe_training.export.fused import FusedStep
from posemoe_training.layers import CYCLE_S, WIDTH
from posemoe_training.memory import Memory
from posemoe_training.network import SIZES, PoseMoE

MEMORY = Memory(frames=9, span_s=3.0)
EMPTY_S = 1e3
APART = 1e-5  # relative to the largest number of an output; rounding only


def any_weights(size: str) -> PoseMoE:
    """What training begins with at zero or one is not told from what is missing."""
    torch.manual_seed(5)
    network = PoseMoE(SIZES[size]).with_orientation().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
    return network


def step_inputs(people: int, network: PoseMoE, age_s: torch.Tensor, frames: int = 1) -> tuple:
    """A third of the joints are not seen, of half a depth is measured; each new frame sees those before it."""
    rng = torch.Generator().manual_seed(people)
    keypoints = torch.randn(people, frames, 17, 3, generator=rng)
    keypoints[..., 2] = torch.rand(people, frames, 17, generator=rng)
    keypoints = keypoints * (torch.rand(people, frames, 17, 1, generator=rng) > 0.3)
    kept = [torch.randn(people, 17, age_s.shape[1], WIDTH, generator=rng) for _ in range(network.time_blocks())]
    view, moment_s = torch.randn(people, frames, 3, generator=rng), CYCLE_S * torch.rand(people, frames, generator=rng)
    depth = torch.cat([torch.randn(people, frames, 17, 2, generator=rng), torch.ones(people, frames, 17, 1)], -1)
    depth = depth * (torch.rand(people, frames, 17, 1, generator=rng) > 0.5)
    age_s = age_s[:, None] + 0.1 * torch.arange(frames)[:, None]
    stands_for = (1 + 9 * torch.rand(age_s.shape, generator=rng)).floor()
    order = torch.arange(frames)
    new_age_s = (0.1 * (order[:, None] - order)).masked_fill(order[:, None] < order, EMPTY_S).expand(people, -1, -1)
    return keypoints, view, depth, moment_s, age_s, stands_for, new_age_s, kept


def ages(people: int, slots: int = MEMORY.frames) -> torch.Tensor:
    """Some within what is remembered, some beyond; the first person is new."""
    age_s = 4 * torch.rand(people, slots, generator=torch.Generator().manual_seed(people))
    age_s[0] = EMPTY_S
    return age_s


class Fused(unittest.TestCase):
    @torch.no_grad()
    def expect_same(self, network: PoseMoE, inputs: tuple) -> None:
        found, expected = FusedStep(network, MEMORY)(*inputs), network.step(*inputs, MEMORY)
        for name, one, other in zip(("joints_m", "sigma_m", "entries", "segments"), found, expected, strict=True):
            self.assertEqual(one.shape, other.shape, name)
            most = APART * max(1.0, other.abs().max().item())
            self.assertLessEqual((one - other).abs().max().item(), most, name)

    def test_every_size_answers_as_it_was_trained_for_one_person_or_several(self) -> None:
        for size in SIZES:
            network = any_weights(size)
            for people in range(1, 6):
                with self.subTest(size=size, people=people):
                    self.expect_same(network, step_inputs(people, network, ages(people)))
                    self.expect_same(network, step_inputs(people, network, ages(people), frames=4))

    def test_memories_may_be_empty_or_full(self) -> None:
        network = any_weights("xs")
        empty, one, full = torch.full((3, 4), EMPTY_S), torch.full((3, 1), 0.03), torch.linspace(2.9, 0.03, 96)
        for age_s in (empty, one, full.repeat(3, 1)):
            self.expect_same(network, step_inputs(3, network, age_s))

    def test_depths_may_be_measured_of_all_or_of_none(self) -> None:
        network = any_weights("xs")
        keypoints, view, depth, *others = step_inputs(3, network, ages(3), frames=2)
        every = torch.cat([depth[..., :2], torch.ones_like(depth[..., 2:])], -1)
        for measured in (every, torch.zeros_like(depth)):
            self.expect_same(network, (keypoints, view, measured, *others))

    def test_scores_of_any_size_give_numbers(self) -> None:
        """Large scores on either side: the share of earlier frames is all or nothing."""
        network = any_weights("xs")
        *others, kept = step_inputs(2, network, torch.full((2, 5), 0.5))
        for scale in (1e-6, 300.0):
            outputs = FusedStep(network, MEMORY)(*others, [scale * entries for entries in kept])
            self.assertTrue(all(torch.isfinite(output).all() for output in outputs))

    def test_a_network_without_some_part_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "found a network of variant 'no_router', expected 'full'"):
            FusedStep(PoseMoE(SIZES["xs"], "no_router"), MEMORY)


if __name__ == "__main__":
    unittest.main()
