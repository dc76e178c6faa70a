//! Marker files of OpenSim and Pose2Sim (`.trc`): one person, one row for each moment.

use std::collections::BTreeSet;

use nalgebra::Vector3;

use super::Failure;
use super::csv::moment;
use crate::evaluate::{Frame, Joint, Person, Skip, Skips, names};

/// The file does not name the person.
const PERSON: &str = "1";
/// Columns before the first marker: the frame's number and its time.
const BEFORE_MARKERS: usize = 2;

/// The person of each row.
///
/// ```text
/// PathFileType  4  (X/Y/Z)  walk.trc
/// DataRate  CameraRate  NumFrames  NumMarkers  Units  ...
/// 60        60          2          2           m      ...
/// Frame#    Time  RHip          LHip
///                 X1  Y1  Z1    X2  Y2  Z2
/// 1         0.0   0.1 0.9 0.2   0.1 0.9 0.0
/// ```
pub fn read(text: &str, skips: &mut Skips) -> Result<Vec<Frame>, Failure> {
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line));
    let mut head = |what: &str| {
        let (number, line) = lines
            .next()
            .ok_or_else(|| format!("the file ends before {what}"))?;
        Ok::<_, String>((number, cells(line)))
    };
    let (_, kind) = head("PathFileType")?;
    if kind.first() != Some(&"PathFileType") {
        return Err("line 1: expected PathFileType, as in .trc files of OpenSim".into());
    }
    let ((_, keys), (_, values)) = (head("DataRate, Units")?, head("their values")?);
    let metres = metres(&keys, &values)?;
    let (number, markers) = head("the names of markers")?;
    if markers.get(..BEFORE_MARKERS) != Some(&["Frame#", "Time"]) {
        return Err(
            format!("line {number}: expected Frame#, Time and the names of markers").into(),
        );
    }
    head("X1, Y1, Z1")?;
    let named = markers.iter().enumerate().skip(BEFORE_MARKERS);
    let markers: Vec<(usize, &str)> = named
        .filter(|(_, name)| !name.is_empty())
        .map(|(column, name)| (column, *name))
        .collect();
    let mut joints = BTreeSet::new();
    if let Some((_, name)) = markers
        .iter()
        .find(|(_, name)| !joints.insert(names::ours(name)))
    {
        return Err(format!("line {number}: marker {name} is the same joint as another").into());
    }
    let rows = lines.filter(|(_, line)| !line.trim().is_empty());
    rows.map(|(number, line)| {
        let found = row(&cells(line), &markers, metres, skips);
        found.map_err(|error| format!("line {number}: {error}").into())
    })
    .collect()
}

fn cells(line: &str) -> Vec<&str> {
    line.split('\t').map(str::trim).collect()
}

/// How long the file's unit is (m).
fn metres(keys: &[&str], values: &[&str]) -> Result<f64, String> {
    let place = keys.iter().position(|key| *key == "Units");
    match place.and_then(|place| values.get(place)) {
        Some(&"m") => Ok(1.0),
        Some(&"mm") => Ok(1e-3),
        found => Err(format!(
            "line 3: found the unit {:?}, expected m or mm",
            found.unwrap_or(&"")
        )),
    }
}

fn row(
    cells: &[&str],
    markers: &[(usize, &str)],
    metres: f64,
    skips: &mut Skips,
) -> Result<Frame, String> {
    let time = cells
        .get(1)
        .ok_or("expected a frame's number, its time and markers")?;
    let mut person = Person {
        id: PERSON.to_owned(),
        ..Person::default()
    };
    for (column, name) in markers {
        // A marker that was not seen has no numbers.
        let cell = |axis: usize| {
            cells
                .get(column + axis)
                .copied()
                .filter(|cell| !cell.is_empty())
        };
        let (Some(x), Some(y), Some(z)) = (cell(0), cell(1), cell(2)) else {
            skips.note(Skip::JointNotSeen);
            continue;
        };
        let number = |cell: &str| {
            let number = cell.parse::<f64>();
            number.map_err(|_| format!("marker {name}: found {cell:?}, expected a number"))
        };
        let position_m = Vector3::new(number(x)?, number(y)?, number(z)?) * metres;
        match Joint::new(position_m, None) {
            Some(joint) => {
                person.joints.insert(names::ours(name), joint);
            }
            None => skips.note(Skip::JointNotSeen),
        }
    }
    Ok(Frame {
        stamp: moment(time)?,
        frame_id: String::new(),
        people: vec![person],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "PathFileType\t4\t(X/Y/Z)\twalk.trc\r\n\
        DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\r\n\
        60\t60\t2\t2\tmm\t60\r\n\
        Frame#\tTime\tRHip\t\t\tC7\t\t\r\n\
        \t\tX1\tY1\tZ1\tX2\tY2\tZ2\r\n\
        \r\n\
        1\t0.0\t100\t900\t-200\t0\t1500\t0\r\n\
        2\t0.016667\t110\t900\t-200\t\t\t\r\n";

    #[test]
    fn markers_become_joints_in_metres() {
        let mut skips = Skips::default();
        let frames = read(FILE, &mut skips).unwrap();
        let hip = frames[0].people[0].joints["right_hip"].position_m;
        assert!((hip - Vector3::new(0.1, 0.9, -0.2)).norm() < 1e-12);
        assert!(frames[0].people[0].joints.contains_key("C7"));
        assert_eq!(frames[1].stamp.nanos(), 16_667_000);
        assert_eq!(
            (
                frames[1].people[0].joints.len(),
                skips.count(Skip::JointNotSeen)
            ),
            (1, 1)
        );
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_line() {
        let refusal = |from: &str, to: &str| {
            read(&FILE.replace(from, to), &mut Skips::default())
                .unwrap_err()
                .to_string()
        };
        assert!(refusal("mm", "cm").contains("line 3: found the unit \"cm\", expected m or mm"));
        assert!(refusal("PathFileType", "TRC").contains("line 1"));
        assert!(refusal("Frame#", "Frame").contains("line 4"));
        assert!(refusal("C7", "R_Hip\t\t\tRHip").contains("line 4: marker RHip is the same joint"));
        assert!(refusal("110", "x").contains("line 8: marker RHip: found \"x\""));
        assert!(refusal("0.016667", "soon").contains("line 8: found \"soon\""));
        assert!(read("PathFileType\t4", &mut Skips::default()).is_err());
    }
}
