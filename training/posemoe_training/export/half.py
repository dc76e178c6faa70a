"""The network in mixed precision: half the weights' bytes, and a GPU's tensor cores do the products.

PyTorch's autocast decides, as in mixed-precision training: matrix products and what lies between them are
float16, attention over joints included (parity.py measures that this is safe). The streams that the blocks
add to, LayerNorm and the masked scores over time are float32, since a sum of float16 and float32 is
float32; so is the geometry. Kept in float32 besides: layers with a narrow side. They read the inputs and
write the outputs, cost nothing, and would round both.

Inputs and outputs stay float32, so that the node runs either file.
"""

import copy
from typing import Tuple

import torch
from torch import nn

NARROW = 16


class Exact(nn.Module):
    """A layer that computes in float32 under autocast."""

    def __init__(self, layer: nn.Module):
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", enabled=False):
            return self.layer(x.float())


class Half(nn.Module):
    """A network under autocast, with float32 outputs."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, keypoints: torch.Tensor, view: torch.Tensor, age_s: torch.Tensor,
                present: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        with torch.autocast("cpu", dtype=torch.float16):
            joints_m, sigma_m = self.network(keypoints, view, age_s, present)
        return joints_m.float(), sigma_m.float()


def in_half(network: nn.Module) -> Half:
    """A copy of `network` with float16 weights, the narrow layers' excepted."""
    network = copy.deepcopy(network).eval()
    for parent in list(network.modules()):
        for name, layer in list(parent.named_children()):
            if not isinstance(layer, nn.Linear):
                continue
            if min(layer.in_features, layer.out_features) < NARROW:
                parent.add_module(name, Exact(layer))
            else:
                layer.half()
    return Half(network)
