"""Inputs with PyTorch's outputs, by which tests/parity.rs proves that Rust computes the same."""

import json
from pathlib import Path
from typing import Dict, List

import torch
from torch import nn

from ..data import Motion
from ..view import person_view
from ..windows import WindowLayout
from .graph import INPUTS
from .parity import held_out_people

PEOPLE = 5
VIEWS = 20


@torch.no_grad()
def write_fixture(network: nn.Module, layout: WindowLayout, held_out: Motion, out: Path) -> None:
    people = held_out_people(held_out, layout, PEOPLE)
    joints_m, sigma_m = network.eval()(*people)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({
        "people": PEOPLE, "frames": layout.frames,
        "inputs": {name: tensor.flatten().tolist() for name, tensor in zip(INPUTS, people)},
        "joints_m": joints_m.flatten().tolist(), "sigma_m": sigma_m.flatten().tolist(),
        "views": _views(),
    }))
    print(f"{out}: {out.stat().st_size / 1e3:.0f} kB")


def _views() -> List[Dict[str, list]]:
    """Made-up rays, a quarter of them not seen, with the person-centred view that Rust computes itself."""
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
    return [{name: column[i].tolist() for name, column in columns.items()} for i in range(VIEWS)]
