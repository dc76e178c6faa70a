//! One file of a bag, open for reading.

use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::file::InputFile;
use super::kind;
use super::mcap_file::McapFile;
use super::sqlite::{self, SqliteFile};
use super::storage::{Contents, SQLITE_MAGIC, Storage, not_a_bag};
use super::unpack::{self, ZSTD_MAGIC};
use posemoe_bus::{BusError, KnownTypes};

/// A file of a bag, open for reading.
pub struct Source {
    /// The file that the user has.
    pub path: PathBuf,
    /// Its length in bytes.
    pub len: u64,
    /// Whether the file as a whole is compressed.
    pub is_packed: bool,
    /// What it has.
    pub contents: Contents,
    /// Its messages.
    pub storage: Box<dyn Storage>,
    /// What had to be unpacked or cut to be read; goes when this does.
    _scratch: Option<TempPath>,
}

impl Source {
    /// Opens a file; what it begins with says what it is, not its name.
    ///
    /// # Errors
    /// [`BusError`] when nothing of it is readable.
    pub fn open(path: &Path, types: KnownTypes) -> Result<Self, BusError> {
        let mut file = InputFile::open(path)?;
        let len = file.len();
        let mut contents = Contents::new(types);
        let is_packed = file.read_at(0, 4)? == ZSTD_MAGIC;
        let mut scratch = None;
        if is_packed {
            let unpacked = unpack::file(path, &mut contents.damage)?;
            file = InputFile::open(&unpacked)?;
            scratch = Some(unpacked);
        }
        let start = file.read_at(0, kind::START_LEN)?;
        let storage: Result<Box<dyn Storage>, String> = if start.starts_with(mcap::MAGIC) {
            McapFile::open(file, &mut contents)?.map(|file| Box::new(file) as _)
        } else if start.starts_with(SQLITE_MAGIC) {
            if let Some(whole) = sqlite::whole_pages(&mut file)? {
                scratch = Some(whole);
            }
            let readable = scratch.as_deref().unwrap_or(path);
            SqliteFile::open(readable, file.len(), &mut contents).map(|file| Box::new(file) as _)
        } else {
            Err(neither(&start))
        };
        let storage = storage.map_err(|reason| {
            contents.damage.push(reason);
            not_a_bag(path, contents.damage.join("; "))
        })?;
        Ok(Self {
            path: path.to_owned(),
            len,
            is_packed,
            contents,
            storage,
            _scratch: scratch,
        })
    }
}

fn neither(start: &[u8]) -> String {
    let found = kind::name(start).unwrap_or_else(|| {
        let bytes: Vec<String> = start.iter().take(8).map(|b| format!("{b:02x}")).collect();
        format!("{} at the start", bytes.join(" "))
    });
    format!(
        "found {found}; expected MCAP (89 4d 43 41 50 30 0d 0a) or SQLite (53 51 4c 69 74 65 20 \
         66), or either compressed by zstd (28 b5 2f fd)"
    )
}
