//! Answers leave on a thread of their own: the middleware waits up to 100 ms for a client that has
//! just come, and may not find it even then. For so long r2r keeps the service locked, and with it
//! all that is received.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle, sleep};
use std::time::Duration;

use crate::bus::{BusError, RequestId};

/// After an answer that has waited in vain: time to receive, before the next one waits.
const RECESS: Duration = Duration::from_millis(20);

/// The side of a service that answers.
pub(super) trait Answer: Send + Sync {
    /// # Errors
    /// Why the answer could not be sent.
    fn answer(&self, request: &RequestId, payload: &[u8]) -> Result<(), String>;
}

/// A service as its answers need it.
#[derive(Clone)]
pub(super) struct Answering {
    pub name: String,
    service: Arc<dyn Answer>,
    unsent: Arc<AtomicU64>,
}

impl Answering {
    pub fn new(name: String, service: Arc<dyn Answer>) -> Self {
        Self {
            name,
            service,
            unsent: Arc::default(),
        }
    }

    /// Answers that could not be sent.
    pub fn unsent(&self) -> u64 {
        self.unsent.load(Ordering::Relaxed)
    }
}

/// The thread.
pub(super) struct Answers {
    queue: Sender<(Answering, RequestId, Vec<u8>)>,
    thread: JoinHandle<()>,
}

impl Answers {
    /// # Errors
    /// [`BusError`] when the system grants no thread.
    pub fn start() -> Result<Self, BusError> {
        let (queue, waiting) = channel::<(Answering, RequestId, Vec<u8>)>();
        let send = move || {
            for (to, request, payload) in waiting {
                if let Err(reason) = to.service.answer(&request, &payload) {
                    tracing::warn!("{}: an answer could not be sent: {reason}", to.name);
                    to.unsent.fetch_add(1, Ordering::Relaxed);
                    sleep(RECESS);
                }
            }
        };
        let thread = Builder::new().name("rcl answer".to_owned()).spawn(send);
        let thread = thread.map_err(|error| BusError::refused("starting a thread", &error))?;
        Ok(Self { queue, thread })
    }

    /// Has it sent. Never blocks.
    pub fn give(&self, to: &Answering, request: &RequestId, payload: &[u8]) {
        let answer = (to.clone(), *request, payload.to_vec());
        if self.queue.send(answer).is_err() {
            to.unsent.fetch_add(1, Ordering::Relaxed); // only a panic ends that thread
        }
    }

    /// Lets the thread send what waits, then end.
    pub fn close(self) -> JoinHandle<()> {
        self.thread
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Sends the answers to even requests only.
    #[derive(Default)]
    struct Even(Mutex<Vec<i64>>);

    impl Answer for Even {
        fn answer(&self, request: &RequestId, _: &[u8]) -> Result<(), String> {
            if request.number % 2 == 1 {
                return Err("RCL_RET_TIMEOUT".to_owned());
            }
            self.0.lock().unwrap().push(request.number);
            Ok(())
        }
    }

    #[test]
    fn an_answer_that_cannot_be_sent_is_counted_and_others_are_sent() {
        let even = Arc::<Even>::default();
        let service = Answering::new("/posemoe/get_state".to_owned(), Arc::clone(&even) as _);
        let answers = Answers::start().unwrap();
        for number in 0..5 {
            let client = [0; 16];
            answers.give(
                &service,
                &RequestId {
                    client,
                    number,
                    sender: [0; 16],
                },
                &[],
            );
        }
        answers.close().join().unwrap();
        assert_eq!(*even.0.lock().unwrap(), [0, 2, 4]);
        assert_eq!(service.unsent(), 2);
    }
}
