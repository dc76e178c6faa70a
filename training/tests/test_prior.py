"""The embedding of poses: bones keep their lengths, the frame does not matter, and wrong poses surprise more than real ones."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import onnx
import torch
from safetensors.torch import load_file

from posemoe_training import prior
from posemoe_training.data import Motion, Sources
from posemoe_training.draw import Draw
from posemoe_training.export.manifest import read_manifest
from posemoe_training.export.refused import Refused
from posemoe_training.poses import bones_of
from posemoe_training.prior import export
from posemoe_training.prior.distorted import HINGES, auc, bent_backwards
from posemoe_training.prior.embedding import NUMBERS, QUANTILES, PoseEmbedding, directions_of, with_directions
from posemoe_training.prior.export import PlausibilityForm, most_steps, write_fixture, write_plausibility
from posemoe_training.prior.train import poses, train

FEW = Sources(weights={"cmu_more": 0.5, "accad": 0.5})


def turned(x: torch.Tensor, seed: int) -> torch.Tensor:
    """Poses in another frame: any rotation."""
    q, _ = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(seed)))
    q = q * torch.linalg.det(q).sign()
    return x @ q.T


class Prior(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.motion = Motion.load(held_out=False, sources=FEW)
        cls.draw = Draw(torch.Generator().manual_seed(1))
        cls.x = poses(cls.motion, 512, cls.draw)
        cls.embedding = train(cls.motion, 150)

    def test_directions_are_those_of_any_frame_and_any_body(self):
        directions = directions_of(self.x)
        torch.testing.assert_close(directions_of(turned(1.3 * self.x, 2)), directions, atol=1e-4, rtol=0)
        torch.testing.assert_close(with_directions(directions, self.x), self.x, atol=1e-4, rtol=0)

    def test_bones_keep_their_lengths_whatever_is_decoded(self):
        found = self.embedding.nearest(self.x)
        lengths = [bones_of(x[:, None]).norm(dim=-1)[:, 0, 1:] for x in (found, self.x)]
        torch.testing.assert_close(*lengths, atol=1e-4, rtol=1e-3)
        norm = self.embedding.decode(5 * self.draw.normal(64, NUMBERS)).norm(dim=-1)
        torch.testing.assert_close(norm, torch.ones_like(norm))

    @torch.no_grad()
    def test_a_short_training_already_tells_wrong_from_real(self):
        wrong = bent_backwards(self.x, self.draw)
        self.assertGreater(auc(self.embedding.surprise(wrong), self.embedding.surprise(self.x)), 0.6)
        real, scrambled = (self.embedding.plausibility(x) for x in (self.x, self.x[:, torch.randperm(17)]))
        self.assertAlmostEqual(real.mean().item(), 0.5, delta=0.1)
        self.assertLess(scrambled.mean().item(), 0.1)
        self.assertTrue((real >= 0).all() and (real <= 1).all())

    def test_bent_backwards_is_one_hinge_and_the_wrong_way(self):
        wrong = bent_backwards(self.x, self.draw)
        before, after = (bones_of(x[:, None])[:, 0] for x in (self.x, wrong))
        changed = (before - after).norm(dim=-1) > 1e-4
        self.assertTrue((changed.sum(1) <= 1).all())
        self.assertTrue(set(changed.nonzero()[:, 1].tolist()) <= {lower for _, lower, _ in HINGES})
        for upper, lower, _ in HINGES:
            axis = [torch.cross(b[:, upper], b[:, lower], dim=-1) for b in (before, after)]
            bent = changed[:, lower] & (axis[0].norm(dim=-1) > 0.3 * before[:, upper].norm(dim=-1) * before[:, lower].norm(dim=-1))
            self.assertTrue(((axis[0] * axis[1]).sum(-1)[bent] < 0).all())

    def test_what_was_written_is_read(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "prior.pt")
            with self.assertRaisesRegex(ValueError, "there is no pose embedding"):
                prior.load(path)
            torch.save({"format": prior.FORMAT, "embedding": self.embedding.state_dict()}, path)
            torch.testing.assert_close(prior.load(path).surprise(self.x), self.embedding.surprise(self.x))
            torch.save({"format": 99}, path)
            with self.assertRaisesRegex(ValueError, "no pose embedding of format 2"):
                prior.load(path)

    def test_the_form_for_the_node_says_what_the_embedding_says(self):
        x = torch.cat([self.x, bent_backwards(self.x, self.draw)])
        found = PlausibilityForm(self.embedding).eval()(turned(x, 3) + torch.tensor([0.5, -1.0, 4.0]))
        apart = (found - self.embedding.plausibility(x)).abs() * QUANTILES
        self.assertLess(apart.max(), 1.5)
        self.assertLess((apart > 0.5).float().mean(), 0.05)

    def test_what_is_exported_is_small_and_judges_any_number_of_poses(self):
        held_out = Motion.load(held_out=True, sources=FEW)
        with tempfile.TemporaryDirectory() as folder:
            out, fixture = Path(folder, "prior.onnx"), Path(folder, "prior.safetensors")
            write_plausibility(self.embedding, held_out, out)
            write_fixture(self.embedding, held_out, fixture)
            self.assertLess(out.stat().st_size, 700_000)
            model, kept = onnx.load(out), load_file(fixture)
        promises = read_manifest(model)
        self.assertEqual((promises["kind"], promises["name"]), ("plausibility", "prior"))
        self.assertIn("ACCAD", [data["name"] for data in promises["training_data"]])
        for count in (1, len(kept["joints_m"])):
            self.assertLessEqual(most_steps(self.embedding, model, kept["joints_m"][:count]), 1)
        self.assertGreater(most_steps(PoseEmbedding(), model, kept["joints_m"]), 10)

    def test_a_file_of_another_embedding_is_not_written(self):
        held_out = Motion.load(held_out=True, sources=FEW)
        other = mock.patch.object(export, "CRITIC", 4.0)
        with tempfile.TemporaryDirectory() as folder, other:
            with self.assertRaisesRegex(Refused, "steps of 201 apart, expected 3 or fewer"):
                write_plausibility(self.embedding, held_out, Path(folder, "prior.onnx"))
            self.assertEqual(list(Path(folder).iterdir()), [])

    def test_auc(self):
        self.assertEqual(auc(torch.tensor([3.0, 4.0]), torch.tensor([1.0, 2.0])), 1.0)
        self.assertEqual(auc(torch.tensor([1.0, 4.0]), torch.tensor([2.0, 3.0])), 0.5)
        self.assertIsInstance(PoseEmbedding().surprise(self.x[:2]).sum().item(), float)


if __name__ == "__main__":
    unittest.main()
