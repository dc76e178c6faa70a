"""`python -m posemoe_training scenes`: bags of people who walk, stand, sit, cross and hide each other, with the truth.

Seen by a robot's camera that drives and turns, and by others on the wall where that is asked for. One seed always gives
the same bag.
"""

import argparse
from pathlib import Path

RATE_HZ = 30.0
IDS = ("steady", "breaking", "none")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help="folder for the bags scene_SEED; must not exist there")
    parser.add_argument("--scenes", type=int, default=1, help="how many, with seeds from --seed on [%(default)s]")
    parser.add_argument("--seed", type=int, default=1, help="[%(default)s]")
    parser.add_argument("--people", type=int, default=4, help="[%(default)s]")
    parser.add_argument("--seconds", type=float, default=30.0, help="[%(default)s]")
    parser.add_argument("--ids", choices=IDS, default="steady",
                        help="track ids of the detector: for good, another every 5 s, none [%(default)s]")
    parser.add_argument("--depth", action="store_true", help="depth images of the robot's camera, at 15 Hz")
    parser.add_argument("--wall-cameras", type=int, default=0, choices=range(4), help="[%(default)s]")


def run(args: argparse.Namespace) -> None:
    """Writes the bags that were asked for."""
    if args.people < 1 or args.seconds < 1 or args.scenes < 1:
        raise ValueError(f"--people {args.people}, --seconds {args.seconds:g}, --scenes {args.scenes}: expected 1 or more")
    from ..data import Motion

    motion = Motion.load(held_out=False)
    for seed in range(args.seed, args.seed + args.scenes):
        folder = args.out / f"scene_{seed}"
        if folder.exists():
            raise ValueError(f"{folder} is there already")
        write_scene(folder, motion, seed, args)
        size = sum(path.stat().st_size for path in folder.iterdir())
        print(f"{folder}: {args.people} people, {args.seconds:g} s, {size / 1e6:.1f} MB")


def write_scene(folder: Path, motion, seed: int, args: argparse.Namespace) -> None:
    import numpy as np
    import torch

    from ..draw import Draw
    from . import bag
    from .cameras import robot_camera, wall_camera
    from .people import make_people
    from .seen import detections

    draw = Draw(torch.Generator().manual_seed(seed))
    times_s = torch.arange(round(args.seconds * RATE_HZ)) / RATE_HZ
    people = make_people(args.people, times_s, motion, draw)
    cameras = [robot_camera(times_s), *(wall_camera(n, times_s) for n in range(args.wall_cameras))]
    types = bag.Types()
    messages = [*bag.transforms(types, cameras, times_s), *bag.truth(types, people, times_s)]
    for camera in cameras:
        messages += bag.keypoints(types, camera, detections(camera, people.joints_m, times_s, draw), times_s, args.ids)
    if args.depth:
        messages += bag.depths(types, cameras[0], people, times_s, np.random.default_rng(seed))
    folder.parent.mkdir(parents=True, exist_ok=True)
    bag.write(folder, types, messages)
