"""Inputs with PyTorch's outputs, by which tests/parity/ proves that Rust computes the same.

`stream.*`   a scene: people come, leave and return at irregular stamps; what the whole stream at once gives.
             A visit is one unbroken presence: whoever returns is remembered no more.
`window.*`   windows, with frames that are missing and frames after the one that is answered.
`views.*`    made-up rays with their person-centred view.
"""

import copy
from pathlib import Path
from typing import Dict, List, Tuple

import torch
from safetensors.torch import save_file

from ..data import Motion
from ..memory import Memory
from ..network import PoseMoE
from ..streams import make_batch
from ..view import person_view
from .parity import FRAMES, held_out_people

Tensors = Dict[str, torch.Tensor]

SCENE_FRAMES = 2100
# First frame and length of each visit: one stays throughout, others overlap, two last for a moment.
VISITS = ((0, 2100), (150, 420), (300, 60), (640, 300), (700, 7), (1300, 500), (1310, 1))
MISSED_CHANCE = 0.06   # of a frame in which a visitor is not seen
WINDOWS, AFTER = 5, 4  # frames of a window that come after the one that is answered
VIEWS = 20


def write_fixture(network: PoseMoE, memory: Memory, held_out: Motion, out: Path) -> None:
    tensors = {**_stream(network.eval(), memory, held_out), **_windows(network, held_out), **_views()}
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, out)
    print(f"{out}: {out.stat().st_size / 1e3:.0f} kB")


@torch.no_grad()  # in double precision: what rounding in float32 does to the stream is part of the difference
def _stream(network: PoseMoE, memory: Memory, held_out: Motion) -> Tensors:
    network = copy.deepcopy(network).double()
    rng = torch.Generator().manual_seed(13)
    stamp_s = _scene_stamps(rng)
    rows: List[Tuple[int, int, Tensors]] = []
    for visit, (first, length) in enumerate(VISITS):
        frame = torch.arange(first, first + length)
        seen = torch.rand(length, generator=rng) >= MISSED_CHANCE
        seen[0] = True
        frame = frame[seen]
        keypoints, view = _detections(held_out, len(frame), seed=100 + visit)
        age_s = stamp_s[frame[-1]] - stamp_s[frame]
        lifted = network.lift(*(t.double()[None] for t in (keypoints, view, age_s, torch.ones(len(frame)))), memory)
        columns = {"keypoints": keypoints, "view": view, "joints_m": lifted.joints_m[0].float(),
                   "sigma_m": lifted.sigma_m[0].float()}
        rows += [(int(at), visit, {name: column[n] for name, column in columns.items()}) for n, at in enumerate(frame)]
    rows.sort(key=lambda row: row[:2])
    return {
        "stream.stamp_ns": (stamp_s * 1e9).round().long(),
        "stream.frame": torch.tensor([row[0] for row in rows]), "stream.visit": torch.tensor([row[1] for row in rows]),
        **{f"stream.{name}": torch.stack([row[2][name] for row in rows]) for name in rows[0][2]},
    }


def _scene_stamps(rng: torch.Generator) -> torch.Tensor:
    """About 30 Hz with jitter, drops, and now and then a gap; whole nanoseconds, long after 0."""
    unit = torch.rand(SCENE_FRAMES, 3, generator=rng, dtype=torch.float64)
    gap_s = (0.7 + 0.6 * unit[:, 0]) / 30 * (1 + (unit[:, 1] < 0.05)) + 0.45 * (unit[:, 2] < 0.01)
    return 1_700_000_003.25 + (gap_s.cumsum(0) * 1e6).round() / 1e6


def _detections(held_out: Motion, frames: int, seed: int) -> Tuple[torch.Tensor, torch.Tensor]:
    """Keypoints (F, 17, 3) and views (F, 3) of one clip after the other."""
    clips = -(-frames // FRAMES)
    batch = make_batch(held_out, clips, FRAMES, torch.Generator().manual_seed(seed), vary=False)
    there = batch.present > 0
    keypoints, view = batch.keypoints[there], batch.view[there]
    again = torch.arange(frames) % len(view)
    return keypoints[again], view[again]


@torch.no_grad()
def _windows(network: PoseMoE, held_out: Motion) -> Tensors:
    batch = held_out_people(held_out, WINDOWS)
    answered = FRAMES - 1 - AFTER
    order = [*(frame for frame in range(FRAMES) if frame != answered), answered]
    present = batch.used
    present[:, answered] = 1
    inputs = {
        "keypoints": batch.keypoints, "view": batch.view, "present": present,
        "age_s": (batch.age_s - batch.age_s[:, answered, None]) * present,
    }
    inputs = {name: tensor[:, order] for name, tensor in inputs.items()}
    joints_m, sigma_m = network.lift_newest(*(inputs[name] for name in ("keypoints", "view", "age_s", "present")))
    return {f"window.{name}": tensor for name, tensor in {**inputs, "joints_m": joints_m, "sigma_m": sigma_m}.items()}


def _views() -> Tensors:
    """A quarter of the joints are not seen."""
    rng = torch.Generator().manual_seed(12)

    def unit(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=rng, dtype=torch.float64)

    direction, apart = 1.6 * unit(VIEWS, 1, 2) - 0.8, 0.4 * unit(VIEWS, 17, 2) - 0.2
    seen = unit(VIEWS, 17) > 0.25
    rays, scores = direction + apart, unit(VIEWS, 17).clamp(min=0.05) * seen
    rays = rays * seen[..., None]
    view = person_view(rays, scores)
    columns = {"rays": rays, "scores": scores, "keypoints": view.keypoints, "view": view.view,
               "view_from_camera": view.view_from_camera}
    return {f"views.{name}": column for name, column in columns.items()}
