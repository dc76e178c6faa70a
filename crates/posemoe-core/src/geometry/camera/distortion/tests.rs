use super::*;
use proptest::prelude::*;

fn undone(distortion: &Distortion, x: f64) -> Option<f64> {
    distortion.undo(Vector2::new(x, 0.0)).map(|ray| ray.x)
}

#[test]
fn the_first_fold_is_where_the_formula_turns() {
    // 1 + 3 k1 r² + 5 k2 r⁴ = 0 at r² = 1.25, where r (1 + k1 r² + k2 r⁴) is 0.6988.
    let wide = Distortion::new("plumb_bob", &[-0.35, 0.04, 0.0, 0.0]).unwrap();
    assert!((wide.widest - 1.25f64.sqrt()).abs() < 1e-9);
    assert!((wide.widest_bent - 0.69877).abs() < 1e-5);
    assert!(undone(&wide, 0.6987).is_some_and(|x| (1.0..1.118).contains(&x)));
    // Farther out the formula comes by there again, at 67°.
    assert_eq!(undone(&wide, 460.0 / 600.0), None);
    assert_eq!(wide.apply(Vector2::new(1.2, 0.0)), None);
}

#[test]
fn each_model_ends_at_its_own_fold() {
    let cases: [(&str, &[f64], f64); 4] = [
        // The fraction's lower part is zero at r² = 1 / 0.8.
        (
            "rational_polynomial",
            &[0.0, 0.0, 0.0, 0.0, 0.0, -0.8, 0.0, 0.0],
            0.8f64.recip().sqrt(),
        ),
        // The upper part 1 - 0.25 r² over a lower 1 + 0.25 r²: 1 - r² - r⁴/16 = 0.
        (
            "rational_polynomial",
            &[-0.25, 0.0, 0.0, 0.0, 0.0, 0.25, 0.0, 0.0],
            0.9717366,
        ),
        // 1 + 3 k1 θ² = 0 at θ² = 1 / 0.6.
        (
            "equidistant",
            &[-0.2, 0.0, 0.0, 0.0],
            (1.0 / 0.6f64).sqrt().tan(),
        ),
        ("plumb_bob", &[0.2, 0.0, 0.0, 0.0], WIDEST_TANGENT),
    ];
    for (model, d, widest) in cases {
        let found = Distortion::new(model, d).unwrap().widest;
        assert!((found - widest).abs() < 1e-6, "{model} {d:?}: {found}");
    }
}

#[test]
fn nothing_is_undone_that_is_no_number() {
    for (model, d) in [("plumb_bob", vec![-0.2, 0.0, 0.01, 0.0]), ("", vec![])] {
        let distortion = Distortion::new(model, &d).unwrap();
        assert_eq!(undone(&distortion, f64::NAN), None);
        assert_eq!(undone(&distortion, f64::INFINITY), None);
        assert_eq!(distortion.apply(Vector2::new(f64::NAN, 0.0)), None);
        assert_eq!(undone(&distortion, 0.0), Some(0.0));
    }
}

proptest! {
    /// However a model bends: a ray that it gives is before the fold and is shown there.
    #[test]
    fn what_is_undone_is_applied_again(
        d in proptest::array::uniform8(-1.0..1.0f64),
        tangential in -0.05..0.05f64,
        x in -3.0..3.0f64,
        y in -3.0..3.0f64,
        which in 0..3usize,
    ) {
        let mut d = d;
        (d[2], d[3]) = (tangential, -tangential);
        let (model, count) = [
            ("plumb_bob", 5), ("rational_polynomial", 8), ("equidistant", 4),
        ][which];
        let distortion = Distortion::new(model, &d[..count]).unwrap();
        let bent = Vector2::new(x, y);
        if let Some(ray) = distortion.undo(bent) {
            prop_assert!(ray.norm() <= distortion.widest);
            let again = distortion.apply(ray).unwrap();
            prop_assert!((again - bent).norm() < 1e-5, "{ray} {again}");
        }
    }

    /// Without tangential terms nothing before the fold is given up.
    #[test]
    fn every_ray_before_the_fold_is_found(
        d in proptest::array::uniform4(-0.5..0.5f64),
        share in 0.01..0.99f64,
        is_fisheye in proptest::bool::ANY,
    ) {
        let distortion = match is_fisheye {
            true => Distortion::new("equidistant", &d),
            false => Distortion::new("plumb_bob", &[d[0], d[1], 0.0, 0.0, d[2]]),
        }.unwrap();
        let ray = Vector2::new(0.6, 0.8) * distortion.widest * share;
        let bent = distortion.apply(ray).unwrap();
        let found = distortion.undo(bent);
        prop_assert!(found.is_some_and(|found| (found - ray).norm() < 1e-4), "{found:?}");
    }
}
