//! Whatever cameras, detectors and robots say, in whatever order: whoever is published is
//! somewhere.
#![no_main]

mod support;

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use posemoe::msg::geometry_msgs::TransformStamped;
use posemoe::msg::lifecycle_msgs::ChangeState_Request;
use posemoe::msg::rcl_interfaces::{Parameter, ParameterType, SetParameters_Request};
use posemoe::msg::sensor_msgs::{CameraInfo, Image};
use posemoe::msg::std_msgs::Header;
use posemoe::msg::tf2_msgs::TFMessage;
use posemoe::msg::yolo_msgs::{Detection, DetectionArray, KeyPoint2D};
use posemoe::msg::{Message, encode};
use posemoe_stamp::Stamp;
use support::Rig;

const ARGUMENTS: &str = "--ros-args -p target_frame:=base -p max_people:=3 -p publish_hri:=true \
    -p publish_nav_people:=true -p publish_cloud:=true -p depth_topic:=/depth \
    -p ground_frame:=floor -p robot_parts:=[arm] -p arm.from:=base -p arm.to:=odom \
    -p arm.radius_m:=0.1";
/// What may be set while the node runs.
const PARAMETERS: [&str; 12] = [
    "predict_s",
    "min_keypoint_score",
    "acceleration_noise",
    "stature_sigma",
    "sigma_scale",
    "smoothing",
    "output_rate_hz",
    "lead_s",
    "cloud_horizon_s",
    "cloud_spacing_m",
    "known_stature_m",
    "depth_wait_s",
];
const MODELS: [&str; 4] = ["plumb_bob", "rational_polynomial", "equidistant", ""];
const FRAMES: [&str; 4] = ["camera", "base", "odom", "floor"];
/// Of depth images; the last is none.
const ENCODINGS: [&str; 3] = ["16UC1", "32FC1", "rgb8"];

#[derive(Arbitrary, Debug)]
enum Happening {
    Calibration {
        k: [f64; 4],
        d: Vec<f64>,
        model: u8,
        size_px: (u16, u16),
        frame: u8,
    },
    Image {
        after_ms: i16,
        frame: u8,
        people: Vec<Person>,
    },
    Depth {
        after_ms: i16,
        frame: u8,
        encoding: u8,
        size_px: (u8, u8),
        /// More or fewer bytes a row than it should have.
        step: i8,
        data: Vec<u8>,
    },
    Transform {
        frames: (u8, u8),
        at_m: [f64; 3],
        turn: [f64; 4],
        is_static: bool,
        after_ms: i16,
    },
    Set {
        parameter: u8,
        value: f64,
    },
    Transition {
        id: u8,
    },
    Tick {
        after_ms: u16,
    },
    Timer {
        after_ms: u16,
    },
}

#[derive(Arbitrary, Debug)]
struct Person {
    id: u8,
    score: f64,
    /// Where the keypoints of a person are who stands upright.
    stands: Option<(u16, u16, u8)>,
    keypoints: Vec<(u8, f32, f32, f32)>,
}

fn detection(person: &Person) -> Detection {
    let mut detection = Detection {
        id: person.id.to_string(),
        class_name: "person".into(),
        score: person.score,
        ..Default::default()
    };
    let upright = person.stands.into_iter().flat_map(|(x, y, size)| {
        let step_px = f32::from(size) / 8.0;
        (0..17_u8).map(move |j| {
            let (dx, dy) = (f32::from(j % 2) * step_px, f32::from(j) * step_px);
            (
                j + 1,
                f32::from(x) / 64.0 + dx,
                f32::from(y) / 64.0 + dy,
                0.9,
            )
        })
    });
    detection.keypoints.data = upright
        .chain(person.keypoints.iter().copied())
        .map(|(id, x, y, score)| {
            let mut keypoint = KeyPoint2D {
                id: i32::from(id),
                score: f64::from(score),
                ..Default::default()
            };
            (keypoint.point.x, keypoint.point.y) = (f64::from(x), f64::from(y));
            keypoint
        })
        .collect();
    detection
}

fn header(stamp: Stamp, frame: u8) -> Header {
    let mut header = Header::default();
    (header.stamp.sec, header.stamp.nanosec) = stamp.to_parts();
    header.frame_id = FRAMES[usize::from(frame) % FRAMES.len()].to_owned();
    header
}

fn send<M: Message>(rig: &mut Rig, topic: &str, message: &M) {
    let place = rig
        .bus
        .subscribed
        .iter()
        .position(|known| known.name == topic);
    rig.send(place.expect("a topic of the node"), encode(message));
}

fn ask<M: Message>(rig: &mut Rig, service: &str, request: &M) {
    let place = rig
        .bus
        .served
        .iter()
        .position(|known| known.name.ends_with(service));
    rig.ask(place.expect("a service of the node"), encode(request));
}

fn happen(rig: &mut Rig, happening: Happening, now: &mut Stamp) {
    let mut later = |ms: f64| {
        *now = now.plus_seconds(ms * 1e-3);
        *now
    };
    match happening {
        Happening::Calibration {
            k,
            d,
            model,
            size_px,
            frame,
        } => {
            let [fx, fy, cx, cy] = k;
            let k = [fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0];
            let info = CameraInfo {
                header: header(later(0.0), frame),
                width: u32::from(size_px.0),
                height: u32::from(size_px.1),
                distortion_model: MODELS[usize::from(model) % MODELS.len()].to_owned(),
                d,
                k,
                ..Default::default()
            };
            send(rig, "/camera/camera_info", &info);
        }
        Happening::Image {
            after_ms,
            frame,
            people,
        } => {
            let stamp = later(f64::from(after_ms));
            rig.bus.now = rig.bus.now.max(stamp);
            let detections = people.iter().map(detection).collect();
            let header = header(stamp, frame);
            send(
                rig,
                "/yolo/tracking",
                &DetectionArray { header, detections },
            );
        }
        Happening::Depth {
            after_ms,
            frame,
            encoding,
            size_px,
            step,
            mut data,
        } => {
            let (width, height) = (u32::from(size_px.0), u32::from(size_px.1));
            let encoding = ENCODINGS[usize::from(encoding) % ENCODINGS.len()];
            let pixel = if encoding == "16UC1" { 2 } else { 4 };
            let row = (width * pixel).saturating_add_signed(i32::from(step));
            if step == 0 {
                data.resize((row * height) as usize, 1);
            }
            let image = Image {
                header: header(later(f64::from(after_ms)), frame),
                height,
                width,
                encoding: encoding.to_owned(),
                is_bigendian: 0,
                step: row,
                data,
            };
            send(rig, "/depth", &image);
        }
        Happening::Transform {
            frames,
            at_m,
            turn,
            is_static,
            after_ms,
        } => {
            let mut link = TransformStamped {
                header: header(later(f64::from(after_ms)), frames.0),
                child_frame_id: FRAMES[usize::from(frames.1) % FRAMES.len()].to_owned(),
                ..Default::default()
            };
            let (shift, rotation) = (
                &mut link.transform.translation,
                &mut link.transform.rotation,
            );
            [shift.x, shift.y, shift.z] = at_m;
            [rotation.x, rotation.y, rotation.z, rotation.w] = turn;
            let topic = if is_static { "/tf_static" } else { "/tf" };
            send(
                rig,
                topic,
                &TFMessage {
                    transforms: vec![link],
                },
            );
        }
        Happening::Set { parameter, value } => {
            let mut set = Parameter {
                name: PARAMETERS[usize::from(parameter) % PARAMETERS.len()].to_owned(),
                ..Default::default()
            };
            set.value.r#type = ParameterType::PARAMETER_DOUBLE;
            set.value.double_value = value;
            ask(
                rig,
                "/set_parameters",
                &SetParameters_Request {
                    parameters: vec![set],
                },
            );
        }
        Happening::Transition { id } => {
            let mut request = ChangeState_Request::default();
            // Not to the end, where all that follows would be nothing.
            request.transition.id = id % 5;
            ask(rig, "/change_state", &request);
        }
        Happening::Tick { after_ms } => {
            rig.bus.now = rig.bus.now.plus_seconds(f64::from(after_ms) * 1e-3);
            rig.tick();
        }
        Happening::Timer { after_ms } => {
            rig.bus.now = rig.bus.now.plus_seconds(f64::from(after_ms) * 1e-3);
            rig.be_due();
        }
    }
}

fuzz_target!(|happenings: Vec<Happening>| {
    let mut rig = Rig::new(ARGUMENTS);
    let mut now = Stamp::from_nanos(1_700_000_000_000_000_000);
    rig.bus.now = now;
    for happening in happenings {
        happen(&mut rig, happening, &mut now);
    }
});
