//! Our terms of delivery in those of ROS 2.

use r2r::QosProfile;

use crate::bus::Qos;

/// What the middleware is asked for.
pub(super) fn profile(qos: Qos) -> QosProfile {
    match qos {
        Qos::SensorData => QosProfile::sensor_data(),
        Qos::Reliable { .. } => QosProfile::default()
            .reliable()
            .volatile()
            .keep_last(depth(qos)),
    }
}

/// Messages of one topic that wait for the node, or for the middleware, before one gives way.
pub(super) fn depth(qos: Qos) -> usize {
    match qos {
        Qos::SensorData => 5,
        Qos::Reliable { depth } => depth.max(1),
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
            parts(Qos::SensorData),
            (
                HistoryPolicy::KeepLast,
                5,
                ReliabilityPolicy::BestEffort,
                DurabilityPolicy::Volatile
            )
        ));
        assert_eq!(depth(Qos::SensorData), 5);
    }

    #[test]
    fn reliable_keeps_its_depth_and_at_least_one() {
        for (asked, kept) in [(0, 1), (10, 10), (100, 100)] {
            let (history, depth, reliability, durability) = parts(Qos::Reliable { depth: asked });
            assert!(matches!(history, HistoryPolicy::KeepLast));
            assert!(matches!(reliability, ReliabilityPolicy::Reliable));
            assert!(matches!(durability, DurabilityPolicy::Volatile));
            assert_eq!(depth, kept);
        }
    }
}
