//! What the environment asks of a ROS middleware and this bus does not do.
//!
//! Somebody has set these variables for a reason. A node that secures nothing, or cannot be found
//! by the others, must say so.

use crate::bus::BusError;

/// Each with what it means for this bus that it is not honoured.
const NOT_HONOURED: &[(&str, &str)] = &[
    (
        "RMW_IMPLEMENTATION",
        "this bus brings a DDS of its own, which talks to Cyclone DDS and Fast DDS only",
    ),
    (
        "ROS_DISCOVERY_SERVER",
        "this bus asks no discovery server: it finds peers by multicast and on this machine only",
    ),
    (
        "ROS_STATIC_PEERS",
        "this bus finds peers by multicast and on this machine only",
    ),
    ("CYCLONEDDS_URI", CYCLONE),
    ("FASTRTPS_DEFAULT_PROFILES_FILE", FAST),
    ("FASTDDS_DEFAULT_PROFILES_FILE", FAST),
    ("FASTDDS_BUILTIN_TRANSPORTS", FAST),
    ("RMW_FASTRTPS_USE_QOS_FROM_XML", FAST),
    ("RMW_FASTRTPS_PUBLICATION_MODE", FAST),
    ("NDDS_QOS_PROFILES", "that is a setting of Connext"),
    ("ZENOH_ROUTER_CONFIG_URI", ZENOH),
    ("ZENOH_SESSION_CONFIG_URI", ZENOH),
];
const CYCLONE: &str = "that is a setting of Cyclone DDS";
const FAST: &str = "that is a setting of Fast DDS";
const ZENOH: &str = "this bus does not talk Zenoh";

/// A line for each variable of this process that is not honoured.
///
/// # Errors
/// [`BusError::Setting`] when nothing may be said that is not secured: this bus secures nothing.
pub fn variables_not_honoured() -> Result<Vec<String>, BusError> {
    found(process_variable)
}

/// A line for each variable that is set and not honoured. An empty value counts as unset.
///
/// # Errors
/// [`BusError::Setting`] when nothing may be said that is not secured: this bus secures nothing.
pub(super) fn found(variable: impl Fn(&str) -> Option<String>) -> Result<Vec<String>, BusError> {
    let read = |name: &str| variable(name).filter(|value| !value.is_empty());
    let mut lines = Vec::new();
    if read("ROS_SECURITY_ENABLE").as_deref() == Some("true") {
        if let Some("Enforce") = read("ROS_SECURITY_STRATEGY").as_deref() {
            return Err(BusError::Setting {
                name: "ROS_SECURITY_STRATEGY",
                value: "Enforce".to_owned(),
                expected: "the bus rcl, which secures the node as the installed middleware does; \
                           this bus (dds) neither encrypts nor knows who is who",
            });
        }
        lines.push(
            "ROS_SECURITY_ENABLE=\"true\" is not honoured: this node talks in the clear and \
             believes everyone (the bus rcl has security)"
                .to_owned(),
        );
    }
    lines.extend(NOT_HONOURED.iter().filter_map(|(name, meaning)| {
        Some(format!(
            "{name}={:?} is not honoured: {meaning}",
            read(name)?
        ))
    }));
    Ok(lines)
}

/// What a variable of this process holds.
pub(super) fn process_variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(vars: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let lookup = |name: &str| {
            let found = vars.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        found(lookup).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_honoured_is_named_with_its_value() {
        assert_eq!(lines(&[("CYCLONEDDS_URI", "")]), Ok(vec![]));
        for (name, _) in NOT_HONOURED {
            let said = lines(&[(*name, "some value")]).unwrap();
            assert_eq!(said.len(), 1);
            assert!(said[0].starts_with(&format!("{name}=\"some value\" is not honoured")));
        }
    }

    #[test]
    fn enforced_security_is_refused_and_wished_for_security_is_named() {
        let enable = ("ROS_SECURITY_ENABLE", "true");
        let refusal = lines(&[enable, ("ROS_SECURITY_STRATEGY", "Enforce")]).unwrap_err();
        assert!(refusal.contains("ROS_SECURITY_STRATEGY"), "{refusal}");
        for more in [&[][..], &[("ROS_SECURITY_STRATEGY", "Permissive")]] {
            let said = lines(&[&[enable], more].concat()).unwrap();
            assert!(said[0].contains("in the clear"), "{said:?}");
        }
        let disabled = [
            ("ROS_SECURITY_ENABLE", "false"),
            ("ROS_SECURITY_STRATEGY", "Enforce"),
        ];
        assert_eq!(lines(&disabled), Ok(vec![]));
    }
}
