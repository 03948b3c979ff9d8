//! Build files and the facts that are read of them.

use std::fs;

use plimsoll_evidence::{Base, Build, Deed, Does, Instruction, Says, SourceText};
use plimsoll_project::build::{Input, read};
use plimsoll_project::{KeepAll, Sources};

fn built(files: &[(&str, &str)]) -> (Build, Vec<SourceText>) {
    let Ok(dir) = write(files) else { return Default::default() };
    let mut sources = Sources::new(&KeepAll);
    let build = read(&mut sources, &[Input::new(dir.path().join(files[0].0), files[0].0)], None);
    let (texts, _) = sources.finish();
    (build, texts)
}

fn write(files: &[(&str, &str)]) -> std::io::Result<tempfile::TempDir> {
    let dir = tempfile::tempdir()?;
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(dir.path()))?;
        fs::write(path, text)?;
    }
    Ok(dir)
}

fn facts(text: &str) -> Build {
    built(&[("Containerfile", text)]).0
}

fn deeds(build: &Build) -> Vec<&Deed> {
    let all = build.files.iter().flat_map(|f| &f.stages).flat_map(|s| &s.instructions);
    all.flat_map(|i: &Instruction| match &i.says {
        Says::Run(run) => run.deeds.as_slice(),
        Says::Start(start) => start.deeds.as_slice(),
        _ => &[],
    })
    .collect()
}

fn shown(deed: &Deed) -> String {
    let maybe = if deed.maybe { "?" } else { "" };
    let text = match &deed.does {
        Does::Install(i) => {
            let packages: Vec<String> =
                i.packages.iter().map(|p| format!("{}{}", p.value.name, if p.value.pinned { "!" } else { "" })).collect();
            let marks: String = [
                (i.locked, " locked"),
                (i.local, " local"),
                (i.no_recommends, " bare"),
                (i.no_cache, " uncached"),
                (i.removed, " removed"),
            ]
            .iter()
            .filter_map(|(is, mark)| is.then_some(*mark))
            .collect();
            format!("{} {}{}{marks}", i.manager, packages.join(" "), i.lists.iter().flat_map(|l| ["<", l, ">"]).collect::<String>())
        }
        Does::Upgrade { manager } => format!("upgrade {manager}"),
        Does::Download(d) => format!(
            "{} {}{}{}{}",
            d.with,
            d.url.value,
            d.to.as_ref().map(|t| format!(" > {t}")).unwrap_or_default(),
            d.piped_into.as_ref().map(|p| format!(" | {p}")).unwrap_or_default(),
            d.verified.as_ref().map(|v| format!(" ({v})")).unwrap_or_default()
        ),
        Does::Clone(c) => format!("clone {} {}{}", c.url.value, c.reference.as_deref().unwrap_or("-"), if c.pinned { "!" } else { "" }),
        Does::Verify { with, weak } => format!("verify {with}{}", if *weak { " weak" } else { "" }),
        Does::Unchecked { option } => format!("unchecked {}", option.value),
        Does::RunsDownload { url } => format!("runs {}", url.as_deref().unwrap_or("?")),
        Does::Clean { what } => format!("clean {what}"),
        Does::UncheckedVariable { name, value } => format!("unchecked {name}={value}"),
        Does::Account { name, uid, .. } => {
            format!("account {} {}", name.as_deref().unwrap_or("?"), uid.map_or("-".to_owned(), |u| u.to_string()))
        }
        Does::Access { with, sets, paths } => format!("{with} {sets} {}", paths.join(" ")),
        Does::LogLink { path } => format!("log {path}"),
        Does::Sudo => "sudo".to_owned(),
        Does::Remote { program } => format!("remote {program}"),
    };
    format!("{maybe}{text}")
}

#[test]
fn what_steps_do() {
    let cases: &[(&str, &[&str])] = &[
        (
            "RUN apt-get update && apt-get install -y --no-install-recommends -t stable curl=7.1-2 git && rm -rf /var/lib/apt/lists/*",
            &["apt-get curl! git bare", "clean /var/lib/apt/lists/*"],
        ),
        ("RUN apt-get -o Acquire::Retries=3 -y install a ./b.deb && apt-get purge -y a", &["apt-get a ./b.deb!"]),
        ("RUN apt-get upgrade -y; dnf -y update; apk upgrade --no-cache", &["upgrade apt-get", "upgrade dnf", "upgrade apk"]),
        (
            "RUN apk add --no-cache --virtual .build gcc musl-dev=1.2.4-r2 && make && apk del .build",
            &["apk gcc musl-dev! uncached removed"],
        ),
        ("RUN apk add --no-cache \\\n    bash \\\n    # a remark\n    curl~8.5", &["apk bash curl! uncached"]),
        ("RUN for p in a b; do apt-get install -y $p; done", &["apt-get a b"]),
        ("RUN i() { apt-get install -y \"$@\"; }; i a b", &["apt-get a b"]),
        ("ENV P=\"a b=1\"\nRUN apt-get install -y $P \"$P\"", &["apt-get a b! a b!"]),
        ("ARG P\nRUN apt-get install -y $P", &["apt-get !"]),
        ("RUN <<EOF\nset -e\napt-get install -y x\npip install y==1\nEOF", &["apt-get x", "pip y!"]),
        ("RUN bash -e <<EOF\napt-get install -y x\nEOF", &["apt-get x"]),
        ("RUN [\"apt-get\", \"install\", \"-y\", \"x\"]", &["apt-get x"]),
        ("RUN [\"bash\", \"-c\", \"apt-get install -y x && pip install y\"]", &["apt-get x", "pip y"]),
        ("RUN if [ -n \"$X\" ]; then apt-get install -y x; fi", &["?apt-get x"]),
        ("RUN sudo apt-get install -y x", &["sudo", "apt-get x"]),
        (
            "RUN pip install --no-cache-dir -r requirements.txt flask==1 'requests>=2' && python3 -m pip install --require-hashes -r r.txt",
            &["pip flask! requests<requirements.txt> uncached", "pip <r.txt> locked"],
        ),
        (
            "RUN pip install --no-index --find-links /w x && uv pip install y && uv sync --frozen",
            &["pip x local", "uv y", "uv <uv.lock> locked"],
        ),
        (
            "RUN npm ci && npm install && npm i -g yarn@1.22.19 @s/x && yarn install --frozen-lockfile && pnpm add z",
            &["npm <package-lock.json> locked", "npm <package.json>", "npm yarn! @s/x", "yarn <yarn.lock> locked", "pnpm z"],
        ),
        ("RUN gem install bundler -v 2.4.1 rails && bundle install", &["gem bundler! rails!", "bundle <Gemfile.lock>"]),
        ("RUN go install x.test/y@latest && go mod download && go build ./...", &["go x.test/y", "go <go.sum> locked"]),
        ("RUN cargo install --locked ripgrep --version 14.1.0 && cargo build", &["cargo ripgrep! locked"]),
        ("RUN composer install --no-dev && composer require a/b:^1", &["composer <composer.lock> locked", "composer a/b"]),
        ("RUN yum install -y httpd-2.4.6-93.el7 @dev x.rpm && yum clean all", &["yum httpd! @dev x.rpm!", "clean yum"]),
        ("RUN conda install -c conda-forge numpy=1.26 scipy", &["conda numpy! scipy"]),
        (
            "RUN curl -fsSLO https://x.test/a-1.2.tgz && echo \"aa  a-1.2.tgz\" | sha256sum -c - && wget -q https://x.test/b.zip",
            &["curl https://x.test/a-1.2.tgz > a-1.2.tgz (sha256sum)", "verify sha256sum", "wget https://x.test/b.zip > b.zip"],
        ),
        (
            "RUN wget -O /t/x.tgz \"https://x.test/x\" && wget -O sums https://x.test/SHA256SUMS && sha256sum -c sums",
            &["wget https://x.test/x > /t/x.tgz (sha256sum)", "wget https://x.test/SHA256SUMS > sums (sha256sum)", "verify sha256sum"],
        ),
        ("ARG V=1\nRUN curl -L https://x.test/$V/y | tar xz", &["curl https://x.test/1/y | tar"]),
        ("RUN curl -sSL https://x.test/i.sh | sudo -E bash -s -- --yes", &["runs https://x.test/i.sh", "sudo"]),
        ("RUN bash -c \"$(curl -fsSL https://x.test/i.sh)\"", &["curl https://x.test/i.sh", "runs https://x.test/i.sh"]),
        ("RUN wget -qO- https://x.test/k | gpg --dearmor > /k", &["wget https://x.test/k | gpg"]),
        ("RUN curl -s https://x.test/v | python3 -c 'import json'", &["curl https://x.test/v | python3"]),
        (
            "RUN curl -k https://x.test/a -o b && echo 'aa b' | sha1sum -c",
            &["unchecked -k", "curl https://x.test/a > b (sha1sum)", "verify sha1sum weak"],
        ),
        (
            "RUN NODE_TLS_REJECT_UNAUTHORIZED=0 npm ci && export GOSUMDB=off",
            &["npm <package-lock.json> locked", "unchecked NODE_TLS_REJECT_UNAUTHORIZED=0", "unchecked GOSUMDB=off"],
        ),
        ("RUN curl -f http://localhost/health", &[]),
        ("RUN echo 'curl https://x.test | sh' > /doc && cat <<E\napt-get install y\nE", &[]),
        (
            "RUN git clone --depth 1 -b v1 https://x.test/y && git clone https://x.test/z && cd z && git checkout 0123456789abcdef0123456789abcdef01234567",
            &[
                "clone https://x.test/y 0123456789abcdef0123456789abcdef01234567!",
                "clone https://x.test/z 0123456789abcdef0123456789abcdef01234567!",
            ],
        ),
        ("RUN git clone -b main https://x.test/y", &["clone https://x.test/y main"]),
        (
            "RUN useradd -r -u 1001 -g app app && adduser -D -u 10001 web && chmod 777 /d && setcap cap_net_raw+ep /p && ln -sf /dev/stdout /var/log/x",
            &["account app 1001", "account web 10001", "chmod 777 /d", "setcap cap_net_raw+ep /p", "log /var/log/x"],
        ),
        ("CMD npm install && npm start", &["npm <package.json>"]),
        ("ENTRYPOINT [\"/usr/sbin/sshd\", \"-D\"]", &["remote sshd"]),
        ("SHELL [\"powershell\", \"-Command\"]\nRUN apt-get install x", &[]),
        ("RUN <<EOF\n#!/usr/bin/env python3\nimport os\nEOF", &[]),
    ];
    let mut wrong = Vec::new();
    for (text, wanted) in cases {
        let build = facts(&format!("FROM a\n{text}\n"));
        let found: Vec<String> = deeds(&build).into_iter().map(shown).collect();
        if found != *wanted {
            wrong.push(format!("{text}\n  found  {found:?}\n  wanted {wanted:?}"));
        }
        assert!(build.problems.is_empty(), "{:?}", build.problems);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_read_is_said() {
    let unread = |text: &str| {
        let build = facts(text);
        let Says::Run(run) = build.files[0].stages[0].instructions.last().unwrap().says.clone() else { panic!() };
        run.unread
    };
    assert_eq!(unread("FROM a\nSHELL [\"pwsh\", \"-c\"]\nRUN x\n").as_deref(), Some("SHELL makes it a script for pwsh"));
    assert_eq!(unread("FROM a\nRUN <<E\n#!/usr/bin/python3\nE\n").as_deref(), Some("it is a program for python3"));
    assert_eq!(unread("# escape=`\nFROM a\nRUN x\n").as_deref(), Some("it is written for the shell of Windows"));
    assert!(unread("FROM a\nRUN echo 'x\n").is_some());
    assert_eq!(unread("FROM a\nRUN x\n"), None);
    let build = facts("FROM a\nRUM x\nFROM b AS c\nCOPY --from=9 a b\n");
    let said: Vec<&str> = build.problems.iter().map(|p| p.message.as_str()).collect();
    assert_eq!(
        said,
        ["Containerfile:2:1: there is no instruction `RUM`; did you mean RUN?", "Containerfile:4:13: there is no stage number 9"]
    );
    assert!(build.problems.iter().all(|p| p.hides));
}

#[test]
fn places_are_those_of_the_words() {
    let text = "FROM a\nRUN apt-get update && \\\n    # remark\n    apt-get install -y \\\n      é curl=1 \\\n      wget\n";
    let (build, _) = built(&[("Containerfile", text)]);
    let found = deeds(&build);
    let Does::Install(install) = &found[0].does else { panic!() };
    let places: Vec<(u32, u32, u32)> = install.packages.iter().map(|p| (p.place.line, p.place.column, p.place.width)).collect();
    assert_eq!(places, [(5, 7, 1), (5, 9, 6), (6, 7, 4)]);
    assert_eq!((found[0].place.line, found[0].place.column), (4, 5));
}

#[test]
fn stages_bases_and_configuration() {
    let text = "# syntax=docker/dockerfile:1 x=y\nARG T=1\nFROM golang:$T AS Build\nUSER 5\nFROM --platform=$BUILDPLATFORM build AS mid\nFROM scratch AS unused\nFROM mid\nCOPY --from=build /a /b\nCOPY --from=nginx:1 /c /d\nRUN --mount=type=secret,id=s --mount=from=busybox,target=/x --network=none y\nENV A=1 \"B\"='2'\nENV A=3\nEXPOSE 80 443/udp\nUSER $A\nHEALTHCHECK --interval=5s --retries=2 CMD [\"/h\"]\nONBUILD RUN z\n";
    let build = facts(text);
    let file = &build.files[0];
    assert_eq!(file.syntax.as_ref().map(|s| s.value.as_str()), Some("docker/dockerfile:1"));
    assert_eq!(file.stages.iter().map(|s| s.needed).collect::<Vec<_>>(), [true, true, false, true]);
    assert!(matches!(&file.stages[0].base, Base::Image(name) if name.known() == Some("golang:1")));
    assert_eq!(file.stages[3].base, Base::Stage(1));
    assert_eq!((file.line().len(), file.is_in_line(0), file.is_in_line(2)), (3, true, false));
    assert!(matches!(file.base(), Some((from, Base::Image(_))) if from.value == "golang:$T"));
    let froms: Vec<&Base> = file
        .own()
        .filter_map(|i| match &i.says {
            Says::Copy(t) => t.from.as_ref().map(|(_, b)| b),
            _ => None,
        })
        .collect();
    assert!(matches!(froms[..], [Base::Stage(0), Base::Image(name)] if name.text == "nginx:1"));
    let Says::Run(run) = &file.last("RUN").unwrap().says else { panic!() };
    assert_eq!((run.mounts.len(), run.network.as_deref(), run.user.as_deref()), (2, Some("none"), Some("5")));
    let environment: Vec<(&str, &str)> =
        file.environment().into_iter().map(|(n, s)| (n, s.value.as_ref().unwrap().value.text.as_str())).collect();
    assert_eq!(environment, [("A", "3"), ("B", "2")]);
    let Says::Word(user) = &file.last("USER").unwrap().says else { panic!() };
    assert_eq!(user.value.known(), Some("3"));
    let Says::Probe(Some(probe)) = &file.last("HEALTHCHECK").unwrap().says else { panic!() };
    assert_eq!((probe.interval, probe.retries, probe.command.words.as_slice()), (5_000_000_000, 2, &["/h".to_owned()][..]));
    assert!(file.stages[3].instructions.last().unwrap().on_build);
}

#[test]
fn credentials_written_out_are_concealed_everywhere() {
    let text = "FROM a\nARG TOKEN\nARG NPM_TOKEN=s3cretvalue KEEP=s\nENV DB_PASSWORD 'hunter two' \nENV PASSWORD_FILE=/run/x GPG_KEY=AA\nRUN login -p $NPM_TOKEN && curl https://u:$NPM_TOKEN@x.test/y -o y\n";
    let (build, sources) = built(&[("Containerfile", text)]);
    let all = format!("{build:?}{sources:?}");
    assert!(!all.contains("s3cretvalue") && !all.contains("hunter"), "{all}");
    assert_eq!(sources[0].text.chars().count(), text.chars().count());
    let settings: Vec<(&str, bool, bool)> = build.files[0]
        .own()
        .filter_map(|i| match &i.says {
            Says::Settings(s) => Some(s),
            _ => None,
        })
        .flatten()
        .map(|s| (s.name.value.as_str(), s.secret_name, s.credential))
        .collect();
    assert_eq!(
        settings,
        [
            ("TOKEN", true, false),
            ("NPM_TOKEN", true, true),
            ("KEEP", false, false),
            ("DB_PASSWORD", true, true),
            ("PASSWORD_FILE", false, false),
            ("GPG_KEY", false, false)
        ]
    );
}

#[test]
fn the_context_is_asked_for_what_a_copy_brings() {
    let files = [
        ("app/Containerfile", "FROM a\nCOPY . /app\nCOPY id_rsa /k\nCOPY --from=b .env /\n"),
        ("app/.dockerignore", "**/*.key\n!keep.key\n"),
        ("app/.env", "x"),
        ("app/sub/.env.production", "x"),
        ("app/.env.example", "x"),
        ("app/a.key", "x"),
        ("app/keep.key", "x"),
        ("app/ca.pem", "x"),
    ];
    let (build, _) = built(&files);
    let exposed: Vec<(&str, u32)> = build.files[0].exposed.iter().map(|e| (e.value.as_str(), e.place.line)).collect();
    assert_eq!(exposed, [(".env", 2), ("id_rsa", 3), ("keep.key", 2), ("sub/.env.production", 2)]);
}

#[test]
fn a_start_script_of_the_context_is_read() {
    let files = [
        ("app/Containerfile", "FROM a\nCOPY docker/entry.sh /usr/local/bin/\nENTRYPOINT [\"/usr/local/bin/entry.sh\"]\nCMD [\"x\"]\n"),
        ("app/docker/entry.sh", "#!/bin/sh\nset -e\npip install x\nexec \"$@\"\n"),
    ];
    let (build, sources) = built(&files);
    let found = deeds(&build);
    assert_eq!(shown(found[0]), "pip x");
    assert_eq!((found[0].place.line, sources[found[0].place.source as usize].name.as_str()), (3, "app/docker/entry.sh"));
    // What lies outside the context is not read.
    let (build, _) =
        built(&[("app/Containerfile", "FROM a\nCOPY ../entry.sh /e.sh\nENTRYPOINT /e.sh\n"), ("entry.sh", "#!/bin/sh\npip install x\n")]);
    assert!(deeds(&build).is_empty());
}

/// What is done, and the scripts that were not read, of all instructions.
fn done(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let (build, _) = built(files);
    let unread = build.files.iter().flat_map(|f| &f.stages).flat_map(|s| &s.instructions).flat_map(|i| match &i.says {
        Says::Run(run) => run.unread_scripts.as_slice(),
        Says::Start(start) => start.unread_scripts.as_slice(),
        _ => &[],
    });
    (deeds(&build).into_iter().map(shown).collect(), unread.map(|s| s.path.value.clone()).collect())
}

#[test]
fn scripts_that_steps_run_are_read() {
    let script = ("files/build.sh", "#!/bin/bash\napt-get install -y x\n");
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("ADD files /\nRUN clean-install bash && /build.sh && rm /build.sh", &["apt-get x"], &[]),
        ("COPY files/*.sh /\nRUN bash -e /build.sh", &["apt-get x"], &[]),
        ("WORKDIR /w\nCOPY . .\nRUN ./files/build.sh", &["apt-get x"], &[]),
        ("WORKDIR w\nCOPY files/build.sh ./b\nWORKDIR sub\nRUN [\"../b\"]", &["apt-get x"], &[]),
        ("COPY . /src\nRUN . /src/outer.sh", &["apt-get x", "pip y"], &[]),
        ("COPY files /f/\nFROM b\nCOPY --from=0 /f /g\nRUN /g/build.sh", &["apt-get x"], &[]),
        ("COPY gone/build.sh /\nRUN /build.sh", &[], &["/build.sh"]),
        ("COPY files/tool.py /usr/bin/\nRUN /usr/bin/tool.py", &[], &["/usr/bin/tool.py"]),
        ("COPY files /\nRUN /other.sh && /bin/true", &[], &[]),
        ("RUN /build.sh\nCOPY files /", &[], &[]),
        ("COPY --from=x files /\nRUN /build.sh", &[], &[]),
        ("COPY files /\nRUN bash -c /build.sh && sh /loop.sh", &["apt-get x", "pip z"], &[]),
    ];
    for (text, wanted, unread) in cases {
        let file = format!("FROM a\n{text}\n");
        let files = [
            ("Containerfile", file.as_str()),
            script,
            ("outer.sh", "#!/bin/sh\npip install y\nbash /src/files/build.sh\n"),
            ("files/tool.py", "#!/usr/bin/env python3\n"),
            ("files/loop.sh", "#!/bin/sh\npip install z\n/loop.sh\n"),
        ];
        let (mut found, left) = done(&files);
        found.sort();
        assert_eq!((found.as_slice(), left.as_slice()), (&wanted.map_owned()[..], &unread.map_owned()[..]), "{text}");
    }
}

#[test]
fn requirement_files_of_the_context_are_read() {
    let cases = [
        ("flask\nredis==5.0  # why\n# x\nx[y]>=1 ; python_version > '3'\n", "pip flask redis! x"),
        ("flask==1 \\\n  --hash=sha256:aa\n", "pip flask! locked"),
        ("flask==1.*\n--index-url https://x.test\n", "pip flask"),
        ("-r other.txt\n", "pip <requirements.txt>"),
    ];
    for (text, wanted) in cases {
        let file = "FROM a\nWORKDIR /w\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n";
        assert_eq!(done(&[("Containerfile", file), ("requirements.txt", text)]).0, [wanted], "{text}");
    }
}

trait MapOwned {
    fn map_owned(&self) -> Vec<String>;
}

impl MapOwned for &[&str] {
    fn map_owned(&self) -> Vec<String> {
        self.iter().map(|s| (*s).to_owned()).collect()
    }
}

#[test]
fn the_context_is_where_the_copied_files_are() {
    let entry = "#!/bin/sh\npip install x\n";
    let file = |copy: &str| format!("FROM a\nCOPY {copy} /\nCMD [\"/start.sh\"]\n");
    let cases: &[(&str, &str, &[&str], &[&str])] = &[
        ("docker/Containerfile", "docker/start.sh docker/other.sh", &["pip x"], &[]),
        ("docker/Containerfile", "docker/*.sh", &["pip x"], &[]),
        ("docker/Containerfile", "*.sh", &["pip x"], &[]),
        ("docker/deep/Containerfile", "docker/start.sh", &["pip x"], &[]),
        ("docker/deep/er/Containerfile", "docker/start.sh", &[], &["/start.sh"]),
        ("docker/Containerfile", "nowhere.sh", &[], &["/start.sh"]),
        ("docker/Containerfile", "a/start.sh", &[], &["/start.sh"]),
    ];
    for (path, copy, wanted, unread) in cases {
        let text = file(copy);
        let (found, left) = done(&[(path, &text), (".git/HEAD", ""), ("docker/start.sh", entry), ("docker/other.sh", "x")]);
        assert_eq!((found, left), (wanted.map_owned(), unread.map_owned()), "{path}: {copy}");
    }
    // Above the repository nothing is asked.
    let text = file("start.sh");
    let (found, left) = done(&[("repo/Containerfile", &text), ("repo/.git/HEAD", ""), ("start.sh", entry)]);
    assert_eq!((found.len(), left), (0, vec!["/start.sh".to_owned()]));
    // The ignore file of that folder holds, its files are named from there, and what was taken is said.
    let (build, sources) = built(&[
        ("docker/Containerfile", "FROM a\nCOPY docker/start.sh /\nCOPY . /app\nCMD /start.sh\n"),
        (".git/HEAD", ""),
        (".dockerignore", ".env\n"),
        (".env", "x"),
        ("id_rsa", "x"),
        ("docker/start.sh", entry),
    ]);
    assert_eq!(build.files[0].exposed.iter().map(|e| e.value.as_str()).collect::<Vec<_>>(), ["id_rsa"]);
    assert_eq!(sources[1].name, "docker/start.sh");
    assert!(build.problems.iter().all(|p| !p.hides && p.message.contains("--context")) && build.problems.len() == 1);
}

#[test]
fn settings_count_as_credentials_where_they_hold_one() {
    let cases = [
        (".npmrc", "legacy-peer-deps=true\nmin-release-age=14\n", false),
        (".npmrc", "//registry.npmjs.org/:_authToken=npm_x\n", true),
        (".npmrc", "//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n", false),
        (".npmrc", "# _auth=x\nregistry=https://u:p@x.test/\n", true),
        ("pip.conf", "[global]\nindex-url = https://pypi.test/simple\n", false),
        ("pip.conf", "[global]\nextra-index-url = https://u:p@pypi.test/simple\n", true),
        (".netrc", "machine x.test login u\n", false),
        (".netrc", "machine x.test\nlogin u\npassword p\n", true),
        (".pypirc", "[pypi]\nusername = __token__\npassword = x\n", true),
        (".env", "", true),
    ];
    for (name, text, wanted) in cases {
        for copy in [name, "."] {
            let file = format!("FROM a\nCOPY {copy} /x/\n");
            let (build, _) = built(&[("Containerfile", &file), (name, text)]);
            assert_eq!(build.files[0].exposed.len(), usize::from(wanted), "COPY {copy}: {name}: {text}");
        }
    }
    let (build, _) = built(&[("Containerfile", "FROM a\nCOPY .npmrc pip.conf /x/\n")]);
    assert_eq!(build.files[0].exposed.iter().map(|e| e.value.as_str()).collect::<Vec<_>>(), [".npmrc"]);
}

#[test]
fn bad_input_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let big = dir.path().join("big");
    fs::File::create(&big).unwrap().set_len(2 << 30).unwrap();
    let long = dir.path().join("long");
    fs::write(&long, format!("FROM a\nRUN {}\nUSER x\n", "y".repeat(10 << 20))).unwrap();
    let mut sources = Sources::new(&KeepAll);
    let build = read(&mut sources, &[Input::new(&big, "big"), Input::new(&long, "long"), Input::new(dir.path().join("no"), "no")], None);
    assert_eq!(build.files.len(), 1);
    assert!(build.files[0].last("USER").is_some());
    let said: Vec<&str> = build.problems.iter().map(|p| p.message.split(':').next().unwrap()).collect();
    assert_eq!(said, ["big was not read", "long", "no cannot be read"]);
}

#[test]
fn bake_files_name_build_files() {
    let hcl = "variable \"V\" { default = \"1.2\" }\nvariable \"W\" {}\ngroup \"default\" { targets = [\"app\", \"out\", \"git\"] }\ntarget \"_base\" { args = { A = \"x\", B = \"${W}\" } }\ntarget \"app\" {\n  inherits = [\"_base\"]\n  context = \"app\"\n  dockerfile = \"Containerfile\"\n  target = \"one\"\n  args = { V = V, C = \"v${V}\" }\n}\ntarget \"out\" { context = \"..\" }\ntarget \"git\" { context = \"https://x.test/y.git\" }\ntarget \"unused\" {}\n";
    let json = "{\"target\":{\"app\":{\"context\":\"./app\",\"dockerfile\":\"Containerfile\",\"target\":\"one\",\"args\":{\"V\":\"1.2\",\"C\":\"v${X}\",\"A\":\"x\",\"B\":\"${Y}\"}}},\"variable\":{\"X\":{\"default\":\"1.2\"}}}";
    let file = "ARG V\nARG C\nARG B=old\nFROM a:$V-$C-$B AS one\nFROM b\n";
    for (name, text, problems) in [("docker-bake.hcl", hcl, 2), ("docker-bake.json", json, 0)] {
        let (build, sources) = built(&[(name, text), ("app/Containerfile", file)]);
        assert_eq!(build.files.len(), 1, "{:?}", build.problems);
        assert_eq!(build.files[0].target, 0);
        assert!(
            matches!(&build.files[0].stages[0].base, Base::Image(image) if image.text == "a:1.2-v1.2-$B" && image.unknown == ["B"]),
            "{:?}",
            build.files
        );
        assert_eq!(sources[build.files[0].source as usize].name, "app/Containerfile");
        assert_eq!(build.problems.len(), problems, "{:?}", build.problems);
    }
    let (build, _) = built(&[("docker-bake.hcl", "target \"x\" {\n  a = \n}\n")]);
    assert!(build.problems[0].message.starts_with("docker-bake.hcl: line 2, column"), "{:?}", build.problems);
    let (build, _) = built(&[("docker-bake.hcl", &format!("a = {}", "[".repeat(100_000)))]);
    assert_eq!(build.problems.len(), 1);
}

/// The bases of the build files of a bake file, in the order of its targets.
fn bases(name: &str, text: &str) -> Vec<String> {
    let (build, _) = built(&[(name, text), ("Dockerfile", "ARG V=none\nFROM a:$V\n"), ("b/Dockerfile", "FROM b\n")]);
    let base = |base: &Base| match base {
        Base::Image(image) => image.known().map_or_else(|| format!("{}?", image.text), str::to_owned),
        other => format!("{other:?}"),
    };
    build.files.iter().map(|f| base(&f.stages[0].base)).chain(build.problems.iter().map(|p| p.message.clone())).collect()
}

#[test]
fn bake_computes_what_needs_no_build() {
    let args = |expression: &str| format!("target \"default\" {{ args = {{ V = {expression} }} }}\n");
    for (before, expression, wanted) in [
        ("variable \"X\" { default = \"1\" }", "\"${X}.2\"", "a:1.2"),
        ("variable \"X\" { default = Y }\nvariable \"Y\" { default = \"2\" }", "X", "a:2"),
        ("variable \"X\" { default = \"\" }", "equal(X, \"\") ? \"empty\" : X", "a:empty"),
        ("", "notequal(\"a\", \"b\") && true ? upper(\"x\") : lower(\"Y\")", "a:X"),
        ("", "join(\"-\", concat([\"a\"], split(\".\", \"b.c\")))", "a:a-b-c"),
        ("", "coalesce(null, \"\", trimprefix(\"v3\", \"v\"))", "a:3"),
        ("", "replace(\"a/b\", \"/\", \"_\")", "a:a_b"),
        ("", "{ x = [\"p\", \"q\"] }.x[1]", "a:q"),
        ("function \"tag\" {\n  params = [v]\n  result = \"t${v}\"\n}", "tag(\"9\")", "a:t9"),
        ("", "timestamp()", "a:$V?"),
        ("", "regex_replace(\"a\", \"a\", \"b\")", "a:$V?"),
        ("variable \"X\" {}", "X", "a:$V?"),
        ("function \"f\" {\n  params = [v]\n  result = \"${f(v)}${f(v)}\"\n}", "f(\"9\")", "a:$V?"),
    ] {
        assert_eq!(bases("docker-bake.hcl", &format!("{before}\n{}", args(expression))), [wanted], "{before} {expression}");
    }
    let json = r#"{"variable": {"X": {"default": "1"}}, "function": {"t": {"params": ["${v}"], "result": "${upper(v)}"}}, "target": {"default": {"args": {"V": "${t("x")}${X}"}}}}"#;
    assert_eq!(bases("docker-bake.json", &json.replace("t(\"x\")", "t(\\\"x\\\")")), ["a:X1"]);
    // A variable that doubles the one before it is not followed to the end of memory.
    let doubling =
        (0..60).map(|n| format!("variable \"v{}\" {{ default = \"${{v{n}}}${{v{n}}}\" }}\n", n + 1)).collect::<Vec<_>>().concat();
    let text = format!("variable \"v0\" {{ default = \"xxxxxxxx\" }}\n{doubling}{}", args("v60"));
    assert_eq!(bases("docker-bake.hcl", &text), ["a:$V?"]);
}

#[test]
fn a_matrix_is_its_targets() {
    let text = "group \"default\" { targets = [\"app\"] }\ntarget \"app\" {\n  name = \"app-${v.n}-${b}\"\n  matrix = {\n    v = [{ n = \"1\" }, { n = \"2\" }]\n    b = [\"x\", \"y\"]\n  }\n  args = { V = \"${v.n}${b}\" }\n}\n";
    assert_eq!(bases("docker-bake.hcl", text), ["a:1x", "a:1y", "a:2x", "a:2y"]);
    assert_eq!(bases("docker-bake.hcl", &text.replace("targets = [\"app\"]", "targets = [\"app-2-y\"]")), ["a:2y"]);
    let wide = ('a'..='p').map(|c| format!("    {c} = [\"1\", \"2\", \"3\", \"4\"]\n")).collect::<Vec<_>>().concat();
    let text =
        format!("target \"app\" {{\n  name = \"app-${{a}}${{p}}\"\n  matrix = {{\n{wide}  }}\n  args = {{ V = \"${{a}}${{p}}\" }}\n}}\n");
    assert!(bases("docker-bake.hcl", &text).len() <= 500);
}

#[test]
fn bake_writes_build_files_and_links_targets() {
    let text = "target \"default\" {\n  contexts = {\n    base = \"target:b\"\n    tool = \"docker-image://tool:1\"\n  }\n  dockerfile-inline = <<EOT\nFROM base\nCOPY --from=tool x /\n  USER 0\nEOT\n}\ntarget \"b\" { context = \"b\" }\n";
    let (build, sources) = built(&[("docker-bake.hcl", text), ("b/Dockerfile", "FROM b:1\n")]);
    assert_eq!(build.problems, []);
    let inline = build.files.iter().find(|f| f.stages[0].base == Base::Context("target:b".to_owned())).unwrap();
    assert!(build.files.iter().any(|f| matches!(&f.stages[0].base, Base::Image(image) if image.text == "b:1")), "{:?}", build.files);
    assert_eq!(sources[inline.source as usize].name, "docker-bake.hcl");
    let stage = &inline.stages[0];
    let places: Vec<_> = stage.instructions.iter().map(|i| (i.name.as_str(), i.place.line, i.place.column)).collect();
    assert_eq!((stage.from.place.line, stage.from.place.column, places), (7, 6, vec![("COPY", 8, 1), ("USER", 9, 3)]));
    let indented = text
        .replace("<<EOT\nFROM", "<<-EOT\n    FROM")
        .replace("\nCOPY", "\n    COPY")
        .replace("\n  USER", "\n    USER")
        .replace("\nEOT", "\n    EOT");
    let (build, _) = built(&[("docker-bake.hcl", &indented), ("b/Dockerfile", "FROM b:1\n")]);
    let inline = build.files.iter().find(|f| f.stages[0].base == Base::Context("target:b".to_owned())).unwrap();
    assert_eq!((inline.stages[0].from.place.line, inline.stages[0].from.place.column), (7, 10));
}
