"""Trains PoseMoE, the network that lifts 2D keypoints to 3D joints, and exports it to ONNX."""

from pathlib import Path

__version__ = "0.6.0"

HOME = Path(__file__).resolve().parent.parent  # the folder training/
CHECKPOINT = HOME / "checkpoints" / "s.pt"     # what `train` writes when nothing else is asked for
