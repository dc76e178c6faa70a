//! Human3.6M, in the pair of files that most papers use: `data_3d_h36m.npz` and
//! `data_2d_h36m_*.npz`, as VideoPose3D makes them.
//!
//! 3D: `positions_3d`, subject → action → (frames, 32 or 17, 3), metres, world z up, 50 Hz. 2D:
//! `positions_2d`, subject → action → for each of the four cameras (frames, 17, 2 or 3): pixels,
//! and a score where there is a third column; and `metadata`. The cameras are in neither, but
//! published: see `cameras`.

mod cameras;

use nalgebra::Point3;

use super::pickle::{Array, Pickle, View as Object};
use super::{Body, Moment, Recording, Refusal, moment_of, npz, refuse};
use posemoe_core::keypoint::Keypoint;
use posemoe_core::skeleton::{JOINT_COUNT, JOINTS, JointSet};

/// Frames in a second.
const RATE_HZ: u64 = 50;
/// The 17 joints, which are ours, among the 32.
const SEVENTEEN_OF_32: [usize; JOINT_COUNT] =
    [0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27];
/// The data set has one person at a time.
const PERSON: &str = "1";

/// The files, unpacked.
pub struct H36m {
    truth: Pickle,
    detections: Option<Pickle>,
}

impl H36m {
    /// Unpacks the file of positions, and that of keypoints where there is one.
    ///
    /// # Errors
    /// [`Refusal`] when they are not those files.
    pub fn open(truth: &[u8], detections: Option<&[u8]>) -> Result<Self, Refusal> {
        let [truth] = npz::objects(truth, ["positions_3d"])?;
        let detections = match detections {
            None => None,
            Some(bytes) => {
                let of = |refusal: Refusal| refusal.of("detections");
                let [positions, metadata] =
                    npz::objects(bytes, ["positions_2d", "metadata"]).map_err(of)?;
                let layout = metadata.root().get("layout_name").and_then(Object::text);
                if layout.as_deref() != Some("h36m") {
                    let layout = layout.unwrap_or_default();
                    return refuse(format!(
                        "detections: joints in the order of {layout:?}, expected \"h36m\""
                    ));
                }
                Some(positions)
            }
        };
        Ok(Self { truth, detections })
    }

    /// Subject and action of every recording, of all subjects or these; in the order of their
    /// names.
    ///
    /// # Errors
    /// [`Refusal`] when a subject is not there.
    pub fn recordings(&self, subjects: &[String]) -> Result<Vec<(String, String)>, Refusal> {
        let mut found = Vec::new();
        let table = entries(self.truth.root(), "positions_3d")?;
        for subject in subjects {
            if table.iter().all(|(name, _)| name != subject) {
                let names: Vec<&str> = table.iter().map(|(name, _)| &**name).collect();
                let names = names.join(", ");
                return refuse(format!("found the subjects {names}, expected {subject}"));
            }
        }
        for (subject, actions) in table {
            if subjects.is_empty() || subjects.contains(&subject) {
                let actions = entries(actions, &subject)?.into_iter();
                found.extend(actions.map(|(action, _)| (subject.clone(), action)));
            }
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// One recording.
    ///
    /// # Errors
    /// [`Refusal`] when its arrays are not what they should be, or the cameras of its subject are
    /// not known.
    pub fn recording(&self, subject: &str, action: &str) -> Result<Recording, Refusal> {
        let what = format!("{subject} {action}");
        let of = |refusal: Refusal| refusal.of(&what);
        let found = self
            .truth
            .root()
            .get(subject)
            .and_then(|all| all.get(action));
        let found = found.ok_or_else(|| Refusal("not in the file".to_owned()));
        let moments = found
            .and_then(|found| moments(&found.array()?))
            .map_err(of)?;
        let views = cameras::of(subject).map_err(of)?;
        let detections = match &self.detections {
            None => Vec::new(),
            Some(pickle) => {
                let found = pickle.root().get(subject).and_then(|all| all.get(action));
                let found = found.and_then(Object::items).unwrap_or_default();
                if found.len() != views.len() {
                    let (found, expected) = (found.len(), views.len());
                    return refuse(format!(
                        "{what}: found keypoints of {found} cameras, expected {expected}"
                    ));
                }
                let keypoints = found.into_iter().enumerate().map(|(camera, found)| {
                    let read = found
                        .array()
                        .and_then(|array| keypoints(&array, moments.len()));
                    read.map_err(|refusal| of(refusal.of(format!("keypoints of camera {camera}"))))
                });
                keypoints.collect::<Result<_, _>>()?
            }
        };
        Ok(Recording {
            name: format!("{subject}_{action}"),
            joint_names: JOINTS.map(str::to_owned).to_vec(),
            joint_set: JointSet::H36m17,
            keypoint_joints: (0..JOINT_COUNT).map(Some).collect(),
            moments,
            views,
            detections,
        })
    }
}

fn entries<'a>(object: Object<'a>, what: &str) -> Result<Vec<(String, Object<'a>)>, Refusal> {
    match object.entries() {
        Some(entries) if !entries.is_empty() => Ok(entries),
        _ => refuse(format!(
            "{what}: found no dictionary, expected subject -> action -> array"
        )),
    }
}

/// Rows of so many numbers, as many in each frame as one of `joints` says.
fn frames<'a>(
    array: &'a Array,
    joints: &[usize],
    columns: &[usize],
) -> Result<(impl ExactSizeIterator<Item = &'a [f64]>, usize, usize), Refusal> {
    match *array.shape {
        [frames, rows, width]
            if frames > 0 && joints.contains(&rows) && columns.contains(&width) =>
        {
            Ok((array.numbers.chunks_exact(rows * width), rows, width))
        }
        _ => refuse(format!(
            "found an array of {:?}, expected frames, joints (one of {joints:?}) and columns (one \
            of {columns:?})",
            array.shape
        )),
    }
}

fn moments(array: &Array) -> Result<Vec<Moment>, Refusal> {
    let (frames, joints, width) = frames(array, &[32, JOINT_COUNT], &[3])?;
    let moment = |(number, frame): (usize, &[f64])| {
        let joint = |joint: usize| {
            let row = if joints == 32 {
                SEVENTEEN_OF_32[joint]
            } else {
                joint
            };
            match frame.get(row * width..).unwrap_or_default() {
                [x, y, z, ..] if [x, y, z].iter().all(|v| v.is_finite()) => {
                    Ok(Some(Point3::new(*x, *y, *z)))
                }
                _ => refuse(format!(
                    "frame {number}: joint {} is not finite",
                    JOINTS[joint]
                )),
            }
        };
        Ok(Moment {
            at: moment_of(number as u64, RATE_HZ, 1),
            people: vec![Body {
                id: PERSON.to_owned(),
                joints_m: (0..JOINT_COUNT)
                    .map(joint)
                    .collect::<Result<_, Refusal>>()?,
            }],
            outliers: 0,
        })
    };
    frames.enumerate().map(moment).collect()
}

/// Keypoints of so many frames: videos go on a little after the motion capture has ended.
fn keypoints(array: &Array, count: usize) -> Result<Vec<Vec<Keypoint>>, Refusal> {
    let (frames, _, width) = frames(array, &[JOINT_COUNT], &[2, 3])?;
    if frames.len() < count {
        return refuse(format!("found {} frames, expected {count}", frames.len()));
    }
    let read = frames.take(count).enumerate().map(|(number, frame)| {
        if frame.iter().any(|v| !v.is_finite()) {
            return refuse(format!("frame {number} is not finite"));
        }
        let keypoint = |row: &[f64]| Keypoint {
            x_px: row.first().copied().unwrap_or(f64::NAN),
            y_px: row.get(1).copied().unwrap_or(f64::NAN),
            score: row.get(2).map_or(1.0, |score| score.clamp(0.0, 1.0)),
            depth_m: None,
        };
        Ok(frame.chunks_exact(width).map(keypoint).collect())
    });
    read.collect()
}
