"""The evaluation's own machinery: what is lifted of a stream, missing joints, reports."""

import argparse
import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from torch import nn

from posemoe_training import evaluation
from posemoe_training.evaluation import (
    WALK, held_out, memory, missing, recordings, report, sequences, stream, tables, walk,
)
from posemoe_training.memory import Memory
from posemoe_training.network import SIZES, Lifted, PoseMoE
from posemoe_training.skeleton import JOINTS
from posemoe_training.streams import Batch
from posemoe_training.view import person_view


class FakeMotion:
    actions = ["walk", "sit"]

    def to(self, device):
        return self


MOTION = FakeMotion()


def rng_for(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Still(nn.Module):
    """A network that always gives the same pose."""

    def __init__(self):
        super().__init__()
        self.nothing = nn.Parameter(torch.zeros(()))

    def time_blocks(self):
        return 4

    def lift(self, keypoints, view, depth, age_s, present, memory=Memory(), causal=True):
        pose = torch.linspace(0, 1, 17)[:, None] * torch.tensor([0.1, 0.5, 0.3])
        shape = present.shape
        return Lifted(pose.expand(*shape, 17, 3), torch.full((*shape, 17), 0.1), None)

    def lift_newest(self, *inputs):
        lifted = self.lift(*inputs)
        return lifted.joints_m[:, -1], lifted.sigma_m[:, -1]


def fake_batch(motion, size, frames, rng, noise=1.0, **_):
    """What make_batch promises, of a person who moves straight on at 2 m/s without turning."""
    age_s = (torch.arange(frames - 1, -1, -1) / 30).expand(size, frames)
    pose = 0.3 * torch.randn(size, 1, 17, 3, generator=rng)
    camera_m = pose + torch.tensor([0.5, 0.2, 4.0]) - age_s[..., None, None] * torch.tensor([2.0, 0, 0])
    score = (torch.rand(size, frames, 17, generator=rng) > 0.05).float() * 0.8
    seen = person_view(camera_m[..., :2] / camera_m[..., 2:], score)
    joints_m = (camera_m - camera_m[:, :, :1]) @ seen.view_from_camera.transpose(-1, -2)
    action = torch.arange(size) % 2
    return Batch(keypoints=seen.keypoints, view=seen.view, depth=torch.zeros(size, frames, 17, 3), age_s=age_s, present=torch.ones(size, frames),
                 joints_m=joints_m, view_from_camera=seen.view_from_camera, action=action)


class Lifts(unittest.TestCase):
    """What is asked of the network for some frames of streams, of which others are missing."""

    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        torch.manual_seed(2)
        cls.network = PoseMoE(SIZES["xs"])
        for parameter in cls.network.parameters():
            if parameter.abs().max() == 0:  # blocks in time begin as the identity
                nn.init.normal_(parameter, std=0.1)
        cls.network.train()
        cls.batch = fake_batch(MOTION, 5, 20, rng_for(1))
        cls.batch.present[:] = (torch.rand(5, 20, generator=rng_for(2)) > 0.2).float()
        cls.batch.present[:, [7, 12, 19]] = 1

    def same(self, one, other):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)

    def frames(self, first: int, end: int) -> Batch:
        """Some frames of all streams."""
        return Batch(*(t if t is None or t.ndim < 2 else t[:, first:end] for t in self.batch))

    def test_a_frame_of_a_stream_is_what_it_was_when_it_was_the_newest(self):
        for remembered in (Memory(), Memory(frames=2), Memory(frames=0)):
            lift = stream.streaming(self.network, remembered)
            joints_m, sigma_m = lift(self.batch, [12, 19, 7])
            self.assertEqual((joints_m.shape, sigma_m.shape), ((5, 3, 17, 3), (5, 3, 17)))
            with torch.no_grad():
                every = self.network.eval().lift(*self.batch.inputs, remembered)
            self.network.train()
            self.same(joints_m, every.joints_m[:, [12, 19, 7]])
            self.same(sigma_m, every.sigma_m[:, [12, 19, 7]])
            cut = self.frames(0, 13)
            self.same(lift(cut, [12])[0], joints_m[:, :1])

    def test_a_window_ends_at_its_frame_and_holds_only_so_many(self):
        lift = stream.windowed(self.network, 6)
        joints_m, sigma_m = lift(self.batch, [19, 12])
        first, end = 7, 13
        window = self.frames(first, end)
        with torch.no_grad():
            whole = self.network.eval().lift(*window.inputs, causal=False)
        self.same(joints_m[:, 1], whole.joints_m[:, -1])
        self.same(sigma_m[:, 1], whole.sigma_m[:, -1])

    def test_parts_make_the_whole_and_the_network_trains_on(self):
        self.network.train()
        for lift in (stream.streaming(self.network), stream.windowed(self.network, 4)):
            whole = lift(self.batch, [12, 19])
            with mock.patch.object(stream, "FRAMES_AT_ONCE", 40):
                parts = lift(self.batch, [12, 19])
            for one, other in zip(whole, parts):
                self.same(one, other)
        self.assertTrue(self.network.training)


class MissingJoints(unittest.TestCase):
    def setUp(self):
        self.batch = fake_batch(MOTION, 6, 9, rng_for(1))

    def test_as_many_as_asked_for_are_unseen_and_more_include_fewer(self):
        everybody = self.batch._replace(keypoints=self.batch.keypoints.clone())
        everybody.keypoints[..., 2] = 0.5
        before = torch.zeros(6, 17).bool()
        for count in (0, 3, 8):
            scores = missing.without_joints(everybody, count, rng_for(2)).keypoints[..., 2]
            unseen = (scores == 0).any(1)
            self.assertTrue((unseen.sum(-1) == count).all())
            self.assertTrue((unseen == (scores == 0).all(1)).all())
            self.assertTrue((unseen | ~before).all())
            before = unseen

    def test_rays_are_what_the_view_was_made_of(self):
        score = self.batch.keypoints[..., 2]
        seen = person_view(missing.rays(self.batch), score)
        torch.testing.assert_close(seen.keypoints, self.batch.keypoints, atol=1e-4, rtol=0)
        torch.testing.assert_close(seen.view_from_camera, self.batch.view_from_camera, atol=1e-5, rtol=0)

    def test_the_truth_turns_with_the_view(self):
        fewer = missing.without_joints(self.batch, 8, rng_for(2))
        in_camera = [b.joints_m @ b.view_from_camera for b in (self.batch, fewer)]
        torch.testing.assert_close(*in_camera, atol=1e-5, rtol=0)
        self.assertGreater((fewer.joints_m - self.batch.joints_m).abs().max().item(), 1e-3)


class Reports(unittest.TestCase):
    def setUp(self):
        torch.set_num_threads(1)
        for module in (held_out, sequences):
            self.patch(module, "make_batch", fake_batch)
        for module in (memory, sequences):
            self.patch(module, "long_enough", lambda motion, frames: motion)
        self.patch(memory, "MEMORIES", (0, 9))
        self.patch(memory, "WINDOWS", (27,))

    def patch(self, *of) -> None:
        patch = mock.patch.object(*of)
        patch.start()
        self.addCleanup(patch.stop)

    def full(self) -> held_out.Figures:
        return report.full(Still(), Memory(), MOTION, WALK, people=40, sweep_people=20, sequences=4, memory_people=8)

    def test_quick_is_a_few_numbers(self):
        figures = held_out.quick(Still(), MOTION, people=20)
        self.assertTrue({"mpjpe_mm", "p_mpjpe_mm", "n_mpjpe_mm", "depth_mm", "within_1_sigma_pct"} <= set(figures))
        self.assertTrue(all(isinstance(value, float) and np.isfinite(value) for value in figures.values()))

    def test_every_person_is_counted_once(self):
        people = len(held_out.AT) * (held_out.STREAMS_AT_ONCE + 7)
        of = held_out.outcome(stream.streaming(Still()), MOTION, people)
        self.assertEqual(len(of.true_m), people)
        by_action = held_out.per_action(of, MOTION.actions)
        self.assertEqual(sum(row["people"] for row in by_action.values()), len(of.true_m))
        mean = sum(row["people"] * row["mpjpe_mm"] for row in by_action.values()) / len(of.true_m)
        self.assertAlmostEqual(mean, held_out.errors(of)["mpjpe_mm"], places=3)

    @unittest.skipUnless(WALK.is_dir(), "the walk is not here")
    def test_full_report_is_json_and_fits_its_tables_and_pictures(self):
        figures = self.full()
        self.assertEqual(json.loads(json.dumps(figures)), figures)
        self.assertEqual(set(figures["per_joint"]), set(JOINTS))
        self.assertEqual([row["missing_joints"] for row in figures["missing"]], list(range(9)))
        self.assertEqual([row["rate_hz"] for row in figures["rate"]], [5, 10, 15, 30, 60])
        self.assertEqual([row["roll_deg"] for row in figures["roll"]], [0, 5, 10, 15, 20, 30])
        self.assertEqual([row["border"] for row in figures["border"]], ["full", "legs"])
        text = tables.full_tables(figures)
        for words in ("left_ankle", "stream   9", "window  27"):
            self.assertIn(words, text)
        try:
            from posemoe_training.evaluation import failures, pictures
        except ImportError:
            self.skipTest("matplotlib is not installed")
        with tempfile.TemporaryDirectory() as folder:
            written = pictures.draw_figures(figures, Path(folder))
            written.append(failures.draw_failures(stream.streaming(Still()), MOTION, Path(folder), people=40))
            for path in written:
                self.assertTrue(1_000 < path.stat().st_size < 200_000, f"{path.name}: {path.stat().st_size} bytes")

    @unittest.skipUnless(WALK.is_dir(), "the walk is not here")
    def test_every_way_to_remember_meets_the_same_people(self):
        rows = memory.memory_errors(Still(), Memory(), MOTION, WALK, people=8)
        self.assertEqual([(row["mode"], row["memory_frames"]) for row in rows],
                         [("stream", 0), ("stream", 9), ("window", 27)])
        for row in rows[1:]:  # a network that does not look is as wrong whatever it remembers
            for name in ("mpjpe_mm", "velocity_error_mm_s", "acceleration_error_m_s2", "walk_mpjpe_mm"):
                self.assertAlmostEqual(row[name], rows[0][name], places=3, msg=name)

    def test_a_still_output_in_a_turning_view_does_not_stand_still(self):
        # The person walks past and does not change pose: in the camera frame the truth is at rest, and a
        # pose that is constant in a view that turns is not.
        figures = sequences.sequence_errors(stream.streaming(Still()), MOTION, sequences=4)
        self.assertLess(figures["true_speed_mm_s"], 1e-2)
        self.assertGreater(figures["velocity_error_mm_s"], 10)

    def command(self, *words: str) -> None:
        parser = argparse.ArgumentParser()
        evaluation.add_arguments(parser)
        with mock.patch("posemoe_training.checkpoint.load_network", lambda path: (Still(), Memory())), \
                mock.patch("posemoe_training.data.Motion.load", lambda held_out: MOTION), \
                contextlib.redirect_stdout(io.StringIO()):
            evaluation.run(parser.parse_args(words))

    @unittest.skipUnless(WALK.is_dir(), "the walk is not here")
    def test_command(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "new" / "figures.json"
            for words, parts in ((["--quick"], {"overall", "walk"}), (["--memory", "4"], {"memory"})):
                self.command(*words, "--json", str(path))
                self.assertEqual(set(json.loads(path.read_text())), parts)
        for words in (["--quick", "--pictures", "x"], ["--memory", "--pictures", "x"], ["--memory", "0"],
                      ["--walk", "/no/such/folder"]):
            with self.assertRaises(ValueError):
                self.command(*words)


class RealWalk(unittest.TestCase):
    def test_joints_of_coco_as_in_skeleton_rs(self):
        keypoints = np.stack([np.arange(17.0), 10 * np.arange(17.0), np.full(17, 0.9)], -1)
        keypoints[11, 2], keypoints[4, 2] = 0.19, 0.3  # left hip too weak; right ear weak
        px, score = recordings.joints_of_coco(keypoints)
        self.assertEqual(score[[0, 4, 7]].tolist(), [0, 0, 0])  # pelvis, left hip, spine
        self.assertEqual((score[10], score[1]), (0.3, 0.9))
        self.assertEqual(px[[13, 16, 6, 3], 0].tolist(), [9, 10, 15, 16])  # wrists and ankles, left and right
        self.assertEqual(px[8].tolist(), [5.5, 55.0])

    def test_undistorted_inverts_the_model(self):
        xy = np.random.default_rng(5).uniform(-0.5, 0.5, (50, 2))
        k, d = np.array([[1600.0, 0, 540], [0, 1700, 960], [0, 0, 1]]), [-0.05, 0.14, 6e-4, 7e-4, 0.01]
        px = recordings.distorted(xy, d) * [1600, 1700] + [540, 960]
        np.testing.assert_allclose(recordings.undistorted(px, k, d), xy, atol=1e-12)
        # By hand: x = 0.1 gives 0.1 (1 + 0.14 * 1e-4 - 0.05 * 0.01 + 0.01 * 1e-6) + p2 * 0.03, and y = p1 * 0.01.
        np.testing.assert_allclose(recordings.distorted(np.array([0.1, 0.0]), d), [0.099972401, 6e-6], atol=1e-9)

    @unittest.skipUnless(WALK.is_dir(), "the walk is not here")
    def test_the_reference_projects_onto_the_keypoints(self):
        for recording in recordings.read_walk(WALK):
            xy = recording.reference_m[..., :2] / recording.reference_m[..., 2:]
            off = np.linalg.norm(xy - recording.xy, axis=-1)[recording.score > 0]
            self.assertLess(np.median(off) * 1680, 25, recording.camera)  # px

    @unittest.skipUnless(WALK.is_dir(), "the walk is not here")
    def test_figures_of_a_walk(self):
        rows = walk.walk_errors(stream.streaming(Still()), WALK)
        self.assertEqual(set(rows), {*recordings.CAMERAS, "all"})
        self.assertEqual(rows["all"]["frames"], 400)
        mean = np.mean([rows[camera]["mpjpe_mm"] for camera in recordings.CAMERAS])
        self.assertAlmostEqual(rows["all"]["mpjpe_mm"], mean, places=6)
        # What scripts/walk_report.py says of the reference itself.
        self.assertAlmostEqual(rows["all"]["reference_acceleration_m_s2"], 60.82, places=2)
        self.assertEqual(json.loads(json.dumps(rows)), rows)
        tables.walk_table(rows)


if __name__ == "__main__":
    unittest.main()
