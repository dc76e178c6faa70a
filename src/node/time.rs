//! What time it is: the bus's clock, or `/clock` where `use_sim_time` says so.

use crate::bus::{Bus, Durability, EndpointError, Qos, Reliability, SubscriptionId, Topic};
use crate::config::ros_args::RosArgs;
use crate::msg::rosgraph_msgs::Clock;
use crate::msg::{CdrError, Message, decode};
use posemoe_stamp::Stamp;

const TOPIC: &str = "/clock";
/// As rclcpp asks for it.
const QOS: Qos = Qos {
    reliability: Reliability::BestEffort,
    durability: Durability::Volatile,
    depth: 1,
};

/// Tells the time.
#[derive(Debug, Default)]
pub struct Time {
    simulated: Option<Simulated>,
}

#[derive(Debug)]
struct Simulated {
    subscription: SubscriptionId,
    now: Option<Stamp>,
}

impl Time {
    /// Listens to `/clock`, or no longer.
    ///
    /// # Errors
    /// [`EndpointError`] when the bus refuses.
    pub fn adjust(&mut self, bus: &mut dyn Bus, args: &RosArgs) -> Result<(), EndpointError> {
        match (&self.simulated, args.config.use_sim_time) {
            (None, true) => {
                let clock = Topic {
                    name: args.resolve(TOPIC),
                    type_name: Clock::TYPE_NAME,
                    qos: QOS,
                };
                let subscription = bus.subscribe(&clock)?;
                self.simulated = Some(Simulated {
                    subscription,
                    now: None,
                });
            }
            (Some(simulated), false) => {
                bus.unsubscribe(simulated.subscription);
                self.simulated = None;
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether these are messages of `/clock`.
    pub fn listens_to(&self, subscription: SubscriptionId) -> bool {
        let simulated = self.simulated.as_ref();
        simulated.is_some_and(|simulated| simulated.subscription == subscription)
    }

    /// Takes in a message of `/clock`.
    ///
    /// # Errors
    /// [`CdrError`] when it is none.
    pub fn receive(&mut self, payload: &[u8]) -> Result<(), CdrError> {
        let clock: Clock = decode(payload)?;
        let stamp = Stamp::from_parts(clock.clock.sec, clock.clock.nanosec);
        if let (Some(simulated), Ok(stamp)) = (&mut self.simulated, stamp) {
            simulated.now = Some(stamp);
        }
        Ok(())
    }

    /// Now; the bus's clock for as long as `/clock` has said nothing.
    pub fn now(&self, bus: &dyn Bus) -> Stamp {
        let told = self.simulated.as_ref().and_then(|simulated| simulated.now);
        told.unwrap_or_else(|| bus.now())
    }

    /// Whether a message's stamp can be compared with [`Self::now`]: not before `/clock` has
    /// spoken.
    pub fn is_known(&self) -> bool {
        let simulated = self.simulated.as_ref();
        simulated.is_none_or(|simulated| simulated.now.is_some())
    }
}
