"""What users of the network rely on: causality, unused slots, variants of equal cost, exact perspective."""

import unittest

import torch

from posemoe_training.data import Motion
from posemoe_training.network import SIZES, VARIANTS, PoseMoE, parameter_count
from posemoe_training.readout import Readout
from posemoe_training.windows import WindowLayout, make_batch

LARGEST_FILE_BYTES = 20e6


def shaken(network: PoseMoE) -> PoseMoE:
    """Random weights in every layer: the temporal ones begin at zero and would hide faults."""
    torch.manual_seed(3)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return network.eval()


class Network(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.motion = Motion.load(held_out=True)
        cls.batch = make_batch(cls.motion, 4, WindowLayout(), torch.Generator().manual_seed(1))

    def test_a_frame_does_not_depend_on_later_ones(self):
        with torch.no_grad():
            for variant in VARIANTS:
                network = shaken(PoseMoE(SIZES["xs"], variant))
                keypoints, view, age_s, present = self.batch[:4]
                present = torch.ones_like(present)
                whole = network.lift(keypoints, view, age_s, present)
                early = network.lift(keypoints[:, :5], view[:, :5], age_s[:, :5], present[:, :5])
                torch.testing.assert_close(whole.joints_m[:, :5], early.joints_m, atol=1e-5, rtol=1e-4)

    def test_the_newest_frame_alone_is_answered_alike(self):
        with torch.no_grad():
            for variant in VARIANTS:
                network = shaken(PoseMoE(SIZES["xs"], variant))
                for frames in (1, 9):
                    inputs = [t[:, -frames:] for t in self.batch[:4]]
                    every, newest = network.lift(*inputs), network(*inputs)
                    torch.testing.assert_close(newest[0], every.joints_m[:, -1], atol=1e-5, rtol=1e-4)
                    torch.testing.assert_close(newest[1], every.sigma_m[:, -1], atol=1e-5, rtol=1e-4)

    def test_only_the_time_between_frames_counts(self):
        network = shaken(PoseMoE(SIZES["xs"]))
        keypoints, view, age_s, present = self.batch[:4]
        with torch.no_grad():
            now, later = network(keypoints, view, age_s, present), network(keypoints, view, age_s + 3.0, present)
        torch.testing.assert_close(now, later, atol=1e-4, rtol=1e-3)

    def test_an_empty_slot_changes_nothing(self):
        network = shaken(PoseMoE(SIZES["xs"]))
        keypoints, view, age_s, present = (t.clone() for t in self.batch[:4])
        present[:, :4] = 0
        with torch.no_grad():
            without = network(keypoints, view, age_s, present)
            keypoints[:, :4], view[:, :4], age_s[:, :4] = 0.7, 0.1, 0.5
            with_noise = network(keypoints, view, age_s, present)
        torch.testing.assert_close(without, with_noise, atol=1e-6, rtol=1e-5)

    def test_the_past_matters(self):
        network = shaken(PoseMoE(SIZES["xs"]))
        keypoints, view, age_s, present = self.batch[:4]
        with torch.no_grad():
            whole = network(keypoints, view, age_s, torch.ones_like(present))[0]
            alone = network(keypoints[:, -1:], view[:, -1:], age_s[:, -1:], present[:, -1:])[0]
        self.assertGreater((whole - alone).abs().max().item(), 1e-3)

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
            lifted = network.lift(*self.batch[:4])
            (lifted.joints_m.sum() + lifted.early_m.sum() + lifted.sigma_m.sum()).backward()
            idle = [name for name, p in network.named_parameters() if p.grad is None]
            self.assertEqual(idle, [], variant)


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
