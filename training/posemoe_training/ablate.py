"""Takes parts of the network away, trains each variant alike, and measures what each part is worth.

All variants have the same number of transformer blocks, so parameters and cost are equal within 2 %. A run that
is already in the results is not repeated.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List

import numpy as np

from . import HOME
from .evaluation.held_out import quick
from .network import VARIANTS, parameter_count
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


def table(rows: List[Dict[str, Any]]) -> str:
    """Mean ± deviation over the seeds for each variant, and how far each lies from `full`."""

    def values(variant: str, name: str) -> np.ndarray:
        return np.array([row[name] for row in rows if row["variant"] == variant])

    shown = ("mpjpe_mm", "image_plane_mm", "depth_mm")
    lines = [f"{'variant':16} {'seeds':>5} " + " ".join(f"{name:>14}" for name in shown) + f" {'to full':>8}"]
    for variant in VARIANTS:
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
    parser.add_argument("--config", default="ablation", help="a recipe in configs/ or a path")
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=VARIANTS, metavar="VARIANT",
                        help=f"of {', '.join(VARIANTS)}")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--out", type=Path, default=HOME / "results" / "ablation.json")
    parser.add_argument("--smoke", action="store_true", help="a few steps each: does everything fit?")


def run(args: argparse.Namespace) -> int:
    base = read(args.config)
    base = smoke(base) if args.smoke else base
    rows = json.loads(args.out.read_text()) if args.out.is_file() else []
    done = {(row["variant"], row["seed"]) for row in rows}
    for seed in args.seeds:  # all variants of one seed first: an early look is a fair one
        for variant in args.variants:
            if (variant, seed) in done:
                continue
            rows.append(measure(replace(base, variant=variant, seed=seed), 256 if args.smoke else PEOPLE))
            print(json.dumps(rows[-1]), flush=True)
            args.out.parent.mkdir(parents=True, exist_ok=True)
            args.out.write_text("[\n" + ",\n".join(" " + json.dumps(row) for row in rows) + "\n]\n")
    print(table(rows))
    return 0
