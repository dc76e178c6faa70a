//! What a step costs, stage by stage, for 1, 4 and 16 people: `cargo bench`.
//!
//! The people are the recorded walker, again and again. After Criterion's own report a table gives the
//! medians of this run and what all that is not the network costs, as a share of the network.

use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion};
use posemoe::bus::bag::{BagBus, BagOptions};
use posemoe::bus::{Bus, Event, Qos, Topic};
use posemoe::config::Config;
use posemoe::engine;
use posemoe::geometry::camera::Camera;
use posemoe::geometry::canonical::{PersonView, Rays, person_view};
use posemoe::geometry::place::{place, to_camera};
use posemoe::health::Drops;
use posemoe::input;
use posemoe::lift::{Lifted, Lifter, WindowBatch};
use posemoe::msg::sensor_msgs::CameraInfo;
use posemoe::msg::yolo_msgs::DetectionArray;
use posemoe::msg::{Message, decode, encode};
use posemoe::output::{markers, people, tf};
use posemoe::person::memory::{Estimate, Person};
use posemoe::person::observation::Observation;
use posemoe::person::pose::{Poses, State};
use posemoe::person::window::Window;
use posemoe::pipeline::rays_of;
use posemoe::stamp::Stamp;

const CROWDS: [usize; 3] = [1, 4, 16];
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
        BagBus::open(&bag, None, BagOptions::default()).expect("the walk is in the checkout");
    let topic = |name: &str, type_name| Topic {
        name: name.to_owned(),
        type_name,
        qos: Qos::SensorData,
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
    input::yolo::observation(&message, &mut Drops::default()).expect("a sound header")
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
    };
    for (number, ((person, (rays, view)), lifted)) in
        people.iter_mut().zip(views).zip(lifted).enumerate()
    {
        let Some(lifted) = lifted else { continue };
        let pose = to_camera(&view.view_from_camera, &lifted.joints_m);
        let Some(placement) = place(rays, &pose, &lifted.sigma_m) else {
            continue;
        };
        let score = rays.map(|ray| ray.map_or(0.0, |ray| ray.score));
        let sigma_m = lifted.sigma_m;
        person.update(
            stamp,
            Estimate {
                placement,
                pose,
                sigma_m,
                score,
                person_score: 0.9,
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

fn bench_crowd(criterion: &mut Criterion, lifter: &mut dyn Lifter, config: &Config, crowd: usize) {
    let layout = lifter.layout();
    let (frames, camera) = walk(crowd);
    let seen = observe(&frames[50]);
    let seen_views = views(&seen, &camera);

    // Everyone has a full past.
    let mut windows = vec![Window::default(); crowd];
    let mut stamp = Stamp::default();
    let mut remember = |windows: &mut Vec<Window>| {
        let now = later(&mut stamp);
        for (window, (_, view)) in windows.iter_mut().zip(&seen_views) {
            window.push(now, view.clone(), &layout);
        }
        WindowBatch::new(windows.iter(), &layout)
    };
    for _ in 0..60 {
        remember(&mut windows);
    }
    let batch = remember(&mut windows);
    let lifted = lifter.lift(&batch).expect("the model runs");
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
        black_box(remember(&mut windows));
    });
    stage(NETWORK, &mut || {
        black_box(lifter.lift(black_box(&batch)).expect("the model runs"));
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
        black_box(encode(&people::message(poses)));
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
    let config = Config::default();
    let (mut lifter, _) = engine::load(&config).expect("run scripts/setup first");
    for crowd in CROWDS {
        bench_crowd(&mut criterion, &mut lifter, &config, crowd);
    }
    criterion.final_summary();
    table();
}
