//! Reads pieces of a file by offset; never more than is asked for.

use std::fs::{File, FileType, OpenOptions};
use std::io::{BufReader, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use posemoe_bus::BusError;

const UNTIL_WRITER_CAME: Duration = Duration::from_millis(200);

/// A file open for reading, with its length when it was opened.
pub struct InputFile {
    path: PathBuf,
    reader: BufReader<File>,
    position: u64,
    len: u64,
}

impl InputFile {
    /// Opens `path`, which must be a file: what has been read from a pipe cannot be read again. It
    /// does not wait for someone to write into one, and leaves nobody waiting who does.
    pub fn open(path: &Path) -> Result<Self, BusError> {
        let with_path = |source| BusError::File {
            path: path.to_owned(),
            source,
        };
        let mut options = OpenOptions::new();
        let options = options.read(true).custom_flags(libc::O_NONBLOCK);
        let file = options.open(path).map_err(with_path)?;
        let metadata = file.metadata().map_err(with_path)?;
        if !metadata.is_file() {
            let kind = metadata.file_type();
            if kind.is_fifo() {
                // A shell starts both ends at once: who opens the other one now does not wait for
                // ever.
                std::thread::sleep(UNTIL_WRITER_CAME);
            }
            let (path, found) = (path.to_owned(), name(kind));
            let reason = format!("found {found}, expected a file");
            return Err(BusError::NotABag { path, reason });
        }
        let len = metadata.len();
        Ok(Self {
            path: path.to_owned(),
            reader: BufReader::new(file),
            position: 0,
            len,
        })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Length in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// `count` bytes from `offset` on, or fewer where the file ends first.
    pub fn read_at(&mut self, offset: u64, count: u64) -> Result<Vec<u8>, BusError> {
        let count = count.min(self.len.saturating_sub(offset));
        let mut bytes = Vec::new();
        if count == 0 {
            return Ok(bytes);
        }
        self.fill(offset, count, &mut bytes)
            .map_err(|source| BusError::File {
                path: self.path.clone(),
                source,
            })?;
        Ok(bytes)
    }

    fn fill(&mut self, offset: u64, count: u64, bytes: &mut Vec<u8>) -> std::io::Result<()> {
        // Both are within the file, whose length the system counts in an i64.
        self.reader
            .seek_relative(offset as i64 - self.position as i64)?;
        self.position = offset;
        let read = (&mut self.reader).take(count).read_to_end(bytes)?;
        self.position += read as u64;
        Ok(())
    }
}

/// What is in the place of a file.
fn name(kind: FileType) -> &'static str {
    if kind.is_fifo() {
        "a pipe (FIFO)"
    } else if kind.is_dir() {
        "a folder"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}
