//! Keeps the program's ROS arguments from `rcl`.
//!
//! r2r hands the arguments of the process to `rcl`, whatever a program makes of them, and `rcl` then
//! remaps every name once more: with `-r a:=b -r b:=a` each topic would end where it began. It also
//! reads the parameter files itself, and r2r panics where `rcl` takes offence.

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::bus::BusError;

/// Makes this process begin anew (the same process, by `exec`) with `--ros-args` renamed to a word
/// that the program knows and `rcl` does not. Does nothing where there are no ROS arguments, so also
/// the second time. Call it first of all in `main`.
///
/// # Errors
/// When the system cannot start the program's file again.
pub fn hide_ros_arguments(renamed: &str) -> Result<(), BusError> {
    let mut arguments = std::env::args_os();
    let name = arguments.next();
    match hidden(arguments.collect(), renamed) {
        None => Ok(()),
        Some(arguments) => {
            let Err(error) = begin_anew(name.as_deref(), &arguments);
            Err(BusError::refused(
                "hiding the ROS arguments from rcl",
                &error,
            ))
        }
    }
}

/// Returns only when it could not be done.
fn begin_anew(name: Option<&OsStr>, arguments: &[OsString]) -> Result<Infallible, std::io::Error> {
    let mut program = Command::new(std::env::current_exe()?);
    if let Some(name) = name {
        program.arg0(name);
    }
    Err(program.args(arguments).exec())
}

/// The arguments without one that `rcl` would look at; `None` when that is so already.
fn hidden(mut arguments: Vec<OsString>, renamed: &str) -> Option<Vec<OsString>> {
    let mut found = false;
    for argument in arguments.iter_mut().filter(|arg| *arg == "--ros-args") {
        *argument = renamed.into();
        found = true;
    }
    found.then_some(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_start_of_ros_arguments_is_renamed() {
        let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        let given = words("--bus rcl --ros-args -r a:=b -- --ros-args --log-level info");
        let hiding = hidden(given, "--own-args").unwrap();
        let line = hiding.join(OsStr::new(" ")).into_string().unwrap();
        assert_eq!(
            line,
            "--bus rcl --own-args -r a:=b -- --own-args --log-level info"
        );
        assert_eq!(hidden(hiding, "--own-args"), None);
    }
}
