//! What is done to an operation, and what each kind of operation can suffer.

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Harm {
    /// An error, and nothing has happened.
    FailBefore,
    /// An error, and all the same it has happened.
    FailAfter,
    /// Three errors, of which nothing has happened.
    Throttle,
    /// More errors than any retrier has attempts.
    Outage,
    /// Everything else goes first.
    Slow,
    /// The process ends, and nothing has happened.
    DieBefore,
    /// It has happened, and the process ends.
    DieAfter,
    /// Three processes end one after the other: as many as there are attempts.
    DieThrice,
    /// Half of the bytes, and then an error.
    BreakOff,
    /// Half of the bytes, and no word of it.
    EndEarly,
    /// Half of the bytes, and the process ends.
    DieWithin,
    /// It has happened, but the answer is lost, and the client's own second request is told that another
    /// was first.
    Overtake,
    /// The caller thinks that it was lost, and calls again while it runs.
    Twice,
}

use Harm::{
    BreakOff, DieAfter, DieBefore, DieThrice, DieWithin, EndEarly, FailAfter, FailBefore, Outage,
    Overtake, Slow, Throttle, Twice,
};

/// An operation of a step on the world around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Act {
    /// The state machine calls the function.
    Call,
    /// The state machine reads the items of a map.
    Items,
    /// The state machine tells the world.
    Announce,
    Head,
    Open,
    Write,
    /// If nobody has written it since.
    WriteIf,
    /// A piece of an upload.
    Append,
    /// The end of an upload.
    Finish,
    /// Of the table's log.
    List,
    Get,
    /// If there is no such version yet.
    Put,
}

impl Harm {
    pub(crate) const ALL: [Harm; 13] = [
        FailBefore, FailAfter, Throttle, Outage, Slow, DieBefore, DieAfter, DieThrice, BreakOff,
        EndEarly, DieWithin, Overtake, Twice,
    ];

    /// Times that it strikes, one after the other.
    pub(crate) fn times(self) -> usize {
        match self {
            Throttle | DieThrice => 3,
            Outage => 10,
            FailBefore | FailAfter | Slow | DieBefore | DieAfter | BreakOff | EndEarly
            | DieWithin | Overtake | Twice => 1,
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            FailBefore => "fails",
            FailAfter => "answer is lost",
            Throttle => "fails 3 times",
            Outage => "fails 10 times",
            Slow => "is slow",
            DieBefore => "dies before",
            DieAfter => "dies behind",
            DieThrice => "dies 3 times",
            BreakOff => "breaks off",
            EndEarly => "ends early",
            DieWithin => "dies within",
            Overtake => "taken for another's",
            Twice => "twice at once",
        }
    }
}

impl Act {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Act::Call => "call",
            Act::Items => "items",
            Act::Head => "head",
            Act::Open => "read",
            Act::Write => "write",
            Act::WriteIf => "write if unchanged",
            Act::Append => "upload piece",
            Act::Finish => "upload end",
            Act::List => "log list",
            Act::Get => "log read",
            Act::Put => "log put",
            Act::Announce => "send",
        }
    }

    /// Whether it is one on the table's log, or all of them.
    pub(crate) fn is_of_table(self) -> bool {
        matches!(self, Act::Call | Act::List | Act::Get | Act::Put)
    }

    /// Whether an operation of this kind can suffer that.
    pub(crate) fn suffers(self, harm: Harm) -> bool {
        let has_effect = matches!(
            self,
            Act::Call | Act::Write | Act::WriteIf | Act::Finish | Act::Put | Act::Announce
        );
        match harm {
            FailBefore | Throttle | Outage => true,
            FailAfter => has_effect,
            // The state machine itself does not die, and waits for everything.
            DieAfter => has_effect && self != Act::Announce,
            Slow | DieBefore | DieThrice => !matches!(self, Act::Call | Act::Items | Act::Announce),
            BreakOff | EndEarly => matches!(self, Act::Open | Act::Get),
            DieWithin => self == Act::Open,
            Overtake => matches!(self, Act::Put | Act::WriteIf),
            Twice => self == Act::Call,
        }
    }
}
