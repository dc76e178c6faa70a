//! When a live bus ticks, when its timer is due and when it ends.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch::{Receiver, Sender, channel};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::inbox::Inbox;
use super::{BusError, Event, wall_clock};

/// The bus's clock and everything that can end it.
pub(super) struct Lifetime {
    seconds: Interval,
    timer: Option<Interval>,
    interrupt: Signal,
    terminate: Signal,
    ended: Receiver<bool>,
    end: Sender<bool>,
}

/// What [`Lifetime::wait`] waits for.
#[derive(Debug, PartialEq)]
enum Wake {
    /// Another second has passed.
    Second,
    /// The node's own period has passed.
    Timer,
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
    /// [`BusError`] when the system grants no signal handler.
    pub fn start() -> Result<Self, BusError> {
        let listen =
            |kind| signal(kind).map_err(|e| BusError::refused("listening for signals", &e));
        let (end, ended) = channel(false);
        Ok(Self {
            seconds: every(Duration::from_secs(1)),
            timer: None,
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            ended,
            end,
        })
    }

    pub fn shutdown_handle(&self) -> ShutdownHandle {
        ShutdownHandle(self.end.clone())
    }

    /// As [`Bus::set_timer`](crate::bus::Bus::set_timer).
    pub fn set_timer(&mut self, period: Option<Duration>) {
        self.timer = period.filter(|period| !period.is_zero()).map(every);
    }

    /// What a live bus hears next: an event of its inbox, a tick each second, `None` at the end.
    pub async fn next(&mut self, inbox: &Inbox) -> Option<Event> {
        tokio::task::yield_now().await; // or neither clock nor signals are heard under overload
        tokio::select! {
            biased;
            wake = self.wait() => match wake {
                Wake::End => None,
                Wake::Second => Some(Event::Tick { now: wall_clock() }),
                Wake::Timer => Some(Event::Timer { now: wall_clock() }),
            },
            event = inbox.pop() => Some(event),
        }
    }

    /// Waits for the next second, the timer or the end; the end stays. Dropping the future loses
    /// nothing.
    async fn wait(&mut self) -> Wake {
        tokio::select! {
            biased;
            _ = self.ended.wait_for(|ended| *ended) => {}
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.seconds.tick() => return Wake::Second,
            () = due(&mut self.timer) => return Wake::Timer,
        }
        self.end.send_replace(true);
        Wake::End
    }
}

/// Periods that begin now. Those that nobody waited for are left out.
fn every(period: Duration) -> Interval {
    let mut interval = interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    interval
}

/// Waits for a timer; for ever, where there is none.
async fn due(timer: &mut Option<Interval>) {
    match timer {
        Some(timer) => {
            timer.tick().await;
        }
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_timer_comes_at_its_period_until_it_is_taken_back() {
        let mut lifetime = Lifetime::start().unwrap();
        lifetime.set_timer(Some(Duration::from_millis(100)));
        let began = Instant::now();
        for _ in 0..3 {
            assert_eq!(lifetime.wait().await, Wake::Timer);
        }
        assert!(began.elapsed() >= Duration::from_millis(290));
        lifetime.set_timer(None);
        assert_eq!(lifetime.wait().await, Wake::Second);
    }

    #[tokio::test]
    async fn the_end_comes_before_the_second_and_stays() {
        let mut lifetime = Lifetime::start().unwrap();
        assert_eq!(lifetime.wait().await, Wake::Second);
        let handle = lifetime.shutdown_handle();
        handle.clone().shut_down();
        assert_eq!(lifetime.wait().await, Wake::End);
        assert_eq!(lifetime.wait().await, Wake::End);
    }
}
