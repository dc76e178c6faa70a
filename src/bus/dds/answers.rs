//! Answers that wait for their client's reader.
//!
//! Who has just come may ask before discovery has told of the reader that the answer is for, and
//! an answer to a reader that is not known goes nowhere. So it waits for that reader, for up to a
//! tenth of a second, as in the ROS middlewares; frames go on meanwhile.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::bus::{RequestId, ServiceId};

/// As long as `rmw_fastrtps` and `rmw_cyclonedds` wait.
const PATIENCE: Duration = Duration::from_millis(100);
/// How often to look whether readers have come, while answers wait.
pub(super) const LOOK: Duration = Duration::from_millis(2);
/// So many wait; beyond them the oldest goes.
const MOST: usize = 256;

/// An answer, ready to be sent.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub service: ServiceId,
    pub request: RequestId,
    pub payload: Vec<u8>,
}

/// Answers in the order in which they were given.
#[derive(Default)]
pub(super) struct Answers(VecDeque<(Instant, Answer)>);

impl Answers {
    pub fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    pub fn push(&mut self, answer: Answer, now: Instant) {
        self.0.push_back((now + PATIENCE, answer));
    }

    /// Takes those whose reader `is_known`, and, as not known, those that have waited long enough.
    pub fn due(&mut self, now: Instant, is_known: impl Fn(&Answer) -> bool) -> Vec<(Answer, bool)> {
        let (mut due, mut wait) = (Vec::new(), VecDeque::new());
        let mut too_many = self.0.len().saturating_sub(MOST);
        for (until, answer) in self.0.drain(..) {
            let known = is_known(&answer);
            if known || until <= now || too_many > 0 {
                due.push((answer, known));
            } else {
                wait.push_back((until, answer));
            }
            too_many = too_many.saturating_sub(1);
        }
        self.0 = wait;
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(number: i64) -> Answer {
        Answer {
            service: ServiceId(0),
            request: RequestId {
                number,
                ..RequestId::default()
            },
            payload: Vec::new(),
        }
    }

    fn numbers(due: Vec<(Answer, bool)>) -> Vec<(i64, bool)> {
        due.into_iter()
            .map(|(answer, known)| (answer.request.number, known))
            .collect()
    }

    #[test]
    fn each_goes_when_its_reader_is_known_or_has_been_waited_for() {
        let (mut answers, start) = (Answers::default(), Instant::now());
        for number in [1, 2, 3] {
            answers.push(answer(number), start);
        }
        let of = |number: i64| move |answer: &Answer| answer.request.number == number;
        assert_eq!(numbers(answers.due(start, of(2))), [(2, true)]);
        assert_eq!(numbers(answers.due(start + PATIENCE / 2, of(2))), []);
        let late = answers.due(start + PATIENCE, of(3));
        assert_eq!(numbers(late), [(1, false), (3, true)]);
        assert!(answers.are_none());
    }

    #[test]
    fn beyond_so_many_the_oldest_go() {
        let (mut answers, start) = (Answers::default(), Instant::now());
        for number in 0..MOST as i64 + 2 {
            answers.push(answer(number), start);
        }
        let due = answers.due(start, |_| false);
        assert_eq!(numbers(due), [(0, false), (1, false)]);
    }
}
