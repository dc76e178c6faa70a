//! One topic that the node publishes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvError, SyncSender, TrySendError, channel, sync_channel};
use std::thread::{Builder, JoinHandle};

use r2r::PublisherUntyped;

use super::spinner::Orders;
use crate::bus::{EndpointError, Topic};

/// A publisher with a thread of its own: a middleware may block while a reliable reader hangs, and
/// neither the node nor another topic is to wait for that.
pub(super) struct Publication {
    pub topic: Topic,
    queue: SyncSender<Vec<u8>>,
    thread: JoinHandle<()>,
    refused: u64,
    failed: Arc<AtomicU64>,
}

impl Publication {
    /// Has the publisher made, without waiting for it: messages of the meantime wait.
    ///
    /// # Errors
    /// [`EndpointError`] when the system grants no thread.
    pub fn start(topic: &Topic, orders: Orders) -> Result<Self, EndpointError> {
        let (made, making) = channel();
        let asked = topic.clone();
        orders.give(move |endpoints| {
            let _ = made.send(endpoints.advertise(&asked)); // who asked waits for it
        });
        let (queue, waiting) = sync_channel(topic.qos.depth);
        let failed = Arc::<AtomicU64>::default();
        let thread = Builder::new()
            .name("rcl publish".to_owned())
            .spawn({
                let (name, failed) = (topic.name.clone(), Arc::clone(&failed));
                move || match making.recv() {
                    Ok(Ok(publisher)) => {
                        publish_all(&name, &publisher, &waiting, &failed);
                        orders.destroy(publisher);
                    }
                    Ok(Err(error)) => {
                        tracing::warn!("{error}");
                        count_all(&waiting, &failed);
                    }
                    Err(RecvError) => count_all(&waiting, &failed), // the node is gone
                }
            })
            .map_err(|error| {
                EndpointError::refused(format!("advertising {}", topic.name), &error)
            })?;
        Ok(Self {
            topic: topic.clone(),
            queue,
            thread,
            refused: 0,
            failed,
        })
    }

    /// Hands a message to the thread, or counts that it could not. Never blocks.
    pub fn publish(&mut self, payload: &[u8]) {
        match self.queue.try_send(payload.to_vec()) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => self.refused += 1,
            // Only a panic ends that thread.
            Err(TrySendError::Disconnected(_)) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// What did not leave, by cause.
    pub fn losses(&self) -> [(&'static str, u64); 2] {
        [
            ("reader not keeping up", self.refused),
            (
                "refused by the middleware",
                self.failed.load(Ordering::Relaxed),
            ),
        ]
    }

    /// Lets the thread send what waits, then take the publisher off the graph and end.
    pub fn close(self) -> JoinHandle<()> {
        self.thread
    }
}

fn publish_all(
    topic: &str,
    publisher: &PublisherUntyped,
    waiting: &Receiver<Vec<u8>>,
    failed: &AtomicU64,
) {
    for message in waiting {
        if let Err(error) = publisher.publish_raw(&message)
            && failed.fetch_add(1, Ordering::Relaxed) == 0
        {
            tracing::warn!("{topic}: the middleware refused a message: {error}");
        }
    }
}

fn count_all(waiting: &Receiver<Vec<u8>>, failed: &AtomicU64) {
    for _ in waiting {
        failed.fetch_add(1, Ordering::Relaxed);
    }
}
