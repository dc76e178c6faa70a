//! What the ROS 2 environment variables ask of a participant.
//!
//! `rustdds` reads none of them, so this file does, and refuses what it cannot honour instead of
//! quietly talking on another domain or another network than the rest of the robot.

use super::not_honoured::{self, process_variable};
use crate::bus::BusError;
use crate::bus::domain_id;

/// How far the participant may be seen and may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscoveryRange {
    /// This machine only: nothing is sent to, or taken from, any other network interface than `lo`.
    Localhost,
    /// Every machine that multicast reaches, over all interfaces.
    Subnet,
}

/// How `ros_discovery_info` names an endpoint; it changed between distributions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphLayout {
    /// 24 bytes for an endpoint: Humble and older.
    Humble,
    /// 16 bytes for an endpoint: Iron, Jazzy and newer.
    Iron,
}

/// Where and as whom to join the ROS graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DdsOptions {
    /// The DDS domain, 0 to [`MAX_DOMAIN_ID`](crate::bus::MAX_DOMAIN_ID).
    pub domain_id: u16,
    /// How far to discover.
    pub range: DiscoveryRange,
    /// The layout that peers expect of our entry in the ROS graph.
    pub graph_layout: GraphLayout,
}

impl Default for DdsOptions {
    fn default() -> Self {
        Self {
            domain_id: 0,
            range: DiscoveryRange::Subnet,
            graph_layout: GraphLayout::Iron,
        }
    }
}

impl DdsOptions {
    /// Options from `ROS_DOMAIN_ID`, `ROS_LOCALHOST_ONLY`, `ROS_AUTOMATIC_DISCOVERY_RANGE` and
    /// `ROS_DISTRO` of this process. Warns of those that ask for what this bus does not do.
    ///
    /// # Errors
    /// [`BusError::Setting`] with the variable that holds something unusable, or that asks for
    /// security.
    pub fn from_env() -> Result<Self, BusError> {
        Self::from_vars(process_variable)
    }

    /// Options from any source of variables. An empty value counts as unset, as it does in rcl.
    ///
    /// # Errors
    /// [`BusError::Setting`] with the variable that holds something unusable.
    pub fn from_vars(variable: impl Fn(&str) -> Option<String>) -> Result<Self, BusError> {
        let read = |name: &str| variable(name).filter(|value| !value.is_empty());
        for line in not_honoured::found(&variable)? {
            tracing::warn!("{line}");
        }
        Ok(Self {
            domain_id: domain_id(read("ROS_DOMAIN_ID"))?,
            range: range(
                read("ROS_LOCALHOST_ONLY"),
                read("ROS_AUTOMATIC_DISCOVERY_RANGE"),
            )?,
            graph_layout: match read("ROS_DISTRO").as_deref() {
                Some("foxy" | "galactic" | "humble") => GraphLayout::Humble,
                _ => GraphLayout::Iron,
            },
        })
    }
}

/// `ROS_LOCALHOST_ONLY=1` wins over the newer variable, as it does in rcl.
fn range(
    localhost_only: Option<String>,
    range: Option<String>,
) -> Result<DiscoveryRange, BusError> {
    match localhost_only.as_deref() {
        Some("1") => return Ok(DiscoveryRange::Localhost),
        None | Some("0") => {}
        Some(_) => {
            return Err(BusError::Setting {
                name: "ROS_LOCALHOST_ONLY",
                value: localhost_only.unwrap_or_default(),
                expected: "0 or 1",
            });
        }
    }
    match range.as_deref() {
        None | Some("SUBNET" | "SYSTEM_DEFAULT") => Ok(DiscoveryRange::Subnet),
        Some("LOCALHOST") => Ok(DiscoveryRange::Localhost),
        Some(_) => Err(BusError::Setting {
            name: "ROS_AUTOMATIC_DISCOVERY_RANGE",
            value: range.unwrap_or_default(),
            expected: "LOCALHOST, SUBNET or SYSTEM_DEFAULT (OFF cannot be honoured: this bus \
                       finds peers by discovery only)",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(vars: &[(&str, &str)]) -> Result<DdsOptions, String> {
        let lookup = |name: &str| {
            vars.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        DdsOptions::from_vars(lookup).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_set_is_domain_0_on_the_subnet() {
        assert_eq!(options(&[]), Ok(DdsOptions::default()));
        assert_eq!(options(&[("ROS_DOMAIN_ID", "")]), Ok(DdsOptions::default()));
    }

    #[test]
    fn domain_ids_are_taken_up_to_232_and_refused_beyond() {
        for good in ["0", "1", "101", "232"] {
            let domain_id = options(&[("ROS_DOMAIN_ID", good)]).map(|found| found.domain_id);
            assert_eq!(domain_id.map(|id| id.to_string()), Ok(good.to_owned()));
        }
        for bad in ["233", "65536", "-1", "1.0", " 7", "seven", "0x10"] {
            let refusal = options(&[("ROS_DOMAIN_ID", bad)]).unwrap_err();
            assert!(
                refusal.contains("ROS_DOMAIN_ID") && refusal.contains(bad),
                "{refusal}"
            );
        }
    }

    #[test]
    fn localhost_is_asked_for_in_two_ways() {
        let range = |vars: &[(&str, &str)]| options(vars).map(|found| found.range);
        let new = "ROS_AUTOMATIC_DISCOVERY_RANGE";
        assert_eq!(
            range(&[("ROS_LOCALHOST_ONLY", "1")]),
            Ok(DiscoveryRange::Localhost)
        );
        assert_eq!(
            range(&[("ROS_LOCALHOST_ONLY", "0")]),
            Ok(DiscoveryRange::Subnet)
        );
        assert_eq!(range(&[(new, "LOCALHOST")]), Ok(DiscoveryRange::Localhost));
        assert_eq!(range(&[(new, "SUBNET")]), Ok(DiscoveryRange::Subnet));
        assert_eq!(
            range(&[(new, "SYSTEM_DEFAULT")]),
            Ok(DiscoveryRange::Subnet)
        );
        assert_eq!(
            range(&[("ROS_LOCALHOST_ONLY", "1"), (new, "SUBNET")]),
            Ok(DiscoveryRange::Localhost)
        );
    }

    #[test]
    fn what_cannot_be_honoured_is_refused_by_name() {
        for (name, bad) in [
            ("ROS_LOCALHOST_ONLY", "yes"),
            ("ROS_AUTOMATIC_DISCOVERY_RANGE", "OFF"),
            ("ROS_AUTOMATIC_DISCOVERY_RANGE", "localhost"),
        ] {
            let refusal = options(&[(name, bad)]).unwrap_err();
            assert!(refusal.contains(name) && refusal.contains(bad), "{refusal}");
        }
    }

    #[test]
    fn the_graph_layout_follows_the_distribution() {
        let layout = |distro| options(&[("ROS_DISTRO", distro)]).map(|found| found.graph_layout);
        assert_eq!(layout("humble"), Ok(GraphLayout::Humble));
        assert_eq!(layout("jazzy"), Ok(GraphLayout::Iron));
    }
}
