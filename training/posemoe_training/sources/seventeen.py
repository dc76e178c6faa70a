"""From the named points of a rig to the 17 joints of skeleton.py, in metres with z up."""

import os
import re
from typing import Dict, List, Mapping, Optional

import numpy as np

from .recording import SourceError

# What rigs call the start of a limb, most telling name first: Mixamo, CMU, Biped, DAZ, SMPL, Unreal.
# A "LeftShoulder" is the collarbone where there is a "LeftArm" too, so the arm is asked for first.
LIMBS = {
    "hip": ("upleg", "upperleg", "thigh", "thighbend", "femur", "hip"),
    "knee": ("knee", "lowerleg", "lowleg", "shin", "calf", "tibia", "leg"),
    "ankle": ("ankle", "foot"),
    "shoulder": ("upperarm", "uparm", "shldr", "shldrbend", "humerus", "arm", "shoulder"),
    "elbow": ("elbow", "forearm", "forearmbend", "lowerarm", "lowarm", "radius"),
    "wrist": ("wrist", "hand"),
}
SPINE = ("lowerback", "abdomen", "abdomenlower", "abdomenupper", "torso", "chest", "chestlower", "upperchest",
         "spine", *(f"spine{i}" for i in range(5)), *(f"spine0{i}" for i in range(1, 6)), "l5", "l3", "t12", "t8")
NECK = ("neck", "neck1", "neck01", "neck0", "necklower", "lowerneck")
HEAD = ("head",)
CROWN = ("headtopend", "headtop", "headend", "headnub")
HEAD_OF_LEG = 0.14  # from the base of the skull to the crown, as a share of thigh and shank

LEG_M = 0.82        # thigh and shank of an adult
SHORTEST_LEG_M, LONGEST_LEG_M = 0.5, 1.15
# Those that files come in: m, cm, mm, inch, and CMU's, also in its BVH copies.
UNITS_M = (1.0, 0.01, 0.001, 0.0254, 0.0254 / 0.45)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _by_plain_name(points: Mapping[str, np.ndarray]) -> Dict[str, np.ndarray]:
    """Points by lower-case name, without a namespace ("mixamorig:") or what all names begin with
    ("Bip01 "). The root does not count for that: it is often named apart."""
    names = [_plain(name.rsplit(":", 1)[-1]) for name in points]
    shared = os.path.commonprefix(names[1:])
    return {name[len(shared):] if name.startswith(shared) else name: point
            for name, point in zip(names, points.values())}


def _limb_names(side: str, limb: str) -> List[str]:
    """leftknee, lknee, kneeleft, kneel for each of the limb's names."""
    return [name for base in LIMBS[limb]
            for name in (side + base, side[0] + base, base + side, base + side[0])]


def _first(points: Mapping[str, np.ndarray], names) -> Optional[np.ndarray]:
    return next((points[name] for name in names if name in points), None)


def _spine(points: Mapping[str, np.ndarray], pelvis: np.ndarray, thorax: np.ndarray) -> np.ndarray:
    """The spine joint nearest to half way up; rigs differ in how many they have and where."""
    half = (pelvis + thorax) / 2
    trunk = np.linalg.norm(thorax - pelvis, axis=-1).mean()
    near = [points[name] for name in SPINE if name in points]
    distance = [np.linalg.norm(point - half, axis=-1).mean() for point in near]
    if not near or min(distance) > 0.25 * trunk:
        return half
    return near[int(np.argmin(distance))]


def seventeen_joints(points: Mapping[str, np.ndarray]) -> np.ndarray:
    """(F, 17, 3) from named points (F, 3), in their unit and axes; names the joints without a match."""
    named = _by_plain_name(points)
    limbs, missing = {}, []
    for side in ("left", "right"):
        for limb in LIMBS:
            limbs[side, limb] = _first(named, _limb_names(side, limb))
            if limbs[side, limb] is None:
                missing.append(f"{side} {limb} ({', '.join(LIMBS[limb])})")
    neck, head = _first(named, NECK), _first(named, HEAD)
    missing += ["head"] if head is None else []
    if missing:
        raise SourceError("joints not found", f"{'; '.join(missing)}; the file names {', '.join(points)}")

    leg = [limbs[side, limb] for side in ("right", "left") for limb in ("hip", "knee", "ankle")]
    arm = [limbs[side, limb] for side in ("left", "right") for limb in ("shoulder", "elbow", "wrist")]
    pelvis = (leg[0] + leg[3]) / 2
    thorax = neck if neck is not None else (arm[0] + arm[3]) / 2
    crown = _first(named, CROWN)
    size = leg_length(np.stack([pelvis, *leg], 1))
    if crown is None or not 0.3 < np.linalg.norm(crown - head, axis=-1).mean() / (HEAD_OF_LEG * size) < 3:
        up = head - thorax
        up = up / np.maximum(np.linalg.norm(up, axis=-1, keepdims=True), 1e-9)
        crown = head + HEAD_OF_LEG * size * up
    return np.stack([pelvis, *leg, _spine(named, pelvis, thorax), thorax, head, crown, *arm], 1)


def leg_length(joints: np.ndarray) -> float:
    """Thigh and shank, mean of both sides, median over the finite frames of (F, at least 7, 3)."""
    bones = joints[:, [2, 3, 5, 6]] - joints[:, [1, 2, 4, 5]]
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.linalg.norm(bones, axis=-1).sum(1) / 2
    finite = lengths[np.isfinite(lengths)]
    return float(np.median(finite)) if len(finite) else float("nan")


def in_metres(joints: np.ndarray, unit_m: Optional[float]) -> np.ndarray:
    """Scales (F, 17, 3) by `unit_m`, or by the known unit that gives the most usual legs."""
    leg = leg_length(joints)
    if unit_m is None:
        if not leg > 0:
            raise SourceError("implausible size", "the legs have no length")
        unit_m = min(UNITS_M, key=lambda unit: abs(np.log(leg * unit / LEG_M)))
    if not SHORTEST_LEG_M <= leg * unit_m <= LONGEST_LEG_M:
        raise SourceError("implausible size", f"thigh and shank measure {leg:.4g} units, {leg * unit_m:.3g} m at "
                          f"{unit_m:.4g} m a unit; expected {SHORTEST_LEG_M} to {LONGEST_LEG_M} m: give --unit-m")
    return joints * unit_m


def z_up(joints: np.ndarray, up: str) -> np.ndarray:
    """Float32 positions with z up, from axes whose y or z is up; right-handed stays right-handed."""
    if up == "y":
        joints = np.stack([joints[..., 0], -joints[..., 2], joints[..., 1]], -1)
    return joints.astype(np.float32)
