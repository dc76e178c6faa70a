//! ROS parameter files (YAML), and single values in their notation. `serde_yaml` stays behind this
//! file.

use std::path::Path;

use serde_yaml::Value as Yaml;

use super::sections::{self, shown};
use super::{Config, ConfigError, Value};

impl Config {
    /// Takes over what a parameter file says for the node `namespace`/`node`, in the file's order.
    ///
    /// Returns which sections there are, if none is for this node.
    ///
    /// # Errors
    /// [`ConfigError`] when the file cannot be read, or holds an unknown, mistyped or out-of-range
    /// parameter.
    pub fn load_file(
        &mut self,
        path: &Path,
        namespace: &str,
        node: &str,
    ) -> Result<Option<String>, ConfigError> {
        let unusable = |reason: String| ConfigError::File {
            path: path.to_owned(),
            reason,
        };
        let text = std::fs::read_to_string(path).map_err(|e| unusable(e.to_string()))?;
        let yaml: Yaml = serde_yaml::from_str(&text).map_err(|e| unusable(e.to_string()))?;
        let sections = sections::read(&yaml).map_err(unusable)?;
        let node = format!("{}/{node}", namespace.trim_end_matches('/'));
        let (ours, others): (Vec<_>, Vec<_>) =
            sections.iter().partition(|section| section.is_for(&node));
        for section in &ours {
            self.load("", section.parameters).map_err(unusable)?;
        }
        let others: Vec<_> = others.iter().map(|section| &*section.name).collect();
        Ok(ours.is_empty().then(|| match others.as_slice() {
            [] => format!("found no section, expected one for {node} or /**"),
            others => format!("found {}, expected {node} or /**", others.join(", ")),
        }))
    }

    /// Takes over a parameter, or all parameters of a mapping: their names are joined by dots.
    fn load(&mut self, name: &str, yaml: &Yaml) -> Result<(), String> {
        let Yaml::Mapping(parts) = yaml else {
            let value = value_of(yaml).map_err(|reason| format!("{name}: {reason}"))?;
            return self.set(name, &value).map_err(|error| error.to_string());
        };
        for (key, part) in parts {
            let Some(key) = key.as_str() else {
                let found = shown(key);
                return Err(format!(
                    "found {found} as a name, expected that of a parameter"
                ));
            };
            match name {
                "" => self.load(key, part)?,
                _ => self.load(&format!("{name}.{key}"), part)?,
            }
        }
        Ok(())
    }
}

/// A value in YAML's notation, as `-p name:=value` takes it.
///
/// # Errors
/// What was found, when it is none that a ROS parameter can have.
pub fn parse_value(text: &str) -> Result<Value, String> {
    // An empty value is an empty text, as for ROS 2's own parser.
    if text.is_empty() {
        return Ok(Value::Text(String::new()));
    }
    let yaml: Yaml = serde_yaml::from_str(text).map_err(|e| e.to_string())?;
    value_of(&yaml)
}

fn value_of(yaml: &Yaml) -> Result<Value, String> {
    let text = |item: &Yaml| match item {
        Yaml::String(text) => Ok(text.clone()),
        other => Err(format!("found {} in a list, expected texts", shown(other))),
    };
    match yaml {
        Yaml::Bool(v) => Ok(Value::Bool(*v)),
        Yaml::Number(n) => n
            .as_i64()
            .map(Value::Int)
            .or_else(|| n.as_f64().map(Value::Float))
            .ok_or_else(|| format!("found {n}, expected a number that fits 64 bits")),
        Yaml::String(v) => Ok(Value::Text(v.clone())),
        Yaml::Sequence(items) => items
            .iter()
            .map(text)
            .collect::<Result<_, _>>()
            .map(Value::List),
        other => Err(format!(
            "found {}, expected a bool, a number, a text or a list of texts",
            shown(other)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn load(yaml: &str) -> Result<(Config, Option<String>), String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(yaml.as_bytes()).unwrap();
        let mut config = Config::default();
        let others = config
            .load_file(file.path(), "/robot", "posemoe")
            .map_err(|e| e.to_string())?;
        Ok((config, others))
    }

    #[test]
    fn sections_for_this_node_count_and_later_ones_win() {
        let (config, others) = load(
            "/**:\n  ros__parameters: {predict_s: 1, max_people: 3}\n\
             other:\n  ros__parameters: {predict_s: 9}\n\
             /robot/posemoe:\n  ros__parameters: {predict_s: 2.5, providers: [cuda, cpu]}\n",
        )
        .unwrap();
        assert_eq!((config.predict_s, config.max_people), (2.5, 3));
        assert_eq!(config.providers, ["cuda", "cpu"]);
        assert_eq!(others, None);
    }

    #[test]
    fn a_file_that_has_nothing_for_this_node_is_named() {
        let (config, others) = load(
            "posemoe: {ros__parameters: {predict_s: 1}}\n\
             robot: {other: {ros__parameters: {predict_s: 2}}}\n",
        )
        .unwrap();
        assert_eq!(config, Config::default());
        assert_eq!(
            others.unwrap(),
            "found /posemoe, /robot/other, expected /robot/posemoe or /**"
        );
        let (_, others) = load("# nothing\n").unwrap();
        assert!(others.unwrap().contains("found no section"));
    }

    #[test]
    fn nested_names_are_joined_by_dots() {
        let (config, _) =
            load("/**:\n  ros__parameters:\n    qos_overrides: {/tf: {publisher: {depth: 7}}}\n")
                .unwrap();
        let names: Vec<_> = config.qos_overrides.0.keys().collect();
        assert_eq!(names, ["qos_overrides./tf.publisher.depth"]);
    }

    #[test]
    fn mistakes_are_named_with_the_file() {
        for (yaml, expected) in [
            (
                "/**: {ros__parameters: {predikt_s: 1}}",
                "unknown parameter \"predikt_s\"",
            ),
            (
                "/**: {ros__parameters: {predict_s: -1}}",
                "expected a number from 0 to 10",
            ),
            ("predict_s: 1", "predict_s is no section"),
            ("a: [", "while parsing"),
            (
                "/**: {ros__parameters: {1: 2}}",
                "found 1 as a name, expected that of a parameter",
            ),
            (
                "/**: {ros__parameters: {providers: [cpu, 1]}}",
                "providers: found 1 in a list",
            ),
            (
                "/**: {ros__parameters: {predict_s: {a: 1}}}",
                "unknown parameter \"predict_s.a\"",
            ),
            (
                "/**: {ros__parameters: {predict_s: null}}",
                "predict_s: found nothing, expected a bool",
            ),
        ] {
            let error = load(yaml).unwrap_err();
            assert!(error.contains(expected), "{yaml}: {error}");
        }
    }

    #[test]
    fn values_read_as_ros_reads_them() {
        assert_eq!(parse_value("1"), Ok(Value::Int(1)));
        assert_eq!(parse_value("1.0"), Ok(Value::Float(1.0)));
        assert_eq!(parse_value("true"), Ok(Value::Bool(true)));
        assert_eq!(parse_value("/a/b"), Ok(Value::Text("/a/b".into())));
        assert_eq!(
            parse_value("[cuda, cpu]"),
            Ok(Value::List(vec!["cuda".into(), "cpu".into()]))
        );
        assert_eq!(parse_value(""), Ok(Value::Text(String::new())));
        assert!(parse_value("[1, 2]").is_err());
    }
}
