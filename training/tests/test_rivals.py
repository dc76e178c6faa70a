"""The rivals run in the same harness: of one size, looking back only, each with what its paper is about."""

import unittest

import torch
from torch import nn

from posemoe_training.layers import WholeStream
from posemoe_training.memory import Memory
from posemoe_training.network import RIVALS, SIZES, PoseMoE, parameter_count
from posemoe_training.rivals import KinematicPrior, Retention
from posemoe_training.skeleton import JOINTS


class Rivals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        rng = torch.Generator().manual_seed(3)
        cls.keypoints = torch.rand(3, 5, 17, 3, generator=rng)
        cls.rest = (0.1 * torch.randn(3, 5, 3, generator=rng), torch.zeros(3, 5, 17, 3),
                    torch.tensor([0.4, 0.3, 0.2, 0.1, 0.0]).expand(3, 5), torch.ones(3, 5))

    def network(self, variant: str) -> PoseMoE:
        torch.manual_seed(1)
        network = PoseMoE(SIZES["xs"], variant)
        for parameter in network.parameters():
            if parameter.abs().max() == 0:  # blocks in time begin as the identity
                nn.init.normal_(parameter, std=0.05)
        return network.eval()

    def test_they_are_as_large_as_the_entangled_network(self):
        usual = parameter_count(PoseMoE(SIZES["xs"], "entangled"))
        for variant in RIVALS:
            self.assertLess(abs(parameter_count(PoseMoE(SIZES["xs"], variant)) / usual - 1), 0.05, variant)

    @torch.no_grad()
    def test_no_frame_depends_on_later_ones_and_each_on_earlier_ones(self):
        for variant in RIVALS:
            network = self.network(variant)
            before = network.lift(self.keypoints, *self.rest).joints_m
            for changed, same in ((-1, slice(0, -1)), (0, slice(0, 0))):
                other = self.keypoints.clone()
                other[:, changed] += 1
                after = network.lift(other, *self.rest).joints_m
                self.assertTrue(torch.equal(before[:, same], after[:, same]), variant)
                self.assertGreater((before - after)[:, -1].abs().max().item(), 1e-4, variant)

    def test_joints_begin_with_their_neighbours(self):
        prior = KinematicPrior(4)
        x = torch.zeros(1, 1, 17, 4)
        x[..., JOINTS.index("right_knee"), :] = 1
        changed = (prior(x, None) - prior(torch.zeros_like(x), None) - x).abs().sum(-1)[0, 0] > 1e-6
        self.assertEqual([JOINTS[j] for j in changed.nonzero()[:, 0]], ["right_hip", "right_knee", "right_ankle"])

    @torch.no_grad()
    def test_what_is_retained_fades_with_age(self):
        layer = Retention(64)
        x = torch.randn(2, 17, 3, 64, generator=torch.Generator().manual_seed(2))
        far = x.clone()
        far[:, :, 0] += 1

        def felt(oldest_s: float) -> float:
            past = WholeStream.of(torch.tensor([[oldest_s, 0.1, 0.0]] * 2), torch.ones(2, 3), Memory())
            return (layer(x, far, past) - layer(x, x, past))[:, :, -1].abs().mean().item()

        self.assertGreater(felt(0.2), 1.3 * felt(5.0))


if __name__ == "__main__":
    unittest.main()
