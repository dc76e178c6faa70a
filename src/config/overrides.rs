//! `qos_overrides.<topic>.<publisher|subscription>.<policy>`: what users say about the delivery of
//! a topic, as in rclcpp.

use std::collections::BTreeMap;

use super::Value;
use crate::bus::{Durability, Qos, Reliability};

/// Before the name of each of these parameters.
pub const PREFIX: &str = "qos_overrides.";

const POLICIES: &str = "reliability, durability, depth, history";

/// Which end of a topic the node has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It publishes.
    Publisher,
    /// It subscribes.
    Subscription,
}

impl End {
    fn name(self) -> &'static str {
        match self {
            Self::Publisher => "publisher",
            Self::Subscription => "subscription",
        }
    }
}

/// Overrides by the names of their parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides(pub(super) BTreeMap<String, Value>);

impl Overrides {
    /// Takes one in.
    ///
    /// # Errors
    /// What is expected in place of its name or value.
    pub fn set(&mut self, name: &str, value: &Value) -> Result<(), String> {
        let rest = name.strip_prefix(PREFIX).unwrap_or_default();
        let mut parts = rest.rsplitn(3, '.');
        let (policy, end, topic) = (parts.next(), parts.next(), parts.next());
        let is_end = end.is_some_and(|end| ["publisher", "subscription"].contains(&end));
        let (Some(policy), true, Some(true)) = (policy, is_end, topic.map(|t| t.starts_with('/')))
        else {
            return Err(format!("{PREFIX}/TOPIC.publisher|subscription.POLICY"));
        };
        apply(&mut Qos::SENSOR_DATA.clone(), policy, value)?;
        self.0.insert(name.to_owned(), value.clone());
        Ok(())
    }

    /// The delivery of a topic (its fully qualified name) as the user wants it.
    pub fn apply(&self, topic: &str, end: End, mut qos: Qos) -> Qos {
        let start = format!("{PREFIX}{topic}.{}.", end.name());
        for (name, value) in &self.0 {
            if let Some(policy) = name.strip_prefix(&start) {
                // What does not fit was refused when it was set.
                apply(&mut qos, policy, value).ok();
            }
        }
        qos
    }
}

fn apply(qos: &mut Qos, policy: &str, value: &Value) -> Result<(), String> {
    match (policy, value) {
        ("reliability", Value::Text(text)) => {
            qos.reliability = match text.as_str() {
                "reliable" => Reliability::Reliable,
                "best_effort" => Reliability::BestEffort,
                _ => return Err("reliable or best_effort".to_owned()),
            }
        }
        ("durability", Value::Text(text)) => {
            qos.durability = match text.as_str() {
                "volatile" => Durability::Volatile,
                "transient_local" => Durability::TransientLocal,
                _ => return Err("volatile or transient_local".to_owned()),
            }
        }
        ("depth", Value::Int(depth @ 1..=10_000)) => qos.depth = depth.unsigned_abs() as usize,
        ("history", Value::Text(text)) if text == "keep_last" => {}
        ("reliability" | "durability", _) => return Err("a text".to_owned()),
        ("depth", _) => return Err("a whole number from 1 to 10000".to_owned()),
        ("history", _) => return Err("keep_last".to_owned()),
        _ => return Err(format!("one of the policies {POLICIES}")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn an_override_holds_for_its_end_of_its_topic() {
        let mut overrides = Overrides::default();
        for (name, value) in [
            ("qos_overrides./tf.publisher.depth", Value::Int(7)),
            (
                "qos_overrides./tf.publisher.durability",
                text("transient_local"),
            ),
            (
                "qos_overrides./a.b/c.subscription.reliability",
                text("reliable"),
            ),
        ] {
            overrides.set(name, &value).unwrap();
        }
        let tf = overrides.apply("/tf", End::Publisher, Qos::reliable(100));
        assert_eq!(tf, Qos::latched(7));
        let other_end = overrides.apply("/tf", End::Subscription, Qos::SENSOR_DATA);
        assert_eq!(other_end, Qos::SENSOR_DATA);
        let dotted = overrides.apply("/a.b/c", End::Subscription, Qos::SENSOR_DATA);
        assert_eq!(dotted, Qos::reliable(5));
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_can() {
        let mut overrides = Overrides::default();
        for (name, value, expected) in [
            ("qos_overrides./tf.publisher.depth", Value::Int(0), "from 1"),
            (
                "qos_overrides./tf.publisher.history",
                text("keep_all"),
                "keep_last",
            ),
            (
                "qos_overrides./tf.publisher.reliability",
                text("x"),
                "best_effort",
            ),
            (
                "qos_overrides./tf.publisher.deadline",
                Value::Int(1),
                POLICIES,
            ),
            ("qos_overrides./tf.depth", Value::Int(1), "/TOPIC."),
            ("qos_overrides.tf.publisher.depth", Value::Int(1), "/TOPIC."),
        ] {
            let error = overrides.set(name, &value).unwrap_err();
            assert!(error.contains(expected), "{name}: {error}");
        }
        assert_eq!(overrides, Overrides::default());
    }
}
