//! How far a check is, for the person who waits for it.
//!
//! It is drawn on the terminal's error stream, and nowhere else: not where the output is piped.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A line that tells the step, and a bar once the number of chunks is known.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress(bar)
    }

    /// Tells which step runs; of the steps of a chunk, only that chunks are worked on.
    pub(super) fn step(&self, function: &str) {
        let message = match function {
            "Validate" => "reading the file",
            "Parse" | "Enrich" => "parsing and enriching",
            "Aggregate" => "putting the chunks together",
            _ => "settling",
        };
        self.0.set_message(message);
    }

    /// The plan is known.
    pub(super) fn plan(&self, chunk_count: usize) {
        // The template is a constant; were it wrong, there would be a plainer line.
        if let Ok(style) = ProgressStyle::with_template(
            "{msg} {wide_bar} {pos}/{len} chunks, {elapsed} gone, {eta} to go",
        ) {
            self.0.set_style(style);
        }
        self.0.set_length(chunk_count as u64);
    }

    /// One more chunk is done.
    pub(super) fn chunk_done(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
