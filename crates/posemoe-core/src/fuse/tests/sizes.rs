//! People of known stature.

use super::*;
use crate::geometry::place::size::log_bones_m;
use crate::person::size::log_bones_of;

/// As tall as their bones say (m).
fn stature_m(walker: &Walker) -> f64 {
    (log_bones_m(&walker.joints_m(at(0))) - log_bones_of(1.0).0).exp()
}

#[test]
fn who_is_of_known_stature_is_placed_by_it_when_only_one_camera_sees_them() {
    let walker = Walker::standing(4.0, 0.3);
    let eye = Eye::of(two()[0], 0.06);
    let away_m = walker.place_m - eye.there.translation.vector;
    let along = away_m.normalize();
    let watched = |stature_m: Option<f64>| {
        let (mut fusion, mut drops) = new();
        let known = stature_m.map(|stature_m| ("f1".to_owned(), stature_m));
        fusion.know_statures(known.into_iter().collect());
        let all = watch(&mut fusion, &[eye], &[walker], (0, 300), &mut drops);
        let person = &all[5].people[0];
        let sigma_m = along.dot(&(person.root_covariance_m2 * along)).sqrt();
        ((person.root_m - walker.place_m).norm(), sigma_m)
    };
    let (unknown, known) = (watched(None), watched(Some(stature_m(&walker))));
    assert!(unknown.0 > 0.2 && known.0 < 0.01, "{unknown:?}, {known:?}");
    // 2 % of stature and 3 % of the pose are left of 5 %.
    let share = known.1 / unknown.1;
    assert!((0.7..0.75).contains(&share), "{unknown:?}, {known:?}");
    // 0 says that nobody knows.
    assert_eq!(watched(Some(0.0)), unknown);
}
