use super::*;
use crate::geometry::canonical::PersonView;
use nalgebra::Rotation3;

const LAYOUT: WindowLayout = WindowLayout {
    frames: 4,
    span_s: 1.0,
    lookahead_s: 0.2,
};
const A: PersonKey = PersonKey(1);
const B: PersonKey = PersonKey(2);

/// Keeps what it was given; a person's answer is the first number of their last slot.
#[derive(Default)]
struct Keeping {
    given: Windows,
    fails: bool,
}

impl WindowNetwork for Keeping {
    fn run(&mut self, windows: &Windows, answers: Answers<'_>) -> Result<(), LiftError> {
        self.given = windows.clone();
        if self.fails {
            return Err(LiftError::Runtime("out of memory".into()));
        }
        for person in 0..windows.people {
            let last = (person + 1) * windows.frames - 1;
            answers.joints_m[person * 51] = windows.keypoints[last * 51];
        }
        Ok(())
    }
}

fn at(ms: i64) -> Stamp {
    Stamp::from_nanos(ms * 1_000_000)
}

fn view(mark: f32) -> PersonView {
    PersonView {
        keypoints: [[mark; 3]; 17],
        view: [mark; 3],
        depth: [[-mark; 3]; 17],
        view_from_camera: Rotation3::identity(),
    }
}

fn remember(lifter: &mut WindowLifter<Keeping>, ms: i64, people: &[(PersonKey, f32)]) {
    for (person, mark) in people {
        let (person, view) = (*person, &view(*mark));
        lifter.remember(at(ms), &[Seen { person, view }]);
    }
}

fn lift(
    lifter: &mut WindowLifter<Keeping>,
    ms: i64,
    people: &[(PersonKey, f32)],
) -> Result<Vec<Option<f64>>, LiftError> {
    let views: Vec<PersonView> = people.iter().map(|(_, mark)| view(*mark)).collect();
    let seen = people.iter().zip(&views).map(|((person, _), view)| Seen {
        person: *person,
        view,
    });
    let mut lifted = vec![None; 7]; // whatever is left there goes
    lifter.lift(at(ms), &seen.collect::<Vec<_>>(), &mut lifted)?;
    let first = |one: Option<Lifted>| one.map(|one| one.joints_m[0].x);
    Ok(lifted.into_iter().map(first).collect())
}

#[test]
fn the_asked_frame_is_last_and_absent_slots_are_zero() {
    let mut lifter = WindowLifter::new(Keeping::default(), LAYOUT);
    assert_eq!(lifter.lookahead_s(), 0.2);
    remember(&mut lifter, 100, &[(A, 1.0)]);
    remember(&mut lifter, 200, &[(A, 2.0), (B, 5.0)]);
    remember(&mut lifter, 300, &[(A, 3.0)]);
    let lifted = lift(&mut lifter, 200, &[(B, 5.0), (A, 2.0)]).unwrap();
    assert_eq!(lifted, [Some(5.0), Some(2.0)]);
    let given = &lifter.network.given;
    assert_eq!((given.people, given.frames), (2, 4));
    assert_eq!(given.present, [0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0]);
    assert_eq!(given.age_s, [0.0, 0.0, 0.0, 0.0, 0.0, -0.1, 0.1, 0.0]);
    assert_eq!(given.view[9..12], [5.0; 3]);
    assert_eq!(given.view[12..15], [0.0; 3]);
    assert_eq!(given.keypoints[5 * 51..6 * 51], [3.0; 51]);
    assert_eq!(given.keypoints[6 * 51..7 * 51], [1.0; 51]);
    assert_eq!(given.keypoints.len(), 2 * 4 * 51);
    let depth: Vec<f32> = given.keypoints.iter().map(|mark| -mark).collect();
    assert_eq!(given.depth, depth, "of the frame in the same slot");
}

#[test]
fn each_frame_is_answered_with_the_past_that_the_one_before_left() {
    let mut lifter = WindowLifter::new(Keeping::default(), LAYOUT);
    for frame in 0..20 {
        remember(&mut lifter, frame * 100, &[(A, frame as f32)]);
        if frame >= 2 {
            let asked = frame - 2;
            lift(&mut lifter, asked * 100, &[(A, asked as f32)]).unwrap();
            let present: f32 = lifter.network.given.present.iter().sum();
            assert_eq!(present, if asked == 0 { 3.0 } else { 4.0 });
        }
    }
    assert_eq!(
        lifter.people[&A].len(),
        3 + 2,
        "three of the past, two that wait"
    );
}

#[test]
fn nobody_is_no_run_and_a_failed_run_is_an_error() {
    let mut lifter = WindowLifter::new(Keeping::default(), LAYOUT);
    lifter.network.fails = true;
    assert_eq!(lift(&mut lifter, 0, &[]).unwrap(), []);
    remember(&mut lifter, 100, &[(A, 1.0)]);
    assert!(lift(&mut lifter, 100, &[(A, 1.0)]).is_err());
    lifter.network.fails = false;
    assert_eq!(lift(&mut lifter, 100, &[(A, f32::NAN)]).unwrap(), [None]);
}

#[test]
fn the_forgotten_leave_nothing() {
    let mut lifter = WindowLifter::new(Keeping::default(), LAYOUT);
    remember(&mut lifter, 100, &[(A, 1.0), (B, 2.0)]);
    lifter.forget(A);
    lift(&mut lifter, 200, &[(A, 3.0), (B, 4.0)]).unwrap();
    let filled = |person: usize| {
        lifter.network.given.present[person * 4..][..4]
            .iter()
            .sum::<f32>()
    };
    assert_eq!((filled(0), filled(1)), (1.0, 2.0));
}
