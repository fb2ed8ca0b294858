//! Regular expressions of XML Schema, by translation to those of the `regex` crate.
//!
//! What differs is translated (`.`, `\w`, `\s`, `\i`, `\c`, subtraction of classes), what XML Schema does not
//! know is refused (`\b`, look-around, flags, back references, blocks such as `\p{IsGreek}`), with three
//! exceptions that cannot be mistaken and that contracts are full of: `^` at the start and `$` at the
//! end of a branch, which the specification itself writes although the whole text must match anyway; groups
//! `(?:...)`; and lazy quantifiers, which find the same texts.

use std::iter::Peekable;
use std::str::Chars;

use regex::Regex;

use super::clipped;
use crate::cell::Value;

/// What a whole text must match; equal to another one of the same source.
///
/// ```
/// use shared::contract::Pattern;
/// let pattern = Pattern::new("[a-z-[aeiou]]{2}").unwrap();
/// assert!(pattern.is_match("xy"));
/// assert!(!pattern.is_match("xyz"));
/// assert!(Pattern::new(r"\bx").is_err());
/// ```
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    regex: Regex,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Something that XML Schema does not know.
    #[error("`{0}` is not known to the regular expressions of XML Schema")]
    Unknown(String),
    /// A `^` or `$` where it is no anchor; as a character it needs a backslash.
    #[error("`{0}` stands where it is no anchor")]
    Anchor(char),
    /// A class, group or escape without its end.
    #[error("the pattern ends too early")]
    Ends,
    /// Not a regular expression, or one that is too large.
    #[error("the pattern cannot be compiled: {0}")]
    Compile(String),
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// The first [`PatternError`].
    pub fn new(source: &str) -> Result<Self, PatternError> {
        let mut translation = Translation { rest: source.chars().peekable(), regex: String::new() };
        translation.pattern()?;
        let regex = Regex::new(&format!(r"\A(?:{})\z", translation.regex)).map_err(|error| {
            let text = error.to_string();
            // The last line says what, those before it repeat the expression.
            PatternError::Compile(text.lines().next_back().unwrap_or_default().trim().to_owned())
        })?;
        Ok(Pattern { source: source.to_owned(), regex })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether the whole of `text` matches.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    pub(super) fn accepts(&self, value: &Value<'_>) -> bool {
        matches!(value, Value::Text(text) if self.is_match(text))
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Pattern {}

/// Characters that names in XML start with.
const NAME_START: &str = r":A-Z_a-z\u{C0}-\u{D6}\u{D8}-\u{F6}\u{F8}-\u{2FF}\u{370}-\u{37D}\u{37F}-\u{1FFF}\u{200C}-\u{200D}\u{2070}-\u{218F}\u{2C00}-\u{2FEF}\u{3001}-\u{D7FF}\u{F900}-\u{FDCF}\u{FDF0}-\u{FFFD}\u{10000}-\u{EFFFF}";
/// And those that go on with.
const NAME_MORE: &str = r"\-.0-9\u{B7}\u{300}-\u{36F}\u{203F}-\u{2040}";
/// The general categories of Unicode, which are all that `\p` takes here.
const CATEGORIES: &str = "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po Z Zs Zl Zp \
                          S Sm Sc Sk So C Cc Cf Co Cn";

fn unknown(what: &str) -> PatternError {
    PatternError::Unknown(clipped(what))
}

struct Translation<'p> {
    rest: Peekable<Chars<'p>>,
    regex: String,
}

impl Translation<'_> {
    fn pattern(&mut self) -> Result<(), PatternError> {
        // Whether a branch starts here.
        let mut start = true;
        while let Some(c) = self.rest.next() {
            let opens = matches!(c, '(' | '|');
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                '.' => self.regex.push_str(r"[^\n\r]"),
                '^' if start => {}
                '$' if matches!(self.rest.peek(), None | Some(')' | '|')) => {}
                '^' | '$' => return Err(PatternError::Anchor(c)),
                ')' | '|' | '*' | '+' | '?' | '{' | '}' => self.operator(c)?,
                ']' => return Err(unknown(&c.to_string())),
                c => self.literal(c),
            }
            start = opens;
        }
        Ok(())
    }

    fn next(&mut self) -> Result<char, PatternError> {
        self.rest.next().ok_or(PatternError::Ends)
    }

    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        self.regex.push_str(&text.to_string());
    }

    fn literal(&mut self, c: char) {
        let mut buffer = [0; 4];
        self.regex.push_str(&regex::escape(c.encode_utf8(&mut buffer)));
    }

    /// `(?:` is a group like any other here; nothing else may stand behind the `?`.
    fn group(&mut self) -> Result<(), PatternError> {
        self.regex.push_str("(?:");
        if self.rest.next_if_eq(&'?').is_some() {
            let kind = self.next()?;
            if kind != ':' {
                return Err(unknown(&format!("(?{kind}")));
            }
        }
        Ok(())
    }

    fn operator(&mut self, c: char) -> Result<(), PatternError> {
        if c == '{' {
            self.count()?;
        } else if c == '}' {
            return Err(unknown(&c.to_string()));
        } else {
            self.regex.push(c);
        }
        if matches!(c, ')' | '|') {
            return Ok(());
        }
        // A lazy quantifier finds the same whole texts; any other would quantify a quantifier.
        self.rest.next_if_eq(&'?');
        match self.rest.peek() {
            Some(&next @ ('*' | '+' | '?' | '{')) => Err(unknown(&format!("{c}{next}"))),
            _ => Ok(()),
        }
    }

    /// `n}`, `n,}` or `n,m}`
    fn count(&mut self) -> Result<(), PatternError> {
        let mut count = String::new();
        loop {
            match self.next()? {
                '}' => break,
                c => count.push(c),
            }
        }
        let digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let fits = match count.split_once(',') {
            None => digits(&count),
            Some((least, most)) => digits(least) && (most.is_empty() || digits(most)),
        };
        if !fits {
            return Err(unknown(&format!("{{{count}}}")));
        }
        self.push(format_args!("{{{count}}}"));
        Ok(())
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Result<(), PatternError> {
        let c = self.next()?;
        match c {
            'n' | 'r' | 't' | 'd' | 'D' => {
                self.regex.push('\\');
                self.regex.push(c);
            }
            's' => self.regex.push_str(r"[ \t\n\r]"),
            'S' => self.regex.push_str(r"[^ \t\n\r]"),
            'w' => self.regex.push_str(r"[^\p{P}\p{Z}\p{C}]"),
            'W' => self.regex.push_str(r"[\p{P}\p{Z}\p{C}]"),
            'i' => self.push(format_args!("[{NAME_START}]")),
            'I' => self.push(format_args!("[^{NAME_START}]")),
            'c' => self.push(format_args!("[{NAME_START}{NAME_MORE}]")),
            'C' => self.push(format_args!("[^{NAME_START}{NAME_MORE}]")),
            'p' | 'P' => self.category(c)?,
            c if c.is_ascii_punctuation() => self.literal(c),
            c => return Err(unknown(&format!("\\{c}"))),
        }
        Ok(())
    }

    fn category(&mut self, letter: char) -> Result<(), PatternError> {
        let mut name = String::new();
        let mut c = self.next()?;
        if c == '{' {
            loop {
                c = self.next()?;
                if c == '}' {
                    break;
                }
                name.push(c);
            }
        }
        if !CATEGORIES.split_whitespace().any(|known| known == name) {
            return Err(unknown(&format!("\\{letter}{{{name}}}")));
        }
        self.push(format_args!("\\{letter}{{{name}}}"));
        Ok(())
    }

    /// A class from behind its `[` to its `]`.
    fn class(&mut self) -> Result<(), PatternError> {
        // The group is a class of its own, so that a subtraction is from all of it.
        self.regex.push_str("[[");
        if self.rest.next_if_eq(&'^').is_some() {
            self.regex.push('^');
        }
        let mut first = true;
        loop {
            match self.next()? {
                ']' if !first => break,
                '[' | ']' => return Err(unknown("[")),
                '\\' => self.member_escape()?,
                '-' if self.rest.next_if_eq(&'[').is_some() => {
                    self.regex.push_str("]--");
                    self.class()?;
                    return self.end_subtraction();
                }
                '-' if !first && self.rest.peek() != Some(&']') => {
                    return Err(unknown("a `-` in the middle of a class"));
                }
                c => self.member(c)?,
            }
            first = false;
        }
        self.regex.push_str("]]");
        Ok(())
    }

    /// Nothing may follow a subtracted class.
    fn end_subtraction(&mut self) -> Result<(), PatternError> {
        if self.next()? != ']' {
            return Err(unknown("-["));
        }
        self.regex.push(']');
        Ok(())
    }

    /// A character of a class, or a range that starts with it.
    fn member(&mut self, c: char) -> Result<(), PatternError> {
        self.literal(c);
        self.range()
    }

    fn member_escape(&mut self) -> Result<(), PatternError> {
        let single = self.rest.peek().is_some_and(|c| !"sSwWiIcCdDpP".contains(*c));
        self.escape()?;
        if single { self.range() } else { Ok(()) }
    }

    /// The end of a range, if a `-` that is neither the last character nor a subtraction comes next.
    fn range(&mut self) -> Result<(), PatternError> {
        let mut ahead = self.rest.clone();
        if ahead.next() != Some('-') || matches!(ahead.peek(), None | Some(']' | '[')) {
            return Ok(());
        }
        self.rest.next();
        self.regex.push('-');
        match self.next()? {
            '\\' if self.rest.peek().is_some_and(|c| "sSwWiIcCdDpP".contains(*c)) => {
                Err(unknown("a range to a class"))
            }
            '\\' => self.escape(),
            c => {
                self.literal(c);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
