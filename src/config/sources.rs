//! Several cameras: `sources: [front, rear]`, then `front.keypoints_topic`,
//! `rear.camera_info_topic` and so on, as Nav2 has its observation sources.

use std::collections::BTreeMap;

use super::{Config, ConfigError, Value};
use crate::input::hri::TRACKED_TOPIC;
use crate::msg::Message;
use crate::msg::hri_msgs::Skeleton2D;

/// The parameters that each source may have of its own.
const OWN: [&str; 7] = [
    "keypoints_topic",
    "keypoints_type",
    "camera_info_topic",
    "image_rectified",
    "depth_topic",
    "depth_type",
    "depth_camera_info_topic",
];

/// More cameras than any robot has.
const MOST_SOURCES: usize = 64;

/// Where keypoints come from: a detector and its camera.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceConfig {
    /// Before the ids of its people; empty when there is one source only.
    pub name: String,
    /// Topic of the 2D keypoints.
    pub keypoints_topic: String,
    /// Their type.
    pub keypoints_type: String,
    /// Topic of the camera's calibration.
    pub camera_info_topic: String,
    /// Whether the keypoints were found in a rectified image.
    pub image_rectified: bool,
    /// Topic of its depth images; empty where there are none.
    pub depth_topic: String,
    /// Their type.
    pub depth_type: String,
    /// Topic of their calibration; empty where it is that of the keypoints.
    pub depth_camera_info_topic: String,
}

impl SourceConfig {
    /// The topic by which its keypoints are found. ROS4HRI's is the same whatever `keypoints_topic`
    /// says: the list of bodies, each of which has a topic.
    pub fn topic(&self) -> &str {
        match self.keypoints_type.as_str() {
            Skeleton2D::TYPE_NAME => TRACKED_TOPIC,
            _ => &self.keypoints_topic,
        }
    }
}

/// What was said of single sources, by the names of the parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceParameters(pub(super) BTreeMap<String, Value>);

impl SourceParameters {
    /// Whether this is the name of a parameter of a source.
    pub fn is_one(name: &str) -> bool {
        parts(name).is_some()
    }

    /// Takes one in.
    ///
    /// # Errors
    /// [`ConfigError`] when the value does not fit.
    pub fn set(&mut self, name: &str, value: &Value) -> Result<(), ConfigError> {
        if let Some((_, parameter)) = parts(name) {
            Config::default().set(parameter, value)?;
            self.0.insert(name.to_owned(), value.clone());
        }
        Ok(())
    }
}

/// The source and its parameter, of a name such as `front.keypoints_topic`.
fn parts(name: &str) -> Option<(&str, &str)> {
    let (source, parameter) = name.split_once('.')?;
    OWN.contains(&parameter).then_some((source, parameter))
}

impl Config {
    /// Every source; what is not said of one is as for the whole node.
    pub fn sources(&self) -> Vec<SourceConfig> {
        if self.sources.is_empty() {
            return vec![self.source("")];
        }
        self.sources.iter().map(|name| self.source(name)).collect()
    }

    fn source(&self, name: &str) -> SourceConfig {
        let mut of_it = self.clone();
        for (full_name, value) in &self.source_parameters.0 {
            if let Some((_, parameter)) = parts(full_name).filter(|(source, _)| *source == name) {
                // What does not fit was refused when it was set.
                of_it.set(parameter, value).ok();
            }
        }
        SourceConfig {
            name: name.to_owned(),
            keypoints_topic: of_it.keypoints_topic,
            keypoints_type: of_it.keypoints_type,
            camera_info_topic: of_it.camera_info_topic,
            image_rectified: of_it.image_rectified,
            depth_topic: of_it.depth_topic,
            depth_type: of_it.depth_type,
            depth_camera_info_topic: of_it.depth_camera_info_topic,
        }
    }

    /// That no two sources listen to the same keypoints, for people would come out twice. Asked
    /// when the node is configured: while parameters are set one by one, two may be the same for a
    /// moment.
    ///
    /// # Errors
    /// [`ConfigError`]: names the two.
    pub fn check_topics(&self) -> Result<(), ConfigError> {
        let sources = self.sources();
        for (place, source) in sources.iter().enumerate() {
            let topic = source.topic();
            if let Some(other) = sources[..place].iter().find(|other| other.topic() == topic) {
                return Err(ConfigError::Contradiction {
                    first: format!("{}.keypoints_topic", other.name),
                    second: format!("{}.keypoints_topic", source.name),
                    found: format!("{topic} for both"),
                    expected: "a topic for each source".to_owned(),
                });
            }
        }
        Ok(())
    }

    /// That sources have names of their own, and that what is said is said of one of them.
    pub(super) fn check_sources(&self) -> Result<(), ConfigError> {
        let contradiction = |first, found: String, expected: &str| ConfigError::Contradiction {
            first,
            second: "sources".to_owned(),
            found,
            expected: expected.to_owned(),
        };
        if self.sources.len() > MOST_SOURCES {
            let found = self.sources.len().to_string();
            let expected = format!("{MOST_SOURCES} or fewer: each has a network of its own");
            return Err(contradiction("sources".to_owned(), found, &expected));
        }
        for (place, name) in self.sources.iter().enumerate() {
            let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !is_word || self.sources[..place].contains(name) {
                let first = "sources".to_owned();
                let expected = "different names of letters, digits and underscores, such as front";
                return Err(contradiction(first, format!("{name:?}"), expected));
            }
        }
        for name in self.source_parameters.0.keys() {
            let source = parts(name).map_or("", |(source, _)| source);
            if !self.sources.iter().any(|known| known == source) {
                let found = format!("no source {source:?} in {:?}", self.sources);
                return Err(contradiction(name.clone(), found, "its name in sources"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn a_source_has_its_own_or_what_the_node_has() {
        let mut config = Config::default();
        let names = ["front", "rear"].map(str::to_owned).to_vec();
        // The order of parameters in a file means nothing.
        config
            .set("rear.keypoints_topic", &text("/rear/tracking"))
            .unwrap();
        config.set("sources", &Value::List(names)).unwrap();
        config.set("keypoints_topic", &text("/a")).unwrap();
        config.check().unwrap();
        let topics: Vec<_> = config
            .sources()
            .into_iter()
            .map(|source| (source.name, source.keypoints_topic))
            .collect();
        let expected = [("front", "/a"), ("rear", "/rear/tracking")];
        assert_eq!(
            topics,
            expected.map(|(name, topic)| (name.into(), topic.into()))
        );
        assert_eq!(
            config.get("rear.keypoints_topic"),
            Some(text("/rear/tracking"))
        );
    }

    #[test]
    fn two_sources_do_not_share_their_keypoints() {
        let mut config = Config {
            sources: ["front", "rear"].map(str::to_owned).to_vec(),
            ..Config::default()
        };
        config.check().unwrap();
        let error = config.check_topics().unwrap_err().to_string();
        assert!(
            error.contains("front.keypoints_topic and rear.keypoints_topic")
                && error.contains("/yolo/tracking for both"),
            "{error}"
        );
        let rear = text("/rear/tracking");
        config.set("rear.keypoints_topic", &rear).unwrap();
        config.check_topics().unwrap();
        for source in ["front", "rear"] {
            let hri = text(Skeleton2D::TYPE_NAME);
            config
                .set(&format!("{source}.keypoints_type"), &hri)
                .unwrap();
        }
        assert!(config.check_topics().is_err());
    }

    #[test]
    fn without_names_there_is_one_source() {
        let sources = Config::default().sources();
        assert_eq!((sources.len(), sources[0].name.as_str()), (1, ""));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let mut config = Config::default();
        let error = config
            .set("front.image_rectified", &text("yes"))
            .unwrap_err();
        assert!(error.to_string().contains("true or false"), "{error}");
        config
            .set("front.image_rectified", &Value::Bool(true))
            .unwrap();
        let error = config.check().unwrap_err().to_string();
        assert!(error.contains("no source \"front\""), "{error}");
        config.sources = vec!["front".into(), "front".into()];
        let error = config.check().unwrap_err().to_string();
        assert!(error.contains("different names"), "{error}");
        assert!(config.set("front.predict_s", &Value::Float(1.0)).is_err());
    }
}
