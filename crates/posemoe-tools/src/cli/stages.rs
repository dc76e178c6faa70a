//! Where the time goes when the node runs over a bag: each stage measured around the calls, with
//! nothing inside the node knowing of it.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use posemoe::engine::Loader;
use posemoe_bag::Busy;
use posemoe_core::lift::PersonKey;
use posemoe_core::lift::{LiftError, Lifted, Lifter, Seen, Shown};
use posemoe_stamp::Stamp;

/// How long each stage took in all. Reading and writing have threads of their own, so that the sum
/// may exceed what a clock on the wall shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stages {
    /// Messages up to the lifter: decoding, rays, views.
    pub decode: Duration,
    /// The network and its memory.
    pub lift: Duration,
    /// After it: placing, motion, encoding, handing over to the thread that writes.
    pub encode: Duration,
    /// Reading, decompressing and sorting the input.
    pub read: Duration,
    /// Compressing and writing the output.
    pub write: Duration,
}

impl Stages {
    /// With what the threads beside the node did.
    pub fn with(self, Busy { read, write }: Busy) -> Self {
        Self {
            read,
            write,
            ..self
        }
    }

    /// Adds what the node did with one event.
    pub fn add(&mut self, all: Duration, lap: Lap, began: Instant) {
        let before = match lap.first {
            Some(first) => first.saturating_duration_since(began),
            None => all,
        };
        self.decode += before;
        self.lift += lap.lift;
        self.encode += all.saturating_sub(before + lap.lift);
    }

    fn each(&self) -> [(&'static str, Duration); 5] {
        [
            ("read", self.read),
            ("decode", self.decode),
            ("lift", self.lift),
            ("encode", self.encode),
            ("write", self.write),
        ]
    }

    /// A table of the stages, for so many frames.
    pub fn table(&self, frames: u64) -> String {
        let mut text = "stage                 s   share  ms for each frame\n".to_owned();
        let all_s: f64 = self.each().iter().map(|(_, time)| time.as_secs_f64()).sum();
        for (name, time) in self.each() {
            let time_s = time.as_secs_f64();
            let share = 100.0 * ratio(time_s, all_s);
            let each_ms = 1e3 * ratio(time_s, frames as f64);
            text += &format!("  {name:12} {time_s:8.2} {share:5.0} % {each_ms:8.3}\n");
        }
        text
    }

    /// The stages' seconds by name.
    pub fn to_json(self) -> Value {
        let each = self.each().into_iter();
        each.map(|(name, time)| (name.to_owned(), json!(time.as_secs_f64())))
            .collect()
    }
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// When the lifter was first asked while an event was handled, and how long it took in all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lap {
    first: Option<Instant>,
    lift: Duration,
}

/// Measures the lifter of a node.
#[derive(Clone, Default)]
pub struct Stopwatch(Rc<Cell<Lap>>);

impl Stopwatch {
    /// What was measured since the last call.
    pub fn take(&self) -> Lap {
        self.0.take()
    }

    fn time<T>(&self, lift: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let done = lift();
        let Lap { first, lift } = self.take();
        self.0.set(Lap {
            first: first.or(Some(began)),
            lift: lift + began.elapsed(),
        });
        done
    }

    /// Measures what is loaded.
    pub fn measure(&self, load: Loader) -> Loader {
        let stopwatch = self.clone();
        let mut load_lifter = load.lifter;
        Loader {
            lifter: Box::new(move |config| {
                let (lifter, engine) = load_lifter(config)?;
                let stopwatch = stopwatch.clone();
                Ok((Box::new(Measured { lifter, stopwatch }), engine))
            }),
            ..load
        }
    }
}

struct Measured {
    lifter: Box<dyn Lifter>,
    stopwatch: Stopwatch,
}

impl Lifter for Measured {
    fn lookahead_s(&self) -> f64 {
        self.lifter.lookahead_s()
    }

    fn remember(&mut self, stamp: Stamp, seen: &[Seen<'_>]) {
        self.lifter.remember(stamp, seen);
    }

    fn lift(
        &mut self,
        stamp: Stamp,
        seen: &[Seen<'_>],
        lifted: &mut Vec<Option<Lifted>>,
    ) -> Result<(), LiftError> {
        self.stopwatch
            .time(|| self.lifter.lift(stamp, seen, lifted))
    }

    fn together(&self) -> usize {
        self.lifter.together()
    }

    fn lift_together(
        &mut self,
        frames: &[Shown<'_>],
        lifted: &mut Vec<Option<Lifted>>,
    ) -> Result<(), LiftError> {
        self.stopwatch
            .time(|| self.lifter.lift_together(frames, lifted))
    }

    fn forget(&mut self, person: PersonKey) {
        self.lifter.forget(person);
    }
}

/// Some durations, to be told by their ranks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ranks(Vec<f64>);

impl Ranks {
    /// Of durations in seconds, in any order.
    pub fn new(mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        Self(seconds)
    }

    /// The duration that so large a share of them does not exceed (ms); 0 where there is none.
    fn at_ms(&self, share: f64) -> f64 {
        let index = ((self.0.len() as f64 * share) as usize).min(self.0.len().saturating_sub(1));
        self.0.get(index).map_or(0.0, |seconds| 1e3 * seconds)
    }

    fn each_ms(&self) -> [(&'static str, f64); 4] {
        [
            ("median", 0.5),
            ("p99", 0.99),
            ("p99.9", 0.999),
            ("max", 1.0),
        ]
        .map(|(name, share)| (name, self.at_ms(share)))
    }

    /// By name (ms).
    pub fn to_json(&self) -> Value {
        let each = self.each_ms().into_iter();
        each.map(|(name, ms)| (name.to_owned(), json!(ms)))
            .collect()
    }
}

impl fmt::Display for Ranks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = self
            .each_ms()
            .map(|(name, ms)| format!("{name} {ms:.2} ms"));
        f.write_str(&each.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_frame_is_parted_where_the_lifter_begins_and_ends() {
        let (mut stages, began) = (Stages::default(), Instant::now());
        let lap = Lap {
            first: Some(began + 2 * MS),
            lift: 5 * MS,
        };
        stages.add(10 * MS, lap, began);
        stages.add(MS, Lap::default(), began);
        let found = (stages.decode, stages.lift, stages.encode);
        assert_eq!(found, (3 * MS, 5 * MS, 3 * MS));
        let busy = Busy {
            read: 4 * MS,
            write: 5 * MS,
        };
        let table = stages.with(busy).table(10);
        let row = table.lines().find(|line| line.contains("lift")).unwrap();
        let fields: Vec<_> = row.split_whitespace().collect();
        assert_eq!(fields, ["lift", "0.01", "25", "%", "0.500"]);
    }

    #[test]
    fn ranks_are_those_of_sorted_durations() {
        let ranks = Ranks::new((1..=1000).rev().map(|ms| f64::from(ms) * 1e-3).collect());
        let expected = "median 501.00 ms, p99 991.00 ms, p99.9 1000.00 ms, max 1000.00 ms";
        assert_eq!(ranks.to_string(), expected);
        assert_eq!(Ranks::default().to_json()["max"], 0.0);
    }
}
