//! One figure: a form of the network, so many frames of the past, so many people.

use std::cell::Cell as Shared;
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::Failure;
use super::crowd::{Crowd, DEPTH_INFO_TOPIC, DEPTH_TOPIC, Desk};
use posemoe::config::ros_args::RosArgs;
use posemoe::config::{Config, Value};
use posemoe::engine;
use posemoe::engine::Loader;
use posemoe::library;
use posemoe::msg::Message;
use posemoe::msg::posemoe::People2D;
use posemoe::node::{Node, Timing};
use posemoe_bus::Event;
use posemoe_core::health::Cause;
use posemoe_core::lift::PersonKey;
use posemoe_core::lift::{LiftError, Lifted, Lifter, Seen};
use posemoe_stamp::Stamp;

/// Measured frames: not fewer, for a median; not more, for 99 % of them are enough.
const FEWEST: usize = 5;
const MOST: usize = 400;
/// Between those two, as many as fit into this.
const LONG_ENOUGH: Duration = Duration::from_secs(4);

/// Between frames at a rate, fewer: each takes its time.
const MOST_AT_A_RATE: usize = 300;

/// A form of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
pub enum Mode {
    /// Each frame once, with what was kept of the earlier ones.
    Streaming,
    /// The same with the smaller network.
    StreamingXs,
    /// The weights of the first, the whole window anew for each frame.
    Window,
    /// An entangled network of the same size, the whole window anew.
    WindowEntangled,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Streaming,
        Self::StreamingXs,
        Self::Window,
        Self::WindowEntangled,
    ];

    /// Whether each frame is seen once.
    const fn streams(self) -> bool {
        matches!(self, Self::Streaming | Self::StreamingXs)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        f.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Form of the network.
    pub mode: Mode,
    /// Frames of the past.
    pub memory_frames: usize,
    /// People in each frame.
    pub people: usize,
    /// Frames come at this rate, and the process sleeps between them, as on a robot; without, as
    /// fast as they are answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_hz: Option<u32>,
    /// With a depth image beside each frame of keypoints.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub depth: bool,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.mode, self.memory_frames, self.people)?;
        if self.depth {
            f.write_str(" with depth")?;
        }
        match self.rate_hz {
            Some(rate_hz) => write!(f, " at {rate_hz} Hz"),
            None => Ok(()),
        }
    }
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What was measured.
    #[serde(flatten)]
    pub cell: Cell,
    /// Time for a frame, from serialized keypoints to serialized people (µs).
    pub us_per_frame_median: f64,
    /// The same, exceeded by one frame in a hundred (the slowest where fewer were measured).
    pub us_per_frame_p99: f64,
    /// What all cores together spent on a frame, mean (µs).
    pub cpu_us_per_frame: f64,
    /// Memory of the whole process at its most (MiB).
    pub rss_mib: f64,
    /// Frames measured.
    pub frames: usize,
}

/// A lifter that, until it is told to work, remembers every frame but lifts only the first, whose
/// answer serves the others: to fill long windows at once.
struct Filled {
    lifter: Box<dyn Lifter>,
    working: Rc<Shared<bool>>,
    first: Vec<Option<Lifted>>,
}

impl Lifter for Filled {
    fn remember(&mut self, stamp: Stamp, seen: &[Seen<'_>]) {
        self.lifter.remember(stamp, seen);
    }

    fn lift(
        &mut self,
        stamp: Stamp,
        seen: &[Seen<'_>],
        lifted: &mut Vec<Option<Lifted>>,
    ) -> Result<(), LiftError> {
        if self.working.get() {
            return self.lifter.lift(stamp, seen, lifted);
        }
        if self.first.is_empty() {
            self.lifter.lift(stamp, seen, &mut self.first)?;
        }
        lifted.clone_from(&self.first);
        Ok(())
    }

    fn forget(&mut self, person: PersonKey) {
        self.lifter.forget(person);
    }
}

/// Fills everyone's past, then measures.
pub fn measure(cell: Cell, mut ros: RosArgs) -> Result<Row, Failure> {
    configure(&mut ros.config, cell)?;
    let working = Rc::new(Shared::new(cell.mode.streams()));
    let shared = Rc::clone(&working);
    let load = Loader {
        lifter: Box::new(move |config| {
            let (lifter, engine) = engine::load(config)?;
            let filled = Filled {
                lifter,
                working: Rc::clone(&shared),
                first: Vec::new(),
            };
            Ok((Box::new(filled), engine))
        }),
        ..Loader::of_files()
    };
    let mut desk = Desk::default();
    let mut node = Node::start(&mut desk, ros, load, Timing::Live)?;
    for info in desk.camera_infos() {
        node.handle(&mut desk, &info);
    }
    let mut crowd = Crowd::new(cell.people, cell.rate_hz);
    for _ in 0..=cell.memory_frames {
        for event in next_frame(&mut crowd, &desk, cell) {
            node.handle(&mut desk, &event);
        }
    }
    working.set(true);
    let pace = Pace::of(cell);
    let mut times = Vec::new();
    let mut cpu = Duration::ZERO;
    while pace.wants_more(times.len()) {
        let events = next_frame(&mut crowd, &desk, cell);
        pace.sleep_until_due(times.len());
        let (started, cpu_before) = (Instant::now(), cpu_time()?);
        for event in &events {
            node.handle(&mut desk, event);
        }
        times.push(started.elapsed().as_secs_f64() * 1e6);
        cpu += cpu_time()?.saturating_sub(cpu_before);
    }
    check(&node, cell)?;
    times.sort_by(f64::total_cmp);
    Ok(Row {
        cell,
        us_per_frame_median: times[times.len() / 2],
        us_per_frame_p99: times[(times.len() * 99).div_ceil(100) - 1],
        cpu_us_per_frame: cpu.as_secs_f64() * 1e6 / times.len() as f64,
        rss_mib: peak_memory_mib()?,
        frames: times.len(),
    })
}

/// What comes of the next frame, in this order.
fn next_frame(crowd: &mut Crowd, desk: &Desk, cell: Cell) -> Vec<Event> {
    let image = cell.depth.then(|| desk.depth(crowd.depth_image()));
    let keypoints = desk.keypoints(crowd.next_frame());
    image.into_iter().chain([keypoints]).collect()
}

/// When frames come, and how many.
struct Pace {
    began: Instant,
    period: Option<Duration>,
}

impl Pace {
    fn of(cell: Cell) -> Self {
        Self {
            began: Instant::now(),
            period: cell
                .rate_hz
                .map(|rate_hz| Duration::from_secs(1) / rate_hz.max(1)),
        }
    }

    fn wants_more(&self, frames: usize) -> bool {
        match self.period {
            Some(_) => frames < MOST_AT_A_RATE,
            None => frames < FEWEST || (frames < MOST && self.began.elapsed() < LONG_ENOUGH),
        }
    }

    /// A frame that is late already is not waited for.
    fn sleep_until_due(&self, frame: usize) {
        let due = self.period.unwrap_or_default() * frame as u32;
        std::thread::sleep(due.saturating_sub(self.began.elapsed()));
    }
}

/// Everything that is published by default stays on.
fn configure(config: &mut Config, cell: Cell) -> Result<(), Failure> {
    let text = |text: &str| Value::Text(text.to_owned());
    let (mode, frames) = if cell.mode.streams() {
        ("stream", "memory_frames")
    } else {
        ("window", "window_frames")
    };
    config.set("keypoints_type", &text(People2D::TYPE_NAME))?;
    if cell.depth {
        config.set("depth_topic", &text(DEPTH_TOPIC))?;
        config.set("depth_camera_info_topic", &text(DEPTH_INFO_TOPIC))?;
    }
    config.set("max_people", &Value::Int(i64::try_from(cell.people)?))?;
    config.set("mode", &text(mode))?;
    config.set(frames, &Value::Int(i64::try_from(cell.memory_frames)?))?;
    let model = match cell.mode {
        Mode::Streaming => return Ok(()), // as asked for
        Mode::StreamingXs => library::small()?,
        Mode::Window => PathBuf::new(),
        Mode::WindowEntangled => library::yardstick()?,
    };
    config.set("model", &text(&model.to_string_lossy()))?;
    Ok(())
}

/// A figure counts only if everyone was lifted in every frame, with the depths that there were.
fn check(node: &Node, cell: Cell) -> Result<(), Failure> {
    let unused = [
        Cause::NoDepthImage,
        Cause::BadDepthImage,
        Cause::DepthDisagrees,
    ];
    if cell.depth && unused.iter().any(|cause| node.drops().count(*cause) > 0) {
        return Err(format!("{cell}: depths were not used; {:?}", node.drops()).into());
    }
    let totals = node.totals();
    let expected = totals.frames_in * cell.people as u64;
    if totals.people_tracked == expected {
        return Ok(());
    }
    let (found, lost) = (totals.people_tracked, node.drops());
    Err(format!("{cell}: {found} people were lifted, expected {expected}; {lost:?}").into())
}

/// What all threads of this process have spent on a processor.
fn cpu_time() -> Result<Duration, Failure> {
    let mut nanos = 0;
    for thread in std::fs::read_dir("/proc/self/task")? {
        let spent = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        let spent = spent.split(' ').next().unwrap_or_default();
        nanos += spent.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanos))
}

fn peak_memory_mib() -> Result<f64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .ok_or("no VmHWM in /proc/self/status")?;
    Ok(kib.trim().parse::<f64>()? / 1024.0)
}
