//! What a robot may do: how near is too near.

/// What a distance asks of the robot, from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nobody is near.
    Clear,
    /// Somebody is near: go slower.
    Reduce,
    /// Somebody is too near: stand still.
    Stop,
    /// Nothing is known: as dangerous as the nearest person can be.
    Unknown,
}

/// The protective separation distance of ISO/TS 15066:2016, 5.5.4.2.3, which ISO 10218-2:2025 has
/// taken up: S = S_h + S_r + S_s + C + Z_d + Z_r.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Protective {
    /// T_r: from here to where the robot begins to brake (s).
    pub reaction_s: f64,
    /// T_s: from there to where it stands (s).
    pub stopping_s: f64,
    /// Distance that it goes meanwhile (m); 0 where that is not known: then at its speed for all of
    /// T_s.
    pub stopping_m: f64,
    /// People are taken to come nearer at least so fast (m/s); the standards have 1.6.
    pub person_m_s: f64,
    /// The robot is taken to come nearer at least so fast (m/s).
    pub robot_m_s: f64,
    /// C: how far a part of the body gets in before it is seen (m).
    pub intrusion_m: f64,
    /// Z_d: so many standard deviations of where the person is.
    pub sigmas: f64,
    /// Z_r: how far off the robot's own place may be (m).
    pub robot_uncertainty_m: f64,
    /// Up to so much beyond the protective distance (m) the robot is to go slower.
    pub reduce_m: f64,
}

/// How fast two come nearer to each other, each by itself (m/s); below 0: away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Approach {
    /// The person, towards the robot.
    pub person_m_s: f64,
    /// The robot, towards the person.
    pub robot_m_s: f64,
}

impl Protective {
    /// The distance (m) below which the robot cannot stand still before somebody reaches it, where
    /// `sigma_m` is the standard deviation of where the person is.
    pub fn distance_m(&self, approach: &Approach, sigma_m: f64) -> f64 {
        let person_m_s = at_least(approach.person_m_s, self.person_m_s);
        let robot_m_s = at_least(approach.robot_m_s, self.robot_m_s);
        let of_person_m = person_m_s * (self.reaction_s + self.stopping_s);
        let until_braking_m = robot_m_s * self.reaction_s;
        let braking_m = match self.stopping_m {
            known if known > 0.0 => known,
            _ => robot_m_s * self.stopping_s,
        };
        of_person_m
            + until_braking_m
            + braking_m
            + self.intrusion_m
            + self.sigmas * sigma_m
            + self.robot_uncertainty_m
    }

    /// The level of a distance that is so much larger (m) than the protective one.
    pub fn level(&self, margin_m: f64) -> Level {
        match margin_m {
            _ if !margin_m.is_finite() => Level::Unknown,
            _ if margin_m < 0.0 => Level::Stop,
            _ if margin_m < self.reduce_m => Level::Reduce,
            _ => Level::Clear,
        }
    }
}

/// The larger of two; no number stays none, where `f64::max` would let it vanish.
fn at_least(value: f64, least: f64) -> f64 {
    if value.is_nan() {
        value
    } else {
        value.max(least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PROTECTIVE: Protective = Protective {
        reaction_s: 0.1,
        stopping_s: 0.4,
        stopping_m: 0.0,
        person_m_s: 1.6,
        robot_m_s: 0.25,
        intrusion_m: 0.2,
        sigmas: 2.0,
        robot_uncertainty_m: 0.01,
        reduce_m: 0.5,
    };

    #[test]
    fn the_terms_are_those_of_the_standard() {
        let still = Approach {
            person_m_s: 0.0,
            robot_m_s: -1.0,
        };
        // 1.6 (0.1 + 0.4) + 0.25 x 0.1 + 0.25 x 0.4 + 0.2 + 2 x 0.03 + 0.01
        assert!((PROTECTIVE.distance_m(&still, 0.03) - 1.195).abs() < 1e-12);
        let fast = Approach {
            person_m_s: 2.0,
            robot_m_s: 1.0,
        };
        let known = Protective {
            stopping_m: 0.3,
            ..PROTECTIVE
        };
        // 2 x 0.5 + 1 x 0.1 + 0.3 + 0.2 + 0 + 0.01
        assert!((known.distance_m(&fast, 0.0) - 1.61).abs() < 1e-12);
    }

    #[test]
    fn levels_follow_the_margin_and_no_number_is_unknown() {
        let level = |margin_m| PROTECTIVE.level(margin_m);
        assert_eq!((level(-1e-9), level(0.0)), (Level::Stop, Level::Reduce));
        assert_eq!((level(0.499), level(0.5)), (Level::Reduce, Level::Clear));
        for nothing in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(level(nothing), Level::Unknown);
        }
        assert!(Level::Unknown > Level::Stop && Level::Reduce > Level::Clear);
    }

    proptest! {
        /// Whoever comes faster or is known less well needs no less room.
        #[test]
        fn it_only_grows(
            person in -3.0..3.0f64,
            robot in -3.0..3.0f64,
            sigma in 0.0..1.0f64,
            more in 0.0..1.0f64,
        ) {
            let of = |person_m_s, robot_m_s, sigma_m| {
                PROTECTIVE.distance_m(&Approach { person_m_s, robot_m_s }, sigma_m)
            };
            let least = of(person, robot, sigma);
            prop_assert!(of(person + more, robot, sigma) >= least);
            prop_assert!(of(person, robot + more, sigma) >= least);
            prop_assert!(of(person, robot, sigma + more) >= least);
        }
    }
}
