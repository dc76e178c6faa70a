"""Adaptation: reads keypoints, refuses what teaches nothing, draws people like the user's, leaves well alone."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch
from torch import nn

from posemoe_training.adaptation import likeness, loop, objectives, tracks
from posemoe_training.bodies import unit
from posemoe_training.data import Motion, Sources
from posemoe_training.draw import Draw
from posemoe_training.memory import Memory
from posemoe_training.network import SIZES, PoseMoE
from posemoe_training.poses import bones_of
from posemoe_training.prior.embedding import PoseEmbedding
from posemoe_training.prior.train import poses
from posemoe_training.streams import make_batch

FEW = Sources(weights={"accad": 0.5, "reactidle": 0.5})


def rng(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def as_tracks(batch) -> list:
    """Streams of simulated people as tracks of a bag."""
    out = []
    for n in range(len(batch.present)):
        there = batch.present[n] > 0
        out.append(tracks.Track("bag", 100.0 - batch.age_s[n, there].double(), batch.keypoints[n, there],
                                batch.view[n, there]))
    return out


class Adaptation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        torch.manual_seed(4)
        cls.motion = Motion.load(held_out=False, sources=FEW)
        cls.held_out = Motion.load(held_out=True, sources=Sources(weights={"reactidle": 1.0}))
        cls.batch = make_batch(cls.motion, 24, 40, rng(), vary=False, rate_hz=30.0)
        cls.tracks = as_tracks(cls.batch)
        cls.network = PoseMoE(SIZES["xs"]).eval()
        cls.embedding = PoseEmbedding().eval()
        cls.embedding.calibrate(poses(cls.motion, 512, Draw(rng(2))))
        cls.like = likeness.of_tracks(cls.tracks, torch.tensor([0.0, -1.0, 0.0]), 1.0, rng(3))

    def written(self, folder: str, rows) -> Path:
        path = Path(folder, "keypoints.csv")
        path.write_text("\n".join([",".join(tracks.COLUMNS), *rows]) + "\n", encoding="utf-8")
        return path

    def test_keypoints_are_read_and_broken_at_gaps(self):
        numbers = ",".join(["0.1"] * 51)
        with tempfile.TemporaryDirectory() as folder:
            rows = [f"a.mcap,7,{stamp},0.0,0.1,-1.5,{numbers}" for stamp in (2.0, 1.0, 9.0)]
            found = tracks.read(self.written(folder, rows))
            self.assertEqual([t.stamp_s.tolist() for t in found], [[1.0, 2.0], [9.0]])
            self.assertEqual(found[0].keypoints.shape, (2, 17, 3))
            for rows, message in ((["a,1,nan,0,0,0," + numbers], "line 2: expected 57 finite"),
                                  (["a,1,x,0,0,0," + numbers], "line 2: could not convert"), (["a,1,2"], "line 2: expected 57")):
                with self.assertRaisesRegex(tracks.TrackError, message):
                    tracks.read(self.written(folder, rows))
            Path(folder, "other.csv").write_text("time;x\n", encoding="utf-8")
            with self.assertRaisesRegex(tracks.TrackError, "the first line is 'time;x', expected bag,person"):
                tracks.read(Path(folder, "other.csv"))

    def test_what_teaches_nothing_is_refused(self):
        with self.assertRaisesRegex(tracks.TrackError, "found 0 people in 0 frames"):
            loop.check([])
        with self.assertRaisesRegex(tracks.TrackError, "expected at least 200 frames"):
            loop.check(self.tracks[:2])
        still = [t._replace(keypoints=t.keypoints[:1].expand_as(t.keypoints)) for t in self.tracks]
        with self.assertRaisesRegex(tracks.TrackError, "nobody moves"):
            loop.check(still)

    def test_streams_are_parts_of_tracks_in_order(self):
        batch = tracks.streams(self.tracks, 32, 8, rng(5))
        self.assertTrue(((batch.age_s[:, :-1] >= batch.age_s[:, 1:]) | (batch.present[:, :-1] == 0)).all())
        self.assertTrue((batch.present[:, -1] == 1).all() and (batch.age_s[:, -1] == 0).all())

    def test_simulated_people_stand_where_the_users_do(self):
        up = unit(torch.tensor([0.1, -0.9, -0.4]))  # a camera that looks down
        like = likeness.of_tracks(self.tracks, up, 1.0, rng(3))
        made = likeness.make_batch(self.motion, like, 512, 1, rng(6))
        for column in range(3):
            mine, theirs = (v[..., column].flatten().quantile(torch.tensor([0.1, 0.5, 0.9]))
                            for v in (made.view, like.view))
            torch.testing.assert_close(mine, theirs, atol=0.35, rtol=0)
        camera_m = torch.einsum("btij,btki->btkj", made.view_from_camera, made.joints_m)[:, 0]
        found = likeness.upwards(camera_m, torch.ones(512, 17))
        self.assertGreater(float(found @ up), 0.99)

    def test_constant_scores_and_noise_are_noticed(self):
        same = [t._replace(keypoints=torch.cat([t.keypoints[..., :2], (t.keypoints[..., 2:] > 0).float()], -1))
                for t in self.tracks]
        self.assertEqual(likeness.of_tracks(same, self.like.up, 1.0, rng(3)).detectors.constant_scores, 1.0)
        self.assertEqual(self.like.detectors.constant_scores, 0.0)
        noisy = [t._replace(keypoints=t.keypoints + 0.03 * torch.randn(t.keypoints.shape, generator=rng(7)) *
                            torch.tensor([1.0, 1.0, 0.0])) for t in self.tracks]
        self.assertAlmostEqual(loop.shaking(self.tracks, self.motion), 1.0, delta=0.35)
        self.assertGreater(loop.shaking(noisy, self.motion), 1.5)

    @torch.no_grad()
    def test_the_truth_costs_less_than_anything_else(self):
        batch = self.batch._replace(joints_m=self.batch.joints_m)
        true = batch.joints_m
        wrong = true + 0.15 * torch.randn(true.shape, generator=rng(8))
        for term in (objectives.reprojection, objectives.bones, objectives.smoothness):
            self.assertLess(float(term(true, batch)), 0.7 * float(term(wrong, batch)), term.__name__)
        self.assertLess(float(objectives.bones(true, batch)), 5e-3)
        self.assertGreater(float(objectives.plausibility(wrong, batch, self.embedding)),
                           float(objectives.plausibility(true, batch, self.embedding)))

    def test_a_pose_seen_anew_is_the_same_pose(self):
        anew, true = objectives.seen_anew(self.batch.joints_m, self.batch, self.like, Draw(rng(9)))
        lengths = [bones_of(x)[:, 0, 1:].norm(dim=-1) for x in (true, self.batch.joints_m[:, -1:])]
        torch.testing.assert_close(*lengths, atol=1e-3, rtol=1e-3)
        self.assertTrue(torch.isfinite(anew.keypoints).all())

    def test_where_nothing_is_gained_the_network_is_left_alone(self):
        small = dict(USERS=2, LIKE=2, USUAL=2, STEPS=1, LOOKED_AT=16, HELD_STREAMS=8)
        with mock.patch.multiple(loop, **small), mock.patch.object(loop, "LEAST_GAIN", 0.9):
            outcome = loop.adapt(self.network, Memory(), self.tracks, self.motion, self.held_out, self.embedding,
                                rounds=1, report=lambda _: None)
        self.assertFalse(outcome.adapted)
        for mine, kept in zip(outcome.network.parameters(), self.network.parameters()):
            self.assertTrue(torch.equal(mine, kept))

    def test_a_network_is_drawn_to_what_the_objectives_ask_for(self):
        small = dict(USERS=6, LIKE=4, USUAL=2, STEPS=12, LOOKED_AT=16, HELD_STREAMS=16, RATE=1e-3, AVERAGE=0.5,
                     MOST_LOST_MM=1e6)
        torch.manual_seed(5)
        fresh = PoseMoE(SIZES["xs"])
        nn.init.normal_(fresh.readout.depth.weight, std=0.2)
        with mock.patch.multiple(loop, **small):
            outcome = loop.adapt(fresh.eval(), Memory(), self.tracks, self.motion, self.held_out, self.embedding,
                                rounds=2, report=lambda _: None)
        self.assertTrue(outcome.adapted)
        self.assertLess(loop._total(outcome.after, ()), loop._total(outcome.before, ()))


if __name__ == "__main__":
    unittest.main()
