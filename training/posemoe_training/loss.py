"""What training makes small."""

from typing import Dict

import torch

from .metrics import n_mpjpe
from .network import Lifted
from .windows import Batch

# Knees, elbows, ankles and wrists are harder and matter more to a robot.
JOINT_WEIGHTS = torch.tensor([1, 1, 1.4, 1.6, 1, 1.4, 1.6, 1, 1, 1, 1, 1, 1.4, 1.8, 1, 1.4, 1.8])
UP_TO_SCALE, EARLY, SIGMA, MOVEMENT = 0.5, 0.3, 0.02, 0.5


def _movement_error(found_m: torch.Tensor, batch: Batch) -> torch.Tensor:
    """How wrong the step from each slot to the next is (metres), in the camera's frame.

    Without it a network answers each frame well, and yet shakes from frame to frame.
    """
    off_m = torch.einsum("btij,btki->btkj", batch.view_from_camera, found_m - batch.joints_m)
    both = batch.present[:, 1:] * batch.present[:, :-1]
    step_m = (off_m[:, 1:] - off_m[:, :-1]).norm(dim=-1).mean(-1)
    return (step_m * both).sum() / both.sum().clamp(min=1)


def loss_of(lifted: Lifted, batch: Batch) -> Dict[str, torch.Tensor]:
    """Position (absolute and up to scale), movement, the experts' early opinion, and sigma's likelihood.

    Every filled slot is an example: attention in time looks back only.
    """
    true, filled = batch.joints_m, batch.present / batch.present.sum()
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
    if true.shape[1] > 1:
        terms["movement"] = MOVEMENT * _movement_error(lifted.joints_m, batch)
    if lifted.early_m is not None:
        terms["early"] = EARLY * mean((lifted.early_m - true).norm(dim=-1).mean(-1))
    return terms
