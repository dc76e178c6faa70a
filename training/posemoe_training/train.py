"""Training in two stages: single frames teach the spatial parts, windows the temporal ones."""

import math
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Dict, Optional

import torch
from tqdm import tqdm

from .data import Motion
from .evaluate import evaluate
from .metrics import n_mpjpe
from .network import Lifted, PoseMoE, Size
from .windows import Batch, WindowLayout, make_batch

JOINT_WEIGHTS = torch.tensor([1, 1, 1.4, 1.6, 1, 1.4, 1.6, 1, 1, 1, 1, 1, 1.4, 1.8, 1, 1.4, 1.8])


@dataclass(frozen=True)
class Stage:
    """One stretch of training; its learning rate falls along a cosine over its minutes."""

    name: str
    minutes: float
    frames: int
    batch: int
    learning_rate: float


@dataclass(frozen=True)
class Recipe:
    size: Size = Size()
    layout: WindowLayout = WindowLayout()
    seed: int = 7
    stages: tuple = (
        Stage("single-frame", 40, 1, 384, 1e-3),
        Stage("windows", 50, 9, 64, 5e-4),
    )


def loss_of(lifted: Lifted, batch: Batch) -> Dict[str, torch.Tensor]:
    """Position (absolute and up to scale), the experts' early opinion, and sigma's likelihood."""
    true = batch.joints_m[:, -1]
    distance = (lifted.joints_m - true).norm(dim=-1)
    early = ((lifted.early_m - batch.joints_m).norm(dim=-1).mean(-1) * batch.present).sum() / batch.present.sum()
    square = distance.detach().square()
    return {
        "position": (distance * JOINT_WEIGHTS).mean() / JOINT_WEIGHTS.mean(),
        "up_to_scale": 0.5 * n_mpjpe(lifted.joints_m, true).mean(),
        "early": 0.3 * early,
        # The error is a constant here: sigma learns to predict it and cannot buy a worse one.
        "sigma": 0.02 * (lifted.sigma_m.log() + square / (2 * lifted.sigma_m.square()))[:, 1:].mean(),
    }


def run_stage(network: PoseMoE, stage: Stage, recipe: Recipe, motion: Motion, held_out: Motion,
              out: Path) -> None:
    layout = WindowLayout(stage.frames, recipe.layout.spacing_s, recipe.layout.span_s)
    rng = torch.Generator().manual_seed(recipe.seed + stage.frames)
    optimizer = torch.optim.AdamW(network.parameters(), lr=stage.learning_rate, weight_decay=0.01)
    average = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.998))
    began, step, bar = time.monotonic(), 0, tqdm(total=100, desc=stage.name, unit="%", mininterval=10)
    next_report = 0.05
    while (done := (time.monotonic() - began) / (60 * stage.minutes)) < 1:
        warm = min(1.0, (step + 1) / 100)
        rate = stage.learning_rate * warm * (0.51 + 0.49 * math.cos(math.pi * done))
        for group in optimizer.param_groups:
            group["lr"] = rate
        batch = make_batch(motion, stage.batch, layout, rng)
        terms = loss_of(network.lift(*batch[:4]), batch)
        optimizer.zero_grad(set_to_none=True)
        sum(terms.values()).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        average.update_parameters(network)
        step += 1
        bar.update(round(done * 100) - bar.n)
        if done > next_report:
            next_report += 0.1
            score = evaluate(average.module, held_out, layout, people=2048)
            figures = ", ".join(f"{name} {value:.1f}" for name, value in score.items())
            bar.write(f"{stage.name}, step {step}, held out: {figures}")
            save(average.module, recipe, stage, step, out)
    network.load_state_dict(average.module.state_dict())
    save(network, recipe, stage, step, out)
    bar.close()


def save(network: PoseMoE, recipe: Recipe, stage: Stage, step: int, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"network": network.state_dict(), "size": asdict(recipe.size),
                "layout": asdict(recipe.layout), "stage": stage.name, "step": step}, out)


def smoke(recipe: Recipe) -> Recipe:
    """The same recipe in seconds: shows that everything fits together, teaches nothing."""
    stages = tuple(replace(stage, minutes=0.1, batch=16) for stage in recipe.stages)
    return replace(recipe, stages=stages)


def train(recipe: Recipe, out: Path, start: Optional[Path] = None, only: Optional[str] = None) -> None:
    """Runs the stages of `recipe`, or `only` one, and writes the checkpoint `out` as it goes.

    With `start` the weights begin as that checkpoint's instead of at random.
    """
    torch.manual_seed(recipe.seed)
    motion, held_out = Motion.load(held_out=False), Motion.load(held_out=True)
    network = PoseMoE(recipe.size)
    if start is not None:
        network.load_state_dict(torch.load(start, weights_only=True)["network"])
    print(f"{sum(p.numel() for p in network.parameters()):,} parameters")
    for stage in recipe.stages:
        if only in (None, stage.name):
            run_stage(network, stage, recipe, motion, held_out, out)
