"""Makes sigma mean what a user takes it for: 68 % of the joints lie within it.

The likelihood in the loss teaches sigma which joints are worse, and by how much. Errors have longer tails than
the Gaussian of that likelihood, so one factor for all joints is set afterwards, on people of training.
"""

import math

import torch

from .data import Motion
from .network import PoseMoE
from .windows import WindowLayout, make_batch

WITHIN_SIGMA = 0.68
PEOPLE, AT_ONCE, SEED = 4096, 256, 680


@torch.no_grad()
def calibrate_sigma(network: PoseMoE, motion: Motion, layout: WindowLayout, people: int = PEOPLE) -> float:
    """Scales the sigmas of `network` in place; returns the factor."""
    network.eval()
    rng = torch.Generator(motion.positions_m.device).manual_seed(SEED)
    ratios = []
    for _ in range(max(1, people // AT_ONCE)):
        batch = make_batch(motion, min(people, AT_ONCE), layout, rng, vary=False)
        joints_m, sigma_m = network(*batch.inputs)
        distance_m = (joints_m - batch.joints_m[:, -1]).norm(dim=-1)
        ratios.append((distance_m / sigma_m)[:, 1:].flatten())  # the root is exact by definition
    factor = torch.cat(ratios).quantile(WITHIN_SIGMA).item()
    network.sigma_head[-1].bias += math.log(factor)
    return factor
