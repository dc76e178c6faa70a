"""What the head for orientations learns, upon a network that stays as it is."""

import math
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Callable, List, NamedTuple, Tuple

import torch
from torch import nn
from tqdm import tqdm

from ..calibrate import WITHIN_SIGMA
from ..data import Motion
from ..memory import Memory
from ..network import Lifted, PoseMoE
from ..orientation import OrientationHead, Turned
from ..segments import angle_between
from ..streams import Batch, make_batch
from .data import orientations

SIGMA = 0.02
LARGEST_GRADIENT, AVERAGE, WEIGHT_DECAY = 1.0, 0.995, 0.02
CALIBRATED_ON, FRAMES, AT_ONCE, SEED = 128, 96, 16, 681


@dataclass(frozen=True)
class Plan:
    """So many batches of streams go through the network once; what comes of them is gone over `epochs` times."""

    batches: int = 150
    streams: int = 85
    frames: int = 6
    epochs: int = 8
    size: int = 1024    # frames a step
    rate: float = 2e-3  # at its highest; it rises, then falls along a cosine
    seed: int = 23


class Examples(NamedTuple):
    """Frames, each as the head sees it, with what is true."""

    pose: torch.Tensor      # (N, 17, C), as `depth` in bfloat16
    depth: torch.Tensor     # (N, 17, C)
    joints_m: torch.Tensor  # (N, 17, 3) as lifted
    true: torch.Tensor      # (N, S, 3, 3)
    known: torch.Tensor     # (N, S)

    def some(self, rows: torch.Tensor) -> "Examples":
        return Examples(*(t[rows].to(torch.bool if t.dtype == torch.bool else torch.float32) for t in self))


class _Listener(nn.Module):
    """In the place of a head: keeps what that would be given."""

    def forward(self, *given: torch.Tensor) -> None:
        self.given = given


@torch.no_grad()
def examples(network: PoseMoE, motion: Motion, plan: Plan, memory: Memory,
             autocast: Callable = nullcontext) -> Examples:
    """What the network makes of people in the cameras and detectors of its own training."""
    network.orientation = _Listener()
    network.eval()
    columns: List[List[torch.Tensor]] = []
    for step in tqdm(range(plan.batches), desc="features", mininterval=5):
        rng = torch.Generator(motion.positions_m.device).manual_seed(plan.seed * 1_000_003 + step)
        batch = make_batch(motion, plan.streams, plan.frames, rng, memory=memory)
        with autocast():
            network.lift(*batch.inputs, memory)
        pose, depth, joints_m = network.orientation.given
        there = batch.present > 0
        columns.append([t[there] for t in (pose.bfloat16(), depth.bfloat16(), joints_m.float(),
                                           *orientations(batch.axes, batch.joints_m))])
    network.orientation = None
    return Examples(*(torch.cat(column) for column in zip(*columns)))


def loss_of(turned: Turned, of: Examples) -> torch.Tensor:
    """How far y and z are from where they should be; and the likelihood of the angle under sigma, for which the angle
    is a constant."""
    found = turned.orientations(of.joints_m)
    chord = ((found - of.true).square().sum((-1, -2)) / 2 + 1e-6).sqrt()
    angle_deg, sigma_deg = angle_between(found, of.true).detach().rad2deg(), turned.sigma_deg
    unlikely = sigma_deg.log() + angle_deg.square() / (2 * sigma_deg.square())
    known = of.known.to(of.true.dtype)
    return ((chord + SIGMA * unlikely) * known).sum() / known.sum().clamp(min=1)


def fit(head: OrientationHead, seen: Examples, plan: Plan, report: Callable[[str], None]) -> OrientationHead:
    """Trains a head; gives back the running average of its weights."""
    running = torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGE)
    average = torch.optim.swa_utils.AveragedModel(head, multi_avg_fn=running)
    optimizer = torch.optim.AdamW(head.parameters(), lr=plan.rate, weight_decay=WEIGHT_DECAY)
    steps = -(-len(seen.known) // plan.size)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, plan.rate, plan.epochs * steps + 1, pct_start=0.1)
    rng = torch.Generator().manual_seed(plan.seed)
    for epoch in range(plan.epochs):
        said = 0.0
        for rows in torch.randperm(len(seen.known), generator=rng).split(plan.size):
            some = seen.some(rows.to(seen.known.device))
            loss = loss_of(head(some.pose, some.depth, some.joints_m), some)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(head.parameters(), LARGEST_GRADIENT)
            optimizer.step()
            rate.step()
            average.update_parameters(head)
            said += loss.item()
        report(f"rotations, epoch {epoch + 1}: loss {said / steps:.3f}")
    return average.module


def learn(network: PoseMoE, motion: Motion, plan: Plan, memory: Memory,
          autocast: Callable = nullcontext, report: Callable[[str], None] = print) -> None:
    """Gives `network` a new head; nothing else of the network changes."""
    torch.manual_seed(plan.seed)
    head = OrientationHead(network.size.channels).to(motion.positions_m.device)
    seen = examples(network, motion, plan, memory, autocast)
    network.orientation = fit(head, seen, plan, report)
    factor = calibrate(network, motion, memory, min(CALIBRATED_ON, plan.batches * plan.streams))
    report("sigma scaled by " + ", ".join(f"{f:.2f}" for f in factor.tolist()))


def errors(lifted: Lifted, batch: Batch) -> Tuple[torch.Tensor, torch.Tensor]:
    """Angles (B, T, S) in radians between what is said and what is true, and where that is known."""
    true, known = orientations(batch.axes, batch.joints_m)
    angle = angle_between(lifted.turned.orientations(lifted.joints_m), true)
    return angle, known & (batch.present > 0)[..., None]


@torch.no_grad()
def calibrate(network: PoseMoE, motion: Motion, memory: Memory, people: int = CALIBRATED_ON) -> torch.Tensor:
    """Scales the sigmas of each segment so that 68 % lie within, on people of training; returns the factors (S,)."""
    head: OrientationHead = network.orientation
    rng = torch.Generator(motion.positions_m.device).manual_seed(SEED)
    ratios = []
    for _ in range(max(1, people // AT_ONCE)):
        batch = make_batch(motion, min(people, AT_ONCE), FRAMES, rng, vary=False, memory=memory)
        lifted = network.lift(*batch.inputs, memory)
        angle, known = errors(lifted, batch)
        ratios.append((angle.rad2deg() / lifted.turned.sigma_deg).masked_fill(~known, math.nan).flatten(0, -2))
    factor = torch.cat(ratios).nanquantile(WITHIN_SIGMA, 0)
    head.last.bias[-len(factor):] += factor.log()
    return factor
