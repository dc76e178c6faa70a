"""One body for all recordings: rigs leave no trace, bones keep their lengths, poses that are made are people's."""

import unittest
from dataclasses import replace

import torch

from posemoe_training import bodies, poses
from posemoe_training.anthropometry import MEAN_STATURE_M, Body
from posemoe_training.data import Motion, on_one_body
from posemoe_training.draw import Draw
from posemoe_training.skeleton import MIRRORED, PARENTS
from posemoe_training.sources.recording import Recording

PEOPLE = 64


def rng(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def bone_lengths(x: torch.Tensor) -> torch.Tensor:
    return (x - x[..., [max(p, 0) for p in PARENTS], :]).norm(dim=-1)[..., 1:]


class People(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.motion = Motion.load(held_out=True)
        draw = Draw(rng())
        cls.age_s = torch.tensor([0.4, 0.2, 0.0]).expand(PEOPLE, 3)
        cls.world_m = cls.motion.sample(cls.motion.draw_rows(PEOPLE, draw), cls.age_s, draw)
        cls.other_m = cls.motion.sample(cls.motion.draw_rows(PEOPLE, draw), cls.age_s, draw)


class OneBody(People):
    def test_all_recordings_are_of_the_mean_body(self):
        lengths, limbs = bone_lengths(self.motion.positions_m), [1, 2, 4, 5, 11, 12, 14, 15]
        mean = Body.mean().length_m[0, 1:]
        torch.testing.assert_close(lengths[:, limbs].amin(0), mean[limbs], atol=1e-4, rtol=0)
        torch.testing.assert_close(lengths[:, limbs].amax(0), mean[limbs], atol=1e-4, rtol=0)
        hips_m = (self.motion.positions_m[:, 1] - self.motion.positions_m[:, 4]).norm(dim=-1)
        self.assertLess((hips_m - 2 * mean[0]).abs().max().item(), 1e-4)

    def test_another_rig_gives_the_same_movement(self):
        """Hips and shoulders elsewhere, a thorax too high and too far back, other lengths: what differs is the rig."""
        x = self.motion.positions_m[:400]
        frame = bodies.trunk_frame(x)
        legs, arms = [1, 2, 3, 4, 5, 6], [11, 12, 13, 14, 15, 16]
        rig = x.clone()
        rig[:, 8:11] += bodies.in_world(frame, torch.tensor([0.0, 0, 0.04]).expand(len(x), 3))[:, None]
        for pair in ((1, 4), (11, 14)):
            half = 0.15 * (x[:, pair[0]] - x[:, pair[1]])
            for joints, side in ((legs if pair[0] == 1 else arms, 1),):
                near, far = joints[:3], joints[3:]
                rig[:, near] += side * half[:, None]
                rig[:, far] -= side * half[:, None]
        one, two = (torch.from_numpy(on_one_body([Recording("s", "p", "a", 30.0, m.numpy())])[0].positions_m)
                    for m in (x, rig))
        apart_m = ((one - one[:, :1]) - (two - two[:, :1])).norm(dim=-1)
        self.assertLess(apart_m.mean().item(), 0.006)
        self.assertGreater(((x - x[:, :1]) - (rig - rig[:, :1])).norm(dim=-1).mean().item(), 0.012)

    def test_a_body_keeps_its_lengths_and_its_directions(self):
        body = Body.draw(PEOPLE, Draw(rng(2)))
        x = bodies.resize(self.world_m, body)
        lengths = bone_lengths(x)
        for joint in (1, 2, 3, 4, 5, 6, 12, 13, 15, 16):
            torch.testing.assert_close(lengths[..., joint - 1], body.length_m[:, None, joint].expand(-1, 3),
                                       atol=1e-4, rtol=0)
            bone, before = (m[:, :, joint] - m[:, :, PARENTS[joint]] for m in (x, self.world_m))
            self.assertGreater(torch.cosine_similarity(bone, before, dim=-1).min().item(), 0.9999)
        torch.testing.assert_close(body.length_m, body.length_m[:, list(MIRRORED)])
        again = bodies.resize(self.world_m, Body.mean(PEOPLE))
        torch.testing.assert_close(again, self.world_m, atol=5e-3, rtol=0)  # interpolated frames are a little short

    def test_statures_and_proportions_are_those_of_people(self):
        body = Body.draw(20_000, Draw(rng(3)))
        adult = body.stature_m > 1.5
        self.assertAlmostEqual(body.stature_m[adult].mean().item(), 1.705, delta=0.01)
        self.assertAlmostEqual(body.stature_m[adult].std().item(), 0.095, delta=0.01)
        self.assertLess(body.stature_m.min().item(), 1.15)
        self.assertLess(body.stature_m.max().item(), 2.15)
        legs = body.length_m[:, [2, 3]].sum(1) / body.stature_m
        trunk = body.length_m[:, [7, 8]].sum(1) / body.stature_m
        self.assertLess(torch.corrcoef(torch.stack([legs[adult], trunk[adult]]))[0, 1].item(), -0.5)
        self.assertTrue((body.length_m[:, 1:] > 0).all())
        self.assertAlmostEqual(Body.mean().stature_m.item(), MEAN_STATURE_M)


class MadePoses(People):
    everything = poses.Poses(turned=0.5, sitting=0.3, kneeling=0.2, lying=0.2, tilted=0.2, upper_body=0.3, limbs=0.3)

    def made(self, chosen: poses.Poses, seed: int = 4) -> torch.Tensor:
        return poses.pose(self.world_m, self.other_m, torch.ones(PEOPLE).bool(), chosen, Draw(rng(seed)))

    def test_no_bone_changes_its_length(self):
        x = self.made(self.everything)
        self.assertTrue(torch.isfinite(x).all())
        limbs = [0, 1, 2, 3, 4, 5, 11, 12, 14, 15]
        torch.testing.assert_close(bone_lengths(x)[..., limbs], bone_lengths(self.world_m)[..., limbs],
                                   atol=4e-3, rtol=0)  # limbs of others: of frames between two, which are a little short

    def test_nothing_asked_for_changes_nothing(self):
        torch.testing.assert_close(self.made(poses.Poses(upper_body=0.0)), self.world_m, atol=1e-5, rtol=0)

    def test_those_who_sit_have_thighs_forward_and_knees_in_front(self):
        x = self.made(poses.Poses(sitting=1.0, upper_body=0.0))
        level = poses.level_frame(poses.bones_of(x))
        for hip, knee, ankle in ((1, 2, 3), (4, 5, 6)):
            thigh = bodies.in_frame(level, bodies.unit(x[:, :, knee] - x[:, :, hip]))
            shank = bodies.in_frame(level, bodies.unit(x[:, :, ankle] - x[:, :, knee]))
            self.assertGreater(thigh[..., 0].min().item(), 0.25)
            self.assertLess(shank[..., 2].median().item(), -0.4)
        still_m = (x[:, 0, 2] - x[:, 0, 0]) - (x[:, -1, 2] - x[:, -1, 0])
        self.assertLess(still_m.norm(dim=-1).max().item(), 1e-3)

    def test_turned_knees_and_elbows_do_not_bend_backwards(self):
        straight = self.world_m.clone()
        frame = poses.level_frame(poses.bones_of(straight))
        for hip, knee, ankle in ((1, 2, 3), (4, 5, 6)):
            for joint, start in ((knee, hip), (ankle, knee)):
                straight[:, :, joint] = straight[:, :, start] - 0.42 * frame[..., 2]
        x = poses.joined(straight[:, :, :1], poses.turn_limbs(
            poses.bones_of(straight), poses.Poses(turned=1.0, turn_rad=0.3), Draw(rng(6))))
        pelvis = poses.pelvis_frame(poses.bones_of(x))
        for hip, knee, ankle in ((1, 2, 3), (4, 5, 6)):
            thigh, shank = x[:, :, knee] - x[:, :, hip], x[:, :, ankle] - x[:, :, knee]
            axis = torch.cross(thigh, shank, dim=-1)
            bent = axis.norm(dim=-1) > 0.02
            along_left = (axis * pelvis[..., 1]).sum(-1)[bent] / axis.norm(dim=-1)[bent]
            self.assertGreater(bent.float().mean().item(), 0.5)
            self.assertGreater(along_left.median().item(), 0.6)

    def test_limbs_come_from_the_other_movement_only_where_there_is_one(self):
        nobody = poses.pose(self.world_m, self.other_m, torch.zeros(PEOPLE).bool(),
                            poses.Poses(upper_body=1.0, limbs=1.0), Draw(rng(7)))
        torch.testing.assert_close(nobody, self.world_m, atol=1e-5, rtol=0)
        x = self.made(poses.Poses(upper_body=0.0, limbs=1.0))
        for part, joints in ((poses.pelvis_frame, (1, 2, 3)), (poses.chest_frame, (11, 12, 13))):
            for joint in joints[1:]:
                ours, theirs = (bodies.in_frame(part(poses.bones_of(m)), poses.bones_of(m)[:, :, joint])
                                for m in (x, self.other_m))
                torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)

    def test_shares_out_of_range_are_refused(self):
        with self.assertRaisesRegex(ValueError, "sitting is 1.5, expected 0 to 1"):
            replace(self.everything, sitting=1.5)


if __name__ == "__main__":
    unittest.main()
