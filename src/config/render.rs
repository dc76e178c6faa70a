//! The parameter file that ships and the table of the docs, written from the parameters themselves.

use std::fmt::Write;

use super::{Change, Config, Descriptor, Value};

const HEAD: &str = "\
# Every parameter of posemoe_node with its default.
# Written by `posemoe parameters`; tests/config_file.rs keeps the two the same.
# A copy may hold fewer parameters: what is left out keeps its default.
/**:
  ros__parameters:
";

const PAGE_HEAD: &str = "\
# Parameters

Written by `posemoe parameters --markdown` from the code; a test keeps the two the same. As a file
to begin with: [config/posemoe.yaml](../config/posemoe.yaml).

A parameter is set at the start (`-p NAME:=VALUE`, `--params-file FILE`) or while the node runs
(`ros2 param set`). Those that change *while unconfigured* are used when the node is configured: set
them at the start, or after `ros2 lifecycle set /posemoe deactivate` and `cleanup`, then `configure`
and `activate`. Those that do not change are set at the start only: they are paths of what the node
loads, which [nobody on the network may choose](security.md). Any other change is refused with the
reason. Whole numbers serve as doubles. A name that is not in this list is refused.

`qos_overrides.TOPIC.publisher|subscription.POLICY` sets the delivery of a topic by its fully
qualified name; policies are `reliability` (`reliable`, `best_effort`), `durability` (`volatile`,
`transient_local`), `depth` (1 to 10000) and `history` (`keep_last`). For instance `-p
qos_overrides./tf.publisher.depth:=10`. They are set at the start only.

| name | type | default | range | changes | meaning |
|---|---|---|---|---|---|
";

/// Every parameter with its default, meaning and range, as a ROS parameter file.
pub fn render() -> String {
    let mut file = HEAD.to_owned();
    for (index, parameter) in Config::describe().iter().enumerate() {
        let gap = if index == 0 { "" } else { "\n" };
        // Writing to a String cannot fail.
        let _ = write!(file, "{gap}{}", entry(parameter));
    }
    file
}

/// Every parameter as a page of the docs, `docs/parameters.md`.
pub fn page() -> String {
    let mut page = PAGE_HEAD.to_owned();
    for parameter in Config::describe() {
        let kind = match parameter.default {
            Value::Bool(_) => "bool",
            Value::Int(_) => "integer",
            Value::Float(_) => "double",
            Value::Text(_) => "string",
            Value::List(_) => "string array",
        };
        let change = match parameter.change {
            Change::Live => "at any time",
            Change::Unconfigured => "while unconfigured",
            Change::Start => "no",
        };
        let _ = writeln!(
            page,
            "| `{}` | {kind} | `{}` | {} | {change} | {} |",
            parameter.name,
            yaml(&parameter.default),
            parameter.range.text().unwrap_or_default(),
            parameter.description,
        );
    }
    page
}

fn entry(parameter: &Descriptor) -> String {
    let Descriptor {
        name,
        description,
        default,
        range,
        ..
    } = parameter;
    let range = match range.text() {
        Some(range) => format!("    # {range}\n"),
        None => String::new(),
    };
    format!(
        "    # {description}\n{range}    {name}: {}\n",
        yaml(default)
    )
}

/// Texts are quoted as in JSON, which is YAML too. Floats keep their point: rcl tells 1 from 1.0.
fn yaml(value: &Value) -> String {
    match value {
        Value::Float(number) => format!("{number:?}"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::parse_value;

    #[test]
    fn every_value_reads_back_as_itself() {
        for value in [
            Value::Bool(true),
            Value::Int(-3),
            Value::Float(1.0),
            Value::Float(0.06),
            Value::Text(String::new()),
            Value::Text("~/people3d".into()),
            Value::Text("a \"quoted\" # text".into()),
            Value::List(vec!["cuda".into(), "cpu".into()]),
        ] {
            assert_eq!(parse_value(&yaml(&value)), Ok(value));
        }
    }
}
