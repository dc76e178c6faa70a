//! The node's log on `/rosout`, as of any ROS node.

use std::fmt::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::bus::{Bus, EndpointError, PublisherId, Qos, wall_clock};
use crate::config::ros_args::RosArgs;
use crate::msg::rcl_interfaces::Log;
use crate::msg::{Message, encode};
use crate::output::time;
use posemoe_core::health::shortened;

/// As rclcpp offers it.
const QOS: Qos = Qos::latched(1000);
/// Lines that wait to be published at most; what comes on top stands on standard error only.
const WAITING: usize = 1000;

/// The longest line (bytes): those that quote a peer could have any length.
const LONGEST_LINE: usize = 2000;

static LINES: OnceLock<(SyncSender<Log>, Mutex<Receiver<Log>>)> = OnceLock::new();

fn lines() -> &'static (SyncSender<Log>, Mutex<Receiver<Log>>) {
    LINES.get_or_init(|| {
        let (sender, receiver) = sync_channel(WAITING);
        (sender, Mutex::new(receiver))
    })
}

/// Collects what is logged.
pub(super) struct Collect;

impl<S: Subscriber> Layer<S> for Collect {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let mut text = Text::default();
        event.record(&mut text);
        let line = Log {
            stamp: time(wall_clock()),
            level: match *metadata.level() {
                Level::ERROR => Log::ERROR,
                Level::WARN => Log::WARN,
                Level::INFO => Log::INFO,
                _ => Log::DEBUG,
            },
            msg: shortened(text.message + &text.fields, LONGEST_LINE),
            file: metadata.file().unwrap_or_default().to_owned(),
            function: metadata.target().to_owned(),
            line: metadata.line().unwrap_or_default(),
            ..Default::default()
        };
        lines().0.try_send(line).ok();
    }
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a String cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

/// Publishes what was collected; nothing where the user wants no `/rosout`.
pub(super) struct Rosout {
    publisher: Option<PublisherId>,
    logger: String,
}

impl Rosout {
    /// Advertises the topic.
    ///
    /// # Errors
    /// [`EndpointError`] when the bus refuses.
    pub fn advertise(bus: &mut dyn Bus, ros: &RosArgs) -> Result<Self, EndpointError> {
        let topic = ros.publication("/rosout", Log::TYPE_NAME, QOS);
        let publisher = ros.rosout.then(|| bus.advertise(&topic)).transpose()?;
        let logger = ros.qualified_node().replace('/', ".");
        Ok(Self {
            publisher,
            logger: logger.trim_start_matches('.').to_owned(),
        })
    }

    /// Publishes what has been logged since the last call.
    pub fn publish(&mut self, bus: &mut dyn Bus) {
        let Some(publisher) = self.publisher else {
            return;
        };
        let receiver = lines().1.lock().unwrap_or_else(PoisonError::into_inner);
        for mut line in receiver.try_iter() {
            line.name.clone_from(&self.logger);
            bus.publish(publisher, bus.now(), &encode(&line));
        }
    }
}
