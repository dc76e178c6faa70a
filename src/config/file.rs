//! ROS parameter files (YAML), and single values in their notation. `serde_yaml` stays behind this file.

use std::path::Path;

use serde_yaml::Value as Yaml;

use super::{Config, ConfigError, Value};

const PARAMETERS: &str = "ros__parameters";

impl Config {
    /// Takes over what a parameter file says for the node, in the file's order: sections named
    /// `/**`, `*`, the node's name, or its fully qualified name.
    ///
    /// Returns the sections that are there but meant for other nodes.
    ///
    /// # Errors
    /// When the file cannot be read, or holds an unknown, mistyped or out-of-range parameter.
    pub fn load_file(
        &mut self,
        path: &Path,
        namespace: &str,
        node: &str,
    ) -> Result<Vec<String>, ConfigError> {
        let unusable = |reason: String| ConfigError::File {
            path: path.to_owned(),
            reason,
        };
        let text = std::fs::read_to_string(path).map_err(|e| unusable(e.to_string()))?;
        let yaml: Yaml = serde_yaml::from_str(&text).map_err(|e| unusable(e.to_string()))?;
        let Yaml::Mapping(sections) = yaml else {
            return Err(unusable(format!(
                "expected a mapping of node names to {PARAMETERS}"
            )));
        };
        let qualified = format!("{}/{node}", namespace.trim_end_matches('/'));
        let mut others = Vec::new();
        for (name, section) in &sections {
            let name = name.as_str().unwrap_or_default();
            let ours = ["/**", "*", "/*", node, qualified.as_str()].contains(&name)
                || qualified == format!("/{name}");
            if !ours {
                others.push(name.to_owned());
                continue;
            }
            let Some(parameters @ Yaml::Mapping(_)) = section.get(PARAMETERS) else {
                return Err(unusable(format!(
                    "section {name:?} has no mapping {PARAMETERS}"
                )));
            };
            self.load("", parameters).map_err(unusable)?;
        }
        Ok(others)
    }

    /// Takes over a parameter, or all parameters of a mapping: their names are joined by dots.
    fn load(&mut self, name: &str, yaml: &Yaml) -> Result<(), String> {
        let Yaml::Mapping(parts) = yaml else {
            let value = value_of(yaml).map_err(|reason| format!("{name}: {reason}"))?;
            return self.set(name, &value).map_err(|error| error.to_string());
        };
        for (key, part) in parts {
            let key = key.as_str().unwrap_or_default();
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
        other => Err(format!("found {other:?} in a list, expected texts")),
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
            "found {other:?}, expected a bool, a number, a text or a list of texts"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn load(yaml: &str) -> Result<(Config, Vec<String>), String> {
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
        assert_eq!(others, ["other"]);
    }

    #[test]
    fn nested_names_are_joined_by_dots() {
        let (config, _) = load(
            "posemoe:\n  ros__parameters:\n    qos_overrides: {/tf: {publisher: {depth: 7}}}\n",
        )
        .unwrap();
        let names: Vec<_> = config.qos_overrides.names().collect();
        assert_eq!(names, ["qos_overrides./tf.publisher.depth"]);
    }

    #[test]
    fn mistakes_are_named_with_the_file() {
        for (yaml, expected) in [
            (
                "posemoe: {ros__parameters: {predikt_s: 1}}",
                "unknown parameter \"predikt_s\"",
            ),
            (
                "posemoe: {ros__parameters: {predict_s: -1}}",
                "expected a number from 0 to 10",
            ),
            ("posemoe: {predict_s: 1}", "no mapping ros__parameters"),
            ("- 1", "expected a mapping"),
            ("a: [", "while parsing"),
            (
                "posemoe: {ros__parameters: {predict_s: {a: 1}}}",
                "unknown parameter \"predict_s.a\"",
            ),
            (
                "posemoe: {ros__parameters: {predict_s: null}}",
                "expected a bool",
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
