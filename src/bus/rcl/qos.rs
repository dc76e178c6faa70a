//! Our terms of delivery in those of ROS 2.

use r2r::QosProfile;

use crate::bus::{Durability, Qos, Reliability};

/// What the middleware is asked for.
pub(super) fn profile(qos: Qos) -> QosProfile {
    let profile = QosProfile::default().keep_last(qos.depth);
    let profile = match qos.reliability {
        Reliability::BestEffort => profile.best_effort(),
        Reliability::Reliable => profile.reliable(),
    };
    match qos.durability {
        Durability::Volatile => profile.volatile(),
        Durability::TransientLocal => profile.transient_local(),
    }
}

#[cfg(test)]
mod tests {
    use r2r::qos::{DurabilityPolicy, HistoryPolicy, ReliabilityPolicy};

    use super::*;

    fn parts(qos: Qos) -> (HistoryPolicy, usize, ReliabilityPolicy, DurabilityPolicy) {
        let QosProfile {
            history,
            depth,
            reliability,
            durability,
            ..
        } = profile(qos);
        (history, depth, reliability, durability)
    }

    #[test]
    fn sensor_data_is_best_effort_keep_last_5_volatile() {
        assert!(matches!(
            parts(Qos::SENSOR_DATA),
            (
                HistoryPolicy::KeepLast,
                5,
                ReliabilityPolicy::BestEffort,
                DurabilityPolicy::Volatile
            )
        ));
    }

    #[test]
    fn reliable_and_latched_keep_their_depth() {
        for (qos, durability) in [
            (Qos::reliable(10), DurabilityPolicy::Volatile),
            (Qos::latched(10), DurabilityPolicy::TransientLocal),
        ] {
            let (history, depth, reliability, found) = parts(qos);
            assert!(matches!(history, HistoryPolicy::KeepLast));
            assert!(matches!(reliability, ReliabilityPolicy::Reliable));
            assert_eq!(
                (depth, format!("{found:?}")),
                (10, format!("{durability:?}"))
            );
        }
    }
}
