"""What a memory is worth: the same people and the same walk, remembered for longer and longer, or seen in a window.

A stream remembers entries, each found with a memory of its own, so it reaches back further than its memory holds;
a window knows its frames only, but all of them see each other. Held-out people are seen at 30 Hz, and only those
count whose recording fills the longest memory.
"""

from dataclasses import replace
from pathlib import Path
from typing import Iterator, List, Tuple

from tqdm import tqdm

from ..data import Motion
from ..memory import Memory
from ..network import PoseMoE
from .held_out import Condition, Figures, errors, outcome
from .sequences import RATE_HZ, long_enough, sequence_errors
from .stream import Lift, streaming, windowed
from .walk import walk_errors

MEMORIES = (0, 12, 24, 48, 96, 243)  # frames before the newest; without any, every frame is lifted by itself
WINDOWS = (27, 81, 243)         # frames, the newest included
FRAMES, AT = 250, (209, 249)    # of each stream: how many, and which are measured
PEOPLE, PEOPLE_A_SEQUENCE = 256, 8
MOVING_FRAMES = 10              # consecutive ones, of which movement is measured: a long window for each costs time


def memory_errors(network: PoseMoE, memory: Memory, motion: Motion, walk: Path, people: int = PEOPLE) -> List[Figures]:
    """A row for each way to remember: held-out figures, movement figures, and those of the walk as `walk_*`.

    `memory` says how old a frame may be. The walk is 100 frames long, so it fills no memory longer than that.
    """
    held_out, condition = long_enough(motion, FRAMES), Condition(rate_hz=RATE_HZ)
    sequences = max(1, people // PEOPLE_A_SEQUENCE)
    return [
        {
            "mode": mode, "memory_frames": frames,
            **errors(outcome(lift, held_out, people, condition, FRAMES, AT)),
            **sequence_errors(lift, motion, sequences, FRAMES, MOVING_FRAMES),
            **{f"walk_{name}": value for name, value in walk_errors(lift, walk)["all"].items()},
        }
        for mode, frames, lift in tqdm(list(_ways(network, memory)), desc="memory", leave=False, disable=None)
    ]


def _ways(network: PoseMoE, memory: Memory) -> Iterator[Tuple[str, int, Lift]]:
    for frames in MEMORIES:
        yield "stream", frames, streaming(network, replace(memory, frames=frames))
    for frames in WINDOWS:
        yield "window", frames, windowed(network, frames)
