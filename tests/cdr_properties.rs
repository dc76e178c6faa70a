//! Whatever the message, it round-trips; whatever the bytes, decoding returns.

use posemoe::msg::{
    Message, decode, diagnostic_msgs, encode, hri_msgs, posemoe as pm, sensor_msgs, tf2_msgs,
    visualization_msgs, yolo_msgs, zed_msgs,
};
use proptest::prelude::*;

const PEOPLE_2D: &[u8] = include_bytes!("golden/cdr/People2D.cdr");
const PEOPLE_3D: &[u8] = include_bytes!("golden/cdr/People3D.cdr");
const DETECTIONS: &[u8] = include_bytes!("golden/cdr/DetectionArray.cdr");
const CAMERA_INFO: &[u8] = include_bytes!("golden/cdr/CameraInfo.cdr");
const TF: &[u8] = include_bytes!("golden/cdr/TFMessage.cdr");
const MARKERS: &[u8] = include_bytes!("golden/cdr/MarkerArray.cdr");
const DIAGNOSTICS: &[u8] = include_bytes!("golden/cdr/DiagnosticArray.cdr");

/// Whatever the bytes, every type's decoder must return, and an error must be able to say why.
fn decode_as_each_type(bytes: &[u8]) {
    fn as_one<M: Message>(bytes: &[u8]) {
        match decode::<M>(bytes) {
            Ok(message) => drop(encode(&message)),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    as_one::<pm::People2D>(bytes);
    as_one::<pm::People3D>(bytes);
    as_one::<yolo_msgs::DetectionArray>(bytes);
    as_one::<hri_msgs::IdsList>(bytes);
    as_one::<hri_msgs::Skeleton2D>(bytes);
    as_one::<zed_msgs::ObjectsStamped>(bytes);
    as_one::<sensor_msgs::CameraInfo>(bytes);
    as_one::<sensor_msgs::Image>(bytes);
    as_one::<tf2_msgs::TFMessage>(bytes);
    as_one::<visualization_msgs::MarkerArray>(bytes);
    as_one::<diagnostic_msgs::DiagnosticArray>(bytes);
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z_]{0,9}", any::<String>()]
}

fn header() -> impl Strategy<Value = posemoe::msg::std_msgs::Header> {
    (any::<i32>(), 0..1_000_000_000_u32, text()).prop_map(|(sec, nanosec, frame_id)| {
        let stamp = posemoe::msg::builtin_interfaces::Time { sec, nanosec };
        posemoe::msg::std_msgs::Header { stamp, frame_id }
    })
}

fn joint() -> impl Strategy<Value = pm::Joint3D> {
    (any::<[f64; 3]>(), any::<[f64; 2]>(), any::<f32>()).prop_map(|([x, y, z], sigmas, score)| {
        let mut joint = pm::Joint3D {
            sigma_m: sigmas[0],
            orientation_sigma_rad: sigmas[1],
            score,
            ..Default::default()
        };
        joint.orientation.w = y;
        (joint.position.x, joint.position.y, joint.velocity.z) = (x, y, z);
        joint
    })
}

prop_compose! {
    fn person()(
        id in text(),
        state in any::<u8>(),
        confidence in any::<f32>(),
        root_covariance in any::<[f64; 9]>(),
        joints in prop::collection::vec(joint(), 0..4),
    ) -> pm::Person3D {
        pm::Person3D { id, state, confidence, root_covariance, joints, ..Default::default() }
    }
}

prop_compose! {
    fn people()(
        header in header(),
        joint_names in prop::collection::vec(text(), 0..5),
        people in prop::collection::vec(person(), 0..4),
        age_s in any::<f64>(),
        unplaced in any::<u32>(),
    ) -> pm::People3D {
        let source_stamp = header.stamp.clone();
        pm::People3D { header, source_stamp, age_s, joint_names, people, unplaced }
    }
}

prop_compose! {
    fn detection()(
        class_id in any::<i32>(),
        class_name in text(),
        id in text(),
        score in any::<f64>(),
        mask in prop::collection::vec(any::<[f64; 2]>(), 0..3),
        keypoints in prop::collection::vec((any::<i32>(), any::<[f64; 2]>()), 0..3),
        frame_id in text(),
    ) -> yolo_msgs::Detection {
        let point = |[x, y]: [f64; 2]| yolo_msgs::Point2D { x, y };
        let keypoint = |(id, xy)| yolo_msgs::KeyPoint2D { id, point: point(xy), score };
        let mut detection = yolo_msgs::Detection {
            class_id, class_name, id, score, ..Default::default()
        };
        detection.mask.data = mask.into_iter().map(point).collect();
        detection.keypoints.data = keypoints.into_iter().map(keypoint).collect();
        detection.keypoints3d.frame_id = frame_id;
        detection
    }
}

proptest! {
    #[test]
    fn people_round_trip(message in people()) {
        prop_assert_eq!(decode::<pm::People3D>(&encode(&message)), Ok(message));
    }

    #[test]
    fn detections_round_trip(
        header in header(),
        detections in prop::collection::vec(detection(), 0..4),
    ) {
        let message = yolo_msgs::DetectionArray { header, detections };
        prop_assert_eq!(decode::<yolo_msgs::DetectionArray>(&encode(&message)), Ok(message));
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        order in 0..2_u8,
        body in prop::collection::vec(prop_oneof![0..4_u8, any::<u8>()], 0..400),
    ) {
        let mut bytes = vec![0, order, 0, 0];
        bytes.extend(body);
        decode_as_each_type(&bytes);
    }

    #[test]
    fn flipped_bits_never_panic(
        golden in prop::sample::select(vec![
            PEOPLE_2D, PEOPLE_3D, DETECTIONS, CAMERA_INFO, TF, MARKERS, DIAGNOSTICS,
        ]),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8_u8), 1..4),
    ) {
        let mut bytes = golden.to_vec();
        for (place, bit) in flips {
            let place = place.index(bytes.len());
            bytes[place] ^= 1 << bit;
        }
        decode_as_each_type(&bytes);
    }
}
