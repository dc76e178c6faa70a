//! How far people are from the parts of a robot, how fast that shrinks, and what it asks of the
//! robot.
//!
//! Not safety-rated: nothing here, nor what it is computed from, was made to keep people from harm
//! by itself.

pub mod body;
pub mod level;

use nalgebra::Vector3;

use crate::geometry::capsule::{Capsule, Gap, at};
use crate::person::pose::{PersonPose, State};
use body::{Body, PARTS, Unseen};
use level::{Approach, Level, Protective};

/// A part of the robot.
#[derive(Clone, Debug, PartialEq)]
pub struct RobotPart {
    /// The space that it takes, in the people's frame.
    pub capsule: Capsule,
    /// Velocity of each end (m/s).
    pub velocities_m_s: [Vector3<f64>; 2],
}

/// Where somebody is nearest to a part of the robot.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearest {
    /// The part of the body.
    pub body_part: &'static str,
    /// The points of the person and of the robot (m).
    pub points_m: [Vector3<f64>; 2],
    /// Between them (m); below 0 where the capsules overlap.
    pub distance_m: f64,
    /// Standard deviation of that (m), of what is unknown of the person.
    pub sigma_m: f64,
    /// How fast it shrinks (m/s).
    pub approach_m_s: f64,
    /// How long that takes at this speed (s); infinite where it does not shrink, 0 where there is
    /// contact.
    pub contact_s: f64,
    /// How much there should be at least (m).
    pub protective_m: f64,
}

impl Nearest {
    /// What there is beyond that (m).
    pub fn margin_m(&self) -> f64 {
        self.distance_m - self.protective_m
    }
}

/// A person and a part of the robot.
#[derive(Clone, Debug, PartialEq)]
pub struct Separation {
    /// What it asks of the robot.
    pub level: Level,
    /// Why nothing is known, where it is so.
    pub reason: Option<String>,
    /// Where they are nearest; of several parts of the body, that of the least margin.
    pub nearest: Nearest,
}

/// Somebody as far as separations go.
pub struct Someone<'a> {
    person: &'a PersonPose,
    body: Body,
}

impl<'a> Someone<'a> {
    /// Takes somebody's measure.
    pub fn new(person: &'a PersonPose, unseen: Unseen) -> Self {
        let body = Body::of(person, unseen);
        Self { person, body }
    }

    /// How far they are from a part of the robot.
    pub fn from(&self, part: &RobotPart, protective: &Protective) -> Separation {
        let nearest_of = |index: usize| self.nearest(index, part, protective);
        let mut nearest = nearest_of(0);
        for index in 1..PARTS.len() {
            let other = nearest_of(index);
            // What is not a number is worst of all.
            let is_nearer = other.margin_m() < nearest.margin_m();
            if is_nearer || !other.margin_m().is_finite() {
                nearest = other;
            }
            if !nearest.margin_m().is_finite() {
                break;
            }
        }
        let reason = self.reason(&nearest);
        let level = match &reason {
            Some(_) => Level::Unknown,
            None => protective.level(nearest.margin_m()),
        };
        Separation {
            level,
            reason,
            nearest,
        }
    }

    /// Why nothing is known of them.
    fn reason(&self, nearest: &Nearest) -> Option<String> {
        match self.person.state {
            State::Lost => Some("lost".to_owned()),
            State::Predicted => Some("not seen in the newest image, or that is too old".to_owned()),
            State::Tracked => match self.body.unseen {
                Some(joint) => Some(format!("{joint} is not seen")),
                None if nearest.margin_m().is_finite() => None,
                None => Some("a distance that is not finite".to_owned()),
            },
        }
    }

    fn nearest(&self, index: usize, part: &RobotPart, protective: &Protective) -> Nearest {
        let gap = part.capsule.gap(&self.body.capsules[index]);
        let [on_robot, on_body] = gap.shares;
        let ends = PARTS[index].joints.map(|joint| &self.person.joints[joint]);
        let person_m_s = ends[0].velocity_m_s.lerp(&ends[1].velocity_m_s, on_body);
        let robot_m_s = at(&part.velocities_m_s, on_robot);
        let (person_m_s, robot_m_s) = towards(&gap, person_m_s, robot_m_s);
        let approach = Approach {
            person_m_s,
            robot_m_s,
        };
        let approach_m_s = person_m_s + robot_m_s;
        let joint_sigma_m = ends.map(|end| end.axis_sigma_m());
        let joint_sigma_m = joint_sigma_m[0] + on_body * (joint_sigma_m[1] - joint_sigma_m[0]);
        let sigma_m = (self.root_variance_m2(&gap) + joint_sigma_m.powi(2)).sqrt();
        Nearest {
            body_part: PARTS[index].name,
            points_m: [gap.points_m[1], gap.points_m[0]],
            distance_m: gap.distance_m,
            sigma_m,
            approach_m_s,
            contact_s: match gap.distance_m {
                contact if contact <= 0.0 => 0.0,
                _ if approach_m_s > 0.0 => gap.distance_m / approach_m_s,
                _ => f64::INFINITY,
            },
            protective_m: protective.distance_m(&approach, sigma_m),
        }
    }

    /// Variance of the root along the line between the two; where they meet, along the worst.
    fn root_variance_m2(&self, gap: &Gap) -> f64 {
        let (covariance_m2, line) = (&self.person.root_covariance_m2, &gap.direction);
        match line.norm_squared() > 0.5 {
            true => (line.transpose() * covariance_m2 * line)[0].max(0.0),
            false => covariance_m2.trace().max(0.0),
        }
    }
}

/// How fast each comes towards the other; where they meet, each as fast as it is.
fn towards(gap: &Gap, person_m_s: Vector3<f64>, robot_m_s: Vector3<f64>) -> (f64, f64) {
    match gap.direction.norm_squared() > 0.5 {
        true => (
            -gap.direction.dot(&person_m_s),
            gap.direction.dot(&robot_m_s),
        ),
        false => (person_m_s.norm(), robot_m_s.norm()),
    }
}

#[cfg(test)]
mod tests;
