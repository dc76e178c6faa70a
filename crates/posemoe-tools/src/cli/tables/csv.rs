//! People as a table: `stamp_s,person,joint,x_m,y_m,z_m`, and `sigma_m` where it is known; a row
//! for each joint, in any order.

use std::collections::BTreeMap;

use super::Failure;
use crate::evaluate::{Frame, Joint, Person, Skip, Skips, names};
use posemoe_stamp::Stamp;

/// The columns that a table must have.
const COLUMNS: [&str; 6] = ["stamp_s", "person", "joint", "x_m", "y_m", "z_m"];

#[derive(serde::Deserialize)]
struct Row {
    stamp_s: String,
    person: String,
    joint: String,
    x_m: String,
    y_m: String,
    z_m: String,
    sigma_m: Option<String>,
}

impl Row {
    /// `None` where it is not seen.
    fn joint(&self) -> Result<Option<Joint>, String> {
        let number = |column: &str, cell: &str| {
            let number = cell.parse::<f64>();
            number.map_err(|_| format!("{column}: found {cell:?}, expected a number such as 0.5"))
        };
        let place = [
            number("x_m", &self.x_m)?,
            number("y_m", &self.y_m)?,
            number("z_m", &self.z_m)?,
        ];
        let sigma = self.sigma_m.as_deref();
        let sigma = sigma.map(|cell| number("sigma_m", cell)).transpose()?;
        Ok(Joint::new(place, sigma))
    }
}

/// Everyone in the table, by time.
pub fn read(text: &str, skips: &mut Skips) -> Result<Vec<Frame>, Failure> {
    let text = text.trim_start_matches('\u{feff}');
    let mut table = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = table.headers()?.clone();
    check(&header, text)?;
    let mut frames = BTreeMap::<Stamp, BTreeMap<String, Person>>::new();
    for record in table.into_records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let in_line = |error: String| format!("line {line}: {error}");
        let row: Row = record.deserialize(Some(&header))?;
        let stamp = moment(&row.stamp_s).map_err(in_line)?;
        let people = frames.entry(stamp).or_default();
        let person = people.entry(row.person.clone()).or_insert_with(|| Person {
            id: row.person.clone(),
            ..Person::default()
        });
        let Some(joint) = row.joint().map_err(in_line)? else {
            skips.note(Skip::JointNotSeen);
            continue;
        };
        if person
            .joints
            .insert(names::ours(&row.joint), joint)
            .is_some()
        {
            let (person, joint, stamp) = (row.person, row.joint, row.stamp_s);
            return Err(
                format!("joint {joint} of person {person} is there twice at {stamp} s").into(),
            );
        }
    }
    if frames.is_empty() {
        return Err("found a header and no rows".into());
    }
    let frames = frames.into_iter().map(|(stamp, people)| Frame {
        stamp,
        frame_id: String::new(),
        people: people.into_values().collect(),
    });
    Ok(frames.collect())
}

/// That the first line names the columns.
fn check(header: &csv::StringRecord, text: &str) -> Result<(), String> {
    let has = |column: &str| header.iter().any(|found| found == column);
    let missing: Vec<_> = COLUMNS.into_iter().filter(|column| !has(column)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let expected = format!("expected the columns {}", COLUMNS.join(","));
    let first: String = text
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(80)
        .collect();
    if text.trim().is_empty() {
        return Err(format!("found an empty file, {expected}"));
    }
    let separator = [';', '\t', '|', ' ']
        .into_iter()
        .find(|c| first.contains(*c));
    match separator.filter(|_| header.len() == 1) {
        Some(separator) => Err(format!(
            "line 1: found {separator:?} between columns, expected ','; found {first:?}, {expected}"
        )),
        None => Err(format!(
            "line 1: found no {}; found {first:?}, {expected}",
            missing.join(", ")
        )),
    }
}

/// Seconds as decimal digits, to the nanosecond: as one floating-point number, seconds since 1970
/// have no more than six digits after the point.
pub fn moment(seconds: &str) -> Result<Stamp, String> {
    let refused = || format!("found {seconds:?}, expected seconds such as 12.345");
    let (is_negative, size) = match seconds.strip_prefix('-') {
        Some(size) => (true, size),
        None => (false, seconds),
    };
    let (whole, part) = size.split_once('.').unwrap_or((size, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !are_digits(whole) || !are_digits(part) {
        return Err(refused());
    }
    let nine_digits: String = part.chars().chain(std::iter::repeat('0')).take(9).collect();
    let nanos: i64 = format!("{whole}{nine_digits}")
        .parse()
        .map_err(|_| refused())?;
    Ok(Stamp::from_nanos(if is_negative { -nanos } else { nanos }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_in_any_order_become_frames() {
        let text = "\
            person,joint,stamp_s,x_m,y_m,z_m,sigma_m\n\
            a,nose,1760000000.016666667,1,2,3,0.05\n\
            b, RHip ,0.5,4,5,6,\n\
            a,head,1760000000.016666667,nan,2,3,\n";
        let mut skips = Skips::default();
        let frames = read(text, &mut skips).unwrap();
        assert_eq!(frames[0].stamp.nanos(), 500_000_000);
        assert_eq!(frames[0].people[0].joints["right_hip"].sigma_m, None);
        assert_eq!(frames[1].stamp.nanos(), 1_760_000_000_016_666_667);
        let nose = frames[1].people[0].joints["nose"];
        assert_eq!((nose.position_m.z, nose.sigma_m), (3.0, Some(0.05)));
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
        let refusal = |text: &str| read(text, &mut Skips::default()).unwrap_err().to_string();
        let head = "stamp_s,person,joint,x_m,y_m,z_m\n";
        let said = refusal(&format!("{head}0,a,nose,1,2,wrong\n"));
        assert!(said.contains("line 2: z_m: found \"wrong\""), "{said}");
        let said = refusal(&format!("{head}0,a,nose,\"1,5\",2,3\n"));
        assert!(said.contains("line 2: x_m: found \"1,5\""), "{said}");
        assert!(refusal(&format!("{head}0,a,nose,1,5,2,3\n")).contains("line: 2"));
        assert!(refusal(&format!("{head}0,a,nose,1,2\n")).contains("line: 2"));
        let said = refusal("stamp_s,person,joint,x_m,y_m\n0,a,nose,1,2\n");
        assert!(said.contains("line 1: found no z_m"), "{said}");
        let said = refusal(&format!("{head}1e3,a,nose,1,2,3\n"));
        assert!(said.contains("line 2: found \"1e3\""), "{said}");
        let twice = refusal(&format!("{head}0,a,nose,1,2,3\n0,a,Nose,1,2,3\n"));
        assert!(
            twice.contains("joint Nose of person a is there twice at 0 s"),
            "{twice}"
        );
    }

    #[test]
    fn what_is_no_such_table_says_what_it_is() {
        let refusal = |text: &str| read(text, &mut Skips::default()).unwrap_err().to_string();
        let head = "stamp_s,person,joint,x_m,y_m,z_m\n";
        for (text, expected) in [
            (
                &*head.replace(',', ";"),
                "found ';' between columns, expected ','",
            ),
            (
                &head.replace(',', "\t"),
                "found '\\t' between columns, expected ','",
            ),
            (
                "0,a,nose,1,2,3\n",
                "found \"0,a,nose,1,2,3\", expected the columns stamp_s,person",
            ),
            ("", "found an empty file, expected the columns"),
            (" \n\n", "found an empty file"),
            (head, "found a header and no rows"),
            (
                "version https://git-lfs\n",
                "found \"version https://git-lfs\"",
            ),
        ] {
            let said = refusal(text);
            assert!(said.contains(expected), "{said}");
        }
        let text = format!("\u{feff}{head}0,a,nose,1,2,3\n").replace('\n', "\r\n");
        assert_eq!(read(&text, &mut Skips::default()).unwrap().len(), 1);
    }

    #[test]
    fn moments_are_exact_to_the_nanosecond() {
        assert_eq!(moment("-1.5").unwrap().nanos(), -1_500_000_000);
        assert_eq!(moment("7").unwrap().nanos(), 7_000_000_000);
        assert_eq!(moment("0.1234567899").unwrap().nanos(), 123_456_789);
        for wrong in ["", ".5", "1.x", "nan", "99999999999999999999"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
