//! A command line and a parameter file: taken or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use posemoe::config::Config;
use posemoe::config::ros_args::RosArgs;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    // No files of this machine by name: only what is fuzzed is read.
    if !text.contains("params-file") {
        let _ = RosArgs::parse(text.split_whitespace().map(str::to_owned));
    }
    let Ok(file) = tempfile::NamedTempFile::new() else {
        return;
    };
    if std::fs::write(file.path(), data).is_ok() {
        let _ = Config::default().load_file(file.path(), "/", "posemoe");
    }
});
