//! Bags in folders, and files that a pattern names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use glob::Pattern;
use walkdir::WalkDir;

use super::Failure;
use posemoe_bag::ENDINGS;
use posemoe_bag::yaml::bag_metadata;

/// A prediction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it was named, and not found in a folder or by a pattern.
    pub is_named: bool,
}

/// Looks for predictions; none is found twice, in whatever ways.
#[derive(Default)]
pub struct Search<'a> {
    exclude: Vec<(&'a str, Pattern)>,
    found: Vec<Prediction>,
    seen: BTreeSet<PathBuf>,
    bags: BTreeMap<PathBuf, bool>,
}

impl<'a> Search<'a> {
    /// Looks for all but those that have these names or patterns.
    ///
    /// # Errors
    /// When that is no pattern.
    pub fn new(exclude: &'a [String]) -> Result<Self, Failure> {
        let pattern = |text: &'a String| match Pattern::new(text) {
            Ok(pattern) => Ok((text.as_str(), pattern)),
            Err(error) => Err(format!("--exclude {text:?}: {error}")),
        };
        Ok(Self {
            exclude: exclude.iter().map(pattern).collect::<Result<_, _>>()?,
            ..Self::default()
        })
    }

    /// What these name: files and bags as they are, the bags in other folders, and what fits
    /// patterns.
    ///
    /// # Errors
    /// Says what was looked for, where there is nothing.
    pub fn all(mut self, names: &[PathBuf]) -> Result<Vec<Prediction>, Failure> {
        for name in names {
            let is_pattern = name.to_string_lossy().contains(['*', '?', '[']);
            if name.is_dir() && !self.is_bag(name) {
                if !self.below(name)? {
                    let (name, endings) = (name.display(), ENDINGS.join(", "));
                    let what = format!("a rosbag2 folder or a file that ends in one of {endings}");
                    return Err(
                        format!("{name}: found no bag in it or below, expected {what}").into(),
                    );
                }
            } else if is_pattern && !name.exists() {
                if !self.fitting(&name.to_string_lossy())? {
                    let name = name.display();
                    return Err(format!("{name}: found no file or folder that fits").into());
                }
            } else {
                self.take_named(name);
            }
        }
        Ok(self.found)
    }

    /// Takes the bags in a folder and below; `false` where there are none.
    fn below(&mut self, folder: &Path) -> Result<bool, Failure> {
        let mut any = false;
        let mut walk = WalkDir::new(folder)
            .follow_links(true)
            .sort_by_file_name()
            .into_iter();
        while let Some(entry) = walk.next() {
            let path = match entry {
                Ok(entry) => entry.into_path(),
                // What it leads back to is searched anyway.
                Err(error) if error.loop_ancestor().is_some() => continue,
                // A link that leads nowhere: no bag, unless it is called so.
                Err(error) => match error.path().filter(|path| path.is_symlink()) {
                    Some(path) => path.to_owned(),
                    None => return Err(error.to_string().into()),
                },
            };
            let is_folder = path.is_dir();
            if is_folder && self.is_bag(&path) {
                walk.skip_current_dir();
            } else if is_folder || !has_ending(&path) {
                continue;
            }
            any = true;
            self.take_once(&path);
        }
        Ok(any)
    }

    /// Takes what fits a pattern, a bag for its files; `false` where nothing does.
    fn fitting(&mut self, pattern: &str) -> Result<bool, Failure> {
        let mut any = false;
        for path in glob::glob(pattern).map_err(|error| format!("{pattern}: {error}"))? {
            let path = path?;
            if path.is_dir() && !self.is_bag(&path) {
                any |= self.below(&path)?;
                continue;
            }
            let folder = path.parent().filter(|_| !path.is_dir());
            let bag = folder.filter(|folder| self.is_bag(folder));
            self.take_once(bag.unwrap_or(&path));
            any = true;
        }
        Ok(any)
    }

    /// Takes what was named, as often as it is; found before, it is the same.
    fn take_named(&mut self, name: &Path) {
        let is_new = self.seen.insert(real(name));
        let mut found = self.found.iter_mut().filter(|one| !one.is_named);
        match found.find(|one| !is_new && real(&one.path) == real(name)) {
            Some(one) => one.is_named = true,
            None => self.take(name, true),
        }
    }

    fn take_once(&mut self, path: &Path) {
        if self.seen.insert(real(path)) {
            self.take(path, false);
        }
    }

    fn take(&mut self, path: &Path, is_named: bool) {
        let text = path.to_string_lossy();
        let mut exclude = self.exclude.iter();
        if !exclude.any(|(name, pattern)| *name == text || pattern.matches(&text)) {
            self.found.push(Prediction {
                path: path.to_owned(),
                is_named,
            });
        }
    }

    /// Whether a folder is one bag: rosbag2's `metadata.yaml` is in it, or the files that rosbag2
    /// has written so far, `NAME/NAME_0.mcap`, `NAME/NAME_1.mcap`.
    fn is_bag(&mut self, folder: &Path) -> bool {
        if let Some(known) = self.bags.get(folder) {
            return *known;
        }
        let is_bag = is_described(folder) || has_only_parts(folder);
        self.bags.insert(folder.to_owned(), is_bag);
        is_bag
    }
}

/// Where a file really is, as far as it is there.
pub fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn has_ending(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// A broken `metadata.yaml` beside bag files is rosbag2's as well.
fn is_described(folder: &Path) -> bool {
    let metadata = folder.join(bag_metadata::FILE_NAME);
    metadata.exists() && (bag_metadata::read(&metadata).is_ok() || !bag_files(folder).is_empty())
}

fn bag_files(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().into_iter().flatten();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| has_ending(path)).collect()
}

fn has_only_parts(folder: &Path) -> bool {
    let Some(name) = folder.file_name() else {
        return false;
    };
    let start = format!("{}_", name.to_string_lossy());
    let is_part = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let number = name
            .strip_prefix(&start)
            .and_then(|rest| rest.split('.').next());
        number.is_some_and(|number| number.parse::<u64>().is_ok())
    };
    let files = bag_files(folder);
    !files.is_empty() && files.iter().all(is_part)
}
