//! How far people are from the robot, at a steady rate and whatever happens: what is not known is
//! said to be so.

use super::NodeError;
use super::steady::Told;
use crate::bus::{Bus, PublisherId, Qos};
use crate::config::Config;
use crate::config::parts::PartConfig;
use crate::config::ros_args::RosArgs;
use crate::engine::EngineError;
use crate::msg::posemoe::Separation as SeparationMsg;
use crate::msg::{Message, encode};
use crate::output::separation::{Pair, Scene, message};
use nalgebra::Vector3;
use posemoe_core::frames::Frames;
use posemoe_core::geometry::capsule::Capsule;
use posemoe_core::person::extrapolate::Validity;
use posemoe_core::separation::{RobotPart, Someone};
use posemoe_stamp::Stamp;

/// A controller wants the newest or none.
const QOS: Qos = Qos::reliable(1);

/// The robot's parts, and where to tell of them.
pub struct Separations {
    publisher: PublisherId,
    parts: Vec<PartConfig>,
    /// How many there are.
    cameras: usize,
}

impl Separations {
    /// Advertises, where the configuration names parts.
    ///
    /// # Errors
    /// [`NodeError`] when the bus refuses, or the parts are not said in full.
    pub fn advertise(
        bus: &mut dyn Bus,
        args: &RosArgs,
        cameras: usize,
    ) -> Result<Option<Self>, NodeError> {
        let parts = args.config.parts().map_err(EngineError::from)?;
        if parts.is_empty() {
            return Ok(None);
        }
        let topic = &args.config.separation_topic;
        let topic = args.publication(topic, SeparationMsg::TYPE_NAME, QOS);
        Ok(Some(Self {
            publisher: bus.advertise(&topic)?,
            parts,
            cameras,
        }))
    }

    /// Publishes no more.
    pub fn leave(self, bus: &mut dyn Bus) {
        bus.unadvertise(self.publisher);
    }

    /// Publishes how far everyone at `moment` is from every part, as is known at `now`; one message
    /// for each frame that people are in, and one where nobody has been seen yet; all of them.
    /// `cameras`: how many have shown anything.
    pub fn publish(
        &self,
        bus: &mut dyn Bus,
        config: &Config,
        (all, cameras): (&[Told], usize),
        frames: &Frames,
        (moment, now): (Stamp, Stamp),
    ) -> Vec<SeparationMsg> {
        let is_blind = cameras < self.cameras;
        let missing = || match cameras {
            0 => "no image of any camera yet".to_owned(),
            _ => format!(
                "no image of {} of {} cameras",
                self.cameras - cameras,
                self.cameras
            ),
        };
        let mut sent = Vec::new();
        for told in all {
            let mut scene = self.scene(config, told, frames, (moment, now));
            if is_blind {
                scene.reasons.push(missing());
            }
            sent.push(message(&scene, now));
        }
        if all.is_empty() {
            let nobody = Scene {
                frame_id: config.target_frame.trim_start_matches('/'),
                moment,
                source: None,
                pairs: Vec::new(),
                reasons: vec![missing()],
            };
            sent.push(message(&nobody, now));
        }
        for message in &sent {
            bus.publish(self.publisher, moment, &encode(message));
        }
        sent
    }

    fn scene<'a>(
        &'a self,
        config: &Config,
        told: &'a Told,
        frames: &Frames,
        (moment, now): (Stamp, Stamp),
    ) -> Scene<'a> {
        let (poses, validity) = (&told.poses, config.validity());
        let mut reasons = Vec::new();
        let age_s = now.seconds_since(told.source);
        if !validity.is_fresh(age_s) {
            reasons.push(format!("the newest image is {age_s:.3} s old"));
        }
        if poses.unplaced > 0 {
            reasons.push(format!(
                "{} people seen whose place is not known",
                poses.unplaced
            ));
        }
        let (protective, unseen) = (config.protective(), config.unseen_limbs());
        let people: Vec<Someone<'_>> = (poses.people.iter())
            .map(|person| Someone::new(person, unseen))
            .collect();
        let mut pairs = Vec::new();
        for part in &self.parts {
            let there = placed(part, &poses.frame_id, frames, (moment, now), &validity);
            if let Err(reason) = &there {
                reasons.push(format!("{}: {reason}", part.name));
            }
            for (person, someone) in poses.people.iter().zip(&people) {
                let found = match &there {
                    Ok(there) => Ok(someone.from(there, &protective)),
                    Err(reason) => Err(reason.clone()),
                };
                pairs.push(Pair {
                    person: &person.id,
                    part: &part.name,
                    found,
                });
            }
        }
        Scene {
            frame_id: &poses.frame_id,
            moment,
            source: Some(told.source),
            pairs,
            reasons,
        }
    }
}

/// Where a part is at `moment`, carried on from the newest transforms as it moved then.
///
/// # Errors
/// Why nobody knows.
fn placed(
    part: &PartConfig,
    frame_id: &str,
    frames: &Frames,
    (moment, now): (Stamp, Stamp),
    validity: &Validity,
) -> Result<RobotPart, String> {
    let end = |frame: &str| -> Result<[Vector3<f64>; 2], String> {
        let target = frame_id.trim_start_matches('/');
        let newest = frames.newest(target, frame).map_err(|e| e.to_string())?;
        let at = newest.unwrap_or(moment);
        let age_s = now.seconds_since(at);
        if newest.is_some() && !validity.is_fresh(age_s) {
            return Err(format!(
                "the newest transform from {frame:?} is {age_s:.3} s old"
            ));
        }
        let motion = frames
            .motion(target, frame, at)
            .map_err(|e| e.to_string())?;
        let origin = Vector3::zeros();
        let velocity_m_s = motion.velocity_m_s(&origin, &origin);
        let carried_s = moment.seconds_since(at).max(0.0);
        Ok([
            motion.position_m(&origin) + velocity_m_s * carried_s,
            velocity_m_s,
        ])
    };
    let ends = [end(&part.from)?, end(&part.to)?];
    Ok(RobotPart {
        capsule: Capsule {
            axis_m: ends.map(|[position_m, _]| position_m),
            radius_m: part.radius_m,
        },
        velocities_m_s: ends.map(|[_, velocity_m_s]| velocity_m_s),
    })
}
