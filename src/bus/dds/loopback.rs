//! Opens the participant, tied to the loopback interface when only this machine is asked for.
//!
//! `rustdds` can be told which interfaces to announce and to multicast on, but its sockets still
//! listen on every interface, and Linux hands them multicast that *another* process joined. So a
//! robot that asked for localhost would still hear, and answer, the rest of the network. Binding
//! the sockets to the device `lo` ends that in the kernel.

use std::collections::BTreeSet;
use std::io;
use std::net::Ipv4Addr;

use rustdds::dds::CreateError;
use rustdds::{DomainParticipant, DomainParticipantBuilder};

use super::environment::{DdsOptions, DiscoveryRange};

/// Joins the domain.
///
/// # Errors
/// [`CreateError`]: what `rustdds` says when it gets no sockets or threads.
pub(super) fn join(options: &DdsOptions) -> Result<DomainParticipant, CreateError> {
    let builder = DomainParticipantBuilder::new(options.domain_id);
    if options.range == DiscoveryRange::Subnet {
        return builder.build();
    }
    let others = OpenSockets::list();
    let participant = builder.with_only_networks([Ipv4Addr::LOCALHOST]).build()?;
    match others.bind_newer_to_loopback() {
        Ok(count) => tracing::debug!("{count} DDS sockets are bound to lo"),
        Err(error) => tracing::warn!(
            "localhost only: this node announces itself on lo alone, but its sockets could not be \
             bound to it ({error}), so packets from other machines are not kept out"
        ),
    }
    Ok(participant)
}

/// Sockets that this process has open, by inode.
struct OpenSockets(BTreeSet<u64>);

#[cfg(target_os = "linux")]
impl OpenSockets {
    /// Takes stock; call it before the participant opens its own.
    fn list() -> Self {
        Self(sockets().into_iter().map(|(_, inode)| inode).collect())
    }

    /// Binds to `lo` every IPv4 UDP socket that was opened since, and says how many those were.
    ///
    /// # Errors
    /// When the kernel forbids it: Linux before 5.7 without privileges, or a strict seccomp filter.
    fn bind_newer_to_loopback(&self) -> io::Result<usize> {
        use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
        use socket2::{Domain, SockRef, Type};

        let this_process = pidfd_open(getpid(), PidfdFlags::empty())?;
        let mut bound = 0;
        for (descriptor, _) in sockets()
            .into_iter()
            .filter(|(_, inode)| !self.0.contains(inode))
        {
            // A second descriptor of the same socket: options set on it hold for both.
            let twin = pidfd_getfd(&this_process, descriptor, PidfdGetfdFlags::empty())?;
            let socket = SockRef::from(&twin);
            let is_udp = matches!(socket.r#type(), Ok(Type::DGRAM));
            if is_udp && matches!(socket.domain(), Ok(Domain::IPV4)) {
                socket.bind_device(Some(b"lo"))?;
                bound += 1;
            }
        }
        Ok(bound)
    }
}

/// Descriptor and inode of every socket of this process.
#[cfg(target_os = "linux")]
fn sockets() -> Vec<(i32, u64)> {
    let Ok(descriptors) = std::fs::read_dir("/proc/self/fd") else {
        return Vec::new();
    };
    descriptors
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let descriptor = path.file_name()?.to_str()?.parse().ok()?;
            let target = std::fs::read_link(&path).ok()?;
            let inode = target
                .to_str()?
                .strip_prefix("socket:[")?
                .strip_suffix(']')?;
            Some((descriptor, inode.parse().ok()?))
        })
        .collect()
}

#[cfg(not(target_os = "linux"))]
impl OpenSockets {
    /// Nothing to take stock of on this system.
    fn list() -> Self {
        Self(BTreeSet::new())
    }

    /// Not possible on this system.
    ///
    /// # Errors
    /// Always.
    fn bind_newer_to_loopback(&self) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
