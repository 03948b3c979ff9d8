//! Monitoring, logging, incident response, analytics.

use plimsoll_evidence::Severity::{Critical, High, Low, Medium};

use crate::check::Check;
use crate::rule::{Reach, Rule};

const GRAFANA: &str = "Delete it under Service accounts (or API keys) in Grafana.";

pub(super) static RULES: &[Rule] = &[
    Rule::assigned(
        "datadog-key",
        "Datadog API or application key",
        High,
        &["datadog", "dd_api_key", "dd_app_key"],
        r"(?:[0-9a-f]{40}|[0-9a-f]{32})",
    )
    .advice("Revoke it under Organization settings, API keys, in Datadog.")
    .examples("DATADOG_API_KEY={hex:32}", "DATADOG_API_KEY={hex:30}"),
    Rule::token("newrelic-user-key", "New Relic user key", High, &["NRAK-"], r"NRAK-[A-Z0-9]{27}")
        .examples("{%NRAK-}{AN:27}", "{%NRAK-}{AN:20}"),
    Rule::token("newrelic-insert-key", "New Relic insert key", Medium, &["NRII-"], r"NRII-[A-Za-z0-9_-]{32}")
        .reach(Reach::Own)
        .examples("{%NRII-}{an:32}", "{%NRII-}{an:20}"),
    Rule::token("newrelic-browser-token", "New Relic browser token", Low, &["NRJS-"], r"NRJS-[0-9a-f]{19}")
        .reach(Reach::Own)
        .examples("{%NRJS-}{hex:19}", "{%NRJS-}{hex:12}"),
    Rule::line("newrelic-license-key", "New Relic license key", Medium, &["FFFFNRAL"], r"\b([0-9a-f]{32}FFFFNRAL)\b")
        .examples("NEW_RELIC_LICENSE_KEY={hex:32}{%FFFFNRAL}", "NEW_RELIC_LICENSE_KEY={hex:20}{%FFFFNRAL}"),
    Rule::token("grafana-cloud-token", "Grafana Cloud token", High, &["glc_"], r"glc_[A-Za-z0-9+/]{32,400}={0,2}")
        .check(Check::Base64Json)
        .advice(GRAFANA)
        .examples("{%glc_}{json:120}", "{%glc_}{an:40}"),
    Rule::token("grafana-service-account-token", "Grafana service account token", High, &["glsa_"], r"glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}")
        .advice(GRAFANA)
        .examples("{%glsa_}{an:32}_{hex:8}", "{%glsa_}{an:32}"),
    Rule::token("grafana-api-key", "Grafana API key", High, &["eyJrIjoi"], r"eyJrIjoi[A-Za-z0-9]{60,400}={0,2}")
        .check(Check::Base64Json)
        .advice(GRAFANA)
        .examples("{jsonk:120}", "{%eyJrIjoi}{an:20}"),
    Rule::token(
        "dynatrace-token",
        "Dynatrace API token",
        High,
        &["dt0c01.", "dt0s01.", "dt0s02."],
        r"dt0[cs]0[12]\.[A-Z0-9]{24}\.[A-Z0-9]{64}",
    )
    .examples("{%dt0c01.}{AN:24}.{AN:64}", "{%dt0c01.}{AN:24}"),
    Rule::token("honeycomb-key", "Honeycomb key", Medium, &["hcaik_", "hcbik_", "hcxik_", "hcamk_"], r"hc[abx][im]k_[A-Za-z0-9]{58,60}")
        .reach(Reach::Own)
        .examples("{%hcaik_}{ln:58}", "{%hcaik_}{ln:30}"),
    Rule::token(
        "sentry-organization-token",
        "Sentry organization token",
        High,
        &["sntrys_eyJ"],
        r"sntrys_eyJ[A-Za-z0-9+/=]{80,500}_[A-Za-z0-9+/]{43}",
    )
    .check(Check::Base64Json)
    .examples("{%sntrys_}{json:160}_{an:43}", "{%sntrys_eyJ}{an:40}"),
    Rule::token("sentry-user-token", "Sentry user token", High, &["sntryu_"], r"sntryu_[0-9a-f]{64}")
        .examples("{%sntryu_}{hex:64}", "{%sntryu_}{hex:40}"),
    Rule::assigned("sentry-legacy-token", "Sentry token", High, &["sentry_auth", "sentry_token"], r"[0-9a-f]{64}")
        .examples("SENTRY_AUTH_TOKEN={hex:64}", "SENTRY_AUTH_TOKEN={hex:60}"),
    Rule::assigned("sumologic-key", "Sumo Logic access key", High, &["sumo"], r"[A-Za-z0-9]{64}")
        .check(Check::Mixed)
        .entropy(3.8)
        .examples("SUMO_ACCESS_KEY={an:64}", "SUMO_ACCESS_KEY={an:60}"),
    Rule::assigned("splunk-hec-token", "Splunk HEC token", Medium, &["splunk"], r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
        .examples("SPLUNK_HEC_TOKEN={uuid}", "SPLUNK_HEC_TOKEN={hex:32}"),
    Rule::assigned("logzio-token", "Logz.io token", Medium, &["logzio", "logz_io"], r"[A-Za-z]{32}")
        .entropy(3.8)
        .examples("LOGZIO_TOKEN={az:32}", "LOGZIO_TOKEN={az:30}"),
    Rule::assigned("loggly-token", "Loggly token", Medium, &["loggly"], r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
        .examples("LOGGLY_TOKEN={uuid}", "LOGGLY_TOKEN={hex:32}"),
    Rule::assigned("papertrail-token", "Papertrail token", Medium, &["papertrail"], r"[A-Za-z0-9]{20}")
        .check(Check::Mixed)
        .examples("PAPERTRAIL_API_TOKEN={an:20}", "PAPERTRAIL_API_TOKEN={an:12}"),
    Rule::assigned("rollbar-token", "Rollbar access token", Medium, &["rollbar"], r"[0-9a-f]{32}")
        .examples("ROLLBAR_ACCESS_TOKEN={hex:32}", "ROLLBAR_ACCESS_TOKEN={hex:30}"),
    Rule::assigned("bugsnag-key", "Bugsnag API key", Low, &["bugsnag"], r"[0-9a-f]{32}")
        .examples("BUGSNAG_API_KEY={hex:32}", "BUGSNAG_API_KEY={hex:30}"),
    Rule::assigned("pagerduty-key", "PagerDuty API key", High, &["pagerduty"], r"(?:[A-Za-z0-9_+-]{20}|[0-9a-f]{32})")
        .check(Check::Mixed)
        .entropy(3.3)
        .examples("PAGERDUTY_API_KEY={an:20}", "PAGERDUTY_API_KEY={an:16}"),
    Rule::assigned("opsgenie-key", "Opsgenie API key", High, &["opsgenie", "genie_key"], r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
        .examples("OPSGENIE_API_KEY={uuid}", "OPSGENIE_API_KEY={hex:32}"),
    Rule::token("incident-io-key", "incident.io API key", Medium, &["inc_"], r"inc_[0-9a-f]{64}")
        .reach(Reach::Own)
        .examples("{%inc_}{hex:64}", "{%inc_}{hex:40}"),
    Rule::assigned("statuspage-key", "Statuspage API key", Medium, &["statuspage"], r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
        .examples("STATUSPAGE_API_KEY={uuid}", "STATUSPAGE_API_KEY={hex:32}"),
    Rule::assigned("pingdom-token", "Pingdom token", Medium, &["pingdom"], r"[\w-]{86}")
        .check(Check::Mixed)
        .examples("PINGDOM_API_TOKEN={an:86}", "PINGDOM_API_TOKEN={an:60}"),
    Rule::assigned("uptimerobot-key", "UptimeRobot API key", Low, &["uptimerobot"], r"u\d{6,9}-[0-9a-f]{24}")
        .examples("UPTIMEROBOT_API_KEY=u{d:7}-{hex:24}", "UPTIMEROBOT_API_KEY=u{d:7}"),
    Rule::assigned("lightstep-token", "Lightstep access token", Medium, &["lightstep"], r"[A-Za-z0-9/+]{84,}={0,2}")
        .check(Check::Mixed)
        .examples("LIGHTSTEP_ACCESS_TOKEN={b64:90}", "LIGHTSTEP_ACCESS_TOKEN={b64:60}"),
    Rule::token("axiom-token", "Axiom token", Medium, &["xaat-", "xapt-"], r"xa[ap]t-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
        .reach(Reach::Own)
        .examples("{%xaat-}{uuid}", "{%xaat-}{hex:20}"),
    Rule::token("posthog-key", "PostHog personal API key", High, &["phx_"], r"phx_[A-Za-z0-9]{43,48}")
        .reach(Reach::Own)
        .examples("{%phx_}{an:43}", "{%phx_}{an:20}"),
    Rule::assigned("segment-key", "Segment write key", Low, &["segment_write", "segment_key"], r"[A-Za-z0-9]{32}")
        .check(Check::Mixed)
        .examples("SEGMENT_WRITE_KEY={an:32}", "SEGMENT_WRITE_KEY={an:20}"),
    Rule::assigned("amplitude-secret", "Amplitude secret key", Medium, &["amplitude"], r"[0-9a-f]{32}")
        .examples("AMPLITUDE_SECRET_KEY={hex:32}", "AMPLITUDE_SECRET_KEY={hex:30}"),
    Rule::assigned("mixpanel-secret", "Mixpanel API secret", Medium, &["mixpanel"], r"[0-9a-f]{32}")
        .examples("MIXPANEL_API_SECRET={hex:32}", "MIXPANEL_API_SECRET={hex:30}"),
    Rule::token("wakatime-key", "WakaTime API key", Low, &["waka_"], r"waka_[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
        .reach(Reach::Own)
        .examples("{%waka_}{uuid}", "{%waka_}{hex:20}"),
    Rule::assigned("kubecost-token", "Kubecost token", Critical, &["kubecost_token"], r"[A-Za-z0-9=]{40,80}")
        .check(Check::Mixed)
        .examples("KUBECOST_TOKEN={an:48}", "KUBECOST_TOKEN={an:20}"),
];
