use anstyle::{AnsiColor, Style};
use plimsoll_checklist::Outcome;
use plimsoll_evidence::Severity;

/// Colours, or none.
pub(crate) struct Styles {
    colour: bool,
}

impl Styles {
    pub(crate) fn new(colour: bool) -> Self {
        Self { colour }
    }

    pub(crate) fn bold(&self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    pub(crate) fn dim(&self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    pub(crate) fn code(&self, text: &str) -> String {
        self.with(AnsiColor::Cyan.on_default(), text)
    }

    pub(crate) fn outcome(&self, outcome: Outcome, text: &str) -> String {
        let style = match outcome {
            Outcome::Fail => AnsiColor::Red.on_default().bold(),
            Outcome::Unknown => AnsiColor::Yellow.on_default(),
            Outcome::Pass => AnsiColor::Green.on_default(),
            Outcome::Accepted => AnsiColor::Magenta.on_default(),
            Outcome::NotApplicable => Style::new().dimmed(),
        };
        self.with(style, text)
    }

    pub(crate) fn severity(&self, severity: Severity, text: &str) -> String {
        let style = match severity {
            Severity::Critical => AnsiColor::Red.on_default().bold(),
            Severity::High => AnsiColor::Red.on_default(),
            Severity::Medium => AnsiColor::Yellow.on_default(),
            Severity::Low => AnsiColor::Blue.on_default(),
            Severity::Info => Style::new().dimmed(),
        };
        self.with(style, text)
    }

    fn with(&self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}
