use super::*;
use crate::person::face::Face;

/// Even and normal numbers, the same each time.
struct Dice(u64);

impl Dice {
    fn even(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.even()).sum::<f64>() - 6.0
    }
}

/// Somebody's head as a detector sees it.
struct Head {
    face: FaceRays,
    /// Forward, camera optical frame.
    forward: Vector3<f64>,
    /// 0 towards the camera.
    turned_rad: f64,
    distance_m: f64,
    up: Vector3<f64>,
}

fn head(dice: &mut Dice, turned_rad: f64) -> Head {
    let at = Vector3::new(
        0.6 * dice.normal(),
        0.3 * dice.normal(),
        1.2 + 4.0 * dice.even(),
    );
    let lean = Rotation3::from_euler_angles(0.1 * dice.normal(), 0.0, 0.1 * dice.normal());
    let up = lean * -Vector3::y();
    let to_camera = -at.normalize();
    let forward = (to_camera - up * up.dot(&to_camera)).normalize();
    let base = Matrix3::from_columns(&[forward, up.cross(&forward), up]);
    let nod = Rotation3::from_axis_angle(&Vector3::y_axis(), 0.25 * dice.normal());
    let turn = base * (Rotation3::from_axis_angle(&Vector3::z_axis(), turned_rad) * nod).matrix();
    let size = 1.0 + 0.06 * dice.normal();
    let face = FACE.map(|(place, faces)| {
        let noise = Vector3::new(dice.normal(), dice.normal(), dice.normal()) * 0.010;
        let point = at + turn * Vector3::from(place) * size + noise;
        let is_in_sight = -(turn * Vector3::from(faces)).dot(&at.normalize()) > -0.1;
        let is_marked = match is_in_sight {
            true => dice.even() < 0.9,
            false => dice.even() < 0.03,
        };
        is_marked.then(|| Point2::new(point.x / point.z, point.y / point.z))
    });
    let distance_m = at.norm() * (1.0 + 0.05 * dice.normal());
    let forward = turn.column(0).into_owned();
    Head {
        face,
        forward,
        turned_rad,
        distance_m,
        up,
    }
}

fn error_rad(head: &Head, gaze: &Gaze) -> f64 {
    let level = |v: Vector3<f64>| (v - head.up * head.up.dot(&v)).normalize();
    level(gaze.camera_from_head * Vector3::x()).angle(&level(head.forward))
}

#[test]
fn heads_from_any_side_are_right_within_what_is_said() {
    let mut dice = Dice(7);
    let (mut errors_rad, mut within, mut shown, mut unknown) = (Vec::new(), 0, 0, 0);
    for _ in 0..1000 {
        let turned_rad = std::f64::consts::TAU * dice.even();
        let head = head(&mut dice, turned_rad);
        let has_front = FRONT.iter().any(|part| head.face[*part].is_some());
        if Rotation2::new(head.turned_rad).angle().abs() > FARTHEST_RAD || !has_front {
            continue;
        }
        if head.face.iter().flatten().count() < FEWEST {
            continue;
        }
        shown += 1;
        match gaze(&head.face, head.distance_m, &head.up) {
            Some(gaze) => {
                let off_rad = error_rad(&head, &gaze);
                errors_rad.push(off_rad);
                within += usize::from(off_rad < gaze.sigma_rad);
            }
            None => unknown += 1,
        }
    }
    let count = errors_rad.len();
    let mean_deg = errors_rad.iter().sum::<f64>().to_degrees() / count as f64;
    let within = within as f64 / count as f64;
    assert!(
        mean_deg < 15.0,
        "{mean_deg}, {within}, {unknown} of {shown}"
    );
    assert!((0.55..0.85).contains(&within), "{within}");
    assert!(unknown < shown / 10, "{unknown} of {shown}");
}

#[test]
fn nobody_says_where_a_head_looks_that_is_seen_from_behind() {
    let mut dice = Dice(3);
    let mut guessed = 0;
    for _ in 0..300 {
        let turned_rad = std::f64::consts::PI + 0.6 * (dice.even() - 0.5);
        let head = head(&mut dice, turned_rad);
        guessed += usize::from(gaze(&head.face, head.distance_m, &head.up).is_some());
    }
    assert!(guessed < 15, "{guessed} of 300");
}

#[test]
fn who_faces_the_camera_looks_into_it() {
    let away_m = 2.0;
    // Nose, left eye, right eye, left ear, right ear; the person's left is right in the image.
    let places = [
        [0.0, 0.015],
        [0.033, -0.025],
        [-0.033, -0.025],
        [0.073, 0.0],
        [-0.073, 0.0],
    ];
    let face = places.map(|[x, y]| Some(Point2::new(x / away_m, y / away_m)));
    let found = gaze(&face, away_m, &-Vector3::y()).unwrap();
    let forward = found.camera_from_head * Vector3::x();
    assert!(forward.angle(&-Vector3::z()) < 0.1, "{forward}");
    let left = found.camera_from_head * Vector3::y();
    assert!(left.angle(&Vector3::x()) < 0.1, "{left}");
    assert!(found.sigma_rad < 0.3);
}

#[test]
fn too_little_is_unknown() {
    let mut face: FaceRays = [None; FACE_COUNT];
    face[Face::LeftEar as usize] = Some(Point2::new(0.03, 0.0));
    face[Face::RightEar as usize] = Some(Point2::new(-0.03, 0.0));
    assert_eq!(gaze(&face, 2.0, &-Vector3::y()), None, "ears tell no front");
    face = [None; FACE_COUNT];
    face[Face::Nose as usize] = Some(Point2::origin());
    assert_eq!(gaze(&face, 2.0, &-Vector3::y()), None);
    face[Face::LeftEye as usize] = Some(Point2::new(0.01, 0.0));
    assert_eq!(gaze(&face, f64::NAN, &-Vector3::y()), None);
    assert_eq!(gaze(&face, 2.0, &Vector3::zeros()), None);
}
