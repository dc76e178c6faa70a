"""Inputs with PyTorch's outputs, by which tests/parity/ proves that Rust computes the same.

`stream.*`   a scene: people come, leave and return at irregular stamps; what the whole stream at once gives.
             A visit is one unbroken presence: whoever returns is remembered no more.
`window.*`   windows, with frames that are missing and frames after the one that is answered.
`views.*`    made-up rays and depths with their person-centred view.

Of a part of all frames and views depths are measured. A network that says how segments are turned has `segments` too.
"""

import copy
from pathlib import Path
from typing import Dict, List, NamedTuple, Tuple

import torch
from safetensors.torch import save_file

from ..data import Motion
from ..memory import Memory
from ..network import PoseMoE
from ..orientation import as_said
from ..skeleton import TORSO
from ..streams import make_batch
from ..view import depth_view, person_view
from .parity import FRAMES, WORLD, held_out_people

Tensors = Dict[str, torch.Tensor]

MISSED_CHANCE = 0.06   # of a frame in which a visitor is not seen
WINDOWS, AFTER = 5, 4  # frames of a window that come after the one that is answered
VIEWS = 40
NO_RAY, NO_DEPTH, BACKGROUND = 0.25, 0.4, 0.1  # shares of a view's joints
LITTLE_OF_THE_TORSO = slice(0, 8)              # views of which one joint of the torso is measured, or none


class Scene(NamedTuple):
    """Of a stream: one stays throughout, others overlap, some last for a moment."""

    frames: int = 2100
    # First frame and length of each visit.
    visits: Tuple[Tuple[int, int], ...] = (
        (0, 2100), (150, 420), (300, 60), (640, 300), (700, 7), (1300, 500), (1310, 1))


def write_fixture(network: PoseMoE, memory: Memory, held_out: Motion, out: Path, scene: Scene = Scene()) -> None:
    tensors = {**_stream(network.eval(), memory, held_out, scene), **_windows(network, held_out), **_views()}
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, out)
    print(f"{out}: {out.stat().st_size / 1e3:.0f} kB")


@torch.no_grad()  # in double precision: what rounding in float32 does to the stream is part of the difference
def _stream(network: PoseMoE, memory: Memory, held_out: Motion, scene: Scene) -> Tensors:
    network = copy.deepcopy(network).double()
    rng = torch.Generator().manual_seed(13)
    stamp_s = _stamps(scene.frames, rng)
    rows: List[Tuple[int, int, Tensors]] = []
    for visit, (first, length) in enumerate(scene.visits):
        frame = torch.arange(first, first + length)
        seen = torch.rand(length, generator=rng) >= MISSED_CHANCE
        seen[0] = True
        frame = frame[seen]
        columns = _detections(held_out, len(frame), seed=100 + visit)
        age_s = stamp_s[frame[-1]] - stamp_s[frame]
        given = (*columns.values(), age_s, torch.ones(len(frame)))
        lifted = network.lift(*(t.double()[None] for t in given), memory)
        columns |= {"joints_m": lifted.joints_m[0].float(), "sigma_m": lifted.sigma_m[0].float()}
        if lifted.turned is not None:
            columns["segments"] = as_said(*lifted.turned)[0].float()
        rows += [(int(at), visit, {name: column[n] for name, column in columns.items()}) for n, at in enumerate(frame)]
    rows.sort(key=lambda row: row[:2])
    return {
        "stream.stamp_ns": (stamp_s * 1e9).round().long(),
        "stream.frame": torch.tensor([row[0] for row in rows]), "stream.visit": torch.tensor([row[1] for row in rows]),
        **{f"stream.{name}": torch.stack([row[2][name] for row in rows]) for name in rows[0][2]},
    }


def _stamps(frames: int, rng: torch.Generator) -> torch.Tensor:
    """About 30 Hz with jitter, drops, and now and then a gap; whole nanoseconds, long after 0."""
    unit = torch.rand(frames, 3, generator=rng, dtype=torch.float64)
    gap_s = (0.7 + 0.6 * unit[:, 0]) / 30 * (1 + (unit[:, 1] < 0.05)) + 0.45 * (unit[:, 2] < 0.01)
    return 1_700_000_003.25 + (gap_s.cumsum(0) * 1e6).round() / 1e6


def _detections(held_out: Motion, frames: int, seed: int) -> Tensors:
    """Keypoints (F, 17, 3), views (F, 3) and depths (F, 17, 3) of one clip after the other."""
    clips = -(-frames // FRAMES)
    batch = make_batch(held_out, clips, FRAMES, torch.Generator().manual_seed(seed), vary=False, world=WORLD)
    there = batch.present > 0
    again = torch.arange(frames) % there.sum()
    columns = {"keypoints": batch.keypoints, "view": batch.view, "depth": batch.depth}
    return {name: column[there][again] for name, column in columns.items()}


@torch.no_grad()
def _windows(network: PoseMoE, held_out: Motion) -> Tensors:
    batch = held_out_people(held_out, WINDOWS)
    answered = FRAMES - 1 - AFTER
    order = [*(frame for frame in range(FRAMES) if frame != answered), answered]
    present = batch.used
    present[:, answered] = 1
    inputs = {
        "keypoints": batch.keypoints, "view": batch.view, "depth": batch.depth,
        "age_s": (batch.age_s - batch.age_s[:, answered, None]) * present, "present": present,
    }
    inputs = {name: tensor[:, order] for name, tensor in inputs.items()}
    said = dict(zip(("joints_m", "sigma_m", "segments"), network.lift_newest(*inputs.values())))
    return {f"window.{name}": tensor for name, tensor in {**inputs, **said}.items()}


def _views() -> Tensors:
    """Of some joints there is no ray, of others no depth, or that of the background."""
    rng = torch.Generator().manual_seed(12)

    def unit(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=rng, dtype=torch.float64)

    direction, apart = 1.6 * unit(VIEWS, 1, 2) - 0.8, 0.4 * unit(VIEWS, 17, 2) - 0.2
    seen = unit(VIEWS, 17) > NO_RAY
    rays, scores = direction + apart, unit(VIEWS, 17).clamp(min=0.05) * seen
    rays = rays * seen[..., None]
    view = person_view(rays, scores)
    depth_m = 1 + 7 * unit(VIEWS, 1) + 0.4 * unit(VIEWS, 17) + 10 * (unit(VIEWS, 17) < BACKGROUND)
    depth_m = depth_m * (unit(VIEWS, 17) > NO_DEPTH)
    depth_m[LITTLE_OF_THE_TORSO, list(TORSO[1:])] = 0
    columns = {"rays": rays, "scores": scores, "depth_m": depth_m, "keypoints": view.keypoints, "view": view.view,
               "depth": depth_view(rays, scores, depth_m, view), "view_from_camera": view.view_from_camera}
    return {f"views.{name}": column for name, column in columns.items()}
