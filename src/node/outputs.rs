//! What the node publishes about people, and where.

use super::humans::Humans;
use super::latest::Latest;
use super::steady::Told;
use crate::bus::{Bus, EndpointError, PublisherId, Qos, Topic};
use crate::config::Config;
use crate::config::ros_args::RosArgs;
use crate::msg::people_msgs::People;
use crate::msg::posemoe::{People3D, Separation};
use crate::msg::sensor_msgs::PointCloud2;
use crate::msg::tf2_msgs::TFMessage;
use crate::msg::visualization_msgs::MarkerArray;
use crate::msg::{Message, encode};
use crate::output::cloud::{self, Look};
use crate::output::{markers, nav, people, separation_markers, tf};
use posemoe_core::health::{Cause, Drops};
use posemoe_core::lift::plausibility::Plausibility;
use posemoe_core::person::pose::{PersonPose, Poses};
use posemoe_core::skeleton::Pose;
use posemoe_stamp::Stamp;

const QOS: Qos = Qos::reliable(10);
/// `/tf` customarily keeps 100.
const TF_QOS: Qos = Qos::reliable(100);

/// The publishers of the outputs that are switched on.
pub struct Outputs {
    people: PublisherId,
    tf: Option<PublisherId>,
    markers: Option<PublisherId>,
    nav: Option<PublisherId>,
    cloud: Option<PublisherId>,
    latest: Latest,
    humans: Option<Humans>,
    /// Who judges poses, if anybody does.
    plausibility: Option<Box<dyn Plausibility>>,
    /// Whether bodies come from another node, as ROS4HRI has them.
    are_bodies_foreign: bool,
}

impl Outputs {
    /// Advertises what the configuration asks for.
    ///
    /// # Errors
    /// [`EndpointError`] when the bus refuses.
    pub fn advertise(
        bus: &mut dyn Bus,
        args: &RosArgs,
        plausibility: Option<Box<dyn Plausibility>>,
        are_bodies_foreign: bool,
    ) -> Result<Self, EndpointError> {
        let people = args.publication(&args.config.people_topic, People3D::TYPE_NAME, QOS);
        let mut outputs = Self {
            people: bus.advertise(&people)?,
            tf: None,
            markers: None,
            nav: None,
            cloud: None,
            latest: Latest::default(),
            humans: None,
            plausibility,
            are_bodies_foreign,
        };
        outputs.adjust(bus, args)?;
        Ok(outputs)
    }

    /// Switches outputs on and off.
    ///
    /// # Errors
    /// [`EndpointError`] when the bus refuses.
    pub fn adjust(&mut self, bus: &mut dyn Bus, args: &RosArgs) -> Result<(), EndpointError> {
        let config = &args.config;
        let topic = |name, type_name, qos| args.publication(name, type_name, qos);
        let tf = topic("/tf", TFMessage::TYPE_NAME, TF_QOS);
        let markers = topic(&config.markers_topic, MarkerArray::TYPE_NAME, QOS);
        let nav = topic(&config.nav_people_topic, People::TYPE_NAME, QOS);
        switch(bus, &mut self.tf, config.publish_tf, &tf)?;
        switch(bus, &mut self.markers, config.publish_markers, &markers)?;
        switch(bus, &mut self.nav, config.publish_nav_people, &nav)?;
        let cloud = topic(&config.cloud_topic, PointCloud2::TYPE_NAME, QOS);
        switch(bus, &mut self.cloud, config.publish_cloud, &cloud)?;
        match (self.humans.is_some(), config.publish_hri) {
            (false, true) => {
                self.humans = Some(Humans::advertise(bus, args, self.are_bodies_foreign)?);
            }
            (true, false) => self.humans.take().into_iter().for_each(|h| h.leave(bus)),
            _ => {}
        }
        Ok(())
    }

    /// Publishes what hangs on the camera's frame, under the frame's stamp.
    pub fn publish_seen(
        &mut self,
        bus: &mut dyn Bus,
        args: &RosArgs,
        (camera, poses): (usize, &Poses),
        drops: &mut Drops,
    ) {
        if let Some(publisher) = self.tf {
            // Also when nobody is tracked: one TFMessage for each input message.
            bus.publish(publisher, poses.stamp, &encode(&tf::message(poses, drops)));
        }
        if let Some(humans) = &mut self.humans {
            humans.publish(bus, args, (camera, poses), drops);
        }
    }

    /// Publishes everyone of one frame as they are at a moment, known at `now`.
    pub fn publish_told(
        &mut self,
        bus: &mut dyn Bus,
        config: &Config,
        (told, now): (&Told, Stamp),
        drops: &mut Drops,
    ) {
        let (poses, stamp) = (&told.poses, told.poses.stamp);
        let people = people::message_at(poses, &self.judged(poses, drops), told.source, now);
        bus.publish(self.people, stamp, &encode(&people));
        self.publish_markers(bus, poses);
        if let Some(publisher) = self.nav {
            bus.publish(publisher, stamp, &encode(&nav::message(poses)));
        }
        // An old image says nothing of what is free: whoever waits for points is to miss them.
        if config.validity().is_fresh(now.seconds_since(told.source)) {
            self.publish_cloud(bus, config, poses, now);
        }
    }

    /// Publishes lines between people and parts.
    pub fn publish_separation(&self, bus: &mut dyn Bus, stamp: Stamp, separation: &Separation) {
        if let Some(publisher) = self.markers {
            let message = separation_markers::message(separation);
            bus.publish(publisher, stamp, &encode(&message));
        }
    }

    fn publish_cloud(&self, bus: &mut dyn Bus, config: &Config, poses: &Poses, stamp: Stamp) {
        if let Some(publisher) = self.cloud {
            let look = Look {
                spacing_m: config.cloud_spacing_m,
                horizon_s: config.cloud_horizon_s,
            };
            let message = cloud::message(poses, stamp, &look);
            bus.publish(publisher, stamp, &encode(&message));
        }
    }

    fn publish_markers(&self, bus: &mut dyn Bus, poses: &Poses) {
        if let Some(publisher) = self.markers {
            bus.publish(publisher, poses.stamp, &encode(&markers::message(poses)));
        }
    }

    /// Publishes people where they are wanted, under their stamp.
    pub fn publish_placed(
        &mut self,
        bus: &mut dyn Bus,
        config: &Config,
        (camera, poses): (usize, &Poses),
        drops: &mut Drops,
    ) {
        let stamp = poses.stamp;
        let people = people::message(poses, &self.judged(poses, drops));
        bus.publish(self.people, stamp, &encode(&people));
        self.publish_markers(bus, poses);
        self.publish_cloud(bus, config, poses, stamp);
        let Some(publisher) = self.nav else {
            return;
        };
        let everyone = self.latest.with(camera, poses);
        let in_frame = everyone.filter(|other| other.frame_id == poses.frame_id);
        let everyone = Poses {
            people: in_frame.flat_map(|other| other.people.clone()).collect(),
            ..poses.clone()
        };
        bus.publish(publisher, stamp, &encode(&nav::message(&everyone)));
    }

    /// How plausible everyone's pose is, as it is published; empty where that is not known.
    fn judged(&mut self, poses: &Poses, drops: &mut Drops) -> Vec<Option<f64>> {
        let Some(plausibility) = &mut self.plausibility else {
            return Vec::new();
        };
        let all: Vec<Pose> = poses.people.iter().map(PersonPose::joints_m).collect();
        plausibility.of(&all).unwrap_or_else(|error| {
            let detail = format!("plausibility of people of {}: {error}", poses.stamp);
            drops.note(Cause::NetworkFailed, detail);
            Vec::new()
        })
    }

    /// Forgets everyone.
    pub fn forget(&mut self, bus: &mut dyn Bus) {
        self.latest.forget();
        if let Some(humans) = &mut self.humans {
            humans.forget(bus);
        }
    }

    /// Publishes no more.
    pub fn leave(self, bus: &mut dyn Bus) {
        let all = [
            Some(self.people),
            self.tf,
            self.markers,
            self.nav,
            self.cloud,
        ];
        all.into_iter().flatten().for_each(|id| bus.unadvertise(id));
        self.humans.into_iter().for_each(|h| h.leave(bus));
    }
}

/// Advertises a topic that is wanted, and takes one back that is not.
fn switch(
    bus: &mut dyn Bus,
    publisher: &mut Option<PublisherId>,
    is_wanted: bool,
    topic: &Topic,
) -> Result<(), EndpointError> {
    match (*publisher, is_wanted) {
        (None, true) => *publisher = Some(bus.advertise(topic)?),
        (Some(id), false) => {
            bus.unadvertise(id);
            *publisher = None;
        }
        _ => {}
    }
    Ok(())
}
