//! Rules of the buffer.

use super::*;

fn at(seconds: f64) -> Stamp {
    Stamp::from_nanos(0).plus_seconds(seconds)
}

fn link(parent: &str, child: &str, seconds: f64, x_m: f64) -> Link {
    Link {
        parent: parent.into(),
        child: child.into(),
        stamp: at(seconds),
        parent_from_child: Isometry3::translation(x_m, 0.0, 0.0),
        is_static: false,
    }
}

fn fixed(parent: &str, child: &str, x_m: f64) -> Link {
    let is_static = true;
    Link {
        is_static,
        ..link(parent, child, 0.0, x_m)
    }
}

fn frames(links: impl IntoIterator<Item = Link>) -> Frames {
    let mut frames = Frames::default();
    for link in links {
        frames.insert(link).unwrap();
    }
    frames
}

fn x_m(frames: &Frames, target: &str, source: &str, seconds: f64) -> Result<f64, FrameError> {
    let found = frames.lookup(target, source, at(seconds))?;
    Ok(found.translation.x)
}

#[test]
fn a_way_goes_over_the_nearest_shared_ancestor() {
    // Nothing is known of base in odom at 1.0, and nothing has to be.
    let frames = frames([
        link("odom", "base", 0.0, 100.0),
        fixed("base", "arm", 1.0),
        link("base", "camera", 1.0, 3.0),
        fixed("camera", "optical", 0.5),
    ]);
    assert_eq!(x_m(&frames, "arm", "optical", 1.0), Ok(2.5));
    assert_eq!(x_m(&frames, "optical", "arm", 1.0), Ok(-2.5));
    assert_eq!(x_m(&frames, "base", "optical", 1.0), Ok(3.5));
    assert_eq!(x_m(&frames, "camera", "base", 1.0), Ok(-3.0));
    assert_eq!(x_m(&frames, "arm", "arm", 1.0), Ok(0.0));
    assert!(matches!(
        x_m(&frames, "odom", "arm", 1.0),
        Err(FrameError::NotYet { .. })
    ));
}

#[test]
fn what_is_missing_is_named() {
    let frames = frames([link("odom", "base", 5.0, 1.0), fixed("world", "wall", 1.0)]);
    let text =
        |target: &str, source: &str, s| x_m(&frames, target, source, s).unwrap_err().to_string();
    let unknown = text("map", "base", 5.0);
    assert_eq!(
        unknown,
        "frame \"map\" is not known; known are base, odom, wall, world"
    );
    assert_eq!(
        text("cam", "cam", 5.0).find("frame \"cam\" is not known"),
        Some(0)
    );
    assert!(text("wall", "base", 5.0).contains("roots are \"world\" and \"odom\""));
    assert!(text("odom", "base", 5.25).contains("newest is of 5.000000000, 0.250 s before"));
    assert!(text("base", "odom", 4.5).contains("oldest is of 5.000000000, 0.500 s after"));
    let alone = frames.motion("odom", "base", at(5.0)).unwrap_err();
    assert!(matches!(alone, FrameError::NoVelocity { .. }), "{alone}");
    let nothing = x_m(&Frames::default(), "a", "b", 0.0).unwrap_err();
    assert!(nothing.to_string().ends_with("known are none"));
}

#[test]
fn an_error_names_few_of_many_frames() {
    let many = frames((0..50).map(|i| fixed("root", &format!("f{i:02}"), 0.0)));
    let text = x_m(&many, "root", "nobody", 0.0).unwrap_err().to_string();
    assert!(text.ends_with("f08, f09 and 41 more"), "{text}");
}

#[test]
fn a_ring_of_frames_is_an_error_and_no_endless_walk() {
    let ring = frames([
        fixed("a", "b", 1.0),
        fixed("b", "c", 1.0),
        fixed("c", "a", 1.0),
    ]);
    assert!(matches!(
        x_m(&ring, "a", "c", 0.0),
        Err(FrameError::Loop { .. })
    ));
    let own = Frames::default().insert(fixed("a", "a", 1.0));
    assert_eq!(own, Err(Refusal::OwnParent { frame: "a".into() }));
}

#[test]
fn a_static_transform_stays_and_is_replaced() {
    let mut frames = frames([fixed("base", "camera", 1.0), link("odom", "base", 1e4, 0.0)]);
    assert_eq!(x_m(&frames, "base", "camera", -1e6), Ok(1.0));
    frames.insert(fixed("base", "camera", 2.0)).unwrap();
    assert_eq!(x_m(&frames, "base", "camera", 1e6), Ok(2.0));
}

#[test]
fn the_newest_parent_wins_whatever_the_order() {
    let mut frames = frames([link("odom", "box", 1.0, 1.0), link("hand", "box", 1.1, 2.0)]);
    let late = frames.insert(link("odom", "box", 1.05, 1.0)).unwrap_err();
    assert!(late.to_string().contains("it was in \"hand\""), "{late}");
    assert_eq!(x_m(&frames, "hand", "box", 1.1), Ok(2.0));
}

#[test]
fn a_late_transform_fits_in_and_one_from_long_before_begins_anew() {
    let mut frames = frames([
        link("odom", "base", 9.0, 0.0),
        link("odom", "base", 9.4, 4.0),
    ]);
    assert_eq!(
        frames.insert(link("odom", "base", 9.2, 4.0)),
        Ok(Inserted::Added)
    );
    assert!((x_m(&frames, "odom", "base", 9.1).unwrap() - 2.0).abs() < 1e-6);
    let looped = frames.insert(link("odom", "base", 1.0, 7.0));
    assert_eq!(looped, Ok(Inserted::BeganAnew(at(9.4))));
    assert_eq!(x_m(&frames, "odom", "base", 1.0), Ok(7.0));
    assert!(matches!(
        x_m(&frames, "odom", "base", 9.1),
        Err(FrameError::NotYet { .. })
    ));
}

#[test]
fn many_frames_find_no_room_but_in_the_place_of_the_silent() {
    let fresh = (1..MOST_FRAMES).map(|i| link("camera", &format!("body_{i}"), 100.0, 0.0));
    let mut frames = frames(fresh.chain([link("odom", "base", 95.0, 1.0)]));
    let more = |seconds| link("camera", "one_more", seconds, 0.0);
    let refused = frames.insert(more(100.0)).unwrap_err();
    assert!(refused.to_string().contains("1000 frames"), "{refused}");
    assert_eq!(
        frames.insert(link("odom", "base", 95.1, 1.0)),
        Ok(Inserted::Added)
    );
    assert_eq!(
        frames.insert(more(105.5)),
        Ok(Inserted::Added),
        "base is 10.4 s silent"
    );
    assert!(matches!(
        x_m(&frames, "odom", "base", 95.1),
        Err(FrameError::Unknown { .. })
    ));
}

#[test]
fn a_recording_forgets_nothing_whatever_the_order() {
    let mut frames = Frames::recorded();
    let seconds = (0..5000).map(|i| f64::from(i) * 0.5);
    let out_of_order = [9e3, 9e3 + 0.5].into_iter().chain(seconds);
    for s in out_of_order {
        let inserted = frames.insert(link("odom", "base", s, s));
        assert_eq!(inserted, Ok(Inserted::Added));
    }
    for child in 0..=MOST_FRAMES {
        let inserted = frames.insert(link("odom", &format!("f{child}"), 0.0, 0.0));
        assert_eq!(inserted, Ok(Inserted::Added));
    }
    assert_eq!(x_m(&frames, "odom", "base", 0.25), Ok(0.25));
    assert_eq!(x_m(&frames, "odom", "base", 2000.25), Ok(2000.25));
    let gap = x_m(&frames, "odom", "base", 8e3).unwrap_err().to_string();
    assert!(
        gap.contains("are of 2499.500000000 and 9000.000000000"),
        "{gap}"
    );
    let later = frames.later_by(100.0);
    assert_eq!(x_m(&later, "odom", "base", 100.25), Ok(0.25));
}

#[test]
fn an_overlay_wins_frame_by_frame() {
    let mut below = frames([link("odom", "base", 0.0, 1.0), fixed("base", "camera", 2.0)]);
    below.overlay(frames([link("odom", "base", 5.0, 7.0)]));
    assert_eq!(x_m(&below, "odom", "camera", 5.0), Ok(9.0));
    assert!(x_m(&below, "odom", "camera", 0.0).is_err());
}

#[test]
fn in_a_recording_a_frame_was_in_each_parent_at_its_time() {
    let links = [
        fixed("room", "left", 10.0),
        fixed("room", "right", 20.0),
        link("left", "person", 1.0, 1.0),
        link("left", "person", 1.5, 2.0),
        link("right", "person", 2.0, 3.0),
        link("left", "person", 3.0, 4.0),
    ];
    let mut recorded = Frames::recorded();
    let mut live = Frames::default();
    for link in links {
        recorded.insert(link.clone()).unwrap();
        live.insert(link).unwrap();
    }
    for (seconds, expected) in [
        (1.0, 11.0),
        (1.25, 11.5),
        (1.5, 12.0),
        (2.0, 23.0),
        (3.0, 14.0),
    ] {
        assert_eq!(x_m(&recorded, "room", "person", seconds), Ok(expected));
    }
    for between_or_beyond in [0.5, 1.75, 2.5, 3.5] {
        assert!(x_m(&recorded, "room", "person", between_or_beyond).is_err());
    }
    assert_eq!(x_m(&live, "room", "person", 3.0), Ok(14.0));
    assert!(x_m(&live, "room", "person", 2.0).is_err());
    let later = recorded.later_by(10.0);
    assert_eq!(x_m(&later, "room", "person", 11.25), Ok(11.5));
}

#[test]
fn a_way_is_as_new_as_its_most_silent_frame() {
    let frames = frames([
        link("base", "arm", 1.0, 0.0),
        link("base", "arm", 3.0, 0.0),
        link("arm", "hand", 2.0, 0.0),
        fixed("base", "camera", 1.0),
        fixed("camera", "optical", 1.0),
    ]);
    let newest = |target: &str, source: &str| frames.newest(target, source).unwrap();
    assert_eq!(newest("optical", "arm"), Some(at(3.0)));
    assert_eq!(newest("optical", "hand"), Some(at(2.0)));
    assert_eq!(newest("hand", "base"), Some(at(2.0)));
    assert_eq!(newest("arm", "hand"), Some(at(2.0)));
    assert_eq!(newest("optical", "base"), None, "at rest for ever");
    assert_eq!(newest("arm", "arm"), None);
    assert!(frames.newest("base", "foot").is_err());
}
