"""Where it fails: the worst held-out people, what was seen of them and what was made of it."""

from pathlib import Path
from typing import Any, List

import torch
from matplotlib import pyplot as plt

from .. import metrics
from ..data import Motion
from ..skeleton import PARENTS
from .held_out import Outcome, outcome
from .pictures import BLUE, ORANGE, STYLE
from .stream import Lift

CASES = 4
RIGHT_SIDE = (1, 2, 3, 14, 15, 16)


def worst(of: Outcome, cases: int) -> List[int]:
    """People with the largest MPJPE, the worst first; one for each family of motion, so that they differ."""
    chosen: List[int] = []
    families = set()
    for person in metrics.mpjpe(of.joints_m, of.true_m).argsort(descending=True).tolist():
        family = int(of.action[person])
        if len(chosen) < cases and family not in families:
            chosen.append(person)
            families.add(family)
    return chosen


def draw_failures(lift: Lift, motion: Motion, folder: Path, people: int = 2048) -> Path:
    """Writes failures.png: a row for each case, with its input, the view of the camera and that from the side."""
    of = outcome(lift, motion, people)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "failures.png"
    with plt.rc_context(STYLE):
        chosen = worst(of, CASES)
        figure, axes = plt.subplots(len(chosen), 3, figsize=(8, 2.9 * len(chosen)), layout="constrained", squeeze=False)
        for row, person in zip(axes, chosen):
            _case(row, of, person, motion.actions[int(of.action[person])])
        figure.legend(*axes[0, 1].get_legend_handles_labels(), loc="outside upper center", ncols=2,
                      title="filled: the person's right side; all from the newest frame")
        figure.savefig(path, dpi=85, metadata={"Software": None})
        plt.close(figure)
    return path


def _case(row: Any, of: Outcome, person: int, action: str) -> None:
    seen, found, true = of.keypoints[person], of.joints_m[person], of.true_m[person]
    there, everywhere = seen[:, 2] > 0, torch.ones(17, dtype=torch.bool)
    turn_deg = metrics.turn_error(found, true).rad2deg().item()
    _bones(row[0], seen[:, :2], there, "black", "-", "seen")
    _frame(row[0], seen[:, :2].abs().max(), "x (apparent sizes)", "y (apparent sizes)")
    row[0].set_title(f"{action}: input, {17 - int(there.sum())} of 17 joints not seen", fontsize=8)
    for panel, across, label in ((row[1], 0, "x (m)"), (row[2], 2, "depth z (m)")):
        _bones(panel, true[:, [across, 1]], everywhere, BLUE, "-", "truth")
        _bones(panel, found[:, [across, 1]], everywhere, ORANGE, "--", "output")
        _frame(panel, torch.maximum(true.abs().max(), found.abs().max()), label, "y (m)")
    row[1].set_title(f"as the camera sees it: error {1000 * metrics.mpjpe(found, true):.0f} mm", fontsize=8)
    row[2].set_title(f"from the side: turned {turn_deg:.0f}° wrong", fontsize=8)


def _frame(panel: Any, most: torch.Tensor, x_label: str, y_label: str) -> None:
    """A square about the root, with y downwards as in the image."""
    reach = 1.1 * most.item()
    panel.set(xlim=(-reach, reach), ylim=(reach, -reach), xlabel=x_label, ylabel=y_label, box_aspect=1)


def _bones(panel: Any, points: torch.Tensor, there: torch.Tensor, colour: str, style: str, label: str) -> None:
    """Joints that are there, and bones of which both ends are; the right side is filled."""
    for joint, parent in enumerate(PARENTS):
        if parent >= 0 and there[joint] and there[parent]:
            panel.plot(*points[[parent, joint]].T.tolist(), style, color=colour, linewidth=1.3)
    panel.plot(*points[there].T.tolist(), "o" + style, linewidth=0, color=colour, markerfacecolor="white",
               markersize=4, label=label)
    right = [joint for joint in RIGHT_SIDE if there[joint]]
    panel.plot(*points[right].T.tolist(), "o", color=colour, markersize=4)
