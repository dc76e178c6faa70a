//! Depth images in the `compressedDepth` transport of image_transport do what plain ones do.

use posemoe::msg::sensor_msgs::CompressedImage;

use crate::bus::Rig;
use crate::depth_images::{assert_near, dropped, seen_at, wall};
use crate::messages::{header, ms, ready};

const PACKED: &str = "/camera/depth/compressedDepth";
const IMAGE: &str = "sensor_msgs/msg/Image";
const COMPRESSED: &str = "sensor_msgs/msg/CompressedImage";

/// A wall (m) of 640 x 480 px, as PNG of millimetres.
fn packed_wall(at_ms: i64, depth_m: f64) -> CompressedImage {
    let mut data = vec![0; 12];
    let mut encoder = png::Encoder::new(&mut data, 640, 480);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Sixteen);
    let pixel = ((1000.0 * depth_m) as u16).to_be_bytes();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixel.repeat(640 * 480)).unwrap();
    writer.finish().unwrap();
    CompressedImage {
        header: header(ms(at_ms)),
        format: "16UC1; compressedDepth png".into(),
        data,
    }
}

/// The type of the depth topic of this name.
fn type_of(rig: &Rig, topic: &str) -> &'static str {
    let mut topics = rig.bus.subscribed.iter();
    topics.find(|t| t.name == topic).unwrap().type_name
}

#[test]
fn people_are_where_a_packed_image_measures_them() {
    for depth_m in [3.6, 4.3] {
        let mut rig = ready(&format!("-p depth_topic:={PACKED}"));
        rig.send(PACKED, &packed_wall(0, depth_m));
        assert_near(seen_at(&mut rig, 0), depth_m + 0.09);
        assert!(rig.node.drops().is_empty(), "{:?}", rig.node.drops());
    }
}

#[test]
fn the_type_is_as_the_topic_ends_unless_it_is_said() {
    for (arguments, topic, expected) in [
        (format!("-p depth_topic:={PACKED}"), PACKED, COMPRESSED),
        ("-p depth_topic:=/depth".into(), "/depth", IMAGE),
        (
            format!("-p depth_topic:=/depth -r /depth:={PACKED}"),
            PACKED,
            COMPRESSED,
        ),
        (
            format!("-p depth_topic:={PACKED} -r {PACKED}:=/depth"),
            "/depth",
            IMAGE,
        ),
        (
            format!("-p depth_topic:=/depth -p depth_type:={COMPRESSED}"),
            "/depth",
            COMPRESSED,
        ),
        (
            format!("-p depth_topic:={PACKED} -p depth_type:={IMAGE}"),
            PACKED,
            IMAGE,
        ),
        (
            format!("-p sources:=[a] -p a.depth_topic:=/depth -p a.depth_type:={COMPRESSED}"),
            "/depth",
            COMPRESSED,
        ),
    ] {
        let rig = Rig::new(&arguments);
        assert_eq!(type_of(&rig, topic), expected, "{arguments}");
    }
}

#[test]
fn what_cannot_be_unpacked_is_named_and_people_go_on() {
    type Spoil = fn(&mut CompressedImage);
    let cases: [(Spoil, &str); 4] = [
        (
            |image| image.format = "rgb8; jpeg compressed bgr8".into(),
            "format \"rgb8; jpeg compressed bgr8\", expected such as",
        ),
        (|image| image.data.truncate(300), "PNG: "),
        (|image| image.data[12..].fill(0x5a), "PNG: "),
        (
            |image| image.header.frame_id = "other".into(),
            "it is in \"other\", its camera_info in",
        ),
    ];
    for (spoil, expected) in cases {
        let mut rig = ready(&format!("-p depth_topic:={PACKED}"));
        let mut image = packed_wall(0, 4.3);
        spoil(&mut image);
        rig.send(PACKED, &image);
        assert_near(seen_at(&mut rig, 0), 4.0);
        let text = dropped(&mut rig, 10, "unusable depth image");
        assert!(text.contains(expected), "{text}");
        rig.send(PACKED, &packed_wall(50, 4.3));
        assert!(seen_at(&mut rig, 50).is_some_and(|m| m > 4.05));
    }
    // Bytes of the other type.
    let mut rig = ready(&format!("-p depth_topic:={PACKED}"));
    rig.send(PACKED, &wall(0, 4.3));
    assert_near(seen_at(&mut rig, 0), 4.0);
    assert!(dropped(&mut rig, 10, "undecodable message").starts_with("1 "));
}
