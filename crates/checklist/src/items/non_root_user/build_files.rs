//! Whom the image that a build file makes will run as, where no image shows it.

use plimsoll_evidence::{Base, BuildFile, Does, Evidence, Place, Says};

use super::{BY_NAME, HIGHEST_RESERVED, MALFORMED, NOT_ABOVE_1000, OUT_OF_RANGE, ROOT, SYSTEM_UID};
use crate::built::{self, files};
use crate::case::Case;
use crate::reference::official;
use crate::user::number;

/// Official images of Docker Hub that set no user, and so start as root: distributions, languages, and servers whose entry scripts drop
/// root later.
const ROOT_BASES: &[&str] = &[
    "alpine",
    "almalinux",
    "amazoncorretto",
    "amazonlinux",
    "archlinux",
    "bash",
    "buildpack-deps",
    "busybox",
    "caddy",
    "centos",
    "clojure",
    "composer",
    "dart",
    "debian",
    "eclipse-temurin",
    "elixir",
    "erlang",
    "fedora",
    "gcc",
    "ghost",
    "golang",
    "gradle",
    "haskell",
    "haproxy",
    "httpd",
    "julia",
    "mariadb",
    "maven",
    "mongo",
    "mysql",
    "nginx",
    "node",
    "openjdk",
    "oraclelinux",
    "perl",
    "photon",
    "php",
    "postgres",
    "python",
    "r-base",
    "redis",
    "rockylinux",
    "ruby",
    "rust",
    "sapmachine",
    "swift",
    "tomcat",
    "traefik",
    "ubuntu",
    "wordpress",
];

/// Judges the last USER of each file. `needed` says whether what stays open keeps the item from passing.
pub(super) fn judge(case: &mut Case<'_>, evidence: &Evidence, needed: bool) {
    for file in files(evidence) {
        match file.last("USER").map(|i| &i.says) {
            Some(Says::Word(word)) => match built::known(word) {
                Some(user) => named(case, file, user, word.place, needed),
                None => {
                    open(case, needed, format!("the user {:?} of line {}", word.value.text, word.place.line), "give the build's arguments");
                }
            },
            Some(_) => {}
            None => inherited(case, file, needed),
        }
    }
    if needed {
        case.need("the image itself: its accounts and set-user-id programs are not in the build file", "name the image to check");
    }
}

fn open(case: &mut Case<'_>, needed: bool, what: String, supply: &str) {
    if needed {
        case.need(what, supply);
    }
}

/// No USER: the base's.
fn inherited(case: &mut Case<'_>, file: &BuildFile, needed: bool) {
    let Some((from, base)) = file.base() else { return };
    let says = match base {
        Base::Scratch => "No USER is set, and nothing is below: the container starts as root.".to_owned(),
        Base::Image(image) if official(&image.text).is_some_and(|name| ROOT_BASES.contains(&name.as_str())) => {
            format!("No USER is set, and {:?} starts as root.", from.value)
        }
        _ => {
            return open(
                case,
                needed,
                format!("whom {:?} starts as, since the build file sets no USER", from.value),
                "set a numeric USER in the last stage, or name the image to check",
            );
        }
    };
    case.find(&ROOT).about(&from.value).says(says).example("USER 65532:65532").in_source(from.place).add();
}

fn named(case: &mut Case<'_>, file: &BuildFile, text: &str, place: Place, needed: bool) {
    let user = text.split(':').next().unwrap_or_default();
    if text.matches(':').count() > 1 || text.chars().any(char::is_whitespace) {
        case.find(&MALFORMED)
            .about(text)
            .says(format!("USER {text:?} is not user or user:group."))
            .example("USER 65532:65532")
            .in_source(place)
            .add();
        return;
    }
    if user.is_empty() || user == "root" {
        case.find(&ROOT).about(text).says(format!("USER {text:?} is root.")).example("USER 65532:65532").in_source(place).add();
        return;
    }
    match number(user) {
        Ok(Some(uid)) => return numbered(case, text, uid, place),
        Ok(None) => {}
        Err(_) => {
            case.find(&OUT_OF_RANGE)
                .about(text)
                .says(format!("USER {text:?} is not between 0 and 2147483647."))
                .example("USER 65532:65532")
                .in_source(place)
                .add();
            return;
        }
    }
    match account(file, user) {
        Some((Some(uid), _)) => {
            numbered(case, text, uid, place);
            if uid != 0 {
                case.find(&BY_NAME)
                    .about(text)
                    .says(format!("USER is the name {user:?}; write its uid {uid}."))
                    .example(format!("USER {uid}"))
                    .in_source(place)
                    .add();
            }
        }
        Some((None, true)) => case
            .find(&SYSTEM_UID)
            .about(text)
            .says(format!("USER {user:?} is made as a system account, with a uid below 1000."))
            .example("USER 65532:65532")
            .in_source(place)
            .add(),
        _ => open(
            case,
            needed,
            format!("which uid the user {user:?} of line {} has", place.line),
            "write the uid into USER, or name the image to check",
        ),
    }
}

fn numbered(case: &mut Case<'_>, text: &str, uid: u32, place: Place) {
    let (rule, says) = match uid {
        0 => (&ROOT, format!("USER {text:?} is root.")),
        uid if uid < HIGHEST_RESERVED => (&SYSTEM_UID, format!("USER {text:?} is uid {uid}, among the system accounts.")),
        HIGHEST_RESERVED => (&NOT_ABOVE_1000, format!("USER {text:?} is uid 1000; the checklist asks for more than 1000.")),
        _ => return,
    };
    case.find(rule).about(text).says(says).example("USER 10001:10001").in_source(place).add();
}

/// The account that a step makes under a name: its uid where given, and whether it is a system account.
fn account(file: &BuildFile, name: &str) -> Option<(Option<u32>, bool)> {
    let deeds = file.own().filter_map(|i| match &i.says {
        Says::Run(run) => Some(&run.deeds),
        _ => None,
    });
    deeds
        .flatten()
        .filter_map(|deed| match &deed.does {
            Does::Account { name: Some(made), uid, system } if made == name => Some((*uid, *system)),
            _ => None,
        })
        .last()
}

#[cfg(test)]
mod tests {
    use super::super::ITEM;
    use crate::built::tests::{alone, lines};

    #[test]
    fn cases() {
        let cases = [
            ("FROM debian:12\n", "fail: root:1:6"),
            ("FROM scratch\n", "fail: root:1:6"),
            ("FROM gcr.io/distroless/static:nonroot\n", "unknown"),
            ("FROM debian AS b\nUSER 1001\nFROM b\n", "unknown"),
            ("FROM debian AS b\nUSER 1001\nFROM debian\nCOPY --from=b /x /\n", "fail: root:3:6"),
            ("FROM x\nUSER 0\n", "fail: root:2:6"),
            ("FROM x\nUSER root\n", "fail: root:2:6"),
            ("FROM x\nUSER root\nUSER 10001\n", "unknown"),
            ("FROM x\nUSER 10001\nUSER root\n", "fail: root:3:6"),
            ("FROM x\nUSER 999:999\n", "fail: system-uid:2:6"),
            ("FROM x\nUSER 1000\n", "fail: uid-not-above-1000:2:6"),
            ("FROM x\nUSER 4294967296\n", "fail: uid-out-of-range:2:6"),
            ("FROM x\nUSER -1\n", "fail: uid-out-of-range:2:6"),
            ("FROM x\nUSER -0\n", "fail: root:2:6"),
            ("FROM x\nUSER +0:wheel\n", "fail: root:2:6"),
            ("FROM x\nUSER 000\n", "fail: root:2:6"),
            ("FROM x\nUSER a:b:c\n", "fail: malformed-user:2:6"),
            ("FROM x\nARG U=10001\nUSER $U\n", "unknown"),
            ("FROM x\nARG U=0\nUSER $U\n", "fail: root:3:6"),
            ("FROM x\nRUN useradd -u 10001 app\nUSER app\n", "unknown: user-by-name:3:6"),
            ("FROM x\nRUN useradd -r app\nUSER app\n", "fail: system-uid:3:6"),
            ("FROM x\nRUN addgroup -S app && adduser -S app -G app\nUSER app\n", "fail: system-uid:3:6"),
            ("FROM x\nUSER app\n", "unknown"),
        ];
        for (text, wanted) in cases {
            assert_eq!(lines(&alone(text), &ITEM), wanted, "{text}");
        }
    }
}
