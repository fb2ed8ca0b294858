//! Functions of a row's values, once they are resolved.

/// A function of a row's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarFunction {
    /// `abs(x)`
    Abs,
    /// `round(x, places)`: to so many places behind the point, or before it below zero; halves away from
    /// zero.
    Round(i8),
    /// `floor(x)`
    Floor,
    /// `ceil(x)`
    Ceil,
    /// `upper(text)`
    Upper,
    /// `lower(text)`
    Lower,
    /// `trim(text)`: without the spaces at its start and end, which are those that Unicode knows (Zs).
    Trim,
    /// `ltrim(text)`
    TrimStart,
    /// `rtrim(text)`
    TrimEnd,
    /// `length(text)`: characters.
    Length,
    /// `concat(a, b, ...)`: nulls are passed over.
    Concat,
    /// `a || b`: null where one is.
    Join,
    /// `substring(text, start, length)`: characters, from 1 on; to the end without a length. A start below
    /// zero counts from the end, and of a length below zero they stand before the start.
    Substring,
    /// `left(text, n)`: the first characters; with `n` below zero all but the last.
    Left,
    /// `right(text, n)`: the last characters; with `n` below zero all but the first.
    Right,
    /// `lpad(text, n, pad)`: as many characters, of which those that it lacks are put before it.
    PadStart,
    /// `rpad(text, n, pad)`: the same, with those that it lacks behind it.
    PadEnd,
    /// `split_part(text, separator, n)`: the part so many from the start, from 1 on, or below zero from the
    /// end; empty if there is none.
    SplitPart,
    /// `strpos(text, part)`: the character where the part starts, from 1 on; 0 if it is not there.
    Find,
    /// `starts_with(text, prefix)`
    StartsWith,
    /// `replace(text, from, to)`
    Replace,
    /// `mask(text, n)`: a `*` for each character but the last `n`.
    Mask,
    /// `extract(field FROM x)` of a date or an instant, in UTC.
    Extract(DateField),
    /// `date_trunc('field', x)`: the start of the field, in UTC.
    Truncate(DateField),
    /// `date_diff('unit', from, to)`: how many units start behind the one and up to the other; of weeks how
    /// many times 7 days do.
    Difference(DateField),
    /// `last_day(x)`: the last day of the month, a date.
    LastDay,
    /// `greatest(a, b, ...)`, of one type: nulls are passed over.
    Greatest,
    /// `least(a, b, ...)`, the same.
    Least,
    /// `x + INTERVAL n unit`: so many spans after a date or an instant.
    Shift(Span),
}

/// A length of time; one below zero leads back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Months of the calendar. Where a month has no such day, it is the month's last.
    Months(i64),
    /// Days, all of 24 hours, since they are in UTC.
    Days(i64),
    /// Microseconds, of an instant.
    Micros(i64),
}

/// A field of a date or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateField {
    /// `year`
    Year,
    /// `quarter`, from 1 on
    Quarter,
    /// `month`, from 1 on
    Month,
    /// `week` of ISO 8601, from 1 on; it starts on a Monday
    Week,
    /// `day` of the month, from 1 on
    Day,
    /// `isodow`: the day of the week, from 1 (Monday) on
    DayOfWeek,
    /// `doy`: the day of the year, from 1 on
    DayOfYear,
    /// `hour`
    Hour,
    /// `minute`
    Minute,
    /// `second`, without its fraction
    Second,
}
