"""Errors of 3D poses, from the mathematics: metres, seconds, radians; the caller turns them into mm.

`found` and `true` are joints (..., J, 3), root-relative where a docstring does not say otherwise, with
x to the right, y down, z away from the camera. A metric averages over the joints that it is given, and
answers with one figure a pose, unless it says otherwise. As is usual, MPJPE is taken over all 17 joints
although the root's error is zero by definition; PCK, AUC and sigma leave the root out, because a joint
that cannot be wrong would flatter a share.
"""

from typing import Dict, List

import torch

from .skeleton import HIPS, SHOULDERS

PCK_THRESHOLD_M = 0.150
AUC_THRESHOLDS = 31  # 0, 5, ..., 150 mm


def joint_distance(found: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """|found_j - true_j|: (..., J) in m."""
    return (found - true).norm(dim=-1)


def mpjpe(found: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """Mean per-joint position error, mean_j |found_j - true_j|: (...) in m."""
    return joint_distance(found, true).mean(-1)


def n_mpjpe(found: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """MPJPE of s * found with s = sum_j found_j . true_j / sum_j |found_j|^2: (...) in m.

    s is the least-squares scale about the root, so nothing is left of a wrong body size.
    """
    scale = (found * true).sum((-1, -2)) / found.square().sum((-1, -2)).clamp(min=1e-9)
    return mpjpe(found * scale[..., None, None], true)


def procrustes_aligned(found: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """s R found_j + t with the similarity that minimises sum_j |s R found_j + t - true_j|^2.

    With both centred and true^T found = U S V^T, R = U D V^T, D = diag(1, 1, +-1) such that det R = 1: a
    mirrored person is a wrong person. s = trace(S D) / sum |found|^2. Points that all coincide get s = 0.
    In double precision, because flat and straight poses have nearly equal or zero singular values.
    """
    mean_found, mean_true = found.mean(-2, keepdim=True).double(), true.mean(-2, keepdim=True).double()
    centred, target = found.double() - mean_found, true.double() - mean_true
    u, s, vh = torch.linalg.svd(target.transpose(-1, -2) @ centred)
    signs = torch.ones_like(s)
    signs[..., 2] = torch.where(torch.linalg.det(u @ vh) < 0, -1.0, 1.0).to(s)
    rotation = (u * signs[..., None, :]) @ vh
    scale = (s * signs).sum(-1) / centred.square().sum((-1, -2)).clamp(min=1e-12)
    moved = scale[..., None, None] * centred @ rotation.transpose(-1, -2) + mean_true
    return moved.to(found.dtype)


def p_mpjpe(found: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """MPJPE after the best similarity (rotation, scale, translation; no reflection): (...) in m."""
    return mpjpe(procrustes_aligned(found, true), true)


def image_plane_error(found: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """mean_j |(found_j - true_j)_xy|: (...) in m; what an image can show."""
    return (found - true)[..., :2].norm(dim=-1).mean(-1)


def depth_error(found: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """mean_j |(found_j - true_j)_z|: (...) in m; what has to be guessed."""
    return (found - true)[..., 2].abs().mean(-1)


def pck(found: torch.Tensor, true: torch.Tensor, threshold_m: float = PCK_THRESHOLD_M) -> torch.Tensor:
    """3DPCK: share of the joints other than the first, the root, at most `threshold_m` off: (...) in 0..1."""
    return (joint_distance(found, true)[..., 1:] <= threshold_m).float().mean(-1)


def auc(found: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """Area under the PCK curve: the mean PCK over 31 thresholds from 0 to 150 mm: (...) in 0..1."""
    thresholds = torch.linspace(0, PCK_THRESHOLD_M, AUC_THRESHOLDS, dtype=found.dtype, device=found.device)
    distance = joint_distance(found, true)[..., 1:, None]
    return (distance <= thresholds).float().mean((-1, -2))


def turn_error(found: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """How wrong the body's turn about the image's vertical axis is: (...) in 0..pi rad.

    The turn is that of the line from right to left, hips and shoulders together, seen from above (x, z);
    joints (..., 17, 3) in the order of skeleton.py.
    """
    def right_to_left(joints: torch.Tensor) -> torch.Tensor:
        right_hip, left_hip = HIPS
        left_shoulder, right_shoulder = SHOULDERS
        return (joints[..., left_hip, :] - joints[..., right_hip, :]
                + joints[..., left_shoulder, :] - joints[..., right_shoulder, :])

    a, b = right_to_left(found), right_to_left(true)
    across = a[..., 0] * b[..., 2] - a[..., 2] * b[..., 0]
    along = a[..., 0] * b[..., 0] + a[..., 2] * b[..., 2]
    return torch.atan2(across, along).abs()


def derivative(joints_m: torch.Tensor, stamp_s: torch.Tensor, order: int) -> torch.Tensor:
    """n-th derivative of (..., T, J, 3) at uneven stamps (..., T) in s: (..., T - n, J, 3) in m/s^n.

    n! times Newton's divided difference, x[i..i+n] = (x[i+1..i+n] - x[i..i+n-1]) / (t_(i+n) - t_i); at
    even steps h these are the usual differences over h^n.
    """
    for n in range(1, order + 1):
        span_s = stamp_s[..., n:] - stamp_s[..., :-n]
        joints_m = n * (joints_m[..., 1:, :, :] - joints_m[..., :-1, :, :]) / span_s[..., None, None]
    return joints_m


def mpjve(found: torch.Tensor, true: torch.Tensor, stamp_s: torch.Tensor) -> torch.Tensor:
    """Mean per-joint velocity error, mean_j |v_found - v_true|: (..., T - 1) in m/s.

    Poses (..., T, J, 3) at `stamp_s` (..., T), all in one frame: views that turn must be turned back first.
    """
    return mpjpe(derivative(found, stamp_s, 1), derivative(true, stamp_s, 1))


def acceleration_error(found: torch.Tensor, true: torch.Tensor, stamp_s: torch.Tensor) -> torch.Tensor:
    """mean_j |a_found - a_true|: (..., T - 2) in m/s^2; shapes and frame as for `mpjve`."""
    return mpjpe(derivative(found, stamp_s, 2), derivative(true, stamp_s, 2))


def jitter(joints_m: torch.Tensor, stamp_s: torch.Tensor) -> torch.Tensor:
    """Mean size of the jerk, mean_j |x_j'''|: (..., T - 3) in m/s^3; compare it with the truth's own."""
    return derivative(joints_m, stamp_s, 3).norm(dim=-1).mean(-1)


def within_sigmas(distance_m: torch.Tensor, sigma_m: torch.Tensor, sigmas: float) -> torch.Tensor:
    """1 where a joint (..., J) is at most so many of its own sigma off, else 0."""
    return (distance_m <= sigmas * sigma_m).float()


def reliability(distance_m: torch.Tensor, sigma_m: torch.Tensor, share: float,
                bins: int = 10) -> List[Dict[str, float]]:
    """Does sigma say what it means? Mean sigma, and the distance within which `share` of the joints lie, m.

    In bins of like sigma, equally full; a true sigma, since it is defined as that distance, has both figures equal
    in each. Any shape, one distance for each sigma.
    """
    order = sigma_m.flatten().argsort()
    parts = zip(sigma_m.flatten()[order].tensor_split(bins), distance_m.flatten()[order].tensor_split(bins))
    return [
        {"sigma_m": s.mean().item(), "error_m": d.quantile(share).item(), "joints": len(s)} for s, d in parts if len(s)
    ]
