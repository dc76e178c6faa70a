"""`python -m posemoe_training prior`: learns the embedding of poses from the motion that there is, in a few minutes."""

import argparse
from pathlib import Path

from .. import HOME

WEIGHTS = HOME / "weights" / "prior.pt"
STEPS, BATCH, RATE, WARM = 6000, 512, 1e-3, 1500
DIVERGENCE = 0.5      # of a pose's divergence that counts in the end; it rises over the first WARM steps
FORMAT, SEED, MEASURED = 2, 11, 8192


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="[%(default)s]")
    parser.add_argument("--steps", type=int, default=STEPS, help="[%(default)s]")
    parser.add_argument("--pictures", type=Path, help="draw samples into this folder")
    parser.add_argument("--export", type=Path, metavar="FILE.onnx",
                        help="in place of training: write what the node reads of the weights that `--out` has")
    parser.add_argument("--fixture", type=Path, metavar="FILE.safetensors",
                        help="with --export: also write poses with their plausibility, for the parity test in Rust")


def run(args: argparse.Namespace) -> None:
    """Trains, measures on held-out people, and writes the weights; or a model file of those that there are."""
    if args.export:
        return _export(args)
    import torch

    from ..data import Motion
    from .measure import draw_samples, report
    from .train import train

    if args.steps < 1:
        raise ValueError(f"--steps is {args.steps}, expected 1 or more")
    embedding = train(Motion.load(held_out=False), args.steps)
    print(report(embedding, Motion.load(held_out=True)))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"format": FORMAT, "embedding": embedding.state_dict()}, args.out)
    if args.pictures:
        print(draw_samples(embedding, args.pictures))


def _export(args: argparse.Namespace) -> None:
    from ..data import Motion
    from .export import write_fixture, write_plausibility

    embedding, held_out = load(args.out), Motion.load(held_out=True)
    write_plausibility(embedding, held_out, args.export)
    if args.fixture:
        write_fixture(embedding, held_out, args.fixture)


def load(path: Path = WEIGHTS):
    """The embedding that ships, ready to be asked."""
    import torch

    from .embedding import PoseEmbedding

    try:
        kept = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ValueError(f"there is no pose embedding {path}; `prior` makes it") from None
    if not isinstance(kept, dict) or kept.get("format") != FORMAT:
        raise ValueError(f"{path} is no pose embedding of format {FORMAT}")
    embedding = PoseEmbedding()
    embedding.load_state_dict(kept["embedding"])
    return embedding.eval()
