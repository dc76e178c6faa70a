"""Trains PoseMoE, the network that lifts 2D keypoints to 3D joints, and exports it to ONNX."""

__version__ = "0.2.0"
