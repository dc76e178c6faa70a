//! What `--ros-args` may say: parameters, parameter files, remapping, name, namespace, log level.
//!
//! The order of the arguments holds, as in rcl: a later parameter or file overrides an earlier one.

use std::path::PathBuf;

use super::file::parse_value;
use super::overrides::End;
use super::{Config, ConfigError};
use crate::bus::{Qos, Topic, is_name};

/// The node's place in the graph, and its configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct RosArgs {
    /// Name of the node.
    pub node: String,
    /// Its namespace, `/` at the root.
    pub namespace: String,
    /// Topic remappings, from and to, as given.
    pub remappings: Vec<(String, String)>,
    /// Whether the log goes to /rosout.
    pub rosout: bool,
    /// Level of logging, if given.
    pub log_level: Option<String>,
    /// The parameters.
    pub config: Config,
    /// What is worth a warning once logging runs.
    pub warnings: Vec<String>,
}

enum Setting {
    Parameter(String, String),
    File(PathBuf),
}

impl RosArgs {
    /// Reads a command line (without the program's name). Returns what is not between `--ros-args`
    /// and `--` besides.
    ///
    /// # Errors
    /// What was found and what was expected.
    pub fn parse(
        args: impl IntoIterator<Item = String>,
    ) -> Result<(Self, Vec<String>), ConfigError> {
        let mut parsed = Self {
            node: "posemoe".to_owned(),
            namespace: "/".to_owned(),
            remappings: Vec::new(),
            rosout: true,
            log_level: None,
            config: Config::default(),
            warnings: Vec::new(),
        };
        let (mut settings, mut rest) = (Vec::new(), Vec::new());
        let mut args = args.into_iter();
        let mut ros = false;
        while let Some(arg) = args.next() {
            let mut next = |what: &str| {
                args.next()
                    .ok_or_else(|| ConfigError::Arguments(format!("{arg} needs {what}")))
            };
            match (ros, arg.as_str()) {
                (_, "--ros-args") => ros = true,
                (true, "--") => ros = false,
                (false, _) => rest.push(arg),
                (true, "-p" | "--param") => {
                    let (name, value) = split(&next("name:=value")?)?;
                    settings.push(Setting::Parameter(without_node(&name).to_owned(), value));
                }
                (true, "--params-file") => settings.push(Setting::File(next("a path")?.into())),
                (true, "-r" | "--remap") => {
                    let (from, to) = split(&next("from:=to")?)?;
                    match without_node(&from) {
                        "__node" | "__name" => parsed.node = to,
                        "__ns" => parsed.namespace = to,
                        from => parsed.remappings.push((from.to_owned(), to)),
                    }
                }
                (true, "--log-level") => parsed.log_level = Some(log_level(&next("a level")?)?),
                (true, "--enable-rosout-logs") => parsed.rosout = true,
                (true, "--disable-rosout-logs") => parsed.rosout = false,
                (
                    true,
                    "--enable-stdout-logs"
                    | "--disable-stdout-logs"
                    | "--enable-external-lib-logs"
                    | "--disable-external-lib-logs",
                ) => {
                    parsed.warnings.push(format!("{arg} has no effect"));
                }
                (true, _) => {
                    return Err(ConfigError::Arguments(format!(
                        "found {arg:?}, expected -p, -r, --params-file, --log-level or --"
                    )));
                }
            }
        }
        parsed.check_names()?;
        for setting in settings {
            parsed.apply(setting)?;
        }
        Ok((parsed, rest))
    }

    fn apply(&mut self, setting: Setting) -> Result<(), ConfigError> {
        match setting {
            Setting::Parameter(name, text) => {
                let value = parse_value(&text).map_err(|reason| {
                    ConfigError::Arguments(format!("{name}:={text}: {reason}"))
                })?;
                self.config.set(&name, &value)
            }
            Setting::File(path) => {
                let others = self.config.load_file(&path, &self.namespace, &self.node)?;
                for other in others {
                    self.warnings.push(format!(
                        "{}: section {other:?} is for another node",
                        path.display()
                    ));
                }
                Ok(())
            }
        }
    }

    fn check_names(&self) -> Result<(), ConfigError> {
        if !is_name(&self.node) {
            return Err(ConfigError::Arguments(format!(
                "node name is {:?}, expected letters, digits and underscores",
                self.node
            )));
        }
        let rest = self.namespace.strip_prefix('/');
        if !rest.is_some_and(|rest| rest.is_empty() || rest.split('/').all(is_name)) {
            return Err(ConfigError::Arguments(format!(
                "namespace is {:?}, expected a path such as /robot",
                self.namespace
            )));
        }
        Ok(())
    }

    /// The fully qualified, remapped name of a topic: `/absolute`, `relative` or `~/private`.
    pub fn resolve(&self, topic: &str) -> String {
        let qualified = self.qualify(topic);
        self.remappings
            .iter()
            .find(|(from, _)| self.qualify(from) == qualified)
            .map_or(qualified, |(_, to)| self.qualify(to))
    }

    /// A topic that the node publishes, as remapped and with the delivery that the user wants.
    pub fn publication(&self, name: &str, type_name: &'static str, qos: Qos) -> Topic {
        self.topic(name, type_name, qos, End::Publisher)
    }

    /// A topic that the node subscribes to, likewise.
    pub fn subscription(&self, name: &str, type_name: &'static str, qos: Qos) -> Topic {
        self.topic(name, type_name, qos, End::Subscription)
    }

    fn topic(&self, name: &str, type_name: &'static str, qos: Qos, end: End) -> Topic {
        let name = self.resolve(name);
        let qos = self.config.qos_overrides.apply(&name, end, qos);
        Topic {
            name,
            type_name,
            qos,
        }
    }

    /// Fully qualified name of the node.
    pub fn qualified_node(&self) -> String {
        self.qualify(&self.node)
    }

    fn qualify(&self, name: &str) -> String {
        let namespace = self.namespace.trim_end_matches('/');
        if name.starts_with('/') {
            name.to_owned()
        } else if let Some(private) = name.strip_prefix("~/") {
            format!("{namespace}/{}/{private}", self.node)
        } else {
            format!("{namespace}/{name}")
        }
    }
}

fn split(text: &str) -> Result<(String, String), ConfigError> {
    match text.split_once(":=") {
        Some((left, right)) if !left.is_empty() => Ok((left.to_owned(), right.to_owned())),
        _ => Err(ConfigError::Arguments(format!(
            "found {text:?}, expected name:=value"
        ))),
    }
}

/// The level of `level` or `logger:=level`; this process has only one logger.
fn log_level(text: &str) -> Result<String, ConfigError> {
    const LEVELS: [&str; 5] = ["debug", "info", "warn", "error", "fatal"];
    let level = text.rsplit(":=").next().unwrap_or(text).to_lowercase();
    if LEVELS.contains(&level.as_str()) {
        return Ok(level);
    }
    Err(ConfigError::Arguments(format!(
        "log level is {text:?}, expected one of {}",
        LEVELS.join(", ")
    )))
}

/// `node:name` without the node; this process has only one.
fn without_node(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<(RosArgs, Vec<String>), ConfigError> {
        RosArgs::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn names_resolve_and_remap() {
        let (args, rest) = parse(
            "--flag --ros-args -r __ns:=/robot -r __node:=eyes -r /yolo/tracking:=/front/kp \
             -r ~/people3d:=people -p predict_s:=1.5 -- more",
        )
        .unwrap();
        assert_eq!(rest, ["--flag", "more"]);
        assert_eq!(args.config.predict_s, 1.5);
        assert_eq!(args.resolve("/yolo/tracking"), "/front/kp");
        assert_eq!(args.resolve("~/people3d"), "/robot/people");
        assert_eq!(args.resolve("~/markers"), "/robot/eyes/markers");
        assert_eq!(args.resolve("keypoints"), "/robot/keypoints");
        assert_eq!(args.qualified_node(), "/robot/eyes");
    }

    #[test]
    fn mistakes_are_named() {
        for (line, expected) in [
            ("--ros-args -p predict_s", "expected name:=value"),
            ("--ros-args -p", "-p needs name:=value"),
            ("--ros-args --wrong", "found \"--wrong\""),
            ("--ros-args -r __node:=a/b", "node name is \"a/b\""),
            ("--ros-args -r __ns:=robot", "namespace is \"robot\""),
            ("--ros-args -p nothing:=1", "unknown parameter"),
            ("--ros-args --log-level loud", "expected one of debug"),
            ("--ros-args --params-file /nowhere.yaml", "/nowhere.yaml"),
        ] {
            let error = parse(line).unwrap_err().to_string();
            assert!(error.contains(expected), "{line}: {error}");
        }
    }
}
