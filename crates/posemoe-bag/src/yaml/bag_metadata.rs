//! `metadata.yaml` of rosbag2's folders: what we need of it, and what we write.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::qos_profile::QosProfile;

/// The file in each bag's folder.
pub const FILE_NAME: &str = "metadata.yaml";

/// A `metadata.yaml` that says nothing that can be relied on.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct UnusableMetadata {
    path: PathBuf,
    reason: String,
}

/// What a reader needs to know of a bag.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct BagFiles {
    /// Its files, in the order in which they were written.
    pub relative_file_paths: Vec<String>,
    /// Messages of each topic.
    #[serde(default)]
    pub topics_with_message_count: Vec<PromisedTopic>,
    /// Of the compression, such as `zstd`.
    #[serde(default)]
    pub compression_format: String,
    /// `FILE`, `MESSAGE`, or nothing; in capitals or not.
    #[serde(default)]
    pub compression_mode: String,
}

/// Messages of a topic.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct PromisedTopic {
    /// The topic.
    pub topic_metadata: PromisedName,
    /// How many.
    pub message_count: u64,
}

/// The name of a topic.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct PromisedName {
    /// Its name.
    pub name: String,
}

/// What rosbag2 has in each such file, and since which version.
const KEYS: [(&str, u64); 12] = [
    ("version", 1),
    ("storage_identifier", 1),
    ("duration", 1),
    ("starting_time", 1),
    ("message_count", 1),
    ("topics_with_message_count", 1),
    ("relative_file_paths", 1),
    ("compression_format", 3),
    ("compression_mode", 3),
    ("files", 5),
    ("custom_data", 6),
    ("ros_distro", 8),
];

#[derive(Deserialize, Serialize)]
struct File<T> {
    rosbag2_bagfile_information: T,
}

/// Reads the file.
///
/// # Errors
/// [`UnusableMetadata`] when it cannot be read, is not such a file, or lacks what such files have:
/// it was cut, and may name too few files.
pub fn read(path: &Path) -> Result<BagFiles, UnusableMetadata> {
    let unusable = |reason: String| UnusableMetadata {
        path: path.to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    let file: File<serde_yaml::Mapping> =
        serde_yaml::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    let information = file.rosbag2_bagfile_information;
    let version = information.get("version").and_then(|v| v.as_u64());
    let expected = KEYS.iter().filter(|(_, since)| version >= Some(*since));
    let missing = expected.map(|(key, _)| *key);
    let missing: Vec<_> = missing
        .filter(|key| !information.contains_key(*key))
        .collect();
    if version.is_none() || !missing.is_empty() {
        let missing = match missing.as_slice() {
            [] => "version".to_owned(),
            missing => missing.join(", "),
        };
        return Err(unusable(format!("found no {missing}: it may be cut short")));
    }
    let files = serde_yaml::from_value(information.into());
    files.map_err(|error| unusable(error.to_string()))
}

/// A written topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenTopic {
    /// Its name.
    pub name: String,
    /// Its type.
    pub type_name: String,
    /// How its messages are encoded.
    pub serialization_format: String,
    /// Quality of service of its publishers.
    pub qos: Vec<QosProfile>,
    /// Of the type.
    pub type_hash: String,
    /// How many messages.
    pub message_count: u64,
}

/// A bag of one MCAP file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenBag {
    /// Name of the file in the folder.
    pub file: String,
    /// Log time of the first message, ns.
    pub start_ns: u64,
    /// From the first message to the last, ns.
    pub duration_ns: u64,
    /// Its topics.
    pub topics: Vec<WrittenTopic>,
}

impl WrittenBag {
    /// The file's content, laid out as ROS 2 Jazzy does (version 9).
    ///
    /// # Errors
    /// Never for texts and numbers, of which it is made.
    pub fn to_yaml(&self) -> Result<String, String> {
        let message_count = self.topics.iter().map(|topic| topic.message_count).sum();
        let duration = Duration {
            nanoseconds: self.duration_ns,
        };
        let starting_time = Start {
            nanoseconds_since_epoch: self.start_ns,
        };
        let topic = |topic: &WrittenTopic| TopicCount {
            topic_metadata: TopicMetadata {
                name: topic.name.clone(),
                r#type: topic.type_name.clone(),
                serialization_format: topic.serialization_format.clone(),
                offered_qos_profiles: topic.qos.clone(),
                type_description_hash: topic.type_hash.clone(),
            },
            message_count: topic.message_count,
        };
        let information = Information {
            version: 9,
            storage_identifier: "mcap",
            duration,
            starting_time,
            message_count,
            topics_with_message_count: self.topics.iter().map(topic).collect(),
            compression_format: "",
            compression_mode: "",
            relative_file_paths: vec![self.file.clone()],
            files: vec![FileInformation {
                path: self.file.clone(),
                starting_time,
                duration,
                message_count,
            }],
            custom_data: None,
            ros_distro: "jazzy",
        };
        let file = File {
            rosbag2_bagfile_information: information,
        };
        serde_yaml::to_string(&file).map_err(|error| error.to_string())
    }
}

#[derive(Serialize)]
struct Information {
    version: u32,
    storage_identifier: &'static str,
    duration: Duration,
    starting_time: Start,
    message_count: u64,
    topics_with_message_count: Vec<TopicCount>,
    compression_format: &'static str,
    compression_mode: &'static str,
    relative_file_paths: Vec<String>,
    files: Vec<FileInformation>,
    custom_data: Option<BTreeMap<String, String>>,
    ros_distro: &'static str,
}

#[derive(Clone, Copy, Serialize)]
struct Duration {
    nanoseconds: u64,
}

#[derive(Clone, Copy, Serialize)]
struct Start {
    nanoseconds_since_epoch: u64,
}

#[derive(Serialize)]
struct TopicCount {
    topic_metadata: TopicMetadata,
    message_count: u64,
}

#[derive(Serialize)]
struct TopicMetadata {
    name: String,
    r#type: String,
    serialization_format: String,
    offered_qos_profiles: Vec<QosProfile>,
    type_description_hash: String,
}

#[derive(Serialize)]
struct FileInformation {
    path: String,
    starting_time: Start,
    duration: Duration,
    message_count: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let topic = WrittenTopic {
            name: "/text".to_owned(),
            type_name: "std_msgs/msg/String".to_owned(),
            serialization_format: "cdr".to_owned(),
            qos: Vec::new(),
            type_hash: String::new(),
            message_count: 3,
        };
        let bag = WrittenBag {
            file: "walk_0.mcap".to_owned(),
            start_ns: 1_700_000_000_000_000_000,
            duration_ns: 5,
            topics: vec![topic],
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        std::fs::write(&path, bag.to_yaml().unwrap()).unwrap();
        let read = read(&path).unwrap();
        assert_eq!(read.relative_file_paths, ["walk_0.mcap"]);
        assert_eq!(read.compression_mode, "");
        let topic = &read.topics_with_message_count[0];
        assert_eq!(
            (&*topic.topic_metadata.name, topic.message_count),
            ("/text", 3)
        );
    }

    #[test]
    fn each_version_has_its_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        let mut lines: Vec<String> = Vec::new();
        for (key, since) in KEYS {
            let value = match key {
                "version" => since.to_string(),
                "topics_with_message_count" => "[]".to_owned(),
                "relative_file_paths" => "[a_0.db3]".to_owned(),
                _ => "''".to_owned(),
            };
            lines.push(format!("  {key}: {value}\n"));
        }
        for version in 1..=9 {
            lines[0] = format!("  version: {version}\n");
            let known = KEYS.iter().filter(|(_, since)| *since <= version).count();
            let write = |lines: &[String]| {
                let text = format!("rosbag2_bagfile_information:\n{}", lines.concat());
                std::fs::write(&path, text).unwrap();
            };
            write(&lines[..known]);
            assert_eq!(read(&path).unwrap().relative_file_paths, ["a_0.db3"]);
            write(&lines[..known - 1]);
            let error = read(&path).unwrap_err().to_string();
            assert!(error.contains("it may be cut short"), "{version}: {error}");
        }
    }

    #[test]
    fn a_file_of_another_kind_is_refused_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        for (text, expected) in [
            ("a: [", "while parsing"),
            ("a: 1", "missing field `rosbag2_bagfile_information`"),
            ("rosbag2_bagfile_information: {}", "found no version"),
            (
                "rosbag2_bagfile_information: {version: 1, relative_file_paths: [a_0.db3]}",
                "found no storage_identifier, duration, starting_time, message_count, \
                 topics_with_message_count: it may be cut short",
            ),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = read(&path).unwrap_err().to_string();
            assert!(
                error.contains(expected) && error.contains(FILE_NAME),
                "{error}"
            );
        }
    }
}
