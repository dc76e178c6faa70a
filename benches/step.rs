//! What a step costs, stage by stage, for 1, 4 and 10 people: `cargo bench`.
//!
//! The people are the recorded walker, again and again, and everyone's memory is full. After
//! Criterion's own report a table gives the medians of this run and what all that is not the
//! network costs, as a share of the network. `POSEMOE_BENCH_MODE=window` measures windows instead
//! of the stream.

use posemoe::msg::type_info;
use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion};
use posemoe::bus::{Bus, Event, Qos, Topic};
use posemoe::config::{Config, Value};
use posemoe::engine;
use posemoe::input;
use posemoe::msg::sensor_msgs::CameraInfo;
use posemoe::msg::yolo_msgs::DetectionArray;
use posemoe::msg::{Message, decode, encode};
use posemoe::output::{markers, people, tf};
use posemoe_bag::{BagBus, BagOptions};
use posemoe_core::geometry::camera::Camera;
use posemoe_core::geometry::canonical::{PersonView, Rays, person_view};
use posemoe_core::geometry::place::{Evidence, place, to_camera};
use posemoe_core::health::Drops;
use posemoe_core::lift::PersonKey;
use posemoe_core::lift::network::{Answers, Step, StepNetwork};
use posemoe_core::lift::stream::{MemoryShape, Reach, StreamLifter};
use posemoe_core::lift::{LiftError, Lifted, Lifter, Seen};
use posemoe_core::person::marks::Marks;
use posemoe_core::person::memory::{Estimate, Person};
use posemoe_core::person::observation::Observation;
use posemoe_core::person::pose::{Poses, State};
use posemoe_core::person::size::Size;
use posemoe_core::pipeline::rays_of;
use posemoe_core::skeleton::JOINT_COUNT;
use posemoe_stamp::Stamp;

const CROWDS: [usize; 3] = [1, 4, 10];
/// The whole lifter, so what the memory costs is in it too.
const NETWORK: &str = "network";
const STAGES: [&str; 6] = [
    "decode",
    "memory",
    "canonical view",
    NETWORK,
    "placement",
    "encode",
];

/// The walk's frames with everyone `people` times, serialized, and its camera.
fn walk(people: usize) -> (Vec<Vec<u8>>, Camera) {
    let bag = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/walk_cam01.mcap");
    let mut bus =
        BagBus::open(&bag, None, BagOptions::new(type_info)).expect("the walk is in the checkout");
    let topic = |name: &str, type_name| Topic {
        name: name.to_owned(),
        type_name,
        qos: Qos::SENSOR_DATA,
    };
    let keypoints = bus
        .subscribe(&topic("/yolo/tracking", DetectionArray::TYPE_NAME))
        .expect("its topic");
    bus.subscribe(&topic("/camera/camera_info", CameraInfo::TYPE_NAME))
        .expect("its topic");
    let (mut frames, mut camera) = (Vec::new(), None);
    while let Some(event) = bus.next_event().expect("a sound bag") {
        let Event::Message {
            subscription,
            payload,
            ..
        } = event
        else {
            continue;
        };
        if subscription == keypoints {
            let mut message: DetectionArray = decode(&payload).expect("a sound message");
            let walker = message.detections.remove(0);
            message.detections = (0..people)
                .map(|number| {
                    let mut person = walker.clone();
                    person.id = number.to_string();
                    person
                })
                .collect();
            frames.push(encode(&message));
        } else {
            let info: CameraInfo = decode(&payload).expect("a sound message");
            camera = Some(input::camera_info::camera(&info, false).expect("a calibrated camera"));
        }
    }
    (frames, camera.expect("a camera_info"))
}

fn observe(payload: &[u8]) -> Observation {
    let message: DetectionArray = decode(payload).expect("a sound message");
    input::yolo::Yolo::default()
        .observation(&message, &mut Drops::default())
        .expect("a sound header")
}

fn views(seen: &Observation, camera: &Camera) -> Vec<(Rays, PersonView)> {
    let mut drops = Drops::default();
    seen.people
        .iter()
        .filter_map(|person| {
            let rays = rays_of(&person.joints, camera, 0.1, &mut drops);
            Some((rays, person_view(&rays)?))
        })
        .collect()
}

fn placed(
    people: &mut [Person],
    stamp: Stamp,
    views: &[(Rays, PersonView)],
    lifted: &[Option<Lifted>],
    config: &Config,
) -> Poses {
    let motion = config.settings().motion;
    let mut poses = Poses {
        stamp,
        frame_id: "camera".into(),
        people: Vec::new(),
        unplaced: 0,
    };
    for (number, ((person, (rays, view)), lifted)) in
        people.iter_mut().zip(views).zip(lifted).enumerate()
    {
        let Some(lifted) = lifted else { continue };
        let pose = to_camera(&view.view_from_camera, &lifted.joints_m);
        let mut size = Size::default();
        let evidence = Evidence {
            rays,
            pose: &pose,
            sigma_m: &lifted.sigma_m,
            size: size.guess(stamp, &pose, &motion.size),
            on_ground: [None; JOINT_COUNT],
        };
        let Some(placement) = place(&evidence) else {
            continue;
        };
        let score = rays.map(|ray| ray.map_or(0.0, |ray| ray.score));
        let sigma_m = lifted.sigma_m;
        person.update(
            stamp,
            Estimate {
                placement,
                size,
                pose,
                sigma_m,
                sigma_scale: 1.0,
                score,
                person_score: 0.9,
                marks: Marks::default(),
                gaze: None,
                segments: None,
            },
            &motion,
        );
        poses
            .people
            .extend(person.pose(&number.to_string(), State::Tracked, &motion));
    }
    poses
}

fn later(stamp: &mut Stamp) -> Stamp {
    *stamp = Stamp::from_nanos(stamp.nanos() + 16_666_667);
    *stamp
}

/// A network that costs nothing, to see what the memory costs.
struct Nothing;

impl StepNetwork for Nothing {
    fn step(&mut self, _: &Step<'_>, _: Answers<'_>, _: &mut [f32]) -> Result<(), LiftError> {
        Ok(())
    }
}

/// A lifter with its clock.
struct Stream<'a> {
    lifter: &'a mut dyn Lifter,
    now: Stamp,
    lifted: Vec<Option<Lifted>>,
}

impl<'a> Stream<'a> {
    /// Everyone has a full past.
    fn of(lifter: &'a mut dyn Lifter, seen: &[Seen<'_>], frames: i64) -> Self {
        let mut stream = Self {
            lifter,
            now: Stamp::default(),
            lifted: Vec::new(),
        };
        for _ in 0..frames {
            stream.step(seen);
        }
        stream
    }

    fn step(&mut self, seen: &[Seen<'_>]) {
        let now = later(&mut self.now);
        self.lifter.remember(now, seen);
        self.lifter
            .lift(now, seen, &mut self.lifted)
            .expect("the network runs");
    }
}

fn bench_crowd(criterion: &mut Criterion, lifter: &mut dyn Lifter, config: &Config, crowd: usize) {
    let (frames, camera) = walk(crowd);
    let seen = observe(&frames[50]);
    let seen_views = views(&seen, &camera);
    let shown: Vec<Seen<'_>> = (0..)
        .zip(&seen_views)
        .map(|(number, (_, view))| Seen {
            person: PersonKey(number),
            view,
        })
        .collect();

    let mut nothing = StreamLifter::new(
        Nothing,
        MemoryShape {
            people: config.settings().max_people,
            reach: Reach {
                frames: config.memory_frames as usize,
                span_s: 8.0,
            },
            blocks: 4,
            width: 16,
            cycle_s: 10.0,
            together: 1,
        },
    );
    let mut memory = Stream::of(&mut nothing, &shown, config.memory_frames);
    let mut network = Stream::of(lifter, &shown, config.memory_frames);
    let lifted = network.lifted.clone();
    let mut people = vec![Person::default(); crowd];
    let mut now = Stamp::default();
    let poses = placed(&mut people, later(&mut now), &seen_views, &lifted, config);

    let mut stage = |name: &str, step: &mut dyn FnMut()| {
        criterion.benchmark_group(name).bench_with_input(
            BenchmarkId::from_parameter(crowd),
            &(),
            |bencher, ()| bencher.iter(&mut *step),
        );
    };
    stage("decode", &mut || {
        black_box(observe(black_box(&frames[50])));
    });
    stage("canonical view", &mut || {
        black_box(views(black_box(&seen), &camera));
    });
    stage("memory", &mut || {
        memory.step(black_box(&shown));
    });
    stage(NETWORK, &mut || {
        network.step(black_box(&shown));
    });
    stage("placement", &mut || {
        black_box(placed(
            &mut people,
            later(&mut now),
            &seen_views,
            black_box(&lifted),
            config,
        ));
    });
    stage("encode", &mut || {
        let poses = black_box(&poses);
        black_box(encode(&people::message(poses, &[])));
        black_box(encode(&tf::message(poses, &mut Drops::default())));
        black_box(encode(&markers::message(poses)));
    });
}

/// Median of one benchmark of this run (µs), from the file that Criterion keeps.
fn median_us(stage: &str, crowd: usize) -> Option<f64> {
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let folder = Path::new(&target)
        .join("criterion")
        .join(stage)
        .join(crowd.to_string());
    let text = std::fs::read_to_string(folder.join("new/estimates.json")).ok()?;
    let estimates: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(estimates["median"]["point_estimate"].as_f64()? / 1e3)
}

fn table() {
    println!(
        "\n{:<18}{:>12}{:>12}{:>12}   (median, µs)",
        "people", CROWDS[0], CROWDS[1], CROWDS[2]
    );
    for stage in STAGES {
        let cells = CROWDS
            .map(|crowd| median_us(stage, crowd).map_or("-".to_owned(), |us| format!("{us:.1}")));
        println!(
            "{stage:<18}{:>12}{:>12}{:>12}",
            cells[0], cells[1], cells[2]
        );
    }
    let shares = CROWDS.map(|crowd| {
        let rest: Option<f64> = STAGES
            .iter()
            .filter(|stage| **stage != NETWORK)
            .map(|stage| median_us(stage, crowd))
            .sum();
        match (rest, median_us(NETWORK, crowd)) {
            (Some(rest), Some(network)) => format!("{:.1} %", 100.0 * rest / network),
            _ => "-".to_owned(),
        }
    });
    println!(
        "{:<18}{:>12}{:>12}{:>12}",
        "all but network", shares[0], shares[1], shares[2]
    );
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut config = Config::default();
    if let Ok(mode) = std::env::var("POSEMOE_BENCH_MODE") {
        config
            .set("mode", &Value::Text(mode))
            .expect("POSEMOE_BENCH_MODE is a mode");
    }
    let (mut lifter, _) = engine::load(&config).expect("run scripts/setup first");
    for crowd in CROWDS {
        bench_crowd(&mut criterion, &mut *lifter, &config, crowd);
        for number in 0..crowd as u64 {
            lifter.forget(PersonKey(number));
        }
    }
    criterion.final_summary();
    table();
}
