//! Parts of a robot: `robot_parts: [forearm, hand]`, then `forearm.from`, `forearm.to`,
//! `forearm.radius_m` and so on.

use std::collections::BTreeMap;

use super::{Config, ConfigError, Range, Value, ValueError};
use crate::config::value::Parameter;

/// More parts than any robot has.
const MOST_PARTS: usize = 64;
const RADIUS: Range = Range::Between(0.0, 5.0);

/// A part of the robot: a capsule from the origin of one frame to that of another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartConfig {
    /// Its name.
    pub name: String,
    /// The frame at one end.
    pub from: String,
    /// The frame at the other; the same for a ball.
    pub to: String,
    /// Half its thickness (m).
    pub radius_m: f64,
}

/// What was said of single parts, by the names of the parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartParameters(pub(super) BTreeMap<String, Value>);

impl PartParameters {
    /// Whether this is the name of a parameter of a part.
    pub fn is_one(name: &str) -> bool {
        parts(name).is_some()
    }

    /// Takes one in.
    ///
    /// # Errors
    /// [`ConfigError`] when the value does not fit.
    pub fn set(&mut self, name: &str, value: &Value) -> Result<(), ConfigError> {
        let read = match parts(name) {
            Some((_, "radius_m")) => f64::read(value, &RADIUS).map(|_| ()),
            _ => String::read(value, &Range::NotEmpty).map(|_| ()),
        };
        read.map_err(|ValueError { found, expected }| ConfigError::Unfit {
            name: name.to_owned(),
            found,
            expected,
        })?;
        self.0.insert(name.to_owned(), value.clone());
        Ok(())
    }
}

/// The part and its parameter, of a name such as `hand.radius_m`.
fn parts(name: &str) -> Option<(&str, &str)> {
    let (part, parameter) = name.split_once('.')?;
    ["from", "to", "radius_m"]
        .contains(&parameter)
        .then_some((part, parameter))
}

impl Config {
    /// Every part of the robot.
    ///
    /// # Errors
    /// [`ConfigError`]: names what is not said of one, and what is said of none.
    pub fn parts(&self) -> Result<Vec<PartConfig>, ConfigError> {
        let contradiction =
            |first: &str, found: String, expected: &str| ConfigError::Contradiction {
                first: first.to_owned(),
                second: "robot_parts".to_owned(),
                found,
                expected: expected.to_owned(),
            };
        let names = &self.robot_parts;
        if names.len() > MOST_PARTS {
            let (found, expected) = (names.len().to_string(), format!("{MOST_PARTS} or fewer"));
            return Err(contradiction("robot_parts", found, &expected));
        }
        for name in self.part_parameters.0.keys() {
            let part = parts(name).map_or("", |(part, _)| part);
            if !names.iter().any(|known| known == part) {
                let found = format!("no part {part:?} in {names:?}");
                return Err(contradiction(name, found, "its name in robot_parts"));
            }
        }
        let mut all: Vec<PartConfig> = Vec::new();
        for name in names {
            if all.iter().any(|part| part.name == *name) {
                let found = format!("{name:?} twice");
                return Err(contradiction("robot_parts", found, "different names"));
            }
            let said = |parameter: &str| {
                let full_name = format!("{name}.{parameter}");
                let value = self.part_parameters.0.get(&full_name);
                value.ok_or_else(|| {
                    contradiction(&full_name, "nothing".to_owned(), "a value for each part")
                })
            };
            // What does not fit was refused when it was set.
            let frame = |parameter: &str| -> Result<String, ConfigError> {
                let frame = String::read(said(parameter)?, &Range::NotEmpty);
                Ok(frame.unwrap_or_default().trim_start_matches('/').to_owned())
            };
            all.push(PartConfig {
                name: name.clone(),
                from: frame("from")?,
                to: frame("to")?,
                radius_m: f64::read(said("radius_m")?, &RADIUS).unwrap_or(f64::NAN),
            });
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn a_part_is_said_in_three_words() {
        let mut config = Config::default();
        config.set("hand.from", &text("/wrist")).unwrap();
        config.set("hand.to", &text("tool")).unwrap();
        let error = config.parts().unwrap_err().to_string();
        assert!(error.contains("no part \"hand\""), "{error}");
        config
            .set("robot_parts", &Value::List(vec!["hand".into()]))
            .unwrap();
        let error = config.parts().unwrap_err().to_string();
        assert!(
            error.contains("hand.radius_m") && error.contains("found nothing"),
            "{error}"
        );
        config.set("hand.radius_m", &Value::Float(0.1)).unwrap();
        assert_eq!(
            config.parts().unwrap(),
            [PartConfig {
                name: "hand".into(),
                from: "wrist".into(),
                to: "tool".into(),
                radius_m: 0.1,
            }]
        );
        assert_eq!(config.get("hand.to"), Some(text("tool")));
        assert!(config.names().contains(&"hand.from".to_owned()));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let mut config = Config::default();
        for (name, value) in [
            ("hand.radius_m", Value::Float(-0.1)),
            ("hand.radius_m", Value::Float(f64::NAN)),
            ("hand.radius_m", text("wide")),
            ("hand.from", text("")),
            ("hand.to", Value::Float(1.0)),
        ] {
            let error = config.set(name, &value).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
        config.robot_parts = vec!["a".into(), "a".into()];
        for name in ["a.from", "a.to"] {
            config.set(name, &text("base")).unwrap();
        }
        config.set("a.radius_m", &Value::Int(1)).unwrap();
        assert!(
            config
                .parts()
                .unwrap_err()
                .to_string()
                .contains("\"a\" twice")
        );
    }
}
