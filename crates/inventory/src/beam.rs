//! Applications of Erlang and Elixir: `ebin/NAME.app` (Erlang/OTP, "Applications", the application resource file), and the runtime's own
//! version (`releases/NN/OTP_VERSION`).

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{held, package, single};

const MOST: usize = 1 << 20;

/// What Erlang/OTP itself and Elixir consist of: they come with the runtime, and no registry has them.
const RUNTIME: [&str; 45] = [
    "asn1",
    "common_test",
    "compiler",
    "crypto",
    "debugger",
    "dialyzer",
    "diameter",
    "edoc",
    "eex",
    "eldap",
    "erl_docgen",
    "erl_interface",
    "erts",
    "et",
    "eunit",
    "ex_unit",
    "ftp",
    "hipe",
    "iex",
    "inets",
    "jinterface",
    "kernel",
    "logger",
    "megaco",
    "mix",
    "mnesia",
    "observer",
    "odbc",
    "os_mon",
    "parsetools",
    "public_key",
    "reltool",
    "runtime_tools",
    "sasl",
    "snmp",
    "ssh",
    "ssl",
    "stdlib",
    "syntax_tools",
    "tftp",
    "tools",
    "wx",
    "xmerl",
    "elixir",
    "corba",
];

/// Finds applications of Erlang and Elixir.
pub struct Beam;

impl Analyser for Beam {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "beam", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        let is_application = entry.path.ends_with(".app") && entry.parent().rsplit('/').next() == Some("ebin");
        if is_application || is_otp_version(&entry.path) { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let text = String::from_utf8_lossy(held(entry, content, MOST)?);
        let found = if is_otp_version(&entry.path) {
            let version = text.trim();
            version.starts_with(|c: char| c.is_ascii_digit()).then(|| package(Ecosystem::Program, "erlang", version, &entry.path))
        } else {
            application(&text).and_then(|(name, version)| match name {
                "elixir" => Some(package(Ecosystem::Program, name, version, &entry.path)),
                name if RUNTIME.contains(&name) => None,
                name => Some(package(Ecosystem::Hex, name, version, &entry.path)),
            })
        };
        facts.databases.extend(found.map(|p| single(&entry.path, p)));
        Ok(())
    }
}

fn is_otp_version(path: &str) -> bool {
    path.rsplit_once('/').is_some_and(|(directory, name)| name == "OTP_VERSION" && directory.rsplit('/').nth(1) == Some("releases"))
}

/// `{application, cowboy, [ … {vsn, "2.9.0"} …`: Erlang terms, in which blanks may stand anywhere.
fn application(text: &str) -> Option<(&str, &str)> {
    let rest = text[text.find("{application")? + "{application".len()..].trim_start().strip_prefix(',')?.trim_start();
    let end = rest.find(',')?;
    let name = rest[..end].trim().trim_matches('\'');
    let version = rest.match_indices("{vsn").find_map(|(at, key)| {
        let value = rest[at + key.len()..].trim_start().strip_prefix(',')?.trim_start().strip_prefix('"')?;
        value.split_once('"').map(|(version, _)| version)
    })?;
    (!name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')).then_some((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{look_in_memory, packages};

    #[test]
    fn applications_and_the_runtime() {
        let app = |name: &str, version: &str| {
            format!("{{application,\n  {name},\n [{{description,\"{{vsn\"}},\n  {{modules,[a]}},{{vsn, \"{version}\"}}]}}.")
        };
        let path = "app/lib/cowboy-2.9.0/ebin/cowboy.app";
        // A description may say anything.
        assert_eq!(packages(&look_in_memory(&Beam, path, app("cowboy", "2.9.0").as_bytes()).0), [("cowboy", "2.9.0", path)]);
        let text = "{application,'cowboy',[{modules,[a]},\n {vsn,\"2.9.0\"}]}.";
        let (facts, _) = look_in_memory(&Beam, path, text.as_bytes());
        assert_eq!(packages(&facts), [("cowboy", "2.9.0", path)]);
        assert_eq!(facts.databases[0].packages[0].ecosystem, Ecosystem::Hex);
        assert!(look_in_memory(&Beam, "usr/lib/erlang/lib/ssl-11/ebin/ssl.app", app("ssl", "11").as_bytes()).0.databases.is_empty());
        let path = "usr/local/lib/erlang/releases/25/OTP_VERSION";
        let (facts, _) = look_in_memory(&Beam, path, b"25.3.2.7\n");
        assert_eq!(packages(&facts), [("erlang", "25.3.2.7", path)]);
        assert!(look_in_memory(&Beam, "app/cowboy.app", app("a", "1").as_bytes()).0.databases.is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_text_ends(text in "[{}a-z ,'\"\n]{0,60}") {
            application(&format!("{{application{text}"));
            application(&text);
        }
    }
}
