//! Definitions of message types as bags carry them (`ros2msg`): the text of a type, then, each
//! behind a line `MSG: package/Type`, those of all types in it. Compared by what decides where a
//! value stands in the bytes and what it means: names, types and order of the fields.

use std::collections::{BTreeMap, BTreeSet};

/// By the names of the types, such as `std_msgs/Header`.
type Definitions<'a> = BTreeMap<String, Vec<Field<'a>>>;

struct Field<'a> {
    name: &'a str,
    /// As it is written, less what makes no difference in the bytes.
    type_name: String,
    /// The type of one value, where that is a message.
    message: Option<String>,
}

/// How the definition that was `found` of a type differs from `ours`, in the order of the fields:
/// the first difference, in words. `None` when there is none, and when the text says nothing.
pub fn difference(type_name: &str, found: &str, ours: &str) -> Option<String> {
    if found.trim().is_empty() {
        return None;
    }
    let root = short(type_name);
    let (found, ours) = (read(&root, found), read(&root, ours));
    let mut seen = BTreeSet::new();
    let mut waiting = vec![root];
    while let Some(name) = waiting.pop() {
        // What is named and not defined can only be taken for what it is called.
        let (Some(theirs), Some(own)) = (found.get(&name), ours.get(&name)) else {
            continue;
        };
        if let Some(difference) = between(theirs, own) {
            return Some(format!("{}: {difference}", long(&name)));
        }
        let inner = own.iter().rev().filter_map(|field| field.message.clone());
        waiting.extend(inner.filter(|name| seen.insert(name.clone())));
    }
    None
}

/// How the fields of one type differ.
fn between(found: &[Field], ours: &[Field]) -> Option<String> {
    let has = |fields: &[Field], name: &str| fields.iter().any(|field| field.name == name);
    let missing = ours.iter().find(|field| !has(found, field.name));
    let more = found.iter().position(|field| !has(ours, field.name));
    let more = more.map(|place| {
        let after = place.checked_sub(1).map(|before| found[before].name);
        let after = after.map_or("first".to_owned(), |name| format!("after {name}"));
        let Field {
            type_name, name, ..
        } = &found[place];
        format!("found {type_name} {name} {after}, which is not expected")
    });
    let missing = missing.map(
        |Field {
             type_name, name, ..
         }| { format!("found no {name}, expected {type_name} {name}") },
    );
    if let (Some(missing), Some(more)) = (&missing, &more) {
        return Some(format!("{missing}; {more}"));
    }
    if let Some(one) = missing.or(more) {
        return Some(one);
    }
    let pairs = || found.iter().zip(ours);
    if let Some((theirs, own)) = pairs().find(|(theirs, own)| theirs.name != own.name) {
        let (theirs, own) = (theirs.name, own.name);
        return Some(format!("found {theirs} in the place of {own}"));
    }
    let (theirs, own) = pairs().find(|(theirs, own)| theirs.type_name != own.type_name)?;
    Some(format!(
        "found {} {}, expected {}",
        theirs.type_name, theirs.name, own.type_name
    ))
}

fn read<'a>(root: &str, text: &'a str) -> Definitions<'a> {
    let mut definitions = Definitions::new();
    let mut current = Some(root.to_owned());
    definitions.insert(root.to_owned(), Vec::new());
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("MSG: ") {
            let name = short(name.trim());
            definitions.insert(name.clone(), Vec::new());
            current = Some(name);
        } else if line.starts_with("IDL: ") {
            current = None; // in another language
        } else if let Some(name) = &current
            && let Some(field) = field(line, name)
        {
            definitions.entry(name.clone()).or_default().push(field);
        }
    }
    definitions
}

/// The field that a line declares; a constant is none.
fn field<'a>(line: &'a str, of: &str) -> Option<Field<'a>> {
    let (type_name, rest) = line.split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let (name, behind) = rest.split_at(end);
    let is_named = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if !is_named || !type_name.starts_with(is_word) || behind.trim_start().starts_with('=') {
        return None;
    }
    let (base, many) = match type_name.find('[') {
        Some(start) => type_name.split_at(start),
        None => (type_name, ""),
    };
    // Bounds are promises, not bytes.
    let base = base.split("<=").next().unwrap_or(base);
    let many = if many.starts_with("[<=") { "[]" } else { many };
    let is_message = base.contains('/') || base.starts_with(|c: char| c.is_ascii_uppercase());
    let base = match base {
        "byte" | "char" => "uint8".to_owned(),
        "Header" => "std_msgs/Header".to_owned(),
        _ if is_message && !base.contains('/') => {
            let package = of.split('/').next().unwrap_or_default();
            format!("{package}/{base}")
        }
        _ => short(base),
    };
    Some(Field {
        name,
        type_name: format!("{base}{many}"),
        message: is_message.then_some(base),
    })
}

/// `package/msg/Type` is also written without its middle.
fn short(type_name: &str) -> String {
    type_name.replacen("/msg/", "/", 1)
}

fn long(type_name: &str) -> String {
    type_name.replacen('/', "/msg/", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "# People\nstd_msgs/Header header\nPerson[] people\nuint8 MOST=3\n\
        ================\nMSG: a/Person\nstring<=9 id \"a=b\" # who\nfloat64[3] place\n\
        byte kind 1\n\
        ================\nMSG: std_msgs/Header\nstring frame_id\n";

    fn differs(found: &str) -> Option<String> {
        difference("a/msg/People", found, OURS)
    }

    #[test]
    fn comments_constants_bounds_and_ways_of_writing_make_no_difference() {
        let found = "Header header\na/msg/Person[<=7] people\nuint8 MORE = 4\n\
            ===\nMSG: a/msg/Person\nstring   id\nfloat64[3] place\nuint8 kind\n";
        assert_eq!(differs(found), None);
        assert_eq!(differs(OURS), None);
        assert_eq!(differs(" \n"), None);
    }

    #[test]
    fn each_kind_of_difference_is_named() {
        for (from, to, expected) in [
            (
                "float64[3] place",
                "int32 age\nfloat64[3] place",
                "a/msg/Person: found int32 age after id, which is not expected",
            ),
            (
                "std_msgs/Header header\n",
                "bool a\nstd_msgs/Header header\n",
                "a/msg/People: found bool a first, which is not expected",
            ),
            (
                "byte kind 1\n",
                "",
                "a/msg/Person: found no kind, expected uint8 kind",
            ),
            (
                "frame_id",
                "frame",
                "std_msgs/msg/Header: found no frame_id, expected string frame_id; found string \
                frame first",
            ),
            (
                "float64[3] place\nbyte kind 1",
                "byte kind\nfloat64[3] place",
                "a/msg/Person: found kind in the place of place",
            ),
            (
                "float64[3]",
                "float32[3]",
                "a/msg/Person: found float32[3] place, expected float64[3]",
            ),
            (
                "float64[3]",
                "float64[]",
                "found float64[] place, expected float64[3]",
            ),
            (
                "Person[] people",
                "b/Person[] people",
                "a/msg/People: found b/Person[] people, expected a/Person[]",
            ),
        ] {
            assert!(OURS.contains(from), "{from}");
            let found = differs(&OURS.replace(from, to)).unwrap();
            assert!(
                found.starts_with(expected) || found.contains(expected),
                "{found}"
            );
        }
    }

    #[test]
    fn a_type_that_contains_itself_ends() {
        let text = "A a\nB b\n===\nMSG: x/B\nA a\n";
        assert_eq!(difference("x/A", text, text), None);
    }
}
