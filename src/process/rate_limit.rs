//! A log that nobody can flood: one place in the code says only so much in a minute.
//!
//! What makes the node log may come from peers, as often as they like; its lines go to standard
//! error, on `/rosout` to whoever listens, and are kept for those who come late.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::callsite::Identifier;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Lines of one place in the code within [`SPAN`].
const MOST: u32 = 100;
const SPAN: Duration = Duration::from_secs(60);

static LEFT_OUT: AtomicU64 = AtomicU64::new(0);

/// Lines that were left out since the last call.
pub(super) fn take_left_out() -> u64 {
    LEFT_OUT.swap(0, Ordering::Relaxed)
}

/// Lets no more lines through than that, to any layer.
#[derive(Default)]
pub(super) struct RateLimit {
    said: Mutex<HashMap<Identifier, Said>>,
}

/// What one place has said since a moment.
struct Said {
    since: Instant,
    lines: u32,
}

impl Said {
    fn nothing(now: Instant) -> Self {
        Self {
            since: now,
            lines: 0,
        }
    }

    /// Whether one more line may be said now.
    fn takes_one_more(&mut self, now: Instant) -> bool {
        if now.duration_since(self.since) >= SPAN {
            *self = Self::nothing(now);
        }
        self.lines = self.lines.saturating_add(1);
        self.lines <= MOST
    }
}

impl<S: Subscriber> Layer<S> for RateLimit {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let now = Instant::now();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let place = said.entry(event.metadata().callsite());
        let passes = place.or_insert(Said::nothing(now)).takes_one_more(now);
        if !passes {
            LEFT_OUT.fetch_add(1, Ordering::Relaxed);
        }
        passes
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicU32;

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    struct Count(Arc<AtomicU32>);

    impl<S: Subscriber> Layer<S> for Count {
        fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_flood_of_one_place_is_left_out_and_counted_and_others_are_heard() {
        let heard = Arc::new(AtomicU32::new(0));
        let subscriber = tracing_subscriber::registry()
            .with(RateLimit::default())
            .with(Count(Arc::clone(&heard)));
        tracing::subscriber::with_default(subscriber, || {
            for number in 0..1000 {
                tracing::warn!("a peer asks for nonsense, number {number}");
            }
            tracing::warn!("something else");
        });
        assert_eq!(heard.load(Ordering::Relaxed), 101);
        assert_eq!(take_left_out(), 900);
    }

    #[test]
    fn a_minute_later_the_place_is_heard_again() {
        let began = Instant::now();
        let mut said = Said::nothing(began);
        let mut passed = |now| (0..200).filter(|_| said.takes_one_more(now)).count();
        assert_eq!((passed(began), passed(began + SPAN / 2)), (100, 0));
        assert_eq!(passed(began + SPAN), 100);
    }
}
