//! ROS names as DDS has them.

use crate::bus::{EndpointError, is_name, is_qualified};

/// What travels on a DDS topic: the messages of a ROS topic, or one half of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Topic,
    Request,
    Reply,
}

impl Role {
    /// Before the name of the topic, after it, and after that of the type.
    fn marks(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Topic => ("rt", "", ""),
            Self::Request => ("rq", "Request", "_Request"),
            Self::Reply => ("rr", "Reply", "_Response"),
        }
    }
}

/// `/yolo/tracking` becomes `rt/yolo/tracking`, the service `/n/get_state` `rq/n/get_stateRequest`
/// and `rr/n/get_stateReply`.
///
/// # Errors
/// [`EndpointError::Name`] when `name` is not a fully qualified ROS 2 name.
pub(super) fn dds_topic(name: &str, role: Role) -> Result<String, EndpointError> {
    let (prefix, suffix, _) = role.marks();
    match is_qualified(name) {
        true => Ok(format!("{prefix}{name}{suffix}")),
        false => Err(EndpointError::Name {
            name: name.to_owned(),
            expected: "a fully qualified ROS 2 name such as /yolo/tracking",
        }),
    }
}

/// `yolo_msgs/msg/DetectionArray` becomes `yolo_msgs::msg::dds_::DetectionArray_`, the service
/// `a/srv/B` `a::srv::dds_::B_Request_` and `a::srv::dds_::B_Response_`.
///
/// # Errors
/// [`EndpointError::Name`] when `name` is not `package/msg/Type` or `package/srv/Type`.
pub(super) fn dds_type(name: &str, role: Role) -> Result<String, EndpointError> {
    let (_, _, suffix) = role.marks();
    match name.split('/').collect::<Vec<_>>()[..] {
        [package, kind, type_name] if [package, kind, type_name].into_iter().all(is_name) => {
            Ok(format!("{package}::{kind}::dds_::{type_name}{suffix}_"))
        }
        _ => Err(EndpointError::Name {
            name: name.to_owned(),
            expected: "a type such as yolo_msgs/msg/DetectionArray",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_mangled_as_ros_does() {
        let topic = |name| dds_topic(name, Role::Topic).unwrap();
        assert_eq!(topic("/tf"), "rt/tf");
        assert_eq!(topic("/humans/bodies/b1/roi"), "rt/humans/bodies/b1/roi");
        assert_eq!(
            dds_type("tf2_msgs/msg/TFMessage", Role::Topic).unwrap(),
            "tf2_msgs::msg::dds_::TFMessage_"
        );
    }

    #[test]
    fn a_service_is_two_topics() {
        let ends = [Role::Request, Role::Reply].map(|role| {
            (
                dds_topic("/n/get_state", role).unwrap(),
                dds_type("lifecycle_msgs/srv/GetState", role).unwrap(),
            )
        });
        let expected = [
            (
                "rq/n/get_stateRequest",
                "lifecycle_msgs::srv::dds_::GetState_Request_",
            ),
            (
                "rr/n/get_stateReply",
                "lifecycle_msgs::srv::dds_::GetState_Response_",
            ),
        ];
        assert_eq!(
            ends,
            expected.map(|(topic, kind)| (topic.to_owned(), kind.to_owned()))
        );
    }

    #[test]
    fn names_that_ros_would_refuse_are_refused() {
        for bad in ["", "/", "tf", "/tf/", "//tf", "/1st", "/a b", "/~/x", "/é"] {
            assert!(dds_topic(bad, Role::Topic).is_err(), "{bad:?}");
        }
        for bad in [
            "TFMessage",
            "tf2_msgs/TFMessage",
            "a/msg/B/C",
            "a//B",
            "a::msg::B",
        ] {
            assert!(dds_type(bad, Role::Topic).is_err(), "{bad:?}");
        }
    }
}
