"""What users of the network rely on: variants of equal cost, no idle weights, exact perspective (time: test_time.py)."""

import unittest

import torch

from posemoe_training.data import Motion
from posemoe_training.depth import DepthCameras
from posemoe_training.network import SIZES, VARIANTS, PoseMoE, parameter_count
from posemoe_training.readout import Readout
from posemoe_training.streams import World, make_batch

LARGEST_FILE_BYTES = 20e6


class Network(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.batch = make_batch(Motion.load(held_out=True), 4, 6, torch.Generator().manual_seed(1))

    def test_variants_cost_the_same(self):
        for name, size in SIZES.items():
            full = parameter_count(PoseMoE(size))
            self.assertLess(4 * full, LARGEST_FILE_BYTES, name)
            for variant in VARIANTS:
                self.assertLess(abs(parameter_count(PoseMoE(size, variant)) - full), 0.02 * full, (name, variant))
        self.assertLessEqual(parameter_count(PoseMoE(SIZES["xs"])), 1_000_000)

    def test_every_weight_is_trained(self):
        for variant in VARIANTS:
            network = PoseMoE(SIZES["xs"], variant)
            lifted = network.lift(*self.batch.inputs)
            (lifted.joints_m.sum() + lifted.early_m.sum() + lifted.sigma_m.sum()).backward()
            idle = [name for name, p in network.named_parameters() if p.grad is None]
            self.assertEqual(idle, [], variant)


class MeasuredDepth(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.batch = make_batch(Motion.load(held_out=True), 8, 3, torch.Generator().manual_seed(2),
                               world=World(depth=DepthCameras(share=1.0)))

    def lifted(self, network: PoseMoE, depth: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return network.lift(*self.batch._replace(depth=depth).inputs).joints_m

    def test_one_that_is_absent_leaves_the_prior_and_costs_nothing(self):
        """Whatever the weights say of depths that are measured: nothing of them is felt where none is."""
        for variant in VARIANTS:
            network, none = PoseMoE(SIZES["xs"], variant).eval(), torch.zeros_like(self.batch.depth)
            answer = self.lifted(network, none)
            torch.nn.init.normal_(network.depth_embed.weight, std=9.0)
            torch.nn.init.normal_(network.depth_embed.bias, std=9.0)
            self.assertTrue(torch.equal(self.lifted(network, none), answer), variant)
            self.assertFalse(torch.equal(self.lifted(network, self.batch.depth), answer), variant)

    def test_where_one_is_measured_the_prior_is_not_felt(self):
        network, depth = PoseMoE(SIZES["xs"]).eval(), self.batch.depth.clone()
        depth[..., 2] = 1
        answer = self.lifted(network, depth)
        torch.nn.init.normal_(network.depth_prior, std=9.0)
        torch.testing.assert_close(self.lifted(network, depth), answer, atol=1e-4, rtol=1e-4)
        self.assertGreater((self.lifted(network, 0 * depth) - answer).abs().max().item(), 0.01)


class ReadoutGeometry(unittest.TestCase):
    def test_the_true_correction_size_and_depth_give_the_true_joints(self):
        """Perspective is exact: with zero correction the keypoints of a noiseless detector are reproduced."""
        torch.manual_seed(5)
        root_m = torch.tensor([0.0, 0.0, 3.0])
        joints_m = torch.cat([torch.zeros(1, 3), 0.4 * torch.randn(16, 3)]) + root_m
        tangents = joints_m[:, :2] / joints_m[:, 2:]
        apparent = tangents.square().sum(-1).mean().sqrt()
        size_m = apparent * 3.0
        keypoints = torch.cat([tangents / apparent, torch.ones(17, 1)], -1)[None, None]
        view = torch.tensor([0.0, 0.0, apparent.log()])[None, None]
        readout = Readout(2)
        with torch.no_grad():
            for p in readout.parameters():
                p.zero_()
            readout.norm_depth.bias[0] = 1.0
            zeta = (joints_m[:, 2] - 3.0) / size_m

            class Told(torch.nn.Module):
                def __init__(self, answer):
                    super().__init__()
                    self.answer = answer

                def forward(self, _):
                    return self.answer

            readout.depth = Told(zeta[None, None, :, None])
            readout.size = Told((size_m / 0.55).log()[None, None, None, None])
            found = readout(torch.zeros(1, 1, 17, 2), torch.zeros(1, 1, 17, 2), keypoints, view)[0, 0]
        torch.testing.assert_close(found, joints_m - root_m, atol=1e-5, rtol=1e-4)


if __name__ == "__main__":
    unittest.main()
