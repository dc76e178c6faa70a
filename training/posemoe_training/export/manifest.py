"""What a model file promises, written into the file; crates/posemoe-core/src/lift/manifest.rs reads it."""

import json
from typing import Dict, Sequence

import onnx

from .. import __version__
from ..network import SIZES, PoseMoE, parameter_count
from ..segments import NAMES
from ..skeleton import JOINTS
from .forms import Form

KEY = "posemoe_manifest"
FORMAT = 3
TRAINING_DATA = (
    ("CMU Graphics Lab Motion Capture Database", "free for all uses; the data itself may not be resold",
     "The data used in this project was obtained from mocap.cs.cmu.edu. The database was created "
     "with funding from NSF EIA-0196217."),
    ("UI-PRMD", "PDDL-1.0", "Vakanski et al., University of Idaho"),
    ("ReActIdle", "MIT", "Copyright (c) 2025 RSAIT"),
    ("ACCAD", "CC BY 3.0", "ACCAD Motion Lab, The Ohio State University"),
)


# Files that a user trained on besides, as a checkpoint keeps them: their names and licences.
OwnData = Sequence[Dict[str, str]]


def size_name(network: PoseMoE) -> str:
    return next((name for name, size in SIZES.items() if size == network.size), "custom")


def described(form: Form, name: str, precision: str, parameters: int, own_data: OwnData = ()) -> Dict[str, object]:
    """What every file says. `precision` is that of weights and arithmetic; inputs and outputs are float32 in any case.

    The weights are ours to license only where no data of a user touched them.
    """
    return {
        "format": FORMAT,
        "kind": form.kind,
        "name": name,
        "version": __version__,
        "parameters": parameters,
        "precision": precision,
        "joint_set": "h36m17",
        "joints": list(JOINTS),
        "inputs": form.inputs,
        "outputs": form.outputs,
        "licence": "bound by training_data" if own_data else "Apache-2.0",
        "training_data": [*(dict(zip(("name", "licence", "credit"), row)) for row in TRAINING_DATA), *own_data],
    }


def manifest(form: Form, name: str, precision: str, own_data: OwnData = ()) -> Dict[str, object]:
    """What the file of a network that lifts says."""
    return {
        **described(form, name, precision, parameter_count(form.network), own_data),
        "size": size_name(form.network),
        "variant": form.network.variant,
        **form.promises(),
        **({"segments": list(NAMES)} if "segments" in form.outputs else {}),
        "output_frame": "virtual camera of the frame that is answered: z towards the person, x level to the right, "
                        "y down",
        "output_unit": "m",
    }


def add_manifest(model: onnx.ModelProto, promises: Dict[str, object]) -> None:
    del model.metadata_props[:]
    entry = model.metadata_props.add()
    entry.key, entry.value = KEY, json.dumps(promises)


def read_manifest(model: onnx.ModelProto) -> Dict[str, object]:
    return json.loads(next(entry.value for entry in model.metadata_props if entry.key == KEY))
