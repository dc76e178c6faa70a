//! The states of a managed node and the ways between them, as `lifecycle_msgs` names them.
//!
//! Source: the ROS 2 design article "Managed nodes", the constants of `lifecycle_msgs`, and the
//! labels of rcl's own state machine.

use crate::msg::lifecycle_msgs::{State, Transition as TransitionMsg, TransitionDescription};

/// What the node is ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Parameters can be set; nothing is loaded and no topic is used.
    Unconfigured,
    /// The network is loaded and topics are there, but nothing is published.
    Inactive,
    /// People go in and out.
    Active,
    /// The end: nothing leads on from here.
    Finalized,
}

/// A way from one phase to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Loads the network, subscribes and advertises.
    Configure,
    /// Gives all of that back.
    Cleanup,
    /// Begins to publish.
    Activate,
    /// Stops publishing; what is remembered of people is forgotten.
    Deactivate,
    /// Gives everything back for good.
    Shutdown,
}

impl Phase {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Unconfigured,
        Self::Inactive,
        Self::Active,
        Self::Finalized,
    ];

    /// As `ros2 lifecycle get` shows it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Unconfigured => "unconfigured",
            Self::Inactive => "inactive",
            Self::Active => "active",
            Self::Finalized => "finalized",
        }
    }

    /// As a message.
    pub fn message(self) -> State {
        let id = match self {
            Self::Unconfigured => State::PRIMARY_STATE_UNCONFIGURED,
            Self::Inactive => State::PRIMARY_STATE_INACTIVE,
            Self::Active => State::PRIMARY_STATE_ACTIVE,
            Self::Finalized => State::PRIMARY_STATE_FINALIZED,
        };
        state(id, self.label())
    }

    /// Where a transition leads from here, if it starts here at all.
    pub fn after(self, transition: Transition) -> Option<Self> {
        match (self, transition) {
            (Self::Unconfigured, Transition::Configure) => Some(Self::Inactive),
            (Self::Inactive, Transition::Cleanup) => Some(Self::Unconfigured),
            (Self::Inactive, Transition::Activate) => Some(Self::Active),
            (Self::Active, Transition::Deactivate) => Some(Self::Inactive),
            (Self::Finalized, _) => None,
            (_, Transition::Shutdown) => Some(Self::Finalized),
            _ => None,
        }
    }

    /// The transitions that start here, each with the state that the node is in meanwhile.
    pub fn ways_on(self) -> Vec<TransitionDescription> {
        let mut ways = Vec::new();
        for transition in Transition::ALL {
            if self.after(transition).is_some() {
                ways.push(TransitionDescription {
                    transition: transition.message(self),
                    start_state: self.message(),
                    goal_state: transition.meanwhile(),
                });
            }
        }
        ways
    }
}

impl Transition {
    const ALL: [Self; 5] = [
        Self::Configure,
        Self::Cleanup,
        Self::Activate,
        Self::Deactivate,
        Self::Shutdown,
    ];

    /// As `ros2 lifecycle set` calls it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Configure => "configure",
            Self::Cleanup => "cleanup",
            Self::Activate => "activate",
            Self::Deactivate => "deactivate",
            Self::Shutdown => "shutdown",
        }
    }

    /// The transition that a request means: by its label if it has one, else by its number.
    pub fn asked(message: &TransitionMsg) -> Option<Self> {
        if !message.label.is_empty() {
            return Self::ALL
                .into_iter()
                .find(|known| known.label() == message.label);
        }
        Some(match message.id {
            TransitionMsg::TRANSITION_CONFIGURE => Self::Configure,
            TransitionMsg::TRANSITION_CLEANUP => Self::Cleanup,
            TransitionMsg::TRANSITION_ACTIVATE => Self::Activate,
            TransitionMsg::TRANSITION_DEACTIVATE => Self::Deactivate,
            TransitionMsg::TRANSITION_UNCONFIGURED_SHUTDOWN
            | TransitionMsg::TRANSITION_INACTIVE_SHUTDOWN
            | TransitionMsg::TRANSITION_ACTIVE_SHUTDOWN => Self::Shutdown,
            _ => return None,
        })
    }

    /// As a message; shutdown has a number for each phase that it starts from.
    pub fn message(self, from: Phase) -> TransitionMsg {
        let id = match (self, from) {
            (Self::Configure, _) => TransitionMsg::TRANSITION_CONFIGURE,
            (Self::Cleanup, _) => TransitionMsg::TRANSITION_CLEANUP,
            (Self::Activate, _) => TransitionMsg::TRANSITION_ACTIVATE,
            (Self::Deactivate, _) => TransitionMsg::TRANSITION_DEACTIVATE,
            (Self::Shutdown, Phase::Unconfigured) => {
                TransitionMsg::TRANSITION_UNCONFIGURED_SHUTDOWN
            }
            (Self::Shutdown, Phase::Inactive) => TransitionMsg::TRANSITION_INACTIVE_SHUTDOWN,
            (Self::Shutdown, _) => TransitionMsg::TRANSITION_ACTIVE_SHUTDOWN,
        };
        TransitionMsg {
            id,
            label: self.label().to_owned(),
        }
    }

    /// As others are told when it begins, at `start`: into the state between two phases.
    pub fn beginning(self, start: Phase) -> Step {
        Step {
            transition: self.message(start),
            start: start.message(),
            goal: self.meanwhile(),
        }
    }

    /// As others are told when it ends: out of the state between, on to another phase or, where it
    /// has failed, back to that where it began.
    pub fn ending(self, phase: Phase, outcome: Outcome) -> Step {
        let success = match self {
            Self::Configure => 10,
            Self::Cleanup => 20,
            Self::Activate => 30,
            Self::Deactivate => 40,
            Self::Shutdown => 50,
        };
        let (id, label) = match outcome {
            Outcome::Success => (success, "transition_success"),
            Outcome::Failure => (success + 1, "transition_failure"),
        };
        Step {
            transition: TransitionMsg {
                id,
                label: label.to_owned(),
            },
            start: self.meanwhile(),
            goal: phase.message(),
        }
    }

    /// The state of a node on this way.
    fn meanwhile(self) -> State {
        match self {
            Self::Configure => state(State::TRANSITION_STATE_CONFIGURING, "configuring"),
            Self::Cleanup => state(State::TRANSITION_STATE_CLEANINGUP, "cleaningup"),
            Self::Activate => state(State::TRANSITION_STATE_ACTIVATING, "activating"),
            Self::Deactivate => state(State::TRANSITION_STATE_DEACTIVATING, "deactivating"),
            Self::Shutdown => state(State::TRANSITION_STATE_SHUTTINGDOWN, "shuttingdown"),
        }
    }
}

/// How a transition ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The node is in its new phase.
    Success,
    /// It stayed where it was.
    Failure,
}

/// Half of a transition, as `transition_event` has it: others wait for `configuring`, `activating`
/// and so on.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What moved the node: the transition, or its outcome.
    pub transition: TransitionMsg,
    /// Before.
    pub start: State,
    /// Now.
    pub goal: State,
}

/// Every state that the node can say it is in: it answers no request on its way between two.
pub fn states() -> Vec<State> {
    Phase::ALL.map(Phase::message).to_vec()
}

/// Every transition, whatever it starts from.
pub fn graph() -> Vec<TransitionDescription> {
    Phase::ALL.into_iter().flat_map(Phase::ways_on).collect()
}

fn state(id: u8, label: &str) -> State {
    State {
        id,
        label: label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(id: u8, label: &str) -> Option<Transition> {
        let label = label.to_owned();
        Transition::asked(&TransitionMsg { id, label })
    }

    #[test]
    fn the_usual_round_leads_back() {
        let mut phase = Phase::Unconfigured;
        for (id, expected) in [
            (1, Phase::Inactive),
            (3, Phase::Active),
            (4, Phase::Inactive),
            (2, Phase::Unconfigured),
            (5, Phase::Finalized),
        ] {
            phase = phase.after(asked(id, "").unwrap()).unwrap();
            assert_eq!(phase, expected);
        }
        assert!(phase.ways_on().is_empty());
    }

    #[test]
    fn what_does_not_start_here_leads_nowhere() {
        assert_eq!(Phase::Unconfigured.after(Transition::Activate), None);
        assert_eq!(Phase::Active.after(Transition::Configure), None);
        assert_eq!(Phase::Finalized.after(Transition::Shutdown), None);
    }

    #[test]
    fn a_label_goes_before_a_number() {
        assert_eq!(asked(1, "shutdown"), Some(Transition::Shutdown));
        assert_eq!(asked(1, "no such thing"), None);
        assert_eq!(asked(99, ""), None);
    }

    #[test]
    fn each_phase_has_its_own_number_for_shutdown() {
        let shutdowns: Vec<u8> = graph()
            .into_iter()
            .filter(|way| way.transition.label == "shutdown")
            .map(|way| way.transition.id)
            .collect();
        assert_eq!(shutdowns, [5, 6, 7]);
    }
}
