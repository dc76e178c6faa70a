//! What the parameters are to the parts of the node that need several of them together.

use std::time::Duration;

use super::Config;
use posemoe_core::fuse;
use posemoe_core::lift::Mode;
use posemoe_core::lift::provider::Provider;
use posemoe_core::person::extrapolate::Validity;
use posemoe_core::person::memory::MotionModel;
use posemoe_core::person::size::SizeModel;
use posemoe_core::pipeline::Settings;
use posemoe_core::separation::body::Unseen;
use posemoe_core::separation::level::Protective;

/// Of what is published at a steady rate.
const LONGEST_PERIOD: Duration = Duration::from_secs(24 * 3600);

impl Config {
    /// How a person's past is used.
    pub fn mode(&self) -> Mode {
        self.mode.parse().unwrap_or_default()
    }

    /// What the pipeline needs of it.
    pub fn settings(&self) -> Settings {
        Settings {
            min_score: self.min_keypoint_score,
            min_keypoints: self.min_keypoints.unsigned_abs() as usize,
            max_people: self.max_people.unsigned_abs() as usize,
            sigma_scale: self.sigma_scale,
            reidentify_s: self.reidentify_s,
            motion: MotionModel {
                acceleration_noise: self.acceleration_noise,
                size: SizeModel {
                    stature_sigma: self.stature_sigma,
                    known_stature_m: self.known_stature_m,
                },
                smoothing: self.smoothing,
                predict_s: self.predict_s,
            },
        }
    }

    /// How long an image stands for what is there.
    pub fn validity(&self) -> Validity {
        Validity {
            stale_s: self.stale_s,
            predict_s: self.predict_s,
        }
    }

    /// How people of several cameras become one.
    pub fn fusion(&self) -> fuse::Settings {
        fuse::Settings {
            validity: self.validity(),
            reidentify_s: self.reidentify_s,
            motion: self.settings().motion,
            extrinsics: fuse::Extrinsics {
                turn_sigma_rad: self.camera_turn_sigma_rad,
                place_sigma_m: self.camera_place_sigma_m,
            },
        }
    }

    /// How near people may come to the robot.
    pub fn protective(&self) -> Protective {
        Protective {
            reaction_s: self.reaction_time_s,
            stopping_s: self.stopping_time_s,
            stopping_m: self.stopping_distance_m,
            person_m_s: self.person_speed_m_s,
            robot_m_s: self.robot_speed_m_s,
            intrusion_m: self.intrusion_m,
            sigmas: self.uncertainty_sigmas,
            robot_uncertainty_m: self.robot_uncertainty_m,
            reduce_m: self.reduce_margin_m,
        }
    }

    /// What is made of limbs that the image does not show.
    pub fn unseen_limbs(&self) -> Unseen {
        self.unseen_limbs.parse().unwrap_or_default()
    }

    /// The period of what is published at a steady rate; `None` where it goes with each image.
    pub fn output_period(&self) -> Option<Duration> {
        // A rate may be so low that no clock reaches the end of its period.
        let period = Duration::try_from_secs_f64(1.0 / self.output_rate_hz);
        (self.output_rate_hz > 0.0).then(|| period.unwrap_or(LONGEST_PERIOD).min(LONGEST_PERIOD))
    }

    /// The providers, in the order asked for.
    pub fn providers(&self) -> Vec<Provider> {
        self.providers
            .iter()
            .filter_map(|name| name.parse().ok())
            .collect()
    }
}
