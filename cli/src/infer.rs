//! `sluice infer`: the draft of a contract, from one file.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use shared::infer::{Choice, Draft, Evidence, InferError, Inference, Options, Question};

/// Bytes that are read at once.
const PIECE_LEN: usize = 1 << 20;

/// Draft a contract from a CSV file: its encoding, dialect and types, and what it leaves open
#[derive(Debug, Args)]
#[command(after_help = "\
The draft is printed, and below it, on stderr, what was seen in the file and what only you can
decide. Nothing is guessed: a column that can be read in two ways, such as `01/02/2013`, is text in
the draft until you choose. So the file passes its own draft:

  sluice infer orders.csv --output datapackage.json
  sluice check orders.csv --contract datapackage.json

A choice is TARGET=VALUE, one --choose for each:

  --choose 'fields/day=date:%d/%m/%Y'           day before month
  --choose 'fields/price=number decimalChar=,'  a decimal comma
  --choose 'fields/*=date:%d/%m/%Y'             wherever it answers the question
  --choose 'fields/code=string'                 text, whatever its cells look like
  --choose encoding=windows-1252
  --choose 'delimiter=;'                        or `tab`
  --choose 'quoteChar=none'
  --choose header=false

Exit code: 0 nothing is open, 1 there are questions, 2 there is no draft (usage, input or output).")]
pub struct Arguments {
    /// The CSV file
    pub file: PathBuf,
    /// Name of the resource [default: that of the file]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Answer a question, or overrule the draft
    #[arg(long, value_name = "TARGET=VALUE", value_parser = Choice::parse)]
    pub choose: Vec<Choice>,
    /// Write the descriptor there and not to the standard output
    #[arg(long, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// Print descriptor, evidence and questions as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Why there is no draft.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error("cannot read `{}`", .0.display())]
    Read(PathBuf, #[source] io::Error),
    #[error("cannot write `{}`", .0.display())]
    Write(PathBuf, #[source] io::Error),
    #[error("`{}` is the file itself: choose another --output", .0.display())]
    SamePath(PathBuf),
    #[error("cannot print the draft")]
    Print(#[source] io::Error),
    #[error("no draft of `{}`", .0.display())]
    Infer(PathBuf, #[source] InferError),
}

/// Drafts the contract, prints it and gives the exit code.
pub fn run(arguments: &Arguments) -> ExitCode {
    match infer(arguments) {
        Ok(draft) => ExitCode::from(u8::from(!draft.questions.is_empty())),
        Err(error) => {
            eprintln!("sluice infer: {}", shared::error_name::chain(&error));
            ExitCode::from(2)
        }
    }
}

fn infer(arguments: &Arguments) -> Result<Draft, CommandError> {
    check_output(arguments)?;
    let draft = look_at(&arguments.file, options(arguments))?;
    let descriptor = format!("{:#}\n", draft.descriptor);
    if let Some(path) = &arguments.output {
        std::fs::write(path, &descriptor)
            .map_err(|source| CommandError::Write(path.clone(), source))?;
    }
    let mut out = io::stdout().lock();
    let printed = if arguments.json {
        serde_json::to_string_pretty(&draft)
            .map_err(io::Error::from)
            .and_then(|text| writeln!(out, "{text}"))
    } else {
        let text = if arguments.output.is_some() { "" } else { &descriptor };
        eprint_after(out.write_all(text.as_bytes()), &report(&draft))
    };
    printed.map_err(CommandError::Print)?;
    Ok(draft)
}

/// The report goes below the descriptor where both go to a terminal.
fn eprint_after(printed: io::Result<()>, report: &str) -> io::Result<()> {
    printed?;
    io::stdout().flush()?;
    io::stderr().write_all(report.as_bytes())
}

/// Refuses to write the draft over the file.
fn check_output(arguments: &Arguments) -> Result<(), CommandError> {
    let Some(output) = &arguments.output else { return Ok(()) };
    match (output.canonicalize(), arguments.file.canonicalize()) {
        (Ok(output), Ok(file)) if output == file => Err(CommandError::SamePath(output)),
        _ => Ok(()),
    }
}

fn options(arguments: &Arguments) -> Options {
    let text = |part: Option<&OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let name = arguments.name.clone().unwrap_or_else(|| text(arguments.file.file_stem()));
    let path = text(arguments.file.file_name());
    Options { choices: arguments.choose.clone(), ..Options::new(name, path) }
}

fn look_at(path: &Path, options: Options) -> Result<Draft, CommandError> {
    let read = |source| CommandError::Read(path.to_owned(), source);
    let failed = |source| CommandError::Infer(path.to_owned(), source);
    let mut file = File::open(path).map_err(read)?;
    let mut inference = Inference::new(options);
    let mut piece = vec![0; PIECE_LEN];
    loop {
        let len = file.read(&mut piece).map_err(read)?;
        if len == 0 {
            return inference.finish().map_err(failed);
        }
        inference.push(piece.get(..len).unwrap_or_default()).map_err(failed)?;
    }
}

/// Evidence and questions, for a person.
fn report(draft: &Draft) -> String {
    let mut text = String::from("\nEvidence\n");
    for evidence in &draft.evidence {
        describe(evidence, &draft.descriptor, &mut text);
    }
    if !draft.questions.is_empty() {
        text.push_str("\nQuestions\n");
    }
    for question in &draft.questions {
        ask(question, &mut text);
    }
    text
}

fn describe(evidence: &Evidence, descriptor: &serde_json::Value, text: &mut String) {
    let field = descriptor.pointer(&format!("{}/name", evidence.pointer));
    let is_field = evidence.pointer.contains("/fields/");
    let name = field.filter(|_| is_field).and_then(|name| name.as_str());
    let place = name.map_or(String::new(), |name| format!("{}: ", name.escape_debug()));
    let rows = rows(evidence.count, &evidence.rows);
    // Text in memory takes every write.
    let _ = writeln!(text, "  {place}{}{}{rows}", evidence.message, such_as(&evidence.examples));
}

fn ask(question: &Question, text: &mut String) {
    let rows = rows(question.count, &question.rows);
    let _ = writeln!(text, "  {}{rows}", question.message);
    for answer in &question.candidates {
        let choice = format!("{}={}", question.target, answer.value);
        let reading = format!("{}{}", answer.reading, answer.examples.join(", "));
        let _ = writeln!(text, "    --choose {:<40} {reading}", quoted(&choice));
    }
    let _ = writeln!(text, "    meanwhile: {}", question.meanwhile);
}

fn such_as(examples: &[String]) -> String {
    if examples.is_empty() { String::new() } else { format!(", such as {}", examples.join(", ")) }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "=/._-:".contains(c);
    if word.chars().all(is_plain) {
        return word.to_owned();
    }
    if word.contains(char::is_control) {
        return format!("$'{}'", word.chars().map(escaped).collect::<String>());
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A character between `$'` and `'`.
fn escaped(c: char) -> String {
    match c {
        '\\' | '\'' => format!("\\{c}"),
        _ if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        _ => c.to_string(),
    }
}

fn rows(count: Option<u64>, rows: &[u64]) -> String {
    let listed: Vec<String> = rows.iter().map(ToString::to_string).collect();
    let more = if count.is_some_and(|count| count > rows.len() as u64) { ", ..." } else { "" };
    match (count, rows) {
        (_, []) => String::new(),
        (Some(1) | None, _) => format!(" (row {})", listed.join(", ")),
        (Some(count), _) => format!(" ({count} rows: {}{more})", listed.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_can_be_pasted_into_a_shell() {
        for (word, expected) in [
            ("header=false", "header=false"),
            ("delimiter=;", "'delimiter=;'"),
            ("fields/it's=date", "'fields/it'\\''s=date'"),
            ("fields/a\u{1b}\tb=date", "$'fields/a\\u001b\\u0009b=date'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
