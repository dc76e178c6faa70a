"""How well movement is reproduced: consecutive outputs for the same person at 30 Hz.

Two seconds of keypoints are drawn; the node's windows end at each frame of the second half, which has
the whole span of history before it. The virtual camera turns from frame to frame, so poses are turned
back into the camera, which stands still, before any difference is taken.
"""

from dataclasses import replace
from typing import Dict

import torch
from torch import nn

from .. import metrics
from ..data import Motion
from ..windows import WindowLayout, make_batch
from .stream import Slots, lift_stream, node_slots

SEED = 2027
RATE_HZ = 30.0
STREAM = WindowLayout(frames=60, spacing_s=1 / RATE_HZ, span_s=2.0)
FIRST_OUTPUT = 30
LONGEST_STREAM_S = 3.0  # dropped frames and jitter stretch the two seconds
SEQUENCES_AT_ONCE = 64


def long_enough(motion: Motion) -> Motion:
    """Only the recordings that are longer than a stream."""
    return replace(motion, chance=motion.chance * (motion.length > LONGEST_STREAM_S * motion.fps))


def sequence_errors(network: nn.Module, motion: Motion, layout: WindowLayout, sequences: int = 128) -> Dict[str, float]:
    """MPJVE, acceleration error and jitter, and the truth's own size of each to compare with."""
    rng = torch.Generator().manual_seed(SEED)
    motion = long_enough(motion.to(torch.device("cpu")))  # the same draws whatever the network runs on
    rows = []
    for start in range(0, sequences, SEQUENCES_AT_ONCE):
        batch = make_batch(motion, min(SEQUENCES_AT_ONCE, sequences - start), STREAM, rng, vary=False, rate_hz=RATE_HZ)
        used = batch.present > 0
        stamp_s = -batch.age_s.double()
        slots = Slots(*(t[:, FIRST_OUTPUT:] for t in node_slots(stamp_s, used, layout)))
        found, _ = lift_stream(network, batch.keypoints, batch.view, slots)
        to_camera, used, stamp_s = (t[:, FIRST_OUTPUT:] for t in (batch.view_from_camera, used, stamp_s))
        found = (found @ to_camera).double()
        true = (batch.joints_m[:, FIRST_OUTPUT:] @ to_camera).double()
        rows.append(_movement(found, true, stamp_s, used))
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
