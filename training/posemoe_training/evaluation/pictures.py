"""Pictures of an evaluation's figures: by joint, by condition, and what sigma is worth."""

from pathlib import Path
from typing import Any, Dict, List

from matplotlib import pyplot as plt

# Okabe and Ito's colours, which people with any colour vision can tell apart.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#666666"
STYLE = {
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "grid.color": "#dddddd", "axes.axisbelow": True, "legend.frameon": False, "savefig.dpi": 130,
    "svg.hashsalt": "posemoe",
}


def draw_figures(report: Dict[str, Any], folder: Path) -> List[Path]:
    """Writes all pictures of figures; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    drawings = {"joints.png": _joints, "conditions.png": _conditions, "sigma.png": _sigma}
    with plt.rc_context(STYLE):
        return [_saved(draw(report), folder / name) for name, draw in drawings.items()]


def _saved(figure: Any, path: Path) -> Path:
    figure.savefig(path, bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)
    return path


def _joints(report: Dict[str, Any]) -> Any:
    """Error of each joint, across and along the line of sight."""
    rows = {name: row for name, row in report["per_joint"].items() if name != "pelvis"}
    names = sorted(rows, key=lambda name: rows[name]["error_mm"])
    figure, axes = plt.subplots(figsize=(6, 4.2))
    place = range(len(names))
    axes.barh([p + 0.2 for p in place], [rows[n]["depth_mm"] for n in names], 0.4, color=ORANGE, label="depth")
    axes.barh([p - 0.2 for p in place], [rows[n]["image_plane_mm"] for n in names], 0.4, color=BLUE,
              label="image plane")
    axes.plot([rows[n]["error_mm"] for n in names], place, "|", color="black", markersize=13, markeredgewidth=2,
              label="3D distance")
    axes.set_yticks(list(place), [name.replace("_", " ") for name in names])
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("mean error relative to the pelvis (mm)")
    axes.set_title(f"Error by joint, held-out people (MPJPE {report['overall']['mpjpe_mm']:.0f} mm)")
    axes.legend(loc="lower right")
    return figure


def _conditions(report: Dict[str, Any]) -> Any:
    """Errors against noise, frame rate, missing joints and a camera that is not level."""
    panels = (
        ("noise", "noise", "detector noise (1 = usual)"), ("rate", "rate_hz", "detector rate (Hz)"),
        ("missing", "missing_joints", "joints taken away, of 17"),
        ("roll", "roll_deg", "roll of the camera (degrees)"),
    )
    lines = (
        ("mpjpe_mm", "MPJPE", BLUE, "o-"), ("p_mpjpe_mm", "P-MPJPE", GREEN, "s--"),
        ("depth_mm", "depth", ORANGE, "^-"), ("image_plane_mm", "image plane", GREY, "v--"),
    )
    figure, axes = plt.subplots(1, len(panels), figsize=(11, 3), sharey=True, layout="constrained")
    for panel, (part, key, label) in zip(axes, panels):
        at = [row[key] for row in report[part]]
        for figure_name, name, colour, style in lines:
            panel.plot(at, [row[figure_name] for row in report[part]], style, color=colour, markersize=4, label=name)
        panel.set_xlabel(label)
    axes[1].set_xscale("log")
    axes[1].set_xticks([row["rate_hz"] for row in report["rate"]], [f"{row['rate_hz']:g}" for row in report["rate"]])
    axes[1].minorticks_off()
    axes[0].set_ylim(bottom=0)  # shared by all, hence after the last line is drawn
    axes[0].set_ylabel("mean error (mm)")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=len(lines))
    return figure


def _sigma(report: Dict[str, Any]) -> Any:
    """Sigma against the error within which 68 % of the joints really lie, in equally full bins."""
    rows, overall = report["sigma_reliability"], report["overall"]
    sigma, error = ([row[key] for row in rows] for key in ("sigma_mm", "error_mm"))
    figure, axes = plt.subplots(figsize=(4.2, 4))
    most = 1.08 * max(sigma + error)
    axes.plot([0, most], [0, most], color=GREY, linewidth=1, linestyle="--", label="68 % within sigma")
    axes.plot(sigma, error, "o-", color=BLUE, label="a tenth of the joints each")
    axes.set(xlim=(0, most), ylim=(0, most), aspect="equal",
             xlabel="mean sigma (mm)", ylabel="error that 68 % of the joints stay below (mm)")
    axes.set_title(f"Above the line sigma is too small\nwithin 1 sigma {overall['within_1_sigma_pct']:.0f} %, "
                   f"within 2 sigma {overall['within_2_sigma_pct']:.0f} %", fontsize=9)
    axes.legend(loc="upper left")
    return figure
