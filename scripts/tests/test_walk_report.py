"""The walk report measures what it says: hand-worked cases, and bags made from the reference."""

import contextlib
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np  # noqa: E402
from mcap_ros2.writer import Writer  # noqa: E402

import average_pose  # noqa: E402
import metrics  # noqa: E402
import walk_report  # noqa: E402
from make_walk_bags import CAMERAS, DETECTOR_DELAY_NS, header, stamp_ns  # noqa: E402
from ros_schemas import schema_text  # noqa: E402
from walk_data import COCO, PEOPLE_TOPIC, TRACKED, read_cameras  # noqa: E402

WALK = walk_report.DATA / "walk"
PEOPLE_TYPE = "posemoe/msg/People3D"
PREDICTED = 2


def human36m_from_coco(coco_m):
    """The 17 output joints (17, 3) from COCO points, in the order of the message."""
    at = dict(zip(COCO, coco_m))
    pelvis = (at["left_hip"] + at["right_hip"]) / 2
    thorax = (at["left_shoulder"] + at["right_shoulder"]) / 2
    at.update(pelvis=pelvis, thorax=thorax, spine=(pelvis + thorax) / 2)
    at["head"] = (at["left_ear"] + at["right_ear"]) / 2
    return np.array([at[name] for name in average_pose.MOCAP_JOINTS])


def xyz(v):
    return {"x": float(v[0]), "y": float(v[1]), "z": float(v[2])}


def person(joints_m, sigma_m, state):
    zero = xyz((0, 0, 0))
    joints = [{"position": xyz(j), "velocity": zero, "sigma_m": sigma_m, "score": 0.9} for j in joints_m]
    root = {"root_position": xyz(joints_m[0]), "root_sigma": zero, "root_covariance": [0.0] * 9, "root_velocity": zero}
    return dict(root, id="1", state=state, confidence=0.9, plausibility=0.5, joints=joints)


def write_output(path, camera, frames_m, sigma_m=0.05, state=TRACKED, skip=()):
    """An output bag as `posemoe replay` would write it, with these joints (F, 17, 3)."""
    with path.open("wb") as stream, Writer(stream) as writer:
        schema = writer.register_msgdef(PEOPLE_TYPE, schema_text(PEOPLE_TYPE))
        for frame, joints_m in enumerate(frames_m):
            stamp = stamp_ns(frame, 60)
            people = [] if frame in skip else [person(joints_m, sigma_m, state)]
            message = {
                "header": header(camera, stamp),
                "joint_names": average_pose.MOCAP_JOINTS,
                "people": people,
            }
            writer.write_message(PEOPLE_TOPIC, schema, message, log_time=stamp + DETECTOR_DELAY_NS)


def reference_frames_m(camera):
    """The reference as perfect output of one camera (F, 17, 3)."""
    frames = np.array(json.loads((WALK / "walk_reference.json").read_text())["frames"])
    return np.stack([human36m_from_coco(frame) for frame in camera.from_world_m(frames)])


class Report(unittest.TestCase):
    def report(self, change, **options):
        """The report's JSON for output that is the reference after `change`."""
        cameras = read_cameras(WALK / "walk_calibration.json")
        with tempfile.TemporaryDirectory() as folder:
            outputs = []
            for name in CAMERAS:
                outputs.append(Path(folder) / (name + ".mcap"))
                write_output(outputs[-1], name, change(reference_frames_m(cameras[name])), **options)
            target = Path(folder) / "report.json"
            with contextlib.redirect_stdout(io.StringIO()):
                # Any order of files must do: the frame_id says which camera it is.
                code = walk_report.main([str(p) for p in reversed(outputs)] + ["--json", str(target)])
            self.assertEqual(code, 0)
            return json.loads(target.read_text())

    def test_perfect_output_has_no_error(self):
        rows = self.report(lambda joints: joints)
        self.assertEqual(list(rows), list(CAMERAS) + ["all"])
        self.assertEqual((rows["cam01"]["frames_posed"], rows["all"]["frames_in"]), (100, 400))
        for row in rows.values():
            for key in ("mpjpe_mm", "p_mpjpe_mm", "root_error_m", "acceleration_error_m_s2"):
                self.assertLess(row[key], 1e-3, key)
            self.assertEqual((row["within_1_sigma"], row["within_2_sigma"]), (1, 1))
            # All that is left is the reference's own jitter.
            self.assertGreater(row["steady_acceleration_error_m_s2"], 0.9 * row["reference_acceleration_m_s2"])
            self.assertGreater(row["constant_mpjpe_mm"], row["constant_p_mpjpe_mm"])

    def test_a_shifted_person_has_only_a_root_error(self):
        row = self.report(lambda joints: joints + np.array([0.0, 0.03, 0.04]))["all"]
        self.assertAlmostEqual(row["root_error_m"], 0.05, places=4)
        self.assertLess(row["mpjpe_mm"], 1e-3)

    def test_a_larger_person_is_forgiven_by_procrustes_only(self):
        row = self.report(lambda joints: joints * 1.1)["all"]
        self.assertGreater(row["mpjpe_mm"], 30)
        self.assertLess(row["p_mpjpe_mm"], 1e-3)

    def test_noise_is_found_again(self):
        noise = np.random.default_rng(0).normal(0, 0.02, (100, 17, 3))
        row = self.report(lambda joints: joints + noise, sigma_m=0.02)["all"]
        # Root-relative, an arm's error has variance 0.02^2 (1 + 1/2) on each axis; a hip's half of it.
        self.assertAlmostEqual(row["mpjpe_mm"], 20 * 1.596 * (10 * 1.5**0.5 + 2 * 0.5**0.5) / 12, delta=1)
        self.assertLess(row["p_mpjpe_mm"], row["mpjpe_mm"])
        self.assertGreater(row["within_2_sigma"], row["within_1_sigma"])

    def test_missing_and_predicted_poses_are_not_posed_frames(self):
        row = self.report(lambda joints: joints, skip=range(10))["cam02"]
        self.assertEqual((row["frames_posed"], row["frames_in"]), (90, 100))
        row = self.report(lambda joints: joints, state=PREDICTED)["all"]
        self.assertEqual((row["frames_posed"], row["mpjpe_mm"]), (0, None))

    def test_a_bag_of_something_else_is_refused(self):
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertEqual(walk_report.main([str(walk_report.DEFAULT_INPUTS[0])]), 1)
        self.assertIn("no message on /posemoe/people3d", said.getvalue())


class Metrics(unittest.TestCase):
    def test_mpjpe_by_hand(self):
        reference = np.zeros((1, 2, 3))
        predicted = np.array([[[0.03, 0.04, 0], [0, 0, 0.01]]])
        np.testing.assert_allclose(metrics.joint_error_m(predicted, reference), [[0.05, 0.01]])

    def test_procrustes_by_hand(self):
        # A square of half-diagonal 1 against a kite stretched to 2 along y: by symmetry there is
        # nothing to turn, the best scale is (1 + 1 + 2 + 2) / 4 = 1.5, and every corner is 0.5 off.
        square = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]], float)
        kite = square * [1, 2, 1] + [5, 6, 7]
        scale, rotation, shift = metrics.similarity_transform(square, kite)
        self.assertAlmostEqual(scale, 1.5)
        np.testing.assert_allclose(shift, [5, 6, 7])
        np.testing.assert_allclose(rotation @ [1, 0, 0], [1, 0, 0], atol=1e-12)
        aligned = metrics.procrustes_aligned_m(square[None], kite[None])
        np.testing.assert_allclose(metrics.joint_error_m(aligned, kite[None]), [[0.5] * 4])

    def test_procrustes_undoes_a_similarity_but_not_a_mirror(self):
        points = np.random.default_rng(1).normal(size=(1, 12, 3))
        turn = average_pose.about_z(np.array(0.7))
        moved = 2.5 * points @ turn.T + [1, -2, 3]
        error = metrics.joint_error_m(metrics.procrustes_aligned_m(moved, points), points)
        self.assertLess(error.max(), 1e-12)
        mirrored = metrics.procrustes_aligned_m(points * [-1, 1, 1], points)
        self.assertGreater(metrics.joint_error_m(mirrored, points).mean(), 0.1)

    def test_acceleration_of_a_falling_point(self):
        time_s = np.arange(5) / 60
        falling = np.zeros((5, 1, 3))
        falling[:, 0, 2] = -9.81 / 2 * time_s**2
        np.testing.assert_allclose(metrics.acceleration_m_s2(falling, 60)[:, 0, 2], -9.81)

    def test_what_is_steadied_keeps_slow_movement_in_time_and_loses_fast(self):
        time_s = np.arange(120) / 60
        for rate_hz, kept in ((1.0, 1.0), (6.0, 0.5**0.5), (20.0, 0.0)):
            swing = np.sin(2 * np.pi * rate_hz * time_s)[:, None]
            found = metrics.steadied_m(swing, 60.0)[20:-20]
            np.testing.assert_allclose(found, kept * swing[20:-20], atol=0.02)
        line = np.outer(time_s, [1.0, -2.0])
        np.testing.assert_allclose(metrics.steadied_m(line, 60.0), line, atol=1e-4)

    def test_an_unknown_sigma_counts_neither_way(self):
        inside = metrics.within_sigmas(np.array([1.0, 3.0, 1.0]), np.array([1.0, 1.0, np.nan]), 2)
        self.assertEqual(metrics.mean_or_none(inside), 0.5)


class AveragePose(unittest.TestCase):
    def test_it_is_a_person_who_faces_forward(self):
        pose = average_pose.average_pose_m(walk_report.DEFAULT_MOCAP)
        at = dict(zip(average_pose.LIMBS, pose))
        self.assertLess(abs(average_pose.facing_yaw_rad(pose[None])[0]), 0.05)
        self.assertGreater(at["left_shoulder"][1], 0.1)  # y is left
        self.assertLess(at["left_ankle"][2], -0.6)  # z is up, the root is the mid-hip
        self.assertGreater(at["left_wrist"][0], 0)  # hands are held in front

    def test_turning_the_person_turns_the_facing(self):
        pose = average_pose.average_pose_m(walk_report.DEFAULT_MOCAP)[None]
        before = average_pose.facing_yaw_rad(pose)[0]
        after = average_pose.facing_yaw_rad(pose @ average_pose.about_z(np.array(1.0)).T)[0]
        self.assertAlmostEqual(after - before, 1.0)


if __name__ == "__main__":
    unittest.main()
