//! Frame by frame through the memory is what the offline network says of whole streams at once.

use std::collections::BTreeMap;

use nalgebra::Rotation3;
use posemoe::config::Config;
use posemoe::engine::memory_shape;
use posemoe_core::geometry::canonical::PersonView;
use posemoe_core::lift::PersonKey;
use posemoe_core::lift::manifest::Precision;
use posemoe_core::lift::onnx::OnnxStep;
use posemoe_core::lift::stream::StreamLifter;
use posemoe_core::lift::{Lifted, Lifter, Seen, Shown};
use posemoe_stamp::Stamp;

use crate::fixture::{Fixture, Tensor};
use crate::{Worst, model, tiny};

const FEWEST_FRAMES: usize = 2000;

/// People who come and go: each row is one person in one frame.
struct Stream {
    stamps: Vec<Stamp>,
    frame: Vec<i64>,
    visit: Vec<i64>,
    keypoints: Tensor<f32>,
    view: Tensor<f32>,
    depth: Tensor<f32>,
    joints_m: Tensor<f32>,
    sigma_m: Tensor<f32>,
    turns: Tensor<f32>,
}

impl Stream {
    /// For the model that ships, or that is named.
    fn load(network: &OnnxStep) -> Self {
        let stream = Self::of(&Fixture::load(), network);
        assert!(stream.stamps.len() >= FEWEST_FRAMES);
        stream
    }

    fn of(fixture: &Fixture, network: &OnnxStep) -> Self {
        let stamp_ns = fixture.tensor("stream.stamp_ns").numbers;
        Self {
            stamps: stamp_ns.into_iter().map(Stamp::from_nanos).collect(),
            frame: fixture.tensor("stream.frame").numbers,
            visit: fixture.tensor("stream.visit").numbers,
            keypoints: fixture.tensor("stream.keypoints"),
            view: fixture.tensor("stream.view"),
            depth: fixture.depth("stream", network.takes_depth()),
            joints_m: fixture.tensor("stream.joints_m"),
            sigma_m: fixture.tensor("stream.sigma_m"),
            turns: fixture.turns("stream", network.gives_segments()),
        }
    }

    fn person_view(&self, row: usize) -> PersonView {
        PersonView {
            keypoints: self.keypoints.rows(row).try_into().unwrap(),
            view: self.view.row(row).try_into().unwrap(),
            depth: self.depth.rows(row).try_into().unwrap(),
            view_from_camera: Rotation3::identity(),
        }
    }

    /// The last row of each visit.
    fn ends(&self) -> BTreeMap<i64, usize> {
        self.visit.iter().copied().zip(0..).collect()
    }
}

/// How far the stream is from what the offline network says, with a memory of so many frames, and
/// so many frames lifted together.
fn differences(
    stream: &Stream,
    network: OnnxStep,
    memory_frames: usize,
    frames_together: usize,
) -> Worst {
    let config = Config {
        memory_frames: memory_frames as i64,
        frames_together: frames_together as i64,
        ..Config::default()
    };
    let shape = memory_shape(&network.memory(), &config);
    let mut lifter = StreamLifter::new(network, shape);
    assert_eq!(lifter.together(), frames_together);
    let ends = stream.ends();
    let (mut worst, mut lifted, mut first) = (Worst::default(), Vec::new(), 0);
    let frames: Vec<i64> = (0..).take(stream.stamps.len()).collect();
    for frames in frames.chunks(frames_together) {
        let rows_of = |frame: i64| {
            let start = stream.frame.partition_point(|of| *of < frame);
            start..stream.frame.partition_point(|of| *of <= frame)
        };
        let rows = rows_of(frames[0]).start..rows_of(frames[frames.len() - 1]).end;
        assert_eq!(rows.start, first);
        first = rows.end;
        let person = |row: usize| PersonKey(stream.visit[row] as u64);
        let views: Vec<PersonView> = rows.clone().map(|row| stream.person_view(row)).collect();
        let seen: Vec<Seen<'_>> = rows
            .clone()
            .zip(&views)
            .map(|(row, view)| Seen {
                person: person(row),
                view,
            })
            .collect();
        let shown: Vec<Shown<'_>> = frames
            .iter()
            .map(|frame| {
                let of_frame = rows_of(*frame);
                Shown {
                    stamp: stream.stamps[*frame as usize],
                    seen: &seen[of_frame.start - rows.start..of_frame.end - rows.start],
                }
            })
            .collect();
        match shown.as_slice() {
            [Shown { stamp, seen }] => lifter.lift(*stamp, seen, &mut lifted).unwrap(),
            _ => lifter.lift_together(&shown, &mut lifted).unwrap(),
        }
        assert_eq!(lifted.len(), seen.len());
        for (row, lifted) in rows.clone().zip(&lifted) {
            let Lifted {
                joints_m,
                sigma_m,
                segments,
            } = lifted.as_ref().unwrap();
            let joints_m: Vec<f32> = joints_m.iter().flatten().map(|v| *v as f32).collect();
            let sigma_m = sigma_m.map(|v| v as f32);
            worst.take_in(
                (&joints_m, stream.joints_m.row(row)),
                (&sigma_m, stream.sigma_m.row(row)),
            );
            assert_eq!(segments.is_some(), !stream.turns.numbers.is_empty());
            if let Some(segments) = segments {
                worst.turn_in(segments, stream.turns.row(row));
            }
        }
        for row in rows.filter(|row| ends[&stream.visit[*row]] == *row) {
            lifter.forget(person(row));
        }
    }
    assert_eq!(first, stream.frame.len(), "every row was lifted");
    worst
}

fn assert_agrees(network: OnnxStep, what: &str, most_m: f64) {
    let frames = network.memory().frames;
    differences(&Stream::load(&network), network, frames, 1).assert_at_most(what, most_m);
}

#[test]
fn the_stream_agrees_with_the_offline_network() {
    let Some(model) = model("POSEMOE_PARITY_MODEL", "models/posemoe.onnx") else {
        return;
    };
    let network = OnnxStep::new(model).unwrap_or_else(|e| panic!("{e}"));
    assert_agrees(network, "stream", 1e-4);
}

#[test]
fn frames_that_are_lifted_together_agree_with_the_offline_network() {
    for together in [2, 8, 25] {
        let Some(model) = model("POSEMOE_PARITY_MODEL", "models/posemoe.onnx") else {
            return;
        };
        let network = OnnxStep::new(model).unwrap_or_else(|e| panic!("{e}"));
        let frames = network.memory().frames;
        let what = format!("{together} frames together");
        let stream = Stream::load(&network);
        differences(&stream, network, frames, together).assert_at_most(&what, 1e-4);
    }
}

#[test]
fn a_memory_that_is_too_short_would_be_noticed() {
    if std::env::var_os("POSEMOE_PARITY_MODEL").is_some() {
        println!("another model: one that was trained for seconds has no use for a memory yet");
        return;
    }
    let model = model("POSEMOE_PARITY_MODEL", "models/posemoe.onnx").unwrap();
    let network = OnnxStep::new(model).unwrap_or_else(|e| panic!("{e}"));
    let frames = network.memory().frames;
    let worst = differences(&Stream::load(&network), network, frames / 2, 1);
    println!("with half the memory: {worst:?}");
    assert!(worst.joints_m > 1e-4, "{worst:?}");
}

#[test]
fn the_float16_stream_agrees_with_the_offline_network() {
    let Some(model) = model("POSEMOE_PARITY_FP16", "models/posemoe_fp16.onnx") else {
        return;
    };
    assert_eq!(model.manifest().precision, Precision::Float16);
    let network = OnnxStep::new(model).unwrap_or_else(|e| panic!("{e}"));
    assert_agrees(network, "float16 stream", 5e-3);
}

#[test]
fn a_stream_with_measured_depths_agrees_with_the_offline_network() {
    let network = || OnnxStep::new(tiny("stream.onnx")).unwrap_or_else(|e| panic!("{e}"));
    let mut stream = Stream::of(&Fixture::tiny(), &network());
    let frames = network().memory().frames;
    for together in [1, 5] {
        let what = format!("tiny stream, {together} frames together");
        differences(&stream, network(), frames, together).assert_at_most(&what, 1e-4);
    }
    let without = vec![0.0; stream.depth.numbers.len()];
    stream.depth.numbers = without;
    let worst = differences(&stream, network(), frames, 1);
    println!("without its depths: {worst:?}");
    assert!(worst.joints_m > 1e-2, "{worst:?}");
}
