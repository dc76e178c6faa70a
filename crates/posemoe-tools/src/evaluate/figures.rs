//! Every metric of any set of poses.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::catalogue::{METRICS, MM, Measure, Metric};
use super::errors::{JointErrors, PoseErrors};
use super::found::{BANDS, Found, Parts};
use super::matching::Detection;
use super::metrics;

/// Figures by the keys of [`METRICS`], in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// How many poses they are of.
    pub poses: usize,
    /// Who was found, of a part of the people.
    pub found: Option<Found>,
    figures: Vec<(&'static str, Option<f64>)>,
}

impl Figures {
    /// All that these poses say, and who was found.
    pub fn of(poses: &[&PoseErrors], detection: &Detection) -> Self {
        let all: Vec<&JointErrors> = poses.iter().flat_map(|pose| &pose.joints).collect();
        let figure = |metric: &Metric| {
            let figure = match metric.measure {
                Measure::Pose(of, factor) => {
                    metrics::mean(poses.iter().filter_map(|pose| of(pose)))
                        .map(|mean| mean * factor)
                }
                Measure::Ratio(of, factor) => {
                    ratio(poses.iter().filter_map(|pose| of(pose))).map(|ratio| ratio * factor)
                }
                Measure::Joints(of) => of(&all),
                Measure::Found(of) | Measure::Identity(of) => of(detection),
            };
            (metric.key, figure)
        };
        Self {
            poses: poses.len(),
            found: None,
            figures: METRICS.iter().map(figure).collect(),
        }
    }

    /// Those of a part of the people: of their poses, and who of them was found.
    fn of_part<'a>(poses: impl Iterator<Item = &'a PoseErrors>, found: &Found) -> Self {
        let poses: Vec<&PoseErrors> = poses.collect();
        let mut part = Self::of(&poses, &found.detection());
        let is_of_all = |metric: &Metric| matches!(metric.measure, Measure::Identity(_));
        let of_all: Vec<_> = METRICS
            .iter()
            .filter(|m| is_of_all(m))
            .map(|m| m.key)
            .collect();
        part.figures.retain(|(key, _)| !of_all.contains(key));
        part.found = Some(*found);
        part
    }

    /// Those that are of joints, for these joints alone; MPJPE is their mean then.
    fn of_joints(joints: &[&JointErrors]) -> Self {
        let mpjpe = metrics::mean(joints.iter().map(|j| j.relative_m)).map(|mean| mean * MM);
        let figure = |metric: &Metric| match metric.measure {
            Measure::Joints(of) => Some((metric.key, of(joints))),
            Measure::Pose(..) | Measure::Ratio(..) | Measure::Found(_) | Measure::Identity(_) => {
                None
            }
        };
        let others = METRICS.iter().filter_map(figure);
        Self {
            poses: joints.len(),
            found: None,
            figures: std::iter::once(("mpjpe_mm", mpjpe)).chain(others).collect(),
        }
    }

    /// The figure with this key.
    pub fn get(&self, key: &str) -> Option<f64> {
        let (_, figure) = self.figures.iter().find(|(known, _)| *known == key)?;
        *figure
    }
}

/// The sum of the first over the sum of the second; `None` where that is 0.
fn ratio(parts: impl Iterator<Item = [f64; 2]>) -> Option<f64> {
    let [first, second] = parts.fold([0.0; 2], |[a, b], [c, d]| [a + c, b + d]);
    (second > 0.0).then(|| first / second)
}

impl Serialize for Figures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("poses", &self.poses)?;
        if let Some(found) = &self.found {
            map.serialize_entry("counts", found)?;
        }
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

/// Of each true person by themselves, also of who was never found.
pub fn by_person(poses: &[&PoseErrors], parts: &Parts) -> BTreeMap<String, Figures> {
    let person = |(id, found): (&String, &Found)| {
        let theirs = poses.iter().copied().filter(|pose| pose.truth_id == *id);
        (id.clone(), Figures::of_part(theirs, found))
    };
    parts.people.iter().map(person).collect()
}

/// Of the people in each band of distance, nearest first; bands with nobody are left out.
pub fn by_distance(
    poses: &[&PoseErrors],
    bands: &[Found; BANDS.len()],
) -> Vec<(&'static str, Figures)> {
    let band = |((name, from_m, to_m), found): ((&'static str, f64, f64), &Found)| {
        let is_in = |pose: &&PoseErrors| (from_m..to_m).contains(&pose.distance_m);
        let figures = Figures::of_part(poses.iter().copied().filter(is_in), found);
        (!found.is_nobody()).then_some((name, figures))
    };
    BANDS.into_iter().zip(bands).filter_map(band).collect()
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
            root_in_sigmas: Some([0.5, -1.5, 2.5]),
            behind: Some([0.01, 1.0]),
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
            root_in_sigmas: Some([-1.0, 0.0, 0.5]),
            behind: Some([0.05, 2.0]),
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
        let figures = Figures::of(&poses, &found);
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
        assert_near(figures.get("sigma_factor"), 0.5 + 0.6827 * 1.5); // 0.5 and 2 sigmas
        assert_near(figures.get("joint_nees"), 3.5267 * (0.25 + 4.0) / 2.0);
        let of_root = |many: u32| {
            ["x", "y", "z"].map(|axis| figures.get(&format!("root_within_{many}_sigma_{axis}_pct")))
        };
        assert_eq!(of_root(1), [Some(100.0), Some(50.0), Some(50.0)]);
        assert_eq!(of_root(2), [Some(100.0), Some(100.0), Some(50.0)]);
        assert_near(
            figures.get("root_nees"),
            (0.25 + 2.25 + 6.25 + 1.0 + 0.25) / 2.0,
        );
        // (10 + 50) / (1 + 2): not the mean of 10 and 25.
        assert_near(figures.get("delay_ms"), 20.0);
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
        let found = |true_people, predicted_people, found_people| Found {
            true_people,
            predicted_people,
            found_people,
        };
        let ids = [
            ("a", found(1, 1, 1)),
            ("b", found(4, 2, 1)),
            ("c", found(3, 0, 0)),
        ];
        let parts = Parts {
            people: ids.map(|(id, found)| (id.to_owned(), found)).into(),
            bands: [
                found(1, 1, 1),
                found(7, 2, 1),
                Found::default(),
                found(0, 1, 0),
            ],
        };
        let people = by_person(&poses, &parts);
        assert_near(people["a"].get("mpjpe_mm"), 100.0);
        let figures = ["recall_pct", "precision_pct"];
        assert_eq!(
            figures.map(|key| people["b"].get(key)),
            [Some(25.0), Some(50.0)]
        );
        assert_eq!(figures.map(|key| people["c"].get(key)), [Some(0.0), None]);
        assert_eq!(people["c"].get("mpjpe_mm"), None);
        let bands = by_distance(&poses, &parts.bands);
        let names: Vec<&str> = bands.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["below_2_m", "2_to_4_m", "from_6_m"]); // 2 m is the second
        assert_near(bands[1].1.get("mpjpe_mm"), 50.0);
        assert_near(bands[2].1.get("precision_pct"), 0.0);
        let json = serde_json::to_value(&bands[1].1).unwrap();
        assert_eq!(json["counts"]["true_people"], 7);
        assert_eq!(json.get("idf1_pct"), None, "of whole sequences only");
    }

    #[test]
    fn nothing_to_measure_is_no_figure() {
        let json = serde_json::to_value(Figures::of(&[], &Detection::default())).unwrap();
        assert_eq!(json["mpjpe_mm"], serde_json::Value::Null);
        assert_eq!(
            (json["poses"].as_u64(), json["idf1_pct"].is_null()),
            (Some(0), true)
        );
    }
}
