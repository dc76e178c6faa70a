"""What several cameras that see one person agree on, without knowing where they stand.

The cameras stand still and their bags share a clock. Each lifted pose is sure across its line of sight and doubtful along
it; seen from two sides, what one doubts the other knows. So one rotation for each camera, found together with the poses as
in a bundle adjustment, gives poses that are far better than any camera's own, and the network learns from them.
"""

from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple

import torch

from ..memory import Memory
from ..network import PoseMoE
from ..view import DEPTH_FEATURES
from .tracks import Track, sight

ACROSS_M, ALONG_M = 0.02, 0.10   # how sure a lifted joint is across the line of sight, and along it
LEAST_WEIGHT = 0.05              # of a joint that is not seen, where the best seen has about 1
LEAST_COMMON = 40                # frames in which two tracks are seen at once, to be compared
LONGEST_STEP_S = 0.1             # between frames, for what lies between them to be known
MOST_APART_M = 0.15              # mean distance of joints of one person, as two cameras say them
AROUND = 16                      # frames before and after one that the teacher sees
AT_ONCE = 64
STEPS = 25


@dataclass
class View:
    """One camera's poses of a person at the moments of a group, relative to their mean joint, in the camera's frame."""

    camera_m: torch.Tensor     # (N, 17, 3) double
    along: torch.Tensor        # (N, 3) unit line of sight, camera frame
    weight: torch.Tensor       # (N, 17), 0 where this camera does not see the person


@torch.no_grad()
def in_hindsight(network: PoseMoE, track: Track, memory: Memory, around: int = AROUND) -> torch.Tensor:
    """Poses (N, 17, 3) of a track in the camera's frame, from so many frames before and after each."""
    count = len(track.stamp_s)
    offsets = torch.cat([torch.arange(-around, 0), torch.arange(1, around + 1), torch.zeros(1, dtype=torch.long)])
    found = []
    for rows in torch.arange(count).split(AT_ONCE):
        at = rows[:, None] + offsets
        there = (at >= 0) & (at < count)
        at = at.clamp(0, count - 1)
        age_s = (track.stamp_s[rows][:, None] - track.stamp_s[at]).float()
        present = (there & (age_s.abs() <= memory.span_s)).float()
        keypoints, view = track.keypoints[at] * present[..., None, None], track.view[at] * present[..., None]
        depth = torch.zeros(*keypoints.shape[:3], DEPTH_FEATURES)
        found.append(network.eval().lift_newest(keypoints, view, depth, age_s * present, present)[0])
    return torch.einsum("nij,nki->nkj", track.view_from_camera(), torch.cat(found))


def _between(track: Track, values: torch.Tensor, stamp_s: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    """What values (N, ...) of a track are at other stamps (M,), and where that is known (M,)."""
    after = torch.searchsorted(track.stamp_s, stamp_s).clamp(1, len(track.stamp_s) - 1)
    first_s, second_s = track.stamp_s[after - 1], track.stamp_s[after]
    share = ((stamp_s - first_s) / (second_s - first_s).clamp(min=1e-9)).clamp(0, 1)
    inside = (stamp_s >= track.stamp_s[0] - 1e-4) & (stamp_s <= track.stamp_s[-1] + 1e-4)
    share = share.view(-1, *[1] * (values.dim() - 1)).to(values.dtype)
    return values[after - 1].lerp(values[after], share), inside & (second_s - first_s < LONGEST_STEP_S)


def _view(track: Track, camera_m: torch.Tensor, stamp_s: torch.Tensor) -> View:
    centred = (camera_m - camera_m.mean(1, keepdim=True)).double()
    at, there = _between(track, centred, stamp_s)
    along = torch.nn.functional.normalize(_between(track, sight(track.view).double(), stamp_s)[0], dim=-1)
    score = _between(track, track.keypoints[..., 2].double(), stamp_s)[0]
    return View(at, along, (score + LEAST_WEIGHT) * there[:, None])


def _rotations(turn: torch.Tensor) -> torch.Tensor:
    """Rotation matrices (V, 3, 3) of rotation vectors (V, 3)."""
    zero = torch.zeros_like(turn[:, 0])
    x, y, z = turn.unbind(-1)
    return torch.linalg.matrix_exp(torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).view(-1, 3, 3))


def _best_turn(a: torch.Tensor, b: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """The rotation (3, 3) that turns points a (..., 3) onto b best (Kabsch 1976)."""
    u, _, vt = torch.linalg.svd(torch.einsum("...i,...j,...->ij", b, a, weight))
    sign = torch.tensor([1.0, 1.0, float(torch.det(u @ vt).sign())], dtype=a.dtype)
    return u @ torch.diag(sign) @ vt


def _together(views: Sequence[View], common_from_camera: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    """Poses (N, 17, 3) that all views say together, and what that costs: the mean of log(1 + misfit² / 4)."""
    eye = torch.eye(3, dtype=torch.float64)
    normal, right, parts = 0, 0, []
    for view, turn in zip(views, common_from_camera):
        along, said_m = view.along @ turn.T, view.camera_m @ turn.T
        sure = eye / ACROSS_M ** 2 + (ALONG_M ** -2 - ACROSS_M ** -2) * along[:, :, None] * along[:, None, :]
        normal = normal + view.weight[..., None, None] * sure[:, None]
        right = right + view.weight[..., None] * torch.einsum("nij,nkj->nki", sure, said_m)
        parts.append((said_m, sure, view.weight))
    joints_m = torch.linalg.solve(normal + 1e-9 * eye, right[..., None])[..., 0]
    cost = sum((torch.log1p(torch.einsum("nki,nij,nkj->nk", s - joints_m, sure, s - joints_m) / 4) * w).mean()
               for s, sure, w in parts)
    return joints_m, cost


def agree(views: Sequence[View]) -> Tuple[torch.Tensor, torch.Tensor]:
    """Poses (N, 17, 3) in the first camera's frame, and common_from_camera (V, 3, 3)."""
    first = views[0]
    start = torch.stack([_best_turn(v.camera_m, first.camera_m, v.weight * first.weight) for v in views])
    turn = torch.zeros(len(views), 3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([turn], max_iter=STEPS, line_search_fn="strong_wolfe")

    def cost() -> torch.Tensor:
        optimizer.zero_grad()
        value = _together(views, _rotations(turn) @ start)[1]
        value.backward()
        return value

    optimizer.step(cost)
    with torch.no_grad():
        found = _rotations(turn) @ start
        found = found[0].T @ found
        return _together(views, found)[0], found


def apart_m(a: View, b: View) -> Optional[float]:
    """Mean distance of joints as two cameras say them, turned onto each other; `None` where they never see at once."""
    weight = (a.weight * b.weight).sqrt()
    if (weight.amax(1) > 0).sum() < LEAST_COMMON:
        return None
    turned = b.camera_m @ _best_turn(b.camera_m, a.camera_m, weight).T
    return float(((turned - a.camera_m).norm(dim=-1) * weight).sum() / weight.sum())


def at_once(a: Track, b: Track) -> bool:
    """Whether two bags have tracks of the same time."""
    return a.bag != b.bag and min(a.stamp_s[-1], b.stamp_s[-1]) > max(a.stamp_s[0], b.stamp_s[0])


def groups(tracks: Sequence[Track], camera_m: Sequence[torch.Tensor]) -> List[List[int]]:
    """Tracks (rows) of different bags that are of one person: those that are most alike first."""
    pairs = []
    for a, first in enumerate(tracks):
        view = _view(first, camera_m[a], first.stamp_s)
        for b in range(a + 1, len(tracks)):
            second = tracks[b]
            if not at_once(first, second):
                continue
            off_m = apart_m(view, _view(second, camera_m[b], first.stamp_s))
            if off_m is not None and off_m < MOST_APART_M:
                pairs.append((off_m, a, b))
    of: Dict[int, List[int]] = {n: [n] for n in range(len(tracks))}
    for _, a, b in sorted(pairs):
        both = of[a] + of[b]
        if of[a] is not of[b] and len({tracks[n].bag for n in both}) == len(both):
            for n in both:
                of[n] = both
    return [sorted(rows) for rows in {id(rows): rows for rows in of.values()}.values() if len(rows) > 1]


def taught(tracks: Sequence[Track], camera_m: Sequence[torch.Tensor]) -> List[Track]:
    """The tracks, with what all cameras together say of each frame that two or more see. `camera_m` are each track's own
    poses (N, 17, 3) in its camera's frame."""
    out = list(tracks)
    for rows in groups(tracks, camera_m):
        lead = max(rows, key=lambda n: len(tracks[n].stamp_s))
        rows = [lead, *(n for n in rows if n != lead)]
        views = [_view(tracks[n], camera_m[n], tracks[lead].stamp_s) for n in rows]
        seen = torch.stack([v.weight.amax(1) > 0 for v in views]).sum(0) > 1
        views = [View(v.camera_m[seen], v.along[seen], v.weight[seen]) for v in views]
        joints_m, common_from_camera = agree(views)
        moments = tracks[lead].part(seen)
        for n, turn in zip(rows, common_from_camera):
            at, there = _between(moments, joints_m @ turn, tracks[n].stamp_s)
            relative = (at - at[:, :1]).float()
            said_m = torch.einsum("nij,nkj->nki", tracks[n].view_from_camera(), relative)
            out[n] = tracks[n]._replace(taught_m=said_m * there[:, None, None], taught=there.float())
    return out
