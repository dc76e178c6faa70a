//! What `--ros-args` may say: parameters, parameter files, remapping, name, namespace, log level.
//!
//! Of parameters and files, later ones override earlier ones; of rules for a name, the first holds,
//! as in `rcl`. What is said of another node (`other:name:=value`) is not for this one.

use std::path::PathBuf;

use super::file::parse_value;
use super::overrides::End;
use super::remap::{Of, Rule, scope};
use super::{Config, ConfigError};
use crate::bus::{Qos, Topic};

/// What the node is called, unless it is told otherwise.
const NAME: &str = "posemoe";

/// The node's place in the graph, and its configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct RosArgs {
    /// Name of the node.
    pub node: String,
    /// Its namespace, `/` at the root.
    pub namespace: String,
    /// Which names become others; the first that fits holds.
    pub remappings: Vec<Rule>,
    /// Whether the log goes to /rosout.
    pub rosout: bool,
    /// Level of logging, if given.
    pub log_level: Option<String>,
    /// The parameters.
    pub config: Config,
    /// What is worth a warning once logging runs.
    pub warnings: Vec<String>,
}

/// What sets parameters, in the order of the arguments.
enum Setting {
    /// Name and value, and the node that they are for.
    Parameter(Option<String>, String, String),
    File(PathBuf),
}

impl RosArgs {
    /// Reads a command line (without the program's name). Returns what is not between `--ros-args`
    /// and `--` besides.
    ///
    /// # Errors
    /// [`ConfigError`]: what was found and what was expected.
    pub fn parse(
        args: impl IntoIterator<Item = String>,
    ) -> Result<(Self, Vec<String>), ConfigError> {
        let mut parsed = Self {
            node: NAME.to_owned(),
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
                (true, "-p" | "--param") => settings.push(parameter(&next("name:=value")?)?),
                (true, "--params-file") => settings.push(Setting::File(next("a path")?.into())),
                (true, "-r" | "--remap") => {
                    let rule = Rule::parse(&next("from:=to")?);
                    parsed
                        .remappings
                        .push(rule.map_err(ConfigError::Arguments)?);
                }
                (true, "--log-level") => parsed.log_level = Some(log_level(&next("a level")?)?),
                (true, "--enable-rosout-logs") => parsed.rosout = true,
                (true, "--disable-rosout-logs") => parsed.rosout = false,
                (true, "-e" | "--enclave" | "--log-config-file" | "--log-file-name") => {
                    let value = next("a value")?;
                    parsed.warnings.push(format!("{arg} {value} has no effect"));
                }
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
        parsed.take_name();
        for setting in settings {
            parsed.apply(setting)?;
        }
        Ok((parsed, rest))
    }

    /// Finds out what the node is called, and keeps the rules that are for it.
    fn take_name(&mut self) {
        let rules = std::mem::take(&mut self.remappings);
        let for_node = |name: &str| {
            let name = name.to_owned();
            rules.iter().filter(move |rule| rule.is_for(&name))
        };
        if let Some(name) = for_node(NAME).find_map(Rule::node_name) {
            self.node = name.to_owned();
        }
        if let Some(namespace) = for_node(&self.node).find_map(Rule::namespace) {
            self.namespace = namespace.to_owned();
        }
        self.remappings = for_node(&self.node).cloned().collect();
    }

    fn apply(&mut self, setting: Setting) -> Result<(), ConfigError> {
        match setting {
            Setting::Parameter(Some(node), name, _) if node != self.node => {
                let warning = format!("-p {node}:{name} is for node {node}; this is {}", self.node);
                self.warnings.push(warning);
                Ok(())
            }
            Setting::Parameter(_, name, text) => {
                let value = parse_value(&text).map_err(|reason| {
                    ConfigError::Arguments(format!("{name}:={text}: {reason}"))
                })?;
                self.config.set(&name, &value)
            }
            Setting::File(path) => {
                let others = self.config.load_file(&path, &self.namespace, &self.node)?;
                let path = path.display();
                let warning =
                    others.map(|others| format!("{path} has nothing for this node: {others}"));
                self.warnings.extend(warning);
                Ok(())
            }
        }
    }

    /// The fully qualified, remapped name of a topic: `/absolute`, `relative` or `~/private`.
    pub fn resolve(&self, topic: &str) -> String {
        self.remapped(topic, Of::Topic)
    }

    /// The same of a service.
    pub fn resolve_service(&self, service: &str) -> String {
        self.remapped(service, Of::Service)
    }

    fn remapped(&self, name: &str, of: Of) -> String {
        let qualified = self.qualify(name);
        let mut rules = self.remappings.iter().filter_map(|rule| rule.names(of));
        rules
            .find(|(from, _)| self.qualify(from) == qualified)
            .map_or(qualified, |(_, to)| self.qualify(to))
    }

    /// Has a topic keep its name, which is a whole one already, whatever the rules say.
    pub fn take_as_is(&mut self, topic: &str) {
        self.remappings.insert(0, Rule::of_topic(topic, topic));
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

/// Of `name:=value` or `node:name:=value`.
fn parameter(text: &str) -> Result<Setting, ConfigError> {
    match text.split_once(":=") {
        Some((left, value)) if !left.is_empty() => {
            let (node, name) = scope(left);
            let node = node.map(str::to_owned);
            Ok(Setting::Parameter(node, name.to_owned(), value.to_owned()))
        }
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
    fn what_is_for_another_node_is_not_for_this_one() {
        let (args, _) = parse(
            "--ros-args -p other:predict_s:=99 -p eyes:max_people:=3 -r other:/a:=/b \
             -r eyes:/c:=/d -r other:__ns:=/other -r posemoe:__node:=eyes -r other:__node:=ears",
        )
        .unwrap();
        assert_eq!((&*args.node, &*args.namespace), ("eyes", "/"));
        assert_eq!(args.config.predict_s, Config::default().predict_s);
        assert_eq!(args.config.max_people, 3);
        assert_eq!(
            (args.resolve("/a"), args.resolve("/c")),
            ("/a".into(), "/d".into())
        );
        assert_eq!(
            args.warnings,
            ["-p other:predict_s is for node other; this is eyes"]
        );
    }

    #[test]
    fn of_rules_the_first_holds_and_of_values_the_last() {
        let (args, _) = parse(
            "--ros-args -r __node:=eyes -r __node:=ears -r __ns:=/a -r __ns:=/b -r /c:=/d \
             -r /c:=/e -p max_people:=3 -p max_people:=4",
        )
        .unwrap();
        assert_eq!(args.qualified_node(), "/a/eyes");
        assert_eq!(args.resolve("/c"), "/d");
        assert_eq!(args.config.max_people, 4);
    }

    #[test]
    fn names_are_remapped_once() {
        let (mut args, _) = parse("--ros-args -r /a:=/b -r /b:=/c -r rostopic:///x:=/y").unwrap();
        assert_eq!(
            (args.resolve("/a"), args.resolve("/b")),
            ("/b".into(), "/c".into())
        );
        assert_eq!(
            (args.resolve("/x"), args.resolve_service("/x")),
            ("/y".into(), "/x".into())
        );
        args.take_as_is("/a");
        assert_eq!(
            (args.resolve("/a"), args.resolve("/b")),
            ("/a".into(), "/c".into())
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (line, expected) in [
            ("--ros-args -p predict_s", "expected name:=value"),
            ("--ros-args -p", "-p needs name:=value"),
            ("--ros-args --wrong", "found \"--wrong\""),
            ("--ros-args -r __node:=a/b", "expected a node name"),
            ("--ros-args -r __ns:=robot", "expected a namespace"),
            ("--ros-args -r /a:=", "expected names such as /a/b"),
            (
                "--ros-args -p memory_frames:=48.0",
                "found 48.0, expected a whole",
            ),
            ("--ros-args -p posemoe:predict_s:=99", "found 99, expected"),
            ("--ros-args -p nothing:=1", "unknown parameter"),
            ("--ros-args --log-level loud", "expected one of debug"),
            ("--ros-args --params-file /nowhere.yaml", "/nowhere.yaml"),
        ] {
            let error = parse(line).unwrap_err().to_string();
            assert!(error.contains(expected), "{line}: {error}");
        }
    }
}
