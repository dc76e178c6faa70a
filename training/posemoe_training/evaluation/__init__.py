"""`python -m posemoe_training evaluate`: held-out people, what makes it worse, what a memory is worth, a real walk."""

import argparse
import json
from pathlib import Path

from .. import CHECKPOINT, HOME

# Only what the command line needs stands here; the rest is imported when it runs, so that training,
# which wants `quick` alone, loads neither the walk nor matplotlib.

WALK = HOME.parent / "tests" / "data" / "walk"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `evaluate`."""
    from .memory import PEOPLE

    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT, help="[%(default)s]")
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--pictures", type=Path, help="write pictures into this folder; of the whole evaluation only")
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--quick", action="store_true", help="the overall figures only, in a minute")
    part.add_argument("--memory", type=int, nargs="?", const=PEOPLE, metavar="PEOPLE",
                      help=f"only what a longer memory is worth, in five minutes for {PEOPLE} people")
    parser.add_argument("--walk", type=Path, default=WALK, help="folder of the real walk [%(default)s]")


def run(args: argparse.Namespace) -> None:
    """Measures, prints tables, and writes what was asked for."""
    only_memory = args.memory is not None
    if only_memory and args.memory < 1:
        raise ValueError(f"--memory: {args.memory} people, expected 1 or more")
    if args.pictures and (args.quick or only_memory):
        raise ValueError("--pictures shows the whole evaluation; leave out --quick and --memory")
    if not args.walk.is_dir():
        raise ValueError(f"--walk: there is no folder {args.walk}")
    from ..checkpoint import load_network
    from ..data import Motion
    from .held_out import quick
    from .memory import memory_errors
    from .report import full
    from .stream import streaming
    from .tables import full_tables, memory_table, quick_tables
    from .walk import walk_errors

    network, memory = load_network(args.checkpoint)
    held_out, lift = Motion.load(held_out=True), streaming(network, memory)
    if args.quick:
        report = {"overall": quick(network, held_out, memory=memory), "walk": walk_errors(lift, args.walk)}
        print(quick_tables(report))
    elif only_memory:
        report = {"memory": memory_errors(network, memory, held_out, args.walk, args.memory)}
        print(memory_table(report["memory"]))
    else:
        report = full(network, memory, held_out, args.walk)
        print(full_tables(report))
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if args.pictures:
        from .failures import draw_failures
        from .pictures import draw_figures
        from .skeleton_picture import draw_skeleton

        written = draw_figures(report, args.pictures)
        written += [draw_failures(lift, held_out, args.pictures), draw_skeleton(args.pictures)]
        print("\n".join(f"{path}: {path.stat().st_size / 1e3:.0f} kB" for path in written))
