"""People of a scene: where each walks, stands and sits, and with which pose; world frame, z up, metres."""

from typing import List, NamedTuple, Tuple

import torch

from ..anthropometry import Body
from ..bodies import resize
from ..data import Motion
from ..draw import Draw
from ..poses import SITTING, bones_of, fold, joined, level_frame

WALK, STAND, SIT = range(3)
ROOM_M = ((1.6, 6.5), (-2.6, 2.6))      # x ahead of the robot, y
SPEED_M_S = (0.6, 1.4)
PAUSE_S = (2.0, 7.0)
SIT_CHANCE = 0.3
TURN_RAD_S, CHANGE_S = 2.0, 1.4         # how fast people turn, and change what they do
STEADY_S = 0.3                          # over which the height above the floor is evened out
APART_M = 0.6                           # that people keep between their paths
CYCLE_S = (0.85, 1.4)                   # of a gait
SEAT_M, ANKLE_M = 0.45, 0.08


class People(NamedTuple):
    joints_m: torch.Tensor   # (P, T, 17, 3)
    doing: torch.Tensor      # (P, T) WALK, STAND or SIT
    body: Body


class Clip(NamedTuple):
    """Poses (F, 17, 3) that face x, relative to the pelvis, to be repeated every `seconds`."""

    poses_m: torch.Tensor
    seconds: float


def _facing_x(x: torch.Tensor) -> torch.Tensor:
    """Poses relative to the pelvis, turned about z so that each faces x."""
    level = level_frame(bones_of(x[None]))[0]
    return torch.einsum("tji,tkj->tki", level, x - x[:, :1])


def _clips(motion: Motion) -> Tuple[List[Clip], List[Clip]]:
    """Gait cycles, and people who stand, of all recordings that have them."""
    walks, stands = [], []
    for first, length, fps in zip(motion.first.tolist(), motion.length.tolist(), motion.fps.tolist()):
        x = motion.positions_m[first:first + length]
        path_m = x[:, 0, :2]
        if length < 3 * fps:
            continue
        speed = (path_m[int(fps):] - path_m[:-int(fps)]).norm(dim=-1)
        start = int(speed.argmax())
        if 0.8 < speed.median() < 1.7 and _straight(path_m[start:start + int(fps)]):
            walks.append(_cycle(_facing_x(x[start:start + int(2.5 * fps)]), fps))
        elif speed.max() < 0.12 and length > 6 * fps and _upright(x):
            still = _facing_x(x[:int(12 * fps)])
            stands.append(Clip(torch.cat([still, still.flip(0)]), 2 * len(still) / fps))
    return [clip for clip in walks if clip], stands


def _straight(path_m: torch.Tensor) -> bool:
    return bool((path_m[-1] - path_m[0]).norm() > 0.95 * path_m.diff(dim=0).norm(dim=-1).sum())


def _upright(x: torch.Tensor) -> bool:
    return bool((x[:, 0, 2] - x[:, [3, 6], 2].mean(1)).min() > 0.75)


def _cycle(poses_m: torch.Tensor, fps: float):
    """The stretch whose end is most like its beginning."""
    best = None
    for frames in range(int(CYCLE_S[0] * fps), int(CYCLE_S[1] * fps) + 1):
        if frames < len(poses_m):
            apart = (poses_m[frames:] - poses_m[:-frames]).norm(dim=-1).mean(-1)
            at = int(apart.argmin())
            if best is None or apart[at] < best[0]:
                best = (apart[at], at, frames)
    if best is None or best[0] > 0.06:
        return None
    _, at, frames = best
    # What is left of the gap is spread over the cycle, so that it repeats without a jump.
    ramp = torch.linspace(0, 1, frames + 1)[:-1, None, None]
    return Clip(poses_m[at:at + frames] - ramp * (poses_m[at + frames] - poses_m[at]), frames / fps)


def _played(clip: Clip, phase_s: torch.Tensor) -> torch.Tensor:
    """Poses (T, 17, 3) at times (T,) since the clip's beginning."""
    at = (phase_s / clip.seconds % 1) * len(clip.poses_m)
    low = at.floor().long() % len(clip.poses_m)
    part = (at - at.floor())[:, None, None]
    return clip.poses_m[low] * (1 - part) + clip.poses_m[(low + 1) % len(clip.poses_m)] * part


def _paths(count: int, times_s: torch.Tensor, draw: Draw) -> Tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Where people are (P, T, 2), which way they head (P, T), and what they do (P, T)."""
    step_s = float(times_s[1] - times_s[0])
    low, high = (torch.tensor([row[i] for row in ROOM_M]) for i in (0, 1))
    at = low + (high - low) * draw.unit(count, 2)
    goal, heading = at.clone(), draw.uniform(-torch.pi, torch.pi, count)
    speed, pause_s = torch.zeros(count), draw.uniform(0, 3, count)
    wanted, doing = draw.uniform(*SPEED_M_S, count), torch.full((count,), STAND)
    rows = []
    for _ in times_s:
        rows.append((at.clone(), heading.clone(), doing.clone()))
        there = (goal - at).norm(dim=-1) < 0.15
        arrived = there & (doing == WALK)
        doing = torch.where(arrived, torch.where(draw.chance(SIT_CHANCE, count), SIT, STAND), doing)
        pause_s = torch.where(arrived, draw.uniform(*PAUSE_S, count), pause_s - step_s)
        leaves = (pause_s <= 0) & (doing != WALK)
        new_goal = low + (high - low) * draw.unit(count, 2)
        goal = torch.where(leaves[:, None], new_goal, goal)
        wanted = torch.where(leaves, draw.uniform(*SPEED_M_S, count), wanted)
        doing = torch.where(leaves, WALK, doing)
        walking = (doing == WALK).float()
        ahead = goal - at
        apart = at[:, None] - at[None]                      # they walk round each other
        near = (APART_M * 1.6 - apart.norm(dim=-1)).clamp(min=0) * (1 - torch.eye(count))
        ahead = ahead / ahead.norm(dim=-1, keepdim=True).clamp(min=1e-6)
        ahead = ahead + 2 * (near[..., None] * apart / apart.norm(dim=-1, keepdim=True).clamp(min=1e-3)).sum(1)
        turn = torch.remainder(torch.atan2(ahead[:, 1], ahead[:, 0]) - heading + torch.pi, 2 * torch.pi) - torch.pi
        heading = heading + (3 * turn).clamp(-TURN_RAD_S, TURN_RAD_S) * step_s * walking
        aligned = turn.cos().clamp(min=0)
        speed = speed + (wanted * walking * aligned - speed) * min(1.0, step_s / 0.3)
        at = at + (speed * step_s)[:, None] * torch.stack([heading.cos(), heading.sin()], -1)
    return tuple(torch.stack(column, 1) for column in zip(*rows))


def _smooth(values: torch.Tensor, span_s: float, step_s: float) -> torch.Tensor:
    """The mean (T,) over a span around each moment."""
    width = max(1, int(span_s / step_s)) | 1
    padded = torch.cat([values[:1].expand(width // 2), values, values[-1:].expand(width // 2)])
    return padded.unfold(0, width, 1).mean(-1)


def make_people(count: int, times_s: torch.Tensor, motion: Motion, draw: Draw) -> People:
    """People at `times_s` (T,), evenly spaced, on paths that cross."""
    walks, stands = _clips(motion)
    at, heading, doing = _paths(count, times_s, draw)
    body, step_s = Body.draw(count, draw), float(times_s[1] - times_s[0])
    everybody = []
    for person in range(count):
        walk, stand = (clips[int(draw.unit(1) * len(clips))] for clips in (walks, stands))
        standing = _played(stand, times_s + 10 * draw.unit(1))
        bones, root = fold(bones_of(standing[None]), standing[None, :, :1], SITTING, torch.ones(1).bool(), draw)
        sitting = joined(0 * root, bones)[0]
        # Steps keep pace with the path: a cycle is as long as the walk's own at a usual speed.
        pace = (at[person].diff(dim=0, prepend=at[person, :1]).norm(dim=-1) / step_s) / 1.2
        walking = _played(walk, (pace.clamp(max=1.5) * step_s).cumsum(0))
        share = [_smooth((doing[person] == what).float(), CHANGE_S, step_s)[:, None, None]
                 for what in (WALK, STAND, SIT)]
        pose = share[0] * walking + share[1] * standing + share[2] * sitting
        c, s = heading[person].cos()[:, None], heading[person].sin()[:, None]
        everybody.append(torch.stack([c * pose[..., 0] - s * pose[..., 1], s * pose[..., 0] + c * pose[..., 1],
                                      pose[..., 2]], -1))
    x = resize(torch.stack(everybody), body)
    x = x - x[:, :, :1]
    floor_m = torch.stack([_smooth(row, STEADY_S, step_s) for row in x[:, :, [3, 6], 2].amin(-1) - ANKLE_M])
    root = torch.cat([at, -floor_m[..., None]], -1)
    return People(x + root[:, :, None], doing, body)
