"""Command line: `python -m posemoe_training prepare|train|evaluate|ablate|rotations|export|scenes|prior|adapt`."""

import argparse
import importlib
import sys
from types import ModuleType

import torch

from .sources.recording import SourceError

# command: what it does; each is a module with add_arguments(parser) and run(args).
COMMANDS = {
    "prepare": "bring motion data that you have into the form that training reads",
    "train": "train from scratch, go on, or begin with other weights",
    "evaluate": "errors on held-out people and on a real walk",
    "ablate": "take parts of the network away and measure what each is worth",
    "rotations": "give a trained network a head for the orientations of segments",
    "export": "write the ONNX model and what proves that Rust computes the same",
    "prior": "learn the embedding of poses that `adapt` asks what is plausible",
    "adapt": "fit the network to your camera and detector, from keypoints alone",
    "scenes": "write bags of several people with the truth, to try settings on",
}
MODULES = {"evaluate": "evaluation", "adapt": "adaptation"}


def module_of(command: str) -> ModuleType:
    return importlib.import_module(f".{MODULES.get(command, command)}", __package__)


def main() -> int:
    parser = argparse.ArgumentParser(prog="posemoe_training", description=__doc__)
    parser.add_argument("--threads", type=int, default=0, help="CPU threads of each process (default: PyTorch's)")
    commands = parser.add_subparsers(dest="command", required=True)
    wanted = next((word for word in sys.argv[1:] if word in COMMANDS), None)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if name == wanted:  # the others' libraries need not be there
            module_of(name).add_arguments(command)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    try:
        return module_of(args.command).run(args) or 0
    except (ValueError, SourceError) as error:  # what the user gave does not fit; the message says how
        print(f"posemoe_training: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
