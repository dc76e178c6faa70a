//! Windows, with later frames and without.

use posemoe_core::lift::network::{Answers, WindowNetwork, Windows};
use posemoe_core::lift::onnx::{Model, OnnxWindow};
use posemoe_core::lift::read_turns;

use crate::fixture::{Fixture, Tensor};
use crate::{Worst, model, tiny};

#[test]
fn the_windows_agree_with_pytorch() {
    let Some(model) = model("POSEMOE_PARITY_WINDOW", "models/posemoe_window.onnx") else {
        return;
    };
    agrees(model, &Fixture::load(), "window");
}

#[test]
fn windows_with_measured_depths_agree_with_pytorch() {
    let model = tiny("window.onnx");
    assert!(model.manifest().takes_depth());
    agrees(model, &Fixture::tiny(), "tiny window");
}

fn agrees(model: Model, fixture: &Fixture, what: &str) {
    let mut network = OnnxWindow::new(model).unwrap_or_else(|e| panic!("{e}"));
    let Tensor { shape, numbers } = fixture.tensor("window.keypoints");
    let windows = Windows {
        people: shape[0],
        frames: shape[1],
        keypoints: numbers,
        view: fixture.tensor("window.view").numbers,
        depth: fixture.depth("window", network.takes_depth()).numbers,
        age_s: fixture.tensor("window.age_s").numbers,
        present: fixture.tensor("window.present").numbers,
    };
    let theirs_m: Tensor<f32> = fixture.tensor("window.joints_m");
    let their_sigma_m: Tensor<f32> = fixture.tensor("window.sigma_m");
    let mut joints_m = vec![0.0; shape[0] * 51];
    let mut sigma_m = vec![0.0; shape[0] * 17];
    let their_turns: Tensor<f32> = fixture.turns("window", network.gives_segments());
    let mut turns = vec![f32::NAN; shape[0] * 77];
    let answers = Answers {
        joints_m: &mut joints_m,
        sigma_m: &mut sigma_m,
        turns: &mut turns,
    };
    network.run(&windows, answers).unwrap();
    let mut worst = Worst::default();
    worst.take_in(
        (&joints_m, &theirs_m.numbers),
        (&sigma_m, &their_sigma_m.numbers),
    );
    for (ours, theirs) in turns
        .chunks_exact(77)
        .zip(their_turns.numbers.chunks_exact(77))
    {
        worst.turn_in(&read_turns(ours).unwrap(), theirs);
    }
    worst.assert_at_most(what, 1e-4);
}
