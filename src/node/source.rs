//! Where keypoints come from: a detector and the camera that it looks through.

use super::bodies::BodyTopics;
use super::received::{Received, note_undecodable};
use crate::bus::{Bus, EndpointError, Qos, SubscriptionId};
use crate::config::ros_args::RosArgs;
use crate::config::sources::SourceConfig;
use crate::input::yolo::Yolo;
use crate::input::{camera_info::Calibration, check_ids, keypoints, zed};
use crate::msg::hri_msgs::Skeleton2D;
use crate::msg::posemoe::People2D;
use crate::msg::sensor_msgs::CameraInfo;
use crate::msg::yolo_msgs::DetectionArray;
use crate::msg::zed_msgs::ObjectsStamped;
use crate::msg::{Message, decode};
use posemoe_core::health::Drops;
use posemoe_core::person::observation::Observation;
use posemoe_stamp::Stamp;

/// A detector's topics and its camera's calibration.
pub struct Source {
    detector: Detector,
    camera_info: SubscriptionId,
    rectified: bool,
    /// What is known of the camera.
    pub calibration: Calibration,
    /// What was wrong with it when that was logged last.
    told: Option<String>,
}

enum Detector {
    Yolo(SubscriptionId, Yolo),
    Own(SubscriptionId),
    Zed(SubscriptionId),
    /// ROS4HRI: a topic for each body.
    Hri(BodyTopics),
}

impl Source {
    /// Subscribes as the configuration asks.
    ///
    /// # Errors
    /// [`EndpointError`] when the bus refuses.
    pub fn subscribe(
        bus: &mut dyn Bus,
        args: &RosArgs,
        config: &SourceConfig,
    ) -> Result<Self, EndpointError> {
        let subscribe = |bus: &mut dyn Bus, name: &str, type_name| {
            bus.subscribe(&args.subscription(name, type_name, Qos::SENSOR_DATA))
        };
        // First: of what waits at the same time, the rcl bus hands over the first topic's messages
        // first.
        let camera_info = subscribe(bus, &config.camera_info_topic, CameraInfo::TYPE_NAME)?;
        let topic = &config.keypoints_topic;
        let detector = match config.keypoints_type.as_str() {
            Skeleton2D::TYPE_NAME => {
                let most = args.config.settings().max_people;
                Detector::Hri(BodyTopics::subscribe(bus, args, most)?)
            }
            ObjectsStamped::TYPE_NAME => {
                Detector::Zed(subscribe(bus, topic, ObjectsStamped::TYPE_NAME)?)
            }
            People2D::TYPE_NAME => Detector::Own(subscribe(bus, topic, People2D::TYPE_NAME)?),
            _ => {
                let id = subscribe(bus, topic, DetectionArray::TYPE_NAME)?;
                Detector::Yolo(id, Yolo::default())
            }
        };
        Ok(Self {
            detector,
            camera_info,
            rectified: config.image_rectified,
            calibration: Calibration::default(),
            told: None,
        })
    }

    /// Listens no more.
    pub fn leave(self, bus: &mut dyn Bus) {
        bus.unsubscribe(self.camera_info);
        match self.detector {
            Detector::Yolo(id, _) | Detector::Own(id) | Detector::Zed(id) => bus.unsubscribe(id),
            Detector::Hri(bodies) => bodies.leave(bus),
        }
    }

    /// Reads a message of this subscription; `None` when it is not of this source. `drops` holds
    /// what is not used of this message, and nothing else.
    pub fn receive(
        &mut self,
        bus: &mut dyn Bus,
        args: &RosArgs,
        message: (SubscriptionId, &[u8]),
        drops: &mut Drops,
    ) -> Option<Received> {
        let mut received = self.read(bus, args, message, drops)?;
        if let Received::Keypoints(all) = &mut received {
            all.iter_mut().for_each(|seen| check_ids(seen, drops));
        }
        Some(received)
    }

    fn read(
        &mut self,
        bus: &mut dyn Bus,
        args: &RosArgs,
        (subscription, payload): (SubscriptionId, &[u8]),
        drops: &mut Drops,
    ) -> Option<Received> {
        if subscription == self.camera_info {
            self.calibrate(payload, drops);
            return Some(Received::Other);
        }
        let seen = match &mut self.detector {
            Detector::Yolo(id, yolo) if subscription == *id => {
                decode(payload).map(|message| yolo.observation(&message, drops))
            }
            Detector::Own(id) if subscription == *id => {
                decode(payload).map(|message| keypoints::observation(&message, drops))
            }
            Detector::Zed(id) if subscription == *id => {
                let frame_id = self.calibration.frame_id();
                decode(payload).map(|message| zed::observation(&message, frame_id, drops))
            }
            Detector::Hri(bodies) => {
                let size_px = self.calibration.image_size_px();
                return bodies.receive(bus, args, (subscription, payload), size_px, drops);
            }
            _ => return None,
        };
        let seen = seen.unwrap_or_else(|error| {
            note_undecodable(&error, drops);
            None
        });
        Some(Received::Keypoints(seen.into_iter().collect()))
    }

    /// What is not complete, and will not be: no more will come.
    pub fn rest(&mut self) -> Option<Observation> {
        match &mut self.detector {
            Detector::Hri(bodies) => bodies.rest(),
            Detector::Yolo(..) | Detector::Own(..) | Detector::Zed(..) => None,
        }
    }

    /// What is to be done each second.
    pub fn look_after(&mut self, bus: &mut dyn Bus, now: Stamp) {
        if let Detector::Hri(bodies) = &mut self.detector {
            bodies.look_after(bus, now);
        }
    }

    /// Whether bodies come from elsewhere as ROS4HRI has them: then those topics are not ours.
    pub fn is_hri(&self) -> bool {
        matches!(self.detector, Detector::Hri(_))
    }

    fn calibrate(&mut self, payload: &[u8], drops: &mut Drops) {
        match decode(payload) {
            Ok(info) => {
                let is_new = self.calibration.update(info, self.rectified);
                let problem = self.calibration.problem().filter(|_| is_new);
                // Once, where it is now good and now bad again.
                if let Some(problem) = problem.filter(|text| self.told.as_deref() != Some(text)) {
                    tracing::error!("{problem}");
                    self.told = Some(problem.to_owned());
                }
            }
            Err(error) => note_undecodable(&error, drops),
        }
    }
}
