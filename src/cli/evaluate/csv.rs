//! People as a table: `stamp_s,person,joint,x_m,y_m,z_m`, and `sigma_m` where it is known; a row for each
//! joint, in any order.

use std::collections::BTreeMap;

use super::Failure;
use crate::evaluate::{Frame, Joint, Person, Skip, Skips, names};
use crate::stamp::Stamp;

#[derive(serde::Deserialize)]
struct Row {
    stamp_s: String,
    person: String,
    joint: String,
    x_m: f64,
    y_m: f64,
    z_m: f64,
    sigma_m: Option<f64>,
}

/// Everyone in the table, by time.
pub fn read(text: &str, skips: &mut Skips) -> Result<Vec<Frame>, Failure> {
    let mut table = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut frames = BTreeMap::<Stamp, BTreeMap<String, Person>>::new();
    for row in table.deserialize() {
        let row: Row = row?;
        let stamp = moment(&row.stamp_s)?;
        let people = frames.entry(stamp).or_default();
        let person = people.entry(row.person.clone()).or_insert_with(|| Person {
            id: row.person.clone(),
            ..Person::default()
        });
        let Some(joint) = Joint::new([row.x_m, row.y_m, row.z_m], row.sigma_m) else {
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
    let frames = frames.into_iter().map(|(stamp, people)| Frame {
        stamp,
        frame_id: String::new(),
        people: people.into_values().collect(),
    });
    Ok(frames.collect())
}

/// Seconds as decimal digits, to the nanosecond: as one floating-point number, seconds since 1970 have
/// no more than six digits after the point.
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
        assert!(refusal(&format!("{head}0,a,nose,1,2,wrong\n")).contains("line: 2"));
        assert!(refusal(&format!("{head}0,a,nose,1,2\n")).contains("line: 2"));
        assert!(refusal("stamp_s,person,joint,x_m,y_m\n0,a,nose,1,2\n").contains("z_m"));
        assert!(refusal(&format!("{head}1e3,a,nose,1,2,3\n")).contains("\"1e3\""));
        let twice = refusal(&format!("{head}0,a,nose,1,2,3\n0,a,Nose,1,2,3\n"));
        assert!(
            twice.contains("joint Nose of person a is there twice at 0 s"),
            "{twice}"
        );
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
