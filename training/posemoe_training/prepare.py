"""Turns motion data that you have into one `.npz` in the layout of `training/data`.

Every recording is brought to metres with z up and to at most 60 frames per second, cut where it
jumps, and left out with the reason where it cannot be used.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Tuple

from tqdm import tqdm

from .sources import asf_amc, bvh, h36m, mpi_inf_3dhp
from .sources.recording import Job, Recording, SourceError, write_npz
from .sources.repair import AT_MOST_FPS, check_limbs, continuous_parts, stands, thin, to_the_origin

NON_COMMERCIAL = "non-commercial: do not ship weights"
DONE, NOTHING_USABLE, SOME_LEFT_OUT = 0, 2, 3  # exit codes


class Kind(NamedTuple):
    jobs: Callable[..., List[Job]]
    licence: str
    has_units: bool  # whether --unit-m and --up mean anything
    help: str


KINDS: Dict[str, Kind] = {
    "cmu": Kind(asf_amc.jobs, "CMU terms: free for all uses, the data itself may not be resold; credit "
                "mocap.cs.cmu.edu, created with funding from NSF EIA-0196217", True,
                "folder with .asf and .amc files of the CMU database"),
    "bvh": Kind(bvh.jobs, "unknown: do not ship weights trained on this", True,
                "folder with .bvh files; a folder for each person"),
    "h36m": Kind(h36m.jobs, NON_COMMERCIAL, False, "data_3d_h36m.npz of Human3.6M"),
    "mpi-inf-3dhp": Kind(mpi_inf_3dhp.jobs, NON_COMMERCIAL, False, "folder with S1/Seq1/annot.mat and so on"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=KINDS, help="; ".join(f"{name}: {kind.help}" for name, kind in KINDS.items()))
    parser.add_argument("path", type=Path, help="a file, or a folder that is searched with all below it")
    parser.add_argument("--out", type=Path, required=True, help="the .npz to write, such as my_data/NAME.npz")
    parser.add_argument("--fps", type=float, help="frame rate of the recordings, where the files lack it or err "
                                                  "(default: the file's; CMU 120)")
    parser.add_argument("--at-most-fps", type=float, default=AT_MOST_FPS,
                        help="frames above this rate are left out evenly (default: %(default)g)")
    parser.add_argument("--unit-m", type=float, help="metres in one unit of the files (default: found from the legs)")
    parser.add_argument("--up", choices=("y", "z"), help="the axis that points up (default: y)")
    parser.add_argument("--licence", help="what binds the data; it is written into the file")


def _options(args: argparse.Namespace) -> Dict[str, object]:
    for name in ("fps", "unit_m", "at_most_fps"):
        value = getattr(args, name)
        if value is not None and not 0 < value < float("inf"):
            raise SourceError("option", f"--{name.replace('_', '-')} is {value}, expected more than 0")
    if args.out.suffix != ".npz":
        raise SourceError("option", f"--out is {args.out}, expected a name that ends in .npz")
    if KINDS[args.kind].has_units:
        return {"fps": args.fps, "unit_m": args.unit_m, "up": args.up or "y"}
    if args.unit_m is not None or args.up is not None:
        raise SourceError("option", f"--unit-m and --up have no meaning for {args.kind}")
    return {"fps": args.fps}


def usable(recording: Recording, at_most_fps: float) -> Tuple[List[Recording], List[SourceError]]:
    """The parts of one recording that are kept, and why the rest is not."""
    parts, losses = continuous_parts(recording)
    kept = []
    for part in parts:
        try:
            check_limbs(part)
            kept.append(to_the_origin(thin(part, at_most_fps)))
        except SourceError as error:
            losses.append(error)
    return kept, losses


def collect(jobs: List[Job], at_most_fps: float) -> Tuple[List[Recording], List[SourceError]]:
    """Reads everything that can be read; says at once what cannot."""
    kept: List[Recording] = []
    losses: List[SourceError] = []
    for job in tqdm(jobs, unit="file", disable=None):
        found: List[SourceError] = []
        try:
            for recording in job.read():
                parts, found = usable(recording, at_most_fps)
                kept += parts
        except SourceError as error:
            found.append(error)
        except OSError as error:
            found.append(SourceError("cannot be read", str(error)))
        for loss in found:
            tqdm.write(f"left out: {job.label}: {loss}", file=sys.stderr)
        losses += found
    return kept, losses


def table(kept: List[Recording], losses: List[SourceError], licence: str) -> str:
    people = {recording.subject for recording in kept}
    rows = [("sequences", f"{len(kept)}"), ("people", f"{len(people)}"),
            ("minutes", f"{sum(recording.seconds for recording in kept) / 60:.1f}")]
    rows += [(f"left out: {reason}", f"{count}") for reason, count in Counter(e.reason for e in losses).most_common()]
    rows += [("licence", licence)]
    return "\n".join(f"{name:28} {value}" for name, value in rows)


def run(args: argparse.Namespace) -> int:
    """Returns the exit code: 0 all used, 3 some left out, 2 nothing usable."""
    try:
        options = _options(args)
        if not args.path.exists():
            raise SourceError("no such file or folder", str(args.path))
        jobs = KINDS[args.kind].jobs(args.path, **options)
        if not jobs:
            raise SourceError("nothing found", f"{args.path}: expected a {KINDS[args.kind].help}")
        kept, losses = collect(jobs, args.at_most_fps)
        licence = args.licence or KINDS[args.kind].licence
        print(table(kept, losses, licence))
        if not kept:
            print("nothing usable: no file written", file=sys.stderr)
            return NOTHING_USABLE
        lying = sum(not stands(recording) for recording in kept)
        if 2 * lying > len(kept):
            print(f"in {lying} of {len(kept)} sequences the head is not above the feet: is --up right?",
                  file=sys.stderr)
        write_npz(args.out, kept, licence)
    except (SourceError, OSError) as error:
        print(f"prepare: {error}", file=sys.stderr)
        return NOTHING_USABLE
    print(f"wrote {args.out}")
    return SOME_LEFT_OUT if losses else DONE
