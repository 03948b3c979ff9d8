//! What the two images hold.

use serde_json::json;

use crate::archive::{EPOCH, File, Image, Layer};

/// The images by file name.
pub(super) fn both(program: &[u8]) -> [(&'static str, Image); 2] {
    [("service.tar", before(program)), ("service-hardened.tar", after(program))]
}

/// As a first image often is: root, everything copied, a credential deleted too late, a log file, no health check.
fn before(program: &[u8]) -> Image {
    let token = token();
    let source = include_str!("../../../../examples/service/main.rs");
    let remote = format!("[remote \"origin\"]\n\turl = https://deploy:{token}@git.example.org/team/service.git\n");
    Image {
        tag: "example.org/service:1.0".to_owned(),
        time: EPOCH,
        config: json!({
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LOG_FILE=/var/log/service/service.log"],
            "Cmd": ["/srv/service"],
            "WorkingDir": "/srv",
            "Volumes": { "/var/log/service": {} },
            "ExposedPorts": { "8080/tcp": {} },
        }),
        annotations: json!({}),
        layers: vec![
            Layer {
                created_by: "COPY . /srv # buildkit",
                files: vec![
                    File::directory("srv", 0o755),
                    File::new("srv/.env", 0o644, format!("DEPLOY_TOKEN={token}\n")),
                    File::directory("srv/.git", 0o755),
                    File::new("srv/.git/config", 0o644, remote),
                    File::new("srv/Dockerfile", 0o644, "FROM scratch\nCOPY . /srv\nCMD [\"/srv/service\"]\n"),
                    File::new("srv/main.rs", 0o644, source),
                    File::program("srv/service", 0o4755, program),
                ],
            },
            Layer { created_by: "RUN /bin/sh -c rm /srv/.env # buildkit", files: vec![File::new("srv/.wh..env", 0o600, "")] },
            Layer {
                created_by: "COPY service.log /var/log/service/ # buildkit",
                files: vec![
                    File::directory("var", 0o755),
                    File::directory("var/log", 0o755),
                    File::directory("var/log/service", 0o777),
                    File::new("var/log/service/service.log", 0o666, "started\n"),
                ],
            },
        ],
    }
}

/// Hardened: the program alone, a numeric user, limits documented, a health check, logs to standard output.
fn after(program: &[u8]) -> Image {
    Image {
        tag: "example.org/service:1.1".to_owned(),
        time: EPOCH,
        config: json!({
            "User": "65532:65532",
            "Env": ["PATH=/"],
            "Entrypoint": ["/service"],
            "WorkingDir": "/",
            "ExposedPorts": { "8080/tcp": {} },
            "Healthcheck": { "Test": ["CMD", "/service", "--health"], "Interval": 30_000_000_000_u64, "Timeout": 3_000_000_000_u64, "Retries": 3 },
            "StopSignal": "SIGTERM",
            "Labels": {
                "org.opencontainers.image.title": "service",
                "org.opencontainers.image.description": "An example service, hardened",
                "org.opencontainers.image.version": "1.1",
                "org.opencontainers.image.licenses": "Apache-2.0",
                "org.opencontainers.image.source": "https://git.example.org/team/service",
                "org.opencontainers.image.resource.cpu": "250m",
                "org.opencontainers.image.resource.memory": "32Mi",
                "org.opencontainers.image.resource.ephemeral-storage": "8Mi",
            },
        }),
        annotations: json!({ "org.opencontainers.image.version": "1.1" }),
        layers: vec![Layer {
            created_by: "COPY --from=build /service /service # buildkit",
            files: vec![
                File::directory("etc", 0o755),
                File::new("etc/passwd", 0o644, "app:x:65532:65532:app:/:/sbin/nologin\n"),
                File::new("etc/group", 0o644, "app:x:65532:\n"),
                File::program("service", 0o755, program),
            ],
        }],
    }
}

/// A made-up token in the form of a code host's (prefix, thirty letters and digits, their CRC-32 in base 62): it opens
/// nothing, and is put together here so that no text of this repository looks like one.
fn token() -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let body: String = (0..30)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            DIGITS[(state % 62) as usize] as char
        })
        .collect();
    let mut crc = flate2::Crc::new();
    crc.update(body.as_bytes());
    let mut sum = u64::from(crc.sum());
    let mut check = [b'0'; 6];
    for digit in check.iter_mut().rev() {
        *digit = DIGITS[(sum % 62) as usize];
        sum /= 62;
    }
    format!("{}{}{body}{}", "gh", "p_", String::from_utf8_lossy(&check))
}
