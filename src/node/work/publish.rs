//! Answers on their way out: into another frame, together with other cameras', or as they are.

use super::{FUSED, Work};
use crate::bus::Bus;
use crate::node::Counts;
use crate::node::context::Context;
use crate::node::fusing::Fusing;
use crate::node::target::Placed;

use nalgebra::Isometry3;
use posemoe_core::person::pose::{Poses, State};

impl Work {
    pub(super) fn publish(
        &mut self,
        bus: &mut dyn Bus,
        (camera, poses): (usize, Poses),
        context: &Context<'_>,
        counts: &mut Counts,
    ) {
        if self.fusing.is_none() {
            self.outputs
                .publish_seen(bus, context.args, (camera, &poses), &mut counts.drops);
        }
        match &mut self.target {
            Some(target) if target.frame_id() != poses.frame_id => {
                target.await_transform(camera, poses, context.time.now(bus), &mut counts.drops);
                self.publish_placed(bus, context, counts);
            }
            _ => {
                let frame_from_camera = Isometry3::identity();
                let placed = Placed {
                    camera,
                    poses,
                    frame_from_camera,
                };
                self.publish_one(bus, placed, context, counts);
            }
        }
    }

    /// Publishes those who waited for a transform that is there now.
    pub(super) fn publish_placed(
        &mut self,
        bus: &mut dyn Bus,
        context: &Context<'_>,
        counts: &mut Counts,
    ) {
        let timeout_s = context.args.config.transform_timeout_s;
        self.publish_waiting(bus, timeout_s, context, counts);
    }

    /// The same; drops those who have waited for longer than `timeout_s`.
    pub(super) fn publish_waiting(
        &mut self,
        bus: &mut dyn Bus,
        timeout_s: f64,
        context: &Context<'_>,
        counts: &mut Counts,
    ) {
        while let (Some(target), Some(transforms)) = (&mut self.target, &self.transforms) {
            let now = context.time.now(bus);
            let frames = &transforms.frames;
            let Some(placed) = target.next(frames, now, timeout_s, &mut counts.drops) else {
                break;
            };
            self.publish_one(bus, placed, context, counts);
        }
        self.publish_overdue(bus, false, context, counts);
    }

    /// Publishes what a camera shows, with what the others do where people are fused.
    fn publish_one(
        &mut self,
        bus: &mut dyn Bus,
        placed: Placed,
        context: &Context<'_>,
        counts: &mut Counts,
    ) {
        let now = context.time.now(bus);
        let source = placed.camera;
        let Some(fusing) = &mut self.fusing else {
            self.publish_people(bus, (source, placed.poses), context, counts);
            return;
        };
        self.cameras[source].note_published();
        let Some((camera, _)) = self.cameras[source].source.calibration.known() else {
            return;
        };
        for poses in fusing.take_in(placed, camera, now, &mut counts.drops) {
            self.publish_fused(bus, poses, context, counts);
        }
    }

    /// Publishes everyone of a moment for which some camera was awaited in vain.
    pub(super) fn publish_overdue(
        &mut self,
        bus: &mut dyn Bus,
        all: bool,
        context: &Context<'_>,
        counts: &mut Counts,
    ) {
        let now = context.time.now(bus);
        let fusing = self.fusing.as_mut();
        let poses = fusing.and_then(|fusing| fusing.overdue(now, all, &mut counts.drops));
        if let Some(poses) = poses {
            self.publish_fused(bus, poses, context, counts);
        }
    }

    fn publish_fused(
        &mut self,
        bus: &mut dyn Bus,
        poses: Poses,
        context: &Context<'_>,
        counts: &mut Counts,
    ) {
        self.outputs
            .publish_seen(bus, context.args, (FUSED, &poses), &mut counts.drops);
        self.publish_people(bus, (FUSED, poses), context, counts);
    }

    fn publish_people(
        &mut self,
        bus: &mut dyn Bus,
        (camera, poses): (usize, Poses),
        context: &Context<'_>,
        counts: &mut Counts,
    ) {
        let tracked = poses.people.iter().filter(|p| p.state == State::Tracked);
        counts.totals.frames_out += 1;
        counts.totals.people_tracked += tracked.count() as u64;
        self.last_people = poses.people.len();
        if let Some(camera) = self.cameras.get_mut(camera) {
            camera.note_published();
        }
        let late_s = context.time.now(bus).seconds_since(poses.stamp);
        self.second.stamp_to_publish.add(late_s);
        match context.args.config.output_period() {
            Some(_) => {
                let fusing = self.fusing.as_ref();
                let source = fusing.and_then(Fusing::furthest_behind);
                let source = source.unwrap_or(poses.stamp);
                self.steady.take_in(camera, poses, source);
            }
            None => {
                let config = &context.args.config;
                self.outputs
                    .publish_placed(bus, config, (camera, &poses), &mut counts.drops);
            }
        }
    }
}
