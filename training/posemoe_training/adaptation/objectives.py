"""What adaptation makes small, on people of whom nothing but keypoints is known. Each is a mean over people, in metres or
without a unit. The cameras' agreement is asked for unless it is left out (`adapt --leave-out`), the others if they are
(`adapt --ask-for`).
"""

from typing import Callable, Dict, Sequence

import torch

from ..loss import loss_of
from ..network import Lifted, PoseMoE
from ..poses import bones_of
from ..prior.embedding import PoseEmbedding
from ..skeleton import MIRRORED
from ..streams import Batch, seen_in
from ..draw import Draw
from .likeness import Likeness, placed, world_from_camera
from .tracks import Streams

WEIGHTS = {"agreement": 1.0, "consistency": 1.0, "reprojection": 0.3, "plausibility": 0.02, "bones": 0.5,
           "smoothness": 0.002}
NAMES = tuple(WEIGHTS)
ROBUST = 0.15            # reprojection errors beyond this, in units of apparent size, count less and less
USUAL_SURPRISE = 0.9     # of real poses that are no more surprising: these cost nothing
HARDEST_MM_S2 = 20.0     # m/s², an acceleration that people have


def placed_on_rays(joints_m: torch.Tensor, uv: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Joints (..., 17, 3) where they lie on rays (uv, 1) best, by weighted least squares."""
    one, zero = torch.ones_like(uv[..., 0]), torch.zeros_like(uv[..., 0])
    rows = torch.stack([torch.stack([one, zero, -uv[..., 0]], -1), torch.stack([zero, one, -uv[..., 1]], -1)], -2)
    right = uv * joints_m[..., 2:] - joints_m[..., :2]
    weighted = rows * weight[..., None, None]
    normal = torch.einsum("...jki,...jkl->...il", weighted, rows) + 1e-6 * torch.eye(3)
    root_m = torch.linalg.solve(normal, torch.einsum("...jki,...jk->...i", weighted, right)[..., None])[..., 0]
    return joints_m + root_m[..., None, :]


def reprojection(joints_m: torch.Tensor, batch: Batch) -> torch.Tensor:
    """How far joints, placed as well as can be, lie from the detector's points, in units of apparent size."""
    size = batch.view[..., 2].exp()[..., None]
    uv, score = batch.keypoints[..., :2] * size[..., None], batch.keypoints[..., 2]
    placed_m = placed_on_rays(joints_m, uv, score)
    seen = placed_m[..., :2] / placed_m[..., 2:].clamp(min=0.2)
    off = ((seen - uv) / size[..., None]).norm(dim=-1)
    robust = off.square() / (off.square() + ROBUST ** 2) * ROBUST
    weight = score * batch.used[..., None]
    return (robust * weight).sum() / weight.sum().clamp(min=1e-6)


def bones(joints_m: torch.Tensor, batch: Batch) -> torch.Tensor:
    """How much limbs change their length through a track, and differ between left and right."""
    length = bones_of(joints_m)[:, :, 1:].norm(dim=-1).clamp(min=1e-3).log()
    used = batch.used[..., None]
    mean = (length * used).sum(1, keepdim=True) / used.sum(1, keepdim=True).clamp(min=1)
    changes = ((length - mean).abs() * used).sum() / used.sum().clamp(min=1) / 16
    mirrored = mean[..., [m - 1 for m in MIRRORED[1:]]]
    return changes + 0.5 * (mean - mirrored).abs().mean()


def smoothness(joints_m: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Accelerations beyond what people have, in the camera's frame, between neighbouring frames, in units of that."""
    x = torch.einsum("btij,btki->btkj", batch.view_from_camera, joints_m)
    step_s = (batch.age_s[:, :-1] - batch.age_s[:, 1:]).clamp(min=1e-3)[..., None, None]
    velocity = (x[:, 1:] - x[:, :-1]) / step_s
    change = 2 * (velocity[:, 1:] - velocity[:, :-1]) / (step_s[:, 1:] + step_s[:, :-1])
    used = batch.used[:, 2:] * batch.used[:, 1:-1] * batch.used[:, :-2]
    beyond = (change.norm(dim=-1).mean(-1) / HARDEST_MM_S2 - 1).clamp(min=0, max=20)
    return (beyond * used).sum() / used.sum().clamp(min=1)


def plausibility(joints_m: torch.Tensor, batch: Batch, embedding: PoseEmbedding) -> torch.Tensor:
    """How much more surprising poses are than nine tenths of real ones."""
    usual = embedding.surprises[int(USUAL_SURPRISE * (len(embedding.surprises) - 1))]
    beyond = (embedding.surprise(joints_m) - usual).clamp(min=0, max=200)
    return (beyond * batch.used).sum() / batch.used.sum().clamp(min=1)


def seen_anew(joints_m: torch.Tensor, batch: Batch, up: torch.Tensor, like: Likeness,
              draw: Draw) -> Batch:
    """Newest poses as they would be seen from another side: single frames."""
    newest = torch.einsum("bij,bki->bkj", batch.view_from_camera[:, -1], joints_m[:, -1]).detach()
    world = torch.einsum("bij,bkj->bki", world_from_camera(up), newest)
    scene = placed(world[:, None], like, draw)
    z = scene.camera_m[..., 2:].clamp(min=0.1)
    noise = like.detectors.noise_m * 1.2 * draw.normal(len(newest), 1, 17, 2)
    xy = (scene.camera_m[..., :2] + noise) / z
    zero = torch.zeros(len(newest), 1)
    return seen_in(scene, xy, batch.keypoints[:, -1:, :, 2], zero, zero + 1, batch.action)


def consistency(network: PoseMoE, joints_m: torch.Tensor, batch: Batch, up: torch.Tensor, like: Likeness,
                embedding: PoseEmbedding, draw: Draw) -> torch.Tensor:
    """A pose, seen from another side and lifted again, is the same pose; asked of plausible poses only."""
    anew = seen_anew(joints_m, batch, up, like, draw)
    sure = embedding.plausibility(joints_m[:, -1].detach()) > 0.02
    found = network.lift(*anew.inputs).joints_m
    return ((found - anew.joints_m).norm(dim=-1).mean(-1) * sure[:, None]).sum() / sure.sum().clamp(min=1)


def agreement(lifted: Lifted, of: Streams) -> torch.Tensor:
    """How far poses are from what all cameras together say; 0 where a camera is alone."""
    if not of.taught.any():
        return lifted.joints_m.sum() * 0
    terms = loss_of(lifted, of.batch._replace(present=of.taught))
    return sum(term for name, term in terms.items() if name != "sigma")


def all_of(network: PoseMoE, lifted: Lifted, of: Streams, up: torch.Tensor, like: Likeness, embedding: PoseEmbedding,
           draw: Draw, names: Sequence[str] = NAMES) -> Dict[str, torch.Tensor]:
    """Those of these names."""
    joints_m, batch = lifted.joints_m, of.batch
    terms: Dict[str, Callable[[], torch.Tensor]] = {
        "agreement": lambda: agreement(lifted, of),
        "consistency": lambda: consistency(network, joints_m, batch, up[of.row], like, embedding, draw),
        "reprojection": lambda: reprojection(joints_m, batch),
        "plausibility": lambda: plausibility(joints_m, batch, embedding),
        "bones": lambda: bones(joints_m, batch),
        "smoothness": lambda: smoothness(joints_m, batch),
    }
    return {name: terms[name]() for name in names}
