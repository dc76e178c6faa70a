"""`python -m posemoe_training adapt`: fits the lifter to your camera and detector, from keypoints alone.

After the idea of Kundu et al. (ECCV 2020, arXiv 2008.01388): a frozen 2D teacher, an embedding that allows plausible poses
only, and simulated people beside the user's own. The objectives are ours (objectives.py).
"""

import argparse
import json
from pathlib import Path

from .. import HOME

CHECKPOINT = HOME / "weights" / "s.pt"
LEFT_ALONE = "nothing to gain: the network is left as it was, and nothing was written"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from .loop import COSTLY, PARTS

    parser.add_argument("keypoints", type=Path, nargs="+", metavar="KEYPOINTS.csv",
                        help="written by `posemoe keypoints BAG... > KEYPOINTS.csv`")
    parser.add_argument("--out", type=Path, required=True, help="the adapted weights, for `export --checkpoint`")
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT, help="the weights to begin with [%(default)s]")
    parser.add_argument("--prior", type=Path, help="the embedding of poses [weights/prior.pt]")
    usual = [part for part in PARTS if part not in COSTLY]
    parser.add_argument("--leave-out", nargs="+", default=[], choices=usual, metavar="PART",
                        help=f"go without some of {', '.join(usual)}")
    parser.add_argument("--ask-for", nargs="+", default=[], choices=COSTLY, metavar="OBJECTIVE",
                        help=f"ask also for some of {', '.join(COSTLY)}, which cost more than they gave")
    parser.add_argument("--report", type=Path, help="write all figures here (JSON)")


def run(args: argparse.Namespace) -> int:
    """Adapts, reports, writes; nothing is written where nothing is gained."""
    from .. import prior
    from ..checkpoint import load, network_of, recipe_of, save, without_orientation
    from ..data import Motion
    from .loop import COSTLY, adapt, recalibrate
    from .tracks import read

    kept = load(args.checkpoint)
    kept["network"] = without_orientation(kept["network"])
    network, memory = network_of(kept, args.checkpoint)
    embedding = prior.load(args.prior or prior.WEIGHTS)
    tracks = [track for path in args.keypoints for track in read(path)]
    leave_out = [*args.leave_out, *(part for part in COSTLY if part not in args.ask_for)]
    motion, held_out = Motion.load(held_out=False), Motion.load(held_out=True)
    outcome = adapt(network, memory, tracks, motion, held_out, embedding, leave_out)
    figures = outcome.as_dict()
    for name in outcome.before:
        print(f"{name:14} {outcome.before[name]:8.4f} -> {outcome.after[name]:8.4f}")
    print(f"usual people   {outcome.usual_before['mpjpe_mm']:8.1f} -> {outcome.usual_after['mpjpe_mm']:8.1f} mm")
    if outcome.adapted:
        figures["sigma_factor"] = recalibrate(outcome.network, outcome.like, motion, memory)
        bags = sorted({track.bag for track in tracks})
        save(args.out, recipe_of(kept, args.checkpoint), outcome.network,
             [*kept["own_data"], {"name": f"keypoints of {', '.join(bags)}", "licence": "the user's own"}], state=None)
        print(f"{args.out}: adapted to keypoints of {len(bags)} bags, sigma times {figures['sigma_factor']:.2f}")
    else:
        print(LEFT_ALONE)
    if args.report:
        args.report.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0
