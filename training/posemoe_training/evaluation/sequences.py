"""How well movement is reproduced: consecutive outputs for the same person at 30 Hz.

Three seconds of keypoints are drawn, of which the last is measured (or as many frames as are asked for). The
virtual camera turns from frame to frame, so poses are turned back into the camera, which stands still, before any
difference is taken.
"""

from dataclasses import replace
from typing import Dict

import torch

from .. import metrics
from ..data import Motion
from ..memory import Memory
from ..streams import make_batch
from .stream import Lift

SEED = 2027
RATE_HZ = 30.0
FRAMES, MEASURED = 90, 30
STRETCHED = 1.5  # by dropped frames and gaps, at most
SEQUENCES_AT_ONCE = 64


def long_enough(motion: Motion, frames: int) -> Motion:
    """Only the recordings that are longer than a stream of so many frames, as far as anything is remembered."""
    needed_s = min(STRETCHED * frames / RATE_HZ, Memory().span_s)
    return replace(motion, chance=motion.chance * (motion.seconds > needed_s))


def sequence_errors(lift: Lift, motion: Motion, sequences: int = 128, frames: int = FRAMES,
                    measured: int = MEASURED) -> Dict[str, float]:
    """MPJVE, acceleration error and jitter, and the truth's own size of each to compare with.

    Of the last `measured` frames of streams of `frames`.
    """
    rng = torch.Generator().manual_seed(SEED)
    motion = long_enough(motion.to(torch.device("cpu")), frames)  # the same draws whatever the network runs on
    at = range(frames - measured, frames)
    rows = []
    for start in range(0, sequences, SEQUENCES_AT_ONCE):
        batch = make_batch(motion, min(SEQUENCES_AT_ONCE, sequences - start), frames, rng, vary=False, rate_hz=RATE_HZ)
        found, _ = lift(batch, at)
        to_camera, used, age_s, true = (t[:, -measured:] for t in (
            batch.view_from_camera, batch.present > 0, batch.age_s, batch.joints_m))
        rows.append(_movement((found @ to_camera).double(), (true @ to_camera).double(), -age_s.double(), used))
    return {name: torch.cat([row[name] for row in rows]).mean().item() for name in rows[0]}


def _movement(found: torch.Tensor, true: torch.Tensor, stamp_s: torch.Tensor,
              used: torch.Tensor) -> Dict[str, torch.Tensor]:
    """Every figure that unbroken rows of used frames (S, F) give, one after the other."""
    still = torch.zeros_like(true)
    found_at = {
        (1, "velocity_error_mm_s"): 1000 * metrics.mpjve(found, true, stamp_s),
        (1, "true_speed_mm_s"): 1000 * metrics.mpjve(still, true, stamp_s),
        (2, "acceleration_error_m_s2"): metrics.acceleration_error(found, true, stamp_s),
        (2, "acceleration_m_s2"): metrics.acceleration_error(found, still, stamp_s),
        (2, "true_acceleration_m_s2"): metrics.acceleration_error(still, true, stamp_s),
        (3, "jitter_m_s3"): metrics.jitter(found, stamp_s),
        (3, "true_jitter_m_s3"): metrics.jitter(true, stamp_s),
    }
    return {
        name: values[used.unfold(1, order + 1, 1).all(-1)] for (order, name), values in found_at.items()
    }
