//! Every parameter with its default, range and meaning; ROS parameters are declared from here.

mod error;
pub mod file;
pub mod overrides;
pub mod parts;
mod remap;
pub mod render;
pub mod ros_args;
mod sections;
mod settings;
pub mod sources;
mod statures;
mod value;

use std::collections::BTreeMap;

pub use error::ConfigError;
use overrides::Overrides;
use parts::PartParameters;
use sources::SourceParameters;
use value::Parameter;
pub use value::{Change, Range, Value, ValueError};

use posemoe_core::lift::Mode;
use posemoe_core::separation::body::Unseen;

/// One parameter as it is declared.
#[derive(Clone, Debug, PartialEq)]
pub struct Descriptor {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub description: String,
    /// Its default.
    pub default: Value,
    /// What it may be.
    pub range: Range,
    /// When it may change.
    pub change: Change,
}

macro_rules! parameters {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident: $type:ty = $default:expr, $range:expr, $change:ident;
    )+) => {
        /// The node's parameters.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Config {
            $( $(#[doc = $doc])+ pub $name: $type, )+
            /// What the user says about the delivery of topics.
            pub qos_overrides: Overrides,
            /// What the user says of single sources.
            pub source_parameters: SourceParameters,
            /// What the user says of single parts of the robot.
            pub part_parameters: PartParameters,
        }

        impl Default for Config {
            fn default() -> Self {
                Self {
                    $( $name: $default.into(), )+
                    qos_overrides: Overrides::default(),
                    source_parameters: SourceParameters::default(),
                    part_parameters: PartParameters::default(),
                }
            }
        }

        impl Config {
            /// Sets one parameter.
            ///
            /// # Errors
            /// [`ConfigError`] when there is no such parameter, or the value has another type or is
            /// out of range.
            pub fn set(&mut self, name: &str, value: &Value) -> Result<(), ConfigError> {
                match name {
                    $( stringify!($name) => {
                        self.$name = <$type>::read(value, &$range)
                            .map_err(|ValueError { found, expected }| ConfigError::Unfit {
                                name: name.to_owned(), found, expected,
                            })?;
                    } )+
                    _ if name.starts_with(overrides::PREFIX) => {
                        self.qos_overrides.set(name, value).map_err(|expected| ConfigError::Unfit {
                            name: name.to_owned(), found: value.to_string(), expected,
                        })?;
                    }
                    _ if SourceParameters::is_one(name) => self.source_parameters.set(name, value)?,
                    _ if PartParameters::is_one(name) => self.part_parameters.set(name, value)?,
                    _ => return Err(ConfigError::Unknown {
                        name: name.to_owned(),
                        known: [$( stringify!($name) ),+].join(", "),
                    }),
                }
                Ok(())
            }

            /// The value of one parameter, if there is such a one.
            pub fn get(&self, name: &str) -> Option<Value> {
                match name {
                    $( stringify!($name) => Some(self.$name.write()), )+
                    _ => self.given().into_iter().find_map(|given| given.get(name)).cloned(),
                }
            }

            /// The names of all parameters.
            pub fn names(&self) -> Vec<String> {
                let fixed = [$( stringify!($name) ),+].into_iter().map(str::to_owned);
                let more = self.given().into_iter().flat_map(BTreeMap::keys);
                fixed.chain(more.cloned()).collect()
            }

            /// When a parameter may change.
            pub fn change(name: &str) -> Change {
                match name {
                    $( stringify!($name) => Change::$change, )+
                    _ if name.starts_with(overrides::PREFIX) => Change::Start,
                    _ => Change::Unconfigured,
                }
            }

            /// Every parameter, in the order of declaration.
            pub fn describe() -> Vec<Descriptor> {
                let defaults = Self::default();
                vec![ $( Descriptor {
                    name: stringify!($name),
                    description: [$( $doc.trim() ),+].join(" "),
                    default: defaults.$name.write(),
                    range: $range,
                    change: Change::$change,
                } ),+ ]
            }
        }
    };
}

parameters! {
    /// Topic of the 2D keypoints.
    keypoints_topic: String = "/yolo/tracking", Range::NotEmpty, Unconfigured;
    /// Type of the 2D keypoints.
    keypoints_type: String = "yolo_msgs/msg/DetectionArray",
        Range::OneOf(&[
            "yolo_msgs/msg/DetectionArray",
            "posemoe/msg/People2D",
            "hri_msgs/msg/Skeleton2D",
            "zed_msgs/msg/ObjectsStamped",
        ]), Unconfigured;
    /// Topic of the calibration of the camera that the keypoints were found with.
    camera_info_topic: String = "/camera/camera_info", Range::NotEmpty, Unconfigured;
    /// Whether the keypoints were found in a rectified image: then P and R are used, without
    /// distortion.
    image_rectified: bool = false, Range::Any, Unconfigured;
    /// Topic of depth images (16UC1 or 32FC1) of what the keypoints' camera sees; empty where there
    /// are none.
    depth_topic: String = "", Range::Any, Unconfigured;
    /// Type of the depth images; auto: CompressedImage where their topic, as remapped, ends in
    /// /compressedDepth, else Image.
    depth_type: String = "auto",
        Range::OneOf(&["auto", "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"]),
        Unconfigured;
    /// Topic of the depth images' calibration; empty where they are registered to the keypoints'
    /// camera, in its size.
    depth_camera_info_topic: String = "", Range::Any, Unconfigured;
    /// A depth image belongs to keypoints whose stamp is at most so far from its own (s).
    depth_tolerance_s: f64 = 0.05, Range::Between(0.0, 1.0), Live;
    /// Keypoints wait for their depth image for this long (s), and go on without then; not where
    /// none came for a second.
    depth_wait_s: f64 = 0.05, Range::Between(0.0, 1.0), Live;
    /// Frame whose plane z = 0 is the floor, z upwards, such as base_footprint; empty: nobody knows
    /// where the floor is.
    ground_frame: String = "", Range::Any, Unconfigured;
    /// Names of several sources (cameras); each may have NAME.keypoints_topic, NAME.keypoints_type,
    /// NAME.camera_info_topic, NAME.image_rectified, NAME.depth_topic, NAME.depth_type and
    /// NAME.depth_camera_info_topic, and is otherwise as the node.
    sources: Vec<String> = Vec::new(), Range::Any, Unconfigured;
    /// Frame of the 3D people, of the markers and of the people for Nav2; empty for the camera's.
    target_frame: String = "", Range::Any, Unconfigured;
    /// Whether people whom several sources show become one, with one id and joints from all rays
    /// together; where there are several sources and a target_frame.
    fuse: bool = true, Range::Any, Unconfigured;
    /// Fused people: how far off TF has cameras turned (rad), one standard deviation.
    camera_turn_sigma_rad: f64 = 0.002, Range::Between(0.0, 0.5), Live;
    /// Fused people: how far off TF has cameras placed (m, along each axis), one sigma.
    camera_place_sigma_m: f64 = 0.005, Range::Between(0.0, 1.0), Live;
    /// How long people wait for the transform into the target frame (s) before they are dropped.
    transform_timeout_s: f64 = 0.2, Range::Between(0.0, 5.0), Live;
    /// Topic of the 3D people.
    people_topic: String = "~/people3d", Range::NotEmpty, Unconfigured;
    /// How often 3D people, markers and people for Nav2 are published (Hz), everyone as they are at
    /// that moment; 0: with each image, as they were in it.
    output_rate_hz: f64 = 0.0, Range::Between(0.0, 1000.0), Live;
    /// At a steady rate: people are given for so much later (s), when a command takes effect.
    lead_s: f64 = 0.0, Range::Between(0.0, 2.0), Live;
    /// At a steady rate, and of cameras that are fused: an image so old (s) no longer shows where
    /// people are; two periods of the detector and its latency.
    stale_s: f64 = 0.3, Range::Between(0.01, 10.0), Live;
    /// Topic of the markers for RViz and Foxglove.
    markers_topic: String = "~/markers", Range::NotEmpty, Unconfigured;
    /// Whether markers are published.
    publish_markers: bool = true, Range::Any, Live;
    /// Whether transforms are published on /tf.
    publish_tf: bool = true, Range::Any, Live;
    /// Whether people_msgs/People are published, for Nav2's social layers.
    publish_nav_people: bool = false, Range::Any, Live;
    /// Topic of the people for Nav2.
    nav_people_topic: String = "/people", Range::NotEmpty, Unconfigured;
    /// Whether people are published as points on their bodies, for Nav2's collision monitor and
    /// costmaps and for MoveIt.
    publish_cloud: bool = false, Range::Any, Live;
    /// Topic of these points.
    cloud_topic: String = "~/cloud", Range::NotEmpty, Unconfigured;
    /// No place on a body is farther from one of these points (m).
    cloud_spacing_m: f64 = 0.1, Range::Between(0.02, 1.0), Live;
    /// Where people will be until so much later (s) is filled with points as well.
    cloud_horizon_s: f64 = 0.0, Range::Between(0.0, 2.0), Live;
    /// Whether bodies are published as ROS4HRI has them (REP-155), below /humans/bodies.
    publish_hri: bool = false, Range::Any, Live;
    /// Names of the robot's parts, each a capsule between two TF frames with NAME.from, NAME.to and
    /// NAME.radius_m: how far people are from them is published at output_rate_hz. Not
    /// safety-rated: never the only thing that keeps people from harm.
    robot_parts: Vec<String> = Vec::new(), Range::Any, Unconfigured;
    /// Topic of the distances between people and the robot's parts.
    separation_topic: String = "~/separation", Range::NotEmpty, Unconfigured;
    /// What is made of knees, ankles, elbows and wrists that the image does not show: the level is
    /// unknown, they are anywhere that they reach, or where the network infers them.
    unseen_limbs: String = "unknown", Range::OneOf(&Unseen::NAMES), Live;
    /// Protective distance (ISO/TS 15066), T_r: from the moment that people are given for until the
    /// robot begins to brake (s).
    reaction_time_s: f64 = 0.1, Range::Between(0.0, 10.0), Live;
    /// Protective distance, T_s: from there until the robot stands (s).
    stopping_time_s: f64 = 0.5, Range::Between(0.0, 60.0), Live;
    /// Protective distance, S_s: how far the robot goes meanwhile (m), at its fastest; 0: its speed
    /// times the stopping time.
    stopping_distance_m: f64 = 0.0, Range::Between(0.0, 100.0), Live;
    /// Protective distance: people are taken to come nearer at least so fast (m/s); 1.6 where
    /// nothing safety-rated measures it.
    person_speed_m_s: f64 = 1.6, Range::Between(0.0, 20.0), Live;
    /// Protective distance: the robot's parts are taken to come nearer at least so fast (m/s),
    /// whatever TF says.
    robot_speed_m_s: f64 = 0.25, Range::Between(0.0, 50.0), Live;
    /// Protective distance, C: how far a part of the body gets in before it is seen (m); 0.85 (ISO
    /// 13855) unless shown to be less.
    intrusion_m: f64 = 0.85, Range::Between(0.0, 5.0), Live;
    /// Protective distance, Z_d: so many standard deviations of where the person is.
    uncertainty_sigmas: f64 = 2.0, Range::Between(0.0, 10.0), Live;
    /// Protective distance, Z_r: how far off the robot's own place may be (m).
    robot_uncertainty_m: f64 = 0.02, Range::Between(0.0, 5.0), Live;
    /// Up to so much beyond the protective distance (m) the robot is to go slower.
    reduce_margin_m: f64 = 0.5, Range::Between(0.0, 100.0), Live;
    /// How a person's past is used: each frame once and at once, or windows of the last frames.
    mode: String = "stream", Range::OneOf(&["stream", "window"]), Unconfigured;
    /// Path of the model, or name of one that ships (posemoe_xs.onnx is faster and less accurate);
    /// empty for the mode's own.
    model: String = "", Range::Any, Start;
    /// Path of the model that says how plausible poses are (Person3D.plausibility), or name of one
    /// that ships; empty for posemoe_prior.onnx where that is there, none: it is not said.
    plausibility_model: String = "", Range::Any, Start;
    /// Frames of each person that the streaming network remembers: those of late all, earlier ones
    /// thinned out over 8 s.
    memory_frames: i64 = 96, Range::Between(1.0, 1024.0), Unconfigured;
    /// Frames of a window, in the mode window.
    window_frames: i64 = 27, Range::Between(1.0, 1024.0), Unconfigured;
    /// Answers wait for frames up to this much later (s), and use them; only in the mode window.
    lookahead_s: f64 = 0.0, Range::Between(0.0, 2.0), Unconfigured;
    /// Path of libonnxruntime.so; empty to look for it (POSEMOE_ONNXRUNTIME, scripts/setup,
    /// /usr/lib).
    onnxruntime: String = "", Range::Any, Start;
    /// Execution providers, tried strictly in this order: cpu, cuda, tensorrt.
    providers: Vec<String> =
        ["cpu".to_owned()], Range::EachOneOf(&["cpu", "cuda", "tensorrt"]), Unconfigured;
    /// Threads of the network on the CPU, among which a stream's people are shared out; 0: one
    /// live, up to 4 over a bag.
    threads: i64 = 0, Range::Between(0.0, 64.0), Unconfigured;
    /// Frames that the stream's network is given together, so that answers wait for up to so many;
    /// 0: one live, 8 over a bag.
    frames_together: i64 = 0, Range::Between(0.0, 64.0), Unconfigured;
    /// Folder in which TensorRT keeps its engines; empty to build them at every start.
    tensorrt_cache: String = "", Range::Any, Start;
    /// Keypoints with a lower score are taken as not seen.
    min_keypoint_score: f64 = 0.1, Range::Between(0.0, 1.0), Live;
    /// People with fewer seen joints are not lifted.
    min_keypoints: i64 = 4, Range::Between(3.0, 17.0), Live;
    /// People lifted and remembered at most.
    max_people: i64 = 20, Range::Between(1.0, 256.0), Unconfigured;
    /// A person who is not seen is predicted for this long (s), then lost.
    predict_s: f64 = 0.5, Range::Between(0.0, 10.0), Live;
    /// Somebody unseen for up to this long (s) comes back under the id that they had, also where
    /// the detector gives another; 0: the detector's ids as they are.
    reidentify_s: f64 = 8.0, Range::Between(0.0, 10.0), Live;
    /// How hard people at rest accelerate, as the square root of the power spectral density
    /// (m/s^1.5); whoever walks does more, in proportion to speed.
    acceleration_noise: f64 = 0.5, Range::Between(0.01, 100.0), Live;
    /// How much people's stature differs from the network's guess, as a share of it.
    stature_sigma: f64 = 0.05, Range::Between(0.0, 1.0), Live;
    /// Stature of everybody (m), where that is known: people's distance follows from it; 0 where it
    /// is not.
    known_stature_m: f64 = 0.0, Range::Between(0.0, 2.5), Live;
    /// Stature (m) of single people, as ID=STATURE with their published id, such as 7=1.78; it goes
    /// before known_stature_m. 0: unknown of this one.
    known_statures: Vec<String> = Vec::new(), Range::Any, Live;
    /// What the network's sigmas are multiplied by: `posemoe evaluate` says how much would be right
    /// for your detector (sigma_factor).
    sigma_scale: f64 = 1.0, Range::Between(0.1, 10.0), Live;
    /// How much joints are smoothed, at the cost of delay; 1 costs 2 ms and no accuracy, 0 is as
    /// the network sees them.
    smoothing: f64 = 1.0, Range::Between(0.0, 10.0), Live;
    /// Whether /clock gives the time.
    use_sim_time: bool = false, Range::Any, Live;
    /// Whether the node configures and activates itself when it starts; if not, it waits for
    /// `ros2 lifecycle set`.
    autostart: bool = true, Range::Any, Unconfigured;
}

impl Config {
    /// Parameters that are there only where somebody names them, by name.
    fn given(&self) -> [&BTreeMap<String, Value>; 3] {
        [
            &self.qos_overrides.0,
            &self.source_parameters.0,
            &self.part_parameters.0,
        ]
    }

    /// That its parameters go together.
    ///
    /// # Errors
    /// [`ConfigError`]: names the two that do not.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.mode() == Mode::Stream && self.lookahead_s > 0.0 {
            return Err(ConfigError::Contradiction {
                first: "mode".to_owned(),
                second: "lookahead_s".to_owned(),
                found: format!("stream, which answers at once, and {}", self.lookahead_s),
                expected: "lookahead_s 0, or mode window".to_owned(),
            });
        }
        if !self.parts()?.is_empty() && self.output_rate_hz <= 0.0 {
            return Err(ConfigError::Contradiction {
                first: "robot_parts".to_owned(),
                second: "output_rate_hz".to_owned(),
                found: format!("{:?} and 0", self.robot_parts),
                expected: "a rate above 0: distances that come with images fall silent with them"
                    .to_owned(),
            });
        }
        self.check_statures()?;
        self.check_sources()
    }
}

#[cfg(test)]
mod tests;
