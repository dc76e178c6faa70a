"""Everything that is measured of a network."""

from pathlib import Path

from tqdm import tqdm

from ..cameras import MEASURED_BORDERS
from ..data import Motion
from ..memory import Memory
from ..network import PoseMoE
from .held_out import Condition, Figures, errors, outcome, per_action, per_joint, sigma_report
from .memory import PEOPLE as MEMORY_PEOPLE
from .memory import memory_errors
from .sequences import sequence_errors
from .stream import streaming
from .unseen import by_body, by_depth, by_detector
from .walk import walk_errors

NOISE_LEVELS = (0.0, 0.5, 1.0, 1.5, 2.0)
RATES_HZ = (5.0, 10.0, 15.0, 30.0, 60.0)
MISSING_JOINTS = tuple(range(9))
ROLLS_DEG = (0.0, 5.0, 10.0, 15.0, 20.0, 30.0)
SWEEPS = {
    "noise": [{"noise": level} for level in NOISE_LEVELS],
    "rate": [{"rate_hz": rate_hz} for rate_hz in RATES_HZ],
    "missing": [{"missing_joints": count} for count in MISSING_JOINTS],
    "roll": [{"roll_deg": roll_deg} for roll_deg in ROLLS_DEG],
    "border": [{"border": border} for border in MEASURED_BORDERS],
}


def full(network: PoseMoE, memory: Memory, motion: Motion, walk: Path, people: int = 8192, sweep_people: int = 1024,
         sequences: int = 128, memory_people: int = MEMORY_PEOPLE) -> Figures:
    """A nested dict that can be written as JSON; a quarter of an hour on a CPU core."""
    lift = streaming(network, memory)
    usual = outcome(lift, motion, people)
    report: Figures = {
        "people": len(usual.action),
        "sweep_people": sweep_people,
        "overall": errors(usual),
        "per_joint": per_joint(usual),
        "per_action": per_action(usual, motion.actions),
        "sigma_reliability": sigma_report(usual),
        "movement": sequence_errors(lift, motion, sequences),
        "walk": walk_errors(lift, walk),
    }
    for name, conditions in SWEEPS.items():
        # What a border costs is told in percent, which takes more people than a curve does.
        count = people if name == "border" else sweep_people
        report[name] = [
            {**condition, **errors(outcome(lift, motion, count, Condition(**condition)))}
            for condition in tqdm(conditions, desc=name, leave=False, disable=None)
        ]
    def measure(condition: Condition) -> Figures:
        return errors(outcome(lift, motion, sweep_people, condition))

    for name, sweep in (("bodies", by_body), ("detectors", by_detector), ("depth_cameras", by_depth)):
        report[name] = sweep(measure)
    report["memory"] = memory_errors(network, memory, motion, walk, memory_people)
    return report
