"""What nobody here has seen: other bodies, detectors of other habits, depth cameras, one condition at a time.

Rigs as recorded are no truth, and no other real people may be used, so these sweeps stand for them.
"""

from dataclasses import replace
from typing import Callable, Dict, List

import torch

from ..anthropometry import ARM_SPREAD, HIP_BONES, LEG_SPREAD, MEAN_STATURE_M, MEN_M, SHOULDER_BONES, WOMEN_M, Body
from ..depth import DepthCameras
from ..detector import Detectors
from .held_out import Condition, Figures

DEPTH_DISTANCE_M = 3.0


def _person(stature_m: float = MEAN_STATURE_M, woman: float = 0.5, legs: float = 0.0, arms: float = 0.0,
            hips: float = 0.0, shoulders: float = 0.0) -> Body:
    """One person; proportions in deviations from the mean."""
    bones = torch.zeros(1, 17)
    for joints, off in ((HIP_BONES, hips), (SHOULDER_BONES, shoulders)):
        bones[:, joints] = off / 2 ** 0.5  # both sides alike
    return Body.of(torch.tensor([stature_m]), torch.tensor([woman]), torch.tensor([legs * LEG_SPREAD]),
                   torch.tensor([arms * ARM_SPREAD]), bones, torch.zeros(1, 5))


BODIES: Dict[str, Body] = {
    "mean": _person(),
    "man": _person(MEN_M[0], 0.0), "tall man": _person(MEN_M[0] + 2 * MEN_M[1], 0.0),
    "woman": _person(WOMEN_M[0], 1.0), "short woman": _person(WOMEN_M[0] - 2 * WOMEN_M[1], 1.0),
    "child of 1.3 m": _person(1.3), "child of 1.1 m": _person(1.1),
    **{f"{part} {sign}2 sd": _person(**{part: float(f"{sign}2")}) for part in ("legs", "arms", "hips", "shoulders")
       for sign in "-+"},
}

_EVEN = Detectors(constant_scores=0.0)
DETECTORS: Dict[str, Condition] = {
    "usual": Condition(),
    "marks as COCO": Condition(detectors=replace(_EVEN, coco=1.0, mpii=0.0)),
    "marks as MPII": Condition(detectors=replace(_EVEN, coco=0.0, mpii=1.0)),
    "marks joints' centres": Condition(detectors=replace(_EVEN, coco=0.0, mpii=0.0)),
    "constant scores": Condition(detectors=replace(_EVEN, constant_scores=1.0)),
    "no gross errors": Condition(detectors=replace(_EVEN, gross=0.0)),
    "three times the gross errors": Condition(detectors=replace(_EVEN, gross=0.045)),
    "half the noise": Condition(detectors=replace(_EVEN, noise_m=0.005)),
    "twice the noise": Condition(detectors=replace(_EVEN, noise_m=0.020)),
}

_SEEN = DepthCameras(share=1.0, holes=0.0, few=0.0, thing=0.0, late=0.0)
DEPTHS: Dict[str, DepthCameras] = {
    "absent": replace(_SEEN, share=0.0), "all joints": _SEEN, "holes": replace(_SEEN, holes=0.8),
    "half of the joints": replace(_SEEN, few=1.0), "a thing in front": replace(_SEEN, thing=1.0),
    "of the frame before": replace(_SEEN, late=1.0),
}


def by_body(measure: Callable[[Condition], Figures]) -> List[Figures]:
    """Errors of each body; also up to scale as a share of stature, since nobody's stature can be seen."""
    rows = []
    for name, body in BODIES.items():
        figures = measure(Condition(body=body))
        share = figures["n_mpjpe_mm"] / (10 * body.stature_m.item())
        rows.append({"body": name, "stature_m": body.stature_m.item(), "n_mpjpe_pct_of_stature": share, **figures})
    return rows


def by_detector(measure: Callable[[Condition], Figures]) -> List[Figures]:
    return [{"detector": name, **measure(condition)} for name, condition in DETECTORS.items()]


def by_depth(measure: Callable[[Condition], Figures]) -> List[Figures]:
    """With a depth camera 3 m away."""
    return [{"depth_camera": name, **measure(Condition(depth=cameras, distance_m=DEPTH_DISTANCE_M))}
            for name, cameras in DEPTHS.items()]
