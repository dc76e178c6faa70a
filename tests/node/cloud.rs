//! Bodies as points: on the body, at the right time, and missing rather than stale.

use posemoe::msg::sensor_msgs::PointCloud2;
use posemoe::msg::visualization_msgs::MarkerArray;

use crate::bus::{Outgoing, Rig};
use crate::messages::{FRAME, KEYPOINTS, detections, header, ms, person, ready};

const TOPIC: &str = "/posemoe/cloud";

fn see(rig: &mut Rig, at_ms: i64, people: &[f64]) -> Vec<Outgoing> {
    rig.bus.now = ms(at_ms);
    let people = people.iter().enumerate();
    let people = people
        .map(|(i, x_m)| person(&i.to_string(), *x_m))
        .collect();
    rig.send(KEYPOINTS, &detections(ms(at_ms), people))
}

fn points(cloud: &PointCloud2) -> Vec<[f32; 3]> {
    let names: Vec<_> = cloud
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    assert_eq!(names, ["x", "y", "z"]);
    assert_eq!((cloud.point_step, cloud.row_step), (12, 12 * cloud.width));
    assert_eq!(cloud.data.len(), cloud.row_step as usize);
    let number = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().unwrap());
    let rows = cloud.data.chunks_exact(12);
    rows.map(|row| [0, 4, 8].map(|at| number(&row[at..at + 4])))
        .collect()
}

fn extent(points: &[[f32; 3]], axis: usize) -> (f32, f32) {
    let along = points.iter().map(|point| point[axis]);
    (
        along.clone().fold(f32::INFINITY, f32::min),
        along.fold(f32::NEG_INFINITY, f32::max),
    )
}

#[test]
fn everyone_is_points_on_their_bodies() {
    let mut rig = ready("-p publish_cloud:=true");
    let sent = see(&mut rig, 0, &[0.0]);
    let one: PointCloud2 = rig.on(TOPIC, &sent).unwrap();
    assert_eq!(one.header, header(ms(0)));
    let all = points(&one);
    assert!((500..2000).contains(&all.len()), "{}", all.len());
    // 4 m ahead, as broad as the hands' balls beyond the wrists at 0.25 m, from above the head to
    // below the ankles.
    let (left, right) = extent(&all, 0);
    let (top, bottom) = extent(&all, 1);
    let (near, far) = extent(&all, 2);
    assert!(
        (left + 0.47).abs() < 0.05 && (right - 0.47).abs() < 0.05,
        "{left} {right}"
    );
    assert!(
        (-0.95..-0.8).contains(&top) && (1.05..1.2).contains(&bottom),
        "{top} {bottom}"
    );
    assert!(
        (near - 3.78).abs() < 0.05 && (far - 4.22).abs() < 0.05,
        "{near} {far}"
    );
    let sent = see(&mut rig, 20, &[-0.5, 0.5]);
    let two: PointCloud2 = rig.on(TOPIC, &sent).unwrap();
    assert!(two.width > 19 * one.width / 10);
    let sent = see(&mut rig, 2000, &[]);
    let nobody: PointCloud2 = rig.on(TOPIC, &sent).unwrap();
    assert_eq!(
        (nobody.width, nobody.data.len()),
        (0, 0),
        "who is lost leaves no points"
    );
    assert_eq!(nobody.header.frame_id, FRAME);
}

#[test]
fn a_horizon_fills_the_way_ahead() {
    let cloud = |args: &str| {
        let mut rig = ready(&format!("-p publish_cloud:=true {args}"));
        for i in 0..50 {
            see(&mut rig, i * 20, &[-0.5 + 0.02 * i as f64]);
        }
        let sent = see(&mut rig, 1000, &[0.5]);
        rig.on::<PointCloud2>(TOPIC, &sent).unwrap()
    };
    let (now, ahead) = (cloud(""), cloud("-p cloud_horizon_s:=1.0"));
    assert_eq!(ahead.width, 6 * now.width, "now and each 0.2 s");
    let ((from, to), (from_ahead, to_ahead)) =
        (extent(&points(&now), 0), extent(&points(&ahead), 0));
    assert!((from - from_ahead).abs() < 1e-3);
    assert!(
        (0.6..0.9).contains(&(to_ahead - to)),
        "1 m/s, which fades: {}",
        to_ahead - to
    );
}

#[test]
fn at_a_steady_rate_it_is_of_now_and_falls_silent_with_the_images() {
    let mut rig =
        ready("-p publish_cloud:=true -p output_rate_hz:=20.0 -p lead_s:=0.3 -p stale_s:=0.2");
    see(&mut rig, 0, &[0.0]);
    for (now_ms, is_there) in [(50, true), (200, true), (250, false), (5000, false)] {
        let sent = rig.be_due(ms(now_ms));
        let cloud: Option<PointCloud2> = rig.on(TOPIC, &sent);
        assert_eq!(cloud.is_some(), is_there, "{now_ms} ms");
        if let Some(cloud) = cloud {
            assert_eq!(
                cloud.header,
                header(ms(now_ms)),
                "TF does not know the future"
            );
        }
    }
    see(&mut rig, 5010, &[]);
    let sent = rig.be_due(ms(5050));
    let nobody: PointCloud2 = rig.on(TOPIC, &sent).unwrap();
    assert_eq!(nobody.width, 0, "somebody looks, and nobody is there");
}

#[test]
fn lines_to_the_robot_are_drawn_in_the_colour_of_their_level() {
    let part = "-p output_rate_hz:=20.0 -p robot_parts:=[hand] -p hand.from:=hand -p hand.to:=hand \
        -p hand.radius_m:=0.1";
    let mut rig = ready(part);
    crate::transforms::fix(&mut rig, FRAME, "hand", [0.0, 0.0, 3.5]);
    see(&mut rig, 0, &[0.0]);
    let sent = rig.be_due(ms(10));
    let all: Vec<MarkerArray> = rig.all_on("/posemoe/markers", &sent);
    let of_it = all
        .iter()
        .flat_map(|array| &array.markers)
        .filter(|m| m.ns == "_separation");
    let of_it: Vec<_> = of_it.collect();
    assert_eq!(of_it.len(), 2);
    let (lines, text) = (of_it[0], of_it[1]);
    assert_eq!(
        (lines.points.len(), lines.action),
        (2, posemoe::msg::visualization_msgs::Marker::ADD)
    );
    assert!(
        (lines.points[1].z - 3.6).abs() < 1e-6,
        "on the hand's surface: {:?}",
        lines.points
    );
    assert!(
        lines.colors[0].r > 0.8 && lines.colors[0].g < 0.2,
        "too near"
    );
    assert!(text.text.contains("- hand: 0."), "{}", text.text);
}
