"""The command `export`: checkpoint in, checked model files out."""

import argparse
from pathlib import Path

from .. import CHECKPOINT, HOME
from ..checkpoint import load, network_of, recipe_of, save
from ..data import Motion
from .fixture import write_fixture
from .parity import held_out_people
from .write import write_float16, write_float32


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT, help="[%(default)s]")
    parser.add_argument("--out", type=Path, default=HOME.parent / "models" / "posemoe.onnx", help="[%(default)s]")
    parser.add_argument("--fp16", type=Path, metavar="FILE.onnx", help="also write a float16 variant, for GPUs")
    parser.add_argument("--weights", type=Path, metavar="FILE.pt",
                        help="also write a checkpoint without the optimiser's state, for `train --from`")
    parser.add_argument("--fixture", type=Path, metavar="FILE.json",
                        help="also write inputs with PyTorch's outputs, for the parity test in Rust")


def run(args: argparse.Namespace) -> None:
    kept = load(args.checkpoint)
    network, layout = network_of(kept, args.checkpoint)
    held_out = Motion.load(held_out=True)
    people = held_out_people(held_out, layout)
    float32 = write_float32(network, layout, people, args.out, kept["own_data"])
    if args.fp16 is not None:
        write_float16(network, layout, people, float32, args.fp16, kept["own_data"])
    if args.fixture is not None:
        write_fixture(network, layout, held_out, args.fixture)
    if args.weights is not None:
        save(args.weights, recipe_of(kept, args.checkpoint), network, kept["own_data"], state=None)
