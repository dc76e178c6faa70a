"""Every metric against a case worked by hand and against plain numpy on random poses."""

import unittest

import numpy as np
import torch

from posemoe_training import metrics


def random_poses(people: int = 20, seed: int = 1):
    rng = np.random.default_rng(seed)
    true = rng.normal(0, 0.3, (people, 17, 3))
    found = true + rng.normal(0, 0.08, true.shape)
    return torch.from_numpy(found - found[:, :1]), torch.from_numpy(true - true[:, :1])


def rotation_about(axis, angle_rad: float) -> np.ndarray:
    """Rodrigues' formula."""
    x, y, z = np.asarray(axis) / np.linalg.norm(axis)
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle_rad) * k + (1 - np.cos(angle_rad)) * k @ k


class ByHand(unittest.TestCase):
    """Two joints: the root in place, the other 3 cm right, 4 cm down and 12 cm deep: 13 cm in all."""

    found = torch.tensor([[0.0, 0, 0], [0.53, 0.04, 0.12]])
    true = torch.tensor([[0.0, 0, 0], [0.50, 0, 0]])

    def close(self, value: torch.Tensor, expected: float) -> None:
        self.assertAlmostEqual(value.item(), expected, places=5)

    def test_distances(self):
        self.close(metrics.mpjpe(self.found, self.true), 0.065)
        self.close(metrics.image_plane_error(self.found, self.true), 0.025)
        self.close(metrics.depth_error(self.found, self.true), 0.06)

    def test_shares_leave_the_root_out(self):
        self.close(metrics.pck(self.found, self.true), 1.0)
        self.close(metrics.pck(self.found, self.true, threshold_m=0.12), 0.0)
        self.close(metrics.auc(self.found, self.true), 5 / 31)  # 130 to 150 mm, every 5 mm
        self.close(metrics.auc(self.true, self.true), 1.0)

    def test_scale(self):
        self.close(metrics.n_mpjpe(3 * self.true, self.true), 0.0)
        # The best scale of (0.3, 0.4, 0) for (0.5, 0, 0) is 0.6: (0.18, 0.24, 0) is 0.4 away.
        turned = torch.tensor([[0.0, 0, 0], [0.3, 0.4, 0]])
        self.close(metrics.n_mpjpe(turned, self.true), 0.2)

    def test_within_sigmas(self):
        distance, sigma = torch.tensor([0.10, 0.10, 0.21]), torch.tensor([0.10, 0.09, 0.10])
        self.assertEqual(metrics.within_sigmas(distance, sigma, 1).tolist(), [1, 0, 0])
        self.assertEqual(metrics.within_sigmas(distance, sigma, 2).tolist(), [1, 1, 0])

    def test_reliability(self):
        sigma = torch.tensor([2.0, 1.0, 2.0, 1.0])
        distance = torch.tensor([3.0, 1.0, 4.0, 7.0])
        low, high = metrics.reliability(distance, sigma, share=0.5, bins=2)
        self.assertEqual((low["sigma_m"], low["error_m"], low["joints"]), (1.0, 4.0, 2))
        self.assertEqual((high["sigma_m"], high["error_m"]), (2.0, 3.5))

    def test_a_true_sigma_is_reliable(self):
        rng = torch.Generator().manual_seed(4)
        spread = 0.02 + 0.1 * torch.rand(60_000, generator=rng)
        distance = spread * torch.randn(60_000, generator=rng).abs()
        for row in metrics.reliability(distance, 0.9945 * spread, share=0.68):  # 68 % of a normal distribution
            self.assertAlmostEqual(row["error_m"] / row["sigma_m"], 1.0, delta=0.04)

    def test_turn(self):
        pose = torch.zeros(17, 3)
        pose[4, 0] = pose[11, 0] = 0.2  # left hip and shoulder to the right of the right ones: faces the camera
        turned = pose[:, [2, 1, 0]]
        self.close(metrics.turn_error(pose, pose), 0.0)
        self.close(metrics.turn_error(turned, pose), np.pi / 2)
        self.close(metrics.turn_error(-pose, pose), np.pi)


class InTime(unittest.TestCase):
    stamp_s = torch.tensor([0.0, 0.03, 0.10, 0.12, 0.20], dtype=torch.float64)

    def row(self, x: torch.Tensor) -> torch.Tensor:
        """One joint that moves along z."""
        return torch.stack([0 * x, 0 * x, x], -1)[:, None]

    def test_powers_of_time_at_uneven_stamps(self):
        t = self.stamp_s
        for order, factor in ((1, 1.0), (2, 2.0), (3, 6.0)):
            change = metrics.derivative(self.row(5 * t**order), t, order)[:, 0, 2]
            self.assertEqual(len(change), 5 - order)
            torch.testing.assert_close(change, torch.full_like(change, 5 * factor))

    def test_errors_in_time(self):
        t = self.stamp_s
        still = self.row(0 * t)
        torch.testing.assert_close(metrics.mpjve(self.row(2 * t), still, t), torch.full((4,), 2.0).double())
        torch.testing.assert_close(
            metrics.acceleration_error(self.row(3 * t**2), still, t), torch.full((3,), 6.0).double())
        torch.testing.assert_close(metrics.jitter(self.row(t**3), t), torch.full((2,), 6.0).double())

    def test_even_steps_are_plain_differences(self):
        poses, others = random_poses()
        found, true = poses.numpy(), others.numpy()
        stamp_s = torch.arange(20, dtype=torch.float64) / 30
        velocity = np.linalg.norm(np.diff(found - true, axis=0) * 30, axis=-1).mean(-1)
        acceleration = np.linalg.norm(np.diff(found - true, 2, axis=0) * 900, axis=-1).mean(-1)
        jerk = np.linalg.norm(np.diff(found, 3, axis=0) * 27000, axis=-1).mean(-1)
        for ours, expected in ((metrics.mpjve(poses, others, stamp_s), velocity),
                               (metrics.acceleration_error(poses, others, stamp_s), acceleration),
                               (metrics.jitter(poses, stamp_s), jerk)):
            np.testing.assert_allclose(ours.numpy(), expected, rtol=1e-9)


class AgainstNumpy(unittest.TestCase):
    def setUp(self):
        self.poses, self.others = random_poses()
        self.found, self.true = self.poses.numpy(), self.others.numpy()

    def test_distances_and_shares(self):
        found, true = self.found, self.true
        distance = np.sqrt(((found - true) ** 2).sum(-1))
        steps = np.arange(0, 151, 5) / 1000
        expected = {
            metrics.mpjpe: distance.mean(-1),
            metrics.image_plane_error: np.hypot(*(found - true)[..., :2].transpose(2, 0, 1)).mean(-1),
            metrics.depth_error: np.abs(found - true)[..., 2].mean(-1),
            metrics.pck: np.mean(distance[:, 1:] <= 0.15, -1),
            metrics.auc: np.mean([np.mean(distance[:, 1:] <= step, -1) for step in steps], 0),
        }
        for metric, figures in expected.items():
            ours = metric(self.poses, self.others).numpy()
            np.testing.assert_allclose(ours, figures, rtol=1e-6, err_msg=metric.__name__)

    def test_scale_by_search(self):
        for found, true, ours in zip(self.found, self.true, metrics.n_mpjpe(self.poses, self.others)):
            scale = np.linalg.lstsq(found.reshape(-1, 1), true.reshape(-1), rcond=None)[0]
            self.assertAlmostEqual(ours.item(), np.linalg.norm(scale * found - true, axis=-1).mean(), places=9)

    def test_procrustes_by_quaternions(self):
        """Horn's closed form: another way to the same best rotation."""
        aligned = metrics.procrustes_aligned(self.poses, self.others).numpy()
        for found, true, ours in zip(self.found, self.true, aligned):
            a, b = found - found.mean(0), true - true.mean(0)
            s = a.T @ b
            n = np.empty((4, 4))
            n[0, 0] = np.trace(s)
            n[0, 1:] = n[1:, 0] = s[1, 2] - s[2, 1], s[2, 0] - s[0, 2], s[0, 1] - s[1, 0]
            n[1:, 1:] = s + s.T - np.trace(s) * np.eye(3)
            w, *v = np.linalg.eigh(n)[1][:, -1]
            turn = rotation_about(v, 2 * np.arctan2(np.linalg.norm(v), w))
            scale = np.sum(b * (a @ turn.T)) / np.sum(a**2)
            np.testing.assert_allclose(ours, scale * a @ turn.T + true.mean(0), atol=1e-9)


class Procrustes(unittest.TestCase):
    def test_a_similarity_costs_nothing(self):
        poses, others = random_poses()
        moved = 2.5 * poses @ torch.from_numpy(rotation_about([1, -2, 0.5], 2.9)).T + torch.tensor([3.0, -1, 7])
        torch.testing.assert_close(metrics.p_mpjpe(moved, others), metrics.p_mpjpe(poses, others))
        self.assertLess(metrics.p_mpjpe(moved, poses).max().item(), 1e-9)

    def test_a_mirrored_person_is_wrong(self):
        poses, _ = random_poses()
        mirrored = poses * torch.tensor([-1.0, 1, 1])
        self.assertGreater(metrics.p_mpjpe(mirrored, poses).min().item(), 0.05)

    def test_degenerate_poses_are_finite(self):
        _, others = random_poses(1)
        line = torch.zeros(1, 17, 3, dtype=torch.float64)
        line[..., 1] = torch.arange(17)
        flat = others * torch.tensor([1.0, 1, 0])
        for pose in (torch.zeros_like(line), line, flat):
            self.assertTrue(metrics.p_mpjpe(pose, others).isfinite().all())
            self.assertTrue(metrics.p_mpjpe(others, pose).isfinite().all())
        turned = line @ torch.from_numpy(rotation_about([1, 1, 0], 1.0)).T
        self.assertLess(metrics.p_mpjpe(turned, line).item(), 1e-9)
        # A flat pose has no mirror image that a rotation could not reach.
        self.assertLess(metrics.p_mpjpe(flat * torch.tensor([-1.0, 1, 1]), flat).item(), 1e-9)

    def test_single_precision_and_batches(self):
        poses, others = random_poses()
        single = metrics.p_mpjpe(poses.float().reshape(4, 5, 17, 3), others.float().reshape(4, 5, 17, 3))
        self.assertEqual((single.shape, single.dtype), ((4, 5), torch.float32))
        torch.testing.assert_close(single.flatten().double(), metrics.p_mpjpe(poses, others), atol=1e-6, rtol=0)


if __name__ == "__main__":
    unittest.main()
