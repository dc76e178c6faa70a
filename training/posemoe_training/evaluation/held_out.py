"""How far off the newest frame is for people whom training never saw, and what makes it worse.

Cameras and detectors are simulated as in training. Every condition begins with the same seed, so that
it meets the same people and movements as far as its own draws allow.
"""

from dataclasses import dataclass
from typing import Any, Dict, List, NamedTuple, Optional

import torch
from torch import nn
from tqdm import tqdm

from .. import metrics
from ..cameras import MEASURED_BORDERS
from ..data import Motion
from ..skeleton import JOINTS, UPPER_BODY
from ..windows import LEAST_KEYPOINTS, WindowLayout, make_batch
from .missing import without_joints
from .sequences import sequence_errors
from .stream import WINDOWS_AT_ONCE, lift

SEED = 2026
NOISE_LEVELS = (0.0, 0.5, 1.0, 1.5, 2.0)
RATES_HZ = (5.0, 10.0, 15.0, 30.0, 60.0)
MISSING_JOINTS = tuple(range(9))

Figures = Dict[str, Any]  # numbers and text by name, nested; JSON as it stands


@dataclass(frozen=True)
class Condition:
    """What the detector has to struggle with."""

    noise: float = 1.0               # times the detector model's own
    rate_hz: Optional[float] = None  # None: any of 5-60
    border: Optional[str] = None     # "full", "legs", or None: whatever the camera sees
    missing_joints: int = 0          # taken away at random


class Outcome(NamedTuple):
    """Newest frames of N people: what was said, what is true, what was seen; virtual camera frame."""

    joints_m: torch.Tensor   # (N, 17, 3)
    sigma_m: torch.Tensor    # (N, 17)
    true_m: torch.Tensor     # (N, 17, 3)
    keypoints: torch.Tensor  # (N, 17, 3) x, y in units of apparent size, score
    action: torch.Tensor     # (N,) index into motion.actions

    def distance_m(self) -> torch.Tensor:
        return metrics.joint_distance(self.joints_m, self.true_m)


def outcome(network: nn.Module, motion: Motion, layout: WindowLayout, people: int,
            condition: Condition = Condition()) -> Outcome:
    """Draws people under `condition` and lifts them, as the node does: those of whom it sees enough."""
    motion = motion.to(torch.device("cpu"))  # the same draws whatever the network runs on
    rng, occluder = (torch.Generator().manual_seed(SEED + i) for i in range(2))
    parts: List[Outcome] = []
    for start in range(0, people, WINDOWS_AT_ONCE):
        batch = make_batch(motion, min(WINDOWS_AT_ONCE, people - start), layout, rng, noise=condition.noise,
                           vary=False, rate_hz=condition.rate_hz, border=condition.border)
        batch = without_joints(batch, condition.missing_joints, occluder)
        joints_m, sigma_m = lift(network, *batch.inputs)
        part = Outcome(joints_m, sigma_m, batch.joints_m[:, -1], batch.keypoints[:, -1], batch.action)
        enough = (part.keypoints[..., 2] > 0).sum(-1) >= LEAST_KEYPOINTS
        parts.append(Outcome(*(column[enough] for column in part)))
    return Outcome(*(torch.cat(column) for column in zip(*parts)))


def errors(of: Outcome) -> Dict[str, float]:
    """The figures of one set of people."""
    found, true, distance = of.joints_m, of.true_m, of.distance_m()[:, 1:]

    def mean(values: torch.Tensor, factor: float) -> float:
        return factor * values.double().mean().item()

    return {
        "mpjpe_mm": mean(metrics.mpjpe(found, true), 1000),
        "p_mpjpe_mm": mean(metrics.p_mpjpe(found, true), 1000),
        "n_mpjpe_mm": mean(metrics.n_mpjpe(found, true), 1000),
        "image_plane_mm": mean(metrics.image_plane_error(found, true), 1000),
        "depth_mm": mean(metrics.depth_error(found, true), 1000),
        "upper_body_mm": mean(of.distance_m()[:, UPPER_BODY], 1000),
        "turn_deg": mean(metrics.turn_error(found, true).rad2deg(), 1),
        "pck150_pct": mean(metrics.pck(found, true), 100),
        "auc_pct": mean(metrics.auc(found, true), 100),
        "within_1_sigma_pct": mean(metrics.within_sigmas(distance, of.sigma_m[:, 1:], 1), 100),
        "within_2_sigma_pct": mean(metrics.within_sigmas(distance, of.sigma_m[:, 1:], 2), 100),
    }


def quick(network: nn.Module, motion: Motion, layout: WindowLayout, people: int = 2048) -> Dict[str, float]:
    """The overall figures only: what training watches."""
    return errors(outcome(network, motion, layout, people))


def per_joint(of: Outcome) -> Dict[str, Dict[str, float]]:
    """Mean error of each joint, and its parts across and along the line of sight, mm."""
    off = (of.joints_m - of.true_m).double() * 1000
    columns = {"error_mm": off.norm(dim=-1), "image_plane_mm": off[..., :2].norm(dim=-1), "depth_mm": off[..., 2].abs()}
    return {
        joint: {name: values[:, j].mean().item() for name, values in columns.items()}
        for j, joint in enumerate(JOINTS)
    }


def per_action(of: Outcome, actions: List[str]) -> Dict[str, Figures]:
    """The figures of each family of motion of which anybody was drawn."""
    return {
        actions[a]: {"people": int((of.action == a).sum()),
                     **errors(Outcome(*(column[of.action == a] for column in of)))}
        for a in of.action.unique().tolist()
    }


def sigma_report(of: Outcome) -> List[Dict[str, float]]:
    """Reliability of sigma in mm, all joints but the root."""
    bins = metrics.reliability(of.distance_m()[:, 1:], of.sigma_m[:, 1:])
    return [
        {"sigma_mm": 1000 * b["sigma_m"], "error_mm": 1000 * b["error_m"], "joints": b["joints"]} for b in bins
    ]


SWEEPS = {
    "noise": [{"noise": level} for level in NOISE_LEVELS],
    "rate": [{"rate_hz": rate_hz} for rate_hz in RATES_HZ],
    "missing": [{"missing_joints": count} for count in MISSING_JOINTS],
    "border": [{"border": border} for border in MEASURED_BORDERS],
}


def full(network: nn.Module, motion: Motion, layout: WindowLayout, people: int = 8192,
         sweep_people: int = 1024, sequences: int = 128) -> Figures:
    """Everything, as a nested dict that can be written as JSON; minutes on a CPU."""
    usual = outcome(network, motion, layout, people)
    report: Figures = {
        "people": len(usual.action),
        "sweep_people": sweep_people,
        "overall": errors(usual),
        "per_joint": per_joint(usual),
        "per_action": per_action(usual, motion.actions),
        "sigma_reliability": sigma_report(usual),
        "movement": sequence_errors(network, motion, layout, sequences),
    }
    for name, conditions in SWEEPS.items():
        report[name] = [
            {**condition, **errors(outcome(network, motion, layout, sweep_people, Condition(**condition)))}
            for condition in tqdm(conditions, desc=name, leave=False, disable=None)
        ]
    return report
