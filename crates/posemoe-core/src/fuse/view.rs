//! What one camera says of everyone at one stamp, in the frame that all cameras share.

use nalgebra::{Isometry3, Matrix3, Point2, Point3, Vector3};

use crate::geometry::camera::Camera;
use crate::person::extrapolate::{Validity, carried};
use crate::person::marks::Mark;
use crate::person::pose::{PersonPose, Poses, State};
use crate::person::size::SHARE_OF_POSE;
use crate::skeleton::{JOINT_COUNT, PELVIS, SPINE, THORAX};
use posemoe_stamp::Stamp;

/// How far off a joint a detector marks it, across the ray (m, along each axis): new in each frame
/// and lasting together.
const MARK_M: f64 = 0.018;
/// Of marks that are the mean of several, so much is left.
const MEAN_OF_SEVERAL: f64 = 0.75;
const MEANS: [usize; 3] = [PELVIS, SPINE, THORAX];

/// Everyone whom one camera shows.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Which camera.
    pub source: usize,
    /// The stamp of its image.
    pub stamp: Stamp,
    /// The people, in the shared frame.
    pub(super) people: Vec<Witness>,
    /// How many more the image shows, of whom nothing can be said.
    pub unplaced: usize,
    camera: Camera,
    frame_from_camera: Isometry3<f64>,
}

/// One person as one camera shows them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Witness {
    /// Which camera.
    pub source: usize,
    /// As that camera alone has them.
    pub pose: PersonPose,
    /// Where the camera is (m).
    pub centre_m: Vector3<f64>,
    /// Each joint as this camera has it.
    pub joints: [Glimpse; JOINT_COUNT],
}

/// One joint as one camera has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Glimpse {
    /// Where (m): on the ray, where the image shows it.
    pub point_m: Vector3<f64>,
    /// Standard deviation across the ray, along each of both axes (m).
    pub across_m: f64,
    /// Along the ray (m), the distance of the whole person left aside.
    pub along_m: f64,
}

impl View {
    /// What the camera `source` shows: `poses` in the shared frame, in which the camera is at
    /// `frame_from_camera`. People whose marks are known are held to the camera's rays.
    pub fn new(
        source: usize,
        poses: Poses,
        camera: &Camera,
        frame_from_camera: &Isometry3<f64>,
    ) -> Self {
        let seen_by = |pose| Witness::new(source, pose, camera, frame_from_camera);
        let there = poses.people.into_iter();
        Self {
            source,
            stamp: poses.stamp,
            people: there
                .filter(|person| person.state != State::Lost)
                .map(seen_by)
                .collect(),
            unplaced: poses.unplaced,
            camera: camera.clone(),
            frame_from_camera: *frame_from_camera,
        }
    }

    /// Whether a place (m) is in its image.
    pub(super) fn shows(&self, place_m: &Vector3<f64>) -> bool {
        let there = self
            .frame_from_camera
            .inverse_transform_point(&Point3::from(*place_m));
        self.camera.pixel(&there).is_some_and(|pixel| {
            let is_within = |at: f64, size_px: u32| (0.0..f64::from(size_px)).contains(&at);
            is_within(pixel.x, self.camera.width_px) && is_within(pixel.y, self.camera.height_px)
        })
    }

    /// Everyone as they are at `moment` by this view, but those who are lost by then.
    pub(super) fn at(&self, moment: Stamp, validity: &Validity) -> Vec<Witness> {
        let later = |person: &Witness| person.at(self.stamp, moment, validity);
        self.people.iter().filter_map(later).collect()
    }
}

impl Witness {
    fn new(
        source: usize,
        pose: PersonPose,
        camera: &Camera,
        frame_from_camera: &Isometry3<f64>,
    ) -> Self {
        let centre_m = frame_from_camera.translation.vector;
        let direction = |mark: &Mark| {
            let pixel = Point2::new(
                mark.x * f64::from(camera.width_px),
                mark.y * f64::from(camera.height_px),
            );
            let ray = camera.ray(pixel)?;
            Some(frame_from_camera.rotation * Vector3::new(ray.x, ray.y, 1.0).normalize())
        };
        let glimpse = |joint: usize| {
            let lifted = &pose.joints[joint];
            let along_m = lifted.axis_sigma_m();
            let mark = pose.marks.as_ref().and_then(|marks| marks.joints[joint]);
            let seen = mark.and_then(|mark| Some((direction(&mark)?, mark.score)));
            match seen {
                Some((direction, score)) => Glimpse {
                    point_m: centre_m + direction * direction.dot(&(lifted.position_m - centre_m)),
                    across_m: mark_m(joint) / score.clamp(0.05, 1.0).sqrt(),
                    along_m,
                },
                None => Glimpse {
                    point_m: lifted.position_m,
                    across_m: along_m.max(MARK_M),
                    along_m,
                },
            }
        };
        Self {
            source,
            centre_m,
            joints: std::array::from_fn(glimpse),
            pose,
        }
    }

    /// Whether the image showed the person, and not too long ago.
    pub fn is_seen(&self) -> bool {
        self.pose.state == State::Tracked
    }

    /// The person as this camera has them, if the logarithm of their size is known with its
    /// variance: larger and so much farther away. `sigma`: what the camera alone doubts of it.
    pub fn of_size(&self, (log_size, variance): (f64, f64), sigma: f64) -> PersonPose {
        let by = log_size.exp();
        let there = |point_m: &Vector3<f64>| self.centre_m + (point_m - self.centre_m) * by;
        let mut pose = self.pose.clone();
        pose.root_m = there(&self.pose.root_m);
        for joint in &mut pose.joints {
            joint.position_m = there(&joint.position_m);
        }
        let left = (SHARE_OF_POSE + variance / sigma.powi(2)).min(1.0).sqrt();
        let away_m = self.pose.root_m - self.centre_m;
        if let Some(along) = away_m.try_normalize(f64::EPSILON) {
            let less = Matrix3::identity() - along * along.transpose() * (1.0 - left);
            pose.root_covariance_m2 = less * self.pose.root_covariance_m2 * less;
        }
        pose
    }

    fn at(&self, stamp: Stamp, moment: Stamp, validity: &Validity) -> Option<Self> {
        let age_s = moment.seconds_since(self.pose.forecast.seen);
        let state = validity.state(self.pose.state, age_s);
        if state == State::Lost {
            return None;
        }
        let passed_s = moment.seconds_since(stamp);
        if passed_s <= 0.0 {
            return Some(self.clone());
        }
        let pose = PersonPose {
            state,
            ..carried(&self.pose, passed_s)
        };
        let root_m2 = pose.root_covariance_m2.trace() - self.pose.root_covariance_m2.trace();
        let glimpse = |joint: usize| {
            let (was, is) = (&self.pose.joints[joint], &pose.joints[joint]);
            let beside_m2 = is.axis_sigma_m().powi(2) - was.axis_sigma_m().powi(2);
            let grown_m2 = (root_m2 / 3.0 + beside_m2).max(0.0);
            let before = &self.joints[joint];
            Glimpse {
                point_m: before.point_m + is.position_m - was.position_m,
                across_m: (before.across_m.powi(2) + grown_m2).sqrt(),
                along_m: (before.along_m.powi(2) + grown_m2).sqrt(),
            }
        };
        Some(Self {
            source: self.source,
            centre_m: self.centre_m,
            joints: std::array::from_fn(glimpse),
            pose,
        })
    }
}

fn mark_m(joint: usize) -> f64 {
    if MEANS.contains(&joint) {
        MEAN_OF_SEVERAL * MARK_M
    } else {
        MARK_M
    }
}

impl Glimpse {
    /// Direction from the camera's centre (m).
    pub fn direction(&self, centre_m: &Vector3<f64>) -> Vector3<f64> {
        let away_m = self.point_m - centre_m;
        away_m
            .try_normalize(f64::EPSILON)
            .unwrap_or_else(Vector3::z)
    }

    /// Inverse covariance (1/m²), with what is across and what is along the ray trusted so far.
    pub fn information(&self, centre_m: &Vector3<f64>, [across, along]: [f64; 2]) -> Matrix3<f64> {
        let direction = self.direction(centre_m);
        let ray = direction * direction.transpose();
        (Matrix3::identity() - ray) * (across / self.across_m.powi(2))
            + ray * (along / self.along_m.powi(2))
    }
}
