//! Where keypoints come from: a detector and the camera that it looks through.

use crate::bus::{Bus, BusError, Qos, SubscriptionId};
use crate::config::ros_args::RosArgs;
use crate::health::{Cause, Drops};
use crate::input::{self, camera_info::Calibration};
use crate::msg::posemoe::People2D;
use crate::msg::sensor_msgs::CameraInfo;
use crate::msg::yolo_msgs::DetectionArray;
use crate::msg::{Message, decode};
use crate::person::observation::Observation;

/// A detector's topic and its camera's calibration.
pub struct Source {
    keypoints: SubscriptionId,
    camera_info: SubscriptionId,
    detector: Detector,
    rectified: bool,
    /// What is known of the camera.
    pub calibration: Calibration,
}

/// What a message of a source was.
pub enum Heard {
    /// Keypoints; `None` when they cannot be used, which is counted.
    Keypoints(Option<Observation>),
    /// Something else, which has been taken note of.
    Other,
}

#[derive(Clone, Copy)]
enum Detector {
    Yolo,
    Own,
}

impl Source {
    /// Subscribes as the configuration asks.
    ///
    /// # Errors
    /// When the bus refuses.
    pub fn subscribe(bus: &mut dyn Bus, args: &RosArgs) -> Result<Self, BusError> {
        let config = &args.config;
        let (detector, type_name) = match config.keypoints_type.as_str() {
            DetectionArray::TYPE_NAME => (Detector::Yolo, DetectionArray::TYPE_NAME),
            _ => (Detector::Own, People2D::TYPE_NAME),
        };
        let mut subscribe =
            |name, type_name| bus.subscribe(&args.subscription(name, type_name, Qos::SENSOR_DATA));
        Ok(Self {
            keypoints: subscribe(&config.keypoints_topic, type_name)?,
            camera_info: subscribe(&config.camera_info_topic, CameraInfo::TYPE_NAME)?,
            detector,
            rectified: config.image_rectified,
            calibration: Calibration::default(),
        })
    }

    /// Listens no more.
    pub fn leave(self, bus: &mut dyn Bus) {
        bus.unsubscribe(self.keypoints);
        bus.unsubscribe(self.camera_info);
    }

    /// Reads a message of this subscription; `None` when it is not of this source.
    pub fn hear(
        &mut self,
        subscription: SubscriptionId,
        payload: &[u8],
        drops: &mut Drops,
    ) -> Option<Heard> {
        if subscription == self.keypoints {
            return Some(Heard::Keypoints(self.observe(payload, drops)));
        }
        (subscription == self.camera_info).then(|| {
            self.calibrate(payload, drops);
            Heard::Other
        })
    }

    fn observe(&self, payload: &[u8], drops: &mut Drops) -> Option<Observation> {
        let seen = match self.detector {
            Detector::Yolo => {
                decode(payload).map(|message| input::yolo::observation(&message, drops))
            }
            Detector::Own => {
                decode(payload).map(|message| input::keypoints::observation(&message, drops))
            }
        };
        seen.unwrap_or_else(|error| {
            drops.note(Cause::Undecodable, error.to_string());
            None
        })
    }

    fn calibrate(&mut self, payload: &[u8], drops: &mut Drops) {
        match decode(payload) {
            Ok(info) => {
                let is_new = self.calibration.update(info, self.rectified);
                if let Some(problem) = self.calibration.problem().filter(|_| is_new) {
                    tracing::error!("{problem}");
                }
            }
            Err(error) => drops.note(Cause::Undecodable, error.to_string()),
        }
    }
}
