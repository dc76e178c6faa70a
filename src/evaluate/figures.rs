//! Every metric of any set of poses.

use std::collections::{BTreeMap, BTreeSet};

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::catalogue::{METRICS, MM, Measure, Metric};
use super::errors::{JointErrors, PoseErrors};
use super::matching::Detection;
use super::metrics;

/// Figures by the keys of [`METRICS`], in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// How many poses they are of.
    pub poses: usize,
    figures: Vec<(&'static str, Option<f64>)>,
}

impl Figures {
    /// All that these poses say; and, where it is given, who was found.
    pub fn of(poses: &[&PoseErrors], detection: Option<&Detection>) -> Self {
        let all: Vec<&JointErrors> = poses.iter().flat_map(|pose| &pose.joints).collect();
        let figure = |metric: &Metric| {
            let figure = match (metric.measure, detection) {
                (Measure::Pose(of, factor), _) => {
                    metrics::mean(poses.iter().filter_map(|pose| of(pose)))
                        .map(|mean| mean * factor)
                }
                (Measure::Joints(of), _) => of(&all),
                (Measure::Detection(of), Some(detection)) => of(detection),
                (Measure::Detection(_), None) => return None,
            };
            Some((metric.key, figure))
        };
        Self {
            poses: poses.len(),
            figures: METRICS.iter().filter_map(figure).collect(),
        }
    }

    /// Those that are of joints, for these joints alone; MPJPE is their mean then.
    fn of_joints(joints: &[&JointErrors]) -> Self {
        let mpjpe = metrics::mean(joints.iter().map(|j| j.relative_m)).map(|mean| mean * MM);
        let figure = |metric: &Metric| match metric.measure {
            Measure::Joints(of) => Some((metric.key, of(joints))),
            Measure::Pose(..) | Measure::Detection(_) => None,
        };
        let others = METRICS.iter().filter_map(figure);
        Self {
            poses: joints.len(),
            figures: std::iter::once(("mpjpe_mm", mpjpe)).chain(others).collect(),
        }
    }

    /// The figure with this key.
    pub fn get(&self, key: &str) -> Option<f64> {
        let (_, figure) = self.figures.iter().find(|(known, _)| *known == key)?;
        *figure
    }
}

impl Serialize for Figures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("poses", &self.poses)?;
        for (key, figure) in &self.figures {
            map.serialize_entry(key, figure)?;
        }
        map.end()
    }
}

/// Of each joint by itself.
pub fn by_joint(poses: &[&PoseErrors]) -> BTreeMap<String, Figures> {
    let mut joints = BTreeMap::<&str, Vec<&JointErrors>>::new();
    for joint in poses.iter().flat_map(|pose| &pose.joints) {
        joints.entry(&joint.name).or_default().push(joint);
    }
    joints
        .into_iter()
        .map(|(name, joints)| (name.to_owned(), Figures::of_joints(&joints)))
        .collect()
}

/// Of each true person by themselves.
pub fn by_person(poses: &[&PoseErrors]) -> BTreeMap<String, Figures> {
    let ids: BTreeSet<&str> = poses.iter().map(|pose| pose.truth_id.as_str()).collect();
    let of = |id: &str| only(poses, |pose| pose.truth_id == id);
    ids.into_iter().map(|id| (id.to_owned(), of(id))).collect()
}

/// Bands of distance from the camera: name, from (m, included), to (m).
const BANDS: [(&str, f64, f64); 4] = [
    ("below_2_m", 0.0, 2.0),
    ("2_to_4_m", 2.0, 4.0),
    ("4_to_6_m", 4.0, 6.0),
    ("from_6_m", 6.0, f64::INFINITY),
];

/// Of the people in each band of distance, nearest first; bands with nobody are left out.
pub fn by_distance(poses: &[&PoseErrors]) -> Vec<(&'static str, Figures)> {
    let band = |(name, from_m, to_m): (&'static str, f64, f64)| {
        let figures = only(poses, |pose| (from_m..to_m).contains(&pose.distance_m));
        (figures.poses > 0).then_some((name, figures))
    };
    BANDS.into_iter().filter_map(band).collect()
}

fn only(poses: &[&PoseErrors], is_meant: impl Fn(&PoseErrors) -> bool) -> Figures {
    let meant: Vec<&PoseErrors> = poses
        .iter()
        .copied()
        .filter(|pose| is_meant(pose))
        .collect();
    Figures::of(&meant, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joint(name: &str, relative_m: f64, absolute_m: f64, sigma_m: Option<f64>) -> JointErrors {
        JointErrors {
            name: name.into(),
            relative_m,
            absolute_m,
            sigma_m,
        }
    }

    fn poses() -> [PoseErrors; 2] {
        let first = PoseErrors {
            truth_id: "a".to_owned(),
            distance_m: 1.9,
            mpjpe_m: Some(0.1),
            root_m: 0.3,
            joints: vec![
                joint("pelvis", 0.0, 0.3, Some(0.1)),
                joint("nose", 0.2, 0.4, Some(0.1)),
            ],
            ..PoseErrors::default()
        };
        let second = PoseErrors {
            truth_id: "b".to_owned(),
            distance_m: 2.0,
            mpjpe_m: Some(0.05),
            velocity_m_s: Some(0.4),
            joints: vec![
                joint("nose", 0.05, 0.1, Some(0.1)),
                joint("head", 0.16, 0.1, None),
            ],
            ..PoseErrors::default()
        };
        [first, second]
    }

    fn assert_near(found: Option<f64>, expected: f64) {
        assert!(
            (found.unwrap() - expected).abs() < 1e-9,
            "{found:?}, expected {expected}"
        );
    }

    #[test]
    fn figures_by_hand() {
        let poses = poses();
        let poses: Vec<&PoseErrors> = poses.iter().collect();
        let found = Detection {
            frames: 2,
            true_people: 4,
            predicted_people: 2,
            found: 2,
            ..Default::default()
        };
        let figures = Figures::of(&poses, Some(&found));
        assert_near(figures.get("mpjpe_mm"), 75.0);
        assert_near(figures.get("mpjve_mm_s"), 400.0); // of the one pose that has it
        assert_eq!(figures.get("acceleration_error_m_s2"), None);
        assert_near(figures.get("root_error_mm"), 150.0);
        assert_near(figures.get("abs_mpjpe_mm"), 225.0);
        // Without the pelvis: 200, 50 and 160 mm.
        assert_near(figures.get("pck150_pct"), 100.0 / 3.0);
        assert_near(figures.get("auc_pct"), 100.0 * 21.0 / 31.0 / 3.0); // 50, 55, ..., 150
        assert_near(figures.get("abs_pck150_pct"), 50.0);
        assert_near(figures.get("p99_9_error_mm"), 399.7); // 300 + 0.997 · 100
        assert_near(figures.get("within_1_sigma_pct"), 50.0); // of the two noses
        assert_near(figures.get("within_2_sigma_pct"), 100.0);
        assert_near(figures.get("recall_pct"), 50.0);
        assert_near(figures.get("precision_pct"), 100.0);
    }

    #[test]
    fn parts_have_their_own_figures() {
        let poses = poses();
        let poses: Vec<&PoseErrors> = poses.iter().collect();
        let joints = by_joint(&poses);
        assert_near(joints["nose"].get("mpjpe_mm"), 125.0);
        assert_eq!(
            (joints["nose"].poses, joints["nose"].get("root_error_mm")),
            (2, None)
        );
        assert_near(by_person(&poses)["a"].get("mpjpe_mm"), 100.0);
        assert_eq!(by_person(&poses)["a"].get("recall_pct"), None);
        let bands = by_distance(&poses);
        let names: Vec<&str> = bands.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["below_2_m", "2_to_4_m"]); // 2 m is the second
        assert_near(bands[1].1.get("mpjpe_mm"), 50.0);
    }

    #[test]
    fn nothing_to_measure_is_no_figure() {
        let json = serde_json::to_value(Figures::of(&[], Some(&Detection::default()))).unwrap();
        assert_eq!(json["mpjpe_mm"], serde_json::Value::Null);
        assert_eq!(
            (json["poses"].as_u64(), json["idf1_pct"].is_null()),
            (Some(0), true)
        );
    }
}
