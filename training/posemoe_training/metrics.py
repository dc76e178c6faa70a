"""Errors in metres, from the mathematics; joints are (..., 17, 3) and root-relative."""

import torch


def mpjpe(found: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """Mean distance per joint, one figure a pose."""
    return (found - true).norm(dim=-1).mean(-1)


def n_mpjpe(found: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """MPJPE after the scale that fits best in least squares."""
    scale = (found * true).sum((-1, -2)) / found.square().sum((-1, -2)).clamp(min=1e-9)
    return mpjpe(found * scale[..., None, None], true)


def p_mpjpe(found: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """MPJPE after the similarity (rotation, scale, translation) that fits best (Procrustes)."""
    mean_f, mean_t = found.mean(-2, keepdim=True), true.mean(-2, keepdim=True)
    f, t = found - mean_f, true - mean_t
    u, s, vh = torch.linalg.svd(f.transpose(-1, -2) @ t)
    sign = torch.ones_like(s)
    sign[..., -1] = torch.sign(torch.linalg.det(u @ vh))
    rotation = u @ (sign[..., None] * vh)
    scale = (s * sign).sum(-1) / f.square().sum((-1, -2)).clamp(min=1e-12)
    return mpjpe(scale[..., None, None] * f @ rotation + mean_t, true)
