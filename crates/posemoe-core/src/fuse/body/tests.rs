use nalgebra::{Isometry3, Rotation3, Translation3};

use super::super::tests::{Eye, Walker, at, looking};
use super::*;
use crate::person::pose::AXIS_SHARE;

/// Larger than by default, so that they are seen.
const EXTRINSICS: Extrinsics = Extrinsics {
    turn_sigma_rad: 0.005,
    place_sigma_m: 0.01,
};

/// Numbers that only seem random (Steele et al., SplitMix64), the same each time.
struct Draw(u64);

impl Draw {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    fn vector(&mut self) -> Vector3<f64> {
        Vector3::from_fn(|_, _| self.normal())
    }
}

/// Cameras whose every error is as large as they say.
fn errors(draw: &mut Draw, cameras: &[Isometry3<f64>], walker: &Walker) -> Vec<Witness> {
    let see = |(source, there): (usize, &Isometry3<f64>), draw: &mut Draw| {
        let distance_m = (walker.root_m(at(0)) - there.translation.vector).norm();
        let place_m = EXTRINSICS.at_m(distance_m);
        let mut eye = Eye::of(*there, 0.05 * draw.normal());
        eye.by_tf = Translation3::from(draw.vector() * place_m) * eye.by_tf;
        let mut witness = eye.view(source, &[*walker], at(0)).people.swap_remove(0);
        for glimpse in &mut witness.joints {
            let direction = glimpse.direction(&witness.centre_m);
            let noise = draw.vector();
            let along = direction * direction.dot(&noise);
            glimpse.point_m += along * glimpse.along_m + (noise - along) * glimpse.across_m;
        }
        witness
    };
    let all = cameras.iter().enumerate();
    all.map(|camera| see(camera, draw)).collect()
}

/// Mean of squared errors in squares of sigma, for each axis; and of joints beside the root.
fn consistency(cameras: &[Isometry3<f64>]) -> (f64, f64) {
    let mut draw = Draw(7);
    let (mut of_root, mut of_joints) = (0.0, 0.0);
    const DRAWS: usize = 150;
    for n in 0..DRAWS {
        let walker = Walker::standing(4.0 + 0.3 * draw.normal(), 0.02 * n as f64 - 1.5);
        let witnesses = errors(&mut draw, cameras, &walker);
        let priors: Vec<Prior> = witnesses
            .iter()
            .map(|_| Prior {
                log_size: 0.0,
                sigma: 0.05,
            })
            .collect();
        let witnesses: Vec<&Witness> = witnesses.iter().collect();
        let body = fuse(&witnesses, &priors, &EXTRINSICS).unwrap();
        let truth_m = walker.joints_m(at(0));
        let off_m = body.joints_m[0] - truth_m[0];
        of_root += off_m.dot(&(body.root_m2.try_inverse().unwrap() * off_m)) / 3.0;
        for j in 1..JOINT_COUNT {
            let beside_m = (body.joints_m[j] - body.joints_m[0]) - (truth_m[j] - truth_m[0]);
            of_joints += beside_m.norm_squared() / body.beside_root_m[j].powi(2) / 3.0;
        }
    }
    let count = DRAWS as f64;
    (
        of_root / count,
        of_joints / count / (JOINT_COUNT - 1) as f64,
    )
}

#[test]
fn errors_are_as_large_as_the_covariance_says() {
    let middle = [4.0, 0.0, 0.9];
    let aside = looking([1.0, -3.4, 2.3], middle);
    let front = looking([0.0, 0.0, 1.2], middle);
    let opposite = looking([8.0, 0.2, 1.2], middle);
    let high = looking([7.5, 3.2, 2.3], middle);
    for cameras in [
        vec![front, aside],
        vec![front, opposite],
        vec![front, aside, opposite, high],
    ] {
        let (root, joints) = consistency(&cameras);
        let count = cameras.len();
        assert!((0.7..1.3).contains(&root), "{count}: {root}");
        assert!((0.7..1.3).contains(&joints), "{count}: {joints}");
    }
}

#[test]
fn a_joint_that_one_camera_has_elsewhere_is_where_the_others_have_it() {
    let middle = [4.0, 0.0, 0.9];
    let cameras =
        [[0.0, 0.0, 1.2], [1.0, -3.4, 2.3], [7.5, 3.2, 2.3]].map(|from_m| looking(from_m, middle));
    let walker = Walker::standing(4.0, 0.0);
    let mut witnesses: Vec<Witness> = cameras
        .iter()
        .enumerate()
        .map(|(n, there)| {
            let view = Eye::of(*there, 0.0).view(n, &[walker], at(0));
            view.people.into_iter().next().unwrap()
        })
        .collect();
    let turn = Rotation3::from_axis_angle(&Vector3::z_axis(), 0.1);
    let centre_m = witnesses[0].centre_m;
    let glimpse = &mut witnesses[0].joints[13];
    glimpse.point_m = centre_m + turn * (glimpse.point_m - centre_m);
    let priors: Vec<Prior> = witnesses.iter().map(Prior::of).collect();
    let witnesses: Vec<&Witness> = witnesses.iter().collect();
    let body = fuse(&witnesses, &priors, &EXTRINSICS).unwrap();
    let off_m = (body.joints_m[13] - walker.joints_m(at(0))[13]).norm();
    assert!(off_m < 0.05, "{off_m}, of 0.4 m");
}

#[test]
fn along_the_ray_the_network_says_and_across_it_the_image() {
    let eye = Eye::of(looking([0.0, 0.0, 1.2], [4.0, 0.0, 0.9]), 0.0);
    let walker = Walker::standing(4.0, 0.0);
    let view = eye.view(0, &[walker], at(0));
    let witness = &view.people[0];
    for glimpse in &witness.joints {
        assert!((glimpse.along_m - AXIS_SHARE * 0.06).abs() < 1e-12);
        assert!(glimpse.across_m < glimpse.along_m);
        let information = glimpse.information(&witness.centre_m, [1.0; 2]);
        let direction = glimpse.direction(&witness.centre_m);
        let along = direction.dot(&(information * direction));
        assert!((along * glimpse.along_m.powi(2) - 1.0).abs() < 1e-9);
    }
}
