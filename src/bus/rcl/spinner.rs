//! The thread that owns the ROS node: it receives, and does what else must be done with the node.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use r2r::PublisherUntyped;

use super::endpoints::Endpoints;
use crate::bus::inbox::Inbox;
use crate::bus::{BusError, EndpointError};

/// How long an order waits at most for the thread to take note.
const SPIN: Duration = Duration::from_millis(20);

/// One order is often followed by others: for so long the thread waits for those,
const IN_A_ROW: Duration = Duration::from_millis(50);

/// and looks so often whether something has been received.
const GLANCE: Duration = Duration::from_micros(500);

/// How often the graph is searched for peers that use our topics with other types.
const LOOK_AROUND: Duration = Duration::from_secs(1);

type Order = Box<dyn FnOnce(&mut Endpoints) + Send>;

/// Tells the thread what to do.
#[derive(Clone)]
pub(super) struct Orders(Sender<Order>);

impl Orders {
    /// Has the thread do something with the node, without waiting for it.
    pub fn give(&self, work: impl FnOnce(&mut Endpoints) + Send + 'static) {
        // Should the thread be gone, so is the node with all that it had.
        let _ = self.0.send(Box::new(work));
    }

    /// Has the thread take a publisher off the graph.
    pub fn destroy(&self, publisher: PublisherUntyped) {
        self.give(move |endpoints| endpoints.destroy(publisher));
    }
}

/// Our end of the thread.
pub(super) struct Spinner {
    orders: Orders,
    thread: Option<JoinHandle<()>>,
}

impl Spinner {
    /// Starts the thread and has it join the graph.
    ///
    /// # Errors
    /// [`BusError`] when ROS refuses, or the system grants no thread.
    pub fn start(node_name: &str, namespace: &str, inbox: Arc<Inbox>) -> Result<Self, BusError> {
        let (orders, taken) = mpsc::channel();
        let (answer, answered) = mpsc::channel();
        let (name, namespace) = (node_name.to_owned(), namespace.to_owned());
        // r2r panics where rcl refuses: that is told as an error, without a trace.
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let thread = Builder::new().name("rcl spin".to_owned()).spawn(move || {
            match Endpoints::create(&name, &namespace, inbox) {
                Ok(endpoints) => {
                    let _ = answer.send(Ok(())); // who asked waits for it
                    spin(endpoints, &taken);
                }
                Err(error) => {
                    let _ = answer.send(Err(error));
                }
            }
        });
        let joined = answered.recv(); // at once where there is no thread
        std::panic::set_hook(hook);
        let thread =
            thread.map_err(|error| BusError::refused("starting the ROS thread", &error))?;
        let mut spinner = Self {
            orders: Orders(orders),
            thread: Some(thread),
        };
        match joined {
            Ok(joined) => joined.map(|()| spinner),
            Err(mpsc::RecvError) => Err(spinner.ended()),
        }
    }

    /// Has the thread do something with the node.
    ///
    /// # Errors
    /// [`EndpointError`]: what `work` says, or that the thread has ended.
    pub fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Endpoints) -> Result<T, EndpointError> + Send + 'static,
    ) -> Result<T, EndpointError> {
        let (answer, answered) = mpsc::channel();
        let order = move |endpoints: &mut Endpoints| {
            let _ = answer.send(work(endpoints)); // who asked waits for it
        };
        self.orders.give(order);
        answered.recv().unwrap_or_else(|mpsc::RecvError| {
            Err(EndpointError::refused(
                "using ROS 2",
                &"its thread has ended",
            ))
        })
    }

    /// For those who have something done without waiting for it.
    pub fn orders(&self) -> Orders {
        self.orders.clone()
    }

    /// Whether the thread still receives.
    ///
    /// # Errors
    /// [`BusError`]: why it does not.
    pub fn check(&mut self) -> Result<(), BusError> {
        match &self.thread {
            Some(thread) if !thread.is_finished() => Ok(()),
            _ => Err(self.ended()),
        }
    }

    /// Lets the thread take the node off the graph and end.
    pub fn close(self) -> Option<JoinHandle<()>> {
        self.thread
    }

    /// Why the thread has ended, which it only does by a panic: r2r has no other way to say that
    /// `rcl` cannot be initialized.
    fn ended(&mut self) -> BusError {
        let panic = self.thread.take().and_then(|thread| thread.join().err());
        let said = panic.as_ref().and_then(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            text.or_else(|| panic.downcast_ref::<&str>().copied())
        });
        BusError::refused("using ROS 2", &said.unwrap_or("its thread has ended"))
    }
}

fn spin(mut endpoints: Endpoints, orders: &Receiver<Order>) {
    let mut looked = Instant::now();
    let mut received = Instant::now();
    let mut ordered: Option<Instant> = None;
    loop {
        let more_come = ordered.is_some_and(|last| last.elapsed() < IN_A_ROW);
        // Where nothing can arrive, spinning would return at once: wait for an order instead.
        let (order, spin) = if !endpoints.can_receive() {
            let order = orders.recv().map_err(|_| RecvTimeoutError::Disconnected);
            (order, Duration::ZERO)
        } else if more_come {
            (orders.recv_timeout(GLANCE), Duration::ZERO)
        } else {
            (orders.recv_timeout(Duration::ZERO), SPIN)
        };
        match order {
            Ok(order) => {
                order(&mut endpoints);
                ordered = Some(Instant::now());
                // The orders of a crowd take longer than the middleware's queues last.
                if received.elapsed() >= SPIN && endpoints.can_receive() {
                    endpoints.receive(Duration::ZERO);
                    received = Instant::now();
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                endpoints.receive(spin);
                received = Instant::now();
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if looked.elapsed() >= LOOK_AROUND {
            looked = Instant::now();
            endpoints.look_around();
        }
    }
}
