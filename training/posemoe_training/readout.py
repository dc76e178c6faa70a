"""From the two streams to metres: the pose stream corrects the 2D pose, the depth stream adds depth.

With S the person's size in metres (root mean square distance of the seen joints from the centre, as the
person-centred view measures it in the image), s that apparent size in tangents and Z = S / s the distance
of the root, a joint seen at u = s û and at relative depth S ζ lies at

    x_j = u_j (Z + S ζ_j) = S û_j (1 + s ζ_j)        z_j = S ζ_j        (then relative to the root)

û is the keypoint plus a correction, or for a joint that was not seen the correction alone.
"""

import torch
from torch import nn

TYPICAL_SIZE_M = 0.55


class Readout(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.norm_pose, self.norm_depth = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.correct = nn.Linear(channels, 2)
        self.depth = nn.Linear(channels, 1)
        self.size = nn.Linear(2 * channels, 1)

    def forward(self, pose: torch.Tensor, depth: torch.Tensor, keypoints: torch.Tensor,
                view: torch.Tensor) -> torch.Tensor:
        """Streams (P, T, 17, C) to root-relative joints (P, T, 17, 3) in the virtual camera."""
        pose, depth = self.norm_pose(pose), self.norm_depth(depth)
        place = keypoints[..., :2] + self.correct(pose)
        zeta = self.depth(depth)
        zeta = zeta - zeta[:, :, :1]
        apparent = view[:, :, None, 2:3].exp()
        size_m = TYPICAL_SIZE_M * self.size(torch.cat([pose, depth], -1).mean(2, keepdim=True)).clamp(-2, 2).exp()
        joints = torch.cat([place * (1 + apparent * zeta), zeta], -1)
        return size_m * (joints - joints[:, :, :1])
