//! Servers whose data is what they are run for, and where each of them keeps it.

use plimsoll_evidence::workload::{Role, VolumeKind};

use super::{At, Running, is_below};

/// A server that keeps data.
struct Database {
    /// What it is called in a sentence.
    name: &'static str,
    /// Its images, by the last part of their repositories.
    images: &'static [&'static str],
    /// Where those images keep the data, as their documentation says.
    folder: &'static str,
}

const fn database(name: &'static str, images: &'static [&'static str], folder: &'static str) -> Database {
    Database { name, images, folder }
}

const DATABASES: [Database; 19] = [
    database("PostgreSQL", &["postgres", "postgresql", "postgis", "pgvector", "timescaledb"], "/var/lib/postgresql"),
    database("PostgreSQL", &["postgresql", "postgresql-repmgr"], "/bitnami/postgresql"),
    database("MySQL", &["mysql", "mysql-server", "mariadb", "percona", "percona-server"], "/var/lib/mysql"),
    database("MySQL", &["mysql"], "/bitnami/mysql"),
    database("MariaDB", &["mariadb"], "/bitnami/mariadb"),
    database("Redis", &["redis", "valkey", "keydb", "redis-stack-server"], "/data"),
    database("Redis", &["redis", "valkey"], "/bitnami/redis/data"),
    database("MongoDB", &["mongo", "mongodb", "mongodb-community-server"], "/data/db"),
    database("MongoDB", &["mongodb"], "/bitnami/mongodb"),
    database("Cassandra", &["cassandra"], "/var/lib/cassandra"),
    database("Elasticsearch", &["elasticsearch"], "/usr/share/elasticsearch/data"),
    database("OpenSearch", &["opensearch"], "/usr/share/opensearch/data"),
    database("RabbitMQ", &["rabbitmq"], "/var/lib/rabbitmq"),
    database("CouchDB", &["couchdb"], "/opt/couchdb/data"),
    database("InfluxDB", &["influxdb"], "/var/lib/influxdb"),
    database("InfluxDB", &["influxdb"], "/var/lib/influxdb2"),
    database("Neo4j", &["neo4j"], "/data"),
    database("ClickHouse", &["clickhouse", "clickhouse-server"], "/var/lib/clickhouse"),
    database("MinIO", &["minio"], "/data"),
];

/// As many mounts of a container are looked through for each of them; nobody writes so many.
const MOST_MOUNTS: usize = 256;

impl Running<'_> {
    /// The server whose data a mount holds; none where the container is not known to be one, or is told to keep nothing.
    pub(crate) fn database_at(&self, at: At<'_>) -> Option<&'static str> {
        if matches!(self.container.role, Role::Init | Role::Ephemeral) || self.runs_to_an_end() || self.saves_nothing() {
            return None;
        }
        let image = self.container.image.as_ref().map(|i| i.value.as_str()).unwrap_or_default();
        let name = image.split('@').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        let name = name.split(':').next().unwrap_or_default();
        let path = at.mount.path.value.as_str();
        let found = DATABASES.iter().find(|d| d.images.contains(&name) && (is_below(path, d.folder) || is_below(d.folder, path)))?;
        let ends = |at: At<'_>| matches!(at.volume.kind, VolumeKind::Ephemeral { .. } | VolumeKind::EphemeralClaim);
        // Where the folder itself lies on a volume that stays, this is scratch space within it.
        if self.mount_of(found.folder).is_some_and(|around| !ends(around)) {
            return None;
        }
        // And where a volume that stays lies further inside, the data may be there.
        let inner = self.mounts().take(MOST_MOUNTS).any(|other| {
            let inside = other.mount.path.value.as_str();
            is_below(inside, path) && is_below(inside, found.folder) && !ends(other)
        });
        (!inner).then_some(found.name)
    }

    /// `--save ""`: Redis as a cache.
    fn saves_nothing(&self) -> bool {
        let container = self.container;
        let words: Vec<&str> =
            [&container.entrypoint, &container.arguments].into_iter().flatten().flat_map(|w| &w.value).map(String::as_str).collect();
        let off = |pair: &[&str]| pair[0] == "--save" && matches!(pair[1], "" | "\"\"");
        let logs = |pair: &[&str]| pair[0] == "--appendonly" && pair[1] == "yes";
        words.windows(2).any(off) && !words.windows(2).any(logs)
    }
}
