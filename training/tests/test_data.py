"""From recordings to what is seen: bodies stay bodies, cameras and detectors keep their promises."""

import unittest
from unittest import mock

import torch

from posemoe_training import bodies, cameras
from posemoe_training.data import HELD_OUT, Motion, Sources, is_held_out
from posemoe_training.detector import FAMILIES, Detectors, detect
from posemoe_training.draw import Draw
from posemoe_training.occlusion import hidden
from posemoe_training.skeleton import JOINTS, PARENTS
from posemoe_training.streams import make_batch


def rng(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def bone_lengths(x: torch.Tensor) -> torch.Tensor:
    return (x - x[..., [max(p, 0) for p in PARENTS], :]).norm(dim=-1)[..., 1:]


class Data(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.motion = Motion.load(held_out=True)
        draw = Draw(rng())
        age_s = torch.tensor([0.4, 0.2, 0.0]).expand(64, 3)
        cls.world_m = cls.motion.sample(cls.motion.draw_rows(64, draw), age_s, draw)

    def test_nobody_stands_on_both_sides_of_the_split(self):
        self.assertTrue(is_held_out("cmu_more", "8") and is_held_out("cmu", "08"))
        self.assertFalse(is_held_out("cmu_dance_martial", "60"))
        for family, people in HELD_OUT.items():
            self.assertTrue(all(is_held_out(family, person) for person in people))

    def test_leaning_and_mirroring_change_no_bone(self):
        angle = 0.3 * torch.randn(64, generator=rng(3))
        for x in (bodies.lean(self.world_m, angle, Draw(rng(3))), bodies.mirror_half(self.world_m, Draw(rng(3)))):
            ours, theirs = bone_lengths(x).sort(-1).values, bone_lengths(self.world_m).sort(-1).values
            torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-3)

    def test_a_source_can_be_left_out(self):
        few = {"cmu_more": 0.5, "accad": 0.5}
        every, one = (Motion.load(held_out=False, sources=Sources(weights=few, leave_out=out)) for out in ((), ("accad",)))
        self.assertEqual(len(every.length) - len(one.length), len(Motion.left_out("accad").length))
        with self.assertRaisesRegex(ValueError, "cannot leave out lafan; there are cmu_more, accad"):
            Sources(weights=few, leave_out=("lafan",))

    def test_in_a_side_view_the_far_arm_is_hidden_and_the_near_one_is_not(self):
        person = torch.tensor([  # camera frame, seen from the person's right: x is forward
            [0, 0, 0], [0, 0, -.1], [0, .4, -.1], [0, .8, -.1], [0, 0, .1], [0, .4, .1], [0, .8, .1], [0, -.25, 0],
            [0, -.5, 0], [0.05, -.6, 0], [0, -.75, 0], [0, -.5, .18], [0, -.25, .2], [0, 0, .2],
            [0, -.5, -.18], [0, -.25, -.2], [0, 0, -.2]]) + torch.tensor([0.0, 0.0, 3.0])
        covered = dict(zip(JOINTS, hidden(person[None, None])[0, 0].tolist()))
        for joint in ("left_elbow", "left_shoulder", "left_knee"):
            self.assertEqual(covered[joint], 1, joint)
        for joint in ("right_elbow", "right_wrist", "right_knee", "right_ankle", "head"):
            self.assertEqual(covered[joint], 0, joint)

    def test_a_detector_without_noise_marks_the_joints(self):
        draw = Draw(rng(4))
        scene = cameras.place_cameras(self.world_m, draw, border="full")
        xy, score, _ = detect(scene, torch.zeros(64, 3), draw, noise=0.0)
        knee = scene.camera_m[:, :, 2]
        apart_m = (xy[:, :, 2] - knee[..., :2] / knee[..., 2:]).norm(dim=-1) * knee[..., 2]
        self.assertLess(apart_m.median().item(), 0.03)  # what remains is what a detector means by a knee
        self.assertGreater((score[:, :, 2] > 0).float().mean().item(), 0.99)

    def test_scores_tell_of_errors(self):
        draw = Draw(rng(5))
        scene = cameras.place_cameras(self.world_m.repeat(8, 1, 1, 1), draw, border="full")
        xy, score, _ = detect(scene, torch.tensor([0.4, 0.2, 0.0]).expand(512, 3), draw)
        z = scene.camera_m[..., 2:]
        off_m = ((xy - scene.camera_m[..., :2] / z) * z).norm(dim=-1)
        seen = score > 0
        low = seen & (score < score[seen].quantile(0.25))
        high = seen & (score > score[seen].quantile(0.75))
        self.assertGreater(off_m[low].median().item(), 1.3 * off_m[high].median().item())

    def test_marks_are_those_of_each_family(self):
        scene = cameras.place_cameras(self.world_m.repeat(4, 1, 1, 1), Draw(rng(4)), border="full")
        x, z = scene.camera_m, scene.camera_m[..., 2:]
        along = {}
        for row, (coco, mpii) in enumerate(((1.0, 0.0), (0.0, 1.0), (0.0, 0.0))):
            xy, _, family = detect(scene, torch.zeros(256, 3), Draw(rng(5)), 0.0,
                                   Detectors(gross=0.0, coco=coco, mpii=mpii))
            self.assertTrue((family == row).all())
            up = bodies.unit((x[:, :, 10] - x[:, :, 8])[..., :2])
            along[FAMILIES[row]] = ((xy * z - x[..., :2])[:, :, 9] * up).sum(-1).median().item()
        self.assertLess(abs(along["centres"]), 0.01)
        self.assertLess(along["mpii"], -0.01)   # the base of the skull, below the nose
        self.assertGreater(along["coco"], along["mpii"])

    def test_gross_errors_last_and_most_are_of_hidden_joints(self):
        scene = cameras.place_cameras(self.world_m.repeat(8, 1, 1, 1), Draw(rng(6)), border="full")
        age_s, covered = torch.tensor([0.1, 0.05, 0.0]).expand(512, 3), hidden(scene.camera_m)
        xy, _, _ = detect(scene, age_s, Draw(rng(7)), 1.0, Detectors(noise_m=0.0, gross=0.05, coco=0.0, mpii=0.0))
        z = scene.camera_m[..., 2:]
        far = ((xy - scene.camera_m[..., :2] / z) * z).norm(dim=-1) > 0.15
        limbs = [2, 3, 5, 6, 12, 13, 15, 16]
        far, covered = far[..., limbs], covered[..., limbs] > 0
        self.assertGreater(far[covered].float().mean().item(), 1.5 * far[~covered].float().mean().item())
        self.assertGreater(far[:, 1][far[:, 0]].float().mean().item(), 0.5)

    def test_some_detectors_give_one_score_to_all(self):
        scene = cameras.place_cameras(self.world_m, Draw(rng(4)), border="full")
        _, score, _ = detect(scene, torch.zeros(64, 3), Draw(rng(8)), 1.0, Detectors(constant_scores=1.0))
        highest = score.amax((1, 2), keepdim=True)
        self.assertTrue(((score == 0) | (score == highest)).all())

    def test_the_border_cuts_off_legs_and_nothing_else(self):
        whole, cut = (make_batch(self.motion, 256, 1, rng(6), vary=False, border=b)
                      for b in ("full", "legs"))
        torch.testing.assert_close(whole.joints_m[:, :, 1:].norm(dim=-1), cut.joints_m[:, :, 1:].norm(dim=-1),
                                   atol=1e-4, rtol=1e-3)  # the same people
        self.assertLess((cut.keypoints[:, 0, [2, 3, 5, 6], 2] > 0).float().mean().item(), 0.1)
        self.assertGreater((cut.keypoints[:, 0, 11:, 2] > 0).float().mean().item(), 0.85)

    def test_a_moving_camera_ends_where_a_resting_one_stands(self):
        age_s = torch.linspace(4, 0, 3).expand(64, 3)
        moving, resting = (self.placed(age_s, chance) for chance in (1.0, 0.0))
        torch.testing.assert_close(moving[:, -1], resting[:, -1])
        moved_m = (moving - resting)[:, 0, 0].norm(dim=-1)
        self.assertGreater(moved_m.median().item(), 0.2)
        # It turns and shifts as a whole: bodies stay bodies.
        torch.testing.assert_close(bone_lengths(moving), bone_lengths(resting), atol=1e-4, rtol=1e-3)

    def test_cameras_roll_about_their_axis_to_either_side(self):
        level, rolled = (cameras.place_cameras(self.world_m, Draw(rng(9)), "full", roll_deg=deg).camera_m[:, -1, 10]
                         for deg in (0.0, 20.0))
        same = (level - rolled)[:, 2].abs() < 1e-4  # others would be cut off by the border, and are looked at anew
        self.assertGreater(same.float().mean().item(), 0.8)
        (before, after), side = (torch.atan2(p[:, 1], p[:, 0]) for p in (level, rolled)), torch.tensor([-20.0, 20.0])
        turned = torch.remainder((after - before).rad2deg() + 180, 360) - 180
        torch.testing.assert_close(turned[same], side.repeat(32)[same], atol=0.01, rtol=0)

    def test_some_cameras_of_training_roll_far(self):
        def spread_deg(chance: float) -> float:
            with mock.patch.object(cameras, "ROLLED_CHANCE", chance):
                scene = cameras.place_cameras(self.world_m.repeat(8, 1, 1, 1), Draw(rng(9)), "full", torch.zeros(512, 3))
            across = scene.camera_m[:, -1, 8] - scene.camera_m[:, -1, 0]
            return torch.atan2(across[:, 0], -across[:, 1]).rad2deg().abs().median().item()

        self.assertGreater(spread_deg(1.0), 1.5 * spread_deg(0.0))

    def placed(self, age_s: torch.Tensor, moving_chance: float) -> torch.Tensor:
        with mock.patch.object(cameras, "MOVING_CHANCE", moving_chance):
            return cameras.place_cameras(self.world_m, Draw(rng(9)), "full", age_s).camera_m


if __name__ == "__main__":
    unittest.main()
