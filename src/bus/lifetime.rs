//! When a live bus ticks and when it ends.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch::{Receiver, Sender, channel};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::inbox::Inbox;
use super::{BusError, Event, wall_clock};

/// The bus's clock and everything that can end it.
pub(super) struct Lifetime {
    seconds: Interval,
    interrupt: Signal,
    terminate: Signal,
    ended: Receiver<bool>,
    end: Sender<bool>,
}

/// What [`Lifetime::pulse`] waits for.
#[derive(Debug, PartialEq)]
enum Pulse {
    /// Another second has passed.
    Second,
    /// SIGINT, SIGTERM or a [`ShutdownHandle`].
    End,
}

/// Ends a live bus from elsewhere in the process, as SIGINT does from outside.
#[derive(Clone, Debug)]
pub struct ShutdownHandle(Sender<bool>);

impl ShutdownHandle {
    /// Makes [`Events::next`](crate::bus::Events::next) return `None`, now and from then on.
    pub fn shut_down(&self) {
        self.0.send_replace(true);
    }
}

impl Lifetime {
    /// Takes over SIGINT and SIGTERM of this process.
    ///
    /// # Errors
    /// When the system grants no signal handler.
    pub fn start() -> Result<Self, BusError> {
        let listen =
            |kind| signal(kind).map_err(|e| BusError::refused("listening for signals", &e));
        let second = Duration::from_secs(1);
        let mut seconds = interval_at(Instant::now() + second, second);
        seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let (end, ended) = channel(false);
        Ok(Self {
            seconds,
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            ended,
            end,
        })
    }

    pub fn shutdown_handle(&self) -> ShutdownHandle {
        ShutdownHandle(self.end.clone())
    }

    /// What a live bus hears next: an event of its inbox, a tick each second, `None` at the end.
    pub async fn next(&mut self, inbox: &Inbox) -> Option<Event> {
        tokio::task::yield_now().await; // or neither clock nor signals are heard under overload
        tokio::select! {
            biased;
            pulse = self.pulse() => match pulse {
                Pulse::End => None,
                Pulse::Second => Some(Event::Tick { now: wall_clock() }),
            },
            event = inbox.pop() => Some(event),
        }
    }

    /// Waits for the next second or the end; the end stays. Dropping the future loses nothing.
    async fn pulse(&mut self) -> Pulse {
        tokio::select! {
            biased;
            _ = self.ended.wait_for(|ended| *ended) => {}
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.seconds.tick() => return Pulse::Second,
        }
        self.end.send_replace(true);
        Pulse::End
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_comes_before_the_second_and_stays() {
        let mut lifetime = Lifetime::start().unwrap();
        assert_eq!(lifetime.pulse().await, Pulse::Second);
        let handle = lifetime.shutdown_handle();
        handle.clone().shut_down();
        assert_eq!(lifetime.pulse().await, Pulse::End);
        assert_eq!(lifetime.pulse().await, Pulse::End);
    }
}
