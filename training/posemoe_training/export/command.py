"""The command `export`: checkpoint in, checked model files out."""

import argparse
from pathlib import Path

from .. import CHECKPOINT, HOME
from ..checkpoint import load, network_of, recipe_of, save
from ..data import Motion
from .fixture import write_fixture
from .forms import StreamForm, WindowForm
from .parity import held_out_people
from .write import write_float16, write_float32
from .yardstick import write_yardstick


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT, help="[%(default)s]")
    parser.add_argument("--out", type=Path, default=HOME.parent / "models" / "posemoe.onnx", help="[%(default)s]")
    parser.add_argument("--fp16", type=Path, metavar="FILE.onnx", help="also write a float16 variant, for GPUs")
    parser.add_argument("--window", type=Path, metavar="FILE.onnx",
                        help="also write the form that sees a window at once, for the node's mode `window`")
    parser.add_argument("--yardstick", type=Path, metavar="FILE.onnx",
                        help="also write an entangled network of the same size, for `posemoe bench` to compare with")
    parser.add_argument("--weights", type=Path, metavar="FILE.pt",
                        help="also write a checkpoint without the optimiser's state, for `train --from`")
    parser.add_argument("--fixture", type=Path, metavar="FILE.safetensors",
                        help="also write inputs with PyTorch's outputs, for the parity test in Rust")


def run(args: argparse.Namespace) -> None:
    kept = load(args.checkpoint)
    network, memory = network_of(kept, args.checkpoint)
    held_out = Motion.load(held_out=True)
    people = held_out_people(held_out)
    stream, window = StreamForm(network, memory), WindowForm(network, memory)
    float32 = write_float32(stream, people, args.out, kept["own_data"])
    if args.fp16 is not None:
        write_float16(stream, people, float32, args.fp16, kept["own_data"])
    if args.window is not None:
        write_float32(window, people, args.window, kept["own_data"])
    if args.yardstick is not None:
        write_yardstick(network.size, memory, people, args.yardstick)
    if args.fixture is not None:
        write_fixture(network, memory, held_out, args.fixture)
    if args.weights is not None:
        save(args.weights, recipe_of(kept, args.checkpoint), network, kept["own_data"], state=None)
