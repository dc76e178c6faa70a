//! Quality of service as rosbag2 notes it in YAML: with names since Jazzy, with numbers before.

use serde::{Deserialize, Deserializer, Serialize};

const HISTORIES: [&str; 4] = ["system_default", "keep_last", "keep_all", "unknown"];
const RELIABILITIES: [&str; 5] = [
    "system_default",
    "reliable",
    "best_effort",
    "unknown",
    "best_available",
];
const DURABILITIES: [&str; 5] = [
    "system_default",
    "transient_local",
    "volatile",
    "unknown",
    "best_available",
];
const LIVELINESSES: [&str; 6] = [
    "system_default",
    "automatic",
    "manual_by_node",
    "manual_by_topic",
    "unknown",
    "best_available",
];

/// What a publisher offered.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct QosProfile {
    /// `keep_last` or `keep_all`.
    #[serde(deserialize_with = "history")]
    pub history: String,
    /// Messages that are kept.
    pub depth: u64,
    /// `reliable` or `best_effort`.
    #[serde(deserialize_with = "reliability")]
    pub reliability: String,
    /// `volatile` or `transient_local`.
    #[serde(deserialize_with = "durability")]
    pub durability: String,
    /// Longest time between messages.
    pub deadline: Span,
    /// How long a message is good.
    pub lifespan: Span,
    /// Who says that the publisher is alive.
    #[serde(deserialize_with = "liveliness")]
    pub liveliness: String,
    /// And how often.
    pub liveliness_lease_duration: Span,
    /// Whether the topic's name is as it is in the middleware.
    pub avoid_ros_namespace_conventions: bool,
}

/// A duration.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Seconds.
    pub sec: u64,
    /// And nanoseconds.
    pub nsec: u64,
}

/// The profiles of a topic's publishers; none when the text does not say.
pub fn parse(text: &str) -> Vec<QosProfile> {
    serde_yaml::from_str(text).unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Name(String),
    Number(usize),
}

fn word<'de, D: Deserializer<'de>>(from: D, names: &[&str]) -> Result<String, D::Error> {
    Ok(match Word::deserialize(from)? {
        Word::Name(name) => name,
        Word::Number(number) => names.get(number).map_or("unknown", |name| *name).to_owned(),
    })
}

fn history<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    word(from, &HISTORIES)
}

fn reliability<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    word(from, &RELIABILITIES)
}

fn durability<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    word(from, &DURABILITIES)
}

fn liveliness<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    word(from, &LIVELINESSES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(words: [&str; 4]) -> String {
        let [history, reliability, durability, liveliness] = words;
        let span = "{sec: 9223372036, nsec: 854775807}";
        format!(
            "- {{history: {history}, depth: 10, reliability: {reliability}, \
             durability: {durability}, deadline: {span}, lifespan: {span}, \
             liveliness: {liveliness}, \
             liveliness_lease_duration: {span}, avoid_ros_namespace_conventions: false}}"
        )
    }

    #[test]
    fn numbers_mean_what_names_say() {
        let named = parse(&profile([
            "keep_last",
            "best_effort",
            "volatile",
            "automatic",
        ]));
        assert_eq!(named.len(), 1);
        assert_eq!(named[0].reliability, "best_effort");
        assert_eq!(parse(&profile(["1", "2", "2", "1"])), named);
    }

    #[test]
    fn what_is_not_said_is_none() {
        assert_eq!(parse(""), []);
        assert_eq!(parse("- {history: 1}"), []);
    }
}
