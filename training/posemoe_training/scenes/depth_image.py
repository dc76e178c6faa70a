"""Depth images: bodies as capsules, the floor and some furniture, with a sensor's noise and holes."""

from typing import List, Tuple

import numpy as np

from ..occlusion import CAPSULES
from .cameras import Camera, info

SCALE = 0.5               # of the detector's image
NEAREST_M, FARTHEST_M = 0.3, 10.0
NOISE_M, NOISE_PER_M = 0.002, 0.0025
HOLE_CHANCE, EDGE_M = 0.02, 0.08   # single pixels; and those at edges of objects
BOXES = (  # low and high corner in the map, where nobody walks: a table, a cupboard
    ((4.6, 2.9, 0.0), (5.8, 3.6, 0.74)), ((7.6, -2.0, 0.0), (8.1, -1.0, 1.9)),
)


def _rays() -> np.ndarray:
    k = info(SCALE)
    fx, _, cx, _, fy, cy = k["k"][:6]
    u, v = np.meshgrid(np.arange(k["width"]) + 0.5, np.arange(k["height"]) + 0.5)
    return np.stack([(u - cx) / fx, (v - cy) / fy, np.ones_like(u)], -1)


RAYS = _rays()


def render(camera: Camera, frame: int, world_m: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """uint16 millimetres (H, W), 0 where nothing is measured; `world_m` (P, 17, 3) at that frame."""
    turn, centre_m = camera.map_from_optical[frame].numpy().astype(float), camera.centre_m[frame].numpy().astype(float)
    depth = np.full(RAYS.shape[:2], np.inf)
    _floor_and_boxes(depth, turn, centre_m)
    people = (world_m - centre_m) @ turn
    for person in people:
        for a, b, radius in CAPSULES:
            _capsule(depth, person[a], person[b], radius)
    edge = np.zeros(depth.shape, bool)
    for axis in (0, 1):
        jump = np.abs(np.diff(np.where(np.isfinite(depth), depth, FARTHEST_M), axis=axis)) > EDGE_M
        edge[tuple(slice(None, -1) if n == axis else slice(None) for n in (0, 1))] |= jump
    noisy = depth + (NOISE_M + NOISE_PER_M * np.where(np.isfinite(depth), depth, 0) ** 2) * rng.standard_normal(depth.shape)
    hole = (rng.random(depth.shape) < HOLE_CHANCE) | (edge & (rng.random(depth.shape) < 0.5))
    there = np.isfinite(depth) & ~hole & (noisy > NEAREST_M) & (noisy < FARTHEST_M)
    return np.where(there, np.rint(1000 * np.where(there, noisy, 0)), 0).astype(np.uint16)


def _floor_and_boxes(depth: np.ndarray, turn: np.ndarray, centre_m: np.ndarray) -> None:
    rays = RAYS @ turn.T                                     # in the map, of z-depth 1
    with np.errstate(divide="ignore", invalid="ignore"):
        floor = -centre_m[2] / rays[..., 2]
        np.minimum(depth, np.where(floor > 0, floor, np.inf), out=depth)
        for low, high in BOXES:
            first, last = ((np.array(corner) - centre_m) / rays for corner in (low, high))
            enters = np.minimum(first, last).max(-1)
            leaves = np.maximum(first, last).min(-1)
            np.minimum(depth, np.where((enters > 0) & (enters < leaves), enters, np.inf), out=depth)


def _capsule(depth: np.ndarray, a: np.ndarray, b: np.ndarray, radius: float) -> None:
    """The front of a capsule: where its axis passes, nearer by what its roundness leaves."""
    if min(a[2], b[2]) < NEAREST_M:
        return
    rows, columns = _around(a, b, radius)
    rays = RAYS[rows, columns]
    if rays.size == 0:
        return
    xy_a, along = a[:2] / a[2], b[:2] / b[2] - a[:2] / a[2]
    at = ((rays[..., :2] - xy_a) @ along) / max(float(along @ along), 1e-9)
    at = at.clip(0, 1)
    middle = a[2] + at * (b[2] - a[2])
    aside = np.linalg.norm(rays[..., :2] - xy_a - at[..., None] * along, axis=-1) * middle
    front = np.where(aside < radius, middle - np.sqrt(np.maximum(radius ** 2 - aside ** 2, 0)), np.inf)
    depth[rows, columns] = np.minimum(depth[rows, columns], front)


def _around(a: np.ndarray, b: np.ndarray, radius: float) -> Tuple[slice, slice]:
    fx, _, cx, _, fy, cy = info(SCALE)["k"][:6]
    corners: List[Tuple[float, float, float]] = [(fx * p[0] / p[2] + cx, fy * p[1] / p[2] + cy, fx * radius / p[2])
                                                 for p in (a, b)]
    height, width = RAYS.shape[:2]
    low_x, high_x = min(u - r for u, _, r in corners), max(u + r for u, _, r in corners)
    low_y, high_y = min(v - r for _, v, r in corners), max(v + r for _, v, r in corners)
    return (slice(int(np.clip(low_y, 0, height)), int(np.clip(high_y + 1, 0, height))),
            slice(int(np.clip(low_x, 0, width)), int(np.clip(high_x + 1, 0, width))))
