//! `posemoe/msg/Separation`: how far everyone is from every part of the robot.

use super::{header, point, time};
use crate::msg::geometry_msgs::Point;
use crate::msg::posemoe::{PartSeparation, Separation as SeparationMsg};
use posemoe_core::separation::Separation;
use posemoe_core::separation::level::Level;
use posemoe_stamp::Stamp;

/// Reasons that a message names at most.
const MOST_REASONS: usize = 8;

/// A person and a part.
pub struct Pair<'a> {
    /// The person's id.
    pub person: &'a str,
    /// The part's name.
    pub part: &'a str,
    /// How far they are from each other, or why nobody knows.
    pub found: Result<Separation, String>,
}

/// Everyone in one frame at one moment.
pub struct Scene<'a> {
    /// The frame.
    pub frame_id: &'a str,
    /// The moment.
    pub moment: Stamp,
    /// The newest image that it rests on, if there is any.
    pub source: Option<Stamp>,
    /// Everyone with everything.
    pub pairs: Vec<Pair<'a>>,
    /// Why nothing is known of all of it.
    pub reasons: Vec<String>,
}

/// The message, as is known at `now`.
pub fn message(scene: &Scene<'_>, now: Stamp) -> SeparationMsg {
    let pairs: Vec<PartSeparation> = scene.pairs.iter().map(pair).collect();
    let mut reasons = scene.reasons.clone();
    // What is wrong with a part is among them already; what is wrong with a person is said once.
    for pair in &scene.pairs {
        if let Ok(Separation {
            reason: Some(reason),
            ..
        }) = &pair.found
        {
            let reason = format!("person {:?}: {reason}", pair.person);
            if reasons.len() < MOST_REASONS && !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }
    let of_pairs = pairs.iter().map(|pair| pair.level);
    let is_unknown = !reasons.is_empty() || of_pairs.clone().any(|l| l == SeparationMsg::UNKNOWN);
    let worst = of_pairs.max().unwrap_or(SeparationMsg::CLEAR);
    SeparationMsg {
        header: header(scene.moment, scene.frame_id),
        source_stamp: scene.source.map(time).unwrap_or_default(),
        age_s: scene
            .source
            .map_or(f64::INFINITY, |source| now.seconds_since(source)),
        level: if is_unknown {
            SeparationMsg::UNKNOWN
        } else {
            worst
        },
        reason: reasons.join("; "),
        pairs,
    }
}

fn pair(pair: &Pair<'_>) -> PartSeparation {
    let named = PartSeparation {
        person: pair.person.to_owned(),
        part: pair.part.to_owned(),
        ..PartSeparation::default()
    };
    match &pair.found {
        Err(reason) => {
            let nowhere = Point {
                x: f64::NAN,
                y: f64::NAN,
                z: f64::NAN,
            };
            PartSeparation {
                level: SeparationMsg::UNKNOWN,
                reason: reason.clone(),
                person_point: nowhere.clone(),
                part_point: nowhere,
                distance_m: f64::NAN,
                sigma_m: f64::NAN,
                approach_speed_m_s: f64::NAN,
                time_to_contact_s: f64::NAN,
                protective_distance_m: f64::NAN,
                margin_m: f64::NAN,
                ..named
            }
        }
        Ok(Separation {
            level,
            reason,
            nearest,
        }) => PartSeparation {
            body_part: nearest.body_part.to_owned(),
            level: match level {
                Level::Clear => SeparationMsg::CLEAR,
                Level::Reduce => SeparationMsg::REDUCE,
                Level::Stop => SeparationMsg::STOP,
                Level::Unknown => SeparationMsg::UNKNOWN,
            },
            reason: reason.clone().unwrap_or_default(),
            person_point: point(&nearest.points_m[0]),
            part_point: point(&nearest.points_m[1]),
            distance_m: nearest.distance_m,
            sigma_m: nearest.sigma_m,
            approach_speed_m_s: nearest.approach_m_s,
            time_to_contact_s: nearest.contact_s,
            protective_distance_m: nearest.protective_m,
            margin_m: nearest.margin_m(),
            ..named
        },
    }
}
