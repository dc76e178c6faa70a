//! The people of a frame, or of several, shared out among several copies of a network, each on a
//! thread of its own. What a network says of a person does not depend on who else is there, so the
//! answers are the same.

use rayon::{Scope, ThreadPool, ThreadPoolBuilder};

use super::network::{Answers, Step, StepNetwork};
use super::{JOINT_NUMBERS, LiftError, TURN_NUMBERS};
use crate::skeleton::JOINT_COUNT;

/// People of a share at least: a matrix of one row is multiplied by another routine, which rounds
/// otherwise.
const FEWEST: usize = 2;

/// Copies of one network; there is one or more.
pub struct Shares<N> {
    /// Works on the caller's thread.
    first: N,
    /// These have threads of their own.
    others: Vec<N>,
    threads: Option<ThreadPool>,
}

impl<N> Shares<N> {
    /// People are shared out among all of them.
    ///
    /// # Errors
    /// [`LiftError::Thread`] when the operating system has not so many threads to spare.
    pub fn new(first: N, others: Vec<N>) -> Result<Self, LiftError> {
        let threads = match others.len() {
            0 => None, // which a pool would take for as many as there are cores
            count => Some(ThreadPoolBuilder::new().num_threads(count).build()),
        };
        let threads = threads.transpose();
        let threads = threads.map_err(|error| LiftError::Thread(error.to_string()))?;
        Ok(Self {
            first,
            others,
            threads,
        })
    }
}

impl<N: StepNetwork + Send> StepNetwork for Shares<N> {
    fn step(
        &mut self,
        step: &Step<'_>,
        answers: Answers<'_>,
        entries: &mut [f32],
    ) -> Result<(), LiftError> {
        let task = Task {
            step: *step,
            answers,
            entries,
        };
        let others = (step.people / FEWEST).saturating_sub(1);
        let others = others.min(self.others.len());
        let Some(threads) = self.threads.as_ref().filter(|_| others > 0) else {
            return task.run(&mut self.first);
        };
        let others = &mut self.others[..others];
        let mut done: Vec<_> = others.iter().map(|_| Ok(())).collect();
        let here = threads.in_place_scope(|scope| {
            let task = share_out(scope, others.iter_mut().zip(&mut done), task);
            task.run(&mut self.first)
        });
        done.into_iter().fold(here, Result::and)
    }
}

/// People to be lifted, and where the answers go.
struct Task<'a> {
    step: Step<'a>,
    answers: Answers<'a>,
    entries: &'a mut [f32],
}

impl<'a> Task<'a> {
    /// The first so many people, of one or more, and the others.
    fn split(self, count: usize) -> (Self, Self) {
        let Self {
            step,
            answers,
            entries,
        } = self;
        let (first, others) = step.split(count);
        let (frames, of_each) = (count * step.frames, entries.len() / step.people);
        let (joints_m, other_joints_m) = answers.joints_m.split_at_mut(frames * JOINT_NUMBERS);
        let (sigma_m, other_sigma_m) = answers.sigma_m.split_at_mut(frames * JOINT_COUNT);
        let (turns, other_turns) = answers.turns.split_at_mut(frames * TURN_NUMBERS);
        let (entries, other_entries) = entries.split_at_mut(count * of_each);
        let own = Answers {
            joints_m,
            sigma_m,
            turns,
        };
        let of_others = Answers {
            joints_m: other_joints_m,
            sigma_m: other_sigma_m,
            turns: other_turns,
        };
        let task = |step, answers, entries| Task {
            step,
            answers,
            entries,
        };
        (
            task(first, own, entries),
            task(others, of_others, other_entries),
        )
    }

    fn run(self, network: &mut impl StepNetwork) -> Result<(), LiftError> {
        network.step(&self.step, self.answers, self.entries)
    }
}

/// Has each of `others` lift a share; returns what is left.
fn share_out<'a, N: StepNetwork + Send + 'a>(
    scope: &Scope<'a>,
    others: impl ExactSizeIterator<Item = (&'a mut N, &'a mut Result<(), LiftError>)>,
    task: Task<'a>,
) -> Task<'a> {
    let shares = others.len() + 1;
    others
        .enumerate()
        .fold(task, |task, (taken, (network, done))| {
            let people = task.step.people.div_ceil(shares - taken);
            let (share, rest) = task.split(people);
            scope.spawn(move |_| *done = share.run(network));
            rest
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAMES: usize = 2;
    /// Of a person, in all frames together.
    const WIDTH: usize = 4;

    /// Says of each person what it was given of them in each frame, and how many people it was
    /// given.
    struct Echo;

    impl StepNetwork for Echo {
        fn step(
            &mut self,
            step: &Step<'_>,
            answers: Answers<'_>,
            entries: &mut [f32],
        ) -> Result<(), LiftError> {
            if step.view.contains(&f32::INFINITY) {
                return Err(LiftError::Runtime("too far away".to_owned()));
            }
            assert!(step.people > 1 || step.row == 0, "a share of one");
            answers.joints_m.copy_from_slice(step.keypoints);
            let sigma_m = answers.sigma_m.chunks_exact_mut(JOINT_COUNT);
            assert_eq!(sigma_m.len(), step.people * FRAMES);
            let turns = answers.turns.chunks_exact_mut(TURN_NUMBERS);
            turns
                .zip(step.moment_s)
                .for_each(|(turns, moment_s)| turns.fill(*moment_s));
            for (place, sigma_m) in sigma_m.enumerate() {
                sigma_m.fill(step.view[place * 3] + step.moment_s[place]);
            }
            let depth = step.depth.chunks_exact(JOINT_NUMBERS);
            let keypoints = step.keypoints.chunks_exact(JOINT_NUMBERS);
            assert!(depth.eq(keypoints), "depths of somebody else");
            for (person, entries) in entries.chunks_exact_mut(WIDTH).enumerate() {
                let memory = &step.memory[0][(step.row + person) * JOINT_COUNT * step.slots..];
                entries.copy_from_slice(&[
                    step.age_s[person * FRAMES * step.slots],
                    step.stands_for[person * FRAMES * step.slots + 1],
                    step.new_age_s[person * FRAMES * FRAMES + 2],
                    memory[0],
                ]);
            }
            Ok(())
        }
    }

    fn answer(copies: usize, people: usize, view: &[f32]) -> Result<[Vec<f32>; 4], LiftError> {
        let numbers =
            |of_each: usize| -> Vec<f32> { (0..people * of_each).map(|n| n as f32).collect() };
        let slots = 3;
        let memory = [numbers(JOINT_COUNT * slots)];
        let step = Step {
            people,
            frames: FRAMES,
            slots,
            row: 0,
            keypoints: &numbers(FRAMES * JOINT_NUMBERS),
            view,
            depth: &numbers(FRAMES * JOINT_NUMBERS),
            moment_s: &numbers(FRAMES),
            age_s: &numbers(FRAMES * slots),
            stands_for: &numbers(FRAMES * slots),
            new_age_s: &numbers(FRAMES * FRAMES),
            memory: &memory,
        };
        let [joints, sigmas, turns] =
            [JOINT_NUMBERS, JOINT_COUNT, TURN_NUMBERS].map(|of_frame| FRAMES * of_frame);
        let of_each = [joints, sigmas, turns, WIDTH];
        let mut found = of_each.map(|n| vec![-1.0; people * n]);
        let [joints_m, sigma_m, turns, entries] = &mut found;
        let answers = Answers {
            joints_m,
            sigma_m,
            turns,
        };
        let others = (1..copies).map(|_| Echo).collect();
        let mut shares = Shares::new(Echo, others)?;
        shares.step(&step, answers, entries)?;
        Ok(found)
    }

    #[test]
    fn everyone_is_answered_as_by_one_network_however_many_share() {
        for people in 1..=7 {
            let view = vec![0.5; 3 * FRAMES * people];
            let expected = answer(1, people, &view).unwrap();
            assert!(expected.iter().flatten().all(|number| *number >= 0.0));
            for copies in 2..=8 {
                assert_eq!(answer(copies, people, &view).unwrap(), expected);
            }
        }
    }

    #[test]
    fn what_one_copy_refuses_is_refused() {
        for far in 0..4 {
            let mut view = vec![0.5; 3 * FRAMES * 4];
            view[3 * FRAMES * far] = f32::INFINITY;
            let error = answer(3, 4, &view).unwrap_err();
            assert!(error.to_string().contains("too far away"), "{error}");
        }
    }
}
