//! The first five lines of a marker file, which promise what follows.

use std::collections::BTreeSet;

use crate::evaluate::names;

/// Columns before the first marker: the frame's number and its time.
pub const BEFORE_MARKERS: usize = 2;

/// What a file says of its rows.
pub struct Head<'a> {
    /// The names of the markers, in the order of their columns.
    pub markers: Vec<&'a str>,
    /// How many rows there are.
    pub frames: usize,
    /// How long the file's unit is (m).
    pub unit_m: f64,
}

impl Head<'_> {
    /// Cells of each row.
    pub fn columns(&self) -> usize {
        BEFORE_MARKERS + 3 * self.markers.len()
    }
}

/// The cells of a line, between tabs; of one without any, between blanks.
pub fn cells(line: &str) -> Vec<&str> {
    match line.contains('\t') {
        true => line.split('\t').map(str::trim).collect(),
        false => line.split_whitespace().collect(),
    }
}

/// Reads it from the first lines.
///
/// # Errors
/// What was found and expected, with the line.
pub fn read<'a>(mut lines: impl Iterator<Item = &'a str>) -> Result<Head<'a>, String> {
    let mut next = |what: &str| {
        lines
            .next()
            .ok_or_else(|| format!("the file ends before {what}"))
    };
    let kind = next("PathFileType")?;
    if kind.split_whitespace().next() != Some("PathFileType") {
        let found: String = kind.chars().take(40).collect();
        return Err(format!(
            "line 1: found {found:?}, expected PathFileType, as in .trc files of OpenSim"
        ));
    }
    let said = pairs(next("DataRate, Units")?, next("their values")?)?;
    let unit_m = match value(&said, "Units")? {
        "m" => 1.0,
        "mm" => 1e-3,
        found => {
            return Err(format!(
                "line 3: found the unit {found:?}, expected m or mm"
            ));
        }
    };
    let frames = count(&said, "NumFrames")?;
    let promised = count(&said, "NumMarkers")?;
    let markers = markers(next("the names of markers")?)?;
    let columns = axes(next("X1, Y1, Z1")?)?;
    if markers.len() != columns || markers.len() != promised {
        let named = markers.len();
        return Err(format!(
            "line 4 names {named} markers, line 5 has X, Y and Z of {columns}, NumMarkers is \
             {promised}: expected the same number"
        ));
    }
    Ok(Head {
        markers,
        frames,
        unit_m,
    })
}

/// The names of line 2 with the values of line 3.
fn pairs<'a>(keys: &'a str, values: &'a str) -> Result<Vec<(&'a str, &'a str)>, String> {
    let words = |line: &'a str| line.split_whitespace().collect::<Vec<_>>();
    let (mut names, mut found) = (words(keys), words(values));
    if names.len() != found.len() {
        // A value may be left out, which shows between tabs.
        (names, found) = (cells(keys), cells(values));
    }
    if names.len() > found.len() {
        return Err(format!(
            "line 3: found {}, expected a value for each of {}",
            found.join(", "),
            names.join(", ")
        ));
    }
    Ok(names.into_iter().zip(found).collect())
}

fn value<'a>(said: &[(&str, &'a str)], name: &str) -> Result<&'a str, String> {
    let found = said.iter().find(|(key, _)| *key == name);
    found
        .map(|(_, value)| *value)
        .ok_or_else(|| format!("line 2: found no {name}"))
}

fn count(said: &[(&str, &str)], name: &str) -> Result<usize, String> {
    let found = value(said, name)?;
    found
        .parse()
        .map_err(|_| format!("line 3: {name}: found {found:?}, expected a whole number"))
}

/// The names of line 4, in order: above which column each stands differs from program to program.
fn markers(line: &str) -> Result<Vec<&str>, String> {
    let mut names = cells(line.trim());
    names.retain(|name| !name.is_empty());
    // Both may be in one cell.
    let first = names.first().copied().unwrap_or_default();
    let both: Vec<_> = first.split_whitespace().collect();
    if both.len() == BEFORE_MARKERS && is_frame(both[0]) && is_time(both[1]) {
        names.splice(..1, both);
    }
    match names.as_slice() {
        [frame, time, markers @ ..] if is_frame(frame) && is_time(time) => {
            let mut joints = BTreeSet::new();
            let twice = markers
                .iter()
                .find(|name| !joints.insert(names::ours(name)));
            match twice {
                None => Ok(markers.to_vec()),
                Some(name) => Err(format!(
                    "line 4: marker {name} is the same joint as another"
                )),
            }
        }
        other => {
            let found = other.get(..BEFORE_MARKERS).unwrap_or(other);
            Err(format!(
                "line 4: found {found:?}, expected Frame#, Time and the names of markers"
            ))
        }
    }
}

fn is_frame(label: &str) -> bool {
    ["frame#", "frame"].contains(&&*label.to_ascii_lowercase())
}

fn is_time(label: &str) -> bool {
    ["time", "times"].contains(&&*label.to_ascii_lowercase())
}

/// Of how many markers line 5 has X1, Y1, Z1 and so on.
fn axes(line: &str) -> Result<usize, String> {
    let mut labels = cells(line);
    labels.retain(|label| !label.is_empty());
    let mut last = None;
    for (place, label) in labels.iter().enumerate() {
        let axis = ["X", "Y", "Z"][place % 3];
        let number = label.to_ascii_uppercase();
        let number = number.strip_prefix(axis).map(|text| text.parse::<u32>());
        let fits = match number {
            None => false,
            // No numbers at all.
            Some(Err(_)) => label.len() == 1 && last.is_none(),
            Some(Ok(number)) if place % 3 == 0 => {
                let grows = last.is_none_or(|last| number > last);
                last = Some(number);
                grows
            }
            Some(Ok(number)) => last == Some(number),
        };
        if !fits {
            let (column, marker) = (place + 1, place / 3 + 1);
            return Err(format!(
                "line 5: found {label:?} as label {column}, expected {axis}{marker}"
            ));
        }
    }
    match labels.len() % 3 {
        0 => Ok(labels.len() / 3),
        _ => Err(format!(
            "line 5: found {} labels, expected X, Y and Z of each marker",
            labels.len()
        )),
    }
}
