//! What people at a steady rate cost, and whether each period is met: `cargo bench --bench
//! separation`.
//!
//! A node on a bus in memory, by the machine's clock, for `POSEMOE_BENCH_S` seconds (60): 10 people
//! seen at 30 Hz by a network that costs nothing, 7 parts of a robot in frames that move at 100 Hz,
//! `~/people3d` and `~/separation` at 100 Hz.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use posemoe::bus::{
    Bus, EndpointError, Event, Loss, PublisherId, RequestId, Service, ServiceId, SubscriptionId,
    Topic,
};
use posemoe::config::ros_args::RosArgs;
use posemoe::engine::{Engine, Loader};
use posemoe::msg::builtin_interfaces::Time;
use posemoe::msg::geometry_msgs::TransformStamped;
use posemoe::msg::posemoe::{Keypoint2D, People2D, Person2D, Separation};
use posemoe::msg::sensor_msgs::CameraInfo;
use posemoe::msg::std_msgs::Header;
use posemoe::msg::tf2_msgs::TFMessage;
use posemoe::msg::{Message, decode, encode};
use posemoe::node::{Node, Timing};
use posemoe_core::lift::network::{Answers, Step, StepNetwork};
use posemoe_core::lift::stream::{MemoryShape, Reach, StreamLifter};
use posemoe_core::lift::{LiftError, Lifter};
use posemoe_stamp::Stamp;

const PEOPLE: usize = 10;
const PARTS: usize = 7;
const PERIOD: Duration = Duration::from_millis(10);
/// Of periods, from one image to the next.
const IMAGE_EVERY: u32 = 3;
/// Joints (m, y down) of someone who stands, in the order of the network's.
const STANDING_M: [[f32; 2]; 17] = [
    [0.0, 0.0],
    [-0.12, 0.0],
    [-0.12, 0.45],
    [-0.12, 0.88],
    [0.12, 0.0],
    [0.12, 0.45],
    [0.12, 0.88],
    [0.0, -0.25],
    [0.0, -0.5],
    [0.0, -0.62],
    [0.0, -0.73],
    [0.18, -0.5],
    [0.25, -0.2],
    [0.25, 0.05],
    [-0.18, -0.5],
    [-0.25, -0.2],
    [-0.25, 0.05],
];

struct Standing;

impl StepNetwork for Standing {
    fn step(&mut self, _: &Step<'_>, answers: Answers<'_>, _: &mut [f32]) -> Result<(), LiftError> {
        let one: Vec<f32> = STANDING_M.iter().flat_map(|[x, y]| [*x, *y, 0.0]).collect();
        for joints_m in answers.joints_m.chunks_exact_mut(one.len()) {
            joints_m.copy_from_slice(&one);
        }
        answers.sigma_m.fill(0.05);
        Ok(())
    }
}

/// Counts what is published, and keeps the last of it.
#[derive(Default)]
struct Desk {
    subscribed: Vec<String>,
    advertised: Vec<String>,
    published: BTreeMap<usize, (u64, Vec<u8>)>,
    now: Stamp,
}

impl Bus for Desk {
    fn subscribe(&mut self, topic: &Topic) -> Result<SubscriptionId, EndpointError> {
        self.subscribed.push(topic.name.clone());
        Ok(SubscriptionId(self.subscribed.len() - 1))
    }

    fn unsubscribe(&mut self, _: SubscriptionId) {}

    fn advertise(&mut self, topic: &Topic) -> Result<PublisherId, EndpointError> {
        self.advertised.push(topic.name.clone());
        Ok(PublisherId(self.advertised.len() - 1))
    }

    fn unadvertise(&mut self, _: PublisherId) {}

    fn publish(&mut self, publisher: PublisherId, _: Stamp, payload: &[u8]) {
        let (count, last) = self.published.entry(publisher.0).or_default();
        *count += 1;
        last.clear();
        last.extend_from_slice(payload);
    }

    fn serve(&mut self, _: &Service) -> Result<ServiceId, EndpointError> {
        Ok(ServiceId(0))
    }

    fn respond(&mut self, _: ServiceId, _: &RequestId, _: &[u8]) {}

    fn set_timer(&mut self, _: Option<Duration>) {}

    fn now(&self) -> Stamp {
        self.now
    }

    fn losses(&self) -> Vec<Loss> {
        Vec::new()
    }
}

fn header(stamp: Stamp, frame_id: &str) -> Header {
    let (sec, nanosec) = stamp.to_parts();
    let stamp = Time { sec, nanosec };
    let frame_id = frame_id.to_owned();
    Header { stamp, frame_id }
}

fn send<M: Message>(node: &mut Node, bus: &mut Desk, topic: &str, message: &M) {
    let place = bus.subscribed.iter().position(|name| name == topic);
    let event = Event::Message {
        subscription: SubscriptionId(place.expect("the node subscribes to it")),
        received: bus.now,
        payload: encode(message),
    };
    node.handle(bus, &event);
}

/// Everyone in two rows, 3 and 5 m ahead, swaying a little.
fn image(stamp: Stamp, number: u32) -> People2D {
    let person = |id: usize| {
        let (column, row) = (id % 5, id / 5);
        let sway_m = 0.1 * f64::from(number).mul_add(0.05, id as f64).sin();
        let (x_m, z_m) = (column as f64 - 2.0 + sway_m, 3.0 + 2.0 * row as f64);
        let keypoint = |[x, y]: &[f32; 2]| Keypoint2D {
            x_px: (640.0 + 600.0 * (x_m + f64::from(*x)) / z_m) as f32,
            y_px: (360.0 + 600.0 * f64::from(*y) / z_m) as f32,
            score: 0.9,
        };
        Person2D {
            id: id.to_string(),
            score: 0.9,
            keypoints: STANDING_M.iter().map(keypoint).collect(),
        }
    };
    People2D {
        header: header(stamp, "camera"),
        joint_set: "h36m17".to_owned(),
        image_width_px: 1280,
        image_height_px: 720,
        people: (0..PEOPLE).map(person).collect(),
    }
}

/// An arm before the camera, every joint of which turns.
fn arm(stamp: Stamp, number: u32) -> TFMessage {
    let link = |index: usize| {
        let angle_rad = 0.3 * (f64::from(number) * 0.01 + index as f64).sin();
        let mut link = TransformStamped::default();
        let parent = if index == 0 {
            "camera".to_owned()
        } else {
            format!("link_{index}")
        };
        link.header = header(stamp, &parent);
        link.child_frame_id = format!("link_{}", index + 1);
        link.transform.translation.z = 0.2;
        (link.transform.rotation.x, link.transform.rotation.w) = (angle_rad / 2.0).sin_cos();
        link
    };
    TFMessage {
        transforms: (0..=PARTS).map(link).collect(),
    }
}

fn arguments() -> RosArgs {
    let mut words = vec!["--ros-args".to_owned()];
    let mut say = |word: String| words.extend(["-p".to_owned(), word]);
    say("keypoints_topic:=/people2d".to_owned());
    say("keypoints_type:=posemoe/msg/People2D".to_owned());
    say("output_rate_hz:=100.0".to_owned());
    say("publish_markers:=false".to_owned());
    let names: Vec<_> = (1..=PARTS).map(|part| format!("part_{part}")).collect();
    say(format!("robot_parts:=[{}]", names.join(",")));
    for part in 1..=PARTS {
        say(format!("part_{part}.from:=link_{part}"));
        say(format!("part_{part}.to:=link_{}", part + 1));
        say(format!("part_{part}.radius_m:=0.08"));
    }
    RosArgs::parse(words).expect("they are in order").0
}

/// The processor's time that this process has taken (s).
fn processor_s() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").expect("a Linux kernel");
    let nanos = text
        .split_whitespace()
        .next()
        .and_then(|word| word.parse::<f64>().ok());
    nanos.expect("nanoseconds on the processor") * 1e-9
}

fn main() {
    let seconds: u32 =
        std::env::var("POSEMOE_BENCH_S").map_or(60, |text| text.parse().expect("seconds"));
    let mut bus = Desk {
        now: Stamp::from_nanos(1_700_000_000_000_000_000),
        ..Desk::default()
    };
    let load = Loader::of_lifters(|config| {
        let shape = MemoryShape {
            people: config.settings().max_people,
            reach: Reach {
                frames: 96,
                span_s: 8.0,
            },
            blocks: 1,
            width: 4,
            cycle_s: 10.0,
            together: 1,
        };
        let lifter: Box<dyn Lifter> = Box::new(StreamLifter::new(Standing, shape));
        Ok((lifter, Engine::default()))
    });
    let mut node = Node::start(&mut bus, arguments(), load, Timing::Live).expect("it starts");
    let info = CameraInfo {
        header: header(bus.now, "camera"),
        width: 1280,
        height: 720,
        distortion_model: "plumb_bob".to_owned(),
        d: vec![0.0; 5],
        k: [600.0, 0.0, 640.0, 0.0, 600.0, 360.0, 0.0, 0.0, 1.0],
        ..CameraInfo::default()
    };
    send(&mut node, &mut bus, "/camera/camera_info", &info);
    let (start, began, taken_s) = (bus.now, Instant::now(), processor_s());
    let mut late: Vec<Duration> = Vec::new();
    for number in 1..=seconds * 100 {
        let due = PERIOD * number;
        std::thread::sleep(due.saturating_sub(began.elapsed()));
        bus.now = start.plus_seconds(began.elapsed().as_secs_f64());
        let now = bus.now;
        send(&mut node, &mut bus, "/tf", &arm(now, number));
        if number % IMAGE_EVERY == 0 {
            send(&mut node, &mut bus, "/people2d", &image(now, number));
        }
        node.handle(&mut bus, &Event::Timer { now });
        late.push(began.elapsed().saturating_sub(due));
    }
    let (wall_s, taken_s) = (began.elapsed().as_secs_f64(), processor_s() - taken_s);
    late.sort();
    let topic = bus
        .advertised
        .iter()
        .position(|name| name.ends_with("/separation"));
    let (count, last) = &bus.published[&topic.expect("it is published")];
    let last: Separation = decode(last).expect("as it was encoded");
    println!(
        "{count} messages of {} pairs in {wall_s:.1} s, the last: level {}",
        last.pairs.len(),
        last.level
    );
    println!(
        "of one core, with what comes in: {:.2} %",
        1e2 * taken_s / wall_s
    );
    let at = |share: f64| 1e3 * late[((late.len() - 1) as f64 * share) as usize].as_secs_f64();
    println!(
        "published after it was due: median {:.2} ms, p99 {:.2} ms, max {:.2} ms",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    let missed = late
        .iter()
        .filter(|late| **late > Duration::from_millis(5))
        .count();
    println!("later than 5 ms: {missed} of {}", late.len());
}
