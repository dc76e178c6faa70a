//! `sensor_msgs/msg/Image` to a depth image.

use super::header;
use crate::msg::sensor_msgs::Image;
use posemoe_core::depth::image::DepthImage;
use posemoe_core::depth::queue::Stamped;
use posemoe_core::health::{Cause, Drops};

/// The depth image of a message; `None` where it is none, which is counted.
pub fn stamped(message: Image, drops: &mut Drops) -> Option<Stamped> {
    let (stamp, frame_id) = header(&message.header, drops)?;
    let size_px = [message.width, message.height];
    let is_bigendian = message.is_bigendian != 0;
    let image = DepthImage::new(
        size_px,
        &message.encoding,
        is_bigendian,
        message.step,
        message.data,
    );
    let image = usable(image, drops)?;
    Some(Stamped {
        stamp,
        frame_id,
        image,
    })
}

/// `None` of what is no depth image, which is counted.
pub(super) fn usable(
    image: Result<DepthImage, impl std::error::Error>,
    drops: &mut Drops,
) -> Option<DepthImage> {
    image
        .inspect_err(|error| drops.note(Cause::BadDepthImage, error.to_string()))
        .ok()
}
