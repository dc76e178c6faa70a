"""What keypoints say of the user's people, cameras and detector, before anything is learnt from them."""

from dataclasses import dataclass, replace
from typing import Dict, Iterable, List, Sequence, Tuple

import torch

from ..data import Motion
from ..memory import Memory
from ..network import PoseMoE
from ..streams import Batch, make_batch
from .agreement import at_once, in_hindsight, taught
from .likeness import Likeness, of_tracks, upwards
from .likeness import make_batch as make_like
from .marks import found_marks
from .tracks import Track, TrackError, split, streams, useful

LEAST_FRAMES, LEAST_MOVING = 200, 0.1  # of keypoints, and of them those of people who change their pose
SLOWEST_S = 0.12                       # between frames, for their noise to be told from movement
COMPARED, FRAMES, SEED = 48, 16, 23    # streams, and frames of each
LOOKED_AT, LOOKED_FRAMES = 256, 4      # the same, to tell where a detector's marks are
LEVEL = (0.0, -1.0, 0.0)               # which way is up where nobody stands upright


@dataclass(frozen=True)
class Users:
    learnt: List[Track]
    held: List[Track]             # for telling when to stop
    agreed: List[Track]           # of those learnt from, the frames that several cameras see
    up: Dict[str, torch.Tensor]   # (3,) unit, camera optical frame, of each bag
    like: Likeness

    def ups(self, tracks: Sequence[Track]) -> torch.Tensor:
        """Which way is up in each of these tracks, (tracks, 3)."""
        return torch.stack([self.up[track.bag] for track in tracks])


def users_of(network: PoseMoE, tracks: Sequence[Track], motion: Motion, memory: Memory) -> Users:
    """Raises `TrackError` where nothing can be learnt."""
    tracks = check(tracks)
    camera_m = [_lifted(network, track, tracks, memory) for track in tracks]
    known = taught(tracks, camera_m)
    learnt, held = split(known)
    if not learnt or not held:
        raise TrackError("every person is seen for a moment only; expected some who stay for two seconds or more")
    agreed = [t.part(t.taught > 0) for t in learnt if t.taught is not None and (t.taught > 0).sum() > 1]
    up = _ups(known, camera_m)
    like = of_tracks(learnt, torch.stack([up[t.bag] for t in learnt]), shaking(learnt, motion),
                     torch.Generator().manual_seed(SEED))
    return Users(learnt, held, agreed, up, with_marks(network, learnt, like, motion, memory))


def with_marks(network: PoseMoE, tracks: Sequence[Track], like: Likeness, motion: Motion, memory: Memory) -> Likeness:
    """With the user's detector's marks, as far as they can be told."""
    def rng() -> torch.Generator:
        return torch.Generator().manual_seed(SEED + 4)

    def simulated(moved_m: torch.Tensor) -> Batch:
        return make_like(motion, replace(like, moved_m=moved_m), LOOKED_AT, LOOKED_FRAMES, rng(), memory)

    seen = streams(tracks, LOOKED_AT, LOOKED_FRAMES, rng(), memory).batch
    return replace(like, moved_m=found_marks(network, seen, len(tracks), memory, simulated))


def _lifted(network: PoseMoE, track: Track, others: Sequence[Track], memory: Memory) -> torch.Tensor:
    """Poses (N, 17, 3) of a track in its camera's frame: as well as can be where other cameras may see the person, frame
    by frame where they only have to say which way is up."""
    shared = any(at_once(track, other) for other in others)
    return in_hindsight(network, track, memory) if shared else in_hindsight(network, track, memory, around=0)


def _ups(tracks: Sequence[Track], camera_m: Sequence[torch.Tensor]) -> Dict[str, torch.Tensor]:
    """Which way is up for each bag's camera; what several cameras know of poses is believed first."""
    found = {}
    for bag in {track.bag for track in tracks}:
        rows = [n for n, track in enumerate(tracks) if track.bag == bag]
        poses_m = []
        for n in rows:
            own, track = camera_m[n], tracks[n]
            if track.taught is not None:
                better = torch.einsum("nij,nki->nkj", track.view_from_camera(), track.taught_m)
                own = torch.where(track.taught[:, None, None] > 0, better, own)
            poses_m.append(own)
        up = upwards(torch.cat(poses_m), torch.cat([tracks[n].keypoints[..., 2] for n in rows]))
        found[bag] = torch.tensor(LEVEL) if up is None else up
    return found


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
    batch = make_batch(motion, COMPARED, FRAMES, torch.Generator().manual_seed(SEED), vary=False, rate_hz=1 / step_s)
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
