"""What a depth camera measures at keypoints, and what the network is given of it."""

import unittest
from dataclasses import replace

import torch

from posemoe_training import cameras
from posemoe_training.data import Motion
from posemoe_training.depth import DepthCameras, measured
from posemoe_training.detector import Detectors, detect
from posemoe_training.draw import Draw
from posemoe_training.skeleton import TORSO
from posemoe_training.streams import World, make_batch
from posemoe_training.view import depth_view, person_view

PERFECT = DepthCameras(share=1.0, holes=0.0, few=0.0, thing=0.0, late=0.0)


def rng(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Depth(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.motion = Motion.load(held_out=True)
        draw = Draw(rng())
        cls.age_s = torch.tensor([0.2, 0.0]).expand(256, 2)
        cls.world_m = cls.motion.sample(cls.motion.draw_rows(256, draw), cls.age_s, draw)

    def measure(self, cameras_of: DepthCameras, distance_m: float = 3.0):
        scene = cameras.place_cameras(self.world_m, Draw(rng(2)), "full", distance_m=distance_m)
        xy, score, family = detect(scene, self.age_s, Draw(rng(3)), 1.0, Detectors(gross=0.0))
        return scene, xy, score, measured(scene, xy, score, family, cameras_of, Draw(rng(4)))

    def test_it_is_the_surface_before_the_joint(self):
        scene, _, score, depth_m = self.measure(PERFECT)
        there = depth_m > 0
        self.assertGreater(there[score > 0].float().mean().item(), 0.9)
        before_m = (scene.camera_m[..., 2] - depth_m)[there]
        self.assertAlmostEqual(before_m.median().item(), 0.06, delta=0.03)
        self.assertGreater((before_m < -0.2).float().mean().item(), 0.02)  # background
        self.assertTrue((depth_m[score == 0] == 0).all())

    def test_noise_grows_with_distance(self):
        spread_m = []
        for distance_m in (2.0, 6.0):
            scene, _, _, depth_m = self.measure(PERFECT, distance_m)
            off_m = (scene.camera_m[..., 2] - depth_m)[..., 5][depth_m[..., 5] > 0]
            spread_m.append((off_m.quantile(0.7) - off_m.quantile(0.3)).item())
        self.assertGreater(spread_m[1], 1.8 * spread_m[0])

    def test_what_goes_wrong(self):
        _, _, score, all_m = self.measure(PERFECT)
        for changed in (replace(PERFECT, holes=0.8), replace(PERFECT, few=1.0)):
            _, _, _, depth_m = self.measure(changed)
            self.assertLess((depth_m > 0).float().mean().item(), 0.8 * (all_m > 0).float().mean().item())
        scene, _, _, thing_m = self.measure(replace(PERFECT, thing=1.0))
        nearer = (thing_m > 0) & (scene.camera_m[..., :1, 2] - thing_m > 0.3)
        self.assertGreater(nearer.float().mean().item(), 0.1)
        _, _, _, none_m = self.measure(replace(PERFECT, share=0.0))
        self.assertTrue((none_m == 0).all())

    def test_features_are_relative_to_the_torso_and_tell_the_size(self):
        scene, xy, score, _ = self.measure(PERFECT)
        seen = person_view(xy, score)
        features = depth_view(xy, score, scene.camera_m[..., 2] * (score > 0), seen)
        there = features[..., 2] > 0
        size_m = features[..., 1].exp()
        relative_m = (features[..., 0] * size_m)[there]
        turned = torch.einsum("btij,btkj->btki", seen.view_from_camera, scene.camera_m)[..., 2]
        torso = turned[..., list(TORSO)].median(-1, keepdim=True).values
        apart_m = (relative_m - (turned - torso)[there]).abs()
        self.assertLess(apart_m.median().item(), 0.03)
        self.assertGreater(size_m[there].median().item(), 0.25)
        self.assertLess(size_m[there].median().item(), 0.75)

    def test_too_little_of_the_torso_or_too_far_off_is_as_none(self):
        scene, xy, score, depth_m = self.measure(PERFECT)
        seen = person_view(xy, score)
        one = depth_m.clone()
        one[..., list(TORSO[1:])] = 0
        self.assertTrue((depth_view(xy, score, one, seen) == 0).all())
        far = depth_m.clone()
        far[..., 3] = 9.9 * (far[..., 3] > 0)
        self.assertTrue((depth_view(xy, score, far, seen)[..., 3, 2] == 0).all())

    def test_streams_have_it_or_not(self):
        batch = make_batch(self.motion, 256, 4, rng(5), world=World(depth=replace(PERFECT, share=0.5)))
        has = (batch.depth[..., 2] > 0).any(-1).any(-1).float()
        self.assertAlmostEqual(has.mean().item(), 0.5, delta=0.12)
        missing = batch.depth[..., 2] == 0
        self.assertTrue((batch.depth[missing] == 0).all())
        plain = make_batch(self.motion, 64, 4, rng(5), vary=False)
        self.assertTrue((plain.depth == 0).all())


if __name__ == "__main__":
    unittest.main()
