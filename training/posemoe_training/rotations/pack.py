"""Made data/rotations_cmu.npz: from two files of all segments with joints, what training needs of them.

    python -m posemoe_training.rotations.pack rotations_cmu.npz rotations_cmu_more.npz --out data/rotations_cmu.npz

Left out: fingers, feet, clavicles and the links of spine and neck between those that are kept; shanks and forearms, as
knees and elbows of this rig are hinges (segments.py); and the joints, which stand in the files of positions already.
"""

import argparse
from pathlib import Path
from typing import Dict, List, Tuple

import numpy as np

from .. import HOME
from ..sources.recording import Recording, read_npz

KEPT = ("root", "thorax", "head", "lhumerus", "rhumerus", "lfemur", "rfemur")
POSITIONS = ("cmu", "cmu_more")
SAME_M = 2e-3


def _match(first_m: np.ndarray, second_m: np.ndarray, named: List[Recording], frames: int) -> Tuple[Recording, int]:
    """The recording of the same movement and every how many of its frames there is one of ours."""
    for recording in named:
        x = recording.positions_m - recording.positions_m[:, :1]
        for every in (1, 2):
            if len(x[::every]) == frames and max(np.abs(x[0] - first_m)[1:].max(),
                                                 np.abs(x[every] - second_m)[1:].max()) < SAME_M:
                return recording, every
    raise LookupError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=HOME / "data" / "rotations_cmu.npz")
    args = parser.parse_args()
    known = [r for name in POSITIONS for r in read_npz(HOME / "data" / f"{name}.npz")]
    rows: Dict[str, list] = {"names": [], "source": [], "every": [], "length": []}
    quats, trusted, without = [], [], []
    for path in args.files:
        z = np.load(path)
        chosen = [list(z["segments"]).index(name) for name in KEPT]
        trust = np.unpackbits(z["trusted"], axis=-1)[chosen]
        for name, start, length, steps in zip(z["names"], z["start"], z["length"], _first_steps(z)):
            named = [r for r in known if r.action.startswith(str(name))]
            try:
                recording, every = _match(*steps, named, int(length))
            except LookupError:
                without.append(str(name))
                continue
            for key, value in zip(rows, (recording.action, recording.source, every, int(length))):
                rows[key].append(value)
            quats.append(z["quat_xyzw_d1"][chosen, :, start:start + length])
            trusted.append(trust[:, start:start + length])
    columns = {key: np.array(column) for key, column in rows.items()}
    np.savez_compressed(args.out, segments=np.array(KEPT), trusted=np.packbits(np.concatenate(trusted, -1), axis=-1),
                        quat_xyzw_d1=np.concatenate(quats, -1), **columns)
    print(f"{args.out}: {len(quats)} sequences, {args.out.stat().st_size / 1e6:.1f} MB; "
          f"without positions: {', '.join(without)}")


def _first_steps(z: np.lib.npyio.NpzFile):
    """Joints relative to the pelvis (17, 3), metres, of each sequence's first two frames."""
    half_mm = z["d2_half_mm"]
    for start in z["start"]:
        first, step = (half_mm[:, :, start + i].astype(np.float64) * 5e-4 for i in (0, 1))
        yield first, first + step


if __name__ == "__main__":
    main()
