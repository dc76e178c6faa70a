//! The parameter file that ships, `config/posemoe.yaml`, written from the parameters themselves.

use std::fmt::Write;

use super::{Config, Descriptor, Range, Value};

const HEAD: &str = "\
# Every parameter of posemoe_node with its default.
# Written by `posemoe parameters`; tests/config_file.rs keeps the two the same.
# A copy may hold fewer parameters: what is left out keeps its default.
/**:
  ros__parameters:
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

fn entry(parameter: &Descriptor) -> String {
    let Descriptor {
        name,
        description,
        default,
        range,
    } = parameter;
    let range = match range_text(range) {
        Some(range) => format!("    # {range}\n"),
        None => String::new(),
    };
    format!(
        "    # {description}\n{range}    {name}: {}\n",
        yaml(default)
    )
}

fn range_text(range: &Range) -> Option<String> {
    match range {
        Range::Any => None,
        Range::NotEmpty => Some("Not empty.".to_owned()),
        Range::Between(low, high) => Some(format!("From {low} to {high}.")),
        Range::OneOf(choices) => Some(format!("One of: {}.", choices.join(", "))),
        Range::EachOneOf(choices) => Some(format!("One or more of: {}.", choices.join(", "))),
    }
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
