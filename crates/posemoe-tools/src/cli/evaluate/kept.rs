//! What came of sequences, kept in a folder between runs: a file for each, named by what it depends
//! on.

use std::fs::Permissions;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Failure;
use super::found::Answer;
use crate::evaluate::sequence::Name;

/// How the names of these files end: MessagePack, which keeps every bit of a number, in zstd with a
/// checksum.
const ENDING: &str = "msgpack.zst";

/// As any new file, less the umask: others may use the folder as well.
const READABLE: u32 = 0o666;

/// A folder of results.
pub struct Kept(PathBuf);

impl Kept {
    /// The folder, made where it is not there yet.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("--work {}: {error}", folder.display()))?;
        Ok(Self(folder.to_owned()))
    }

    /// Where the result that depends on this is, or would be.
    pub fn path(&self, identity: &str) -> PathBuf {
        let name = blake3::hash(identity.as_bytes()).to_hex();
        self.0.join(format!("{name}.{ENDING}"))
    }

    /// The result that depends on this; `None` where there is none yet.
    ///
    /// # Errors
    /// When it is there, but not whole.
    pub fn read(&self, identity: &str) -> Result<Option<Answer>, Failure> {
        let path = self.path(identity);
        let packed = match std::fs::read(&path) {
            Ok(packed) => packed,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{}: {error}", path.display()).into()),
        };
        let unpacked = unpack(&packed, identity);
        let answer = unpacked.map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Some(answer))
    }

    /// Keeps a result: all of it or nothing, whenever this is interrupted.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, identity: &str, answer: &Answer) -> Result<(), Failure> {
        let mut file = tempfile::Builder::new()
            .permissions(Permissions::from_mode(READABLE))
            .tempfile_in(&self.0)?;
        let mut packer = zstd::Encoder::new(&mut file, 0)?;
        packer.include_checksum(true)?;
        packer.write_all(&rmp_serde::to_vec_named(&(identity, answer))?)?;
        packer.finish()?;
        file.persist(self.path(identity))?;
        Ok(())
    }
}

fn unpack(packed: &[u8], identity: &str) -> Result<Answer, Failure> {
    let mut bytes = Vec::new();
    zstd::Decoder::new(packed)?.read_to_end(&mut bytes)?;
    let (found, mut answer): (String, Answer) = rmp_serde::from_slice(&bytes)?;
    if found != identity {
        return Err("found the result of something else under this name".into());
    }
    share_names(&mut answer);
    Ok(answer)
}

/// Joints of the same name have one text in memory, as when they were compared.
fn share_names(answer: &mut Answer) {
    let mut names = std::collections::BTreeSet::<Name>::new();
    let poses = answer.iter_mut().flat_map(|found| &mut found.outcome.poses);
    for joint in poses.flat_map(|pose| &mut pose.joints) {
        match names.get(&joint.name) {
            Some(name) => joint.name = Arc::clone(name),
            None => drop(names.insert(Arc::clone(&joint.name))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::evaluate::found::Found;
    use crate::evaluate::PoseErrors;
    use crate::evaluate::errors::JointErrors;

    fn found() -> Found {
        let numbers = [0.1 + 0.2, -0.0, f64::INFINITY, 5e-324, 1e308];
        let joint = |number: &f64| JointErrors {
            name: "nose".into(),
            relative_m: *number,
            absolute_m: 1.0 / 3.0,
            sigma_m: Some(*number),
        };
        let mut found = Found::default();
        found.outcome.poses.push(PoseErrors {
            joints: numbers.iter().map(joint).collect(),
            mpjpe_m: Some(0.1),
            ..PoseErrors::default()
        });
        found.dropped.insert("late".to_owned(), 3);
        found
    }

    #[test]
    fn every_bit_comes_back_and_names_are_shared() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::open(&folder.path().join("new")).unwrap();
        assert!(kept.read("a").unwrap().is_none());
        kept.write("a", &Ok(found())).unwrap();
        kept.write("b", &Err("no moment".to_owned())).unwrap();
        let read = kept.read("a").unwrap().unwrap().unwrap();
        let (poses, before) = (&read.outcome.poses, found().outcome.poses);
        for (joint, before) in poses[0].joints.iter().zip(&before[0].joints) {
            let bits =
                |joint: &JointErrors| [joint.relative_m, joint.sigma_m.unwrap()].map(f64::to_bits);
            assert_eq!(bits(joint), bits(before));
            assert!(Arc::ptr_eq(&joint.name, &poses[0].joints[0].name));
        }
        assert_eq!((poses, &read.dropped), (&before, &found().dropped));
        assert_eq!(kept.read("b").unwrap().unwrap().unwrap_err(), "no moment");
    }

    #[test]
    fn what_is_not_whole_or_is_something_elses_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::open(folder.path()).unwrap();
        kept.write("a", &Ok(found())).unwrap();
        let whole = std::fs::read(kept.path("a")).unwrap();
        for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
            std::fs::write(kept.path("a"), &whole[..cut]).unwrap();
            assert!(kept.read("a").is_err(), "{cut} bytes");
        }
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        std::fs::write(kept.path("a"), flipped).unwrap();
        assert!(kept.read("a").is_err());
        std::fs::write(kept.path("b"), whole).unwrap();
        let error = kept.read("b").unwrap_err().to_string();
        assert!(error.contains("something else"), "{error}");
    }
}
