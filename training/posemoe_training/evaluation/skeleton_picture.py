"""A picture of the 17 joints on the mean body, from in front and from the left, and where detectors mark others."""

import math
from pathlib import Path
from typing import Any

import torch
from matplotlib import pyplot as plt

from ..anthropometry import Body
from ..bodies import HEAD_TILT_RAD, LIMB_BONES, NECK_TILT_RAD
from ..skeleton import JOINTS, MIRRORED, PARENTS
from .pictures import BLUE, GREY, ORANGE, STYLE, _saved

ANKLE_M = 0.07  # above the floor
ARM_OUT_RAD, LEG_OUT_RAD = 0.35, 0.06


def standing() -> torch.Tensor:
    """The mean body (17, 3) as it stands: x forward, y left, z up, metres, z = 0 the floor."""
    body = Body.mean()
    length = body.length_m[0].tolist()
    x = torch.zeros(17, 3)
    x[7, 2], x[8, 2] = length[7], length[7] + length[8]
    for joint, tilt in ((9, NECK_TILT_RAD), (10, HEAD_TILT_RAD)):
        x[joint] = x[joint - 1] + length[joint] * torch.tensor([math.sin(tilt), 0, math.cos(tilt)])
    for joint, side in ((1, -1), (4, 1)):
        x[joint, 1] = side * length[joint]
    for joint, side in ((11, 1), (14, -1)):
        x[joint] = x[8] + torch.tensor([0, side * length[joint], body.shoulders_up_m.item()])
    for start, joint in LIMB_BONES:
        out, side = (ARM_OUT_RAD if joint > 10 else LEG_OUT_RAD), math.copysign(1, x[start, 1].item())
        x[joint] = x[start] + length[joint] * torch.tensor([0, side * math.sin(out), -math.cos(out)])
    x[:, 2] += ANKLE_M - x[3, 2]
    return x


def draw_skeleton(folder: Path) -> Path:
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(1, 2, figsize=(8, 6.4), sharey=True, gridspec_kw={"width_ratios": (1.5, 0.5)})
        x = standing()
        # Seen from in front, the person's left is on the right.
        _view(axes[0], x[:, 1], x[:, 2], labels=True)
        _view(axes[1], x[:, 0], x[:, 2], labels=False)
        axes[1].set_xlim(-0.25, 0.25)
        axes[0].set(xlabel="to the person's left (m)", ylabel="above the floor (m)", title="from in front")
        axes[1].set(xlabel="forward (m)", title="from the person's right")
        figure.suptitle("The 17 joints on the mean body, stature 1.70 m")
        return _saved(figure, folder / "skeleton.png")


def _view(axes: Any, across: torch.Tensor, up: torch.Tensor, labels: bool) -> None:
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            side = "left" if JOINTS[joint].startswith("left") else "right" if JOINTS[joint].startswith("right") else ""
            colour = {"left": BLUE, "right": ORANGE}.get(side, GREY)
            axes.plot(across[[parent, joint]], up[[parent, joint]], "o-", color=colour, linewidth=3, markersize=6)
    axes.set_aspect("equal")
    axes.set_ylim(0, 1.8)
    if labels:
        axes.set_xlim(-0.75, 0.75)
        for joint, name in enumerate(JOINTS):
            right = MIRRORED[joint] != joint and name.startswith("right")
            lift = {"pelvis": 12, "thorax": -12, "right_hip": -12, "left_hip": -12}.get(name, 0)
            axes.annotate(f"{joint} {name}", (across[joint], up[joint]), xytext=(-8 if right else 8, lift),
                          textcoords="offset points", ha="right" if right else "left", va="center", fontsize=7.5)

