//! All sequences, some at a time, in the order of the predictions.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::Failure;
use super::arguments::EvaluateArgs;
use super::found::Answer;
use super::gather::Task;
use super::identity::Identities;
use super::kept::Kept;
use super::one;
use super::progress::Progress;
use crate::cli::say::complain;
use posemoe::config::ros_args::RosArgs;

/// Where results are kept, and what tells them apart.
struct Store {
    kept: Kept,
    identities: Identities,
    taken: AtomicUsize,
}

impl Store {
    /// Of `--work`; `None` without.
    fn open(args: &EvaluateArgs, ros: &RosArgs) -> Result<Option<Self>, Failure> {
        let open = |folder| {
            Ok(Self {
                kept: Kept::open(folder)?,
                identities: Identities::new(args, ros)?,
                taken: AtomicUsize::new(0),
            })
        };
        args.work.as_deref().map(open).transpose()
    }
}

/// What came of each, or why it cannot be read.
///
/// # Errors
/// When there is nowhere to keep results, or work was broken off.
pub fn all(
    tasks: &[Task],
    args: &EvaluateArgs,
    ros: &RosArgs,
) -> Result<Vec<Result<Answer, Failure>>, Failure> {
    let store = Store::open(args, ros)?;
    let progress = Progress::new(tasks.len());
    let answers = each(tasks, args.jobs, |task| {
        progress.begin(&task.name);
        let answer = match &store {
            Some(store) => kept_or_new(task, args, ros, store, &progress),
            None => one::compare(task, args, ros),
        };
        progress.end(&task.name);
        answer
    });
    progress.clear();
    if let (Some(store), Some(folder)) = (&store, &args.work) {
        let (taken, all) = (store.taken.load(Ordering::Relaxed), tasks.len());
        complain!("{taken} of {all} results were in {}", folder.display());
    }
    answers
}

/// Only what was read can be taken from an earlier run, and is kept for a later one: a file that
/// could not be read may be readable then.
fn kept_or_new(
    task: &Task,
    args: &EvaluateArgs,
    ros: &RosArgs,
    store: &Store,
    progress: &Progress,
) -> Result<Answer, Failure> {
    // What cannot be read does not come further in the comparison, and says there why.
    let Ok(identity) = store.identities.of(task) else {
        return one::compare(task, args, ros);
    };
    match store.kept.read(&identity) {
        Ok(Some(answer)) => {
            store.taken.fetch_add(1, Ordering::Relaxed);
            return Ok(answer);
        }
        Ok(None) => {}
        Err(error) => progress.say(&format!("compared anew: {error}")),
    }
    let answer = one::compare(task, args, ros)?;
    if let Err(error) = store.kept.write(&identity, &answer) {
        progress.say(&format!("not kept: {}: {error}", task.name));
    }
    Ok(answer)
}

/// A line of JSON for each: name, prediction, truth, the file in `--work` of its result, and
/// whether that is there.
///
/// # Errors
/// As for [`all`].
pub fn list(tasks: &[Task], args: &EvaluateArgs, ros: &RosArgs) -> Result<Vec<String>, Failure> {
    let store = Store::open(args, ros)?;
    each(tasks, args.jobs, |task| {
        let path = |store: &Store| {
            let identity = store.identities.of(task).ok()?;
            Some(store.kept.path(&identity))
        };
        let result = store.as_ref().and_then(path);
        let file = result.as_deref().and_then(Path::file_name);
        let line = json!({
            "name": task.name,
            "prediction": task.prediction.to_string_lossy(),
            "truth": task.truth.to_string_lossy(),
            "is_kept": result.as_ref().is_some_and(|path| path.exists()),
            "result": file.map(|name| name.to_string_lossy()),
        });
        line.to_string()
    })
}

/// Does the work for each, `jobs` at a time; the results in the order of the tasks.
fn each<R: Send>(
    tasks: &[Task],
    jobs: u16,
    work: impl Fn(&Task) -> R + Sync,
) -> Result<Vec<R>, Failure> {
    let done = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    let work_on = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(task) = tasks.get(index) else {
                return;
            };
            let result = work(task);
            if let Ok(mut done) = done.lock() {
                done.push((index, result));
            }
        }
    };
    std::thread::scope(|scope| {
        (0..jobs).for_each(|_| {
            scope.spawn(work_on);
        });
    });
    let mut done = done.into_inner().map_err(|_| "a comparison ended early")?;
    done.sort_by_key(|(index, _)| *index);
    if done.len() != tasks.len() {
        return Err("a comparison ended early".into());
    }
    Ok(done.into_iter().map(|(_, result)| result).collect())
}
