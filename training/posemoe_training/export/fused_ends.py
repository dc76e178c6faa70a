"""Where the fused step begins, where its streams mix, where it ends; and what all of it is built from."""

import itertools
import math
from typing import List, Sequence, Tuple

import torch
from torch import nn
from torch.nn import functional

from ..network import PoseMoE, Router
from ..readout import TYPICAL_SIZE_M
from ..skeleton import JOINTS


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
    return x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))


class Tokens(nn.Module):
    """Keypoints and view to the tokens of pose and of depth, (P * 17, C) each."""

    def __init__(self, network: PoseMoE):
        super().__init__()
        first, _, second = network.view_embed
        self.embed = linear(network.embed.weight, network.embed.bias + second.bias)
        self.view_first = linear(first.weight, first.bias)
        self.view_second = nn.Linear(second.in_features, second.out_features, bias=False)
        self.view_second.weight = nn.Parameter(second.weight.detach().clone(), requires_grad=False)
        self.register_buffer("place", network.joint_place.detach().clone())
        self.register_buffer("prior", network.depth_prior.detach().clone())

    def forward(self, keypoints: torch.Tensor, view: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        seen = (keypoints[..., 2:] > 0).to(keypoints.dtype)
        seen_at = self.embed(torch.cat([keypoints, seen], -1).reshape(-1, 4))
        place = self.place + self.view_second(gelu(self.view_first(view)))[:, None]
        pose = seen_at.reshape(-1, *self.place.shape) + place
        return pose.reshape(seen_at.shape), (pose + self.prior).reshape(seen_at.shape)


class FusedRouter(nn.Module):
    """A softmax over two is a sigmoid of their difference."""

    def __init__(self, router: Router):
        super().__init__()
        self.weigh = linear(*(t[0::2] - t[1::2] for t in (router.weigh.weight, router.weigh.bias)))

    def forward(self, pose: torch.Tensor, depth: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        to_pose, to_depth = parts(torch.sigmoid(self.weigh(torch.cat([pose, depth], -1))), 1, 1)
        apart = pose - depth
        return depth + to_pose * apart, depth + to_depth * apart


class FusedReadout(nn.Module):
    """Joints in metres and sigmas; the size's mean over joints is taken of numbers, not of tokens."""

    def __init__(self, network: PoseMoE):
        super().__init__()
        end = network.readout
        of_pose, of_depth = end.size.weight.chunk(2, -1)
        self.of_pose = after_norm((end.norm_pose, torch.cat([end.correct.weight, of_pose]),
                                   torch.cat([end.correct.bias, end.size.bias])))
        self.of_depth = after_norm((end.norm_depth, torch.cat([end.depth.weight, of_depth]),
                                    torch.cat([end.depth.bias, torch.zeros_like(end.size.bias)])))
        norm, first, _, last = network.sigma_head
        self.sigma_first = after_norm((norm, first.weight, first.bias))
        self.sigma_last = linear(last.weight, last.bias - 2.5)

    def forward(self, pose: torch.Tensor, depth: torch.Tensor, keypoints: torch.Tensor,
                view: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        joints = len(JOINTS)
        correct, pose_size = parts(self.of_pose(normalised(pose)).reshape(-1, joints, 3), 2, 1)
        zeta, depth_size = parts(self.of_depth(normalised(depth)).reshape(-1, joints, 2), 1, 1)
        zeta = zeta - zeta[:, :1]
        size_m = TYPICAL_SIZE_M * (pose_size + depth_size).mean(1, keepdim=True).clamp(-2, 2).exp()
        place = (keypoints[..., :2] + correct) * (1 + view[:, None, 2:3].exp() * zeta)
        found = torch.cat([place, zeta], -1)
        log_sigma = self.sigma_last(gelu(self.sigma_first(normalised(torch.cat([pose, depth], -1)))))
        return size_m * (found - found[:, :1]), log_sigma.reshape(-1, joints).clamp(-6, 1).exp()
