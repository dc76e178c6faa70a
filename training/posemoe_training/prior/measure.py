"""How good the embedding is, on people whom it never saw, and what it makes up."""

from pathlib import Path

import torch

from ..anthropometry import Body
from ..data import Motion
from ..draw import Draw
from ..poses import joined
from ..skeleton import PARENTS
from . import MEASURED, SEED
from .distorted import auc, real_and_wrong
from .embedding import NUMBERS, PoseEmbedding, directions_of


@torch.no_grad()
def figures(embedding: PoseEmbedding, motion: Motion) -> dict:
    draw = Draw(torch.Generator().manual_seed(SEED + 1))
    real, wrong = real_and_wrong(motion, MEASURED, draw)
    directions = directions_of(real)
    turn = (embedding.decode(embedding.encode(directions).mean) * directions).sum(-1).clamp(-1, 1).acos().rad2deg()
    return {
        "reconstruction_mm": 1000 * (embedding.nearest(real) - real).norm(dim=-1).mean().item(),
        "reconstruction_deg": turn.mean().item(),
        "auc_bent_backwards": auc(embedding.surprise(wrong), embedding.surprise(real)),
        "plausibility_of_real": embedding.plausibility(real).median().item(),
        "plausibility_of_wrong": embedding.plausibility(wrong).median().item(),
    }


def report(embedding: PoseEmbedding, motion: Motion) -> str:
    return "held-out people: " + ", ".join(f"{name} {value:.3f}" for name, value in figures(embedding, motion).items())


@torch.no_grad()
def draw_samples(embedding: PoseEmbedding, folder: Path, count: int = 16) -> Path:
    """Poses from random codes, from the side in front."""
    from matplotlib import pyplot as plt

    from ..evaluation.pictures import BLUE, GREY, ORANGE, STYLE, _saved

    draw = Draw(torch.Generator().manual_seed(SEED + 2))
    bones = torch.zeros(count, 1, 17, 3)
    bones[:, 0, 1:] = embedding.decode(draw.normal(count, NUMBERS)) * Body.mean().length_m[0, 1:, None]
    x = joined(torch.zeros(count, 1, 1, 3), bones)[:, 0]
    folder.mkdir(parents=True, exist_ok=True)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(2, count // 2, figsize=(12, 5.2))
        for panel, pose in zip(axes.flat, x):
            across = 0.77 * pose[:, 1] + 0.64 * pose[:, 0]
            for joint in range(1, 17):
                colour = BLUE if joint in (4, 5, 6, 11, 12, 13) else ORANGE if joint in (1, 2, 3, 14, 15, 16) else GREY
                panel.plot(across[[PARENTS[joint], joint]], pose[[PARENTS[joint], joint], 2], color=colour, linewidth=2)
            panel.set(xlim=(-0.9, 0.9), ylim=(-1.1, 0.9), aspect="equal")
            panel.axis("off")
        figure.suptitle("Poses from random codes of the embedding")
        return _saved(figure, folder / "prior.png")
