"""Errors of 3D poses, written from the mathematics. Arrays are (frames, joints, 3) in metres.

A frame without a pose is not part of any average: callers leave it out.
"""

from __future__ import annotations

from typing import Optional, Tuple

import numpy as np


def root_relative_m(joints_m: np.ndarray, root_m: np.ndarray) -> np.ndarray:
    """Joints (F, J, 3) as seen from their own root (F, 3)."""
    return joints_m - root_m[:, None]


def joint_error_m(predicted_m: np.ndarray, reference_m: np.ndarray) -> np.ndarray:
    """Distance of every joint (F, J) from where it should be."""
    return np.linalg.norm(predicted_m - reference_m, axis=-1)


def similarity_transform(source_m: np.ndarray, target_m: np.ndarray) -> Tuple[float, np.ndarray, np.ndarray]:
    """Scale s, rotation R and shift t that minimise sum |s R source_j + t - target_j|^2 over (J, 3).

    With both sets centred and U S V^T the SVD of target^T source, the best orthogonal matrix is
    U V^T; where that is a reflection, the axis with the smallest singular value is flipped, because
    a mirrored person is a wrong person. Then s = trace(S D) / |source|^2.
    """
    source_mean, target_mean = source_m.mean(0), target_m.mean(0)
    source, target = source_m - source_mean, target_m - target_mean
    u, singular, vt = np.linalg.svd(target.T @ source)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * signs) @ vt
    scale = float((singular * signs).sum() / (source**2).sum())
    return scale, rotation, target_mean - scale * rotation @ source_mean


def procrustes_aligned_m(predicted_m: np.ndarray, reference_m: np.ndarray) -> np.ndarray:
    """Every predicted frame moved, turned and scaled onto its reference frame."""
    aligned = np.empty_like(predicted_m)
    for i, (predicted, reference) in enumerate(zip(predicted_m, reference_m)):
        scale, rotation, shift = similarity_transform(predicted, reference)
        aligned[i] = scale * predicted @ rotation.T + shift
    return aligned


def within_sigmas(error_m: np.ndarray, sigma_m: np.ndarray, sigmas: float) -> np.ndarray:
    """1 where the error is at most so many sigmas, 0 where it is more, NaN where sigma is unknown."""
    return np.where(np.isfinite(sigma_m), (error_m <= sigmas * sigma_m).astype(float), np.nan)


def acceleration_m_s2(joints_m: np.ndarray, rate_hz: float) -> np.ndarray:
    """Second central difference of (F, J, 3) frames at an even rate: (F - 2, J, 3).

    NaN frames stand for missing poses; every difference that touches one is NaN.
    """
    return (joints_m[2:] - 2.0 * joints_m[1:-1] + joints_m[:-2]) * rate_hz**2


def steadied_m(joints_m: np.ndarray, rate_hz: float, cutoff_hz: float = 6.0) -> np.ndarray:
    """Frames (F, ...) without what is faster than `cutoff_hz`, forwards and backwards, so that nothing is late.

    A Butterworth low-pass of second order by the bilinear transform; run twice, its cutoff is raised so that both
    together halve the power there (D. Winter, Biomechanics and Motor Control of Human Movement, 2.2.4.4). Beyond both
    ends the frames go on turned about the first and the last.
    """
    k = np.tan(np.pi * cutoff_hz / rate_hz / (np.sqrt(2.0) - 1.0) ** 0.25)
    scale = 1.0 + np.sqrt(2.0) * k + k * k
    forth = np.array([1.0, 2.0, 1.0]) * k * k / scale
    back = np.array([2.0 * (k * k - 1.0), 1.0 - np.sqrt(2.0) * k + k * k]) / scale

    def passed(frames: np.ndarray) -> np.ndarray:
        found = np.empty_like(frames)
        found[:2] = frames[:2]
        for i in range(2, len(frames)):
            new = forth[0] * frames[i] + forth[1] * frames[i - 1] + forth[2] * frames[i - 2]
            found[i] = new - back[0] * found[i - 1] - back[1] * found[i - 2]
        return found

    more = min(len(joints_m) - 1, int(np.ceil(3 * rate_hz / cutoff_hz)))
    before, after = 2 * joints_m[0] - joints_m[more:0:-1], 2 * joints_m[-1] - joints_m[-2 : -more - 2 : -1]
    frames = np.concatenate([before, joints_m, after])
    return passed(passed(frames)[::-1])[::-1][more : more + len(joints_m)]


def mean_or_none(values: np.ndarray) -> Optional[float]:
    """Mean of the finite values; None where there are none, because 0 would be read as perfect."""
    finite = np.asarray(values)[np.isfinite(values)]
    return float(finite.mean()) if finite.size else None
