"""The run of an adaptation: simulated people like the user's beside the user's own, until a held-out part gains no more."""

import copy
from dataclasses import dataclass
from typing import Any, Callable, Dict, Sequence

import torch

from ..calibrate import WITHIN_SIGMA
from ..data import Motion
from ..draw import Draw
from ..evaluation.held_out import quick
from ..loss import loss_of
from ..memory import Memory
from ..network import Lifted, PoseMoE
from ..poses import Poses
from ..prior.embedding import PoseEmbedding
from ..recipe import Stage
from ..streams import AS_RECORDED, Batch, World
from ..streams import make_batch as usual_batch
from ..train import Optimizer
from .likeness import Likeness, from_other_sides, make_batch
from .objectives import NAMES, WEIGHTS, all_of
from .tracks import Track, streams
from .users import FRAMES, SEED, Users, users_of

# Streams a step, of each kind. Where no cameras agree nobody is seen from other sides: more are simulated then.
USERS, SIDES, LIKE, USUAL = 8, 16, 10, 16
KEPT = 1.0                                    # weight of what the network said of usual people before
MATRIX_RATE, OTHER_RATE, WARM, AVERAGE = 0.003, 1e-4, 20, 0.95
ROUNDS, STEPS = 4, 75                         # the held-out part is looked at after each round
LEAST_GAIN = 0.02                             # of what is measured there, or the weights are left alone
MOST_LOST_MM, LOST_PER_GAIN = 0.8, 0.2        # by usual people: so much, or that share of what those like the user's gain
SHARES = (1.0, 0.75, 0.5, 0.25)               # of the way from the weights that it began with
HELD_STREAMS, LOOKED_AT = 48, 384
PARTS = ("kept", "likeness", "sides", *NAMES)  # what can be left out
# And is, unless it is asked for: what one camera says of its own people made it worse (docs/adapting.md).
COSTLY = tuple(name for name in NAMES if name != "agreement")


@dataclass
class Outcome:
    network: PoseMoE
    adapted: bool
    before: Dict[str, float]
    after: Dict[str, float]
    usual_before: Dict[str, float]
    usual_after: Dict[str, float]
    like: Likeness

    def as_dict(self) -> Dict[str, Any]:
        rows = {name: getattr(self, name) for name in ("adapted", "before", "after", "usual_before", "usual_after")}
        return {**rows, "noise_m": self.like.detectors.noise_m, "constant_scores": self.like.detectors.constant_scores,
                "up": [round(v, 3) for v in self.like.up.mean(0).tolist()],
                "marks_moved_m": [[round(v, 3) for v in row] for row in self.like.moved_m.tolist()]}


def adapt(network: PoseMoE, memory: Memory, tracks: Sequence[Track], motion: Motion, held_out: Motion,
          embedding: PoseEmbedding, leave_out: Sequence[str] = COSTLY, rounds: int = ROUNDS,
          report: Callable[[str], None] = print) -> Outcome:
    """Fine-tunes a copy of `network` on keypoints alone, then goes as far from where it began as the held-out part
    gains and the usual people do not lose (interpolated weights: WiSE-FT, arXiv 2109.01903)."""
    users = users_of(network, tracks, motion, memory)
    report(f"{sum(len(t.stamp_s) for t in users.agreed)} of {sum(len(t.stamp_s) for t in users.learnt)} frames are "
           "of people whom several cameras see")
    before = scores(network, users, held_out, embedding, memory)
    usual_before = quick(network, held_out, LOOKED_AT, memory)
    tuned = copy.deepcopy(network)
    student = copy.deepcopy(network)
    optimizer = Optimizer(student, Stage("adapt", rounds * STEPS, FRAMES, USERS, MATRIX_RATE, OTHER_RATE))
    rng = torch.Generator().manual_seed(SEED)
    for turn in range(rounds):
        student.train()
        for step in range(STEPS):
            done = turn * STEPS + step
            student.zero_grad(set_to_none=True)
            _loss(student, network, memory, users, motion, embedding, leave_out, rng).backward()
            torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
            optimizer.step(min(1.0, (done + 1) / WARM) * (1 - 0.95 * done / (rounds * STEPS)))
            with torch.no_grad():
                for kept, mine in zip(tuned.parameters(), student.parameters()):
                    kept.lerp_(mine, 1 - AVERAGE)
        report(f"round {turn + 1} of {rounds}: held-out keypoints "
               f"{_total(scores(tuned, users, held_out, embedding, memory), leave_out):.4f} "
               f"({_total(before, leave_out):.4f} before)")
    best = Outcome(network.eval(), False, before, before, usual_before, usual_before, users.like)
    lowest = (1 - LEAST_GAIN) * _total(before, leave_out)
    for share in SHARES:
        between = part_of_the_way(network, tuned, share)
        after, usual = scores(between, users, held_out, embedding, memory), quick(between, held_out, LOOKED_AT, memory)
        report(f"{share:.0%} of the way: held-out keypoints {_total(after, leave_out):.4f}, "
               f"usual people {usual['mpjpe_mm']:.1f} mm ({usual_before['mpjpe_mm']:.1f})")
        lost_mm = usual["mpjpe_mm"] - usual_before["mpjpe_mm"]
        if lost_mm <= _most_lost_mm(before, after) and _total(after, leave_out) < lowest:
            lowest = _total(after, leave_out)
            best = Outcome(between.eval(), True, before, after, usual_before, usual, users.like)
    return best


def _most_lost_mm(before: Dict[str, float], after: Dict[str, float]) -> float:
    """Whoever has a camera and a detector as few have gains more by them than others lose."""
    return max(MOST_LOST_MM, LOST_PER_GAIN * 1000 * (before["likeness"] - after["likeness"]))


@torch.no_grad()
def part_of_the_way(network: PoseMoE, tuned: PoseMoE, share: float) -> PoseMoE:
    """The network whose weights lie between two others'."""
    between = copy.deepcopy(network)
    for mine, other in zip(between.parameters(), tuned.parameters()):
        mine.lerp_(other, share)
    return between


def _loss(network: PoseMoE, before: PoseMoE, memory: Memory, users: Users, motion: Motion, embedding: PoseEmbedding,
          leave_out: Sequence[str], rng: torch.Generator) -> torch.Tensor:
    usual = usual_batch(motion, USUAL, FRAMES, rng, memory=memory, world=World(Poses(), AS_RECORDED.detectors))
    lifted = network.lift(*usual.inputs, memory)
    total = sum(loss_of(lifted, usual).values())
    if "kept" not in leave_out:
        total = total + KEPT * _moved_m(lifted, before, usual, memory)
    batches = []
    if "likeness" not in leave_out:
        batches.append(make_batch(motion, users.like, LIKE + (0 if users.agreed else SIDES), FRAMES, rng, memory))
    if users.agreed and "sides" not in leave_out:
        batches.append(from_other_sides(users.agreed, users.ups(users.agreed), users.like, SIDES, FRAMES, rng, memory))
    for batch in batches:
        total = total + sum(loss_of(network.lift(*batch.inputs, memory), batch).values())
    names = [name for name in NAMES if name not in leave_out and (users.agreed or name != "agreement")]
    if names:
        of = streams(users.learnt, USERS, FRAMES, rng, memory)
        lifted, up = network.lift(*of.batch.inputs, memory), users.ups(users.learnt)
        terms = all_of(network, lifted, of, up, users.like, embedding, Draw(rng), names)
        total = total + sum(WEIGHTS[name] * term for name, term in terms.items())
    return total


def _moved_m(lifted: Lifted, before: PoseMoE, batch: Batch, memory: Memory) -> torch.Tensor:
    """How far joints are from where they were lifted before (learning without forgetting, arXiv 1606.09282): what is asked
    of usual people is far less noisy than their truth alone."""
    with torch.no_grad():
        kept_m = before.lift(*batch.inputs, memory).joints_m
    return ((lifted.joints_m - kept_m).norm(dim=-1).mean(-1) * batch.used).sum() / batch.used.sum()


@torch.no_grad()
def scores(network: PoseMoE, users: Users, held_out: Motion, embedding: PoseEmbedding,
           memory: Memory) -> Dict[str, float]:
    """What the held-out part says, always of the same streams seen from the same other sides, and what people do whom
    nobody learnt from, who look like the user's."""
    of = streams(users.held, HELD_STREAMS, FRAMES, torch.Generator().manual_seed(SEED), memory)
    lifted = network.eval().lift(*of.batch.inputs, memory)
    like = make_batch(held_out, users.like, LOOKED_AT, FRAMES, torch.Generator().manual_seed(SEED + 3), memory)
    error_m = (network.lift(*like.inputs, memory).joints_m[:, -1] - like.joints_m[:, -1]).norm(dim=-1)[:, 1:].mean()
    terms = all_of(network, lifted, of, users.ups(users.held), users.like, embedding,
                   Draw(torch.Generator().manual_seed(SEED + 1)))
    return {"likeness": float(error_m), **{name: float(value) for name, value in terms.items()}}


def _total(found: Dict[str, float], leave_out: Sequence[str]) -> float:
    return sum(WEIGHTS.get(name, 1.0) * value for name, value in found.items() if name not in leave_out)


def recalibrate(network: PoseMoE, like: Likeness, motion: Motion, memory: Memory, people: int = 512) -> float:
    """Scales sigma so that it is true of people who look like the user's; returns the factor."""
    with torch.no_grad():
        batch: Batch = make_batch(motion, like, people, FRAMES, torch.Generator().manual_seed(SEED + 2), memory)
        lifted = network.eval().lift(*batch.inputs, memory)
        ratio = (lifted.joints_m - batch.joints_m).norm(dim=-1) / lifted.sigma_m
        factor = ratio[batch.present > 0][:, 1:].flatten().quantile(WITHIN_SIGMA).item()
        network.sigma_head[-1].bias += torch.tensor(factor).log()
    return factor
