//! What a person sees while a run goes on: everything here goes to standard error.

use std::future::Future;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// Time between two turns of a spinner.
const TICK: Duration = Duration::from_millis(120);

/// The place for progress, and the clock of the phases.
#[derive(Debug)]
pub struct Console {
    mode: Mode,
    timings: Mutex<Vec<(&'static str, Duration)>>,
}

#[derive(Debug)]
enum Mode {
    /// Lines that change in place.
    Terminal(MultiProgress),
    /// A new line for every change.
    Plain,
    /// Nothing: for tests.
    Silent,
}

/// A line about something that goes on.
#[derive(Debug)]
pub struct Line {
    name: String,
    bar: Option<ProgressBar>,
    plain: bool,
    last: String,
}

impl Console {
    /// Progress for a person: live on a terminal, plain lines elsewhere.
    pub fn stderr() -> Self {
        let terminal = std::io::stderr().is_terminal();
        let mode = if terminal { Mode::Terminal(MultiProgress::new()) } else { Mode::Plain };
        Console { mode, timings: Mutex::default() }
    }

    /// No progress at all.
    pub fn silent() -> Self {
        Console { mode: Mode::Silent, timings: Mutex::default() }
    }

    /// Whether nobody looks.
    pub fn is_silent(&self) -> bool {
        matches!(self.mode, Mode::Silent)
    }

    /// Does some work under a name, and takes its time.
    pub async fn phase<T>(&self, name: &'static str, work: impl Future<Output = T>) -> T {
        let bar = match &self.mode {
            Mode::Terminal(lines) => Some(spin(lines, name)),
            Mode::Plain | Mode::Silent => {
                self.note(name);
                None
            }
        };
        let done = self.timed(name, work).await;
        if let Some(bar) = bar {
            bar.finish_and_clear();
            self.note(name);
        }
        done
    }

    /// Does some work that shows its own progress, below a line with its name.
    pub async fn shown<T>(&self, name: &'static str, work: impl Future<Output = T>) -> T {
        self.note(name);
        self.timed(name, work).await
    }

    async fn timed<T>(&self, name: &'static str, work: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let done = work.await;
        let mut timings = self.timings.lock().unwrap_or_else(PoisonError::into_inner);
        timings.push((name, start.elapsed()));
        done
    }

    /// Says something once.
    pub fn note(&self, text: &str) {
        match &self.mode {
            // A terminal that cannot be written to has nobody in front of it.
            Mode::Terminal(lines) => drop(lines.println(text)),
            Mode::Plain => eprintln!("{text}"),
            Mode::Silent => {}
        }
    }

    /// A line about something that changes.
    pub fn line(&self, name: &str) -> Line {
        let bar = match &self.mode {
            Mode::Terminal(lines) => Some(spin(lines, name)),
            Mode::Plain | Mode::Silent => None,
        };
        let plain = matches!(self.mode, Mode::Plain);
        Line { name: name.to_owned(), bar, plain, last: String::new() }
    }

    /// The phases so far, and how long each took.
    pub fn timings(&self) -> Vec<(&'static str, Duration)> {
        self.timings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Line {
    /// Says what is going on, if that is new.
    pub fn say(&mut self, text: &str) {
        if self.last == text {
            return;
        }
        text.clone_into(&mut self.last);
        match &self.bar {
            Some(bar) => bar.set_message(self.last.clone()),
            None if self.plain => eprintln!("{}  {text}", self.name),
            None => {}
        }
    }

    /// Says how it ended.
    pub fn end(&mut self, text: &str) {
        self.say(text);
        if let Some(bar) = self.bar.take() {
            bar.finish();
        }
    }
}

/// A new line at the bottom that turns.
fn spin(lines: &MultiProgress, name: &str) -> ProgressBar {
    // It must have its place before it turns for the first time.
    let bar = lines.add(ProgressBar::new_spinner()).with_prefix(name.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}  {wide_msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    bar
}
