"""The command `rotations`: gives a trained network a head for the orientations of segments.

Positions stay as they are: nothing but the head is trained. It is stored in the same checkpoint.
"""

import argparse
import json
from pathlib import Path

import torch

from .. import CHECKPOINT, checkpoint
from ..train import Processes, faster_in_bfloat16
from . import data
from .learn import Plan, learn
from .measure import measure


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT, help="[%(default)s]")
    parser.add_argument("--out", type=Path, help="checkpoint to write (default: the same, with the head)")
    parser.add_argument("--batches", type=int, default=Plan.batches, help="of 510 frames to learn from [%(default)s]")
    parser.add_argument("--measure", action="store_true", help="only measure the head that is there")
    parser.add_argument("--people", type=int, default=1024, help="held-out frames to measure on [%(default)s]")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures")


def run(args: argparse.Namespace) -> None:
    kept = checkpoint.load(args.checkpoint)
    if not args.measure:
        kept["network"] = checkpoint.without_orientation(kept["network"])
    network, memory = checkpoint.network_of(kept, args.checkpoint)
    if not args.measure:
        device = Processes().device
        bfloat16 = faster_in_bfloat16(device.type)
        network.to(device)
        learn(network, data.load(held_out=False).to(device), Plan(batches=args.batches), memory,
              lambda: torch.autocast(device.type, torch.bfloat16, enabled=bfloat16))
        network.cpu()
        checkpoint.save(args.out or args.checkpoint, checkpoint.recipe_of(kept, args.checkpoint), network,
                        kept["own_data"], kept["state"])
    elif network.orientation is None:
        raise checkpoint.CheckpointError(f"{args.checkpoint} has no head for orientations; `rotations` trains one")
    figures = measure(network, data.load(held_out=True), memory, args.people)
    print(json.dumps(figures, indent=1))
    if args.json is not None:
        args.json.write_text(json.dumps(figures, indent=1) + "\n")
