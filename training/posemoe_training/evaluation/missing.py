"""Takes joints away from a batch, as if the detector had not seen them.

The person-centred view follows from the joints that are seen, so it is made anew: without the hips the
virtual camera looks elsewhere. That is what the node would feed its network.
"""

import torch

from ..view import person_view
from ..streams import Batch, enough_seen


def rays(batch: Batch) -> torch.Tensor:
    """Undistorted rays x/z, y/z (B, T, 17, 2) from which the batch's views were made."""
    uv = batch.keypoints[..., :2] * batch.view[..., None, 2:].exp()
    points = torch.cat([uv, torch.ones_like(uv[..., :1])], -1) @ batch.view_from_camera
    return points[..., :2] / points[..., 2:]


def without_joints(batch: Batch, count: int, rng: torch.Generator) -> Batch:
    """The batch with `count` joints of each person unseen in all frames.

    With the same `rng` a larger count takes the same joints and more.
    """
    order = torch.rand(len(batch.keypoints), 17, generator=rng).argsort(-1)
    if count == 0:
        return batch
    score = batch.keypoints[..., 2].clone()
    hidden = torch.zeros(order.shape).scatter(1, order[:, :count], 1.0).bool()
    score[hidden[:, None].expand_as(score)] = 0
    seen = person_view(rays(batch), score)
    present = batch.present * enough_seen(score)
    kept = (present > 0).to(score.dtype)
    new_from_old = seen.view_from_camera @ batch.view_from_camera.transpose(-1, -2)
    return batch._replace(
        keypoints=seen.keypoints * kept[..., None, None], view=seen.view * kept[..., None],
        age_s=batch.age_s * kept, present=present,
        joints_m=batch.joints_m @ new_from_old.transpose(-1, -2), view_from_camera=seen.view_from_camera,
        depth=torch.zeros_like(batch.depth),  # of another view; measured where depth is asked about
    )
