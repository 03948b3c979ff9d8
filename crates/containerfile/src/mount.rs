//! `RUN --mount=…`.

/// What a mount is of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MountKind {
    /// Files of the build context, of a stage or of an image.
    #[default]
    Bind,
    /// A directory that outlives the build.
    Cache,
    /// A directory in memory.
    Tmpfs,
    /// A secret that no layer keeps.
    Secret,
    /// The agent of SSH.
    Ssh,
    /// The kind is a variable.
    Unknown,
}

/// A mount, its values as they are written: variables are not expanded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mount {
    /// What it is of.
    pub kind: MountKind,
    /// The stage, image or context that the files come from.
    pub from: Option<String>,
    /// The path there.
    pub source: Option<String>,
    /// Where it appears.
    pub target: Option<String>,
    /// Name of the secret, cache or socket.
    pub id: Option<String>,
    /// The variable that holds the secret.
    pub env: Option<String>,
    /// Whether the build fails without it.
    pub required: bool,
}

const KEYS: &[&str] = &[
    "type",
    "from",
    "source",
    "src",
    "target",
    "dst",
    "destination",
    "readonly",
    "ro",
    "readwrite",
    "rw",
    "required",
    "size",
    "id",
    "sharing",
    "mode",
    "uid",
    "gid",
    "env",
];

/// What only Buildah's mounts have besides.
const BUILDAH: &[&str] = &[
    "z",
    "Z",
    "U",
    "chown",
    "relabel",
    "bind-propagation",
    "bind-nonrecursive",
    "shared",
    "rshared",
    "private",
    "rprivate",
    "slave",
    "rslave",
    "tmpcopyup",
    "notmpcopyup",
    "tmpfs-size",
    "tmpfs-mode",
];

impl Mount {
    /// Reads the value of `--mount`. The error says what is wrong with it.
    pub fn parse(value: &str) -> Result<Self, String> {
        let mut this = Self::default();
        for field in fields(value).ok_or_else(|| format!("`--mount={value}`: a field in quotes has them at both ends and nowhere else"))? {
            let (key, value) = match field.split_once('=') {
                Some((key, value)) => (key.to_ascii_lowercase(), Some(value)),
                None => (field.to_ascii_lowercase(), None),
            };
            let written = field.split('=').next().unwrap_or_default();
            if BUILDAH.contains(&written) {
                continue;
            }
            if !KEYS.contains(&key.as_str()) {
                return Err(format!("`--mount` has no `{key}`; it has {}", KEYS.join(", ")));
            }
            let flag = matches!(key.as_str(), "readonly" | "ro" | "readwrite" | "rw" | "required");
            let Some(value) = value else {
                if !flag {
                    return Err(format!("`{key}` in `--mount` needs a value: `{key}=…`"));
                }
                this.required |= key == "required";
                continue;
            };
            match key.as_str() {
                "type" => this.kind = kind(value)?,
                "from" => {
                    if value.find('$').is_some_and(|at| at + 1 < value.len()) {
                        return Err("`from` in `--mount` knows no variables; name a stage with `FROM` and mount from it".to_owned());
                    }
                    this.from = Some(value.to_owned());
                }
                "source" | "src" => this.source = Some(value.to_owned()),
                "target" | "dst" | "destination" => this.target = Some(value.to_owned()),
                "id" => this.id = Some(value.to_owned()),
                "env" => this.env = Some(value.to_owned()),
                "required" => this.required = !matches!(value, "false" | "0" | "f" | "F" | "False" | "FALSE"),
                _ => {}
            }
        }
        Ok(this)
    }
}

fn kind(value: &str) -> Result<MountKind, String> {
    Ok(match value.to_ascii_lowercase().as_str() {
        "bind" => MountKind::Bind,
        "cache" => MountKind::Cache,
        "tmpfs" => MountKind::Tmpfs,
        "secret" => MountKind::Secret,
        "ssh" => MountKind::Ssh,
        other if other.contains('$') => MountKind::Unknown,
        _ => return Err(format!("`type={value}` in `--mount`: it is bind, cache, tmpfs, secret or ssh")),
    })
}

/// The fields of one line of CSV: between commas, a field in double quotes may hold commas and doubled quotes.
fn fields(line: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    let mut rest = line;
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut field = String::new();
            let mut inner = quoted;
            loop {
                let end = inner.find('"')?;
                field.push_str(inner.get(..end)?);
                inner = inner.get(end + 1..)?;
                match inner.strip_prefix('"') {
                    Some(next) => {
                        field.push('"');
                        inner = next;
                    }
                    None => break,
                }
            }
            out.push(field);
            if inner.is_empty() {
                return Some(out);
            }
            rest = inner.strip_prefix(',')?;
        } else {
            let (field, next) = rest.split_once(',').map_or((rest, None), |(field, next)| (field, Some(next)));
            if field.contains('"') {
                return None;
            }
            out.push(field.to_owned());
            match next {
                Some(next) => rest = next,
                None => return Some(out),
            }
        }
    }
}
