"""How large people are: stature, and the lengths of the skeleton's parts as shares of it.

One definition of the 17 joints for everybody; docs/interfaces.md shows it in a picture.

Statures of adults after NCD-RisC (eLife 2016;5:e13410), western Europe and North America; sitting height, and with it
legs against trunk, 52 % of stature with a deviation of 1.4 % (NHANES III, McDowell et al. 2008). Limbs after the joint
centres of de Leva (J. Biomech. 1996;29:1223-1230) and the segments of Drillis and Contini (1966). A hip is where
people mark it, half way between the hip joint's centre (Harrington et al., J. Biomech. 2007;40:595-602) and the
greater trochanter; a shoulder lies half way between the humeral head and the acromion.
"""

from typing import NamedTuple

import torch

from .draw import Draw
from .skeleton import MIRRORED

# Length of the bone that ends in each joint, as a share of stature. Spine and thorax: see `bodies`.
TRUNK, HALF_SHOULDERS = 0.285, 0.105
SHARE = torch.tensor([0, 0.070, 0.255, 0.247, 0.070, 0.255, 0.247, TRUNK / 2, TRUNK / 2, 0.065, 0.065,
                      HALF_SHOULDERS, 0.165, 0.145, HALF_SHOULDERS, 0.165, 0.145])
# What is left of each bone's deviation when stature and the proportions below are known.
SPREAD = torch.tensor([0, 0.11, 0.03, 0.035, 0.11, 0.03, 0.035, 0.02, 0.02, 0.10, 0.10,
                       0.08, 0.035, 0.04, 0.08, 0.035, 0.04])
LEGS, ARMS, TRUNK_AND_HEAD = [2, 3, 5, 6], [12, 13, 15, 16], [7, 8, 9, 10]
HIP_BONES, SHOULDER_BONES = [1, 4], [11, 14]

MEAN_STATURE_M = 1.70
WOMEN_M, MEN_M = (1.64, 0.068), (1.77, 0.074)
CHILD_CHANCE, CHILDREN_M = 0.05, (1.1, 1.5)
LEG_SPREAD, ARM_SPREAD = 0.028, 0.03
LEG_AGAINST_TRUNK = -1.2          # longer legs leave less of the same stature to the trunk
WOMENS_HIPS, WOMENS_SHOULDERS = 1.05, 0.965
CHILDS_HEAD, CHILDS_LEGS = 1.30, 0.93  # at 1.1 m
# The middle of the shoulders against the thorax, and the spine against the middle of the trunk, shares of stature.
SHOULDERS_UP, SHOULDERS_UP_SPREAD = 0.005, 0.012
SPINE_SPREAD = 0.012
HEAD_TILT_SPREAD_RAD = 0.14       # how people hold neck and head, and where a nose is


class Body(NamedTuple):
    """Sizes of people, (B, ...)."""

    stature_m: torch.Tensor        # (B,)
    length_m: torch.Tensor         # (B, 17) of the bone that ends in each joint; the root's is 0
    shoulders_up_m: torch.Tensor   # (B,) middle of the shoulders above the thorax
    spine_off_m: torch.Tensor      # (B, 2) of the spine, up and forward, from the middle of the trunk
    head_tilt_rad: torch.Tensor    # (B, 2) neck and head, forward of what is usual

    @staticmethod
    def mean(people: int = 1, stature_m: float = MEAN_STATURE_M) -> "Body":
        """The body on which recordings are kept."""
        stature = torch.full((people,), stature_m)
        return Body(stature, stature[:, None] * SHARE, stature * SHOULDERS_UP, torch.zeros(people, 2),
                    torch.zeros(people, 2))

    @staticmethod
    def draw(people: int, draw: Draw) -> "Body":
        """Women, men and a few children, with the proportions of each."""
        woman, child = draw.chance(0.5, people), draw.chance(CHILD_CHANCE, people)
        z = draw.normal(people)
        adult_m = torch.where(woman, WOMEN_M[0] + WOMEN_M[1] * z, MEN_M[0] + MEN_M[1] * z)
        stature = torch.where(child, draw.uniform(*CHILDREN_M, people), adult_m)
        return Body.of(stature, (woman & ~child).to(stature), draw.normal(people).clamp(-2.5, 2.5) * LEG_SPREAD,
                       draw.normal(people).clamp(-2.5, 2.5) * ARM_SPREAD,
                       draw.normal(people, 17).clamp(-2.5, 2.5), draw.normal(people, 5).clamp(-2.5, 2.5))

    @staticmethod
    def of(stature_m: torch.Tensor, woman: torch.Tensor, legs: torch.Tensor, arms: torch.Tensor,
           bones: torch.Tensor, carriage: torch.Tensor) -> "Body":
        """From stature (B,); 1 for a woman (B,); legs and arms longer by these shares (B,); and how many deviations
        each bone (B, 17), and shoulders, spine (2), neck and head (B, 5), are off the mean."""
        dev = stature_m.device
        young = ((CHILDREN_M[1] - stature_m) / (CHILDREN_M[1] - CHILDREN_M[0])).clamp(0, 1)
        factor = 1 + SPREAD.to(dev) * (bones + bones[:, list(MIRRORED)]) / (2 ** 0.5)
        factor[:, LEGS] *= ((1 + legs) * (1 - (1 - CHILDS_LEGS) * young))[:, None]
        factor[:, ARMS] *= (1 + arms)[:, None]
        factor[:, TRUNK_AND_HEAD] *= (1 + LEG_AGAINST_TRUNK * legs)[:, None]
        factor[:, [9, 10]] *= (1 + (CHILDS_HEAD - 1) * young)[:, None]
        factor[:, HIP_BONES] *= (woman * WOMENS_HIPS + (1 - woman) * (2 - WOMENS_HIPS))[:, None]
        factor[:, SHOULDER_BONES] *= (woman * WOMENS_SHOULDERS + (1 - woman) * (2 - WOMENS_SHOULDERS))[:, None]
        return Body(stature_m, stature_m[:, None] * SHARE.to(dev) * factor,
                    stature_m * (SHOULDERS_UP + SHOULDERS_UP_SPREAD * carriage[:, 0]),
                    stature_m[:, None] * SPINE_SPREAD * carriage[:, 1:3], HEAD_TILT_SPREAD_RAD * carriage[:, 3:5])
