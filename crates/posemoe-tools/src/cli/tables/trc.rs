//! Marker files of OpenSim and Pose2Sim (`.trc`): one person, one row for each moment.

mod head;

use nalgebra::Vector3;

use super::Failure;
use super::csv::moment;
use crate::evaluate::{Frame, Joint, Person, Skip, Skips, names};
use head::{BEFORE_MARKERS, Head, cells};

/// The file does not name the person.
const PERSON: &str = "1";
/// Lines before the first row.
const HEAD_LINES: usize = 5;

/// What a file has.
#[derive(Debug)]
pub struct Markers {
    /// The person of each row.
    pub frames: Vec<Frame>,
    /// What it promises and does not have, in words.
    pub damage: Vec<String>,
}

/// Reads a file.
///
/// ```text
/// PathFileType  4  (X/Y/Z)  walk.trc
/// DataRate  CameraRate  NumFrames  NumMarkers  Units  ...
/// 60        60          2          2           m      ...
/// Frame#    Time  RHip          LHip
///                 X1  Y1  Z1    X2  Y2  Z2
/// 1         0.0   0.1 0.9 0.2   0.1 0.9 0.0
/// ```
///
/// # Errors
/// What was found and expected, with the line, where the file cannot be understood.
pub fn read(text: &str, skips: &mut Skips) -> Result<Markers, Failure> {
    let text = text.trim_start_matches('\u{feff}');
    let head = head::read(text.lines())?;
    let (mut frames, mut damage, mut rows) = (Vec::new(), Vec::new(), 0);
    for (index, line) in text.lines().enumerate().skip(HEAD_LINES) {
        if line.trim().is_empty() {
            continue;
        }
        rows += 1;
        let (number, mut cells, columns) = (index + 1, cells(line), head.columns());
        while cells.len() > columns && cells.last() == Some(&"") {
            cells.pop();
        }
        if cells.len() != columns {
            let found = cells.len();
            damage.push(format!(
                "line {number}: found {found} cells, expected {columns}: left out"
            ));
            continue;
        }
        let frame = row(&cells, &head, skips);
        frames.push(frame.map_err(|error| format!("line {number}: {error}"))?);
    }
    if rows != head.frames {
        let expected = head.frames;
        damage.push(format!(
            "found {rows} rows, expected {expected} (NumFrames)"
        ));
    }
    Ok(Markers { frames, damage })
}

fn row(cells: &[&str], head: &Head, skips: &mut Skips) -> Result<Frame, String> {
    let mut person = Person {
        id: PERSON.to_owned(),
        ..Person::default()
    };
    let (before, places) = cells.split_at(BEFORE_MARKERS);
    for (name, place) in head.markers.iter().zip(places.chunks(3)) {
        // A marker that was not seen has no numbers.
        if place.iter().all(|cell| cell.is_empty()) {
            skips.note(Skip::JointNotSeen);
            continue;
        }
        let number = |cell: &&str| {
            let number = cell.parse::<f64>();
            number.map_err(|_| {
                format!("marker {name}: found {cell:?}, expected a number such as 0.5")
            })
        };
        let numbers = place.iter().map(number).collect::<Result<Vec<_>, _>>()?;
        match Joint::new(Vector3::from_vec(numbers) * head.unit_m, None) {
            Some(joint) => {
                person.joints.insert(names::ours(name), joint);
            }
            None => skips.note(Skip::JointNotSeen),
        }
    }
    Ok(Frame {
        stamp: moment(before.last().unwrap_or(&""))?,
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

    fn markers(text: &str) -> Markers {
        read(text, &mut Skips::default()).unwrap()
    }

    fn refusal(from: &str, to: &str) -> String {
        assert!(FILE.contains(from), "{from}");
        let text = FILE.replace(from, to);
        let error = read(&text, &mut Skips::default()).unwrap_err();
        error.to_string()
    }

    #[test]
    fn markers_become_joints_in_metres() {
        let mut skips = Skips::default();
        let Markers { frames, damage } = read(FILE, &mut skips).unwrap();
        let hip = frames[0].people[0].joints["right_hip"].position_m;
        assert!((hip - Vector3::new(0.1, 0.9, -0.2)).norm() < 1e-12);
        assert!(frames[0].people[0].joints.contains_key("C7"));
        assert_eq!(frames[1].stamp.nanos(), 16_667_000);
        let seen = frames[1].people[0].joints.len();
        assert_eq!((seen, skips.count(Skip::JointNotSeen)), (1, 1));
        assert_eq!(damage, [] as [&str; 0]);
    }

    #[test]
    fn ways_of_writing_the_head_make_no_difference() {
        let whole = markers(FILE).frames;
        for (from, to) in [
            ("\r\n", "\n"),
            (
                "PathFileType\t4\t(X/Y/Z)\twalk",
                "\u{feff}PathFileType 4 (X/Y/Z) my walk",
            ),
            ("60\t60\t2\t2\tmm\t60", "60 60 2 2 mm 60"),
            ("60\t60\t2\t2\tmm\t60", "60\t60\t2\t2\tmm\t"),
            ("DataRate\tCameraRate\t", "DataRate CameraRate "),
            ("RHip\t\t\tC7\t\t", "RHip\t\tC7"),
            ("RHip\t\t\tC7\t\t", "RHip\t\t\tC7\t\t\t\t"),
            ("Frame#\tTime\tRHip\t\t\tC7", "Frame# Time RHip C7"),
            ("Frame#\tTime\t", "Frame# Time\t"),
            ("Time", "Times"),
            ("Frame#", "frame"),
            ("\t\tX1\tY1\tZ1\tX2\tY2\tZ2", "X1 Y1 Z1 X2 Y2 Z2"),
            ("X1\tY1\tZ1\tX2\tY2\tZ2", "X\tY\tZ\tX\tY\tZ"),
            ("X2\tY2\tZ2", "X3\tY3\tZ3"),
            (
                "1\t0.0\t100\t900\t-200\t0\t1500\t0",
                "1 0.0 100 900 -200 0 1500 0",
            ),
            ("-200\t0\t1500\t0", "-200\t0\t1500\t0\t\t"),
        ] {
            assert!(FILE.contains(from), "{from}");
            let Markers { frames, damage } = markers(&FILE.replace(from, to));
            assert_eq!(format!("{frames:?}"), format!("{whole:?}"), "{to}");
            assert_eq!(damage, [] as [&str; 0], "{to}");
        }
    }

    #[test]
    fn names_that_do_not_fit_their_columns_are_refused() {
        for (from, to, expected) in [
            (
                "\tC7",
                "",
                "line 4 names 1 markers, line 5 has X, Y and Z of 2",
            ),
            ("C7", "C7\t\t\tNeck", "line 4 names 3 markers"),
            ("2\tmm", "3\tmm", "NumMarkers is 3"),
            ("\tX2\tY2\tZ2", "", "line 5 has X, Y and Z of 1"),
            ("Z2", "", "line 5: found 5 labels"),
            (
                "Y1\tZ1",
                "Z1\tY1",
                "line 5: found \"Z1\" as label 2, expected Y1",
            ),
            ("X2", "X1", "line 5: found \"X1\" as label 4, expected X2"),
            ("Z2", "Z1", "line 5: found \"Z1\" as label 6, expected Z2"),
            ("C7", "rhip", "line 4: marker rhip is the same joint"),
            ("Time", "Clock", "line 4: found [\"Frame#\", \"Clock\"]"),
            ("Frame#", "No.", "line 4: found [\"No.\", \"Time\"]"),
        ] {
            let found = refusal(from, to);
            assert!(found.contains(expected), "{found}");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_named_with_its_line() {
        for (from, to, expected) in [
            (
                "mm",
                "cm",
                "line 3: found the unit \"cm\", expected m or mm",
            ),
            ("Units", "Unit", "line 2: found no Units"),
            ("NumFrames", "Frames", "line 2: found no NumFrames"),
            (
                "60\t60\t2\t2",
                "60\t60\ttwo\t2",
                "line 3: NumFrames: found \"two\"",
            ),
            (
                "60\t60\t2\t2\tmm\t60",
                "60\t60\t2",
                "line 3: found 60, 60, 2, expected a value for each",
            ),
            ("PathFileType", "TRC", "line 1: found \"TRC\\t4"),
            ("110", "x", "line 8: marker RHip: found \"x\""),
            ("110", "1,1", "line 8: marker RHip: found \"1,1\""),
            ("110", "", "line 8: marker RHip: found \"\""),
            ("0.016667", "soon", "line 8: found \"soon\""),
            ("0.016667", "0,016667", "line 8: found \"0,016667\""),
        ] {
            let found = refusal(from, to);
            assert!(found.contains(expected), "{found}");
        }
        assert!(read("PathFileType\t4", &mut Skips::default()).is_err());
        assert!(read("", &mut Skips::default()).is_err());
    }

    #[test]
    fn rows_and_cells_that_are_not_there_are_damage() {
        for (from, to, expected) in [
            (
                "60\t60\t2",
                "60\t60\t3",
                "found 2 rows, expected 3 (NumFrames)",
            ),
            ("60\t60\t2", "60\t60\t1", "found 2 rows, expected 1"),
            (
                "-200\t\t\t\r\n",
                "-2",
                "line 8: found 5 cells, expected 8: left out",
            ),
            (
                "-200\t0\t1500\t0",
                "-200\t0\t1500\t0\t7",
                "line 7: found 9 cells, expected 8",
            ),
        ] {
            assert!(FILE.contains(from), "{from}");
            let found = markers(&FILE.replace(from, to));
            assert!(
                found.damage.join("; ").contains(expected),
                "{:?}",
                found.damage
            );
            assert!(!found.frames.is_empty());
        }
    }
}
