//! Several frames at once.

use super::*;

/// Lifts frames together: their times (ms), each with people and their marks.
fn lift_together(
    lifter: &mut StreamLifter<Marking>,
    frames: &[(i64, &[(PersonKey, f32)])],
) -> Result<Vec<Option<f64>>, LiftError> {
    let views: Vec<Vec<PersonView>> = frames
        .iter()
        .map(|(_, people)| people.iter().map(|(_, mark)| view(*mark)).collect())
        .collect();
    let seen: Vec<Vec<Seen<'_>>> = frames
        .iter()
        .zip(&views)
        .map(|((_, people), views)| {
            let people = people.iter().zip(views);
            people
                .map(|((person, _), view)| Seen {
                    person: *person,
                    view,
                })
                .collect()
        })
        .collect();
    let shown: Vec<Shown<'_>> = frames
        .iter()
        .zip(&seen)
        .map(|((ms, _), seen)| Shown {
            stamp: at(*ms),
            seen,
        })
        .collect();
    let mut lifted = vec![None; 7]; // whatever is left there goes
    let done = lifter.lift_together(&shown, &mut lifted);
    assert!(done.is_ok() || lifted.is_empty());
    let first = |one: Option<Lifted>| one.map(|one| one.joints_m[0].x);
    done.map(|()| lifted.into_iter().map(first).collect())
}

#[test]
fn frames_together_see_what_they_would_see_one_after_the_other() {
    let mut lifter = lifter();
    lift(&mut lifter, 0, &[(A, 1.0)]).unwrap();
    lift(&mut lifter, 500, &[(A, 2.0)]).unwrap();
    let frames: [(i64, &[_]); 3] = [
        (1000, &[(B, 3.0), (A, 4.0)]),
        (1100, &[(B, 5.0)]),
        (1300, &[(A, 6.0), (B, 7.0)]),
    ];
    let lifted = lift_together(&mut lifter, &frames).unwrap();
    assert_eq!(lifted, [3.0, 4.0, 5.0, 6.0, 7.0].map(Some));
    let given = &lifter.network.given;
    assert_eq!(given.marks, [4.0, 0.0, 6.0, 3.0, 5.0, 7.0]);
    assert_eq!(
        given.depths,
        given.marks.iter().map(|m| -m).collect::<Vec<_>>()
    );
    assert_eq!(given.moment_s[..3], given.moment_s[3..]);
    // A's last frame finds three before it, the third of them new; the first is too old for
    // another.
    let [first, _, last] = [0, 1, 2].map(|frame| &given.age_s[frame * 3..][..3]);
    assert_eq!(
        (first, last),
        (&[1.0, 0.5, EMPTY][..], &[1.3, 0.8, EMPTY][..])
    );
    assert_eq!(given.new_age_s[..3], [0.0, EMPTY, EMPTY]);
    assert_eq!(given.new_age_s[6..9], [0.3, EMPTY, 0.0]);
    assert_eq!(given.age_s[9..], [EMPTY; 9]);
    assert_eq!(given.new_age_s[12..15], [0.1, 0.0, EMPTY]);
    lift(&mut lifter, 1400, &[(A, 8.0), (B, 9.0)]).unwrap();
    let given = &lifter.network.given;
    assert_eq!(
        (given.kept(0), given.kept(1)),
        ([6.0, 2.0, 4.0], [3.0, 5.0, 7.0])
    );
}

#[test]
fn what_is_given_up_meanwhile_is_seen_no_more() {
    let mut lifter = lifter();
    for (ms, mark) in [(0, 1.0), (100, 2.0), (500, 3.0)] {
        lift(&mut lifter, ms, &[(A, mark)]).unwrap();
    }
    let frames: [(i64, &[_]); 2] = [(1000, &[(A, 4.0)]), (1100, &[(A, 5.0)])];
    lift_together(&mut lifter, &frames).unwrap();
    let given = &lifter.network.given;
    assert_eq!(given.age_s, [1.0, 0.9, 0.5, 1.1, EMPTY, 0.6]);
    assert_eq!(given.stands_for, [1.0, 1.0, 1.0, 2.0, 1.0, 1.0]);
    assert_eq!(given.new_age_s, [0.0, EMPTY, 0.1, 0.0]);
}

#[test]
fn where_an_answer_is_not_finite_frames_must_go_one_by_one() {
    let mut lifter = lifter();
    lift(&mut lifter, 0, &[(A, 1.0)]).unwrap();
    lifter.network.no_answer = Some(3.0);
    let frames: [(i64, &[_]); 2] = [(100, &[(A, 2.0)]), (200, &[(A, 3.0)])];
    let error = lift_together(&mut lifter, &frames).unwrap_err();
    assert_eq!(error.to_string(), "a result is not finite");
    lift(&mut lifter, 300, &[(A, 4.0)]).unwrap();
    assert_eq!(
        lifter.network.given.ages_s(0),
        [0.3, EMPTY, EMPTY],
        "nothing was kept"
    );
}

#[test]
fn more_people_than_rows_in_several_frames_are_refused() {
    let mut lifter = lifter();
    let frames: [(i64, &[_]); 2] = [
        (0, &[(A, 1.0), (B, 2.0)]),
        (100, &[(C, 3.0), (D, 4.0), (A, 5.0)]),
    ];
    let error = lift_together(&mut lifter, &frames).unwrap_err();
    assert_eq!(
        error.to_string(),
        "4 people to remember, expected 3 or fewer"
    );
    let fewer: [(i64, &[_]); 2] = [(0, &[(A, 1.0), (B, 2.0)]), (100, &[(C, 3.0), (A, 5.0)])];
    assert_eq!(lift_together(&mut lifter, &fewer).unwrap().len(), 4);
}
