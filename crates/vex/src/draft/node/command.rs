//! What a command makes Node.js start (Node.js documentation, "Command-line API").

use plimsoll_evidence::ImageFacts;

/// Variables of Node.js that load nothing.
const HARMLESS_VARIABLES: [&str; 8] = [
    "NODE_DEBUG",
    "NODE_DISABLE_COLORS",
    "NODE_ENV",
    "NODE_EXTRA_CA_CERTS",
    "NODE_MAJOR",
    "NODE_NO_WARNINGS",
    "NODE_PENDING_DEPRECATION",
    "NODE_VERSION",
];
/// Options that change nothing of what is loaded.
const OPTIONS: [&str; 9] = [
    "--abort-on-uncaught-exception",
    "--enable-source-maps",
    "--expose-gc",
    "--no-deprecation",
    "--no-warnings",
    "--throw-deprecation",
    "--trace-deprecation",
    "--trace-uncaught",
    "--trace-warnings",
];
/// Beginnings of options of memory, the network and errors.
const BEGINNINGS: [&str; 7] = [
    "--dns-result-order=",
    "--max-http-header-size=",
    "--max-old-space-size=",
    "--max-semi-space-size=",
    "--max_old_space_size=",
    "--stack-trace-limit=",
    "--unhandled-rejections=",
];

/// The script that `node` starts, as a path of the image; or why that is not what starts.
pub(super) fn script(image: &ImageFacts) -> Result<String, String> {
    let config = &image.config;
    let is_harmful = |name: &str| (name.starts_with("NODE_") && !HARMLESS_VARIABLES.contains(&name)) || name.starts_with("LD_");
    if let Some((name, _)) = config.env.iter().find(|(name, _)| is_harmful(name)) {
        return Err(format!("the environment has {name}, by which Node.js may load more than its command says"));
    }
    let mut words = image.closure.command.iter().map(String::as_str);
    let program = words.next().unwrap_or_default();
    if !matches!(program.rsplit('/').next(), Some("node" | "nodejs")) {
        return Err(format!("the image starts {program} and not node, which is not followed"));
    }
    let first = image.closure.reached.first().and_then(|r| image.tree.files.get(r.file as usize));
    let real = first.and_then(|f| image.tree.resolve(&f.path)).and_then(|id| image.tree.files.get(id as usize));
    if !real.is_some_and(|f| f.name() == "node" && image.elf(&f.path).is_some()) {
        return Err(format!("{program} is not seen to be Node.js itself"));
    }
    let script = loop {
        match words.next() {
            Some(option) if OPTIONS.contains(&option) || BEGINNINGS.iter().any(|b| option.starts_with(b)) => {}
            Some("--") => break words.next(),
            Some(option) if option.starts_with('-') => return Err(format!("Node.js is started with {option}, which is not followed")),
            script => break script,
        }
    };
    let Some(script) = script.filter(|s| !s.is_empty()) else { return Err("Node.js is started without a script".to_owned()) };
    if matches!(script, "inspect" | "debug") {
        return Err("Node.js is started as a debugger".to_owned());
    }
    if let Some(more) = words.next() {
        return Err(format!("the script is given {more:?}, which may name what it loads"));
    }
    let path = if script.starts_with('/') { script.to_owned() } else { format!("{}/{script}", config.working_dir) };
    Ok(super::resolve::joined("", &path))
}
