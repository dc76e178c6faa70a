#!/usr/bin/env python3
"""How good are the poses in the output bags of `posemoe replay` on the four walk bags?

Compares /posemoe/people3d with the pose triangulated from all four cameras, and with what a
constant average pose would score. Prints a table; can write it as JSON and as a picture.

    walk_report.py out/walk_cam0*.mcap --json out/walk.json --picture out/walk.png
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

import metrics
from average_pose import average_pose_m, helped_pose_m, mid_hip_m
from ros_schemas import REPOSITORY
from walk_data import COCO_LIMBS, Walk, read_walks

DATA = REPOSITORY / "tests" / "data"
DEFAULT_INPUTS = [DATA / "walk_cam0{}.mcap".format(n) for n in (1, 2, 3, 4)]
DEFAULT_MOCAP = REPOSITORY / "training" / "data" / "cmu.npz"


@dataclass
class Errors:
    """All errors of one camera or of several, one row for each posed frame, NaN where undefined."""

    frames_in: int
    frames_posed: int
    mpjpe_m: np.ndarray
    p_mpjpe_m: np.ndarray
    constant_mpjpe_m: np.ndarray
    constant_p_mpjpe_m: np.ndarray
    root_m: np.ndarray
    within_1_sigma: np.ndarray
    within_2_sigma: np.ndarray
    acceleration_error_m_s2: np.ndarray
    steady_acceleration_error_m_s2: np.ndarray
    acceleration_m_s2: np.ndarray
    reference_acceleration_m_s2: np.ndarray


def measure(walk: Walk, average_m: np.ndarray, rate_hz: float) -> Errors:
    """Compare the output of one camera with the reference, in that camera's frame."""
    posed = walk.posed()
    reference_world = walk.reference_world_m[:, COCO_LIMBS]
    reference = walk.camera.from_world_m(reference_world)
    reference_root, root = mid_hip_m(reference), mid_hip_m(walk.limbs_m)
    relative = metrics.root_relative_m(walk.limbs_m, root)
    reference_relative = metrics.root_relative_m(reference, reference_root)
    error = metrics.joint_error_m(relative, reference_relative)[posed]
    aligned = metrics.procrustes_aligned_m(relative[posed], reference_relative[posed])
    acceleration = metrics.acceleration_m_s2(relative, rate_hz)
    reference_acceleration = metrics.acceleration_m_s2(reference_relative, rate_hz)
    steady_acceleration = metrics.acceleration_m_s2(metrics.steadied_m(reference_relative, rate_hz), rate_hz)

    constant = helped_pose_m(average_m, reference_world, walk.camera.rotation)
    constant = np.broadcast_to(constant, relative.shape)[posed]
    constant_aligned = metrics.procrustes_aligned_m(constant, reference_relative[posed])

    return Errors(
        frames_in=len(posed),
        frames_posed=int(posed.sum()),
        mpjpe_m=error.mean(1),
        p_mpjpe_m=metrics.joint_error_m(aligned, reference_relative[posed]).mean(1),
        constant_mpjpe_m=metrics.joint_error_m(constant, reference_relative[posed]).mean(1),
        constant_p_mpjpe_m=metrics.joint_error_m(constant_aligned, reference_relative[posed]).mean(1),
        root_m=np.linalg.norm(root - reference_root, axis=-1)[posed],
        # The message gives the sigma of the position relative to the root, so does the error.
        within_1_sigma=metrics.within_sigmas(error, walk.sigma_m[posed], 1.0),
        within_2_sigma=metrics.within_sigmas(error, walk.sigma_m[posed], 2.0),
        acceleration_error_m_s2=metrics.joint_error_m(acceleration, reference_acceleration),
        steady_acceleration_error_m_s2=metrics.joint_error_m(acceleration, steady_acceleration),
        acceleration_m_s2=np.linalg.norm(acceleration, axis=-1),
        # The reference is triangulated frame by frame and jitters: its own size says how much of the acceleration
        # error is its fault, and the error against the steadied reference how much is ours.
        reference_acceleration_m_s2=np.linalg.norm(reference_acceleration, axis=-1),
    )


def together(parts: Sequence[Errors]) -> Errors:
    """The errors of all cameras as one: every frame counts the same."""
    joined: Dict[str, Any] = {}
    for field in fields(Errors):
        values = [getattr(part, field.name) for part in parts]
        joined[field.name] = sum(values) if field.name.startswith("frames_") else np.concatenate(values)
    return Errors(**joined)


def summary(errors: Errors) -> Dict[str, Optional[float]]:
    """The numbers of the report; None where there was nothing to measure."""

    def mean(values: np.ndarray, factor: float = 1.0) -> Optional[float]:
        value = metrics.mean_or_none(values)
        return None if value is None else round(value * factor, 4)

    return {
        "frames_in": errors.frames_in,
        "frames_posed": errors.frames_posed,
        "mpjpe_mm": mean(errors.mpjpe_m, 1000),
        "p_mpjpe_mm": mean(errors.p_mpjpe_m, 1000),
        "constant_mpjpe_mm": mean(errors.constant_mpjpe_m, 1000),
        "constant_p_mpjpe_mm": mean(errors.constant_p_mpjpe_m, 1000),
        "root_error_m": mean(errors.root_m),
        "within_1_sigma": mean(errors.within_1_sigma),
        "within_2_sigma": mean(errors.within_2_sigma),
        "acceleration_error_m_s2": mean(errors.acceleration_error_m_s2),
        "steady_acceleration_error_m_s2": mean(errors.steady_acceleration_error_m_s2),
        "acceleration_m_s2": mean(errors.acceleration_m_s2),
        "reference_acceleration_m_s2": mean(errors.reference_acceleration_m_s2),
    }


def number(value: Optional[float], digits: int) -> str:
    """A number for the table; a dash where there is none."""
    return "-" if value is None else "{:.{}f}".format(value, digits)


def table(rows: Dict[str, Dict[str, Optional[float]]]) -> str:
    """The report as text."""
    heads = [
        ("", "camera"), ("frames", "posed/in"), ("MPJPE", "mm"), ("constant", "mm"), ("P-MPJPE", "mm"),
        ("constant", "mm"), ("root", "m"), ("within", "1 sigma"), ("within", "2 sigma"), ("accel.err", "m/s2"), ("steadied", "m/s2"),
    ]  # fmt: skip
    columns = [
        ("mpjpe_mm", 1), ("constant_mpjpe_mm", 1), ("p_mpjpe_mm", 1), ("constant_p_mpjpe_mm", 1),
        ("root_error_m", 3), ("within_1_sigma", 2), ("within_2_sigma", 2), ("acceleration_error_m_s2", 1), ("steady_acceleration_error_m_s2", 1),
    ]  # fmt: skip
    lines = [[h[0] for h in heads], [h[1] for h in heads]]
    for name, row in rows.items():
        posed = "{}/{}".format(row["frames_posed"], row["frames_in"])
        lines.append([name, posed] + [number(row[key], digits) for key, digits in columns])
    text = ["  ".join("{:>9}".format(cell) for cell in line) for line in lines]
    return "\n".join(text[:2] + ["-" * len(text[0])] + text[2:])


LEGEND = """\
12 limb joints against the pose triangulated from four views (itself good to about 20 mm); root = mid-hip.
constant: the average CMU pose; for MPJPE it is told the true mean facing and upright, which a lifter is not.
within: the share of joints no further off than 1 or 2 of their own sigma.
accel.err: of root-relative joints; the reference is triangulated frame by frame and itself jitters (by 60 m/s2).
steadied: against the reference without what is faster than 6 Hz, as is usual for gait."""


def parse_arguments(arguments: Optional[Sequence[str]]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("outputs", type=Path, nargs="+", help="output bags of posemoe replay, any order")
    parser.add_argument("--inputs", type=Path, nargs="+", default=DEFAULT_INPUTS, help="the bags replayed")
    parser.add_argument("--calibration", type=Path, default=DATA / "walk" / "walk_calibration.json")
    parser.add_argument("--reference", type=Path, default=DATA / "walk" / "walk_reference.json")
    parser.add_argument("--mocap", type=Path, default=DEFAULT_MOCAP, help="for the average pose [%(default)s]")
    parser.add_argument("--json", type=Path, help="write the numbers here")
    parser.add_argument("--picture", type=Path, help="write a picture (PNG) here")
    return parser.parse_args(arguments)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    args = parse_arguments(arguments)
    try:
        walks, rate_hz = read_walks(args.outputs, args.inputs, args.calibration, args.reference)
        average_m = average_pose_m(args.mocap)
    except (OSError, ValueError, KeyError) as error:
        print("walk_report: {}".format(error), file=sys.stderr)
        return 1
    parts: List[Errors] = [measure(walk, average_m, rate_hz) for walk in walks]
    rows = {walk.camera.name: summary(part) for walk, part in zip(walks, parts)}
    rows["all"] = summary(together(parts))
    print(table(rows))
    print(LEGEND)
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    if args.picture:
        from walk_picture import draw  # here: matplotlib takes a second to load

        draw(walks, parts, rate_hz, args.picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
