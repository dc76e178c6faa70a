"""Scenes: one seed gives one bag, people are people, and what cameras see fits the truth."""

import argparse
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from rosbags.rosbag2 import Reader

from posemoe_training import scenes
from posemoe_training.data import Motion, Sources
from posemoe_training.draw import Draw
from posemoe_training.scenes import bag
from posemoe_training.scenes.cameras import FOCAL_PX, HEIGHT_PX, WIDTH_PX, robot_camera, wall_camera
from posemoe_training.scenes.depth_image import SCALE, render
from posemoe_training.scenes.people import ANKLE_M, SIT, make_people
from posemoe_training.scenes.seen import detections, ids_of
from posemoe_training.skeleton import PARENTS

FEW = Sources(weights={"accad": 0.5, "reactidle": 0.5})


def asked(**changed) -> argparse.Namespace:
    usual = dict(people=2, seconds=1.0, ids="steady", depth=True, wall_cameras=1)
    return argparse.Namespace(**{**usual, **changed})


class Scenes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.motion = Motion.load(held_out=False, sources=FEW)
        cls.times_s = torch.arange(1200) / 30.0
        cls.people = make_people(4, cls.times_s, cls.motion, Draw(torch.Generator().manual_seed(5)))

    def test_one_seed_gives_one_bag(self):
        with tempfile.TemporaryDirectory() as folder:
            written = []
            for name, seed in (("a", 3), ("b", 3), ("c", 4)):
                scenes.write_scene(Path(folder, name, "scene"), self.motion, seed, asked())
                written.append(next(Path(folder, name, "scene").glob("*.mcap")).read_bytes())
            self.assertTrue(written[0] == written[1])
            self.assertFalse(written[0] == written[2])

    def test_bodies_stay_bodies_on_the_floor_and_move_as_people_do(self):
        x = self.people.joints_m
        bones = (x - x[:, :, [max(p, 0) for p in PARENTS]]).norm(dim=-1)[..., [2, 3, 5, 6, 12, 13, 15, 16]]
        self.assertLess((bones - bones[:, :1]).abs().max().item(), 1e-3)
        lowest = x[:, :, [3, 6], 2].amin(-1)
        self.assertLess((lowest - ANKLE_M).abs().median().item(), 0.01)
        self.assertLess((lowest - ANKLE_M).abs().max().item(), 0.12)
        speed = x[:, :, 0].diff(dim=1).norm(dim=-1) * 30
        self.assertLess(speed.max().item(), 3.0)
        self.assertGreater(speed.amax(1).min().item(), 0.4)  # everybody walks at some time
        sits = (self.people.doing == SIT)[:, 30:]
        for at in range(1, sits.shape[1]):
            sits[:, at] &= self.people.doing[:, at + 29] == SIT
        height = (x[:, 30:, 0, 2] / self.people.body.stature_m[:, None])
        if sits.any():
            self.assertLess(height[sits].median().item(), height[~sits].median().item())

    def test_keypoints_are_where_the_truth_is_seen(self):
        for camera in (robot_camera(self.times_s), wall_camera(1, self.times_s)):
            seen = detections(camera, self.people.joints_m, self.times_s, Draw(torch.Generator().manual_seed(6)))
            off = self.people.joints_m - camera.centre_m[:, None]
            optical = torch.einsum("tji,ptkj->ptki", camera.map_from_optical, off)
            pixels = optical[..., :2] / optical[..., 2:] * FOCAL_PX + torch.tensor([WIDTH_PX / 2, HEIGHT_PX / 2])
            knees = (seen.score > 0.3)[..., [2, 5]]
            apart_m = ((seen.pixels - pixels).norm(dim=-1) * optical[..., 2] / FOCAL_PX)[..., [2, 5]][knees]
            self.assertLess(apart_m.median().item(), 0.04)
            self.assertGreater(knees.float().mean().item(), 0.2)

    def test_people_hide_each_other(self):
        camera = wall_camera(0, self.times_s)
        front = self.people.joints_m[:1].clone()
        ray = torch.nn.functional.normalize(front[:, :, :1] - camera.centre_m[:, None], dim=-1)
        both = torch.cat([front, front + 1.2 * ray])
        seen = detections(camera, both, self.times_s, Draw(torch.Generator().manual_seed(7)))
        count = (seen.score > 0).float().sum(-1).mean(1)
        self.assertLess(count[1].item(), 0.75 * count[0].item())

    def test_depth_images_show_people_and_the_floor(self):
        camera, frame = wall_camera(0, self.times_s), 100
        image = render(camera, frame, self.people.joints_m[:, frame].numpy().astype(float), np.random.default_rng(1))
        self.assertEqual((image.dtype, image.shape), (np.uint16, (round(HEIGHT_PX * SCALE), round(WIDTH_PX * SCALE))))
        optical = (self.people.joints_m[:, frame] - camera.centre_m[frame]) @ camera.map_from_optical[frame]
        before_m = []
        for x, y, z in optical[:, [0, 7, 8]].flatten(0, 1).tolist():
            u, v = (int(SCALE * (c / z * FOCAL_PX + size / 2)) for c, size in ((x, WIDTH_PX), (y, HEIGHT_PX)))
            if 0 <= u < image.shape[1] and 0 <= v < image.shape[0] and image[v, u] > 0:
                before_m.append(z - image[v, u] / 1000)
        self.assertGreater(len(before_m), 3)
        self.assertTrue(0.0 < np.median(before_m) < 0.2, before_m)
        self.assertGreater((image > 0).mean(), 0.3)
        self.assertGreater((image == 0).mean(), 0.01)

    def test_a_bag_holds_all_that_a_node_needs(self):
        with tempfile.TemporaryDirectory() as folder:
            scenes.write_scene(Path(folder, "bag"), self.motion, 3, asked(ids="none"))
            store, counts, ids = bag.Types().store, {}, set()
            with Reader(Path(folder, "bag")) as reader:
                for connection, _, raw in reader.messages():
                    counts[connection.topic] = counts.get(connection.topic, 0) + 1
                    if connection.topic == "/camera/people2d":
                        ids |= {p.id for p in store.deserialize_cdr(raw, connection.msgtype).people}
            self.assertEqual(counts["/truth/people3d"], 30)
            self.assertEqual(counts["/camera/depth/image_raw"], 15)
            self.assertTrue({"/tf", "/tf_static", "/camera/camera_info", "/wall1/people2d"} <= set(counts))
            self.assertEqual(ids, {""})

    def test_ids(self):
        self.assertEqual({ids_of("steady", 2, t) for t in (0.0, 7.0, 70.0)}, {"3"})
        self.assertGreater(len({ids_of("breaking", 2, t) for t in (0.0, 7.0, 70.0)}), 2)
        self.assertEqual(len({ids_of("breaking", p, 31.0) for p in range(6)}), 6)


if __name__ == "__main__":
    unittest.main()
