//! Depths that a depth camera measured at keypoints, from the observation to people: they count for
//! models that take them, and only where they can have been measured.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::OnceLock;

use posemoe::config::{Config, Value};
use posemoe::engine;
use posemoe_core::geometry::camera::Camera;
use posemoe_core::geometry::canonical::PersonView;
use posemoe_core::health::{Cause, Drops};
use posemoe_core::keypoint::Keypoint;
use posemoe_core::lift::PersonKey;
use posemoe_core::lift::onnx::{Model, OnnxOptions, Runtime};
use posemoe_core::lift::provider::Provider;
use posemoe_core::lift::{LiftError, Lifted, Lifter, Mode, Seen};
use posemoe_core::person::observation::{Observation, Sighting};
use posemoe_core::person::pose::Poses;
use posemoe_core::pipeline::Pipeline;
use posemoe_stamp::Stamp;

const FRAMES: i64 = 30;
/// Right, down, and away (m) of the network's joints, of somebody who stands.
const STANDING_M: [[f64; 3]; 17] = [
    [0.0, 0.0, 3.0],
    [-0.1, 0.0, 3.0],
    [-0.1, 0.4, 2.9],
    [-0.1, 0.8, 3.1],
    [0.1, 0.0, 3.0],
    [0.1, 0.4, 3.0],
    [0.1, 0.8, 3.1],
    [0.0, -0.25, 3.0],
    [0.0, -0.5, 3.0],
    [0.0, -0.6, 2.9],
    [0.0, -0.75, 3.0],
    [0.2, -0.5, 3.0],
    [0.25, -0.2, 3.1],
    [0.25, 0.0, 2.8],
    [-0.2, -0.5, 3.0],
    [-0.25, -0.2, 3.0],
    [-0.3, 0.0, 2.7],
];
const FOCAL_PX: f64 = 600.0;

/// The depth at a joint in a frame (m), given how far it really is.
type Depths<'a> = &'a dyn Fn(usize, i64, f64) -> Option<f64>;

fn none(_: usize, _: i64, _: f64) -> Option<f64> {
    None
}

/// Of every third frame, and not of all joints.
fn some(joint: usize, frame: i64, z_m: f64) -> Option<f64> {
    (frame % 3 != 0 && joint % 5 != 3).then_some(z_m - 0.06)
}

fn observation(frame: i64, depths: Depths<'_>) -> Observation {
    let swing_m = 0.1 * (frame as f64 / 5.0).sin();
    let joints = std::array::from_fn(|joint| {
        let [x_m, y_m, z_m] = STANDING_M[joint];
        let z_m = z_m + swing_m * (joint % 3) as f64;
        Some(Keypoint {
            x_px: 640.0 + FOCAL_PX * x_m / z_m,
            y_px: 360.0 + FOCAL_PX * y_m / z_m,
            score: 0.9,
            depth_m: depths(joint, frame, z_m),
        })
    });
    Observation {
        ground: None,
        stamp: Stamp::from_nanos(1_000_000_000_000 + frame * 33_333_333),
        frame_id: "camera".to_owned(),
        image_size_px: Some((1280, 720)),
        untaken: 0,
        people: vec![Sighting {
            box_px: None,
            distance_m: None,
            track_id: Some("a".to_owned()),
            score: 0.9,
            joints,
            face: [None; 5],
        }],
    }
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A process loads the library once, for all tests.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let library = engine::library(&Config::default()).unwrap_or_else(|e| panic!("{e}"));
        Runtime::load(&library).unwrap_or_else(|e| panic!("{e}"))
    })
}

fn load(model: &str) -> Model {
    let options = OnnxOptions {
        model: file(model),
        providers: vec![Provider::Cpu],
        threads: 1,
        engine_cache: None,
    };
    Model::load(runtime(), &options).unwrap_or_else(|e| panic!("{e}"))
}

fn lifter(model: Model) -> (Box<dyn Lifter>, Config) {
    let mode = model.manifest().form.mode().unwrap();
    let mut config = Config::default();
    let name = Value::Text(mode.name().to_owned());
    config.set("mode", &name).unwrap();
    let lifter = engine::lifter(model, Vec::new(), &config);
    (lifter.unwrap_or_else(|e| panic!("{e}")), config)
}

/// All that is said of somebody who swings, and what was lost.
fn poses((lifter, config): (Box<dyn Lifter>, Config), depths: Depths<'_>) -> (Vec<Poses>, Drops) {
    let k = [FOCAL_PX, 0.0, 640.0, 0.0, FOCAL_PX, 360.0, 0.0, 0.0, 1.0];
    let camera = Camera::new(&k, "plumb_bob", &[0.0; 5], 1280, 720).unwrap();
    let mut pipeline = Pipeline::new(config.settings(), lifter);
    let mut drops = Drops::default();
    let mut poses = Vec::new();
    for frame in 0..FRAMES {
        poses.extend(pipeline.step(&observation(frame, depths), &camera, &mut drops));
    }
    poses.extend(pipeline.flush(&mut drops));
    assert_eq!(poses.len() as i64, FRAMES);
    assert!(poses.iter().all(|poses| poses.people.len() == 1));
    (poses, drops)
}

/// To the last bit, however numbers compare.
fn same(one: &[Poses], other: &[Poses]) -> bool {
    format!("{one:?}") == format!("{other:?}")
}

/// The largest distance between joints of the same frames (m).
fn apart_m(one: &[Poses], other: &[Poses]) -> f64 {
    let joints = |poses: &[Poses]| -> Vec<_> {
        let people = poses.iter().flat_map(|poses| poses.people.clone());
        people.flat_map(|person| person.joints).collect()
    };
    let pairs = joints(one).into_iter().zip(joints(other));
    let apart = pairs.map(|(a, b)| (a.position_m - b.position_m).norm());
    apart.fold(0.0, f64::max)
}

/// Their people are people; those of the tiny models, which have learnt nothing, would be refused.
const SHIPPED: [&str; 2] = ["models/posemoe.onnx", "models/posemoe_window.onnx"];
const TINY: [&str; 2] = ["tests/data/tiny/stream.onnx", "tests/data/tiny/window.onnx"];

/// Forgets all depths before it lifts: the network is given zeros.
struct Blind(Box<dyn Lifter>);

impl Blind {
    fn view(one: &Seen<'_>) -> PersonView {
        PersonView {
            depth: [[0.0; 3]; 17],
            ..one.view.clone()
        }
    }
}

impl Lifter for Blind {
    fn remember(&mut self, stamp: Stamp, seen: &[Seen<'_>]) {
        for one in seen {
            let (person, view) = (one.person, &Self::view(one));
            self.0.remember(stamp, &[Seen { person, view }]);
        }
    }

    fn lift(
        &mut self,
        stamp: Stamp,
        seen: &[Seen<'_>],
        lifted: &mut Vec<Option<Lifted>>,
    ) -> Result<(), LiftError> {
        let [one] = seen else {
            panic!("one person, found {}", seen.len());
        };
        let (person, view) = (one.person, &Self::view(one));
        self.0.lift(stamp, &[Seen { person, view }], lifted)
    }

    fn forget(&mut self, person: PersonKey) {
        self.0.forget(person);
    }
}

/// Keeps what the network says, before anybody is placed by it: depths place people, too.
struct Recording(Box<dyn Lifter>, Rc<RefCell<Vec<Option<Lifted>>>>);

impl Lifter for Recording {
    fn lookahead_s(&self) -> f64 {
        self.0.lookahead_s()
    }

    fn remember(&mut self, stamp: Stamp, seen: &[Seen<'_>]) {
        self.0.remember(stamp, seen);
    }

    fn lift(
        &mut self,
        stamp: Stamp,
        seen: &[Seen<'_>],
        lifted: &mut Vec<Option<Lifted>>,
    ) -> Result<(), LiftError> {
        self.0.lift(stamp, seen, lifted)?;
        self.1.borrow_mut().extend(lifted.iter().cloned());
        Ok(())
    }

    fn forget(&mut self, person: PersonKey) {
        self.0.forget(person);
    }
}

/// What the network says of all frames.
fn answers((lifter, config): (Box<dyn Lifter>, Config), depths: Depths<'_>) -> Vec<Option<Lifted>> {
    let kept = Rc::new(RefCell::new(Vec::new()));
    let recording = Recording(lifter, Rc::clone(&kept));
    poses((Box::new(recording), config), depths);
    let answers = kept.borrow().clone();
    assert_eq!(answers.len(), FRAMES as usize);
    answers
}

#[test]
fn a_depth_changes_what_a_model_says_that_takes_it() {
    for model in SHIPPED {
        let (with, lost) = poses(lifter(load(model)), &some);
        let (without, _) = poses(lifter(load(model)), &none);
        assert!(lost.is_empty(), "{lost:?}");
        let apart_m = apart_m(&with, &without);
        println!("{model}: {apart_m:.3} m");
        assert!(apart_m > 0.01, "{model}: {apart_m} m");
    }
}

#[test]
fn a_depth_is_remembered() {
    let early = |joint, frame, z_m| some(joint, frame, z_m).filter(|_| frame < FRAMES / 2);
    for model in SHIPPED {
        let (before, _) = poses(lifter(load(model)), &early);
        let (never, _) = poses(lifter(load(model)), &none);
        let last = FRAMES as usize - 1;
        let lately = last - 3..last;
        let apart_m = apart_m(&before[lately.clone()], &never[lately]);
        assert!(apart_m > 1e-4, "{model}: {apart_m} m");
    }
}

#[test]
fn where_none_is_measured_the_answer_is_what_zeros_give_to_the_last_bit() {
    for model in SHIPPED {
        let (lifter_with, config) = lifter(load(model));
        let zeros = answers((Box::new(Blind(lifter_with)), config), &some);
        assert!(zeros == answers(lifter(load(model)), &none), "{model}");
    }
}

#[test]
fn depths_that_cannot_be_are_as_none() {
    for model in SHIPPED {
        let (none, _) = poses(lifter(load(model)), &none);
        // One bad in a frame of good ones is that one missing.
        let (all_but_one, _) = poses(lifter(load(model)), &|joint, _, z_m| {
            (joint != 5).then_some(z_m)
        });
        for (bad_m, counted) in [
            (f64::NAN, false),
            (0.0, false),
            (f64::INFINITY, false),
            (f64::NEG_INFINITY, false),
            (-3.0, true),
            (1e9, true),
        ] {
            let (bad, lost) = poses(lifter(load(model)), &|_, _, _| Some(bad_m));
            assert!(same(&bad, &none), "{model}: {bad_m}");
            let lost = lost.count(Cause::DepthOutOfRange);
            assert_eq!(lost, if counted { 17 * FRAMES as u64 } else { 0 });
            let (one_bad, _) = poses(lifter(load(model)), &|joint, _, z_m| {
                Some(if joint == 5 { bad_m } else { z_m })
            });
            assert!(same(&one_bad, &all_but_one), "{model}: {bad_m}");
        }
    }
}

#[test]
fn a_model_makes_use_of_depths_if_and_only_if_it_says_so() {
    for name in ["posemoe.onnx", "posemoe_xs.onnx", "posemoe_window.onnx"] {
        let path = format!("models/{name}");
        let takes_depth = load(&path).manifest().takes_depth();
        let with = answers(lifter(load(&path)), &some);
        let without = answers(lifter(load(&path)), &none);
        assert_eq!(with != without, takes_depth, "{name}");
    }
}

#[test]
fn both_forms_of_the_tiny_model_take_depths() {
    let modes = TINY.map(|model| {
        let model = load(model);
        assert!(model.manifest().takes_depth());
        model.manifest().form.mode().unwrap()
    });
    assert_eq!(modes, [Mode::Stream, Mode::Window]);
}
