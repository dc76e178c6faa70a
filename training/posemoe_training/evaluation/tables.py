"""The figures of an evaluation as text."""

from typing import Any, Dict, List, Sequence, Tuple

Column = Tuple[str, str, int]  # key of the figure, head with its unit, digits after the point

POSE: Sequence[Column] = (
    ("mpjpe_mm", "MPJPE mm", 1), ("p_mpjpe_mm", "P-MPJPE mm", 1), ("n_mpjpe_mm", "N-MPJPE mm", 1),
    ("image_plane_mm", "image mm", 1), ("depth_mm", "depth mm", 1), ("turn_deg", "turn deg", 1),
)
SIGMA: Sequence[Column] = (("within_1_sigma_pct", "<1 sigma %", 1), ("within_2_sigma_pct", "<2 sigma %", 1))
OVERALL = (*POSE, ("pck150_pct", "PCK150 %", 1), ("auc_pct", "AUC %", 1), *SIGMA)
SWEEP = (*POSE, *SIGMA)
WALK = (("frames", "frames", 0), *SWEEP, ("acceleration_error_m_s2", "acc.err m/s2", 1),
        ("reference_acceleration_m_s2", "ref.acc m/s2", 1))
MOVEMENT = (
    ("velocity error", "velocity_error_mm_s", "mm/s"), ("true speed", "true_speed_mm_s", "mm/s"),
    ("acceleration error", "acceleration_error_m_s2", "m/s2"),
    ("true acceleration", "true_acceleration_m_s2", "m/s2"),
    ("jitter (jerk)", "jitter_m_s3", "m/s3"), ("true jerk", "true_jitter_m_s3", "m/s3"),
)


MEMORY = (
    ("mpjpe_mm", "MPJPE mm", 1), ("p_mpjpe_mm", "P-MPJPE mm", 1), ("depth_mm", "depth mm", 1), SIGMA[0],
    ("velocity_error_mm_s", "vel.err mm/s", 1), ("acceleration_error_m_s2", "acc.err m/s2", 2),
    ("walk_mpjpe_mm", "walk MPJPE", 1), ("walk_p_mpjpe_mm", "walk P-MPJPE", 1),
    ("walk_acceleration_m_s2", "walk acc m/s2", 1),
)


def table(title: str, rows: Dict[str, Dict[str, Any]], columns: Sequence[Column]) -> str:
    """A title and one line for each named row."""
    first = max((len(name) for name in rows), default=0)
    lines = [title, " " * first + "".join(f"{head:>14}" for _, head, _ in columns)]
    for name, row in rows.items():
        lines.append(name.ljust(first) + "".join(f"{row[key]:14.{digits}f}" for key, _, digits in columns))
    return "\n".join(lines) + "\n"


def sweep(title: str, rows: List[Dict[str, Any]], key: str, columns: Sequence[Column] = SWEEP) -> str:
    """One line for each condition, named by what was varied."""
    return table(title, {f"{row[key]:g}" if key != "border" else row[key]: row for row in rows}, columns)


def named(title: str, rows: List[Dict[str, Any]], key: str, columns: Sequence[Column] = SWEEP) -> str:
    """One line for each condition, which has a name."""
    return table(title, {row[key]: row for row in rows}, columns)


def overall_table(figures: Dict[str, float]) -> str:
    return table("Held-out people, newest frame, root-relative", {"all": figures}, OVERALL)


def quick_tables(report: Dict[str, Any]) -> str:
    return "\n".join((overall_table(report["overall"]), walk_table(report["walk"])))


def full_tables(report: Dict[str, Any]) -> str:
    return "\n".join((
        overall_table(report["overall"]),
        table("By joint", report["per_joint"],
              (("error_mm", "error mm", 1), ("image_plane_mm", "image mm", 1), ("depth_mm", "depth mm", 1))),
        table("By family of motion", report["per_action"], (("people", "people", 0), *SWEEP)),
        sweep("By noise of the detector, times the usual", report["noise"], "noise"),
        sweep("By rate of the detector, Hz", report["rate"], "rate_hz"),
        sweep("By joints taken away at random", report["missing"], "missing_joints"),
        sweep("By roll of the camera, degrees to either side", report["roll"], "roll_deg"),
        sweep("Legs cut off by the image's border", report["border"], "border",
              (("upper_body_mm", "upper mm", 1), *SWEEP)),
        named("By body", report["bodies"], "body", (*SWEEP, ("n_mpjpe_pct_of_stature", "% of stature", 2))),
        named("By habits of the detector", report["detectors"], "detector"),
        named("With a depth camera 3 m away", report["depth_cameras"], "depth_camera"),
        table("In bins of like sigma: its mean, and the error within which 68 % of the joints lie",
              {str(n + 1): row for n, row in enumerate(report["sigma_reliability"])},
              (("sigma_mm", "sigma mm", 1), ("error_mm", "68 % err. mm", 1))),
        movement_table(report["movement"]),
        memory_table(report["memory"]),
        walk_table(report["walk"]),
    ))


def movement_table(figures: Dict[str, float]) -> str:
    lines = ["Movement, consecutive outputs at 30 Hz"]
    for name, key, unit in MOVEMENT:
        lines.append(f"{name:20}{figures[key]:10.1f} {unit}")
    return "\n".join(lines) + "\n"


def memory_table(rows: List[Dict[str, Any]]) -> str:
    named = {f"{row['mode']} {row['memory_frames']:>3}": row for row in rows}
    return table("By frames remembered (stream) or seen at once (window); held-out people at 30 Hz", named, MEMORY)


def walk_table(rows: Dict[str, Dict[str, float]]) -> str:
    return table("Real walk, 12 limb joints, relative to the mid-hip", rows, WALK)
