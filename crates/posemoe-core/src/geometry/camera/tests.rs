use super::*;
use proptest::prelude::*;

const K: [f64; 9] = [600.0, 0.0, 320.0, 0.0, 610.0, 240.0, 0.0, 0.0, 1.0];
const P: [f64; 12] = [
    450.0, 0.0, 310.0, 0.0, 0.0, 450.0, 230.0, 0.0, 0.0, 0.0, 1.0, 0.0,
];
const UNSET: [f64; 9] = [0.0; 9];

fn camera(model: &str, d: &[f64]) -> Result<Camera, CameraError> {
    Camera::new(&K, model, d, 640, 480)
}

/// The camera of a recorded walk.
fn walk(d: &[f64]) -> Result<Camera, CameraError> {
    let k = [1681.2, 0.0, 533.0, 0.0, 1681.1, 948.1, 0.0, 0.0, 1.0];
    Camera::new(&k, "plumb_bob", d, 1080, 1920)
}

fn said(camera: Result<Camera, CameraError>) -> String {
    camera.unwrap_err().to_string()
}

fn changed<const N: usize>(numbers: &[f64; N], changes: &[(usize, f64)]) -> [f64; N] {
    let mut numbers = *numbers;
    for (place, number) in changes {
        numbers[*place] = *number;
    }
    numbers
}

#[test]
fn what_is_unusable_is_named() {
    let zero = Camera::new(&[0.0; 9], "plumb_bob", &[], 640, 480);
    assert!(said(zero).contains("uncalibrated"));
    let nan = Camera::new(&changed(&K, &[(0, f64::NAN)]), "plumb_bob", &[], 640, 480);
    assert!(said(nan).contains("fx=NaN"));
    assert_eq!(
        camera("fov", &[]),
        Err(CameraError::UnknownModel("fov".into()))
    );
    assert!(said(camera("plumb_bob", &[0.1; 3])).contains("0, 4 or 5"));
    assert!(camera("equidistant", &[f64::INFINITY; 4]).is_err());
    let flat = Camera::new(&K, "plumb_bob", &[], 0, 480);
    assert_eq!(
        flat,
        Err(CameraError::ImageSize {
            width: 0,
            height: 480
        })
    );
}

#[test]
fn a_matrix_that_no_camera_has_is_refused() {
    let [fx, fy, cx, cy] = [600.0, 610.0, 320.0, 240.0];
    let identity = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    let cases: [([f64; 9], &str); 12] = [
        (
            identity,
            "found fx=1 fy=1 px for an image of 640 x 480 px, expected 64 to 19200 px and both \
            alike",
        ),
        // Shares of the image; mm; a camera for stars.
        (
            [0.94, 0.0, 0.5, 0.0, 1.27, 0.5, 0.0, 0.0, 1.0],
            "expected 64 to 19200 px",
        ),
        ([3.6, 0.0, 320.0, 0.0, 3.6, 240.0, 0.0, 0.0, 1.0], "fx=3.6"),
        (
            [1e6, 0.0, 320.0, 0.0, 1e6, 240.0, 0.0, 0.0, 1.0],
            "fx=1000000",
        ),
        // Of an image of half the size, and of twice.
        (
            [300.0, 0.0, 160.0, 0.0, 305.0, 120.0, 0.0, 0.0, 1.0],
            "the middle of one of about 320 x 240 px",
        ),
        (
            [1200.0, 0.0, 640.0, 0.0, 1220.0, 480.0, 0.0, 0.0, 1.0],
            "about 1280 x 960 px",
        ),
        (
            changed(&K, &[(2, 0.0), (5, 0.0)]),
            "expected a point within the image of 640 x 480",
        ),
        // One number wrong; an image that stands on its side.
        (changed(&K, &[(4, 200.0)]), "fy=200"),
        (changed(&K, &[(2, 240.0), (5, 320.0)]), "about 480 x 640 px"),
        // Column by column, skewed, and scaled as a whole.
        (
            [fx, 0.0, 0.0, 0.0, fy, 0.0, cx, cy, 1.0],
            "expected rows fx 0 cx, 0 fy cy, 0 0 1",
        ),
        (changed(&K, &[(1, 3.0)]), "expected rows"),
        (K.map(|v| v * 2.0), "expected rows"),
    ];
    for (k, expected) in cases {
        let refused = said(Camera::new(&k, "plumb_bob", &[], 640, 480));
        assert!(
            refused.starts_with("K ") && refused.contains(expected),
            "{refused}"
        );
    }
}

#[test]
fn lenses_that_there_are_pass() {
    let cases: [(f64, &str, &[f64]); 7] = [
        // A webcam, an action camera, a depth camera, two fisheyes, a telescope, a rectified image.
        (0.9, "plumb_bob", &[0.12, -0.25, 0.001, -0.002, 0.1]),
        (0.46, "plumb_bob", &[-0.27, 0.11, 0.0, 0.0, -0.02]),
        (
            0.47,
            "rational_polynomial",
            &[15.2, 10.1, 0.0001, -0.0001, 0.5, 15.5, 15.6, 2.9],
        ),
        (0.3, "equidistant", &[0.02, -0.01, 0.003, -0.0004]),
        (0.45, "equidistant", &[-0.01, 0.03, -0.04, 0.01]),
        (12.0, "plumb_bob", &[4.5, -300.0, 0.0, 0.0, 0.0]),
        (0.5, "", &[]),
    ];
    for (focal, model, d) in cases {
        let k = changed(&K, &[(0, focal * 640.0), (4, focal * 640.0)]);
        let found = Camera::new(&k, model, d, 640, 480);
        assert!(found.is_ok(), "{focal} {model} {d:?}: {found:?}");
    }
}

#[test]
fn distortion_that_no_lens_has_is_refused_with_the_place() {
    let cases: [(&str, &[f64]); 7] = [
        ("plumb_bob", &[1523.7, -318.2, 0.004, -0.002, 0.0]),
        ("plumb_bob", &[-1523.7, 318.2, 0.004, -0.002, 0.0]),
        ("plumb_bob", &[30.0, 0.0, 0.0, 0.0]),
        ("plumb_bob", &[0.0, 0.0, 2.0, 0.0]),
        ("plumb_bob", &[0.0, 0.0, 0.0, -40.0]),
        (
            "rational_polynomial",
            &[0.1, 0.0, 0.0, 0.0, 0.0, -700.0, 0.0, 0.0],
        ),
        ("equidistant", &[1523.7, 0.0, 0.0, 0.0]),
    ];
    for (model, d) in cases {
        let refused = said(camera(model, d));
        assert!(
            refused.contains("not plausible with the coefficients"),
            "{refused}"
        );
        assert!(
            refused.starts_with(model) && refused.contains("px of 640 x 480"),
            "{refused}"
        );
    }
    assert!(walk(&[-0.046, 0.14, 0.0006, 0.0007, 0.0]).is_ok());
    assert!(walk(&[1523.7, -318.2, 0.004, -0.002, 0.0]).is_err());
}

#[test]
fn a_pixel_beyond_the_models_fold_has_no_ray() {
    let strong = camera("plumb_bob", &[-0.4, 0.0, 0.0, 0.0, 0.0]).unwrap();
    assert_eq!(strong.ray(Point2::new(1e5, 0.0)), None);
    assert_eq!(strong.ray(Point2::new(f64::NAN, 0.0)), None);
    // The formula comes back to pixel 1100 far outside, at 67°.
    let k = [600.0, 0.0, 640.0, 0.0, 600.0, 360.0, 0.0, 0.0, 1.0];
    let wide = Camera::new(&k, "plumb_bob", &[-0.35, 0.04, 0.0, 0.0], 1280, 720).unwrap();
    assert_eq!(wide.ray(Point2::new(1100.0, 360.0)), None);
    assert_eq!(
        wide.pixel(&Point3::new(67f64.to_radians().tan(), 0.0, 1.0)),
        None
    );
    let near = wide.ray(Point2::new(1050.0, 360.0)).unwrap();
    assert!((0.9..1.118).contains(&near.x), "{near}");
}

#[test]
fn plumb_bob_agrees_with_a_hand_worked_point() {
    // x = 0.5, y = 0: r2 = 0.25, radial = 1 - 0.2*0.25 = 0.95, plus p2*(0.25 + 0.5) = 0.0075.
    let camera = camera("plumb_bob", &[-0.2, 0.0, 0.0, 0.01, 0.0]).unwrap();
    let pixel = camera.pixel(&Point3::new(1.0, 0.0, 2.0)).unwrap();
    assert!((pixel.x - (320.0 + 600.0 * (0.475 + 0.0075))).abs() < 1e-9);
}

#[test]
fn a_rectified_image_is_turned_back_into_the_cameras_frame() {
    // The right one of two cameras that look inwards: R turns it outwards, by 5° about y.
    let turn = Rotation3::from_axis_angle(&Vector3::y_axis(), 5f64.to_radians());
    let r: [f64; 9] = std::array::from_fn(|i| turn[(i / 3, i % 3)]);
    let turned = Camera::rectified(&P, &r, 640, 480).unwrap();
    let ahead = turned.ray(Point2::new(310.0, 230.0)).unwrap();
    assert!(
        (ahead.x + 5f64.to_radians().tan()).abs() < 1e-9 && ahead.y.abs() < 1e-12,
        "{ahead}"
    );
    let pixel = turned.pixel(&Point3::new(0.3, -0.2, 2.0)).unwrap();
    let ray = turned.ray(pixel).unwrap();
    assert!((ray - Point2::new(0.15, -0.1)).norm() < 1e-12);
    let level = Camera::rectified(&P, &UNSET, 640, 480).unwrap();
    assert_eq!(
        level.ray(Point2::new(760.0, 230.0)),
        Some(Point2::new(1.0, 0.0))
    );
}

#[test]
fn what_is_wrong_with_p_or_r_is_said_of_p_or_r() {
    let mirror = [-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    let half = [0.5, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.5];
    let cases: [([f64; 12], [f64; 9], &str); 9] = [
        (
            [0.0; 12],
            UNSET,
            "P is all zero, and image_rectified asks for it",
        ),
        (
            changed(&P, &[(0, f64::NAN)]),
            UNSET,
            "P is not usable: found fx=NaN",
        ),
        (
            changed(&P, &[(0, 1.0), (5, 1.0)]),
            UNSET,
            "P is not plausible: found fx=1",
        ),
        (
            changed(&P, &[(3, -54.0)]),
            UNSET,
            "P[3]=-54 P[7]=0: 0.120 m from the first",
        ),
        (changed(&P, &[(7, 45.0)]), UNSET, "0.100 m from the first"),
        (changed(&P, &[(3, f64::NAN)]), UNSET, "P[3]=NaN"),
        (P, mirror, "R is no rotation"),
        (P, half, "R is no rotation"),
        (
            P,
            changed(&mirror, &[(0, f64::NAN)]),
            "expected one, the identity, or all zero",
        ),
    ];
    for (p, r, expected) in cases {
        let refused = said(Camera::rectified(&p, &r, 640, 480));
        assert!(refused.contains(expected), "{refused}");
    }
}

#[test]
fn a_part_of_the_image_shows_the_same_rays() {
    let whole = camera("plumb_bob", &[-0.2, 0.05, 0.001, 0.0]).unwrap();
    let part = Part {
        roi_px: [100, 40, 400, 300],
        binning: [2, 4],
    };
    let seen = whole.part(&part).unwrap();
    assert_eq!((seen.width_px, seen.height_px), (200, 75));
    let of_whole = whole
        .ray(Point2::new(100.0 + 2.0 * 60.0, 40.0 + 4.0 * 20.0))
        .unwrap();
    let of_part = seen.ray(Point2::new(60.0, 20.0)).unwrap();
    assert!((of_whole - of_part).norm() < 1e-12);
}

#[test]
fn what_is_no_part_of_the_image_is_refused() {
    let whole = camera("plumb_bob", &[]).unwrap();
    for (roi_px, binning) in [
        ([400, 0, 320, 480], [1, 1]),
        ([0, 1, 640, 480], [1, 1]),
        ([u32::MAX, 0, 2, 480], [1, 1]),
        ([10, 10, 0, 0], [1, 1]),
        ([0, 0, 640, 480], [0, 1]),
        ([0, 0, 640, 480], [641, 1]),
    ] {
        let refused = said(whole.part(&Part { roi_px, binning }));
        assert!(
            refused.contains("no part of an image of 640 x 480 px"),
            "{refused}"
        );
    }
}

#[test]
fn each_model_agrees_with_a_hand_worked_point_off_both_axes() {
    // x = 0.5, y = 0.25: r2 = 0.3125, x y = 0.125.
    let shown = |model: &str, d: &[f64]| {
        let pixel = camera(model, d).unwrap().pixel(&Point3::new(1.0, 0.5, 2.0));
        let pixel = pixel.unwrap();
        ((pixel.x - 320.0) / 600.0, (pixel.y - 240.0) / 610.0)
    };
    let is = |found: (f64, f64), x: f64, y: f64| {
        assert!((found.0 - x).hypot(found.1 - y) < 1e-12, "{found:?}");
    };
    // radial = 1 - 0.2 r2 = 0.9375; x gets 2 p1 x y + p2 (r2 + 2 x2), y gets p1 (r2 + 2 y2) + 2 p2
    // x y.
    let tangential = shown("plumb_bob", &[-0.2, 0.0, 0.02, 0.01, 0.0]);
    is(
        tangential,
        0.46875 + 0.005 + 0.008125,
        0.234375 + 0.00875 + 0.0025,
    );
    // k2 r2^2 and k3 r2^3.
    let radial = 1.0 + 0.5 * 0.09765625 - 0.25 * 0.030517578125;
    let high_orders = shown("plumb_bob", &[0.0, 0.5, 0.0, 0.0, -0.25]);
    is(high_orders, 0.5 * radial, 0.25 * radial);
    // Numerator 1 + 0.4 r2, denominator 1 + 0.8 r2 + 0.5 r2^2 - 0.25 r2^3.
    let radial = 1.125 / (1.25 + 0.5 * 0.09765625 - 0.25 * 0.030517578125);
    let rational = [0.4, 0.0, 0.0, 0.0, 0.0, 0.8, 0.5, -0.25];
    is(
        shown("rational_polynomial", &rational),
        0.5 * radial,
        0.25 * radial,
    );
    // The angle from the axis, bent, in place of its tangent.
    let (tangent, angle) = (0.3125f64.sqrt(), 0.3125f64.sqrt().atan());
    let bent = angle + 0.1 * angle.powi(3) - 0.2 * angle.powi(5) + 0.3 * angle.powi(7)
        - 0.4 * angle.powi(9);
    let fisheye = shown("equidistant", &[0.1, -0.2, 0.3, -0.4]);
    is(fisheye, 0.5 * bent / tangent, 0.25 * bent / tangent);
}

proptest! {
    #[test]
    fn ray_inverts_pixel(
        x in -0.5..0.5f64,
        y in -0.4..0.4f64,
        z in 0.3..10.0f64,
        which in 0..3usize,
    ) {
        let (model, d): (_, &[f64]) = [
            ("plumb_bob", &[-0.25, 0.08, 0.001, -0.0007, 0.01][..]),
            ("rational_polynomial", &[0.4, -0.2, 0.0003, 0.0002, 0.02, 0.7, -0.1, 0.01][..]),
            ("equidistant", &[0.02, -0.01, 0.003, -0.0004][..]),
        ][which];
        let camera = camera(model, d).unwrap();
        let pixel = camera.pixel(&Point3::new(x * z, y * z, z)).unwrap();
        let ray = camera.ray(pixel).unwrap();
        prop_assert!((ray - Point2::new(x, y)).norm() < 1e-6);
    }
}
