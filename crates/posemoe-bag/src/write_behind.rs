//! Compresses and writes a bag in a thread of its own, a bounded way behind the node.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::batches::Batches;
use super::output::Output;
use super::read_ahead::Described;
use super::replay::Recorded;
use posemoe_bus::TypeInfo;
use posemoe_bus::{BusError, Topic};
use posemoe_stamp::Stamp;

/// What is to be written, in this order.
enum Job {
    Advertise(Topic, TypeInfo),
    Publish(usize, Stamp, Stamp, Vec<u8>),
    Keep(Arc<Described>, Recorded),
    Finish,
}

/// A bag that is being written.
pub struct Writer {
    thread: Option<Thread>,
    busy: Duration,
}

struct Thread {
    jobs: Batches<Job>,
    handle: JoinHandle<Result<Duration, BusError>>,
}

impl Writer {
    /// Takes over a bag that has been started.
    ///
    /// # Errors
    /// [`BusError`] when the operating system has no thread to spare.
    pub fn start(mut output: Output) -> Result<Self, BusError> {
        let (jobs, batches) = Batches::new();
        let write = move || {
            let mut busy = Duration::ZERO;
            for batch in batches {
                let began = Instant::now();
                for job in batch {
                    match job {
                        Job::Advertise(topic, info) => output.advertise(&topic, info)?,
                        Job::Publish(publisher, now, stamp, payload) => {
                            output.publish(publisher, now, stamp, &payload)?;
                        }
                        Job::Keep(channel, message) => output.keep(&channel, &message)?,
                        Job::Finish => {
                            output.close()?;
                            return Ok(busy + began.elapsed());
                        }
                    }
                }
                busy += began.elapsed();
            }
            Ok(busy) // dropped before it was whole
        };
        let handle = Builder::new().name("bag writer".to_owned()).spawn(write);
        let handle = handle.map_err(|error| refused(error.to_string()))?;
        Ok(Self {
            thread: Some(Thread { jobs, handle }),
            busy: Duration::ZERO,
        })
    }

    /// Adds a channel; the publisher's number is how many were added before it.
    ///
    /// # Errors
    /// [`BusError`]: as all these, when what came before could not be written.
    pub fn advertise(&mut self, topic: &Topic, info: TypeInfo) -> Result<(), BusError> {
        self.push(Job::Advertise(topic.clone(), info), 0)
    }

    /// Appends a message of ours.
    pub fn publish(
        &mut self,
        publisher: usize,
        now: Stamp,
        stamp: Stamp,
        payload: &[u8],
    ) -> Result<(), BusError> {
        let job = Job::Publish(publisher, now, stamp, payload.to_owned());
        self.push(job, payload.len())
    }

    /// Appends a message of the input as it was.
    pub fn keep(&mut self, channel: Arc<Described>, message: Recorded) -> Result<(), BusError> {
        let len = message.data.len();
        self.push(Job::Keep(channel, message), len)
    }

    /// Writes what is still on its way, the index and the end. Does nothing the second time.
    ///
    /// # Errors
    /// [`BusError`] when something could not be written.
    pub fn close(&mut self) -> Result<(), BusError> {
        let Some(Thread { mut jobs, handle }) = self.thread.take() else {
            return Ok(());
        };
        // If nobody receives any more, the thread has ended and says why.
        let _ = jobs.push(Job::Finish, 0).and_then(|()| jobs.flush());
        drop(jobs);
        self.busy += handle.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        Ok(())
    }

    /// How long compressing and writing took, once it has ended.
    pub fn busy(&self) -> Duration {
        self.busy
    }

    fn push(&mut self, job: Job, len: usize) -> Result<(), BusError> {
        let Some(thread) = &mut self.thread else {
            return Err(refused("writing ended or failed before".to_owned()));
        };
        match thread.jobs.push(job, len) {
            Ok(()) => Ok(()),
            Err(_) => self.close(),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let Some(Thread { jobs, handle }) = self.thread.take() else {
            return;
        };
        drop(jobs);
        // What is not whole is taken away, which must not outlive the program.
        let _ = handle.join();
    }
}

fn refused(reason: String) -> BusError {
    BusError::Middleware {
        action: "writing the bag".to_owned(),
        reason,
    }
}
