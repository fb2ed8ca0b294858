//! The directives of a pattern, and which of them make sense together.

/// What a pattern is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temporal {
    /// A date.
    Date,
    /// A time of day.
    Time,
    /// An instant.
    DateTime,
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StrptimeError {
    /// A `%` at the end of the pattern.
    #[error("a `%` stands at the end of the pattern")]
    Stray,
    /// A directive that is not in Python's list.
    #[error("`%{0}` is no directive of `strptime`")]
    Unknown(char),
    /// A directive that says nothing about such a value.
    #[error("`%{0}` means nothing here")]
    Meaningless(char),
    /// A directive for what another one says already.
    #[error("`%{0}` says what another directive says already")]
    Twice(char),
    /// A directive without those that it needs.
    #[error("the pattern has no directive for {0}")]
    Missing(&'static str),
}

/// A piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// Whitespace, as much as there is, but some.
    Space,
    /// This character, in either letter case.
    Char(char),
    /// Digits.
    Number(Number),
    /// A name, or an offset, by its letter.
    Word(char),
}

/// A directive for digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) letter: char,
    /// Digits at least and at most; more are preferred.
    pub(super) widths: (usize, usize),
    /// Least and largest number.
    pub(super) range: (u32, u32),
}

const fn number(letter: char, widths: (usize, usize), range: (u32, u32)) -> Number {
    Number { letter, widths, range }
}

const NUMBERS: [Number; 16] = [
    number('d', (1, 2), (1, 31)),
    number('f', (1, 6), (0, 999_999)),
    number('G', (4, 4), (0, 9999)),
    number('H', (1, 2), (0, 23)),
    number('I', (1, 2), (1, 12)),
    number('j', (1, 3), (1, 366)),
    number('m', (1, 2), (1, 12)),
    number('M', (1, 2), (0, 59)),
    number('S', (1, 2), (0, 61)),
    number('u', (1, 1), (1, 7)),
    number('U', (1, 2), (0, 53)),
    number('V', (1, 2), (1, 53)),
    number('w', (1, 1), (0, 6)),
    number('W', (1, 2), (0, 53)),
    number('y', (2, 2), (0, 99)),
    number('Y', (4, 4), (0, 9999)),
];

/// The letters of one part of a value. No pattern may have two of a set.
const PARTS: [&str; 12] = ["YyG", "mbB", "d", "jUWV", "aAwu", "HI", "p", "M", "S", "f", "z", "Z"];
const OF_DATES: &str = "YyGmbBdjUWVaAwu";
const OF_TIMES: &str = "HIpMSf";

/// What the directives of a whole date or time stand for where no locale is set.
const COMPOSED: [(char, &str); 3] =
    [('c', "%a %b %d %H:%M:%S %Y"), ('x', "%m/%d/%y"), ('X', "%H:%M:%S")];

pub(super) fn tokens(pattern: &str) -> Result<Vec<Token>, StrptimeError> {
    let mut tokens = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => directive(chars.next().ok_or(StrptimeError::Stray)?, &mut tokens)?,
            c if is_space(c) && tokens.last() == Some(&Token::Space) => {}
            c if is_space(c) => tokens.push(Token::Space),
            c => tokens.push(Token::Char(c)),
        }
    }
    Ok(tokens)
}

/// Whitespace as Python sees it.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

fn directive(letter: char, into: &mut Vec<Token>) -> Result<(), StrptimeError> {
    if let Some((_, pattern)) = COMPOSED.iter().find(|(composed, _)| *composed == letter) {
        into.extend(tokens(pattern)?);
        return Ok(());
    }
    into.push(match letter {
        '%' => Token::Char('%'),
        'a' | 'A' | 'b' | 'B' | 'p' | 'z' | 'Z' => Token::Word(letter),
        _ => NUMBERS
            .iter()
            .find(|number| number.letter == letter)
            .map(|&number| Token::Number(number))
            .ok_or(StrptimeError::Unknown(letter))?,
    });
    Ok(())
}

/// Whether the directives say what a value of the type needs, and nothing else.
pub(super) fn check(tokens: &[Token], temporal: Temporal) -> Result<(), StrptimeError> {
    let letters: String = tokens.iter().filter_map(|token| token.letter()).collect();
    let first_of = |set: &str| letters.chars().find(|&letter| set.contains(letter));
    let meaningless = match temporal {
        Temporal::Date => first_of(OF_TIMES).or(first_of("zZ")),
        Temporal::Time => first_of(OF_DATES).or(first_of("zZ")),
        Temporal::DateTime => None,
    };
    if let Some(letter) = meaningless {
        return Err(StrptimeError::Meaningless(letter));
    }
    for part in PARTS {
        if let Some(again) = letters.chars().filter(|&letter| part.contains(letter)).nth(1) {
            return Err(StrptimeError::Twice(again));
        }
    }
    match temporal {
        Temporal::Time if first_of(OF_TIMES).is_none() => {
            return Err(StrptimeError::Missing("a time"));
        }
        Temporal::Time => {}
        Temporal::Date | Temporal::DateTime => check_date(&letters)?,
    }
    match (letters.contains('I'), letters.contains('p')) {
        (true, false) => Err(StrptimeError::Missing("the half of the day (`%p`)")),
        (false, true) => Err(StrptimeError::Meaningless('p')),
        _ => Ok(()),
    }
}

fn check_date(letters: &str) -> Result<(), StrptimeError> {
    let has = |set: &str| letters.contains(|letter| set.contains(letter));
    let missing = |what| Err(StrptimeError::Missing(what));
    if !has("YyG") {
        return missing("the year");
    }
    if let Some(day) = letters.chars().find(|letter| "jUWV".contains(*letter))
        && has("mbBd")
    {
        return Err(StrptimeError::Twice(day));
    }
    if has("d") && !has("mbB") {
        return missing("the month");
    }
    if has("UWV") && !has("aAwu") {
        return missing("the weekday");
    }
    match (has("G"), has("V")) {
        (true, false) => missing("the week (`%V`)"),
        (false, true) => missing("the year of the week (`%G`)"),
        _ => Ok(()),
    }
}

impl Token {
    fn letter(self) -> Option<char> {
        match self {
            Token::Space | Token::Char(_) => None,
            Token::Number(number) => Some(number.letter),
            Token::Word(letter) => Some(letter),
        }
    }
}
