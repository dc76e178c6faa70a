"""The evaluation's own machinery: windows as the node fills them, missing joints, reports."""

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
from posemoe_training.evaluation import WALK, held_out, missing, recordings, sequences, stream, tables, walk
from posemoe_training.skeleton import JOINTS
from posemoe_training.view import person_view
from posemoe_training.windows import Batch, WindowLayout

LAYOUT = WindowLayout(frames=9, spacing_s=0.055, span_s=0.8)


class FakeMotion:
    actions = ["walk", "sit"]

    def to(self, device):
        return self


MOTION = FakeMotion()


def rng_for(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Still(nn.Module):
    """A network that always gives the same pose."""

    def forward(self, keypoints, view, age_s, present):
        people = len(keypoints)
        pose = torch.linspace(0, 1, 17)[:, None] * torch.tensor([0.1, 0.5, 0.3])
        return pose.expand(people, 17, 3), torch.full((people, 17), 0.1)


def fake_batch(motion, size, layout, rng, noise=1.0, vary=True, rate_hz=None, border=None):
    """What make_batch promises, of a person who moves straight on at 2 m/s without turning."""
    frames = layout.frames
    age_s = (torch.arange(frames - 1, -1, -1) * max(layout.spacing_s, 1e-3)).expand(size, frames)
    pose = 0.3 * torch.randn(size, 1, 17, 3, generator=rng)
    camera_m = pose + torch.tensor([0.5, 0.2, 4.0]) - age_s[..., None, None] * torch.tensor([2.0, 0, 0])
    score = (torch.rand(size, frames, 17, generator=rng) > 0.05).float() * 0.8
    seen = person_view(camera_m[..., :2] / camera_m[..., 2:], score)
    joints_m = (camera_m - camera_m[:, :, :1]) @ seen.view_from_camera.transpose(-1, -2)
    action = torch.arange(size) % 2
    return Batch(keypoints=seen.keypoints, view=seen.view, age_s=age_s, present=torch.ones(size, frames),
                 joints_m=joints_m, view_from_camera=seen.view_from_camera, action=action)


def slots_of(gaps_ms, used=None):
    """The window that ends at the last of these frames, as [(age in ms, frame)], newest first."""
    stamp_s = torch.tensor(gaps_ms, dtype=torch.float64).cumsum(0)[None] / 1000
    used = torch.ones_like(stamp_s).bool() if used is None else torch.tensor([used])
    slots = stream.node_slots(stamp_s, used, LAYOUT)
    index, age_s, present = (t[0, -1].flip(0) for t in slots)
    return [(round(1000 * a.item()), i.item()) for i, a, p in zip(index, age_s, present) if p]


class Windows(unittest.TestCase):
    """The cases of src/person/window.rs, and some by hand."""

    def test_a_lone_frame_fills_the_last_slot(self):
        slots = stream.node_slots(torch.zeros(1, 1).double(), torch.ones(1, 1).bool(), LAYOUT)
        self.assertEqual(slots.present[0, 0].tolist(), [0] * 8 + [1])

    def test_at_60_hz_every_fourth_frame_is_taken(self):
        self.assertEqual(slots_of([17] * 60), [(68 * n, 59 - 4 * n) for n in range(9)])

    def test_a_gap_longer_than_the_span_empties_the_past(self):
        self.assertEqual(slots_of([20, 20, 20, 900]), [(0, 3)])

    def test_spacing_counts_from_the_slot_before_with_a_tolerance(self):
        # Ages 0, 30, 55, 100, 109.6, 160, 861 ms: 30 is too near to 0; 55 is taken; 100 is too near to
        # it; 109.6 is within 1 ms of far enough; 160 is too near again; 861 is too old.
        self.assertEqual(slots_of([0, 701, 50.4, 9.6, 45, 25, 30]), [(0, 6), (55, 4), (110, 2)])

    def test_unused_frames_are_passed_over(self):
        self.assertEqual(slots_of([60, 60, 60, 60], [True, False, True, True]), [(0, 3), (60, 2), (180, 0)])
        self.assertEqual(slots_of([60, 60], [True, False]), [])

    def test_bounds_hold_for_any_rhythm(self):
        gaps_s = torch.rand(20, 150, generator=rng_for(3), dtype=torch.float64) * 0.2 + 0.001
        stamp_s = gaps_s.cumsum(1)
        index, age_s, present = stream.node_slots(stamp_s, torch.ones(20, 150).bool(), LAYOUT)
        self.assertTrue((present[..., -1] == 1).all() and (age_s[..., -1] == 0).all())
        self.assertTrue((age_s <= LAYOUT.span_s).all())
        both = (present[..., 1:] * present[..., :-1]).bool()
        self.assertTrue(((age_s[..., :-1] - age_s[..., 1:])[both] >= LAYOUT.spacing_s - 1.01e-3).all())
        taken = stamp_s[torch.arange(20)[:, None, None], index]
        true_age_s = (stamp_s[..., None] - taken) * present
        torch.testing.assert_close(age_s.double(), true_age_s, atol=1e-6, rtol=0)

    def test_what_the_network_is_given(self):
        given = []

        class Listener(Still):
            def forward(self, *inputs):
                given.extend(inputs)
                return super().forward(*inputs)

        keypoints, view = torch.rand(1, 3, 17, 3), torch.rand(1, 3, 3)
        stamp_s = torch.tensor([[0.0, 0.06, 0.07]]).double()
        slots = stream.node_slots(stamp_s, torch.ones(1, 3).bool(), LAYOUT)
        network = Listener().train()
        joints_m, sigma_m = stream.lift_stream(network, keypoints, view, slots)
        self.assertEqual((joints_m.shape, sigma_m.shape), ((1, 3, 17, 3), (1, 3, 17)))
        self.assertTrue(network.training)  # as it was before
        newest = [tensor[2] for tensor in given]
        torch.testing.assert_close(newest[0][-2:], keypoints[0, [0, 2]])
        torch.testing.assert_close(newest[1][-2:], view[0, [0, 2]])
        torch.testing.assert_close(newest[2][-2:], torch.tensor([0.07, 0.0]))
        self.assertTrue(all((tensor[:-2] == 0).all() for tensor in newest))


class MissingJoints(unittest.TestCase):
    def setUp(self):
        self.batch = fake_batch(MOTION, 6, LAYOUT, rng_for(1))

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
        for module in (held_out, sequences):
            patch = mock.patch.object(module, "make_batch", fake_batch)
            patch.start()
            self.addCleanup(patch.stop)
        patch = mock.patch.object(sequences, "long_enough", lambda motion: motion)
        patch.start()
        self.addCleanup(patch.stop)

    def test_quick_is_a_few_numbers(self):
        figures = held_out.quick(Still(), MOTION, LAYOUT, people=20)
        self.assertTrue({"mpjpe_mm", "p_mpjpe_mm", "n_mpjpe_mm", "depth_mm", "within_1_sigma_pct"} <= set(figures))
        self.assertTrue(all(isinstance(value, float) and np.isfinite(value) for value in figures.values()))

    def test_every_person_is_counted_once(self):
        of = held_out.outcome(Still(), MOTION, LAYOUT, people=stream.WINDOWS_AT_ONCE + 7)
        self.assertEqual(len(of.true_m), stream.WINDOWS_AT_ONCE + 7)
        by_action = held_out.per_action(of, MOTION.actions)
        self.assertEqual(sum(row["people"] for row in by_action.values()), len(of.true_m))
        mean = sum(row["people"] * row["mpjpe_mm"] for row in by_action.values()) / len(of.true_m)
        self.assertAlmostEqual(mean, held_out.errors(of)["mpjpe_mm"], places=3)

    def test_full_report_is_json_and_fits_its_tables(self):
        report = held_out.full(Still(), MOTION, LAYOUT, people=40, sweep_people=20, sequences=4)
        self.assertEqual(json.loads(json.dumps(report)), report)
        self.assertEqual(set(report["per_joint"]), set(JOINTS))
        self.assertEqual([row["missing_joints"] for row in report["missing"]], list(range(9)))
        self.assertEqual([row["rate_hz"] for row in report["rate"]], [5, 10, 15, 30, 60])
        self.assertEqual([row["border"] for row in report["border"]], ["full", "legs"])
        self.assertIn("left_ankle", tables.full_tables(report))

    def test_a_still_output_in_a_turning_view_does_not_stand_still(self):
        # The person walks past and does not change pose: in the camera frame the truth is at rest, and a
        # pose that is constant in a view that turns is not.
        figures = sequences.sequence_errors(Still(), MOTION, LAYOUT, sequences=4)
        self.assertLess(figures["true_speed_mm_s"], 1e-2)
        self.assertGreater(figures["velocity_error_mm_s"], 10)

    def command(self, *words: str) -> None:
        parser = argparse.ArgumentParser()
        evaluation.add_arguments(parser)
        with mock.patch("posemoe_training.checkpoint.load_network", lambda path: (Still(), LAYOUT)), \
                mock.patch("posemoe_training.data.Motion.load", lambda held_out: MOTION), \
                contextlib.redirect_stdout(io.StringIO()):
            evaluation.run(parser.parse_args(words))

    @unittest.skipUnless(WALK.is_dir(), "the walk is not here")
    def test_command(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "new" / "figures.json"
            self.command("--quick", "--json", str(path))
            self.assertEqual(set(json.loads(path.read_text())), {"overall", "walk"})
        for words in (["--quick", "--pictures", "x"], ["--walk", "/no/such/folder"]):
            with self.assertRaises(ValueError):
                self.command(*words)

    def test_pictures(self):
        try:
            from posemoe_training.evaluation import failures, pictures
        except ImportError:
            self.skipTest("matplotlib is not installed")
        report = held_out.full(Still(), MOTION, LAYOUT, people=40, sweep_people=20, sequences=4)
        with tempfile.TemporaryDirectory() as folder:
            written = pictures.draw_figures(report, Path(folder))
            written.append(failures.draw_failures(Still(), MOTION, LAYOUT, Path(folder), people=40))
            for path in written:
                self.assertTrue(1_000 < path.stat().st_size < 200_000, f"{path.name}: {path.stat().st_size} bytes")


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
        rows = walk.walk_errors(Still(), LAYOUT, WALK)
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
