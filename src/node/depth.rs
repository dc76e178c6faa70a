//! A source's depth images: keypoints wait for theirs, and go on with what is measured in it.

use std::collections::VecDeque;

use super::received::note_undecodable;
use crate::bus::{Bus, EndpointError, Qos, SubscriptionId};
use crate::config::Config;
use crate::config::ros_args::RosArgs;
use crate::config::sources::SourceConfig;
use crate::input::camera_info::Calibration;
use crate::input::{compressed_depth, depth_image, transforms};
use crate::msg::sensor_msgs::{CameraInfo, CompressedImage, Image};
use crate::msg::{Message, decode};
use posemoe_core::depth::queue::{DepthQueue, Stamped};
use posemoe_core::depth::view::DepthView;
use posemoe_core::frames::Frames;
use posemoe_core::geometry::camera::Camera;
use posemoe_core::health::{Cause, Drops};
use posemoe_core::person::observation::Observation;
use posemoe_stamp::Stamp;

/// Frames of keypoints that wait at most.
const MOST_WAITING: usize = 32;
/// Nobody waits for images of a camera that has sent none for so long (s).
const SILENT_S: f64 = 1.0;

/// How topics end on which the transport `compressedDepth` of image_transport puts images.
const COMPRESSED: &str = "/compressedDepth";

/// Depth images with their calibration, and keypoints that wait for them.
pub struct Depth {
    images: SubscriptionId,
    are_compressed: bool,
    /// `None` where images are registered to the keypoints' camera.
    camera_info: Option<SubscriptionId>,
    calibration: Calibration,
    queue: DepthQueue,
    waiting: VecDeque<(Stamp, Observation)>,
}

impl Depth {
    /// Subscribes as the configuration asks; `None` where it asks for no depth images.
    ///
    /// # Errors
    /// [`EndpointError`] when the bus refuses.
    pub fn subscribe(
        bus: &mut dyn Bus,
        args: &RosArgs,
        config: &SourceConfig,
    ) -> Result<Option<Self>, EndpointError> {
        if config.depth_topic.is_empty() {
            return Ok(None);
        }
        let mut subscribe = |name: &str, type_name| {
            bus.subscribe(&args.subscription(name, type_name, Qos::SENSOR_DATA))
        };
        let are_compressed = match config.depth_type.as_str() {
            CompressedImage::TYPE_NAME => true,
            Image::TYPE_NAME => false,
            _ => args.resolve(&config.depth_topic).ends_with(COMPRESSED),
        };
        let type_name = match are_compressed {
            true => CompressedImage::TYPE_NAME,
            false => Image::TYPE_NAME,
        };
        let images = subscribe(&config.depth_topic, type_name)?;
        let camera_info = match config.depth_camera_info_topic.as_str() {
            "" => None,
            topic => Some(subscribe(topic, CameraInfo::TYPE_NAME)?),
        };
        Ok(Some(Self {
            images,
            are_compressed,
            camera_info,
            calibration: Calibration::default(),
            queue: DepthQueue::default(),
            waiting: VecDeque::new(),
        }))
    }

    /// Listens no more.
    pub fn leave(self, bus: &mut dyn Bus) {
        bus.unsubscribe(self.images);
        self.camera_info
            .into_iter()
            .for_each(|id| bus.unsubscribe(id));
    }

    /// Reads a message of these topics; whether it was one.
    pub fn receive(
        &mut self,
        (subscription, payload): (SubscriptionId, &[u8]),
        drops: &mut Drops,
    ) -> bool {
        if subscription == self.images {
            self.take_in(payload, drops);
            return true;
        }
        if self.camera_info != Some(subscription) {
            return false;
        }
        match decode(payload) {
            Ok(info) => {
                self.calibration.update(info, false);
                let unusable = matches!(self.calibration, Calibration::Unusable { .. });
                if let Some(problem) = self.calibration.problem().filter(|_| unusable) {
                    drops.note(Cause::BadDepthImage, problem);
                }
            }
            Err(error) => note_undecodable(&error, drops),
        }
        true
    }

    fn take_in(&mut self, payload: &[u8], drops: &mut Drops) {
        let image = match self.are_compressed {
            true => decode(payload).map(|message| compressed_depth::stamped(&message, drops)),
            false => decode(payload).map(|message| depth_image::stamped(message, drops)),
        };
        match image {
            Ok(image) => image.into_iter().for_each(|image| self.queue.push(image)),
            Err(error) => note_undecodable(&error, drops),
        }
    }

    /// Puts keypoints in line for their depth image.
    pub fn await_image(&mut self, seen: Observation, now: Stamp) {
        self.waiting.push_back((now, seen));
    }

    /// The next keypoints of the line, with depths where there are some, when their image is there
    /// or no longer waited for. `camera` is that of the keypoints.
    pub fn next(
        &mut self,
        now: Stamp,
        config: &Config,
        (camera, frames): (Option<&Camera>, &Frames),
        drops: &mut Drops,
    ) -> Option<Observation> {
        let (since, seen) = self.waiting.front()?;
        let image = self.queue.nearest(seen.stamp, config.depth_tolerance_s);
        let may_come = self.queue.newest().is_some_and(|newest| {
            let behind_s = seen.stamp.seconds_since(newest);
            (0.0..=SILENT_S).contains(&behind_s)
        });
        let waited_s = now.seconds_since(*since);
        let is_patient = (0.0..config.depth_wait_s).contains(&waited_s);
        if image.is_none() && may_come && is_patient && self.waiting.len() <= MOST_WAITING {
            return None;
        }
        let (_, mut seen) = self.waiting.pop_front()?;
        match (image, camera) {
            (Some(image), Some(camera)) => match self.view(image, &seen, (camera, frames)) {
                Ok(view) => view.measure(&mut seen.people, camera),
                Err((cause, detail)) => drops.note(cause, detail),
            },
            (None, _) => {
                let newest = match self.queue.newest() {
                    Some(newest) => format!("the newest is of {newest}"),
                    None => "none has come".to_owned(),
                };
                drops.note(
                    Cause::NoDepthImage,
                    format!("keypoints of {}: {newest}", seen.stamp),
                );
            }
            // Counted where the keypoints' own calibration is asked for.
            (Some(_), None) => {}
        }
        Some(seen)
    }

    fn view<'a>(
        &'a self,
        Stamped {
            stamp,
            frame_id,
            image,
        }: &'a Stamped,
        seen: &Observation,
        (camera, frames): (&'a Camera, &Frames),
    ) -> Result<DepthView<'a>, (Cause, String)> {
        let unfit = |detail: String| (Cause::BadDepthImage, format!("image of {stamp}: {detail}"));
        let (depth_camera, of) = match self.camera_info {
            None => (camera, seen.frame_id.as_str()),
            Some(_) => self.calibration.known().ok_or_else(|| {
                let problem = self.calibration.problem().unwrap_or_default();
                unfit(format!("{problem} of the depth camera"))
            })?,
        };
        let of = transforms::name(of);
        if frame_id != of {
            let expected = format!("it is in {frame_id:?}, its camera_info in {of:?}");
            return Err(unfit(match self.camera_info {
                Some(_) => expected,
                None => format!("{expected}: set depth_camera_info_topic"),
            }));
        }
        let [width, height] = image.size_px();
        if (width, height) != (depth_camera.width_px, depth_camera.height_px) {
            let found = format!(
                "{width} x {height} px, its camera_info of {}",
                depth_camera.image()
            );
            return Err(unfit(match self.camera_info {
                Some(_) => found,
                None => format!("{found}: set depth_camera_info_topic"),
            }));
        }
        let from = transforms::name(&seen.frame_id);
        let depth_from_camera = match frame_id == from {
            true => None,
            false => {
                let found = frames.lookup(frame_id, from, *stamp);
                Some(found.map_err(|error| (Cause::DepthUnplaced, error.to_string()))?)
            }
        };
        Ok(DepthView {
            image,
            depth_camera,
            depth_from_camera,
        })
    }

    /// Forgets images and keypoints, which are counted.
    pub fn forget(&mut self, drops: &mut Drops) {
        for (_, seen) in self.waiting.drain(..) {
            let detail = format!(
                "keypoints of {}, which waited for a depth image",
                seen.stamp
            );
            drops.note(Cause::Inactive, detail);
        }
        self.queue.clear();
    }
}
