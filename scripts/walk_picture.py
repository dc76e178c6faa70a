"""The picture of the walk report: what went in, what came out, and where the person really was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Dict, List, NamedTuple, Optional, Sequence, Tuple

import matplotlib

matplotlib.use("Agg")  # no display on a robot or in CI

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.patches import Circle, Polygon, Rectangle  # noqa: E402

from average_pose import mid_hip_m  # noqa: E402
from walk_data import COCO, COCO_LIMBS, Camera, Walk  # noqa: E402

if TYPE_CHECKING:
    from walk_report import Errors

LEFT, RIGHT, CENTRE = "#1f77b4", "#e4572e", "#3a3f4b"
REFERENCE, QUIET, PAPER, PANEL = "#b4b8c0", "#7c828d", "#ffffff", "#f6f7f9"
CAMERA_COLOURS = ("#0b8a7a", "#7b4fb5", "#b8860b", "#c2185b")

LIMB_BONES = [
    (side + a, side + b)
    for side in ("left_", "right_")
    for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
]
TRUNK_2D = [
    ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"), ("left_shoulder", "left_hip"),
    ("right_shoulder", "right_hip"), ("nose", "left_eye"), ("nose", "right_eye"),
    ("left_eye", "left_ear"), ("right_eye", "right_ear"),
]  # fmt: skip
TRUNK_3D = [
    ("pelvis", "right_hip"), ("pelvis", "left_hip"), ("pelvis", "spine"), ("spine", "thorax"),
    ("thorax", "nose"), ("thorax", "left_shoulder"), ("thorax", "right_shoulder"),
]  # fmt: skip
REFERENCE_TRUNK = TRUNK_2D[:4]

TORSO = ("left_shoulder", "right_shoulder", "right_hip", "left_hip")
HEAD_RADIUS_M = 0.085

HALF_WIDTH_M, BELOW_M, ABOVE_M = 0.67, 1.0, 0.9  # what a 3D panel shows around the mid-hip
MOMENT_SHARES = (0.12, 0.38, 0.63, 0.88)  # of the walk, one for each of four pictures


class Moment(NamedTuple):
    """One frame of one camera that is drawn."""

    walk: Walk
    frame: int
    mpjpe_m: float
    root_error_m: float


def colour_of(a: str, b: str) -> str:
    """Left blue, right orange, everything that touches the middle dark."""
    for side, colour in (("left_", LEFT), ("right_", RIGHT)):
        if a.startswith(side) and b.startswith(side):
            return colour
    return CENTRE


def choose_moments(walks: Sequence[Walk], errors: Sequence["Errors"]) -> List[Moment]:
    """Frames spread over cameras and time; the nearest one with a pose each time."""
    moments: List[Moment] = []
    for n, share in enumerate(MOMENT_SHARES):
        walk, error = walks[n % len(walks)], errors[n % len(walks)]
        posed = np.flatnonzero(walk.posed())
        if posed.size:
            row = int(np.abs(posed - share * (len(walk.poses) - 1)).argmin())
            moments.append(Moment(walk, int(posed[row]), float(error.mpjpe_m[row]), float(error.root_m[row])))
    return moments


def bones(axes: Axes, at: Dict[str, np.ndarray], pairs: Sequence[Tuple[str, str]], width: float,
          colour: Optional[str] = None, zorder: int = 3) -> None:  # fmt: skip
    """Draw lines between named 2D points; points that are NaN leave a gap."""
    for a, b in pairs:
        xs, ys = zip(at[a], at[b])
        axes.plot(xs, ys, color=colour or colour_of(a, b), lw=width, solid_capstyle="round", zorder=zorder)


def bare(axes: Axes, title: str = "") -> None:
    """No ticks, no frame: a panel of paper with a small title."""
    axes.set(xticks=[], yticks=[], facecolor=PANEL)
    axes.set_title(title, fontsize=9.5, color=QUIET, pad=4)
    for spine in axes.spines.values():
        spine.set_visible(False)


def body(axes: Axes, at: Dict[str, np.ndarray], head: np.ndarray, colour: str, zorder: int) -> None:
    """A head and a tinted torso, which make a person out of sticks."""
    axes.add_patch(Circle(tuple(head), HEAD_RADIUS_M, fc=PANEL, ec=colour, lw=1.6, zorder=zorder))
    axes.add_patch(Polygon([at[name] for name in TORSO], fc=colour, alpha=0.13, lw=0, zorder=zorder))


def draw_image(axes: Axes, moment: Moment) -> None:
    """The input: keypoints in the image frame, pixels, y down."""
    camera = moment.walk.camera
    at = dict(zip(COCO, moment.walk.keypoints_px[moment.frame]))
    bare(axes, "in: 2D keypoints")
    bones(axes, at, TRUNK_2D, 1.3)
    bones(axes, at, LIMB_BONES, 1.8)
    points = np.array(list(at.values()))
    axes.scatter(points[:, 0], points[:, 1], s=5, color=CENTRE, zorder=4, lw=0)
    axes.set(xlim=(0, camera.width_px), ylim=(camera.height_px, 0), aspect="equal")
    axes.add_patch(
        Rectangle((0, 0), camera.width_px, camera.height_px, fill=False, ec=REFERENCE, lw=1.2, clip_on=False)
    )
    axes.text(25, camera.height_px - 30, "{} × {} px".format(camera.width_px, camera.height_px),
              fontsize=8, color=QUIET)  # fmt: skip


def level_axes(camera: Camera) -> Tuple[np.ndarray, np.ndarray]:
    """World directions to the right of the camera and away from it, both horizontal.

    The cameras look down by about 20 degrees; levelled views show the person upright.
    """
    away = camera.rotation[2] * [1, 1, 0]
    away = away / np.linalg.norm(away)
    return np.array([away[1], -away[0], 0.0]), away


def seen_along(points_m: np.ndarray, horizontal: np.ndarray) -> np.ndarray:
    """World points (..., 3) in an upright view whose x axis is `horizontal` and y axis is up."""
    return np.stack([points_m @ horizontal, points_m[..., 2]], -1)


def draw_view(axes: Axes, moment: Moment, horizontal: np.ndarray, title: str) -> None:
    """The output over the reference, both with the mid-hip in the middle."""
    walk, frame = moment.walk, moment.frame
    pose = walk.poses[frame]
    assert pose is not None
    reference = walk.reference_world_m[frame]
    reference_at = dict(zip(COCO, seen_along(reference - mid_hip_m(reference[None, COCO_LIMBS])[0], horizontal)))
    root = mid_hip_m(walk.limbs_m[frame][None])[0]
    world = {n: walk.camera.to_world_m(j) - walk.camera.to_world_m(root) for n, j in pose.joints_m.items()}
    at = {name: seen_along(point, horizontal) for name, point in world.items()}

    bare(axes, title)
    # Ankles are about 9 cm above the sole.
    floor_m = reference_at["left_ankle"][1] + reference_at["right_ankle"][1]
    axes.axhline(floor_m / 2 - 0.09, color="#dfe2e7", lw=1.5, zorder=1)
    body(axes, reference_at, (reference_at["left_ear"] + reference_at["right_ear"]) / 2, REFERENCE, 1)
    bones(axes, reference_at, REFERENCE_TRUNK + LIMB_BONES, 3.8, REFERENCE, 2)
    body(axes, at, (at["nose"] + at["head"]) / 2, CENTRE, 3)
    bones(axes, at, TRUNK_3D, 1.5)
    bones(axes, at, LIMB_BONES, 2.3)
    points = np.array([point for name, point in at.items() if name not in ("nose", "head")])
    axes.scatter(points[:, 0], points[:, 1], s=5, color=CENTRE, zorder=4, lw=0)
    axes.set(xlim=(-HALF_WIDTH_M, HALF_WIDTH_M), ylim=(-BELOW_M, ABOVE_M), aspect="equal")


def scale_bar(axes: Axes) -> None:
    """Half a metre, so that the panels need no ticks."""
    x, y = HALF_WIDTH_M - 0.55, -BELOW_M + 0.05
    axes.plot([x, x + 0.5], [y, y], color=QUIET, lw=1.2, zorder=5, solid_capstyle="butt")
    axes.text(x + 0.25, y + 0.02, "0.5 m", fontsize=8, color=QUIET, ha="center", va="bottom")


def from_above(points_m: np.ndarray) -> np.ndarray:
    """World points from above: x up the paper, y to the left, which is not mirrored."""
    return np.stack([-points_m[..., 1], points_m[..., 0]], -1)


def draw_paths(axes: Axes, walks: Sequence[Walk]) -> None:
    """Where posemoe put the mid-hip, one line for each camera, over where it was."""
    reference = from_above(mid_hip_m(walks[0].reference_world_m[:, COCO_LIMBS]))
    axes.plot(*reference.T, color=REFERENCE, lw=4, solid_capstyle="round", zorder=2)
    for walk, colour in zip(walks, CAMERA_COLOURS):
        path = from_above(walk.camera.to_world_m(mid_hip_m(walk.limbs_m)))
        axes.plot(*path.T, color=colour, lw=1.3, zorder=3)
    axes.set_aspect("equal", adjustable="datalim")


def draw_cameras(axes: Axes, walks: Sequence[Walk]) -> None:
    """The four cameras around the path."""
    for walk, colour in zip(walks, CAMERA_COLOURS):
        right, away = level_axes(walk.camera)
        centre = walk.camera.centre_m()
        corners = [centre, centre + 0.5 * away - 0.2 * right, centre + 0.5 * away + 0.2 * right]
        axes.fill(*from_above(np.array(corners)).T, color=colour, alpha=0.85, lw=0, zorder=4)
        x, y = from_above(centre - 0.25 * away)
        axes.text(x, y, walk.camera.name, fontsize=9, color=colour, ha="center", va="center")


def draw_from_above(top: Axes, bottom: Axes, walks: Sequence[Walk], median_root_m: float) -> None:
    """Two plans of the room: all of it, and the walk close up."""
    bare(top, "from above")
    draw_paths(top, walks)
    draw_cameras(top, walks)
    top.margins(0.12)
    bare(bottom, "root close up, median error {:.0f} cm".format(median_root_m * 100))
    draw_paths(bottom, walks)
    bottom.margins(0.12)
    for axes, length_m in ((top, 1.0), (bottom, 0.25)):
        low, high = axes.get_xlim()[0], axes.get_ylim()[0]
        span_m = axes.get_ylim()[1] - high
        x, y = low + 0.05 * span_m, high + 0.04 * span_m
        axes.plot([x, x + length_m], [y, y], color=QUIET, lw=1.2, solid_capstyle="butt")
        axes.text(x + length_m / 2, y + 0.01 * span_m, "{:g} m".format(length_m), fontsize=8, color=QUIET,
                  ha="center", va="bottom")  # fmt: skip


def draw_legend(figure: plt.Figure) -> None:
    """One line of keys under everything."""
    keys = [("left", LEFT, 2.4), ("right", RIGHT, 2.4), ("middle", CENTRE, 2.4),
            ("reference from four cameras", REFERENCE, 4.0)]  # fmt: skip
    handles = [Line2D([], [], color=colour, lw=width, label=label) for label, colour, width in keys]
    figure.legend(handles=handles, loc="lower center", ncol=len(keys), frameon=False, fontsize=10.5,
                  labelcolor=CENTRE, handlelength=1.6, bbox_to_anchor=(0.5, 0.0))  # fmt: skip


def draw(walks: Sequence[Walk], errors: Sequence["Errors"], rate_hz: float, path: Path) -> None:
    """Write the picture; nothing is drawn for a camera without any pose."""
    moments = choose_moments(walks, errors)
    figure = plt.figure(figsize=(16, 7.85), dpi=100, facecolor=PAPER)
    outer = figure.add_gridspec(2, 3, width_ratios=(1, 1, 0.5), left=0.012, right=0.988, top=0.93,
                                bottom=0.055, wspace=0.05, hspace=0.18)  # fmt: skip
    for n, moment in enumerate(moments):
        inner = outer[n // 2, n % 2].subgridspec(1, 3, width_ratios=(0.8, 1, 1), wspace=0.03)
        image, front, side = (figure.add_subplot(inner[0, i]) for i in range(3))
        right, away = level_axes(moment.walk.camera)
        draw_image(image, moment)
        draw_view(front, moment, right, "out: from the camera")
        draw_view(side, moment, away, "out: from the side")
        scale_bar(side)
        box = inner[0, 0].get_position(figure)
        colour = CAMERA_COLOURS[[w is moment.walk for w in walks].index(True) % len(CAMERA_COLOURS)]
        title_y = box.y1 + 0.032
        figure.text(box.x0, title_y, moment.walk.camera.name, fontsize=12, color=colour, weight="bold")
        figure.text(box.x0 + 0.042, title_y, "at {:.2f} s".format(moment.frame / rate_hz), fontsize=11, color=CENTRE)
        figure.text(inner[0, 2].get_position(figure).x1, title_y,
                    "MPJPE {:.0f} mm, root {:.0f} cm off".format(moment.mpjpe_m * 1000, moment.root_error_m * 100),
                    fontsize=11, color=CENTRE, ha="right")  # fmt: skip
    if moments:
        median_root_m = float(np.median(np.concatenate([e.root_m for e in errors])))
        top, bottom = figure.add_subplot(outer[0, 2]), figure.add_subplot(outer[1, 2])
        draw_from_above(top, bottom, walks, median_root_m)
    draw_legend(figure)
    # A fixed creator: the same numbers give the same file.
    figure.savefig(str(path), metadata={"Software": None})
    plt.close(figure)
