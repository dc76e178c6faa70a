use super::*;
use crate::person::forecast::Forecast;
use crate::person::pose::Joint;
use crate::skeleton::JOINT_COUNT;
use nalgebra::Matrix3;
use proptest::prelude::*;

const PROTECTIVE: Protective = Protective {
    reaction_s: 0.1,
    stopping_s: 0.3,
    stopping_m: 0.0,
    person_m_s: 1.6,
    robot_m_s: 0.0,
    intrusion_m: 0.0,
    sigmas: 2.0,
    robot_uncertainty_m: 0.0,
    reduce_m: 0.5,
};

/// 1.76 m tall, upright before the camera: x to the left of the person, y down.
const UPRIGHT_M: [[f64; 2]; JOINT_COUNT] = [
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
    [0.18, -0.2],
    [0.18, 0.05],
    [-0.18, -0.5],
    [-0.18, -0.2],
    [-0.18, 0.05],
];

fn person(root_m: Vector3<f64>, velocity_m_s: Vector3<f64>) -> PersonPose {
    PersonPose {
        id: "a".into(),
        state: State::Tracked,
        confidence: 0.9,
        root_m,
        root_covariance_m2: Matrix3::from_diagonal(&Vector3::new(1e-4, 4e-4, 9e-4)),
        root_velocity_m_s: velocity_m_s,
        joints: UPRIGHT_M.map(|[x, y]| Joint {
            position_m: root_m + Vector3::new(x, y, 0.0),
            velocity_m_s,
            sigma_m: 0.0,
            score: 0.9,
        }),
        segments: Default::default(),
        marks: None,
        gaze: None,
        forecast: Forecast::default(),
    }
}

/// A post of 5 cm along z at this place across.
fn post(x_m: f64, y_m: f64, velocity_m_s: Vector3<f64>) -> RobotPart {
    RobotPart {
        capsule: Capsule {
            axis_m: [Vector3::new(x_m, y_m, -1.0), Vector3::new(x_m, y_m, 1.0)],
            radius_m: 0.05,
        },
        velocities_m_s: [velocity_m_s; 2],
    }
}

fn found(person: &PersonPose, part: &RobotPart, unseen: Unseen) -> Separation {
    Someone::new(person, unseen).from(part, &PROTECTIVE)
}

#[test]
fn who_reaches_out_is_as_far_as_the_hand() {
    let someone = person(Vector3::zeros(), Vector3::new(0.5, 0.0, 0.0));
    let part = post(1.9, 0.05, Vector3::new(-1.0, 0.0, 0.3));
    let Separation {
        level,
        nearest,
        reason,
    } = found(&someone, &part, Unseen::Unknown);
    assert_eq!(
        (level, nearest.body_part, reason),
        (Level::Reduce, "left_hand", None)
    );
    // From the wrist at 0.18 m: the hand's ball of 0.22 m and the post's 5 cm.
    let size = crate::geometry::body::height_m(&someone.joints_m()).unwrap() / 1.756;
    let expected_m = 1.9 - 0.18 - 0.22 * size - 0.05;
    assert!((nearest.distance_m - expected_m).abs() < 1e-9);
    assert!((nearest.points_m[1].x - 1.85).abs() < 1e-9);
    assert!((nearest.approach_m_s - 1.5).abs() < 1e-9);
    assert!((nearest.contact_s - expected_m / 1.5).abs() < 1e-9);
    assert!((nearest.sigma_m - 0.01).abs() < 1e-9, "along x");
    // 1.6 x 0.4 + 1 x 0.1 + 1 x 0.3 + 2 x 0.01
    assert!((nearest.protective_m - 1.06).abs() < 1e-9);
}

#[test]
fn levels_follow_the_distance_and_who_goes_away_has_no_contact() {
    let someone = person(Vector3::zeros(), Vector3::new(-0.5, 0.0, 0.0));
    let level = |x_m| {
        found(
            &someone,
            &post(x_m, 0.05, Vector3::zeros()),
            Unseen::Unknown,
        )
    };
    assert_eq!(level(0.9).level, Level::Stop);
    assert_eq!(level(1.5).level, Level::Reduce);
    assert_eq!(level(3.0).level, Level::Clear);
    assert_eq!(level(3.0).nearest.contact_s, f64::INFINITY);
    let contact = level(0.2);
    assert!(contact.nearest.distance_m < 0.0 && contact.nearest.contact_s == 0.0);
    assert_eq!(contact.level, Level::Stop);
}

#[test]
fn who_is_not_seen_is_unknown_however_far() {
    let part = post(9.0, 0.0, Vector3::zeros());
    let mut someone = person(Vector3::zeros(), Vector3::zeros());
    assert_eq!(found(&someone, &part, Unseen::Unknown).level, Level::Clear);
    for state in [State::Predicted, State::Lost] {
        someone.state = state;
        let separation = found(&someone, &part, Unseen::Inferred);
        assert!(separation.level == Level::Unknown && separation.reason.is_some());
    }
    someone.state = State::Tracked;
    someone.joints[13].score = 0.0;
    let separation = found(&someone, &part, Unseen::Unknown);
    assert_eq!(separation.level, Level::Unknown);
    assert_eq!(separation.reason.as_deref(), Some("left_wrist is not seen"));
    // From the side one ear is seen, and no head: the trunk tells where it is.
    someone.joints[13].score = 0.9;
    someone.joints[10].score = 0.0;
    assert_eq!(found(&someone, &part, Unseen::Unknown).level, Level::Clear);
    // A trunk that is not seen tells nothing, whatever is made of limbs.
    for hip in [1, 4] {
        someone.joints[hip].score = 0.0;
    }
    for unseen in [Unseen::Unknown, Unseen::Reach, Unseen::Inferred] {
        assert_eq!(found(&someone, &part, unseen).level, Level::Unknown);
    }
}

#[test]
fn an_arm_that_is_not_seen_reaches_wherever_it_can() {
    let mut someone = person(Vector3::zeros(), Vector3::zeros());
    let part = post(0.18, -2.0, Vector3::zeros());
    let inferred = found(&someone, &part, Unseen::Inferred);
    someone.joints[12].score = 0.0;
    someone.joints[13].score = 0.0;
    let same = found(&someone, &part, Unseen::Inferred);
    assert_eq!(same.nearest, inferred.nearest);
    let reach = found(&someone, &part, Unseen::Reach);
    assert_eq!(reach.nearest.body_part, "left_hand");
    // Above the shoulder at -0.5 m: both arm bones and the hand.
    let size = crate::geometry::body::height_m(&someone.joints_m()).unwrap() / 1.756;
    let expected_m = 1.5 - 0.3 - 0.25 - 0.22 * size - 0.05;
    assert!((reach.nearest.distance_m - expected_m).abs() < 1e-9);
    assert!(reach.nearest.distance_m < inferred.nearest.distance_m);
}

#[test]
fn what_is_no_number_is_unknown() {
    let part = post(9.0, 0.0, Vector3::zeros());
    for joint in [0, 6, 13] {
        let mut someone = person(Vector3::zeros(), Vector3::zeros());
        someone.joints[joint].position_m.x = f64::NAN;
        assert_eq!(
            found(&someone, &part, Unseen::Inferred).level,
            Level::Unknown,
            "{joint}"
        );
        let mut someone = person(Vector3::zeros(), Vector3::zeros());
        someone.joints[joint].sigma_m = f64::NAN;
        assert_eq!(
            found(&someone, &part, Unseen::Inferred).level,
            Level::Unknown,
            "{joint}"
        );
    }
    let someone = person(Vector3::zeros(), Vector3::zeros());
    let nowhere = post(f64::NAN, 0.0, Vector3::zeros());
    assert_eq!(
        found(&someone, &nowhere, Unseen::Inferred).level,
        Level::Unknown
    );
    let nohow = post(9.0, 0.0, Vector3::new(f64::NAN, 0.0, 0.0));
    assert_eq!(
        found(&someone, &nohow, Unseen::Inferred).level,
        Level::Unknown
    );
}

proptest! {
    /// As far as the nearest of many points on the axes of body and part, without their radii.
    #[test]
    fn distances_are_those_of_brute_force(
        root_m in [-2.0..2.0f64, -1.0..1.0f64, -2.0..2.0f64],
        ends_m in prop::array::uniform2([-1.0..1.0f64, -1.0..1.0f64, -1.0..1.0f64]),
        radius_m in 0.02..0.2f64,
    ) {
        let someone = person(Vector3::from(root_m), Vector3::zeros());
        let capsule = Capsule { axis_m: ends_m.map(Vector3::from), radius_m };
        let part = RobotPart { capsule, velocities_m_s: [Vector3::zeros(); 2] };
        // Without doubt the least margin is the least distance.
        let sure = PersonPose { root_covariance_m2: Matrix3::zeros(), ..someone };
        let nearest = found(&sure, &part, Unseen::Unknown).nearest;
        let body = Body::of(&sure, Unseen::Unknown);
        let mut expected_m = f64::INFINITY;
        for limb in &body.capsules {
            for i in 0..=400 {
                let point = at(&part.capsule.axis_m, f64::from(i) / 400.0);
                let along = limb.axis_m[1] - limb.axis_m[0];
                let share = (point - limb.axis_m[0]).dot(&along) / along.norm_squared();
                let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
                let off_m = (at(&limb.axis_m, share) - point).norm() - limb.radius_m - radius_m;
                expected_m = expected_m.min(off_m);
            }
        }
        // Points on an axis are up to 9 mm apart, so that next to a thin limb they are off by a
        // little.
        prop_assert!(nearest.distance_m <= expected_m + 1e-9);
        prop_assert!(expected_m - nearest.distance_m < 1e-3 || nearest.distance_m < 0.0);
    }
}
