"""Makes sigma mean what a user takes it for: 68 % of the joints lie within it.

The likelihood in the loss teaches sigma which joints are worse, and by how much. Errors have longer tails than
the Gaussian of that likelihood, so one factor for all joints is set afterwards, on people of training.
"""

import math

import torch

from .data import Motion
from .memory import Memory
from .network import PoseMoE
from .streams import make_batch

WITHIN_SIGMA = 0.68
PEOPLE, FRAMES, AT_ONCE, SEED = 1024, 96, 32, 680


@torch.no_grad()
def calibrate_sigma(network: PoseMoE, motion: Motion, memory: Memory, people: int = PEOPLE) -> float:
    """Scales the sigmas of `network` in place; returns the factor."""
    network.eval()
    rng = torch.Generator(motion.positions_m.device).manual_seed(SEED)
    ratios = []
    for _ in range(max(1, people // AT_ONCE)):
        batch = make_batch(motion, min(people, AT_ONCE), FRAMES, rng, vary=False, memory=memory)
        lifted = network.lift(*batch.inputs, memory)
        distance_m = (lifted.joints_m - batch.joints_m).norm(dim=-1)
        # The root is exact by definition.
        ratios.append((distance_m / lifted.sigma_m)[batch.present > 0][:, 1:].flatten())
    factor = torch.cat(ratios).quantile(WITHIN_SIGMA).item()
    network.sigma_head[-1].bias += math.log(factor)
    return factor
