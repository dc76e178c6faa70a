"""Errors on held-out people with the detector model at its default level."""

from typing import Dict

import torch

from .data import Motion
from .metrics import mpjpe, n_mpjpe, p_mpjpe
from .network import PoseMoE
from .windows import WindowLayout, make_batch

EVALUATION_SEED = 2026


@torch.no_grad()
def evaluate(network: PoseMoE, held_out: Motion, layout: WindowLayout, people: int = 8192) -> Dict[str, float]:
    """Last-frame errors in mm, and how many joints lie within 1 and 2 sigma (%)."""
    network.eval()
    rng = torch.Generator().manual_seed(EVALUATION_SEED)
    rows = []
    for _ in range(max(1, people // 512)):
        batch = make_batch(held_out, 512, layout, rng, vary=False)
        joints, sigma = network(*batch[:4])
        true = batch.joints_m[:, -1]
        distance = (joints - true).norm(dim=-1)[:, 1:]
        rows.append(torch.stack([
            1000 * mpjpe(joints, true), 1000 * p_mpjpe(joints, true), 1000 * n_mpjpe(joints, true),
            100 * (distance < sigma[:, 1:]).float().mean(-1), 100 * (distance < 2 * sigma[:, 1:]).float().mean(-1),
        ]))
    network.train()
    names = ("mpjpe_mm", "p_mpjpe_mm", "n_mpjpe_mm", "within_1_sigma_pct", "within_2_sigma_pct")
    return dict(zip(names, torch.cat(rows, 1).mean(1).tolist()))
