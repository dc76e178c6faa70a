//! Separations as `visualization_msgs/MarkerArray`: a line between each person and part, and the
//! least margin in words.

use super::markers::plain;
use crate::msg::posemoe::{PartSeparation, Separation};
use crate::msg::std_msgs::ColorRGBA;
use crate::msg::visualization_msgs::{Marker, MarkerArray};

/// No body's: those begin with a letter.
const NAMESPACE: &str = "_separation";
const LINES_ID: i32 = 0;
const TEXT_ID: i32 = 1;
const LINE_WIDTH_M: f64 = 0.02;
const TEXT_HEIGHT_M: f64 = 0.12;

/// The markers of one message; pairs whose places are not known have no line.
pub fn message(separation: &Separation) -> MarkerArray {
    let known = separation
        .pairs
        .iter()
        .filter(|pair| pair.distance_m.is_finite());
    let mut lines = marker(separation, LINES_ID, Marker::LINE_LIST, LINE_WIDTH_M);
    for pair in known.clone() {
        for point in [&pair.person_point, &pair.part_point] {
            lines.points.push(point.clone());
            lines.colors.push(color(pair.level));
        }
    }
    let mut text = marker(separation, TEXT_ID, Marker::TEXT_VIEW_FACING, TEXT_HEIGHT_M);
    text.color = color(separation.level);
    if let Some(worst) = known.min_by(|a, b| a.margin_m.total_cmp(&b.margin_m)) {
        let PartSeparation {
            person,
            part,
            body_part,
            distance_m,
            margin_m,
            ..
        } = worst;
        text.text = format!("{person} {body_part} - {part}: {distance_m:.2} m ({margin_m:+.2})");
        text.pose.position = worst.person_point.clone();
    }
    let all = [lines, text].into_iter();
    let delete_or_add = |mut marker: Marker| {
        if marker.points.is_empty() && marker.text.is_empty() {
            marker.action = Marker::DELETE;
        }
        marker
    };
    MarkerArray {
        markers: all.map(delete_or_add).collect(),
    }
}

fn marker(separation: &Separation, id: i32, kind: i32, width_m: f64) -> Marker {
    Marker {
        header: separation.header.clone(),
        ns: NAMESPACE.to_owned(),
        color: color(separation.level),
        ..plain(id, kind, width_m)
    }
}

/// Green, yellow, red; grey for what is not known.
fn color(level: u8) -> ColorRGBA {
    let (r, g, b) = match level {
        Separation::CLEAR => (0.2, 0.7, 0.2),
        Separation::REDUCE => (0.95, 0.75, 0.1),
        Separation::STOP => (0.85, 0.1, 0.1),
        _ => (0.5, 0.5, 0.5),
    };
    ColorRGBA { r, g, b, a: 1.0 }
}
