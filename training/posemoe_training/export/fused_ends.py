"""Where the fused step begins, where its streams mix and where it ends (fused.py)."""

from typing import Tuple

import torch
from torch import nn

from ..network import PoseMoE, Router
from ..orientation import OrientationHead, as_said
from ..readout import TYPICAL_SIZE_M
from ..skeleton import JOINTS
from .fused_layers import after_norm, gelu, linear, normalised, parts, with_gelu


class Tokens(nn.Module):
    """Keypoints, view and measured depths to the tokens of pose and of depth, (17 * P, C) each; P counts all frames of
    all people.

    A depth that is measured adds to the prior what leads from it to the measurement; one that is not is 0 and adds 0.
    """

    def __init__(self, network: PoseMoE):
        super().__init__()
        first, _, second = network.view_embed
        self.embed = linear(network.embed.weight, network.embed.bias)
        self.view_first, self.view_second = linear(first.weight, first.bias), linear(second.weight, second.bias)
        self.register_buffer("place", network.joint_place.detach()[:, None].clone())
        prior = network.depth_prior.detach()[:, None].clone()
        weight, bias = network.depth_embed.weight.detach(), network.depth_embed.bias.detach()
        self.register_buffer("prior", prior)
        self.register_buffer("from_prior", torch.cat([weight.T.expand(len(JOINTS), -1, -1), bias - prior], 1))

    def forward(self, keypoints: torch.Tensor, view: torch.Tensor,
                depth: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        """`keypoints` and `depth` (17, P, 3), view (P, 3)."""
        seen = (keypoints[..., 2:] > 0).to(keypoints.dtype)
        seen_at = self.embed(torch.cat([keypoints, seen], -1).reshape(-1, 4))
        place = self.place + self.view_second(gelu(self.view_first(view)))
        pose = seen_at.reshape(len(JOINTS), -1, seen_at.shape[-1]) + place
        with torch.autocast("cpu", enabled=False):  # metres, which half precision would round
            start = self.prior + depth @ self.from_prior
        return pose.reshape(seen_at.shape), (pose + start).reshape(seen_at.shape)


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
    """Joints in metres and sigmas; the size's mean over joints is taken of numbers, not of tokens. Then what is said of
    segments, where there is a head for them."""

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
        self.segments = None if network.orientation is None else FusedOrientation(network.orientation)

    def forward(self, pose: torch.Tensor, depth: torch.Tensor, keypoints: torch.Tensor,
                view: torch.Tensor) -> Tuple[torch.Tensor, ...]:
        """Streams and keypoints (17, P, 3) to joints (P, 17, 3) and sigmas (P, 17), and segments (P, S, 7)."""
        correct, pose_size = parts(self.of_pose(normalised(pose)).reshape(len(JOINTS), -1, 3), 2, 1)
        zeta, depth_size = parts(self.of_depth(normalised(depth)).reshape(len(JOINTS), -1, 2), 1, 1)
        zeta = zeta - zeta[:1]
        size_m = TYPICAL_SIZE_M * (pose_size + depth_size).mean(0, keepdim=True).clamp(-2, 2).exp()
        place = (keypoints[..., :2] + correct) * (1 + view[:, 2:3].exp() * zeta)
        found = torch.cat([place, zeta], -1)
        both = normalised(torch.cat([pose, depth], -1))
        log_sigma = self.sigma_last(gelu(self.sigma_first(both)))
        joints_m = (size_m * (found - found[:1])).transpose(0, 1)
        answer = joints_m, log_sigma.reshape(len(JOINTS), -1).T.clamp(-6, 1).exp()
        return answer if self.segments is None else (*answer, self.segments(both, joints_m))


class FusedOrientation(nn.Module):
    def __init__(self, head: OrientationHead):
        super().__init__()
        self.of_joint = after_norm((head.norm, head.of_joint.weight, head.of_joint.bias))
        self.head = with_gelu(head)

    def forward(self, both: torch.Tensor, joints_m: torch.Tensor) -> torch.Tensor:
        """Normalised streams (17 * P, 2 C) and joints (P, 17, 3) to what is said of segments (P, S, 7)."""
        of_joint = self.of_joint(both)
        of_joint = of_joint.reshape(len(JOINTS), -1, of_joint.shape[-1]).transpose(0, 1).flatten(1)
        return as_said(*self.head.from_joints(of_joint, joints_m.flatten(1)))
