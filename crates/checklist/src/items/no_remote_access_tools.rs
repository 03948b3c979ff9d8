//! Servers and clients for remote access.

mod build_files;

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_evidence::{FileKind, Gathered, ImageFacts, Inventory};

use super::prelude::*;
use crate::running::{commands, runs};
use crate::shown::list;

const ID: ItemId = ItemId("no-remote-access-tools");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "No remote access tools in image",
    section: Section::Components,
    requirement: "The image holds no software for remote maintenance: no SSH, Telnet, remote desktop or tunnel.",
    why: "A container is replaced, not maintained from afar. A remote access server is one more door with its own keys and users, and a client or tunnel on board saves an attacker from bringing one.",
    remediation: "Remove the packages and leave them out of the final stage. To look into a running container use kubectl exec, kubectl debug or the engine's own exec, which are authorised and logged by the platform.",
    references: &[footnote(33)],
    rules: &[SERVER, TUNNEL, CLIENT, NETCAT, PORT, STARTED, DELETED],
    example: Some(Example {
        language: "dockerfile",
        bad: "RUN apt-get install -y openssh-server\nEXPOSE 22\nCMD [\"/usr/sbin/sshd\", \"-D\"]",
        good: "CMD [\"/app\"]\n# to look inside: kubectl debug -it POD --image=busybox --target=app",
    }),
    rests_on: &[RestsOn::Files, RestsOn::BuildFiles],
    judge,
};

const REMOVE: &str = "Leave it out of the final stage; use the platform's exec or debug instead.";
const SERVER: Rule = Rule::new("server", High, "A remote access server is in the image.", REMOVE);
const TUNNEL: Rule = Rule::new("tunnel", High, "A tunnel or agent that opens the container to the outside is in the image.", REMOVE);
const CLIENT: Rule = Rule::new("client", Low, "A remote access client is in the image.", REMOVE);
const NETCAT: Rule = Rule::new("netcat", Medium, "A program that hands a shell to a connection is in the image.", REMOVE);
const PORT: Rule =
    Rule::new("port", Medium, "The image exposes a port of remote access.", "Remove the EXPOSE line and what listens there.");
const STARTED: Rule = Rule::new("started", Critical, "The container starts a remote access server.", "Start the application alone.");
const DELETED: Rule = Rule::new(
    "deleted-later",
    Info,
    "A remote access tool was in a lower layer and is deleted later: no container sees it, it still ships.",
    "Remove it in the step that brought it in, or build the final stage from a smaller base.",
);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Server,
    Tunnel,
    Netcat,
    Client,
}

impl Kind {
    const fn rule(self) -> &'static Rule {
        match self {
            Self::Server => &SERVER,
            Self::Tunnel => &TUNNEL,
            Self::Netcat => &NETCAT,
            Self::Client => &CLIENT,
        }
    }
}

/// A tool: what it is, its packages, its programs, and the identities that its bytes give away.
struct Tool {
    kind: Kind,
    name: &'static str,
    packages: &'static [&'static str],
    programs: &'static [&'static str],
    identities: &'static [&'static str],
}

const fn tool(
    kind: Kind,
    name: &'static str,
    packages: &'static [&'static str],
    programs: &'static [&'static str],
    identities: &'static [&'static str],
) -> Tool {
    Tool { kind, name, packages, programs, identities }
}

use Kind::{Client, Netcat, Server, Tunnel};

const TOOLS: &[Tool] = &[
    tool(
        Server,
        "OpenSSH server",
        &["openssh-server", "openssh-server-pam", "openssh-sftp-server"],
        &["sshd", "sftp-server"],
        &["openssh-server"],
    ),
    tool(Server, "Dropbear", &["dropbear", "dropbear-bin", "tinysshd"], &["dropbear", "tinysshd"], &["dropbear"]),
    tool(
        Server,
        "Telnet server",
        &["telnetd", "telnetd-ssl", "inetutils-telnetd", "telnet-server", "busybox-extras"],
        &["telnetd", "in.telnetd"],
        &["telnetd"],
    ),
    tool(
        Server,
        "rsh, rlogin or rexec server",
        &["rsh-server", "rsh-redone-server", "inetutils-rshd", "inetutils-rlogind"],
        &["rshd", "in.rshd", "rlogind", "in.rlogind", "rexecd", "in.rexecd"],
        &[],
    ),
    tool(
        Server,
        "VNC server",
        &["tigervnc-standalone-server", "tightvncserver", "x11vnc", "vnc4server", "tigervnc-server", "turbovnc", "novnc"],
        &["Xvnc", "x11vnc", "vncserver", "Xtightvnc", "Xtigervnc", "tigervncserver"],
        &["vnc-server"],
    ),
    tool(Server, "Remote desktop server", &["xrdp", "xorgxrdp", "freerdp-server"], &["xrdp", "xrdp-sesman"], &["xrdp"]),
    tool(Server, "Mosh server", &["mosh", "mosh-server"], &["mosh-server"], &["mosh-server"]),
    tool(Server, "Web terminal", &["ttyd", "shellinabox", "wetty"], &["ttyd", "gotty", "shellinaboxd", "wetty"], &["ttyd", "gotty"]),
    tool(Server, "Teleport", &["teleport"], &["teleport"], &["teleport"]),
    tool(Server, "Webmin or Cockpit", &["webmin", "cockpit", "cockpit-ws"], &["cockpit-ws"], &[]),
    tool(Tunnel, "ngrok", &["ngrok"], &["ngrok"], &["ngrok"]),
    tool(Tunnel, "cloudflared", &["cloudflared"], &["cloudflared"], &["cloudflared"]),
    tool(Tunnel, "tmate", &["tmate"], &["tmate"], &["tmate"]),
    tool(Tunnel, "upterm", &["upterm"], &["upterm", "uptermd"], &["upterm"]),
    tool(Tunnel, "frp, chisel or rathole", &["frp"], &["frpc", "frps", "chisel", "rathole", "bore"], &["chisel", "frp"]),
    tool(
        Tunnel,
        "remote control agent",
        &["anydesk", "teamviewer", "rustdesk"],
        &["anydesk", "teamviewer", "teamviewerd", "rustdesk"],
        &[],
    ),
    tool(
        Tunnel,
        "reverse shell or command-and-control tool",
        &["metasploit-framework"],
        &["msfconsole", "meterpreter", "sliver-client", "pwncat"],
        &["sliver"],
    ),
    tool(Netcat, "netcat", &["netcat-traditional", "nmap-ncat", "ncat", "nc"], &["nc.traditional", "ncat"], &["ncat"]),
    // Without -e: no shell for whoever connects.
    tool(Client, "OpenBSD netcat", &["netcat-openbsd"], &["nc.openbsd"], &["netcat-openbsd"]),
    tool(Netcat, "socat", &["socat", "socat1"], &["socat"], &["socat"]),
    tool(
        Client,
        "SSH client",
        &["openssh-client", "openssh-clients", "openssh-client-default", "dropbear-ssh", "dbclient"],
        &["ssh", "dbclient", "scp", "sftp"],
        &["openssh-client"],
    ),
    tool(Client, "Telnet client", &["telnet", "inetutils-telnet", "telnet-ssl"], &["telnet", "inetutils-telnet"], &["telnet"]),
    tool(Client, "rsh client", &["rsh-client", "rsh-redone-client", "rsh"], &["rsh", "rlogin", "rexec"], &[]),
];

/// Ports of remote access: IANA's registry, and what the tools above listen on unasked.
const PORTS: &[(u16, &str)] = &[
    (22, "SSH"),
    (23, "Telnet"),
    (512, "rexec"),
    (513, "rlogin"),
    (514, "rsh"),
    (992, "Telnet over TLS"),
    (2222, "SSH, by habit"),
    (2375, "the Docker API without TLS"),
    (2376, "the Docker API"),
    (3022, "Teleport"),
    (3389, "remote desktop"),
    (5900, "VNC"),
    (5901, "VNC"),
    (5902, "VNC"),
    (5938, "TeamViewer"),
    (5985, "WinRM"),
    (5986, "WinRM"),
    (7681, "ttyd"),
];

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let Some(image) = evidence.image.found() else { return build_files::judge(evidence) };
    let mut case = Case::new(ID, evidence);
    let inventory = match &evidence.components {
        Gathered::Found(inventory) => Some(inventory),
        _ => None,
    };
    let found = present(&mut case, image, inventory);
    ports(&mut case, image);
    started(&mut case, image);
    deleted(&mut case, image);
    let fail =
        format!("Remote access in the image: {}.", if found.is_empty() { "by its ports or commands".to_owned() } else { list(&found, 5) });
    let pass = format!(
        "None of {} known remote access tools among {} and {}, and no such port.",
        TOOLS.len(),
        crate::shown::count(image.tree.regular(), "file"),
        crate::shown::count(inventory.map_or(0, |i| i.packages.len()), "package"),
    );
    case.conclude(fail, "", pass)
}

/// One finding a tool, at its first program or package; names of what was found.
fn present(case: &mut Case<'_>, image: &ImageFacts, inventory: Option<&Inventory>) -> Vec<String> {
    let mut by_program: BTreeMap<&str, Vec<&plimsoll_evidence::FileEntry>> = BTreeMap::new();
    for file in image.tree.files.iter().filter(|f| f.kind == FileKind::Regular && f.mode & 0o111 != 0) {
        by_program.entry(file.name()).or_default().push(file);
    }
    let mut names = Vec::new();
    for tool in TOOLS {
        let mut files: BTreeMap<&str, (&plimsoll_evidence::FileEntry, &str)> = BTreeMap::new();
        for elf in &image.elfs {
            if elf.identities.iter().any(|i| tool.identities.contains(&i.as_str()))
                && let Some(file) = image.tree.find(&elf.path).map(|id| image.tree.file(id))
            {
                files.insert(&file.path, (file, "by its bytes"));
            }
        }
        for program in tool.programs {
            for file in by_program.get(program).into_iter().flatten().filter(|f| is_program(f)) {
                files.entry(&file.path).or_insert((file, "by its name"));
            }
        }
        let packages: Vec<_> = inventory
            .into_iter()
            .flat_map(|i| &i.packages)
            .filter(|p| p.ecosystem.is_system() && tool.packages.contains(&p.name.as_str()))
            .collect();
        if files.is_empty() && packages.is_empty() {
            continue;
        }
        names.push(tool.name.to_owned());
        let package_names: Vec<String> = packages.iter().map(|p| format!("{} {}", p.name, p.version)).collect();
        let paths: Vec<String> = files.values().map(|(file, how)| format!("{} ({how})", file.absolute())).collect();
        let mut says = tool.name.to_owned();
        if !package_names.is_empty() {
            says = format!("{says}, package {}", list(&package_names, 3));
        }
        if !paths.is_empty() {
            says = format!("{says}: {}", list(&paths, 3));
        }
        let draft = case.find(tool.kind.rule()).about(tool.name).says(format!("{says}."));
        match (files.values().next(), packages.first()) {
            (Some((file, _)), _) => draft.in_file(file).add(),
            (None, Some(package)) => draft.in_layer(package.layer, &package.recorded_in, None, None).add(),
            (None, None) => draft.add(),
        }
    }
    names
}

/// A program lies where programs lie: a completion or a service file of the same name is none.
fn is_program(file: &plimsoll_evidence::FileEntry) -> bool {
    !["completions", "completion", "init.d", "pam.d", "default", "doc", "ufw", "methods"]
        .iter()
        .any(|dir| file.parent().split('/').any(|part| part == *dir))
}

/// The port of remote access in `22/tcp` or `20-30`, and whose it is.
fn remote_port(exposed: &str) -> Option<&'static (u16, &'static str)> {
    let number = exposed.split('/').next().unwrap_or_default();
    let (first, last) = number.split_once('-').unwrap_or((number, number));
    let (Ok(first), Ok(last)) = (first.parse::<u16>(), last.parse::<u16>()) else { return None };
    PORTS.iter().find(|(port, _)| (first..=last).contains(port))
}

fn ports(case: &mut Case<'_>, image: &ImageFacts) {
    for exposed in &image.config.exposed_ports {
        if let Some((port, what)) = remote_port(exposed) {
            case.find(&PORT)
                .says(format!("The image exposes {exposed}: {port} is the port of {what}."))
                .in_config(format!("ExposedPorts[{exposed}]"))
                .add();
        }
    }
}

fn started(case: &mut Case<'_>, image: &ImageFacts) {
    let runs = runs(image);
    let mut seen = BTreeSet::new();
    for (run, command) in commands(&runs) {
        for name in command.programs() {
            let tool = TOOLS.iter().find(|t| matches!(t.kind, Server | Tunnel) && t.programs.contains(&name));
            let (Some(tool), true) = (tool, seen.insert((run.name(), name.to_owned()))) else { continue };
            let draft = case.find(&STARTED).about(name).says(format!(
                "{} starts {} ({:?}) {}.",
                run.name(),
                tool.name,
                command.shown(),
                run.when.words()
            ));
            match run.place {
                crate::running::Place::Config(field) => draft.in_config(field).add(),
                crate::running::Place::File(file) => draft.in_line(file, command.line).add(),
            }
        }
    }
}

fn deleted(case: &mut Case<'_>, image: &ImageFacts) {
    for gone in image.tree.deleted.iter().filter(|d| !d.replaced && d.entry.is_executable() && is_program(&d.entry)) {
        let name = gone.entry.name();
        if let Some(tool) = TOOLS.iter().find(|t| t.kind != Client && t.programs.contains(&name)) {
            case.find(&DELETED)
                .says(format!("{} ({}) is deleted by layer {} and still ships.", gone.entry.absolute(), tool.name, gone.by_layer))
                .in_file(&gone.entry)
                .add();
        }
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::{Ecosystem, Link};

    use super::*;
    use crate::testkit::{Kit, elf};

    #[test]
    fn cases() {
        let identified = |path: &str, identity: &str| {
            let mut facts = elf(path);
            facts.identities.push(identity.to_owned());
            Kit::new().elf(facts)
        };
        let cases = [
            (Kit::new(), "pass"),
            (Kit::new().file("usr/sbin/sshd", 0o755), "fail: high server"),
            (Kit::new().file("etc/default/sshd", 0o755), "pass"),
            (Kit::new().file("usr/sbin/sshd", 0o644), "pass"),
            (Kit::new().file("usr/lib/apt/methods/rsh", 0o755), "pass"),
            (identified("opt/x", "dropbear"), "fail: high server"),
            (
                Kit::new().package(Ecosystem::Dpkg, "openssh-server", "1", &["usr/sbin/sshd"]).file("usr/sbin/sshd", 0o755),
                "fail: high server",
            ),
            (Kit::new().package(Ecosystem::Python, "telnet", "1", &[]), "pass"),
            (Kit::new().file("usr/bin/ssh", 0o755), "fail: low client"),
            (Kit::new().file("bin/ncat", 0o755), "fail: medium netcat"),
            (Kit::new().port("22/tcp"), "fail: medium port"),
            (Kit::new().port("20-30/tcp"), "fail: medium port"),
            (Kit::new().port("8080/tcp").port("99999/tcp").port("ssh"), "pass"),
            (Kit::new().cmd(&["/usr/sbin/sshd", "-D"]), "fail: critical started"),
            (
                Kit::new().entrypoint(&["/e.sh"]).script("e.sh", "#!/bin/sh\nngrok http 80 &\nexec app\n").reach("e.sh", Link::Entrypoint),
                "fail: critical started",
            ),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
        let gone = Kit::new().deleted("usr/sbin/sshd", 10).with(|i| i.tree.deleted[0].entry.mode = 0o755).layer("RUN rm /usr/sbin/sshd");
        assert_eq!(gone.outcome(&ITEM), "pass: info deleted-later");
    }
}
