"""Biovision files (.bvh): a hierarchy of joints, then one line of channel values for each frame.

Any channel order; position channels on any joint, where they take the place of its offset.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Optional, Tuple

import numpy as np

from .recording import Job, Recording, SourceError
from .rotation import about_axis
from .seventeen import in_metres, seventeen_joints, z_up

CHANNELS = {f"{axis}{kind}".lower(): (kind, axis) for axis in "XYZ" for kind in ("position", "rotation")}


@dataclass
class Joint:
    name: str
    parent: int                                       # -1 for the root
    offset: Tuple[float, float, float] = (0.0, 0.0, 0.0)
    channels: List[Tuple[str, str]] = field(default_factory=list)  # ("rotation", "Z"), ...


@dataclass
class Motion:
    joints: List[Joint]  # parents first
    frame_s: float
    values: np.ndarray   # (F, all channels) in degrees and in the file's unit of length


def _broken(line: int, what: str) -> SourceError:
    return SourceError("not valid BVH", f"line {line + 1}: {what}")


def _numbers(words: List[str], count: int, line: int, what: str) -> Tuple[float, ...]:
    try:
        numbers = tuple(float(word) for word in words)
    except ValueError:
        numbers = ()
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise _broken(line, f"{what} expects {count} numbers, found {' '.join(words) or 'nothing'}")
    return numbers


def _channels(words: List[str], line: int) -> List[Tuple[str, str]]:
    names = words[1:]
    if not words or not words[0].isdigit() or int(words[0]) != len(names):
        raise _broken(line, f"CHANNELS announces {words[0] if words else 'nothing'}, names {len(names)}")
    unknown = [name for name in names if name.lower() not in CHANNELS]
    if unknown:
        raise _broken(line, f"unknown channel {unknown[0]}, expected Xposition ... Zrotation")
    return [CHANNELS[name.lower()] for name in names]


def _hierarchy(lines: List[str]) -> Tuple[List[Joint], int]:
    """The joints, and the number of the line with MOTION."""
    joints: List[Joint] = []
    open_joints: List[int] = []
    latest = -1
    for number, line in enumerate(lines):
        words = line.split()
        opens = words[-1:] == ["{"]  # alone, or behind the name
        words = words[:-1] if opens else words
        key = words[0].upper() if words else ""
        parent = open_joints[-1] if open_joints else -1
        if key == "MOTION":
            if open_joints or not joints:
                raise _broken(number, f"MOTION after {len(joints)} joints, {len(open_joints)} braces open")
            return joints, number
        if key in ("ROOT", "JOINT") and len(words) > 1:
            name = " ".join(words[1:])
            if name in [joint.name for joint in joints]:
                raise _broken(number, f"a second joint named {name}")
            joints.append(Joint(name, parent))
            latest = len(joints) - 1
        elif key == "END":
            if parent < 0:
                raise _broken(number, "End Site outside of a joint")
            joints.append(Joint(joints[parent].name + "End", parent))
            latest = len(joints) - 1
        elif key == "}":
            if not open_joints:
                raise _broken(number, "} without {")
            open_joints.pop()
        elif key == "OFFSET" and open_joints:
            joints[parent].offset = _numbers(words[1:], 3, number, "OFFSET")
        elif key == "CHANNELS" and open_joints:
            joints[parent].channels = _channels(words[1:], number)
        elif key not in ("", "HIERARCHY"):
            raise _broken(number, f"unexpected {words[0]!r}")
        if opens and latest < 0:
            raise _broken(number, "{ before the first joint")
        open_joints += [latest] if opens else []
    raise SourceError("not valid BVH", "ends before MOTION")


def _header(lines: List[str], number: int, key: str) -> float:
    line = lines[number] if number < len(lines) else ""
    name, _, value = line.partition(":")
    if name.strip().lower() != key.lower():
        raise _broken(number, f"expected {key!r}, found {line.strip()!r}")
    return _numbers(value.split(), 1, number, key)[0]


def parse(text: str) -> Motion:
    lines = text.splitlines()
    joints, number = _hierarchy(lines)
    frames = _header(lines, number + 1, "Frames")
    frame_s = _header(lines, number + 2, "Frame Time")
    width = sum(len(joint.channels) for joint in joints)
    words = " ".join(lines[number + 3:]).split()
    if frames < 1 or width < 1 or len(words) != frames * width:
        raise SourceError("not valid BVH", f"{frames:g} frames of {width} values announced, {len(words)} values found"
                                           f" ({len(words) / max(width, 1):.1f} frames)")
    try:
        values = np.array(words, dtype=object).astype(np.float64).reshape(-1, width)
    except ValueError as error:
        raise SourceError("not valid BVH", f"motion: {error}") from error
    finite = np.isfinite(values).all(1)
    if not finite.all():
        raise SourceError("not finite", f"NaN or infinity in frame {int(np.argmin(finite))}")
    return Motion(joints, frame_s, values)


def forward_kinematics(motion: Motion) -> Dict[str, np.ndarray]:
    """Positions (F, 3) of every joint and end site, in the file's unit and axes."""
    frames = len(motion.values)
    rotations: List[np.ndarray] = []
    positions: List[np.ndarray] = []
    column = 0
    for joint in motion.joints:
        step = np.tile(np.array(joint.offset), (frames, 1))
        turn = np.tile(np.eye(3), (frames, 1, 1))
        for kind, axis in joint.channels:
            value = motion.values[:, column]
            column += 1
            if kind == "position":
                step[:, "XYZ".index(axis)] = value
            else:
                turn = turn @ about_axis(axis, value)
        if joint.parent >= 0:
            above = rotations[joint.parent]
            step = positions[joint.parent] + np.einsum("fij,fj->fi", above, step)
            turn = above @ turn
        positions.append(step)
        rotations.append(turn)
    return {joint.name: position for joint, position in zip(motion.joints, positions)}


def restore_cmu(joints: List[Joint]) -> None:
    """Puts back two bones that the usual BVH copies of the CMU database left out.

    In the .asf the chest is about as long and as steep as the bone below it, and the bone of the
    wrist half as long as the forearm, of which 80 % lead to the wrist. Without them the trunk is
    12 cm short, the forearm 8 cm.
    """
    named = {joint.name: joint for joint in joints}
    if "LHipJoint" not in named or "Spine1" not in named:
        return
    on_chest = [joint for joint in joints if joint.parent >= 0 and joints[joint.parent].name == "Spine1"]
    if not on_chest or any(any(joint.offset) for joint in on_chest):
        return
    for joint in on_chest:
        joint.offset = named["Spine1"].offset
    for hand in (named[name] for name in ("LeftHand", "RightHand") if name in named):
        hand.offset = tuple(1.4 * along for along in hand.offset)


def read(path: Path, subject: str, fps: Optional[float] = None, unit_m: Optional[float] = None,
         up: str = "y") -> Recording:
    """One file. Without `unit_m` the unit follows from the length of the legs."""
    motion = parse(path.read_text(errors="replace"))
    if fps is None:
        if motion.frame_s <= 0:
            raise SourceError("no frame rate", f"Frame Time is {motion.frame_s} s: give --fps")
        fps = 1 / motion.frame_s
    restore_cmu(motion.joints)
    joints = seventeen_joints(forward_kinematics(motion))
    return Recording("bvh", subject, path.stem, fps, z_up(in_metres(joints, unit_m), up))


def jobs(path: Path, fps: Optional[float] = None, unit_m: Optional[float] = None, up: str = "y") -> List[Job]:
    """All `.bvh` files below a folder. The folder that a file lies in names its person."""
    files = [path] if path.is_file() else sorted(f for f in path.rglob("*") if f.suffix.lower() == ".bvh")
    return [
        Job(str(file), lambda file=file: [read(file, file.resolve().parent.name, fps, unit_m, up)])
        for file in files
    ]
