"""Takes parts of the network, or of the data, away, trains alike, and measures what each part is worth.

All variants of the network have the same number of transformer blocks, so parameters and cost are equal within 2 %. With
`--leave-one-out` each source of movement is left out in turn, and measured: what movement costs that training never
saw, with poses as recorded and with those of poses.py besides. A run that is already in the results is not repeated.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List

import numpy as np

from . import HOME
from .data import SOURCE_WEIGHTS, Motion
from .evaluation.held_out import errors, outcome, quick
from .evaluation.stream import streaming
from .network import RIVALS, VARIANTS, parameter_count
from .poses import Poses
from .recipe import Recipe, read, smoke
from .train import Processes, Run

PEOPLE = 4096
MEASURED = ("mpjpe_mm", "p_mpjpe_mm", "image_plane_mm", "depth_mm")


def measure(recipe: Recipe, people: int = PEOPLE) -> Dict[str, Any]:
    """Trains one variant with one seed and gives its row of the results."""
    run = Run(recipe, out=None, processes=Processes())
    network = run.follow(report=lambda _: None)
    errors = quick(network, run.held_out, people, recipe.memory)
    row = {"variant": recipe.variant, "seed": recipe.seed, "parameters": parameter_count(network)}
    return {**row, **{name: round(errors[name], 2) for name in MEASURED}}


def measure_left_out(recipe: Recipe, source: str, made_poses: bool, people: int = PEOPLE) -> Dict[str, Any]:
    """Trains without one source and gives the row of what it does there, frame by frame."""
    poses = recipe.poses if made_poses else Poses(upper_body=recipe.poses.upper_body)
    run = Run(replace(recipe, leave_out=(source,), poses=poses), out=None, processes=Processes())
    network = run.follow(report=lambda _: None)
    lift = streaming(network, recipe.memory)
    found = errors(outcome(lift, Motion.left_out(source), people, frames=1, at=(0,)))
    row = {"left_out": source, "poses": "made" if made_poses else "recorded", "seed": recipe.seed}
    return {**row, **{name: round(found[name], 2) for name in (*MEASURED, "within_1_sigma_pct", "within_2_sigma_pct")}}


def left_out_table(rows: List[Dict[str, Any]]) -> str:
    """MPJPE / P-MPJPE of each source that was left out, with poses as recorded and with made ones besides."""
    lines = [f"{'left out':20} {'as recorded':>15} {'and made':>15}"]
    for source in dict.fromkeys(row["left_out"] for row in rows):
        cells = []
        for poses in ("recorded", "made"):
            mine = [row for row in rows if (row["left_out"], row["poses"]) == (source, poses)]
            errors_mm = [np.mean([row[name] for row in mine]) for name in ("mpjpe_mm", "p_mpjpe_mm")] if mine else []
            cells.append(" / ".join(f"{mm:.1f}" for mm in errors_mm))
        lines.append(f"{source:20} {cells[0]:>15} {cells[1]:>15}")
    return "\n".join(lines)


def table(rows: List[Dict[str, Any]]) -> str:
    """Mean ± deviation over the seeds for each variant, and how far each lies from `full`."""

    def values(variant: str, name: str) -> np.ndarray:
        return np.array([row[name] for row in rows if row["variant"] == variant])

    shown = ("mpjpe_mm", "image_plane_mm", "depth_mm")
    lines = [f"{'variant':16} {'seeds':>5} " + " ".join(f"{name:>14}" for name in shown) + f" {'to full':>8}"]
    for variant in (*VARIANTS, *RIVALS):
        mine = values(variant, "mpjpe_mm")
        if len(mine) == 0:
            continue
        columns = [values(variant, name) for name in shown]
        cells = [f"{column.mean():6.1f} ± {column.std(ddof=len(mine) > 1):4.1f}" for column in columns]
        full = values("full", "mpjpe_mm")
        apart = f"{mine.mean() - full.mean():+8.1f}" if len(full) else ""
        lines.append(f"{variant:16} {len(mine):5} " + " ".join(f"{cell:>14}" for cell in cells) + f" {apart}")
    return "\n".join(lines)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", help="a recipe in configs/ or a path [ablation, or left_out]")
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=(*VARIANTS, *RIVALS), metavar="VARIANT",
                        help=f"of {', '.join(VARIANTS)}")
    parser.add_argument("--rivals", dest="variants", action="store_const", const=list(RIVALS),
                        help=f"train {', '.join(RIVALS)} instead (rivals.py)")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--leave-one-out", action="store_true",
                        help="leave out sources of movement instead, and measure on them")
    parser.add_argument("--out", type=Path, help="results [results/ablation.json, or left_out.json]")
    parser.add_argument("--smoke", action="store_true", help="a few steps each: does everything fit?")


def _kept(path: Path) -> List[Dict[str, Any]]:
    return json.loads(path.read_text()) if path.is_file() else []


def _keep(rows: List[Dict[str, Any]], path: Path) -> None:
    print(json.dumps(rows[-1]), flush=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[\n" + ",\n".join(" " + json.dumps(row) for row in rows) + "\n]\n")


def run(args: argparse.Namespace) -> int:
    base = read(args.config or ("left_out" if args.leave_one_out else "ablation"))
    base = smoke(base) if args.smoke else base
    people = 256 if args.smoke else PEOPLE
    if args.leave_one_out:
        return _run_left_out(base, args, people)
    out = args.out or HOME / "results" / "ablation.json"
    rows = _kept(out)
    done = {(row["variant"], row["seed"]) for row in rows}
    for seed in args.seeds:  # all variants of one seed first: an early look is a fair one
        for variant in args.variants:
            if (variant, seed) not in done:
                rows.append(measure(replace(base, variant=variant, seed=seed), people))
                _keep(rows, out)
    print(table(rows))
    return 0


def _run_left_out(base: Recipe, args: argparse.Namespace, people: int) -> int:
    out = args.out or HOME / "results" / "left_out.json"
    rows = _kept(out)
    done = {(row["left_out"], row["poses"], row["seed"]) for row in rows}
    for seed in args.seeds:
        for source in SOURCE_WEIGHTS:
            for made in (False, True):
                if (source, "made" if made else "recorded", seed) not in done:
                    rows.append(measure_left_out(replace(base, seed=seed), source, made, people))
                    _keep(rows, out)
    print(left_out_table(rows))
    return 0
