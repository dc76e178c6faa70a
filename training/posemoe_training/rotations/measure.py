"""How far off orientations are of people whom training never saw, and what the least turn alone would say."""

from typing import Dict, List

import torch

from ..data import Motion
from ..evaluation.held_out import AT, FRAMES, SEED, STREAMS_AT_ONCE
from ..memory import Memory
from ..network import PoseMoE
from ..segments import CHEST, NAMES, PELVIS, aligned, angle_between, least_turn, twist_between
from ..streams import AS_RECORDED, LEAST_KEYPOINTS, make_batch
from .data import orientations

TWISTS = {"upper arms": (3, 5), "thighs": (7, 9)}


@torch.no_grad()
def measure(network: PoseMoE, motion: Motion, memory: Memory, people: int = 2048) -> Dict[str, object]:
    """The frames, cameras and detectors of `evaluation.held_out`, of people whose orientations are known."""
    rng = torch.Generator().manual_seed(SEED)
    columns: List[List[torch.Tensor]] = []
    streams, at = max(1, people // len(AT)), list(AT)
    for start in range(0, streams, STREAMS_AT_ONCE):
        batch = make_batch(motion, min(STREAMS_AT_ONCE, streams - start), FRAMES, rng, vary=False, world=AS_RECORDED)
        for part in range(0, len(batch.view), 8):
            rows = slice(part, part + 8)
            lifted = network.lift(*(t[rows] for t in batch.inputs), memory)
            found_m = lifted.joints_m[:, at]
            true, known = orientations(batch.axes[rows][:, at], batch.joints_m[rows][:, at])
            found = lifted.turned.orientations(lifted.joints_m)[:, at]
            seen = (batch.keypoints[rows][:, at, :, 2] > 0).sum(-1) >= LEAST_KEYPOINTS
            known &= (seen & (batch.present[rows][:, at] > 0))[..., None]
            columns.append([t.flatten(0, 1) for t in (
                found, least_turn(found_m), aligned(true, found_m), true, known, lifted.turned.sigma_deg[:, at])])
    found, least, best, true, known, sigma_deg = (torch.cat(column) for column in zip(*columns))
    error, of_least, of_best = (angle_between(x, true).rad2deg() for x in (found, least, best))

    def mean(values: torch.Tensor, where: torch.Tensor) -> float:
        return values[where].double().mean().item()

    def yaw_deg(x: torch.Tensor, row: int) -> torch.Tensor:
        """Between forward axes, about the axis that is vertical in the image."""
        a, b = x[:, row, :, 0], true[:, row, :, 0]
        return torch.atan2(a[:, 0] * b[:, 2] - a[:, 2] * b[:, 0], a[:, 0] * b[:, 0] + a[:, 2] * b[:, 2]).rad2deg().abs()

    return {
        "frames": len(found),
        "mean_deg": mean(error, known), "least_turn_mean_deg": mean(of_least, known),
        # What the error of the joints alone leaves, were the turn about every bone known.
        "bones_alone_mean_deg": mean(of_best, known),
        "within_1_sigma_pct": 100 * mean((error <= sigma_deg).float(), known),
        "within_2_sigma_pct": 100 * mean((error <= 2 * sigma_deg).float(), known),
        "segments": {name: {"mean_deg": mean(error[:, s], known[:, s]),
                            "least_turn_mean_deg": mean(of_least[:, s], known[:, s]),
                            "bones_alone_mean_deg": mean(of_best[:, s], known[:, s]),
                            "twist_deg": mean(twist_between(found, true)[:, s].rad2deg().abs(), known[:, s]),
                            "least_turn_twist_deg": mean(twist_between(least, true)[:, s].rad2deg().abs(), known[:, s]),
                            "sigma_deg": mean(sigma_deg[:, s], known[:, s]),
                            "within_1_sigma_pct": 100 * mean((error <= sigma_deg)[:, s].float(), known[:, s]),
                            "within_2_sigma_pct": 100 * mean((error <= 2 * sigma_deg)[:, s].float(), known[:, s])}
                     for s, name in enumerate(NAMES)},
        "twist": {name: {"deg": mean(twist_between(found, true)[:, rows].rad2deg().abs(), known[:, rows]),
                         "least_turn_deg": mean(twist_between(least, true)[:, rows].rad2deg().abs(), known[:, rows])}
                  for name, rows in TWISTS.items()},
        "facing_median_deg": {name: {"found": yaw_deg(found, row)[known[:, row]].median().item(),
                                     "least_turn": yaw_deg(least, row)[known[:, row]].median().item()}
                              for name, row in (("pelvis", PELVIS), ("chest", CHEST))},
    }
