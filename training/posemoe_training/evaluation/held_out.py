"""How far off the newest frame is for people whom training never saw, and what makes it worse.

Cameras and detectors are simulated as in training. Every condition begins with the same seed, so that
it meets the same people and movements as far as its own draws allow.
"""

from dataclasses import dataclass, replace
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import torch

from .. import metrics
from ..anthropometry import Body
from ..calibrate import WITHIN_SIGMA
from ..data import Motion
from ..depth import DepthCameras
from ..detector import Detectors
from ..memory import Memory
from ..network import PoseMoE
from ..skeleton import JOINTS, UPPER_BODY
from ..streams import AS_RECORDED, LEAST_KEYPOINTS, World, make_batch
from .missing import without_joints
from .stream import Lift, streaming

SEED = 2026
STREAMS_AT_ONCE = 128
FRAMES = 96
AT = (47, 63, 79, 95)  # frames of each stream that are measured, with half a second to eight of history

Figures = Dict[str, Any]  # numbers and text by name, nested; JSON as it stands


@dataclass(frozen=True)
class Condition:
    """What the detector has to struggle with."""

    noise: float = 1.0               # times the detector model's own
    rate_hz: Optional[float] = None  # None: any of 5-60
    border: Optional[str] = None     # "full", "legs", or None: whatever the camera sees
    missing_joints: int = 0          # taken away at random
    roll_deg: float = 0.0            # cameras turned about their axis, besides their usual 3 degrees
    distance_m: Optional[float] = None  # None: 1-12
    detectors: Detectors = Detectors()
    depth: DepthCameras = AS_RECORDED.depth
    body: Optional[Body] = None      # one person's, for all; None: everybody's own

    def world(self) -> World:
        return replace(AS_RECORDED, detectors=self.detectors, depth=self.depth)


class Outcome(NamedTuple):
    """Newest frames of N people: what was said, what is true, what was seen; virtual camera frame."""

    joints_m: torch.Tensor   # (N, 17, 3)
    sigma_m: torch.Tensor    # (N, 17)
    true_m: torch.Tensor     # (N, 17, 3)
    keypoints: torch.Tensor  # (N, 17, 3) x, y in units of apparent size, score
    action: torch.Tensor     # (N,) index into motion.actions

    def distance_m(self) -> torch.Tensor:
        return metrics.joint_distance(self.joints_m, self.true_m)


def outcome(lift: Lift, motion: Motion, people: int, condition: Condition = Condition(),
            frames: int = FRAMES, at: Sequence[int] = AT) -> Outcome:
    """Draws `people` frames of streams under `condition` and lifts those of which enough is seen, as the node does."""
    motion = motion.to(torch.device("cpu"))  # the same draws whatever the network runs on
    rng, occluder = (torch.Generator().manual_seed(SEED + i) for i in range(2))
    parts: List[Outcome] = []
    streams = max(1, people // len(at))
    for start in range(0, streams, STREAMS_AT_ONCE):
        count = min(STREAMS_AT_ONCE, streams - start)
        body = condition.body and Body(*(part.expand(count, *part.shape[1:]) for part in condition.body))
        batch = make_batch(motion, count, frames, rng, noise=condition.noise, vary=False, rate_hz=condition.rate_hz,
                           border=condition.border, roll_deg=condition.roll_deg, world=condition.world(), body=body,
                           distance_m=condition.distance_m)
        batch = without_joints(batch, condition.missing_joints, occluder)
        of = list(at)
        columns = (*lift(batch, at), batch.joints_m[:, of], batch.keypoints[:, of],
                   batch.action[:, None].expand(-1, len(of)))
        enough = (batch.keypoints[:, of, :, 2] > 0).sum(-1) >= LEAST_KEYPOINTS
        enough &= batch.present[:, of] > 0
        parts.append(Outcome(*(column[enough] for column in columns)))
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


def quick(network: PoseMoE, motion: Motion, people: int = 2048, memory: Memory = Memory()) -> Dict[str, float]:
    """The overall figures only: what training watches."""
    return errors(outcome(streaming(network, memory), motion, people))


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
    """Mean sigma and the error within which 68 % of the joints lie, mm, in bins of like sigma; the root left out."""
    bins = metrics.reliability(of.distance_m()[:, 1:], of.sigma_m[:, 1:], WITHIN_SIGMA)
    return [
        {"sigma_mm": 1000 * b["sigma_m"], "error_mm": 1000 * b["error_m"], "joints": b["joints"]} for b in bins
    ]
