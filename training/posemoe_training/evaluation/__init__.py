"""`python -m posemoe_training evaluate`: held-out people, what makes it worse, and a real walk."""

import argparse
import json
from pathlib import Path

from .. import CHECKPOINT, HOME

# Only what the command line needs stands here; the rest is imported when it runs, so that training,
# which wants `quick` alone, loads neither the walk nor matplotlib.

WALK = HOME.parent / "tests" / "data" / "walk"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `evaluate`."""
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT, help="[%(default)s]")
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--pictures", type=Path, help="write pictures into this folder; not with --quick")
    parser.add_argument("--quick", action="store_true", help="the overall figures only, in half a minute")
    parser.add_argument("--walk", type=Path, default=WALK, help="folder of the real walk [%(default)s]")


def run(args: argparse.Namespace) -> None:
    """Measures, prints tables, and writes what was asked for."""
    if args.quick and args.pictures:
        raise ValueError("--pictures shows the whole evaluation; leave out --quick")
    if not args.walk.is_dir():
        raise ValueError(f"--walk: there is no folder {args.walk}")
    from ..checkpoint import load_network
    from ..data import Motion
    from .held_out import full, quick
    from .tables import full_tables, quick_table, walk_table
    from .walk import walk_errors

    network, layout = load_network(args.checkpoint)
    held_out = Motion.load(held_out=True)
    if args.quick:
        report = {"overall": quick(network, held_out, layout)}
        print(quick_table(report))
    else:
        report = full(network, held_out, layout)
        print(full_tables(report))
    report["walk"] = walk_errors(network, layout, args.walk)
    print(walk_table(report["walk"]))
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if args.pictures:
        from .failures import draw_failures
        from .pictures import draw_figures

        written = draw_figures(report, args.pictures)
        written.append(draw_failures(network, held_out, layout, args.pictures))
        print("\n".join(f"{path}: {path.stat().st_size / 1e3:.0f} kB" for path in written))
