"""What a model file promises, written into the file; src/lift/manifest.rs reads it."""

import json
from typing import Dict, Sequence

import onnx
from torch import nn

from .. import __version__
from ..network import SIZES, parameter_count
from ..skeleton import JOINTS
from ..windows import WindowLayout

KEY = "posemoe_manifest"
FORMAT = 1
TRAINING_DATA = (
    ("CMU Graphics Lab Motion Capture Database", "free for all uses; the data itself may not be resold",
     "The data used in this project was obtained from mocap.cs.cmu.edu. The database was created "
     "with funding from NSF EIA-0196217."),
    ("UI-PRMD", "PDDL-1.0", "Vakanski et al., University of Idaho"),
    ("ReActIdle", "MIT", "Copyright (c) 2025 RSAIT"),
)


# Files that a user trained on besides, as a checkpoint keeps them: their names and licences.
OwnData = Sequence[Dict[str, str]]


def size_name(network: nn.Module) -> str:
    return next((name for name, size in SIZES.items() if size == network.size), "custom")


def manifest(network: nn.Module, layout: WindowLayout, name: str, precision: str,
             own_data: OwnData = ()) -> Dict[str, object]:
    """`precision` is that of weights and arithmetic; inputs and outputs are float32 in any case.

    The weights are ours to license only where no data of a user touched them.
    """
    return {
        "format": FORMAT,
        "name": name,
        "version": __version__,
        "size": size_name(network),
        "variant": network.variant,
        "parameters": parameter_count(network),
        "precision": precision,
        "joint_set": "h36m17",
        "joints": list(JOINTS),
        "window": {"frames": layout.frames, "spacing_s": layout.spacing_s, "span_s": layout.span_s},
        "inputs": {
            "keypoints": "float32 [people, frames, 17, 3]: x, y in the person-centred view divided by "
                         "apparent size, detector score; zeros where not seen; newest frame last",
            "view": "float32 [people, frames, 3]: viewing ray x, y (unit vector, camera optical frame), "
                    "log of the apparent size (tangent units)",
            "age_s": "float32 [people, frames]: seconds before the newest frame",
            "present": "float32 [people, frames]: 1 where the slot is filled, else 0",
        },
        "outputs": {
            "joints_m": "float32 [people, 17, 3]: newest frame, relative to the pelvis",
            "sigma_m": "float32 [people, 17]: distance from the truth within which 68 % of joints lie",
        },
        "output_frame": "virtual camera of the newest frame: z towards the person, x level to the right, y down",
        "output_unit": "m",
        "licence": "bound by training_data" if own_data else "Apache-2.0",
        "training_data": [*(dict(zip(("name", "licence", "credit"), row)) for row in TRAINING_DATA), *own_data],
    }


def add_manifest(model: onnx.ModelProto, promises: Dict[str, object]) -> None:
    del model.metadata_props[:]
    entry = model.metadata_props.add()
    entry.key, entry.value = KEY, json.dumps(promises)


def read_manifest(model: onnx.ModelProto) -> Dict[str, object]:
    return json.loads(next(entry.value for entry in model.metadata_props if entry.key == KEY))
