//! Our wire format against `rosbags`' (tests/golden/cdr, written by scripts/make_golden_cdr.py).

use posemoe::msg::{
    CdrError, Message, decode, diagnostic_msgs, encode, hri_msgs, posemoe as pm, sensor_msgs,
    tf2_msgs, visualization_msgs, yolo_msgs, zed_msgs,
};

const PEOPLE_2D: &[u8] = include_bytes!("golden/cdr/People2D.cdr");
const PEOPLE_3D: &[u8] = include_bytes!("golden/cdr/People3D.cdr");
const SEPARATION: &[u8] = include_bytes!("golden/cdr/Separation.cdr");
const DETECTIONS: &[u8] = include_bytes!("golden/cdr/DetectionArray.cdr");
const SKELETON_2D: &[u8] = include_bytes!("golden/cdr/Skeleton2D.cdr");
const OBJECTS: &[u8] = include_bytes!("golden/cdr/ObjectsStamped.cdr");
const CAMERA_INFO: &[u8] = include_bytes!("golden/cdr/CameraInfo.cdr");
const TF: &[u8] = include_bytes!("golden/cdr/TFMessage.cdr");
const MARKERS: &[u8] = include_bytes!("golden/cdr/MarkerArray.cdr");
const DIAGNOSTICS: &[u8] = include_bytes!("golden/cdr/DiagnosticArray.cdr");
const TYPE_HASHES: &str = include_str!("golden/cdr/type_hashes.txt");

/// The golden file decoded; also checks that it encodes to the same bytes again and that rosbags
/// computes the same type hash.
fn golden<M: Message>(bytes: &[u8]) -> M {
    let message: M = decode(bytes).unwrap_or_else(|error| panic!("{}: {error}", M::TYPE_NAME));
    assert!(
        encode(&message) == bytes,
        "{}: encodes to other bytes",
        M::TYPE_NAME
    );
    let hash = format!("{} {}", M::TYPE_NAME, M::TYPE_HASH);
    assert!(
        TYPE_HASHES.lines().any(|line| line == hash),
        "{hash} is not what rosbags computes"
    );
    message
}

#[test]
fn people_2d() {
    let message: pm::People2D = golden(PEOPLE_2D);
    assert_eq!(message.header.stamp.sec, 1_700_000_000);
    assert_eq!(message.header.stamp.nanosec, 999_999_999);
    assert_eq!(message.header.frame_id, "cam_optical_frame");
    assert_eq!(
        (message.image_width_px, message.image_height_px),
        (1280, 720)
    );
    assert_eq!(message.joint_set, "coco17");
    let ids: Vec<_> = message
        .people
        .iter()
        .map(|person| person.id.as_str())
        .collect();
    assert_eq!(ids, ["", "7", "abc"]);
    let keypoints = &message.people[1].keypoints;
    assert_eq!(
        (keypoints[3].x_px, keypoints[3].y_px, keypoints[3].score),
        (103.5, 197.25, 0.25)
    );
    assert!(keypoints[5].x_px.is_nan());
    assert_eq!(keypoints[10].score, 0.0);
    assert_eq!(message.people[2].keypoints, []);
}

#[test]
fn separation() {
    let message: pm::Separation = golden(SEPARATION);
    assert_eq!(message.level, pm::Separation::UNKNOWN);
    assert_eq!(
        (message.age_s, message.reason.as_str()),
        (0.125, "arm: größer")
    );
    let [post, arm] = &message.pairs[..] else {
        panic!("two pairs")
    };
    assert_eq!((post.person.as_str(), post.part.as_str()), ("7", "post"));
    assert_eq!((post.level, arm.level), (pm::Separation::REDUCE, 0));
    assert_eq!((post.person_point.x, post.part_point.x), (1.0, 0.5));
    assert_eq!((post.margin_m, arm.margin_m), (-0.25, 0.75));
    assert!(post.time_to_contact_s.is_infinite() && post.approach_speed_m_s == -0.25);
    assert_eq!(arm.body_part, "left_hand");
}

#[test]
fn people_3d() {
    let message: pm::People3D = golden(PEOPLE_3D);
    assert_eq!(
        (message.header.stamp.sec, message.header.stamp.nanosec),
        (-1, 1)
    );
    let source = &message.source_stamp;
    assert_eq!((source.sec, source.nanosec), (-2, 999_999_999));
    assert_eq!((message.age_s, message.unplaced), (0.03125, 2));
    assert_eq!(message.joint_names, ["hip", "right_hip", "", "größe"]);
    let states: Vec<_> = message.people.iter().map(|person| person.state).collect();
    use pm::Person3D;
    assert_eq!(
        states,
        [Person3D::TRACKED, Person3D::PREDICTED, Person3D::LOST]
    );
    let person = &message.people[1];
    assert_eq!((person.id.as_str(), person.confidence), ("22", 0.875));
    assert_eq!(person.plausibility, 0.625);
    let source = &person.source_stamp;
    assert_eq!((source.sec, source.nanosec), (1_700_000_000, 2));
    assert_eq!(person.age_s, 0.125);
    assert_eq!((person.root_position.x, person.root_position.z), (0.1, 3.3));
    assert_eq!((person.root_sigma.y, person.root_velocity.x), (0.02, -1.0));
    assert_eq!(
        (person.root_covariance[5], person.root_covariance[8]),
        (-1e-3, 0.09)
    );
    let joint = &person.joints[3];
    assert_eq!(
        (joint.position.x, joint.position.y, joint.position.z),
        (1.5, -0.75, 6.0)
    );
    assert_eq!(
        (joint.velocity.z, joint.sigma_m, joint.score),
        (-0.375, 0.125, 0.75)
    );
    assert_eq!(
        (
            joint.orientation.y,
            joint.orientation.w,
            joint.orientation_sigma_rad
        ),
        (-0.5, -2.5, 0.1875)
    );
}

#[test]
fn detections_with_strings_of_every_alignment() {
    let message: yolo_msgs::DetectionArray = golden(DETECTIONS);
    assert_eq!(message.header.frame_id, "head_camera_rgb_optical_frame");
    assert_eq!(message.detections.len(), 9);
    for (i, detection) in message.detections.iter().enumerate() {
        assert_eq!(detection.class_id, i as i32);
        assert_eq!(detection.class_name, "p".repeat(i));
        assert_eq!(detection.id, "1".repeat(8 - i));
        assert_eq!(detection.score, 0.9375);
        assert_eq!(detection.bbox.center.position.x, 320.0 + i as f64);
        assert_eq!(
            (detection.bbox.size.x, detection.bbox.size.y),
            (64.0, 128.0)
        );
        assert_eq!(detection.bbox3d.size.y, 1.75);
        assert_eq!(detection.bbox3d.frame_id, "f".repeat(i));
        assert_eq!(
            (detection.mask.width, detection.mask.data.len()),
            (640, 8 - i)
        );
        assert_eq!(detection.keypoints.data.len(), i);
        for (k, keypoint) in detection.keypoints.data.iter().enumerate() {
            assert_eq!(keypoint.id, k as i32 + 1);
            assert_eq!(
                (keypoint.point.x, keypoint.point.y),
                (10.0 * k as f64, 5.0 + i as f64)
            );
        }
        assert_eq!(detection.keypoints3d.data.len(), 2 * i);
        assert_eq!(detection.keypoints3d.frame_id, "g".repeat(8 - i));
    }
}

#[test]
fn skeleton_2d() {
    let message: hri_msgs::Skeleton2D = golden(SKELETON_2D);
    assert_eq!(message.header.frame_id, "camera");
    let ear = &message.skeleton[usize::from(hri_msgs::Skeleton2D::LEFT_EAR)];
    assert_eq!((ear.x, ear.y, ear.c), (0.5, 0.5, 0.5));
}

#[test]
fn objects_stamped() {
    let message: zed_msgs::ObjectsStamped = golden(OBJECTS);
    for (i, body) in message.objects.iter().enumerate() {
        assert_eq!(body.label, format!("Body_{}", "1".repeat(i)));
        assert_eq!(i16::from(body.tracking_state), -body.label_id);
        assert_eq!((body.confidence, body.body_format), (87.5, i as i8));
        assert_eq!(body.tracking_available, i % 2 == 1);
        assert!(body.skeleton_available);
        assert_eq!(body.skeleton_2d.keypoints[69].kp, [138.0, 139.0]);
        assert_eq!(body.skeleton_3d.keypoints[69].kp, [207.0, 208.0, 209.0]);
    }
    assert_eq!(message.objects.len(), 3);
}

#[test]
fn camera_info() {
    let message: sensor_msgs::CameraInfo = golden(CAMERA_INFO);
    assert_eq!((message.height, message.width), (720, 1280));
    assert_eq!(message.distortion_model, "plumb_bob");
    assert_eq!(message.d, [-0.25, 0.125, 0.001, -0.002, 0.0]);
    assert_eq!(
        message.k,
        [900.0, 0.0, 640.5, 0.0, 901.0, 360.5, 0.0, 0.0, 1.0]
    );
    assert_eq!((message.p[3], message.r[8]), (-90.0, 1.0));
    assert_eq!((message.binning_x, message.binning_y), (1, 2));
    assert_eq!((message.roi.x_offset, message.roi.width), (1, 4));
    assert!(message.roi.do_rectify);
}

#[test]
fn transforms() {
    let message: tf2_msgs::TFMessage = golden(TF);
    for (i, transform) in message.transforms.iter().enumerate() {
        assert_eq!(transform.header.frame_id, "p".repeat(i));
        assert_eq!(
            transform.child_frame_id,
            format!("body_{}", "c".repeat(5 - i))
        );
        assert_eq!(transform.transform.translation.y, -(i as f64));
        assert_eq!(transform.transform.rotation.y, -0.5);
    }
    assert_eq!(message.transforms.len(), 5);
}

#[test]
fn markers() {
    let message: visualization_msgs::MarkerArray = golden(MARKERS);
    for (i, marker) in message.markers.iter().enumerate() {
        assert_eq!(marker.r#type, visualization_msgs::Marker::LINE_LIST);
        assert_eq!((marker.ns.as_str(), marker.id), ("bones", i as i32));
        assert_eq!(marker.frame_locked, i % 2 == 1);
        assert_eq!(marker.lifetime.nanosec, 500_000_000);
        assert_eq!((marker.points.len(), marker.colors.len()), (i, i));
        assert!(marker.points.iter().all(|point| point.z == i as f64));
        assert_eq!(marker.texture.data, [1, 2, 3]);
        assert_eq!(marker.uv_coordinates[0].v, 0.25);
        assert_eq!(marker.text, "t".repeat(i));
    }
    assert_eq!(message.markers.len(), 4);
}

#[test]
fn diagnostics() {
    let message: diagnostic_msgs::DiagnosticArray = golden(DIAGNOSTICS);
    let levels: Vec<_> = message.status.iter().map(|status| status.level).collect();
    use diagnostic_msgs::DiagnosticStatus as Status;
    assert_eq!(
        levels,
        [Status::OK, Status::WARN, Status::ERROR, Status::STALE]
    );
    assert_eq!(message.status[3].message, "mmm");
    assert_eq!(message.status[3].values[2].key, "kk");
    assert_eq!(message.status[3].values[2].value, "vvv");
}

#[test]
fn every_truncation_is_an_error() {
    fn check<M: Message>(bytes: &[u8]) {
        for end in 0..bytes.len() {
            let error = decode::<M>(&bytes[..end]).expect_err("shorter than the message");
            assert!(
                matches!(error, CdrError::NoHeader { .. } | CdrError::Body { .. }),
                "{} cut at {end}: {error}",
                M::TYPE_NAME
            );
        }
    }
    check::<pm::People2D>(PEOPLE_2D);
    check::<pm::People3D>(PEOPLE_3D);
    check::<pm::Separation>(SEPARATION);
    check::<yolo_msgs::DetectionArray>(DETECTIONS);
    check::<hri_msgs::Skeleton2D>(SKELETON_2D);
    check::<zed_msgs::ObjectsStamped>(OBJECTS);
    check::<sensor_msgs::CameraInfo>(CAMERA_INFO);
    check::<tf2_msgs::TFMessage>(TF);
    check::<visualization_msgs::MarkerArray>(MARKERS);
    check::<diagnostic_msgs::DiagnosticArray>(DIAGNOSTICS);
}
