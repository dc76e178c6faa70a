"""Adaptation: reads keypoints, refuses what teaches nothing, draws people like the user's, leaves well alone."""

import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

import torch
from torch import nn

from posemoe_training import HOME
from posemoe_training.adaptation import agreement, likeness, loop, marks, objectives, tracks, users
from posemoe_training.bodies import unit
from posemoe_training.checkpoint import load_network
from posemoe_training.data import Motion, Sources
from posemoe_training.detector import Detectors
from posemoe_training.draw import Draw
from posemoe_training.memory import Memory
from posemoe_training.network import SIZES, PoseMoE
from posemoe_training.poses import Poses, bones_of
from posemoe_training.prior.embedding import PoseEmbedding
from posemoe_training.prior.train import poses
from posemoe_training.streams import World, make_batch

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
        cls.up = torch.tensor([[0.0, -1.0, 0.0]]).expand(len(cls.tracks), 3)
        cls.like = likeness.of_tracks(cls.tracks, cls.up, 1.0, rng(3))

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
            users.check([])
        with self.assertRaisesRegex(tracks.TrackError, "expected at least 200 frames"):
            users.check(self.tracks[:2])
        still = [t._replace(keypoints=t.keypoints[:1].expand_as(t.keypoints)) for t in self.tracks]
        with self.assertRaisesRegex(tracks.TrackError, "nobody moves"):
            users.check(still)

    def test_streams_are_parts_of_tracks_in_order(self):
        batch = tracks.streams(self.tracks, 32, 8, rng(5)).batch
        self.assertTrue(((batch.age_s[:, :-1] >= batch.age_s[:, 1:]) | (batch.present[:, :-1] == 0)).all())
        self.assertTrue((batch.present[:, -1] == 1).all() and (batch.age_s[:, -1] == 0).all())

    def test_simulated_people_stand_where_the_users_do(self):
        up = unit(torch.tensor([0.1, -0.9, -0.4]))  # a camera that looks down
        like = likeness.of_tracks(self.tracks, up.expand(len(self.tracks), 3), 1.0, rng(3))
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
        self.assertEqual(likeness.of_tracks(same, self.up, 1.0, rng(3)).detectors.constant_scores, 1.0)
        self.assertEqual(self.like.detectors.constant_scores, 0.0)
        noisy = [t._replace(keypoints=t.keypoints + 0.03 * torch.randn(t.keypoints.shape, generator=rng(7)) *
                            torch.tensor([1.0, 1.0, 0.0])) for t in self.tracks]
        self.assertAlmostEqual(users.shaking(self.tracks, self.motion), 1.0, delta=0.35)
        self.assertGreater(users.shaking(noisy, self.motion), 1.5)

    def test_a_detector_is_known_by_the_keypoints_that_it_has(self):
        for detectors, expected in ((Detectors(coco=1.0, mpii=0.0), (1.0, 0.0)), (Detectors(coco=0.0, mpii=1.0), (0.0, 0.5)),
                                    (Detectors(coco=0.0, mpii=0.0), (0.0, 0.5))):
            batch = make_batch(self.motion, 24, 40, rng(), vary=False, rate_hz=30.0, world=World(Poses(), detectors))
            found = likeness.of_tracks(as_tracks(batch), self.up, 1.0, rng(3)).detectors
            self.assertEqual((found.coco, found.mpii), expected)
            self.assertLess(found.marks, likeness.of_tracks(as_tracks(batch)[:1], self.up[:1], 1.0, rng(3)).detectors.marks)

    def test_what_is_kept_is_what_was_said_before(self):
        batch = make_batch(self.motion, 4, 6, rng(8))
        lifted = self.network.lift(*batch.inputs, Memory())
        self.assertEqual(loop._moved_m(lifted, self.network, batch, Memory()).item(), 0.0)
        moved = lifted._replace(joints_m=lifted.joints_m + torch.tensor([0.0, 0.03, 0.04]))
        self.assertAlmostEqual(loop._moved_m(moved, self.network, batch, Memory()).item(), 0.05, places=5)

    def test_marks_that_lie_elsewhere_are_found(self):
        network, memory = load_network(HOME / "weights" / "xs.pt")
        true_m = marks.moves(torch.tensor([0.0, 0.04, 0.05, 0.0, 0.0, -0.04, 0.0, 0.0, 0.0, 0.0]))
        torch.testing.assert_close(true_m[[1, 4, 14], 1], torch.tensor([-0.04, 0.04, 0.0]))

        def seen(moved_m, seed: int = 31):
            like = replace(self.like, moved_m=moved_m)
            return likeness.make_batch(self.motion, like, 192, 3, rng(seed), memory)

        found_m = marks.found_marks(network, seen(true_m, seed=32), 50, memory, seen)
        trunk = [1, 4, 11, 14]
        torch.testing.assert_close(found_m[trunk], true_m[trunk], atol=0.015, rtol=0)
        none_m = marks.found_marks(network, seen(torch.zeros(17, 3), seed=33), 50, memory, seen)
        self.assertLess(none_m[trunk].abs().max().item(), 0.015)
        # One person's build is no detector's habit.
        one_m = marks.found_marks(network, seen(true_m, seed=32), 1, memory, seen)
        self.assertLess(one_m.norm(), found_m.norm())

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

    def seen_from(self, turns_rad, off_m: float = 0.0, people: int = 1):
        """Tracks of people, each seen by a camera at each of these headings, and their poses in its frame. What cameras say
        is off along their line of sight."""
        out, said_m, true_m = [], [], []
        rows = self.motion.draw_rows(people, Draw(rng(20)))
        age_s = torch.arange(119, -1, -1.0).expand(people, 120) / 30
        world_m = self.motion.sample(rows, age_s, Draw(rng(21)))
        world_m = world_m - world_m[:, :, :1]
        for camera, turn in enumerate(turns_rad):
            c, s = torch.tensor(turn).cos(), torch.tensor(turn).sin()
            zero = torch.zeros(())
            camera_from_world = torch.stack([torch.stack([-s, c, zero]), torch.tensor([0.0, 0.0, -1.0]),
                                             torch.stack([-c, -s, zero])])
            camera_m = torch.einsum("ij,ptkj->ptki", camera_from_world, world_m)
            view = torch.tensor([0.0, 0.0, -1.5]).expand(120, 3)
            for person in range(people):
                noise = torch.randn(120, 17, 3, generator=rng(30 + 10 * camera + person)) * torch.tensor([0.005, 0.005, off_m])
                out.append(tracks.Track(f"camera {camera}", 50 - age_s[person].double(), torch.ones(120, 17, 3), view))
                said_m.append(camera_m[person] + noise)
                true_m.append(camera_m[person])
        return out, said_m, true_m

    def test_cameras_agree_on_more_than_each_knows(self):
        seen, said_m, true_m = self.seen_from((0.0, 1.3, 2.9), off_m=0.12)
        for track, said, true in zip(agreement.taught(seen, said_m), said_m, true_m):
            found = torch.einsum("nij,nki->nkj", track.view_from_camera(), track.taught_m)
            relative, own = ((x - x[:, :1]) - (true - true[:, :1]) for x in (found, said))
            self.assertEqual(track.taught.sum(), 120)
            self.assertLess(relative.norm(dim=-1).mean(), 0.4 * own.norm(dim=-1).mean())
            self.assertLess(relative.norm(dim=-1).mean(), 0.05)

    def test_people_are_told_apart_across_cameras(self):
        seen, said_m, _ = self.seen_from((0.0, 1.3), off_m=0.05, people=3)
        found = agreement.groups(seen, said_m)
        self.assertEqual(sorted(found), [[0, 3], [1, 4], [2, 5]])

    def test_a_camera_alone_is_taught_nothing(self):
        seen, said_m, _ = self.seen_from((0.0,), people=2)
        self.assertTrue(all(track.taught is None for track in agreement.taught(seen, said_m)))
        later = [seen[0], seen[1]._replace(bag="camera 1", stamp_s=seen[1].stamp_s + 60)]
        self.assertEqual(agreement.groups(later, said_m), [])

    def test_what_cameras_agree_on_is_seen_from_other_sides(self):
        seen, said_m, _ = self.seen_from((0.0, 1.3), off_m=0.05, people=3)
        known = agreement.taught(seen, said_m)
        up = torch.tensor([[0.0, -1.0, 0.0]]).expand(len(known), 3)
        batch = likeness.from_other_sides(known, up, self.like, 64, 8, rng(12))
        lengths = bones_of(batch.joints_m[:, -1:])[:, 0, 2].norm(dim=-1)
        mine = bones_of(torch.stack([track.taught_m[-1:] for track in known]))[:, 0, 2].norm(dim=-1)
        self.assertTrue(((lengths > mine.min() - 0.05) & (lengths < mine.max() + 0.05)).all())
        facing = torch.atan2(*(batch.joints_m[:, -1, 1] - batch.joints_m[:, -1, 4])[:, [2, 0]].T)
        self.assertGreater(facing.std(), 1.0)

    def test_a_pose_seen_anew_is_the_same_pose(self):
        anew = objectives.seen_anew(self.batch.joints_m, self.batch, self.up, self.like, Draw(rng(9)))
        lengths = [bones_of(x)[:, 0, 1:].norm(dim=-1) for x in (anew.joints_m, self.batch.joints_m[:, -1:])]
        torch.testing.assert_close(*lengths, atol=1e-3, rtol=1e-3)
        self.assertTrue(torch.isfinite(anew.keypoints).all())

    def test_where_nothing_is_gained_the_network_is_left_alone(self):
        small = dict(USERS=2, LIKE=2, USUAL=2, STEPS=1, LOOKED_AT=16, HELD_STREAMS=8)  # SIDES: nobody is seen twice
        with mock.patch.multiple(loop, **small), mock.patch.object(loop, "LEAST_GAIN", 0.9):
            outcome = loop.adapt(self.network, Memory(), self.tracks, self.motion, self.held_out, self.embedding,
                                rounds=1, report=lambda _: None)
        self.assertFalse(outcome.adapted)
        for mine, kept in zip(outcome.network.parameters(), self.network.parameters()):
            self.assertTrue(torch.equal(mine, kept))

    def test_a_network_is_drawn_to_what_the_objectives_ask_for(self):
        small = dict(USERS=6, LIKE=4, USUAL=2, STEPS=12, LOOKED_AT=16, HELD_STREAMS=16, OTHER_RATE=1e-3, AVERAGE=0.5,
                     MOST_LOST_MM=1e6)
        torch.manual_seed(5)
        fresh = PoseMoE(SIZES["xs"])
        nn.init.normal_(fresh.readout.depth.weight, std=0.2)
        with mock.patch.multiple(loop, **small):
            outcome = loop.adapt(fresh.eval(), Memory(), self.tracks, self.motion, self.held_out, self.embedding,
                                leave_out=(), rounds=2, report=lambda _: None)
        self.assertTrue(outcome.adapted)
        self.assertLess(loop._total(outcome.after, ()), loop._total(outcome.before, ()))


if __name__ == "__main__":
    unittest.main()
