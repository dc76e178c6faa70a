"""What training makes small."""

from typing import Dict

import torch

from .metrics import n_mpjpe
from .network import Lifted
from .streams import Batch

# Knees, elbows, ankles and wrists are harder and matter more to a robot.
JOINT_WEIGHTS = torch.tensor([1, 1, 1.4, 1.6, 1, 1.4, 1.6, 1, 1, 1, 1, 1, 1.4, 1.8, 1, 1.4, 1.8])
UP_TO_SCALE, EARLY, SIGMA, MOVEMENT, SHAKING = 0.5, 0.3, 0.02, 0.5, 0.3


def _changes(found_m: torch.Tensor, batch: Batch, order: int) -> torch.Tensor:
    """How much the error changes from frame to frame (order 1), and how much that changes (2), in metres and in
    the camera's frame.

    Without it a network answers each frame well, and yet shakes from frame to frame.
    """
    change_m = torch.einsum("btij,btki->btkj", batch.view_from_camera, found_m - batch.joints_m)
    used = batch.used
    for _ in range(order):
        change_m, used = change_m[:, 1:] - change_m[:, :-1], used[:, 1:] * used[:, :-1]
    return (change_m.norm(dim=-1).mean(-1) * used).sum() / used.sum().clamp(min=1)


def loss_of(lifted: Lifted, batch: Batch) -> Dict[str, torch.Tensor]:
    """Position (absolute and up to scale), movement, the experts' early opinion, and sigma's likelihood.

    Every frame of a stream is an example.
    """
    true, filled = batch.joints_m, batch.used / batch.used.sum()
    weights = JOINT_WEIGHTS.to(true.device)

    def mean(per_frame: torch.Tensor) -> torch.Tensor:
        return (per_frame * filled).sum()

    distance = (lifted.joints_m - true).norm(dim=-1)
    terms = {
        "position": mean((distance * weights).mean(-1)) / weights.mean(),
        "up_to_scale": UP_TO_SCALE * mean(n_mpjpe(lifted.joints_m, true)),
        # The error is a constant here: sigma learns to predict it and cannot buy a worse one.
        "sigma": SIGMA * mean((lifted.sigma_m.log() + distance.detach().square() / (2 * lifted.sigma_m.square()))
                              [..., 1:].mean(-1)),
    }
    if true.shape[1] > 2:
        terms["movement"] = MOVEMENT * _changes(lifted.joints_m, batch, 1)
        terms["shaking"] = SHAKING * _changes(lifted.joints_m, batch, 2)
    if lifted.early_m is not None:
        terms["early"] = EARLY * mean((lifted.early_m - true).norm(dim=-1).mean(-1))
    return terms
