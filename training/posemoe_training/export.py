"""To ONNX with a manifest inside, and a fixture by which Rust proves that it computes the same."""

import json
from pathlib import Path
from typing import Dict, Optional

import onnx
import torch

from . import __version__
from .data import Motion
from .detector import detect
from .cameras import place_cameras
from .network import PoseMoE
from .skeleton import JOINTS
from .view import person_view
from .windows import WindowLayout, make_batch

OPSET = 17
MANIFEST_KEY = "posemoe_manifest"
MANIFEST_FORMAT = 1
CMU = ("CMU Graphics Lab Motion Capture Database", "free for all uses; the data itself may not be resold",
       "The data used in this project was obtained from mocap.cs.cmu.edu. The database was created "
       "with funding from NSF EIA-0196217.")
TRAINING_DATA = (
    CMU,
    ("UI-PRMD", "PDDL-1.0", "Vakanski et al., University of Idaho"),
    ("ReActIdle", "MIT", "Copyright (c) 2025 RSAIT"),
)


def manifest(layout: WindowLayout, name: str) -> Dict[str, object]:
    return {
        "format": MANIFEST_FORMAT,
        "name": name,
        "version": __version__,
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
            "sigma_m": "float32 [people, 17]: root mean square of the expected distance error",
        },
        "output_frame": "virtual camera of the newest frame: z towards the person, x level to the right, y down",
        "output_unit": "m",
        "licence": "Apache-2.0",
        "training_data": [dict(zip(("name", "licence", "credit"), row)) for row in TRAINING_DATA],
    }


def export(network: PoseMoE, layout: WindowLayout, out: Path, fixture: Optional[Path]) -> None:
    """Writes the model to `out`, and with `fixture` inputs and outputs of a few people."""
    network.eval()
    rng = torch.Generator().manual_seed(11)
    batch = make_batch(Motion.load(held_out=True), 5, layout, rng, vary=False)
    inputs = tuple(t.contiguous() for t in batch[:4])
    people = torch.export.Dim("people", min=1, max=256)
    names = ("keypoints", "view", "age_s", "present")
    program = torch.onnx.export(
        network, inputs, dynamo=True, opset_version=OPSET,
        input_names=list(names), output_names=["joints_m", "sigma_m"],
        dynamic_shapes={name: {0: people} for name in names},
    )
    model = program.model_proto
    entry = model.metadata_props.add()
    entry.key, entry.value = MANIFEST_KEY, json.dumps(manifest(layout, out.stem))
    onnx.checker.check_model(model, full_check=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, out)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB, opset {model.opset_import[0].version}")
    if fixture is not None:
        write_fixture(network, layout, inputs, fixture)


@torch.no_grad()
def write_fixture(network: PoseMoE, layout: WindowLayout, inputs, path: Path) -> None:
    """Network inputs with PyTorch's outputs, and rays with the person-centred view of them."""
    joints, sigma = network(*inputs)
    flat = {name: tensor.flatten().tolist() for name, tensor in zip(("keypoints", "view", "age_s", "present"), inputs)}
    rng = torch.Generator().manual_seed(12)
    held_out = Motion.load(held_out=True)
    age_s = torch.zeros(20, 1)
    rays, scores = detect(place_cameras(held_out.sample(age_s, rng), rng), age_s, rng)
    rays, scores = rays[:, 0].double(), scores[:, 0].double()
    seen = person_view(rays, scores)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({
        "people": inputs[0].shape[0], "frames": layout.frames, "inputs": flat,
        "joints_m": joints.flatten().tolist(), "sigma_m": sigma.flatten().tolist(),
        "views": [
            {"rays": rays[i].tolist(), "scores": scores[i].tolist(), "keypoints": seen.keypoints[i].tolist(),
             "view": seen.view[i].tolist(), "view_from_camera": seen.view_from_camera[i].tolist()}
            for i in range(len(rays))
        ],
    }))
    print(f"{path}: {path.stat().st_size / 1e3:.0f} kB")
