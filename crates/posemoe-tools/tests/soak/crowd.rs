//! A bag of people who come and go, with all that a detector does wrong.

use std::path::Path;

use posemoe::msg::yolo_msgs::{Detection, DetectionArray};
use posemoe_core::health::Cause;
use posemoe_stamp::Stamp;

use crate::bags::{CAMERA_INFO, KEYPOINTS, NewBag, recorded, time};

pub const RATE_HZ: u64 = 60;
const PEOPLE: u64 = 10;
const START: Stamp = Stamp::from_nanos(1_700_000_000_000_000_000);

/// What a replay must come to.
#[derive(Default)]
pub struct Expected {
    /// Of keypoints.
    pub messages: u64,
    /// Of those, with people out.
    pub answered: u64,
    /// People in them who were seen.
    pub tracked: u64,
    /// By cause, in the causes' order.
    pub drops: Vec<(String, u64)>,
}

impl Expected {
    fn drop_for(&mut self, cause: Cause) {
        match self
            .drops
            .iter_mut()
            .find(|(known, _)| known == cause.text())
        {
            Some((_, count)) => *count += 1,
            None => self.drops.push((cause.text().to_owned(), 1)),
        }
    }
}

/// The walks of all cameras, whose keypoints the people have.
struct Walks(Vec<Vec<Detection>>);

impl Walks {
    /// Who is there in a frame: each for 14 to 42 s under one id, then away for 6 to 18 s.
    fn people(&self, frame: u64) -> Vec<Detection> {
        let person = |number: u64| {
            let round_frames = RATE_HZ * (20 + number * 40 / PEOPLE);
            let at = frame + number * 811;
            let (round, within) = (at / round_frames, at % round_frames);
            let walk = &self.0[(number % 4) as usize];
            (within * 10 < round_frames * 7).then(|| Detection {
                id: format!("{number}_{round}"),
                ..walk[(within % walk.len() as u64) as usize].clone()
            })
        };
        (0..PEOPLE).filter_map(person).collect()
    }
}

/// Writes the bag, a message for each frame and a calibration each second.
pub fn write(path: &Path, frames: u64) -> Expected {
    let cameras: Vec<_> = (1..=4).map(recorded).collect();
    let info = cameras[0].0.clone();
    let frame_id = &info.header.frame_id;
    let of_camera = |seen: &Vec<DetectionArray>| {
        let detections = seen.iter().map(|message| message.detections[0].clone());
        detections.collect()
    };
    let walks = Walks(cameras.iter().map(|(_, seen)| of_camera(seen)).collect());
    let (mut bag, mut expected) = (NewBag::create(path), Expected::default());
    for frame in 0..frames {
        let stamp = START.plus_seconds(frame as f64 / RATE_HZ as f64);
        if frame % RATE_HZ == 0 {
            bag.put(CAMERA_INFO, stamp.plus_seconds(-0.001), &info);
        }
        let mut message = DetectionArray {
            detections: walks.people(frame),
            ..Default::default()
        };
        (message.header.stamp, message.header.frame_id) = (time(stamp), frame_id.clone());
        // What goes wrong, each in its own rhythm.
        if frame % 5003 > 4950 {
            continue; // the detector is silent for the best part of a second
        }
        if frame % 997 == 500 {
            expected.messages += 1;
            bag.put(KEYPOINTS, stamp, &DetectionArray::default());
            expected.drop_for(Cause::BadHeader);
        }
        if frame % 499 == 250 {
            let mut hidden = message.detections.first().cloned().unwrap_or_default();
            (hidden.id, hidden.class_name) = ("hidden".into(), "person".into());
            hidden.keypoints.data.truncate(2);
            message.detections.push(hidden);
            expected.drop_for(Cause::TooFewKeypoints);
        }
        expected.messages += 1;
        bag.put(KEYPOINTS, stamp, &message);
        expected.answered += 1;
        expected.tracked += walks.people(frame).len() as u64;
        if frame % 701 == 350 {
            expected.messages += 1;
            bag.put(KEYPOINTS, stamp, &message);
            expected.drop_for(Cause::DuplicateStamp);
        }
        if frame % 1201 == 600 {
            message.header.stamp = time(stamp.plus_seconds(-0.05));
            expected.messages += 1;
            bag.put(KEYPOINTS, stamp, &message);
            expected.drop_for(Cause::OutOfOrder);
        }
    }
    bag.finish();
    expected.drops.sort_by_key(|(text, _)| order(text));
    expected
}

/// The place of a cause among those that there are.
fn order(text: &str) -> usize {
    let causes = [
        Cause::BadHeader,
        Cause::DuplicateStamp,
        Cause::OutOfOrder,
        Cause::TooFewKeypoints,
    ];
    causes
        .iter()
        .position(|cause| cause.text() == text)
        .unwrap_or(causes.len())
}
