//! What `ros2 param` asks for, answered from the configuration.

use crate::config::{Change, Config, Descriptor, Range, Value};
use crate::msg::rcl_interfaces::{
    FloatingPointRange, IntegerRange, ListParametersResult, Parameter, ParameterDescriptor,
    ParameterType, ParameterValue, SetParametersResult,
};

/// Between the parts of a parameter's name.
const SEPARATOR: char = '.';
/// The longest value (bytes), with its name, that is taken from the network.
const LONGEST: usize = 4096;

/// The value of each of these parameters; "not set" for one that there is not.
pub fn get(config: &Config, names: &[String]) -> Vec<ParameterValue> {
    let value = |name: &String| {
        config
            .get(name)
            .map_or_else(Default::default, |v| message(&v))
    };
    names.iter().map(value).collect()
}

/// The type of each of these parameters.
pub fn types(config: &Config, names: &[String]) -> Vec<u8> {
    get(config, names)
        .iter()
        .map(|value| value.r#type)
        .collect()
}

/// What each of these parameters means and may be.
pub fn describe(names: &[String]) -> Vec<ParameterDescriptor> {
    let known = Config::describe();
    let describe = |name: &String| match known.iter().find(|known| known.name == name.as_str()) {
        Some(parameter) => descriptor(parameter),
        None => ParameterDescriptor {
            name: name.clone(),
            read_only: Config::change(name) == Change::Start,
            ..Default::default()
        },
    };
    names.iter().map(describe).collect()
}

/// The parameters below these prefixes (all where none is given), `depth` parts deep at most; 0:
/// any depth.
pub fn list(config: &Config, prefixes: &[String], depth: u64) -> ListParametersResult {
    let parts = |text: &str| text.split(SEPARATOR).count() as u64;
    let is_below = |name: &str, prefix: &str| {
        let rest = name.strip_prefix(prefix);
        let inside = rest.and_then(|rest| rest.strip_prefix(SEPARATOR));
        rest == Some("") || inside.is_some_and(|inside| depth == 0 || parts(inside) <= depth)
    };
    let is_wanted = |name: &String| match prefixes {
        [] => depth == 0 || parts(name) <= depth,
        _ => prefixes.iter().any(|prefix| is_below(name, prefix)),
    };
    let names: Vec<String> = config.names().into_iter().filter(is_wanted).collect();
    let parents = names.iter().filter_map(|name| name.rsplit_once(SEPARATOR));
    let mut prefixes: Vec<String> = parents.map(|(parent, _)| parent.to_owned()).collect();
    prefixes.dedup();
    ListParametersResult { names, prefixes }
}

/// Sets one parameter, if it fits and may change now.
///
/// # Errors
/// Why it does not, for whoever asked.
pub fn set(config: &mut Config, parameter: &Parameter, is_configured: bool) -> Result<(), String> {
    let name = parameter.name.as_str();
    let texts = &parameter.value.string_array_value;
    let bytes = texts.iter().map(|text| text.len() + 1).sum::<usize>()
        + parameter.value.string_value.len()
        + name.len();
    if bytes > LONGEST {
        return Err(format!(
            "found a name and value of {bytes} bytes, expected up to {LONGEST}"
        ));
    }
    let value = value(&parameter.value)?;
    let mut changed = config.clone();
    changed
        .set(name, &value)
        .map_err(|error| error.to_string())?;
    changed.check().map_err(|error| error.to_string())?;
    let is_change = changed != *config;
    match Config::change(name) {
        Change::Unconfigured if is_configured && is_change => Err(format!(
            "{name} is used when the node is configured: set it at the start, or after \
             `ros2 lifecycle set NODE deactivate` and `cleanup`"
        )),
        Change::Start if is_change => Err(format!(
            "{name} is read-only: set it at the start, in a parameter file or by `-p {name}:=...`"
        )),
        _ => {
            *config = changed;
            Ok(())
        }
    }
}

/// As `ros2 param set` shows it.
pub fn result(outcome: Result<(), String>) -> SetParametersResult {
    SetParametersResult {
        successful: outcome.is_ok(),
        reason: outcome.err().unwrap_or_default(),
    }
}

/// Every parameter with its value.
pub fn all(config: &Config) -> Vec<Parameter> {
    let names = config.names();
    let values = get(config, &names);
    let pairs = names.into_iter().zip(values);
    pairs
        .map(|(name, value)| Parameter { name, value })
        .collect()
}

/// Those of `now` that were otherwise before.
pub fn changes(before: &Config, now: &Config) -> Vec<Parameter> {
    let before = all(before);
    let mut now = all(now);
    now.retain(|parameter| !before.contains(parameter));
    now
}

fn message(value: &Value) -> ParameterValue {
    let mut message = ParameterValue::default();
    match value.clone() {
        Value::Bool(value) => {
            message.r#type = ParameterType::PARAMETER_BOOL;
            message.bool_value = value;
        }
        Value::Int(value) => {
            message.r#type = ParameterType::PARAMETER_INTEGER;
            message.integer_value = value;
        }
        Value::Float(value) => {
            message.r#type = ParameterType::PARAMETER_DOUBLE;
            message.double_value = value;
        }
        Value::Text(value) => {
            message.r#type = ParameterType::PARAMETER_STRING;
            message.string_value = value;
        }
        Value::List(value) => {
            message.r#type = ParameterType::PARAMETER_STRING_ARRAY;
            message.string_array_value = value;
        }
    }
    message
}

fn value(message: &ParameterValue) -> Result<Value, String> {
    Ok(match message.r#type {
        ParameterType::PARAMETER_BOOL => Value::Bool(message.bool_value),
        ParameterType::PARAMETER_INTEGER => Value::Int(message.integer_value),
        ParameterType::PARAMETER_DOUBLE => Value::Float(message.double_value),
        ParameterType::PARAMETER_STRING => Value::Text(message.string_value.clone()),
        ParameterType::PARAMETER_STRING_ARRAY => Value::List(message.string_array_value.clone()),
        // An empty list has no type in YAML: `ros2 param load` sends the first that fits.
        _ if is_empty_list(message) => Value::List(Vec::new()),
        ParameterType::PARAMETER_NOT_SET => {
            return Err("parameters cannot be deleted, they have defaults".to_owned());
        }
        other => {
            return Err(format!(
                "found a value of type {other}, expected a bool, a number, a text or a list of \
                texts"
            ));
        }
    })
}

fn is_empty_list(message: &ParameterValue) -> bool {
    match message.r#type {
        ParameterType::PARAMETER_BYTE_ARRAY => message.byte_array_value.is_empty(),
        ParameterType::PARAMETER_BOOL_ARRAY => message.bool_array_value.is_empty(),
        ParameterType::PARAMETER_INTEGER_ARRAY => message.integer_array_value.is_empty(),
        ParameterType::PARAMETER_DOUBLE_ARRAY => message.double_array_value.is_empty(),
        _ => false,
    }
}

fn descriptor(parameter: &Descriptor) -> ParameterDescriptor {
    let mut descriptor = ParameterDescriptor {
        name: parameter.name.to_owned(),
        r#type: message(&parameter.default).r#type,
        read_only: parameter.change == Change::Start,
        description: parameter.description.clone(),
        additional_constraints: [parameter.range.text(), parameter.change.text()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" "),
        ..Default::default()
    };
    match (parameter.range, &parameter.default) {
        (Range::Between(low, high), Value::Int(_)) => {
            descriptor.integer_range = vec![IntegerRange {
                from_value: low as i64,
                to_value: high as i64,
                step: 0,
            }];
        }
        (Range::Between(low, high), _) => {
            descriptor.floating_point_range = vec![FloatingPointRange {
                from_value: low,
                to_value: high,
                step: 0.0,
            }];
        }
        _ => {}
    }
    descriptor
}
