"""The embedding of poses: bones keep their lengths, the frame does not matter, and wrong poses surprise more than real ones."""

import tempfile
import unittest
from pathlib import Path

import torch

from posemoe_training import prior
from posemoe_training.data import Motion, Sources
from posemoe_training.draw import Draw
from posemoe_training.poses import bones_of
from posemoe_training.prior.distorted import HINGES, auc, bent_backwards
from posemoe_training.prior.embedding import NUMBERS, PoseEmbedding, directions_of, with_directions
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

    def test_auc(self):
        self.assertEqual(auc(torch.tensor([3.0, 4.0]), torch.tensor([1.0, 2.0])), 1.0)
        self.assertEqual(auc(torch.tensor([1.0, 4.0]), torch.tensor([2.0, 3.0])), 0.5)
        self.assertIsInstance(PoseEmbedding().surprise(self.x[:2]).sum().item(), float)


if __name__ == "__main__":
    unittest.main()
