//! What TF says of frames, for all who ask.

use super::received::note_undecodable;
use crate::bus::{Bus, EndpointError, Qos, SubscriptionId};
use crate::config::Config;
use crate::config::ros_args::RosArgs;
use crate::input::transforms;
use crate::msg::tf2_msgs::TFMessage;
use crate::msg::{Message, decode};
use crate::output::tf;
use posemoe_core::frames::Frames;
use posemoe_core::health::Drops;

/// As tf2 asks for them.
const TF: Qos = Qos::reliable(100);
const TF_STATIC: Qos = Qos::latched(100);

/// `/tf` and `/tf_static`.
pub struct Transforms {
    subscriptions: [SubscriptionId; 2],
    /// What is known of frames.
    pub frames: Frames,
}

impl Transforms {
    /// Listens to TF; `None` where nobody asks: neither the configuration nor who else `is_needed`.
    ///
    /// # Errors
    /// [`EndpointError`] when the bus refuses.
    pub fn subscribe(
        bus: &mut dyn Bus,
        args: &RosArgs,
        is_needed: bool,
    ) -> Result<Option<Self>, EndpointError> {
        if !is_needed && !is_asked_for(&args.config) {
            return Ok(None);
        }
        let mut subscribe =
            |name, qos| bus.subscribe(&args.subscription(name, TFMessage::TYPE_NAME, qos));
        Ok(Some(Self {
            subscriptions: [subscribe("/tf", TF)?, subscribe("/tf_static", TF_STATIC)?],
            frames: Frames::default(),
        }))
    }

    /// What is known of frames, where anybody listens.
    pub fn frames_of(transforms: &Option<Self>) -> Option<&Frames> {
        transforms.as_ref().map(|transforms| &transforms.frames)
    }

    /// Listens no more.
    pub fn leave(self, bus: &mut dyn Bus) {
        self.subscriptions
            .into_iter()
            .for_each(|id| bus.unsubscribe(id));
    }

    /// Whether these are messages of TF.
    pub fn listens_to(&self, subscription: SubscriptionId) -> bool {
        self.subscriptions.contains(&subscription)
    }

    /// Takes in a message of TF.
    pub fn receive(&mut self, (subscription, payload): (SubscriptionId, &[u8]), drops: &mut Drops) {
        match decode::<TFMessage>(payload) {
            // What we publish ourselves comes back to us, and nobody's place hangs on it.
            Ok(message) if tf::is_ours(&message) => {}
            Ok(message) => {
                let is_static = subscription == self.subscriptions[1];
                transforms::take_in(&message, is_static, &mut self.frames, drops);
            }
            Err(error) => note_undecodable(&error, drops),
        }
    }
}

/// People in another frame, the floor, and depth images of a camera of their own need it.
fn is_asked_for(config: &Config) -> bool {
    let has_depth = |topic: &str| !topic.is_empty();
    !config.target_frame.is_empty()
        || !config.ground_frame.is_empty()
        || config
            .sources()
            .iter()
            .any(|source| has_depth(&source.depth_topic))
}
