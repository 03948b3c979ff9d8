//! Remote access tools that build files bring, where no image shows them.

use plimsoll_evidence::{Does, Evidence, Says};

use super::{ID, PORT, STARTED, TOOLS, remote_port};
use crate::Verdict;
use crate::built::{self, Doing, doings, files, starts};
use crate::case::{Case, without_image};
use crate::shown::count;

pub(super) fn judge(evidence: &Evidence) -> Verdict {
    if !built::given(evidence) {
        return without_image(evidence);
    }
    let mut case = Case::new(ID, evidence);
    for Doing { deed, .. } in doings(evidence).filter(|d| d.step.ships) {
        let Does::Install(install) = &deed.does else { continue };
        if install.removed {
            continue;
        }
        for package in &install.packages {
            let tool = TOOLS.iter().find(|t| t.packages.contains(&package.value.name.as_str()));
            // Metapackages that bring the server: what Alpine and Debian call by the protocol's name.
            let server = matches!(package.value.name.as_str(), "openssh" | "ssh");
            let tool = tool.or_else(|| TOOLS.iter().find(|t| server && t.name == "OpenSSH server"));
            if let Some(tool) = tool {
                case.find(tool.kind.rule())
                    .about(tool.name)
                    .says(format!("{} installs {} ({}) into what ships.", install.manager, package.value.name, tool.name))
                    .in_source(package.place)
                    .add();
            }
        }
    }
    for file in files(evidence) {
        for instruction in file.own().filter(|i| i.name == "EXPOSE") {
            let Says::Words(words) = &instruction.says else { continue };
            for word in words {
                if let Some((port, what)) = built::known(word).and_then(remote_port) {
                    case.find(&PORT)
                        .about(&word.value.text)
                        .says(format!("EXPOSE {}: {port} is the port of {what}.", word.value.text))
                        .in_source(word.place)
                        .add();
                }
            }
        }
    }
    for (instruction, deed) in starts(evidence) {
        if let Does::Remote { program } = &deed.does
            && program != "chpasswd"
        {
            case.find(&STARTED)
                .about(program)
                .says(format!("{} starts {program} ({:?}).", instruction.name, deed.command))
                .in_source(deed.place)
                .add();
        }
    }
    built::need_unread(&mut case, evidence);
    case.need("the image itself: what its base brings is not in the build file", "name the image to check");
    let fail = format!("{} of remote access in the build file.", count(case.failing(), "sign"));
    case.conclude(fail, "The build file brings no remote access tool; what its base brings is not known.", "")
}

#[cfg(test)]
mod tests {
    use super::super::ITEM;
    use crate::built::tests::{alone, lines};

    #[test]
    fn cases() {
        let cases = [
            ("RUN apt-get install -y openssh-server curl", "fail: server:2:24"),
            ("RUN apk add --no-cache openssh netcat-openbsd", "fail: server:2:24, client:2:32"),
            ("EXPOSE 80 22/tcp", "fail: port:2:11"),
            ("ARG P=20-30\nEXPOSE $P", "fail: port:3:8"),
            ("EXPOSE 8080", "unknown"),
            ("CMD [\"/usr/sbin/sshd\", \"-D\"]", "fail: started:2:6"),
            ("CMD service ssh start && app", "fail: started:2:5"),
            ("RUN apk add --no-cache --virtual .b openssh-client && x && apk del .b", "unknown"),
            ("RUN apt-get install -y curl", "unknown"),
        ];
        for (text, wanted) in cases {
            assert_eq!(lines(&alone(&format!("FROM a\n{text}\n")), &ITEM), wanted, "{text}");
        }
        assert_eq!(lines(&alone("FROM a AS b\nRUN apt-get install -y openssh-client\nFROM c\nCOPY --from=b /x /\n"), &ITEM), "unknown");
    }
}
