"""Teaches the embedding recorded poses, and the plain ones among made poses: people who sit, kneel, and use their arms."""

import torch
from tqdm import tqdm

from ..bodies import mirror_half
from ..data import Motion
from ..draw import Draw
from ..poses import Poses, pose
from . import BATCH, DIVERGENCE, MEASURED, RATE, SEED, WARM
from .embedding import PoseEmbedding, directions_of

MADE = Poses(sitting=0.1, kneeling=0.02, upper_body=0.15, limbs=0.05)


def poses(motion: Motion, count: int, draw: Draw) -> torch.Tensor:
    """What people do, (count, 17, 3) in metres, relative to the pelvis."""
    at = torch.zeros(count, 1)
    x, other = (motion.sample(motion.draw_rows(count, draw), at, draw) for _ in range(2))
    x = mirror_half(pose(x, other, torch.ones(count, dtype=torch.bool), MADE, draw), draw)[:, 0]
    return x - x[:, :1]


def train(motion: Motion, steps: int) -> PoseEmbedding:
    torch.manual_seed(SEED)
    rng = torch.Generator().manual_seed(SEED)
    draw, embedding = Draw(rng), PoseEmbedding()
    optimizer = torch.optim.AdamW(embedding.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for step in tqdm(range(steps), desc="prior", mininterval=5, disable=None):
        directions = directions_of(poses(motion, BATCH, draw))
        misfit, away = embedding.loss(directions, rng)
        optimizer.zero_grad()
        (misfit + DIVERGENCE * min(1.0, step / WARM) * away + embedding.critic_loss(directions, rng)).backward()
        optimizer.step()
        schedule.step()
    embedding.eval().calibrate(poses(motion, MEASURED, draw))
    return embedding
