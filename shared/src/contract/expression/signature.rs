//! How each function is called: the one table of them.

use arrow_schema::DataType::{self, Boolean, Date32, Int64, Utf8};
use sqlparser::ast::Expr;

use super::ScalarFunction as F;
use super::resolve::{Resolved, Resolver};
use super::{DateField, ExpressionError, ExpressionProblem, ScalarFunction};
use Kind::{Moment, Text, Whole};

/// A function: what it takes, and what becomes of it.
pub(super) struct Signature {
    /// As it is told to people: `name(operand, ...)`; what may be left out is in brackets.
    pub(super) usage: &'static str,
    pub(super) how: How,
}

/// What becomes of a call.
pub(super) enum How {
    /// A function of operands of these types.
    Plain {
        function: ScalarFunction,
        kinds: &'static [Kind],
        /// How many of them must be there.
        least: usize,
        data_type: DataType,
    },
    /// What only its own rules say.
    Own(fn(&Resolver<'_>, &Call<'_>) -> Resolved),
}

/// What an operand must be.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Whole,
    Moment,
}

/// A call of a function that is known.
pub(super) struct Call<'a> {
    /// All of it.
    pub(super) part: &'a Expr,
    pub(super) usage: &'static str,
    pub(super) operands: &'a [&'a Expr],
}

impl Call<'_> {
    /// It is called in another way than it must be. The call is not told, for a salt may stand there.
    pub(super) fn wrong(&self) -> ExpressionError {
        ExpressionError::new(self.part, ExpressionProblem::Usage(self.usage))
    }
}

/// The function of that name, in lower case.
pub(super) fn named(name: &str) -> Option<&'static Signature> {
    SIGNATURES.iter().find(|signature| signature.usage.split('(').next() == Some(name))
}

const fn plain(
    usage: &'static str,
    function: ScalarFunction,
    kinds: &'static [Kind],
    data_type: DataType,
) -> Signature {
    Signature { usage, how: How::Plain { function, kinds, least: kinds.len(), data_type } }
}

const fn field(usage: &'static str, field: DateField) -> Signature {
    plain(usage, F::Extract(field), &[Moment], Int64)
}

const fn own(usage: &'static str, how: fn(&Resolver<'_>, &Call<'_>) -> Resolved) -> Signature {
    Signature { usage, how: How::Own(how) }
}

const SUBSTRING: How =
    How::Plain { function: F::Substring, kinds: &[Text, Whole, Whole], least: 2, data_type: Utf8 };

#[rustfmt::skip] // A table.
#[allow(clippy::redundant_closure_for_method_calls, reason = "methods are not general in the lifetime of `Resolver`")]
pub(super) const SIGNATURES: &[Signature] = &[
    own("abs(number)", |resolver, call| resolver.absolute(call)),
    own("round(number[, places])", |resolver, call| resolver.round(call)),
    own("floor(number)", |resolver, call| resolver.whole_beside(F::Floor, call)),
    own("ceil(number)", |resolver, call| resolver.whole_beside(F::Ceil, call)),
    own("ceiling(number)", |resolver, call| resolver.whole_beside(F::Ceil, call)),
    own("greatest(x, ...)", |resolver, call| resolver.extreme(F::Greatest, call)),
    own("least(x, ...)", |resolver, call| resolver.extreme(F::Least, call)),
    own("coalesce(x, ...)", |resolver, call| resolver.coalesce(call)),
    own("ifnull(x, y)", |resolver, call| resolver.if_null(call)),
    own("nullif(x, y)", |resolver, call| resolver.null_if(call)),
    plain("upper(text)", F::Upper, &[Text], Utf8),
    plain("lower(text)", F::Lower, &[Text], Utf8),
    plain("trim(text)", F::Trim, &[Text], Utf8),
    plain("ltrim(text)", F::TrimStart, &[Text], Utf8),
    plain("rtrim(text)", F::TrimEnd, &[Text], Utf8),
    plain("length(text)", F::Length, &[Text], Int64),
    plain("char_length(text)", F::Length, &[Text], Int64),
    own("concat(text, ...)", |resolver, call| resolver.concat(call)),
    Signature { usage: "substring(text, start[, length])", how: SUBSTRING },
    Signature { usage: "substr(text, start[, length])", how: SUBSTRING },
    plain("left(text, n)", F::Left, &[Text, Whole], Utf8),
    plain("right(text, n)", F::Right, &[Text, Whole], Utf8),
    plain("lpad(text, n, pad)", F::PadStart, &[Text, Whole, Text], Utf8),
    plain("rpad(text, n, pad)", F::PadEnd, &[Text, Whole, Text], Utf8),
    plain("split_part(text, separator, n)", F::SplitPart, &[Text, Text, Whole], Utf8),
    plain("strpos(text, part)", F::Find, &[Text, Text], Int64),
    plain("starts_with(text, prefix)", F::StartsWith, &[Text, Text], Boolean),
    plain("replace(text, from, to)", F::Replace, &[Text, Text, Text], Utf8),
    plain("mask(text, n)", F::Mask, &[Text, Whole], Utf8),
    own("sha256(text, 'NAME')", |resolver, call| resolver.keyed_hash(call)),
    own("regexp_matches(text, 'pattern'[, 'i'])", |resolver, call| resolver.match_pattern(call)),
    own("regexp_extract(text, 'pattern'[, group])", |resolver, call| resolver.extract_pattern(call)),
    own("regexp_replace(text, 'pattern', 'by'[, 'g', 'i' or 'gi'])", |resolver, call| resolver.replace_pattern(call)),
    own("date_trunc('unit', date)", |resolver, call| resolver.truncated(call)),
    own("date_diff('unit', from, to)", |resolver, call| resolver.difference(call)),
    plain("last_day(date)", F::LastDay, &[Moment], Date32),
    field("year(date)", DateField::Year),
    field("quarter(date)", DateField::Quarter),
    field("month(date)", DateField::Month),
    field("week(date)", DateField::Week),
    field("day(date)", DateField::Day),
    field("isodow(date)", DateField::DayOfWeek),
    field("doy(date)", DateField::DayOfYear),
    field("hour(date)", DateField::Hour),
    field("minute(date)", DateField::Minute),
    field("second(date)", DateField::Second),
];
