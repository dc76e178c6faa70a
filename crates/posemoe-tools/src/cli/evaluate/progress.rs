//! How far the work is, on a terminal.

use crate::cli::say::complain;
use std::collections::BTreeSet;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over sequences with the names of those under way; nothing where standard error is no
/// terminal.
pub struct Progress {
    bar: ProgressBar,
    under_way: Mutex<BTreeSet<String>>,
}

impl Progress {
    /// Of so many.
    pub fn new(count: usize) -> Self {
        let style =
            ProgressStyle::with_template("{bar:40} {pos}/{len} sequences, {eta} left  {wide_msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        Self {
            bar: ProgressBar::new(count as u64).with_style(style),
            under_way: Mutex::default(),
        }
    }

    /// One begins.
    pub fn begin(&self, name: &str) {
        self.show(|under_way| under_way.insert(name.to_owned()));
    }

    /// One ends.
    pub fn end(&self, name: &str) {
        self.show(|under_way| under_way.remove(name));
        self.bar.inc(1);
    }

    /// Says something on standard error, without harm to the bar.
    pub fn say(&self, text: &str) {
        self.bar.suspend(|| complain!("{text}"));
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn show(&self, change: impl FnOnce(&mut BTreeSet<String>) -> bool) {
        if let Ok(mut under_way) = self.under_way.lock() {
            change(&mut under_way);
            let names: Vec<&str> = under_way.iter().map(String::as_str).collect();
            self.bar.set_message(names.join(", "));
        }
    }
}
