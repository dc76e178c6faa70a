"""Command line: `python -m posemoe_training train|evaluate|export`."""

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from .data import Motion
from .evaluate import evaluate
from .network import PoseMoE, Size
from .train import Recipe, smoke, train
from .windows import WindowLayout

HERE = Path(__file__).resolve().parent.parent


def load(checkpoint: Path):
    kept = torch.load(checkpoint, weights_only=True)
    network = PoseMoE(Size(**kept["size"]))
    network.load_state_dict(kept["network"])
    return network.eval(), WindowLayout(**kept["layout"])


def main() -> None:
    parser = argparse.ArgumentParser(prog="posemoe_training", description=__doc__)
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (default: all)")
    commands = parser.add_subparsers(dest="command", required=True)

    command = commands.add_parser("train", help="train from scratch on training/data")
    command.add_argument("--out", type=Path, default=HERE / "checkpoints" / "posemoe.pt")
    command.add_argument("--start", type=Path, help="begin with this checkpoint's weights")
    command.add_argument("--only", choices=[stage.name for stage in Recipe().stages], help="run one stage")
    command.add_argument("--seed", type=int, default=Recipe().seed)
    command.add_argument("--smoke", action="store_true", help="seconds instead of an hour and a half")

    command = commands.add_parser("evaluate", help="errors on held-out people")
    command.add_argument("--checkpoint", type=Path, default=HERE / "checkpoints" / "posemoe.pt")

    command = commands.add_parser("export", help="write the ONNX model and its parity fixture")
    command.add_argument("--checkpoint", type=Path, default=HERE / "checkpoints" / "posemoe.pt")
    command.add_argument("--out", type=Path, default=HERE.parent / "models" / "posemoe.onnx")
    command.add_argument("--fixture", type=Path, help="write inputs and PyTorch's outputs here (.json)")

    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    if args.command == "train":
        recipe = replace(Recipe(), seed=args.seed)
        train(smoke(recipe) if args.smoke else recipe, args.out, args.start, args.only)
    elif args.command == "evaluate":
        network, layout = load(args.checkpoint)
        for name, value in evaluate(network, Motion.load(held_out=True), layout).items():
            print(f"{name:20} {value:7.1f}")
    else:
        from .export import export  # needs the packages onnx and onnxscript

        network, layout = load(args.checkpoint)
        export(network, layout, args.out, args.fixture)


if __name__ == "__main__":
    main()
