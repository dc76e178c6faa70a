//! The person-centred view, which the node computes itself.

use nalgebra::{Matrix3, Point2};
use posemoe_core::geometry::canonical::{Ray, person_view};

use crate::fixture::{Fixture, Tensor};

const TOLERANCE: f64 = 2e-6;

#[test]
fn the_person_centred_view_agrees_with_pytorch() {
    agrees(&Fixture::load());
    let fixture = Fixture::tiny();
    assert!(fixture.has("views.depth_m"));
    agrees(&fixture);
}

fn agrees(fixture: &Fixture) {
    let rays: Tensor<f64> = fixture.tensor("views.rays");
    let scores: Tensor<f64> = fixture.tensor("views.scores");
    let keypoints: Tensor<f64> = fixture.tensor("views.keypoints");
    let view: Tensor<f64> = fixture.tensor("views.view");
    let view_from_camera: Tensor<f64> = fixture.tensor("views.view_from_camera");
    // Older ones have no depths.
    let depths: Option<[Tensor<f64>; 2]> = fixture
        .has("views.depth_m")
        .then(|| ["views.depth_m", "views.depth"].map(|name| fixture.tensor(name)));
    assert!(rays.shape[0] > 0);
    for place in 0..rays.shape[0] {
        let mut seen = [None; 17];
        let both = rays.rows::<2>(place).into_iter().zip(scores.row(place));
        for (joint, (ray, (xy, score))) in seen.iter_mut().zip(both).enumerate() {
            if *score > 0.0 {
                *ray = Some(Ray {
                    xy: Point2::from(xy),
                    score: *score,
                    depth_m: depths
                        .as_ref()
                        .map(|[depth_m, _]| depth_m.row(place)[joint]),
                });
            }
        }
        let ours = person_view(&seen).unwrap();
        let assert_close = |ours: &[f32], theirs: &[f64]| {
            assert_eq!(ours.len(), theirs.len());
            for (a, b) in ours.iter().zip(theirs) {
                let apart = (f64::from(*a) - b).abs();
                assert!(apart < TOLERANCE * (1.0 + b.abs()), "{a} {b}");
            }
        };
        assert_close(ours.keypoints.as_flattened(), keypoints.row(place));
        assert_close(&ours.view, view.row(place));
        if let Some([_, depth]) = &depths {
            assert_close(ours.depth.as_flattened(), depth.row(place));
        }
        let theirs = Matrix3::from_row_slice(view_from_camera.row(place));
        assert!((ours.view_from_camera.matrix() - theirs).norm() < 1e-12);
    }
}
