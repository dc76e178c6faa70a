//! Where a bag is written: one `.mcap` file, or a folder as rosbag2 makes it.
//!
//! It grows under another name (`.part`), and takes the place of the bag that is there when it is
//! whole: what fails, at the start or later, costs nobody an earlier bag.

use std::fs::File;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use mcap::Summary;
use tempfile::TempPath;

use super::channels::{QOS_KEY, TYPE_HASH_KEY};
use crate::yaml::bag_metadata::{self, WrittenBag, WrittenTopic};
use crate::yaml::qos_profile;
use posemoe_bus::BusError;

/// Where the messages go, and what is written around them.
pub struct Target {
    /// The `.mcap` file.
    pub file: PathBuf,
    folder: Option<PathBuf>,
    /// What has been written of it so far; goes when it is not completed.
    part: Option<TempPath>,
}

impl Target {
    /// A path that ends in `.mcap` is a file, any other a folder; one that is there stays what it
    /// is.
    ///
    /// # Errors
    /// [`BusError`] when the folder holds anything but an earlier bag; when the bag is one of
    /// `inputs`.
    pub fn new<'a>(
        path: &Path,
        inputs: impl IntoIterator<Item = &'a Path>,
    ) -> Result<Self, BusError> {
        let is_file = path
            .extension()
            .is_some_and(|extension| extension == "mcap");
        let target = if is_file && !path.is_dir() {
            Self {
                // What a link points to is written, not the link.
                file: path.canonicalize().unwrap_or_else(|_| path.to_owned()),
                folder: None,
                part: None,
            }
        } else {
            // The name of `.` or `..` shows when the path is made absolute.
            let whole = std::path::absolute(path).map_err(failed(path))?;
            let name = whole.file_name().unwrap_or_else(|| "bag".as_ref());
            let mut file_name = name.to_owned();
            file_name.push("_0.mcap");
            Self {
                file: path.join(file_name),
                folder: Some(path.to_owned()),
                part: None,
            }
        };
        target.refuse_inputs(inputs)?;
        target.refuse_others()?;
        Ok(target)
    }

    /// Starts the file.
    ///
    /// # Errors
    /// [`BusError`] when it cannot be made.
    pub fn start(&mut self) -> Result<File, BusError> {
        if let Some(folder) = &self.folder {
            std::fs::create_dir_all(folder).map_err(failed(folder))?;
        }
        // A device or a pipe is written to, and not replaced.
        if std::fs::metadata(&self.file).is_ok_and(|found| !found.is_file()) {
            let device = File::options().write(true).open(&self.file);
            return device.map_err(failed(&self.file));
        }
        let part = self.part_path();
        let file = File::create(&part).map_err(failed(&part))?;
        self.part = Some(TempPath::try_from_path(&part).map_err(failed(&part))?);
        Ok(file)
    }

    fn part_path(&self) -> PathBuf {
        let mut name = self.file.as_os_str().to_owned();
        name.push(".part");
        name.into()
    }

    fn refuse_inputs<'a>(
        &self,
        inputs: impl IntoIterator<Item = &'a Path>,
    ) -> Result<(), BusError> {
        let place = |path: &Path| path.canonicalize().ok();
        let file = place(&self.file);
        let folder = self.folder.as_deref().and_then(place);
        for input in inputs.into_iter().filter_map(place) {
            let is_within = folder.is_some() && input.parent() == folder.as_deref();
            if Some(&input) == file.as_ref() || is_within {
                let text = "the output would overwrite the input";
                return Err(failed(&self.file)(Error::new(
                    ErrorKind::InvalidInput,
                    text,
                )));
            }
        }
        Ok(())
    }

    /// A folder is for one bag, and for nothing else.
    fn refuse_others(&self) -> Result<(), BusError> {
        let Some(folder) = self.folder.as_ref().filter(|folder| folder.exists()) else {
            return Ok(());
        };
        let ours = [
            self.file.clone(),
            self.part_path(),
            folder.join(bag_metadata::FILE_NAME),
        ];
        for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
            let path = entry.map_err(failed(folder))?.path();
            if !ours.contains(&path) {
                let text = format!(
                    "found {} in the folder, expected an empty one or an earlier output",
                    path.display()
                );
                return Err(failed(folder)(Error::new(ErrorKind::InvalidInput, text)));
            }
        }
        Ok(())
    }

    /// Puts the file in its place, and says in the folder what it has become.
    ///
    /// # Errors
    /// [`BusError`] when it cannot be put there, or described.
    pub fn complete(mut self, summary: &Summary) -> Result<(), BusError> {
        let metadata = self.folder.as_ref();
        let metadata = metadata.map(|folder| folder.join(bag_metadata::FILE_NAME));
        if let Some(path) = metadata.as_ref().filter(|path| path.exists()) {
            // It describes the bag of before.
            std::fs::remove_file(path).map_err(failed(path))?;
        }
        if let Some(part) = self.part.take() {
            let placed = part.persist(&self.file);
            placed.map_err(|error| failed(&self.file)(error.error))?;
        }
        let Some(path) = metadata else {
            return Ok(());
        };
        let name = self.file.file_name().unwrap_or_default();
        let yaml = written(summary, name.to_string_lossy().into_owned()).to_yaml();
        let yaml = yaml.map_err(|error| failed(&path)(Error::other(error)))?;
        std::fs::write(&path, yaml).map_err(failed(&path))
    }
}

fn failed(path: &Path) -> impl Fn(Error) -> BusError {
    let path = path.to_owned();
    move |source| BusError::File {
        path: path.clone(),
        source,
    }
}

fn written(summary: &Summary, file: String) -> WrittenBag {
    let statistics = summary.stats.as_ref();
    let span = statistics.map_or((0, 0), |s| (s.message_start_time, s.message_end_time));
    let mut channels: Vec<_> = summary.channels.values().collect();
    channels.sort_by_key(|channel| channel.id);
    let topic = |channel: &&std::sync::Arc<mcap::Channel>| {
        let said = |key: &str| channel.metadata.get(key).map_or("", String::as_str);
        let schema = channel.schema.as_ref();
        let counts = statistics.map(|statistics| &statistics.channel_message_counts);
        let count = counts.and_then(|counts| counts.get(&channel.id));
        WrittenTopic {
            name: channel.topic.clone(),
            type_name: schema.map_or(String::new(), |schema| schema.name.clone()),
            serialization_format: channel.message_encoding.clone(),
            qos: qos_profile::parse(said(QOS_KEY)),
            type_hash: said(TYPE_HASH_KEY).to_owned(),
            message_count: count.copied().unwrap_or(0),
        }
    };
    WrittenBag {
        file,
        start_ns: span.0,
        duration_ns: span.1.saturating_sub(span.0),
        topics: channels.iter().map(topic).collect(),
    }
}
