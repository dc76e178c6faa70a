"""The real walk through the network, as the node would see it, against the triangulated pose.

12 limb joints, relative to the mid-hip, in the camera frame; the same figures as scripts/walk_report.py
gives for the node itself. The reference is good to about 2 cm and jitters, being triangulated frame by
frame; its own acceleration says by how much.
"""

from pathlib import Path
from typing import Dict, List

import torch

from .. import metrics
from ..skeleton import HIPS, LIMB_JOINTS
from ..view import DEPTH_FEATURES, person_view
from ..streams import LEAST_KEYPOINTS, Batch
from .recordings import Recording, read_walk
from .stream import Lift

Rows = Dict[str, torch.Tensor]  # errors by name, one for each posed frame (or joint, or difference)


def walk_errors(lift: Lift, folder: Path) -> Dict[str, Dict[str, float]]:
    """Figures for each camera, and for all cameras together as "all"."""
    recordings = read_walk(folder)
    parts = [_measure(lift, recording) for recording in recordings]
    figures = {recording.camera: _figures([part]) for recording, part in zip(recordings, parts)}
    return {**figures, "all": _figures(parts)}


def _relative_to_mid_hip(joints_m: torch.Tensor) -> torch.Tensor:
    return joints_m - joints_m[:, list(HIPS)].mean(1, keepdim=True)


def _measure(lift: Lift, of: Recording) -> Rows:
    stamp_s, xy, score = (torch.from_numpy(a) for a in (of.stamp_s, of.xy, of.score))
    seen = person_view(xy, score)
    posed = (score > 0).sum(-1) >= LEAST_KEYPOINTS
    used = posed.float()[None]
    batch = Batch(
        seen.keypoints[None].float(), seen.view[None].float(), torch.zeros(1, *score.shape, DEPTH_FEATURES), (stamp_s[-1] - stamp_s)[None].float(), used,
        torch.zeros(0), seen.view_from_camera[None].float(), torch.zeros(0))
    found, sigma_m = (t[0].double() for t in lift(batch, range(len(stamp_s))))
    found = _relative_to_mid_hip(found)
    # Both in the virtual camera, where across and along the line of sight mean something. All other
    # errors of one frame are the same in any frame.
    true = _relative_to_mid_hip(torch.from_numpy(of.reference_m)) @ seen.view_from_camera.transpose(-1, -2)
    limbs = list(LIMB_JOINTS)
    f, t, sigma_m = found[posed][:, limbs], true[posed][:, limbs], sigma_m[posed][:, limbs]
    rows = {
        "mpjpe_mm": 1000 * metrics.mpjpe(f, t),
        "p_mpjpe_mm": 1000 * metrics.p_mpjpe(f, t),
        "n_mpjpe_mm": 1000 * metrics.n_mpjpe(f, t),
        "image_plane_mm": 1000 * metrics.image_plane_error(f, t),
        "depth_mm": 1000 * metrics.depth_error(f, t),
        "turn_deg": metrics.turn_error(found, true)[posed].rad2deg(),
        "within_1_sigma_pct": 100 * metrics.within_sigmas(metrics.joint_distance(f, t), sigma_m, 1),
        "within_2_sigma_pct": 100 * metrics.within_sigmas(metrics.joint_distance(f, t), sigma_m, 2),
    }
    found, true = ((joints @ seen.view_from_camera)[:, limbs] for joints in (found, true))
    unbroken = posed.unfold(0, 3, 1).all(-1)
    still = torch.zeros_like(true)
    for name, pair in {"acceleration_error_m_s2": (found, true), "acceleration_m_s2": (found, still),
                       "reference_acceleration_m_s2": (true, still)}.items():
        rows[name] = metrics.acceleration_error(*pair, stamp_s)[unbroken]
    return rows


def _figures(parts: List[Rows]) -> Dict[str, float]:
    """Every frame counts the same, whichever camera it is of."""
    figures: Dict[str, float] = {"frames": sum(len(part["mpjpe_mm"]) for part in parts)}
    for name in parts[0]:
        figures[name] = torch.cat([part[name].flatten() for part in parts]).double().mean().item()
    return figures
