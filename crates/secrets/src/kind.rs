use plimsoll_evidence::Severity::{self, Critical, High, Low, Medium};

/// A kind of credential that is known by the structure of the file it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Stable name, in kebab case.
    pub name: &'static str,
    /// What it is, in words.
    pub title: &'static str,
    /// How bad it is, by what it opens.
    pub severity: Severity,
    /// What to do about it.
    pub advice: &'static str,
}

macro_rules! kinds {
    ($($id:ident = $name:literal, $title:literal, $severity:expr, $advice:literal;)*) => {
        $(pub(crate) const $id: Kind = Kind { name: $name, title: $title, severity: $severity, advice: $advice };)*
        static KINDS: &[Kind] = &[$($id),*];
    };
}

kinds! {
    PRIVATE_KEY = "private-key", "private key", High, "Make a new key, revoke certificates of the old one, and mount the key when the container runs.";
    ENCRYPTED_PRIVATE_KEY = "encrypted-private-key", "encrypted private key", Low, "It is as safe as its passphrase: replace it where the passphrase may be known, and mount it when the container runs.";
    SSH_HOST_KEY = "ssh-host-key", "SSH host key", High, "Every container of this image has this same key, and everyone who pulls the image can pose as them: delete it in the step that makes it and let each container make its own at first start.";
    PGP_PRIVATE_KEY = "pgp-private-key", "PGP private key", High, "Publish the key's revocation certificate and make a new one.";
    PUTTY_KEY = "putty-private-key", "PuTTY private key", High, "Remove its public half from every authorized_keys and make a new pair.";
    PKCS12 = "pkcs12", "PKCS#12 key store", Medium, "It holds a private key behind a passphrase: replace the key where the passphrase may be known, and mount the file when the container runs.";
    KEYSTORE = "java-keystore", "Java key store with a private key", Medium, "It holds a key behind a passphrase: replace the key where the passphrase may be known, and mount the file when the container runs.";
    KEYTAB = "kerberos-keytab", "Kerberos keytab", High, "Give the principal new keys (kadmin cpw -randkey) and mount the keytab when the container runs.";
    GCP_SERVICE_ACCOUNT = "gcp-service-account", "Google Cloud service account key", Critical, "Delete the key in IAM, Service accounts, and use workload identity instead.";
    KUBECONFIG_TOKEN = "kubeconfig-token", "kubeconfig token", Critical, "Delete the token's secret or service account in the cluster; in a pod, use the pod's own service account.";
    KUBECONFIG_KEY = "kubeconfig-client-key", "kubeconfig client key", Critical, "A client certificate cannot be revoked in Kubernetes: take its user's role bindings away, and rotate the cluster's CA where it was an administrator's.";
    KUBECONFIG_PASSWORD = "kubeconfig-password", "kubeconfig password", Critical, "Change the password.";
    NPMRC = "npmrc-auth", "npm registry credential", High, "Revoke it at the registry; while building, use RUN --mount=type=secret,id=npmrc,target=/root/.npmrc.";
    PYPIRC = "pypirc-password", "Python package index password", High, "Change it at the index; while building, use RUN --mount=type=secret.";
    NETRC = "netrc-password", "password in .netrc", High, "Change it; while building, use RUN --mount=type=secret,id=netrc,target=/root/.netrc.";
    PGPASS = "pgpass-password", "PostgreSQL password in .pgpass", High, "Change the role's password and mount the file when the container runs.";
    DOCKER_AUTH = "docker-auth", "registry login", High, "Change the password or revoke the token at the registry; log in where the image is pulled, not in the image.";
    GIT_CREDENTIAL = "git-credential", "git credential", High, "Revoke it at the forge; while building, use RUN --mount=type=secret or --mount=type=ssh.";
    URL_PASSWORD = "url-password", "password in a URL", High, "Change it and hand the URL over when the container runs.";
    PASSWORD_HASH = "password-hash", "password hash", Medium, "Set another password, or lock the account (passwd -l): hashes are guessed offline by whoever pulls the image.";
    EMPTY_PASSWORD = "empty-password", "account without password", High, "Lock the account (passwd -l): whoever reaches a login or su becomes it.";
    CONFIG_PASSWORD = "config-password", "password in a configuration file", High, "Change it and hand it over when the container runs.";
    ENV_SECRET = "environment-secret", "secret in an environment variable", High, "Replace it and hand it over when the container runs (a mounted secret, a secret manager), or while building with RUN --mount=type=secret.";
    GENERIC_SECRET = "generic-secret", "value that looks like a credential", Medium, "Find out what it opens, replace it there, and hand it over when the container runs.";
    MAVEN_PASSWORD = "maven-password", "password in Maven's settings", High, "Change it at the repository; while building, use RUN --mount=type=secret,id=settings,target=/root/.m2/settings.xml.";
    NUGET_PASSWORD = "nuget-password", "password in NuGet.config", High, "Change it at the feed; while building, use RUN --mount=type=secret.";
    COMMAND_PASSWORD = "command-password", "password on a command line", High, "Change it; give passwords to commands in files or by RUN --mount=type=secret.";
    RAILS_MASTER_KEY = "rails-master-key-file", "Rails master key", Critical, "Make new credentials (rails credentials:edit with a new key) and replace all that the old ones hold.";
    FTP_SITE_PASSWORD = "filezilla-password", "password of a FileZilla site", High, "Change it at the server.";
    OPENVPN_KEY = "openvpn-static-key", "OpenVPN static key", High, "Make a new one (openvpn --genkey) on both sides.";
    TERRAFORM_STATE = "terraform-secret", "secret in Terraform's state or variables", High, "Replace it; keep state in a backend with access control, never in an image.";
    JENKINS_CREDENTIAL = "jenkins-credential", "credential in Jenkins's configuration", High, "Replace it; it is encrypted only by files that lie beside it.";
    RCLONE = "rclone-password", "password in rclone's configuration", High, "Change it: rclone only obscures it.";
}

/// Every kind of structural find.
pub fn kinds() -> &'static [Kind] {
    KINDS
}
