//! What the node publishes about people, and where.

use crate::bus::{Bus, BusError, PublisherId, Qos};
use crate::config::ros_args::RosArgs;
use crate::health::Drops;
use crate::msg::posemoe::People3D;
use crate::msg::tf2_msgs::TFMessage;
use crate::msg::visualization_msgs::MarkerArray;
use crate::msg::{Message, encode};
use crate::output::{markers, people, tf};
use crate::person::pose::Poses;

const QOS: Qos = Qos::reliable(10);
/// `/tf` customarily keeps 100.
const TF_QOS: Qos = Qos::reliable(100);

/// The publishers of the outputs that are switched on.
pub struct Outputs {
    people: PublisherId,
    tf: Option<PublisherId>,
    markers: Option<PublisherId>,
}

impl Outputs {
    /// Advertises what the configuration asks for.
    ///
    /// # Errors
    /// When the bus refuses.
    pub fn advertise(bus: &mut dyn Bus, args: &RosArgs) -> Result<Self, BusError> {
        let people = args.publication(&args.config.people_topic, People3D::TYPE_NAME, QOS);
        let mut outputs = Self {
            people: bus.advertise(&people)?,
            tf: None,
            markers: None,
        };
        outputs.adjust(bus, args)?;
        Ok(outputs)
    }

    /// Switches outputs on and off.
    ///
    /// # Errors
    /// When the bus refuses.
    pub fn adjust(&mut self, bus: &mut dyn Bus, args: &RosArgs) -> Result<(), BusError> {
        let config = &args.config;
        let tf = || args.publication("/tf", TFMessage::TYPE_NAME, TF_QOS);
        let markers = || args.publication(&config.markers_topic, MarkerArray::TYPE_NAME, QOS);
        for (publisher, wanted, topic) in [
            (&mut self.tf, config.publish_tf, &tf as &dyn Fn() -> _),
            (&mut self.markers, config.publish_markers, &markers),
        ] {
            match (*publisher, wanted) {
                (None, true) => *publisher = Some(bus.advertise(&topic())?),
                (Some(id), false) => {
                    bus.unadvertise(id);
                    *publisher = None;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Publishes everyone of one frame, under its stamp.
    ///
    /// # Errors
    /// When the bus takes no more.
    pub fn publish(
        &self,
        bus: &mut dyn Bus,
        poses: &Poses,
        drops: &mut Drops,
    ) -> Result<(), BusError> {
        let stamp = poses.stamp;
        bus.publish(self.people, stamp, &encode(&people::message(poses)))?;
        if let Some(publisher) = self.tf {
            // Also when nobody is tracked: one TFMessage for each input message.
            bus.publish(publisher, stamp, &encode(&tf::message(poses, drops)))?;
        }
        if let Some(publisher) = self.markers {
            bus.publish(publisher, stamp, &encode(&markers::message(poses)))?;
        }
        Ok(())
    }

    /// Publishes no more.
    pub fn leave(self, bus: &mut dyn Bus) {
        let all = [Some(self.people), self.tf, self.markers];
        all.into_iter().flatten().for_each(|id| bus.unadvertise(id));
    }
}
