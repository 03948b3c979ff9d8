//! Databases, secret stores, keys.

use plimsoll_evidence::Severity::{Critical, High, Low, Medium};

use crate::check::Check;
use crate::rule::{Reach, Rule};

const VAULT: &str = "Revoke it with vault token revoke and look at the audit device for what it read.";

pub(super) static RULES: &[Rule] = &[
    Rule::token("vault-service-token", "HashiCorp Vault service token", Critical, &["hvs."], r"hvs\.[\w-]{24,140}")
        .entropy(3.5)
        .check(Check::Mixed)
        .advice(VAULT)
        .examples("{%hvs.}{an:95}", "{%hvs.}{an:12}"),
    Rule::token("vault-batch-token", "HashiCorp Vault batch token", High, &["hvb."], r"hvb\.[\w-]{138,300}")
        .entropy(3.8)
        .advice(VAULT)
        .examples("{%hvb.}{an:160}", "{%hvb.}{an:60}"),
    Rule::token("vault-recovery-token", "HashiCorp Vault recovery token", Critical, &["hvr."], r"hvr\.[\w-]{24,140}")
        .entropy(3.5)
        .check(Check::Mixed)
        .advice(VAULT)
        .reach(Reach::Own).examples("{%hvr.}{an:40}", "{%hvr.}{an:12}"),
    Rule::assigned("vault-legacy-token", "HashiCorp Vault token", High, &["vault_token", "vault-token", "x-vault-token"], r"s\.[A-Za-z0-9]{24}")
        .advice(VAULT)
        .examples("VAULT_TOKEN=s.{an:24}", "VAULT_TOKEN=s.{an:20}"),
    Rule::assigned("consul-token", "Consul ACL token", High, &["consul_http_token", "consul_token", "consul"], r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
        .examples("CONSUL_HTTP_TOKEN={uuid}", "CONSUL_HTTP_TOKEN={hex:32}"),
    Rule::assigned("nomad-token", "Nomad ACL token", High, &["nomad_token"], r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
        .examples("NOMAD_TOKEN={uuid}", "NOMAD_TOKEN={hex:32}"),
    Rule::token("doppler-token", "Doppler token", Critical, &["dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."], r"dp\.(?:pt|ct|sa|scim|audit|st(?:\.[a-z0-9_-]{2,35})?)\.[A-Za-z0-9]{40,44}")
        .reach(Reach::Own).examples("{%dp.pt.}{an:43}", "{%dp.pt.}{an:20}"),
    Rule::token("infisical-token", "Infisical service token", Critical, &["st."], r"st\.[0-9a-f]{24}\.[0-9a-f]{32}\.[0-9a-f]{32}")
        .reach(Reach::Own)
        .examples("{%st.}{hex:24}.{hex:32}.{hex:32}", "{%st.}{hex:24}"),
    Rule::token("1password-service-account-token", "1Password service account token", Critical, &["ops_eyJ"], r"ops_eyJ[A-Za-z0-9+/]{200,}={0,3}")
        .reach(Reach::All)
        .check(Check::Base64Json)
        .examples("{%ops_}{json:280}", "{%ops_eyJ}{an:40}"),
    Rule::token("1password-secret-key", "1Password secret key", Critical, &["A3-"], r"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-(?:[A-Z0-9]{5}-){2}[A-Z0-9]{5}")
        .reach(Reach::Own)
        .entropy(3.5)
        .examples("{%A3-}{AN:6}-{AN:6}-{AN:5}-{AN:5}-{AN:5}-{AN:5}", "{%A3-}{AN:6}-{AN:6}"),
    Rule::token("age-secret-key", "age secret key", Critical, &["AGE-SECRET-KEY-1"], r"AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}")
        .reach(Reach::All)
        .check(Check::Bech32)
        .advice("Encrypt anew, for a new key, all that this key opens (sops files too).")
        .examples("{%AGE-SECRET-KEY-}{bech32:52}", "{%AGE-SECRET-KEY-1}{BECH:58}"),
    Rule::token("databricks-token", "Databricks access token", High, &["dapi"], r"dapi[0-9a-f]{32}(?:-\d)?")
        .check(Check::Mixed)
        .examples("{%dapi}{hex:32}", "{%dapi}{hex:30}"),
    Rule::token("planetscale-password", "PlanetScale password", Critical, &["pscale_pw_"], r"pscale_pw_[\w.=-]{32,64}")
        .reach(Reach::All)
        .examples("{%pscale_pw_}{an:43}", "{%pscale_pw_}{an:20}"),
    Rule::token("planetscale-token", "PlanetScale service token", High, &["pscale_tkn_"], r"pscale_tkn_[\w.=-]{32,64}")
        .examples("{%pscale_tkn_}{an:43}", "{%pscale_tkn_}{an:20}"),
    Rule::token("planetscale-oauth-token", "PlanetScale OAuth token", High, &["pscale_oauth_"], r"pscale_oauth_[\w.=-]{32,64}")
        .reach(Reach::Own).examples("{%pscale_oauth_}{an:43}", "{%pscale_oauth_}{an:20}"),
    Rule::token("supabase-token", "Supabase access token", Critical, &["sbp_"], r"sbp_(?:v0_)?[0-9a-f]{40}").examples("{%sbp_}{hex:40}", "{%sbp_}{hex:30}"),
    Rule::token("supabase-secret-key", "Supabase secret key", Critical, &["sb_secret_"], r"sb_secret_[\w-]{31}").examples("{%sb_secret_}{an:31}", "{%sb_secret_}{an:20}"),
    Rule::token("neon-api-key", "Neon API key", High, &["napi_"], r"napi_[a-z0-9]{64}").reach(Reach::Own).examples("{%napi_}{ln:64}", "{%napi_}{ln:40}"),
    Rule::token("clickhouse-cloud-secret", "ClickHouse Cloud API secret key", High, &["4b1d"], r"4b1d[A-Za-z0-9]{38}")
        .reach(Reach::Own)
        .entropy(3.8)
        .check(Check::Mixed)
        .examples("{%4b1d}{an:38}", "{%4b1d}{an:20}"),
    Rule::token("cockroachdb-token", "CockroachDB Cloud secret key", High, &["CCDB1_"], r"CCDB1_[A-Za-z0-9]{22}_[A-Za-z0-9]{40}").reach(Reach::Own).examples("{%CCDB1_}{an:22}_{an:40}", "{%CCDB1_}{an:22}"),
    Rule::token("aiven-password", "Aiven service password", High, &["AVNS_"], r"AVNS_[\w-]{19}").entropy(3.3).reach(Reach::Own).examples("{%AVNS_}{an:19}", "{%AVNS_}{an:10}"),
    Rule::token("mongodb-atlas-secret", "MongoDB Atlas service account secret", Critical, &["mdb_sa_sk_"], r"mdb_sa_sk_[\w-]{40}").reach(Reach::Own).examples("{%mdb_sa_sk_}{an:40}", "{%mdb_sa_sk_}{an:20}"),
    Rule::assigned("mongodb-atlas-private-key", "MongoDB Atlas private API key", Critical, &["atlas_private", "mongodb_atlas"], r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
        .examples("MONGODB_ATLAS_PRIVATE_KEY={uuid}", "MONGODB_ATLAS_PRIVATE_KEY={hex:32}"),
    Rule::token("confluent-cloud-secret", "Confluent Cloud API secret", High, &["cflt"], r"cflt[A-Za-z0-9+/]{60}").entropy(4.0).check(Check::Mixed).reach(Reach::Own).examples("{%cflt}{an:60}", "{%cflt}{an:40}"),
    Rule::assigned("confluent-secret", "Confluent API secret", High, &["confluent"], r"[A-Za-z0-9+/]{64}").entropy(4.0).check(Check::Mixed).examples("CONFLUENT_CLOUD_API_SECRET={an:64}", "CONFLUENT_CLOUD_API_SECRET={an:60}"),
    Rule::assigned("algolia-admin-key", "Algolia API key", Medium, &["algolia"], r"[0-9a-f]{32}").examples("ALGOLIA_ADMIN_API_KEY={hex:32}", "ALGOLIA_ADMIN_API_KEY={hex:30}"),
    Rule::assigned("elastic-api-key", "Elasticsearch API key", High, &["elastic"], r"[A-Za-z0-9+/]{58}==").entropy(4.0).examples("ELASTIC_API_KEY={b64:58}==", "ELASTIC_API_KEY={b64:40}=="),
    Rule::assigned("upstash-token", "Upstash REST token", High, &["upstash"], r"A[A-Za-z0-9_-]{40,130}={0,2}").entropy(4.0).check(Check::Mixed).examples("UPSTASH_REDIS_REST_TOKEN=A{an:60}", "UPSTASH_REDIS_REST_TOKEN=A{an:20}"),
    Rule::assigned("influxdb-token", "InfluxDB token", High, &["influx"], r"[A-Za-z0-9_-]{86}==").entropy(4.3).examples("INFLUX_TOKEN={an:86}==", "INFLUX_TOKEN={an:60}=="),
    Rule::assigned("snowflake-password", "Snowflake password", High, &["snowflake_password", "snowsql_pwd"], r"[!-~]{8,64}").entropy(2.8).check(Check::Mixed).examples("SNOWSQL_PWD={an:20}", "SNOWSQL_PWD=changeme1"),
    Rule::token("json-web-token", "JSON web token", Medium, &["eyJhbGciOi", "eyJ0eXAiOi", "eyJraWQiOi"], r"eyJ[\w-]{10,}={0,2}\.eyJ[\w-]{10,}={0,2}\.[\w-]{20,}")
        .check(Check::Jwt)
        .entropy(3.5)
        .advice("Find out who issued it and whether it still counts; where it has no expiry, replace the key that signs.")
        .examples("{jwt}", "{%eyJhbGciOi}{an:10}.eyJ{an:20}.{an:43}"),
    Rule::assigned("django-secret-key", "Django SECRET_KEY", High, &["secret_key"], r"(?:django-insecure-)?[\w!@#$%^&*()+=.,<>?{}\[\]|~;:/-]{50,100}")
        .entropy(3.8)
        .check(Check::Mixed)
        .advice("Set a new SECRET_KEY from the environment; sessions and signed links made with the old one can be forged.")
        .examples("SECRET_KEY = '{an:50}'", "SECRET_KEY = '{an:20}'"),
    Rule::assigned("rails-master-key", "Rails master key", Critical, &["rails_master_key"], r"[0-9a-f]{32}").examples("RAILS_MASTER_KEY={hex:32}", "RAILS_MASTER_KEY={hex:30}"),
    Rule::assigned("secret-key-base", "Rails or Phoenix secret_key_base", High, &["secret_key_base"], r"(?:[0-9a-f]{128}|[A-Za-z0-9+/]{64})").examples("SECRET_KEY_BASE={hex:128}", "SECRET_KEY_BASE={hex:100}"),
    Rule::assigned("laravel-app-key", "Laravel APP_KEY", High, &["app_key"], r"base64:[A-Za-z0-9+/]{43}=").entropy(4.0).examples("APP_KEY=base64:{b64:43}=", "APP_KEY=base64:{b64:20}="),
    Rule::line("wordpress-salt", "WordPress key or salt", Medium, &["_KEY'", "_SALT'"], r"define\(\s*'(?:AUTH|SECURE_AUTH|LOGGED_IN|NONCE)_(?:KEY|SALT)'\s*,\s*'([^']{64})'\s*\)")
        .entropy(4.0)
        .advice("Replace all eight from https://api.wordpress.org/secret-key/1.1/salt/; whoever has them can forge sessions.")
        .examples("define('AUTH_KEY', '{an:64}');", "define('AUTH_KEY', 'put your unique phrase here');"),
    Rule::line("wireguard-private-key", "WireGuard private key", High, &["PrivateKey", "PresharedKey"], r"^\s*(?:PrivateKey|PresharedKey)\s*=\s*([A-Za-z0-9+/]{43}=)")
        .entropy(4.0)
        .examples("PrivateKey = {b64:43}=", "PublicKey = {b64:43}="),
    Rule::line("ansible-vault", "Ansible Vault (encrypted)", Low, &["$ANSIBLE_VAULT;"], r"(\$ANSIBLE_VAULT;1\.[0-9];AES256)")
        .entropy(0.0)
        .advice("It is encrypted: as safe as its passphrase. Leave it out of the image all the same, and make sure that the passphrase is not here too.")
        .examples("$ANSIBLE_VAULT;1.1;AES256", "$ANSIBLE_VAULT;0"),
    Rule::assigned("bitwarden-secret", "Bitwarden machine account token", Critical, &["bws_access_token"], r"0\.[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\.[A-Za-z0-9]{30}:[A-Za-z0-9+/=]{24}").examples("BWS_ACCESS_TOKEN=0.{uuid}.{an:30}:{b64:22}==", "BWS_ACCESS_TOKEN=0.{uuid}"),
    Rule::assigned("sidekiq-enterprise", "Sidekiq Pro or Enterprise credentials", Medium, &["contribsys__com"], r"[0-9a-f]{8}:[0-9a-f]{8}").entropy(2.0).examples("BUNDLE_GEMS__CONTRIBSYS__COM={hex:8}:{hex:8}", "BUNDLE_GEMS__CONTRIBSYS__COM={hex:8}"),
];
