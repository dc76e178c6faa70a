"""The run of an adaptation: simulated people like the user's beside the user's own, until a held-out part gains no more."""

import copy
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterable, List, Sequence, Tuple

import torch

from ..calibrate import WITHIN_SIGMA
from ..data import Motion
from ..draw import Draw
from ..evaluation.held_out import quick
from ..loss import loss_of
from ..memory import Memory
from ..network import PoseMoE
from ..poses import Poses
from ..prior.embedding import PoseEmbedding
from ..streams import AS_RECORDED, Batch, World
from ..streams import make_batch as usual_batch
from .likeness import Likeness, make_batch, of_tracks, upwards
from .objectives import NAMES, WEIGHTS, all_of
from .tracks import Track, TrackError, split, streams, useful

FRAMES, USERS, LIKE, USUAL = 16, 16, 20, 12   # frames of a stream; streams a step, of each kind
RATE, WARM, AVERAGE = 1.5e-4, 20, 0.98
ROUNDS, STEPS = 8, 40                         # the held-out part is looked at after each round
LEAST_GAIN = 0.02                             # of what is measured there, or the weights are left alone
MOST_LOST_MM = 1.0                            # by the usual simulated people
LEAST_FRAMES, LEAST_MOVING = 200, 0.1         # of keypoints, and of them those of people who change their pose
HELD_STREAMS, LOOKED_AT = 48, 384
ANCHOR = 2e-3                                 # pull towards the weights that it began with, a step
SEED = 23
SLOWEST_S = 0.12                              # between frames, for their noise to be told from movement


@dataclass
class Outcome:
    network: PoseMoE
    adapted: bool
    before: Dict[str, float]
    after: Dict[str, float]
    usual_before: Dict[str, float]
    usual_after: Dict[str, float]
    like: Likeness
    told: List[str] = field(default_factory=list)

    def as_dict(self) -> Dict[str, Any]:
        rows = {name: getattr(self, name) for name in ("adapted", "before", "after", "usual_before", "usual_after")}
        return {**rows, "noise_m": self.like.detectors.noise_m, "constant_scores": self.like.detectors.constant_scores,
                "up": [round(v, 3) for v in self.like.up.tolist()]}


def check(tracks: Sequence[Track]) -> List[Track]:
    """Tracks that something can be learnt from.

    Raises `TrackError` where there is nobody, too little, or nobody who moves.
    """
    kept = useful(tracks)
    frames = sum(len(t.stamp_s) for t in kept)
    if frames < LEAST_FRAMES:
        found = sum(len(t.stamp_s) for t in tracks)
        raise TrackError(f"found {len(tracks)} people in {found} frames of keypoints, {frames} of them of use; expected at "
                         f"least {LEAST_FRAMES} frames in which a person is seen for a while")
    moving = [(t.keypoints[1:, :, :2] - t.keypoints[:1, :, :2]).abs().amax((1, 2)) > 0.1 for t in kept]
    share = float(torch.cat(moving).float().mean())
    if share < LEAST_MOVING:
        raise TrackError("nobody moves: these are pictures of something, or one pose; expected people who move")
    return kept


@torch.no_grad()
def look(network: PoseMoE, tracks: Sequence[Track], memory: Memory):
    """A batch of the user's streams, and what the network says of it."""
    batch = streams(tracks, HELD_STREAMS, FRAMES, torch.Generator().manual_seed(SEED), memory)
    return batch, network.eval().lift(*batch.inputs, memory)


def likeness(network: PoseMoE, tracks: Sequence[Track], motion: Motion, memory: Memory) -> Likeness:
    batch, lifted = look(network, tracks, memory)
    used = batch.present > 0
    camera_m = torch.einsum("btij,btki->btkj", batch.view_from_camera, lifted.joints_m)[used]
    up = upwards(camera_m, batch.keypoints[..., 2][used])
    if up is None:
        up = torch.tensor([0.0, -1.0, 0.0])
    return of_tracks(tracks, up, shaking(tracks, motion), torch.Generator().manual_seed(SEED))


def shaking(tracks: Sequence[Track], motion: Motion) -> float:
    """How many times the usual detector's noise that of these tracks has, by what changes from frame to frame.

    Compared with simulated people at the same rate; 1 where frames are too far apart, or too few, to tell.
    """
    steps_s = [t.stamp_s.diff() for t in tracks if len(t.stamp_s) >= 4]
    if not steps_s:
        return 1.0
    step_s = torch.cat(steps_s).median().item()
    if step_s > SLOWEST_S:
        return 1.0
    batch = usual_batch(motion, 48, FRAMES, torch.Generator().manual_seed(SEED), vary=False, rate_hz=1 / step_s)
    mine = _third_difference(((t.keypoints, t.keypoints[..., 2] > 0) for t in tracks))
    usual = _third_difference(((k, (k[..., 2] > 0) & (p[:, None] > 0)) for k, p in zip(batch.keypoints, batch.present)))
    return min(4.0, max(0.5, mine / usual)) if mine and usual else 1.0


def _third_difference(rows: Iterable[Tuple[torch.Tensor, torch.Tensor]]) -> float:
    """Its median size over keypoints (N, 17, 3) seen in four frames in a row, (N, 17): movement leaves little of it, noise
    much. 0 where there are too few."""
    off = []
    for keypoints, seen in rows:
        x = keypoints[..., :2]
        third = x[3:] - 3 * x[2:-1] + 3 * x[1:-2] - x[:-3]
        off.append(third[seen[3:] & seen[2:-1] & seen[1:-2] & seen[:-3]].flatten().abs())
    together = torch.cat(off) if off else torch.zeros(0)
    return together.median().item() if together.numel() >= 100 else 0.0


def adapt(network: PoseMoE, memory: Memory, tracks: Sequence[Track], motion: Motion, held_out: Motion,
          embedding: PoseEmbedding, leave_out: Sequence[str] = (), rounds: int = ROUNDS,
          report: Callable[[str], None] = print) -> Outcome:
    """Fine-tunes a copy of `network` on keypoints alone; keeps the weights that do best on the held-out part."""
    learnt, held = split(check(tracks))
    if not learnt or not held:
        raise TrackError("every person is seen for a moment only; expected some who stay for two seconds or more")
    like = likeness(network, learnt, motion, memory)
    before = scores(network, held, like, embedding, memory)
    usual_before = quick(network, held_out, LOOKED_AT, memory)
    best, best_score, after, usual_after = network, _total(before, leave_out), before, usual_before
    first_score = best_score
    student = copy.deepcopy(network)
    average = copy.deepcopy(network)
    anchor = [p.detach().clone() for p in network.parameters()]
    optimizer = torch.optim.AdamW(student.parameters(), lr=RATE, weight_decay=0.0)
    rng = torch.Generator().manual_seed(SEED)
    for turn in range(rounds):
        student.train()
        for step in range(STEPS):
            done = turn * STEPS + step
            share = min(1.0, (done + 1) / WARM) * (1 - 0.9 * done / (rounds * STEPS))
            for group in optimizer.param_groups:
                group["lr"] = RATE * share
            optimizer.zero_grad()
            _loss(student, memory, learnt, motion, like, embedding, leave_out, rng).backward()
            torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
            optimizer.step()
            with torch.no_grad():
                for mine, kept, first in zip(student.parameters(), average.parameters(), anchor):
                    mine.lerp_(first, ANCHOR)
                    kept.lerp_(mine, 1 - AVERAGE)
        found, usual = scores(average, held, like, embedding, memory), quick(average, held_out, LOOKED_AT, memory)
        total = _total(found, leave_out)
        report(f"round {turn + 1} of {rounds}: held-out keypoints {total:.4f} ({first_score:.4f} before), "
               f"usual people {usual['mpjpe_mm']:.1f} mm ({usual_before['mpjpe_mm']:.1f})")
        if usual["mpjpe_mm"] > usual_before["mpjpe_mm"] + MOST_LOST_MM:
            report(f"the usual people lose more than {MOST_LOST_MM:g} mm: what came before is kept")
            break
        if total < best_score:
            best, best_score, after, usual_after = copy.deepcopy(average), total, found, usual
    adapted = best_score < (1 - LEAST_GAIN) * first_score
    if not adapted:
        best, after, usual_after = network, before, usual_before
    return Outcome(best.eval(), adapted, before, after, usual_before, usual_after, like)


def _loss(network: PoseMoE, memory: Memory, tracks: Sequence[Track], motion: Motion, like: Likeness,
          embedding: PoseEmbedding, leave_out: Sequence[str], rng: torch.Generator) -> torch.Tensor:
    total = torch.zeros(())
    usual = usual_batch(motion, USUAL, FRAMES, rng, memory=memory, world=World(Poses(), AS_RECORDED.detectors))
    for batch in (make_batch(motion, like, LIKE, FRAMES, rng, memory), usual):
        total = total + sum(loss_of(network.lift(*batch.inputs, memory), batch).values())
    batch = streams(tracks, USERS, FRAMES, rng, memory)
    lifted = network.lift(*batch.inputs, memory)
    for name, term in all_of(network, lifted, batch, like, embedding, Draw(rng)).items():
        if name not in leave_out:
            total = total + WEIGHTS[name] * term
    return total


@torch.no_grad()
def scores(network: PoseMoE, tracks: Sequence[Track], like: Likeness, embedding: PoseEmbedding,
           memory: Memory) -> Dict[str, float]:
    """What the held-out part says, always of the same streams seen from the same other sides."""
    batch, lifted = look(network, tracks, memory)
    terms = all_of(network, lifted, batch, like, embedding, Draw(torch.Generator().manual_seed(SEED + 1)))
    return {name: float(value) for name, value in terms.items()}


def _total(found: Dict[str, float], leave_out: Sequence[str]) -> float:
    return sum(WEIGHTS[name] * found[name] for name in NAMES if name not in leave_out)


def recalibrate(network: PoseMoE, like: Likeness, motion: Motion, memory: Memory, people: int = 512) -> float:
    """Scales sigma so that it is true of people who look like the user's; returns the factor."""
    with torch.no_grad():
        batch: Batch = make_batch(motion, like, people, FRAMES, torch.Generator().manual_seed(SEED + 2), memory)
        lifted = network.eval().lift(*batch.inputs, memory)
        ratio = (lifted.joints_m - batch.joints_m).norm(dim=-1) / lifted.sigma_m
        factor = ratio[batch.present > 0][:, 1:].flatten().quantile(WITHIN_SIGMA).item()
        network.sigma_head[-1].bias += torch.tensor(factor).log()
    return factor
