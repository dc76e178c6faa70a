use super::*;
use crate::geometry::canonical::PersonView;
use crate::lift::network::{Answers, Step};
use nalgebra::Rotation3;

mod together;

const SHAPE: MemoryShape = MemoryShape {
    people: 3,
    reach: Reach {
        frames: 3,
        span_s: 1.2,
    },
    blocks: 2,
    width: 2,
    cycle_s: 10.0,
    together: 1,
};
const A: PersonKey = PersonKey(10);
const B: PersonKey = PersonKey(20);
const C: PersonKey = PersonKey(30);
const D: PersonKey = PersonKey(40);

/// What the network was given the last time.
#[derive(Clone, Debug, Default)]
struct Given {
    people: usize,
    marks: Vec<f32>,
    depths: Vec<f32>,
    moment_s: Vec<f32>,
    age_s: Vec<f32>,
    stands_for: Vec<f32>,
    new_age_s: Vec<f32>,
    memory: Vec<Vec<f32>>,
}

/// A person's mark is their first number: it comes back as their first coordinate, and marks each
/// number of their entries with its place.
#[derive(Default)]
struct Marking {
    given: Given,
    fails: bool,
    /// This mark gives an answer, or entries, that are no numbers.
    no_answer: Option<f32>,
    no_entry: Option<f32>,
}

fn entry(mark: f32, block: usize, joint: usize, number: usize) -> f32 {
    mark + (block * 1000 + joint * 10 + number) as f32 / 1e4
}

impl StepNetwork for Marking {
    fn step(
        &mut self,
        step: &Step<'_>,
        answers: Answers<'_>,
        entries: &mut [f32],
    ) -> Result<(), LiftError> {
        let marks: Vec<f32> = step.keypoints.iter().step_by(51).copied().collect();
        for (person, mark) in marks.iter().enumerate() {
            answers.joints_m[person * 51] = *mark;
            if self.no_answer == Some(*mark) {
                answers.sigma_m[person * 17] = f32::NAN;
            } else {
                answers.sigma_m[person * 17] = 0.1;
            }
            let (person, frame) = (person / step.frames, person % step.frames);
            let entries = &mut entries[person * step.frames * 68..][..step.frames * 68];
            for place in 0..68 {
                let (block, joint, number) = (place / 34, place % 34 / 2, place % 2);
                let token = place / 2 * step.frames + frame;
                entries[token * 2 + number] = entry(*mark, block, joint, number);
            }
            if self.no_entry == Some(*mark) {
                entries[(33 * step.frames + frame) * 2 + 1] = f32::INFINITY;
            }
        }
        self.given = Given {
            people: step.people,
            marks,
            depths: step.depth.iter().skip(50).step_by(51).copied().collect(),
            moment_s: step.moment_s.to_vec(),
            age_s: step.age_s.to_vec(),
            stands_for: step.stands_for.to_vec(),
            new_age_s: step.new_age_s.to_vec(),
            memory: step.memory.to_vec(),
        };
        if self.fails {
            return Err(LiftError::Runtime("out of memory".into()));
        }
        Ok(())
    }
}

impl Given {
    /// Mark of the frame in each slot of a row, after a look at every number of it.
    fn kept(&self, row: usize) -> [f32; 3] {
        std::array::from_fn(|slot| {
            let mark = self.memory[0][(row * 17 * 3 + slot) * 2];
            for (block, memory) in self.memory.iter().enumerate() {
                for joint in 0..17 {
                    let place = ((row * 17 + joint) * 3 + slot) * 2;
                    let expected = [0, 1].map(|number| entry(mark, block, joint, number));
                    let found = &memory[place..place + 2];
                    assert!(found == expected || found == [0.0; 2], "{found:?}");
                }
            }
            mark
        })
    }

    fn ages_s(&self, row: usize) -> &[f32] {
        &self.age_s[row * 3..][..3]
    }
}

fn lifter() -> StreamLifter<Marking> {
    StreamLifter::new(Marking::default(), SHAPE)
}

fn at(ms: i64) -> Stamp {
    Stamp::from_nanos(1_763_680_000_000_000_000 + ms * 1_000_000)
}

fn view(mark: f32) -> PersonView {
    PersonView {
        keypoints: [[mark; 3]; 17],
        view: [mark; 3],
        depth: [[-mark; 3]; 17],
        view_from_camera: Rotation3::identity(),
    }
}

fn lift(
    lifter: &mut StreamLifter<Marking>,
    ms: i64,
    people: &[(PersonKey, f32)],
) -> Result<Vec<Option<f64>>, LiftError> {
    let views: Vec<PersonView> = people.iter().map(|(_, mark)| view(*mark)).collect();
    let seen: Vec<Seen<'_>> = people
        .iter()
        .zip(&views)
        .map(|((person, _), view)| Seen {
            person: *person,
            view,
        })
        .collect();
    let mut lifted = vec![None; 7]; // whatever is left there goes
    lifter.lift(at(ms), &seen, &mut lifted)?;
    let first = |one: Option<Lifted>| one.map(|one| one.joints_m[0].x);
    Ok(lifted.into_iter().map(first).collect())
}

const EMPTY: f32 = EMPTY_AGE_S;

#[test]
fn slots_fill_then_the_oldest_frame_is_given_up() {
    let mut lifter = lifter();
    for (frame, kept, ages_s) in [
        (1, [0.0, 0.0, 0.0], [EMPTY, EMPTY, EMPTY]),
        (2, [1.0, 0.0, 0.0], [0.5, EMPTY, EMPTY]),
        (3, [1.0, 2.0, 0.0], [1.0, 0.5, EMPTY]),
        (4, [1.0, 2.0, 3.0], [1.5, 1.0, 0.5]),
        (5, [4.0, 2.0, 3.0], [0.5, 1.5, 1.0]),
        (6, [4.0, 5.0, 3.0], [1.0, 0.5, 1.5]),
    ] {
        let mark = frame as f32;
        let lifted = lift(&mut lifter, frame * 500, &[(A, mark)]).unwrap();
        assert_eq!(lifted, [Some(f64::from(mark))]);
        let given = &lifter.network.given;
        assert_eq!((given.kept(0), given.ages_s(0)), (kept, &ages_s[..]));
    }
}

#[test]
fn where_frames_crowd_one_stands_for_those_that_are_given_up() {
    let mut lifter = lifter();
    for (ms, kept, ages_s, stands_for) in [
        (0, [0.0, 0.0, 0.0], [EMPTY, EMPTY, EMPTY], [1.0, 1.0, 1.0]),
        (250, [1.0, 0.0, 0.0], [0.25, EMPTY, EMPTY], [1.0, 1.0, 1.0]),
        (500, [1.0, 2.0, 0.0], [0.5, 0.25, EMPTY], [1.0, 1.0, 1.0]),
        (750, [1.0, 2.0, 3.0], [0.75, 0.5, 0.25], [1.0, 1.0, 1.0]),
        (1000, [1.0, 4.0, 3.0], [1.0, 0.25, 0.5], [2.0, 1.0, 1.0]),
        (1250, [1.0, 5.0, 3.0], [1.25, 0.25, 0.75], [2.0, 1.0, 2.0]),
    ] {
        let mark = (ms / 250 + 1) as f32;
        lift(&mut lifter, ms, &[(A, mark)]).unwrap();
        let given = &lifter.network.given;
        assert_eq!((given.kept(0), given.ages_s(0)), (kept, &ages_s[..]));
        assert_eq!(given.stands_for, stands_for);
    }
}

#[test]
fn moments_come_round_and_ages_do_not() {
    let mut lifter = lifter();
    lift(&mut lifter, 9_500, &[(A, 1.0)]).unwrap();
    assert_eq!(lifter.network.given.moment_s, [9.5]);
    lift(&mut lifter, 20_250, &[(A, 2.0)]).unwrap();
    assert_eq!(lifter.network.given.moment_s, [0.25]);
    assert_eq!(
        lifter.network.given.ages_s(0)[0],
        10.75,
        "older than any span"
    );
}

#[test]
fn answers_go_to_whom_they_belong_whatever_the_order() {
    let mut lifter = lifter();
    lift(&mut lifter, 0, &[(A, 1.0), (B, 2.0)]).unwrap();
    let lifted = lift(&mut lifter, 100, &[(C, 5.0), (B, 4.0), (A, 3.0)]).unwrap();
    assert_eq!(lifted, [Some(5.0), Some(4.0), Some(3.0)]);
    let given = &lifter.network.given;
    assert_eq!(given.marks, [3.0, 4.0, 5.0]);
    assert_eq!((given.kept(0)[0], given.kept(1)[0]), (1.0, 2.0));
    assert_eq!(given.ages_s(2), [EMPTY; 3]);
}

#[test]
fn the_remembered_but_unseen_are_zeros_of_which_nothing_is_kept() {
    let mut lifter = lifter();
    lift(&mut lifter, 0, &[(A, 1.0), (B, 2.0), (C, 3.0)]).unwrap();
    assert_eq!(lift(&mut lifter, 100, &[(B, 4.0)]).unwrap(), [Some(4.0)]);
    let given = &lifter.network.given;
    assert_eq!(given.marks, [0.0, 4.0], "C's row is the last and not run");
    assert_eq!(given.depths, [0.0, -4.0]);
    assert_eq!(lift(&mut lifter, 150, &[]).unwrap(), []);
    lift(&mut lifter, 200, &[(A, 5.0), (C, 6.0)]).unwrap();
    let given = &lifter.network.given;
    assert_eq!(given.kept(0), [1.0, 0.0, 0.0]);
    assert_eq!(given.kept(1), [2.0, 4.0, 0.0]);
    assert_eq!(given.ages_s(0), [0.2, EMPTY, EMPTY]);
}

#[test]
fn the_last_row_takes_the_place_of_who_is_forgotten() {
    let mut lifter = lifter();
    lift(&mut lifter, 0, &[(A, 1.0), (B, 2.0), (C, 3.0)]).unwrap();
    lift(&mut lifter, 100, &[(C, 4.0)]).unwrap();
    lifter.forget(A);
    lifter.forget(A); // nothing more to forget
    lift(&mut lifter, 200, &[(B, 5.0), (C, 6.0)]).unwrap();
    let given = &lifter.network.given;
    assert_eq!(given.people, 2);
    assert_eq!(given.marks, [6.0, 5.0]);
    assert_eq!(
        (given.kept(0), given.kept(1)),
        ([3.0, 4.0, 0.0], [2.0, 0.0, 0.0])
    );
    assert_eq!(given.ages_s(0), [0.2, 0.1, EMPTY]);
    // C's memory goes on where it was.
    lift(&mut lifter, 300, &[(C, 7.0)]).unwrap();
    assert_eq!(lifter.network.given.kept(0), [3.0, 4.0, 6.0]);
}

#[test]
fn people_leave_and_come_within_one_frame_and_begin_empty() {
    let mut lifter = lifter();
    for frame in 0..5 {
        lift(&mut lifter, frame * 100, &[(A, 1.0), (B, 2.0), (C, 3.0)]).unwrap();
    }
    lifter.forget(C);
    lifter.forget(A);
    let lifted = lift(&mut lifter, 500, &[(D, 9.0), (B, 8.0)]).unwrap();
    assert_eq!(lifted, [Some(9.0), Some(8.0)]);
    let given = &lifter.network.given;
    assert_eq!(given.marks, [8.0, 9.0]);
    assert_eq!(given.kept(0), [2.0; 3]);
    assert_eq!(given.ages_s(1), [EMPTY; 3], "what A left there is hidden");
    lift(&mut lifter, 600, &[(D, 9.5)]).unwrap();
    assert_eq!(lifter.network.given.kept(1)[0], 9.0);
    assert_eq!(lifter.network.given.ages_s(1), [0.1, EMPTY, EMPTY]);
}

#[test]
fn more_people_than_rows_are_refused_and_nothing_changes() {
    let mut lifter = lifter();
    lift(&mut lifter, 0, &[(A, 1.0), (B, 2.0)]).unwrap();
    let error = lift(&mut lifter, 100, &[(C, 3.0), (D, 4.0)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "4 people to remember, expected 3 or fewer"
    );
    lift(&mut lifter, 200, &[(D, 5.0)]).unwrap();
    let given = &lifter.network.given;
    assert_eq!((given.people, given.ages_s(2)), (3, &[EMPTY; 3][..]));
}

#[test]
fn what_is_not_finite_is_no_answer_and_takes_the_memory_with_it() {
    for spoil in [
        |network: &mut Marking| network.no_answer = Some(2.0),
        |network: &mut Marking| network.no_entry = Some(2.0),
    ] {
        let mut lifter = lifter();
        lift(&mut lifter, 0, &[(A, 1.0), (B, 1.5)]).unwrap();
        spoil(&mut lifter.network);
        let lifted = lift(&mut lifter, 100, &[(A, 3.0), (B, 2.0)]).unwrap();
        assert_eq!(lifted, [Some(3.0), None]);
        let lifted = lift(&mut lifter, 200, &[(A, 4.0), (B, 5.0)]).unwrap();
        assert_eq!(lifted, [Some(4.0), Some(5.0)]);
        let given = &lifter.network.given;
        assert_eq!(given.kept(0), [1.0, 3.0, 0.0]);
        assert_eq!(
            (given.kept(1), given.ages_s(1)),
            ([0.0; 3], &[EMPTY; 3][..])
        );
        assert!(given.memory.iter().flatten().all(|v| v.is_finite()));
    }
}

#[test]
fn a_failed_run_keeps_nothing() {
    let mut lifter = lifter();
    lift(&mut lifter, 0, &[(A, 1.0)]).unwrap();
    lifter.network.fails = true;
    let error = lift(&mut lifter, 100, &[(A, 2.0), (B, 3.0)]).unwrap_err();
    assert!(error.to_string().contains("out of memory"));
    lifter.network.fails = false;
    lift(&mut lifter, 200, &[(A, 4.0), (B, 5.0)]).unwrap();
    let given = &lifter.network.given;
    assert_eq!(given.ages_s(0), [0.2, EMPTY, EMPTY]);
    assert_eq!(given.ages_s(1), [EMPTY; 3]);
}

#[test]
fn bytes_are_those_of_the_numbers() {
    let shape = MemoryShape {
        people: 20,
        reach: Reach {
            frames: 96,
            span_s: 8.0,
        },
        blocks: 4,
        width: 32,
        cycle_s: 10.0,
        together: 1,
    };
    assert_eq!(shape.frame_bytes(), 8704);
    assert_eq!(shape.person_bytes(), 96 * 8704);
    let slots = Slots::new(SHAPE);
    let bytes: usize = slots
        .pools()
        .iter()
        .map(|pool| size_of_val(&pool[..]))
        .sum();
    assert_eq!(bytes, SHAPE.people * SHAPE.person_bytes());
}
