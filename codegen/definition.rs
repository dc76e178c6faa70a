//! A type's full `ros2msg` schema: its own text, then that of every type that it contains.

use std::error::Error;

use crate::{Messages, key_of_field};

const SEPARATOR: &str =
    "================================================================================";

/// Appends `key` to `ordered` after everything that it contains.
pub fn visit_dependencies_first(
    known: &Messages,
    key: &str,
    ordered: &mut Vec<String>,
) -> Result<(), Box<dyn Error>> {
    if ordered.iter().any(|seen| seen == key) {
        return Ok(());
    }
    let message = known
        .get(key)
        .ok_or_else(|| format!("{key}: not in msg/, interfaces/ or the bundled packages"))?;
    for inner in message
        .fields
        .iter()
        .filter_map(|field| key_of_field(field, &message.package))
    {
        visit_dependencies_first(known, &inner, ordered)?;
    }
    ordered.push(key.to_owned());
    Ok(())
}

/// The schema of `key` as rosbag2 writes it into a bag.
pub fn with_dependencies(known: &Messages, key: &str) -> Result<String, Box<dyn Error>> {
    let mut contained = Vec::new();
    visit_dependencies_first(known, key, &mut contained)?;
    contained.pop();
    contained.sort();
    let mut text = known[key].source.trim_end().to_owned();
    text.push('\n');
    for inner in contained {
        let source = known[&inner].source.trim_end();
        text.push_str(&format!("\n{SEPARATOR}\nMSG: {inner}\n{source}\n"));
    }
    Ok(text)
}
