"""Euler angles as rotation matrices."""

import numpy as np


def about_axis(axis: str, angle_deg: np.ndarray) -> np.ndarray:
    """Rotations (..., 3, 3) by `angle_deg` (...) about "X", "Y" or "Z", right-handed."""
    angle = np.radians(angle_deg)
    c, s = np.cos(angle), np.sin(angle)
    first, second = {"X": (1, 2), "Y": (2, 0), "Z": (0, 1)}[axis]
    rotation = np.zeros(np.shape(angle) + (3, 3)) + np.eye(3)
    rotation[..., first, first] = rotation[..., second, second] = c
    rotation[..., second, first], rotation[..., first, second] = s, -s
    return rotation


def product(axes: str, angles_deg: np.ndarray) -> np.ndarray:
    """R = R(axes[0]) R(axes[1]) ...: rotations (..., 3, 3) from angles (..., len(axes))."""
    rotation = np.zeros(np.shape(angles_deg)[:-1] + (3, 3)) + np.eye(3)
    for column, axis in enumerate(axes):
        rotation = rotation @ about_axis(axis, angles_deg[..., column])
    return rotation
