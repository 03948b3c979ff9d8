//! What a command makes a virtual machine start ("The java Command", JDK 24).

use plimsoll_evidence::ImageFacts;

/// Variables by which the virtual machine, its launcher or the linker takes more than the command has.
const VARIABLES: [&str; 10] = [
    "CLASSPATH",
    "IBM_JAVA_OPTIONS",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "LD_AUDIT",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "OPENJ9_JAVA_OPTIONS",
    "_JAVA_OPTIONS",
    "_JAVA_SPLASH_FILE",
];
/// Options that change nothing of what is loaded.
const OPTIONS: [&str; 12] = [
    "-client",
    "-da",
    "-disableassertions",
    "-ea",
    "-enableassertions",
    "-esa",
    "-server",
    "-showversion",
    "--show-version",
    "-Xint",
    "-Xcomp",
    "-Xbatch",
];
/// Beginnings of options of memory and logs.
const BEGINNINGS: [&str; 6] = ["-Xlog:", "-Xmn", "-Xms", "-Xmx", "-Xss", "-verbose:"];
/// Beginnings of the names of properties that the platform itself looks at to load code.
const PROPERTIES: [&str; 12] =
    ["com.sun.", "java.", "javax.", "jdk.", "loader.", "net.bytebuddy", "openjdk.", "org.omg.", "org.w3c.", "org.xml.", "sun.", "user.dir"];
/// Properties of these beginnings that load nothing.
const HARMLESS_PROPERTIES: [&str; 5] =
    ["java.awt.headless", "java.io.tmpdir", "java.net.preferIPv4Stack", "java.net.preferIPv6Addresses", "java.security.egd"];

/// The archive that `java -jar` starts, as a path of the image; or why that is not what starts.
pub(super) fn archive(image: &ImageFacts) -> Result<String, String> {
    let config = &image.config;
    if let Some((name, _)) = config.env.iter().find(|(name, _)| VARIABLES.contains(&name.as_str())) {
        return Err(format!("the environment has {name}, by which Java may load more than its command says"));
    }
    let mut words = image.closure.command.iter().map(String::as_str);
    let program = words.next().unwrap_or_default();
    if program.rsplit('/').next() != Some("java") {
        return Err(format!("the image starts {program} and not java, which is not followed"));
    }
    let first = image.closure.reached.first().and_then(|r| image.tree.files.get(r.file as usize));
    let real = first.and_then(|f| image.tree.resolve(&f.path)).and_then(|id| image.tree.files.get(id as usize));
    if !real.is_some_and(|f| f.name() == "java" && super::is_program(image, &f.path)) {
        return Err(format!("{program} is not seen to be a Java virtual machine's launcher"));
    }
    loop {
        match words.next() {
            Some("-jar") => break,
            Some(option) if is_harmless(option) => {}
            Some(option) if option.starts_with('-') || option.starts_with('@') => {
                return Err(format!("Java is started with {option}, which is not followed"));
            }
            _ => return Err("Java is not started with -jar, and its class path is not followed".to_owned()),
        }
    }
    let Some(jar) = words.next() else { return Err("Java is started with -jar and no archive".to_owned()) };
    let path = if jar.starts_with('/') { jar.to_owned() } else { format!("{}/{jar}", config.working_dir) };
    Ok(path.trim_start_matches('/').to_owned())
}

fn is_harmless(option: &str) -> bool {
    if let Some(property) = option.strip_prefix("-D") {
        let name = property.split('=').next().unwrap_or_default();
        return HARMLESS_PROPERTIES.contains(&name) || !PROPERTIES.iter().any(|begin| name.starts_with(begin));
    }
    if let Some(flag) = option.strip_prefix("-XX:") {
        // Switches, and numbers: `OnError` and `Flags` take texts.
        return match flag.strip_prefix(['+', '-']) {
            Some(name) => !name.contains("VMOptionsFile") && !name.contains("Agent") && !name.contains("Attach"),
            None => flag.split_once('=').is_some_and(|(_, v)| v.trim_end_matches(['k', 'K', 'm', 'M', 'g', 'G']).parse::<f64>().is_ok()),
        };
    }
    OPTIONS.contains(&option) || BEGINNINGS.iter().any(|begin| option.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options() {
        for (option, wanted) in [
            ("-Xmx512m", true),
            ("-XX:MaxRAMPercentage=75.0", true),
            ("-XX:+UseG1GC", true),
            ("-Dspring.profiles.active=prod", true),
            ("-Djava.security.egd=file:/dev/./urandom", true),
            ("-Djava.system.class.loader=x", false),
            ("-Dloader.path=/lib", false),
            ("-XX:OnError=sh", false),
            ("-XX:Flags=f", false),
            ("-XX:VMOptionsFile=f", false),
            ("-XX:+ReadVMOptionsFile", false),
            ("-javaagent:a.jar", false),
            ("-agentlib:x", false),
            ("-cp", false),
            ("--class-path=x", false),
            ("--module-path", false),
            ("-Xbootclasspath/a:x.jar", false),
            ("@arguments", false),
        ] {
            assert_eq!(is_harmless(option), wanted, "{option}");
        }
    }
}
