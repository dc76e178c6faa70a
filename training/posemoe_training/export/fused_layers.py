"""What the fused step (fused.py) is built from."""

import copy
import itertools
import math
from typing import List, Sequence

import torch
from torch import nn
from torch.nn import functional


def linear(weight: torch.Tensor, bias: torch.Tensor) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight, layer.bias = (nn.Parameter(t.detach().clone(), requires_grad=False) for t in (weight, bias))
    return layer


def after_norm(*layers: Sequence) -> nn.Linear:
    """One layer, for tokens that are only `normalised`, of layers (norm, weight[, bias]) that follow a norm each."""
    weights = [weight * norm.weight for norm, weight, *_ in layers]
    biases = [weight @ norm.bias + sum(bias) for norm, weight, *bias in layers]
    return linear(torch.cat(weights), torch.cat(biases))


def normalised(x: torch.Tensor) -> torch.Tensor:
    """LayerNorm without scale and shift."""
    return functional.layer_norm(x, x.shape[-1:])


def parts(x: torch.Tensor, *sizes: int, axis: int = -1) -> List[torch.Tensor]:
    """As `split`, whose operator of set 18 has no way back to 17."""
    ends = list(itertools.accumulate(sizes))
    return [x.narrow(axis, end - size, size) for end, size in zip(ends, sizes)]


def gelu(x: torch.Tensor) -> torch.Tensor:
    """In the order of operations that ONNX Runtime makes one of."""
    return x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))


class Gelu(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return gelu(x)


def with_gelu(network: nn.Module) -> nn.Module:
    """A copy of a network whose GELUs are written so."""
    network = copy.deepcopy(network)
    for parent in list(network.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, nn.GELU):
                parent.add_module(name, Gelu())
    return network
