//! `posemoe keypoints BAG...`: what the network is given of everybody, as a table, for training to
//! adapt to.

use posemoe::msg::type_info;
use std::cell::RefCell;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use futures::executor::block_on;

use super::offline::NodeArgs;
use super::{EXIT_DATA_LOSS, EXIT_UNUSABLE, bag_topics};
use posemoe::config::ros_args::RosArgs;
use posemoe::engine;
use posemoe::engine::Loader;
use posemoe::node::{Node, Timing};
use posemoe_bag::{BagBus, BagOptions};
use posemoe_bus::{Bus, Events};
use posemoe_core::lift::PersonKey;
use posemoe_core::lift::{LiftError, Lifted, Lifter, Seen};
use posemoe_core::skeleton::JOINT_COUNT;
use posemoe_stamp::Stamp;

/// Whose keypoints.
#[derive(Clone, Debug, clap::Args)]
pub struct KeypointsArgs {
    /// Bags with keypoints, in any form that replay takes.
    #[arg(required = true)]
    pub bags: Vec<PathBuf>,
    /// The node that is to run.
    #[command(flatten)]
    pub node: NodeArgs,
}

/// Prints the table on standard output; exit code 2 when a bag is unusable, 3 when part of one was
/// lost.
pub fn run(args: &KeypointsArgs, ros: &RosArgs) -> ExitCode {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut clean = true;
    let mut write = || -> Result<(), Box<dyn std::error::Error>> {
        writeln!(out, "{}", head())?;
        for bag in &args.bags {
            let (rows, whole) =
                rows_of(bag, args, ros.clone()).map_err(|e| format!("{}: {e}", bag.display()))?;
            out.write_all(rows.as_bytes())?;
            clean &= whole;
        }
        Ok(out.flush()?)
    };
    match write() {
        Ok(()) if clean => ExitCode::SUCCESS,
        Ok(()) => ExitCode::from(EXIT_DATA_LOSS),
        Err(error) => {
            eprintln!("posemoe keypoints: {error}");
            ExitCode::from(EXIT_UNUSABLE)
        }
    }
}

/// The columns: bag, person, stamp (s), the person-centred view (ray x, y, log of the apparent
/// size), and of each of the network's joints x, y (units of apparent size) and score, 0 where it
/// was not seen.
fn head() -> String {
    let joints = (0..JOINT_COUNT).map(|j| format!(",x_{j},y_{j},score_{j}"));
    "bag,person,stamp_s,ray_x,ray_y,log_size".to_owned() + &joints.collect::<String>()
}

/// The rows of one bag, and whether all of it could be read.
fn rows_of(
    bag: &Path,
    args: &KeypointsArgs,
    mut ros: RosArgs,
) -> Result<(String, bool), Box<dyn std::error::Error>> {
    args.node.apply(&mut ros)?;
    let mut bus = BagBus::open(bag, None, BagOptions::new(type_info))?;
    bag_topics::choose(bus.topics(), &mut ros)?;
    let rows = Rows {
        bag: bag
            .file_name()
            .unwrap_or(bag.as_os_str())
            .to_string_lossy()
            .replace(',', "_"),
        text: Rc::default(),
    };
    let mut node = Node::start(&mut bus, ros, rows.watch(), Timing::Recorded)?;
    while let Some(event) = block_on(bus.next())? {
        node.handle(&mut bus, &event);
    }
    node.flush(&mut bus);
    let whole = bus.damage().is_empty() && bus.losses().is_empty();
    Ok((rows.text.take(), whole))
}

/// Writes down whom a node's network is shown.
#[derive(Clone)]
struct Rows {
    bag: String,
    text: Rc<RefCell<String>>,
}

impl Rows {
    fn watch(&self) -> Loader {
        let rows = self.clone();
        Loader::of_lifters(move |config| {
            let (lifter, engine) = engine::load(config)?;
            let rows = rows.clone();
            Ok((Box::new(Watched { lifter, rows }), engine))
        })
    }

    fn add(&self, stamp: Stamp, seen: &[Seen<'_>]) {
        let mut text = self.text.borrow_mut();
        for Seen { person, view } in seen {
            let stamp_s = stamp.seconds_since(Stamp::default());
            *text += &format!("{},{},{stamp_s:.9}", self.bag, person.0);
            for number in view.view.iter().chain(view.keypoints.iter().flatten()) {
                *text += &format!(",{number}");
            }
            text.push('\n');
        }
    }
}

struct Watched {
    lifter: Box<dyn Lifter>,
    rows: Rows,
}

impl Lifter for Watched {
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
        self.rows.add(stamp, seen);
        self.lifter.lift(stamp, seen, lifted)
    }

    fn forget(&mut self, person: PersonKey) {
        self.lifter.forget(person);
    }
}
