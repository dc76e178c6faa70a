//! The sections of a parameter file, and which of them are for a node: as `rcl` and `rclcpp` have
//! it.
//!
//! The names above `ros__parameters` make one, joined by `/`, always from the root: `posemoe` is
//! `/posemoe`, and not the node of that name in another namespace. `*` stands for one name, `**`
//! for any number of them, none included.

use serde_yaml::Value as Yaml;

use crate::bus::is_name;

const PARAMETERS: &str = "ros__parameters";

/// A node's parameters, or those of several.
pub struct Section<'a> {
    /// Its name, from the root on.
    pub name: String,
    /// A mapping of names to values.
    pub parameters: &'a Yaml,
}

/// All of a file, in its order.
///
/// # Errors
/// What stands in the place of a section.
pub fn read(file: &Yaml) -> Result<Vec<Section<'_>>, String> {
    let mut sections = Vec::new();
    match file {
        Yaml::Null => {} // an empty file
        Yaml::Mapping(_) => collect("", file, &mut sections)?,
        other => {
            let found = shown(other);
            return Err(format!(
                "found {found}, expected names of nodes with {PARAMETERS}"
            ));
        }
    }
    Ok(sections)
}

fn collect<'a>(above: &str, yaml: &'a Yaml, found: &mut Vec<Section<'a>>) -> Result<(), String> {
    let Yaml::Mapping(parts) = yaml else {
        let (name, found) = (above.trim_start_matches('/'), shown(yaml));
        return Err(format!(
            "{name} is no section: found {found}, expected {PARAMETERS} below the name of a node, \
             as in \"/**: {{{PARAMETERS}: {{predict_s: 1.0}}}}\""
        ));
    };
    for (key, part) in parts {
        let Some(key) = key.as_str() else {
            let found = shown(key);
            return Err(format!("found {found} as a name, expected that of a node"));
        };
        if key != PARAMETERS {
            collect(&below(above, key), part, found)?;
            continue;
        }
        check(above)?;
        if !matches!(part, Yaml::Mapping(_)) {
            let found = shown(part);
            return Err(format!(
                "section {above}: {PARAMETERS} is {found}, expected names with values"
            ));
        }
        found.push(Section {
            name: above.to_owned(),
            parameters: part,
        });
    }
    Ok(())
}

fn below(above: &str, key: &str) -> String {
    match above.is_empty() && key.starts_with('/') || above.ends_with('/') {
        true => format!("{above}{key}"),
        false => format!("{above}/{key}"),
    }
}

/// That a section has a name which a node could have.
fn check(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err(format!(
            "found {PARAMETERS} at the top, expected it below the name of a node or /**"
        ));
    }
    match parts(name).find(|part| !["*", "**"].contains(part) && !is_name(part)) {
        None => Ok(()),
        Some(part) => Err(format!(
            "section {name}: found {part:?}, expected names of letters, digits and underscores, * \
             or **, with one / between them"
        )),
    }
}

fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.strip_prefix('/').unwrap_or(name).split('/')
}

impl Section<'_> {
    /// Whether it is for the node of this fully qualified name.
    pub fn is_for(&self, node: &str) -> bool {
        let names: Vec<_> = parts(node).collect();
        // How many of the names the pattern can have used up so far.
        let mut reached = vec![false; names.len() + 1];
        reached[0] = true;
        for part in parts(&self.name) {
            if part == "**" {
                for used in 1..reached.len() {
                    reached[used] |= reached[used - 1];
                }
                continue;
            }
            for used in (1..reached.len()).rev() {
                reached[used] = reached[used - 1] && (part == "*" || part == names[used - 1]);
            }
            reached[0] = false;
        }
        reached.last() == Some(&true)
    }
}

/// What stands in a file, as it would be written there.
pub(super) fn shown(yaml: &Yaml) -> String {
    match yaml {
        Yaml::Null => "nothing".to_owned(),
        Yaml::Number(number) => number.to_string(),
        other => serde_json::to_string(other).unwrap_or_else(|_| "a mapping".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_for(pattern: &str, node: &str) -> bool {
        let section = Section {
            name: below("", pattern),
            parameters: &Yaml::Null,
        };
        section.is_for(node)
    }

    /// `rclcpp` makes regular expressions of them: `/*` is `(/\w+)`, `/**` is `(/\w+)*`.
    #[test]
    fn patterns_are_those_of_rclcpp() {
        let (root, robot, deep) = ("/posemoe", "/robot/posemoe", "/fleet/robot/posemoe");
        for (pattern, fitting) in [
            ("/**", vec![root, robot, deep]),
            ("**", vec![root, robot, deep]),
            ("/*", vec![root]),
            ("*", vec![root]),
            ("posemoe", vec![root]),
            ("/posemoe", vec![root]),
            ("robot/posemoe", vec![robot]),
            ("/robot/*", vec![robot]),
            ("/robot/**", vec![robot]),
            ("/**/posemoe", vec![root, robot, deep]),
            ("**/posemoe", vec![root, robot, deep]),
            ("/*/posemoe", vec![robot]),
            ("/*/*/posemoe", vec![deep]),
            ("/fleet/**/posemoe", vec![deep]),
            ("/**/robot/**", vec![robot, deep]),
            ("/**/*", vec![root, robot, deep]),
            ("/**/other", vec![]),
            ("/posemoe/**", vec![root]),
        ] {
            for node in [root, robot, deep] {
                let expected = fitting.contains(&node);
                assert_eq!(is_for(pattern, node), expected, "{pattern} for {node}");
            }
        }
    }

    #[test]
    fn names_above_the_parameters_are_joined() {
        let yaml = "
            robot: {posemoe: {ros__parameters: {a: 1}}, other: {ros__parameters: {b: 2}}}
            /**: {camera: {ros__parameters: {c: 3}}}
            /: {bare: {ros__parameters: {d: 4}}}
            empty: {}
        ";
        let yaml = serde_yaml::from_str(yaml).unwrap();
        let sections = read(&yaml).unwrap();
        let names: Vec<_> = sections.iter().map(|section| &*section.name).collect();
        assert_eq!(
            names,
            ["/robot/posemoe", "/robot/other", "/**/camera", "/bare"]
        );
        assert!(read(&Yaml::Null).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_section_is_named() {
        for (yaml, expected) in [
            ("predict_s: 99", "predict_s is no section: found 99"),
            (
                "posemoe: {predict_s: 1}",
                "posemoe/predict_s is no section: found 1",
            ),
            ("posemoe:", "posemoe is no section: found nothing"),
            ("posemoe: [1, 2]", "posemoe is no section: found [1,2]"),
            (
                "ros__parameters: {a: 1}",
                "found ros__parameters at the top",
            ),
            (
                "posemoe: {ros__parameters: }",
                "section /posemoe: ros__parameters is nothing",
            ),
            ("a b: {ros__parameters: {}}", "section /a b: found \"a b\""),
            (
                "/a: {/b: {ros__parameters: {}}}",
                "section /a//b: found \"\"",
            ),
            ("/a*: {ros__parameters: {}}", "found \"a*\""),
            ("1: {ros__parameters: {}}", "found 1 as a name"),
            ("- 1", "found [1], expected names of nodes"),
            ("text", "found \"text\", expected names of nodes"),
        ] {
            let yaml = serde_yaml::from_str(yaml).unwrap();
            let error = read(&yaml).map(|_| ()).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
