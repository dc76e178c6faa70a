//! Which topics of a bag the node takes, and why not where it takes none.

use std::fmt;

use posemoe::config::ros_args::RosArgs;
use posemoe::config::sources::SourceConfig;
use posemoe::msg::Message;
use posemoe::msg::hri_msgs::{IdsList, Skeleton2D};
use posemoe::msg::posemoe::People2D;
use posemoe::msg::sensor_msgs::CameraInfo;
use posemoe::msg::yolo_msgs::DetectionArray;
use posemoe::msg::zed_msgs::ObjectsStamped;
use posemoe_bag::BagTopic;

/// A topic of a source, or why there is none.
pub type Choice<'a> = Result<&'a BagTopic, String>;

/// Types of keypoints that come on one topic.
const DETECTORS: [&str; 3] = [
    DetectionArray::TYPE_NAME,
    People2D::TYPE_NAME,
    ObjectsStamped::TYPE_NAME,
];

/// Where the configured topic is not in the bag, takes the only one of a fitting type. Where there
/// are several sources nothing is guessed.
///
/// # Errors
/// When the node would have no topic, or one of another type.
pub fn choose(topics: &[BagTopic], ros: &mut RosArgs) -> Result<(), String> {
    for source in ros.config.sources() {
        let found = keypoints(topics, ros, &source)?;
        let is_hri = source.keypoints_type == Skeleton2D::TYPE_NAME;
        if !is_hri && found.name != ros.resolve(&source.keypoints_topic) {
            ros.config.keypoints_topic = found.name.clone();
            ros.take_as_is(&found.name);
            ros.config.keypoints_type = found.type_name.clone();
        }
        let found = camera_info(topics, ros, &source)?;
        if found.name != ros.resolve(&source.camera_info_topic) {
            ros.config.camera_info_topic = found.name.clone();
            ros.take_as_is(&found.name);
        }
    }
    Ok(())
}

/// Where the keypoints of a source come from.
pub fn keypoints<'a>(topics: &'a [BagTopic], ros: &RosArgs, source: &SourceConfig) -> Choice<'a> {
    let (expected, fitting) = match source.keypoints_type.as_str() {
        // Each body has a topic; this one says which bodies there are.
        Skeleton2D::TYPE_NAME => (IdsList::TYPE_NAME, &[][..]),
        detector => (detector, &DETECTORS[..]),
    };
    let wanted = ros.resolve(source.topic());
    found(topics, source, &wanted, expected)
        .unwrap_or_else(|| only_one(topics, source, &wanted, fitting, "keypoints_topic"))
}

/// Where the calibration of a source comes from.
pub fn camera_info<'a>(topics: &'a [BagTopic], ros: &RosArgs, source: &SourceConfig) -> Choice<'a> {
    let expected = CameraInfo::TYPE_NAME;
    let wanted = ros.resolve(&source.camera_info_topic);
    found(topics, source, &wanted, expected)
        .unwrap_or_else(|| only_one(topics, source, &wanted, &[expected], "camera_info_topic"))
}

/// A topic that the node needs.
pub struct Use<'a> {
    /// What for.
    pub what: &'static str,
    /// The name of the source, unless there is only one.
    pub source: String,
    /// The topic, or why there is none.
    pub choice: Choice<'a>,
    /// Types of other topics that are called the same, and are left out.
    not: Vec<&'a str>,
}

/// What the node would take of a bag.
pub fn uses<'a>(topics: &'a [BagTopic], ros: &RosArgs) -> Vec<Use<'a>> {
    let mut uses = Vec::new();
    for source in ros.config.sources() {
        let keypoints = keypoints(topics, ros, &source);
        let camera_info = camera_info(topics, ros, &source);
        for (what, choice) in [("keypoints", keypoints), ("camera info", camera_info)] {
            let namesakes = topics.iter().filter(|topic| match &choice {
                Ok(one) => topic.name == one.name && topic.type_name != one.type_name,
                Err(_) => false,
            });
            uses.push(Use {
                what,
                source: source.name.clone(),
                not: namesakes.map(|topic| &*topic.type_name).collect(),
                choice,
            });
        }
    }
    uses
}

impl fmt::Display for Use<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<14}", self.what)?;
        match &self.choice {
            Ok(topic) => write!(f, "{} ({})", topic.name, topic.type_name)?,
            Err(why) => return write!(f, "none: {why}"),
        }
        if !self.not.is_empty() {
            write!(f, ", not {} of the same name", self.not.join(", "))?;
        }
        match self.source.as_str() {
            "" => Ok(()),
            source => write!(f, " of {source}"),
        }
    }
}

/// The topics that every source must have.
pub fn wanted(ros: &RosArgs) -> Vec<String> {
    let sources = ros.config.sources();
    let topics = sources
        .iter()
        .flat_map(|source| [source.topic(), &source.camera_info_topic]);
    topics.map(|name| ros.resolve(name)).collect()
}

/// The configured topic, when the bag has it.
fn found<'a>(
    topics: &'a [BagTopic],
    source: &SourceConfig,
    wanted: &str,
    expected: &str,
) -> Option<Choice<'a>> {
    let of_name: Vec<_> = topics.iter().filter(|t| t.name == wanted).collect();
    if let Some(fitting) = of_name.iter().find(|topic| topic.type_name == expected) {
        return Some(Ok(fitting));
    }
    let found: Vec<_> = of_name.iter().map(|topic| &*topic.type_name).collect();
    let text = format!(
        "topic {wanted} carries {}, expected {expected}",
        found.join(" and ")
    );
    (!found.is_empty()).then(|| Err(said_of(source, text)))
}

/// The only topic of these types, in the place of one that the bag does not have.
fn only_one<'a>(
    topics: &'a [BagTopic],
    source: &SourceConfig,
    wanted: &str,
    types: &[&str],
    parameter: &str,
) -> Choice<'a> {
    let all: Vec<_> = topics.iter().collect();
    if types.is_empty() || !source.name.is_empty() {
        let text = format!("the bag has no topic {wanted}; it has {}", list(&all));
        return Err(said_of(source, text));
    }
    let is_fitting = |topic: &&&BagTopic| types.contains(&topic.type_name.as_str());
    let fitting: Vec<_> = all.iter().filter(is_fitting).copied().collect();
    let types = types.join(" or ");
    match fitting.as_slice() {
        [topic] => Ok(topic),
        [] => Err(format!(
            "the bag has no topic of type {types}; it has {}",
            list(&all)
        )),
        several => Err(format!(
            "the bag has several topics of type {types}: {}; choose one: --ros-args \
             -p {parameter}:=TOPIC",
            list(several)
        )),
    }
}

fn list(topics: &[&BagTopic]) -> String {
    let names = topics
        .iter()
        .map(|t| format!("{} ({})", t.name, t.type_name));
    match topics {
        [] => "none at all".to_owned(),
        _ => names.collect::<Vec<_>>().join(", "),
    }
}

fn said_of(source: &SourceConfig, text: String) -> String {
    match source.name.as_str() {
        "" => text,
        name => format!("source {name}: {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use posemoe::input::hri::TRACKED_TOPIC;

    fn bag(topics: &[(&str, &str)]) -> Vec<BagTopic> {
        let topic = |(name, type_name): &(&str, &str)| BagTopic {
            name: (*name).to_owned(),
            type_name: (*type_name).to_owned(),
            message_count: 1,
        };
        topics.iter().map(topic).collect()
    }

    fn arguments(parameters: &[&str]) -> RosArgs {
        let given = parameters.iter().flat_map(|p| ["-p", p]);
        let words = ["--ros-args"].into_iter().chain(given).map(str::to_owned);
        RosArgs::parse(words).unwrap().0
    }

    #[test]
    fn the_only_topic_of_a_fitting_type_is_taken() {
        let topics = bag(&[
            ("/faces", People2D::TYPE_NAME),
            ("/left/camera_info", CameraInfo::TYPE_NAME),
        ]);
        let mut ros = arguments(&[]);
        choose(&topics, &mut ros).unwrap();
        assert_eq!(ros.config.keypoints_topic, "/faces");
        assert_eq!(ros.config.keypoints_type, People2D::TYPE_NAME);
        assert_eq!(ros.config.camera_info_topic, "/left/camera_info");
    }

    #[test]
    fn a_topic_that_was_found_is_not_remapped_away() {
        let topics = bag(&[
            ("/yolo/tracking", DetectionArray::TYPE_NAME),
            ("/camera/camera_info", CameraInfo::TYPE_NAME),
        ]);
        let words =
            "--ros-args -r /yolo/tracking:=/front/tracking -r /camera/camera_info:=/front/info";
        let (mut ros, _) = RosArgs::parse(words.split(' ').map(str::to_owned)).unwrap();
        choose(&topics, &mut ros).unwrap();
        assert_eq!(wanted(&ros), ["/yolo/tracking", "/camera/camera_info"]);
        let said: Vec<_> = uses(&topics, &ros)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            said,
            [
                "keypoints     /yolo/tracking (yolo_msgs/msg/DetectionArray)",
                "camera info   /camera/camera_info (sensor_msgs/msg/CameraInfo)",
            ]
        );
    }

    #[test]
    fn of_topics_with_one_name_the_one_of_the_right_type_is_taken() {
        let topics = bag(&[
            ("/yolo/tracking", "std_msgs/msg/String"),
            ("/yolo/tracking", DetectionArray::TYPE_NAME),
            ("/camera/camera_info", CameraInfo::TYPE_NAME),
        ]);
        let ros = arguments(&[]);
        let [keypoints, _] = &uses(&topics, &ros)[..] else {
            panic!("a source has two topics");
        };
        assert_eq!(
            keypoints.to_string(),
            "keypoints     /yolo/tracking (yolo_msgs/msg/DetectionArray), not std_msgs/msg/String \
             of the same name"
        );
        let error = choose(&topics[..1], &mut arguments(&[])).unwrap_err();
        assert!(
            error.contains("carries std_msgs/msg/String, expected yolo"),
            "{error}"
        );
    }

    #[test]
    fn of_several_none_is_taken_and_the_flag_is_named() {
        let topics = bag(&[
            ("/a", DetectionArray::TYPE_NAME),
            ("/b", People2D::TYPE_NAME),
            ("/camera/camera_info", CameraInfo::TYPE_NAME),
        ]);
        let error = choose(&topics, &mut arguments(&[])).unwrap_err();
        assert!(
            error.contains("/a (yolo_msgs/msg/DetectionArray), /b (posemoe/msg/People2D)")
                && error.contains("-p keypoints_topic:=TOPIC"),
            "{error}"
        );
        let mut ros = arguments(&["keypoints_topic:=/a"]);
        choose(&topics, &mut ros).unwrap();
        assert_eq!(ros.config.keypoints_topic, "/a");
    }

    #[test]
    fn bodies_of_ros4hri_need_the_topic_that_says_who_is_there() {
        let mut ros = arguments(&["keypoints_type:=hri_msgs/msg/Skeleton2D"]);
        let info = ("/camera/camera_info", CameraInfo::TYPE_NAME);
        let error = choose(&bag(&[info]), &mut ros).unwrap_err();
        assert!(error.contains("no topic /humans/bodies/tracked"), "{error}");
        let topics = bag(&[info, (TRACKED_TOPIC, IdsList::TYPE_NAME)]);
        choose(&topics, &mut ros).unwrap();
        assert_eq!(ros.config.keypoints_type, Skeleton2D::TYPE_NAME);
    }

    #[test]
    fn of_several_sources_none_is_guessed() {
        let parameters = ["sources:=[front]", "front.keypoints_topic:=/front"];
        let topics = bag(&[("/a", DetectionArray::TYPE_NAME)]);
        let error = choose(&topics, &mut arguments(&parameters)).unwrap_err();
        assert!(
            error.contains("source front: the bag has no topic /front"),
            "{error}"
        );
    }
}
