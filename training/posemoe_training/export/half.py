"""The network in mixed precision: half the weights' bytes, and a GPU's tensor cores do the products.

PyTorch's autocast decides, as in mixed-precision training: matrix products and what lies between them are
float16, attention over joints included (parity.py measures that this is safe). The streams that the blocks
add to, LayerNorm and the masked scores over time are float32, since a sum of float16 and float32 is
float32; so is the geometry. Kept in float32 besides: layers with a narrow side. They read the inputs and
write the outputs, cost nothing, and would round both.

Inputs and outputs stay float32, so that the node runs either file.
"""

import copy

import torch
from torch import nn

from .forms import Form

NARROW = 16


class Exact(nn.Module):
    """A layer that computes in float32 under autocast."""

    def __init__(self, layer: nn.Module):
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", enabled=False):
            return self.layer(x.float())


def in_half(form: Form) -> Form:
    """A copy of `form` with float16 weights, the narrow layers' excepted."""
    form = copy.deepcopy(form).eval()
    form.half = True
    for parent in list(form.modules()):
        for name, layer in list(parent.named_children()):
            if not isinstance(layer, nn.Linear):
                continue
            if min(layer.in_features, layer.out_features) < NARROW:
                parent.add_module(name, Exact(layer))
            else:
                layer.half()
    return form
