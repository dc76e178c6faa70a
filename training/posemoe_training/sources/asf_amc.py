"""Acclaim files: a skeleton (.asf) and its motions (.amc), as in the CMU database.

A bone is a segment; its name stands for its far end. Its rotation is given in its own `axis`
frame C: turned by M, a bone's global rotation is that of its parent times C M C^-1.
CMU: lengths times 0.0254 / 0.45 are metres, y is up, 120 frames per second (60 in a few trials).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Tuple

import numpy as np

from .recording import Job, Recording, SourceError
from .rotation import product
from .seventeen import in_metres, z_up

CMU_FPS = 120.0
INCH_M = 0.0254
# Joints 1 to 16 as the far ends of CMU's bones; joint 0 is between the hips.
ENDS = ("rhipjoint", "rfemur", "rtibia", "lhipjoint", "lfemur", "ltibia", "lowerback", "thorax", "upperneck", "head",
        "lclavicle", "lhumerus", "lwrist", "rclavicle", "rhumerus", "rwrist")
FOREARMS = {"lwrist": "lradius", "rwrist": "rradius"}
# The bone "lwrist" ends in the palm; this far along it lies the wrist.
WRIST_SHARE = 0.8


@dataclass
class Bone:
    name: str
    step: np.ndarray            # (3,) from its start to its end, in the file's unit, at rest
    axis: np.ndarray            # (3, 3) C
    axes: str                   # order of the product, "ZYX" where the file says XYZ
    freedom: str                # the axes that the motion gives, "XZ" for dof rx rz
    parent: str = ""


@dataclass
class Skeleton:
    bones: List[Bone]           # parents first, the root not among them
    root_order: List[str]       # ["TX", ..., "RZ"]
    root_axes: str
    unit_m: float
    degrees: bool


def _broken(what: str) -> SourceError:
    return SourceError("not valid ASF/AMC", what)


def _floats(words: List[str], count: int, where: str) -> np.ndarray:
    try:
        numbers = np.array([float(word) for word in words[:count]])
    except ValueError:
        numbers = np.array([])
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise _broken(f"{where} expects {count} numbers, found {' '.join(words) or 'nothing'}")
    return numbers


def _sections(text: str) -> Dict[str, List[List[str]]]:
    """Lines as words, by the :section that they stand in."""
    sections: Dict[str, List[List[str]]] = {}
    lines: List[List[str]] = []
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if words and words[0].startswith(":"):
            lines = sections.setdefault(words[0][1:].lower(), [])
        elif words:
            lines.append(words)
    return sections


def _bone(fields: Dict[str, List[str]], scale: float) -> Bone:
    name = " ".join(fields.get("name", [])) or "a bone without a name"
    lacking = [key for key in ("direction", "length", "axis") if key not in fields]
    if lacking:
        raise _broken(f"{name} lacks {', '.join(lacking)}")
    freedom = [dof.lower() for dof in fields.get("dof", [])]
    if any(dof not in ("rx", "ry", "rz") for dof in freedom):
        raise _broken(f"{name} has dof {' '.join(freedom)}, expected rx, ry or rz")
    order = (fields["axis"][3:] or ["XYZ"])[0].upper()
    if sorted(order) != ["X", "Y", "Z"]:
        raise _broken(f"{name} has axis order {order}, expected one like XYZ")
    angles = _floats(fields["axis"], 3, f"axis of {name}") * scale
    step = _floats(fields["direction"], 3, f"direction of {name}") * _floats(fields["length"], 1, f"length of {name}")
    # "XYZ" turns about x first: the product is Rz Ry Rx.
    return Bone(name, step, product(order[::-1], angles[::-1]), order[::-1], "".join(d[1].upper() for d in freedom))


def _blocks(lines: List[List[str]]) -> List[Dict[str, List[str]]]:
    """The begin ... end blocks as dictionaries from a line's first word to the others."""
    blocks: List[Dict[str, List[str]]] = []
    for words in lines:
        if words[0].lower() == "begin":
            blocks.append({})
        elif words[0].lower() != "end" and blocks:
            blocks[-1].setdefault(words[0].lower(), words[1:])
    return blocks


def parse_skeleton(text: str) -> Skeleton:
    sections = _sections(text)
    lacking = [key for key in ("root", "bonedata", "hierarchy") if not sections.get(key)]
    if lacking:
        raise _broken(f"the .asf lacks :{', :'.join(lacking)}")
    units = {words[0].lower(): words[1:] for words in sections.get("units", [])}
    root = {words[0].lower(): words[1:] for words in sections["root"]}
    if any(np.any(_floats(root.get(key, ["0"] * 3), 3, key)) for key in ("position", "orientation")):
        raise _broken("the root has a position or orientation of its own, expected 0 0 0")
    degrees = "".join(units.get("angle", ["deg"])).lower().startswith("deg")
    scale = 1.0 if degrees else np.degrees(1.0)
    bones = {bone.name: bone for bone in (_bone(fields, scale) for fields in _blocks(sections["bonedata"]))}
    ordered = []
    for parent, *children in (words for words in sections["hierarchy"] if words[0].lower() not in ("begin", "end")):
        for child in children:
            if child not in bones or (parent != "root" and parent not in [bone.name for bone in ordered]):
                raise _broken(f"hierarchy: {parent} {child} names a bone that is not known there")
            bones[child].parent = parent
            ordered.append(bones[child])
    length = _floats(units.get("length", ["1"]), 1, "unit of length")[0]
    order = [word.upper() for word in root.get("order", "TX TY TZ RX RY RZ".split())]
    axes = "".join(root.get("axis", ["XYZ"])).upper()[::-1]
    if sorted(order) != ["RX", "RY", "RZ", "TX", "TY", "TZ"] or sorted(axes) != ["X", "Y", "Z"] or length <= 0:
        raise _broken(f"root order {' '.join(order)}, axis {axes[::-1]}, unit of length {length}")
    return Skeleton(ordered, order, axes, INCH_M / length, degrees)


def parse_motion(text: str, skeleton: Skeleton) -> Dict[str, np.ndarray]:
    """Values (F, dof) of the root and of each bone that moves; every frame lists them alike."""
    lines = (line.split("#")[0] for line in text.splitlines())
    words = [word for line in lines if not line.lstrip().startswith(":") for word in line.split()]
    width = {bone.name: len(bone.freedom) for bone in skeleton.bones if bone.freedom}
    width["root"] = 6
    # The first frame tells the order; then a frame is a fixed number of words.
    order: List[Tuple[str, int]] = []
    at = 1
    while len(order) < len(width) and at < len(words) and words[at] in width:
        order.append((words[at], at))
        at += 1 + width[words[at]]
    if len(order) < len(width):
        found = words[at] if at < len(words) else "the end"
        raise _broken(f"first frame: {len(order)} of {len(width)} moving bones, then {found}")
    frames, rest = divmod(len(words), at)
    names = [name for name, _ in order]
    for frame in range(frames + (rest > 0)):
        row = words[frame * at:(frame + 1) * at]
        if len(row) < at or [row[position] for _, position in order] != names:
            raise _broken(f"frame {frame + 1} of the .amc does not list the values that the first one does")
    table = np.array(words, dtype=object).reshape(frames, at)
    try:
        values = {name: table[:, i + 1:i + 1 + width[name]].astype(np.float64) for name, i in order}
    except ValueError as error:
        raise _broken(f"the .amc: {error}") from error
    for name, value in values.items():
        if not np.isfinite(value).all():
            raise SourceError("not finite", f"NaN or infinity in {name}")
    return values


def forward_kinematics(skeleton: Skeleton, motion: Dict[str, np.ndarray]) -> Dict[str, np.ndarray]:
    """Far ends (F, 3) of all bones, and the root, in the file's unit and axes."""
    scale = 1.0 if skeleton.degrees else np.degrees(1.0)
    columns = {key: motion["root"][:, i] for i, key in enumerate(skeleton.root_order)}
    angles = np.stack([columns["R" + axis] for axis in skeleton.root_axes], -1) * scale
    ends = {"root": np.stack([columns["T" + axis] for axis in "XYZ"], -1)}
    turns = {"root": product(skeleton.root_axes, angles)}
    for bone in skeleton.bones:
        turn = turns[bone.parent]
        if bone.freedom:
            given = motion[bone.name] * scale
            angles = np.zeros((len(given), 3))
            for column, axis in enumerate(bone.freedom):
                angles[:, bone.axes.index(axis)] = given[:, column]
            turn = turn @ bone.axis @ product(bone.axes, angles) @ bone.axis.T
        turns[bone.name] = turn
        ends[bone.name] = ends[bone.parent] + turn @ bone.step
    return ends


def cmu_joints(ends: Dict[str, np.ndarray]) -> np.ndarray:
    """(F, 17, 3) from the ends of CMU's bones."""
    lacking = [name for name in ENDS + tuple(FOREARMS.values()) if name not in ends]
    if lacking:
        raise SourceError("joints not found", f"bones {', '.join(lacking)}; the file names {', '.join(ends)}")
    wrists = {name: ends[arm] + WRIST_SHARE * (ends[name] - ends[arm]) for name, arm in FOREARMS.items()}
    joints = [{**ends, **wrists}[name] for name in ENDS]
    return np.stack([(joints[0] + joints[3]) / 2, *joints], 1)


def read(skeleton_path: Path, motion_path: Path, fps: Optional[float] = None, unit_m: Optional[float] = None,
         up: str = "y") -> Recording:
    skeleton = parse_skeleton(skeleton_path.read_text(errors="replace"))
    motion = parse_motion(motion_path.read_text(errors="replace"), skeleton)
    joints = cmu_joints(forward_kinematics(skeleton, motion))
    x = z_up(in_metres(joints, unit_m or skeleton.unit_m), up)
    return Recording("cmu", skeleton_path.stem, motion_path.stem, fps or CMU_FPS, x)


def skeleton_of(motion_path: Path) -> Path:
    """07_01.amc belongs to 07.asf in the same folder, or to the only .asf there."""
    here = sorted(f for f in motion_path.parent.iterdir() if f.suffix.lower() == ".asf")
    named = [f for f in here if f.stem == motion_path.stem.split("_")[0]]
    if named or len(here) == 1:
        return (named or here)[0]
    raise SourceError("no skeleton", f"{motion_path.name} needs {motion_path.stem.split('_')[0]}.asf beside it, "
                                     f"found {[f.name for f in here] or 'none'}")


def jobs(path: Path, fps: Optional[float] = None, unit_m: Optional[float] = None, up: str = "y") -> List[Job]:
    """All `.amc` files below a folder, such as CMU's `subjects`."""
    files = [path] if path.is_file() else sorted(f for f in path.rglob("*") if f.suffix.lower() == ".amc")
    return [Job(str(file), lambda file=file: [read(skeleton_of(file), file, fps, unit_m, up)]) for file in files]
