//! How far a participant can be heard: which network interfaces are up when it joins.
//!
//! `rustdds` looks at them once. A node that starts with the machine, before its network is there,
//! would be deaf for ever; the bus therefore joins anew when what was missing comes.

use super::environment::DiscoveryRange;

/// What a participant that joins now can talk to, at most as far as it is asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    Nobody,
    ThisMachine,
    Network,
}

impl Reach {
    /// By the interfaces that are up and have an address.
    pub fn now(range: DiscoveryRange) -> Self {
        let usable = netdev::get_interfaces().into_iter();
        let usable = usable.filter(|found| found.is_up() && !found.ipv4.is_empty());
        Self::over(range, usable.map(|found| found.is_loopback()))
    }

    /// Over interfaces of which each is a loopback or not.
    fn over(range: DiscoveryRange, are_loopback: impl Iterator<Item = bool>) -> Self {
        let reaches = are_loopback.filter_map(|is_loopback| match (is_loopback, range) {
            (true, _) => Some(Self::ThisMachine),
            (false, DiscoveryRange::Subnet) => Some(Self::Network),
            (false, DiscoveryRange::Localhost) => None,
        });
        reaches.max().unwrap_or(Self::Nobody)
    }

    /// Whether nothing is missing.
    pub fn is_all(self, range: DiscoveryRange) -> bool {
        match range {
            DiscoveryRange::Localhost => self >= Self::ThisMachine,
            DiscoveryRange::Subnet => self >= Self::Network,
        }
    }

    /// Tells who does not hear a node that joins now, and what will come of it.
    pub fn tell(self, range: DiscoveryRange) {
        match self {
            _ if self.is_all(range) => {}
            Self::Nobody => tracing::warn!(
                "no network interface is up: nobody hears this node. It joins when one comes up"
            ),
            Self::ThisMachine | Self::Network => tracing::info!(
                "only the loopback interface is up: other machines will hear this node when \
                 another one comes up"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_farthest_interface_in_range_counts() {
        let (lo, eth) = (true, false);
        let over = |range, found: &[bool]| Reach::over(range, found.iter().copied());
        for range in [DiscoveryRange::Localhost, DiscoveryRange::Subnet] {
            assert_eq!(over(range, &[]), Reach::Nobody);
            assert!(!Reach::Nobody.is_all(range));
            assert_eq!(over(range, &[lo]), Reach::ThisMachine);
        }
        assert_eq!(over(DiscoveryRange::Subnet, &[lo, eth]), Reach::Network);
        assert_eq!(over(DiscoveryRange::Localhost, &[eth]), Reach::Nobody);
        assert!(Reach::ThisMachine.is_all(DiscoveryRange::Localhost));
        assert!(!Reach::ThisMachine.is_all(DiscoveryRange::Subnet));
    }
}
