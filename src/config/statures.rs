//! Whose stature is known: `known_statures: ["7=1.78", "front_anna=1.62"]`.

use std::collections::BTreeMap;

use super::{Config, ConfigError};
use crate::input::LONGEST_ID;
use posemoe_core::person::statures::Statures;

const NAME: &str = "known_statures";
/// As many people are remembered at most.
const MOST: usize = 256;
/// From a child that can just stand to a giant (m).
const STATURES_M: std::ops::RangeInclusive<f64> = 0.5..=2.5;

impl Config {
    /// Of those whom a source shows, by the ids that they have there.
    pub fn statures_of(&self, source: &str) -> Statures {
        let own = |(id, stature_m): (&str, f64)| {
            let id = match source {
                "" => id,
                _ => id.strip_prefix(source)?.strip_prefix('_')?,
            };
            Some((id.to_owned(), stature_m))
        };
        self.statures().into_iter().filter_map(own).collect()
    }

    /// Of everyone, by the ids that are published.
    pub fn all_statures(&self) -> Statures {
        let owned = |(id, stature_m): (&str, f64)| (id.to_owned(), stature_m);
        self.statures().into_iter().map(owned).collect()
    }

    /// What does not fit was refused when it was set.
    fn statures(&self) -> BTreeMap<&str, f64> {
        let all = self.known_statures.iter();
        all.filter_map(|said| read(said).ok()).collect()
    }

    /// That each says who is how tall, and no two speak of one person.
    pub(super) fn check_statures(&self) -> Result<(), ConfigError> {
        let unfit = |found: String, expected: String| ConfigError::Unfit {
            name: NAME.to_owned(),
            found,
            expected,
        };
        let count = self.known_statures.len();
        if count > MOST {
            let expected = format!("{MOST} or fewer");
            return Err(unfit(format!("{count} people"), expected));
        }
        let mut known = BTreeMap::new();
        for said in &self.known_statures {
            let excerpt = || posemoe_core::health::excerpt(said);
            let (id, stature_m) = read(said).map_err(|expected| unfit(excerpt(), expected))?;
            if known.insert(id, stature_m).is_some() {
                return Err(unfit(excerpt(), format!("id {id:?} once only")));
            }
        }
        Ok(())
    }
}

/// Who it is and how tall (m).
fn read(said: &str) -> Result<(&str, f64), String> {
    let (least, most) = (STATURES_M.start(), STATURES_M.end());
    let expected = || format!("such as \"7=1.78\": an id, and {least} to {most} m or 0");
    let (id, stature) = said.rsplit_once('=').ok_or_else(expected)?;
    let (id, stature) = (id.trim(), stature.trim());
    let stature_m: f64 = stature.parse().map_err(|_| expected())?;
    if id.is_empty() || !(stature_m == 0.0 || STATURES_M.contains(&stature_m)) {
        return Err(expected());
    }
    if id.len() > LONGEST_ID {
        return Err(format!("an id of up to {LONGEST_ID} bytes"));
    }
    Ok((id, stature_m))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Value;

    /// After they were said, and were found to go with the rest.
    fn said(statures: &[&str]) -> Result<Config, String> {
        let mut config = Config::default();
        let statures = statures.iter().map(|said| (*said).to_owned()).collect();
        let set = config.set(NAME, &Value::List(statures));
        set.and_then(|()| config.check())
            .map_err(|e| e.to_string())?;
        Ok(config)
    }

    #[test]
    fn each_is_known_by_the_id_that_is_published() {
        let config = said(&["7=1.78", "front_7 = 1.6", "a=b=0", "f1=1.9"]).unwrap();
        let all = config.all_statures();
        assert_eq!(all.of("7"), Some(1.78));
        assert_eq!(all.of("f1"), Some(1.9));
        assert_eq!(all.of("a=b"), Some(0.0));
        assert_eq!(all.of("8"), None);
        let front = config.statures_of("front");
        assert_eq!((front.of("7"), front.of("f1")), (Some(1.6), None));
        assert_eq!(config.statures_of("fro").of("nt_7"), None);
        assert_eq!(config.statures_of(""), all);
    }

    #[test]
    fn nobody_is_of_no_such_stature() {
        for wrong in [
            "7=-1.78", "7=NaN", "7=inf", "7=10", "7=178", "7=0.1", "7=", "=1.78", "7", "", "7=tall",
        ] {
            let error = said(&["8=1.7", wrong]).unwrap_err();
            let expected = format!("parameter known_statures: found {wrong:?}, expected such as");
            assert!(error.starts_with(&expected), "{error}");
        }
        let error = said(&["7=1.7", "7=1.8"]).unwrap_err();
        assert!(
            error.contains("\"7=1.8\", expected id \"7\" once"),
            "{error}"
        );
        let error = said(&[&format!("{}=1.7", "a".repeat(200))]).unwrap_err();
        assert!(error.contains("up to 128 bytes"), "{error}");
    }

    #[test]
    fn there_are_no_more_of_them_than_people_are_remembered() {
        let many: Vec<String> = (0..257).map(|id| format!("{id}=1.7")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        said(&many[..256]).unwrap();
        let error = said(&many).unwrap_err();
        assert!(
            error.contains("257 people, expected 256 or fewer"),
            "{error}"
        );
    }
}
