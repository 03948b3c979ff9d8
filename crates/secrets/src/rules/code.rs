//! Forges, registries of packages and images, continuous integration.

use plimsoll_evidence::Severity::{Critical, High, Low, Medium};

use crate::check::Check;
use crate::rule::{Reach, Rule};

const GITHUB: &str = "Revoke it under Settings, Developer settings, on GitHub and look at the audit log for what it did.";
const GITLAB: &str = "Revoke it under Access tokens in GitLab and look at the audit events for what it did.";
const NPM: &str =
    "Revoke it with npm token revoke or under Access Tokens of the npm account, and check that no version was published with it.";
const ATLASSIAN: &str = "Revoke it under Security, API tokens, of the Atlassian account.";

pub(super) static RULES: &[Rule] = &[
    Rule::token("github-pat", "GitHub personal access token", Critical, &["ghp_"], r"ghp_[0-9A-Za-z]{36}")
        .reach(Reach::All)
        .check(Check::Crc32Base62)
        .advice(GITHUB)
        .examples("{%ghp_}{an:30}{crc}", "{%ghp_}{an:35}0"),
    Rule::token("github-oauth-token", "GitHub OAuth token", Critical, &["gho_"], r"gho_[0-9A-Za-z]{36}")
        .reach(Reach::All)
        .check(Check::Crc32Base62)
        .advice(GITHUB)
        .examples("{%gho_}{an:30}{crc}", "{%gho_}{an:35}0"),
    Rule::token("github-user-token", "GitHub App user token", High, &["ghu_"], r"ghu_[0-9A-Za-z]{36}")
        .reach(Reach::All)
        .check(Check::Crc32Base62)
        .advice(GITHUB)
        .examples("{%ghu_}{an:30}{crc}", "{%ghu_}{an:35}0"),
    Rule::token("github-installation-token", "GitHub App installation token", Medium, &["ghs_"], r"ghs_[0-9A-Za-z]{36}")
        .reach(Reach::All)
        .check(Check::Crc32Base62)
        .advice(GITHUB)
        .examples("{%ghs_}{an:30}{crc}", "{%ghs_}{an:35}0"),
    Rule::token(
        "github-stateless-token",
        "GitHub App installation token",
        Medium,
        &["ghs_"],
        r"ghs_\d{1,12}_(eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,})",
    )
    .reach(Reach::All)
    .check(Check::Jwt)
    .advice(GITHUB)
    .examples("{%ghs_}{d:5}_{jwt}", "{%ghs_}{d:5}_{%eyJ}{an:20}.{%eyJ}{an:20}.{an:30}"),
    Rule::token("github-refresh-token", "GitHub App refresh token", High, &["ghr_"], r"ghr_[0-9A-Za-z]{76}")
        .reach(Reach::All)
        .check(Check::Crc32Base62)
        .advice(GITHUB)
        .examples("{%ghr_}{an:70}{crc}", "{%ghr_}{an:75}0"),
    Rule::token(
        "github-fine-grained-pat",
        "GitHub fine-grained personal access token",
        Critical,
        &["github_pat_"],
        r"github_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}",
    )
    .reach(Reach::All)
    .entropy(4.0)
    .advice(GITHUB)
    .examples("{%github_pat_}{an:22}_{an:59}", "{%github_pat_}{an:22}_{an:40}"),
    Rule::token(
        "gitlab-pat",
        "GitLab personal access token",
        Critical,
        &["glpat-"],
        r"glpat-(?:[\w-]{20}|[\w-]{27,300}\.[0-9a-z]{2}\.?[0-9a-z]{7,9})",
    )
    .reach(Reach::All)
    .entropy(3.0)
    .advice(GITLAB)
    .examples("{%glpat-}{an:20}", "{%glpat-}{an:12}"),
    Rule::token("gitlab-deploy-token", "GitLab deploy token", High, &["gldt-"], r"gldt-[\w-]{20}")
        .advice(GITLAB)
        .examples("{%gldt-}{an:20}", "{%gldt-}{an:12}"),
    Rule::token(
        "gitlab-runner-token",
        "GitLab runner authentication token",
        High,
        &["glrt-", "glrtr-"],
        r"glrtr?-(?:t\d_)?[\w-]{20,27}(?:\.[\w.]{9,12})?",
    )
    .advice(GITLAB)
    .examples("{%glrt-}{an:20}", "{%glrt-}{an:12}"),
    Rule::token("gitlab-runner-registration-token", "GitLab runner registration token", High, &["GR1348941"], r"GR1348941[\w-]{20}")
        .advice(GITLAB)
        .examples("{%GR1348941}{an:20}", "{%GR1348941}{an:12}"),
    Rule::token("gitlab-trigger-token", "GitLab pipeline trigger token", Medium, &["glptt-"], r"glptt-[0-9a-f]{40}")
        .advice(GITLAB)
        .examples("{%glptt-}{hex:40}", "{%glptt-}{hex:30}"),
    Rule::token("gitlab-job-token", "GitLab CI job token", Low, &["glcbt-"], r"glcbt-(?:[\w]{1,5}_)?[\w-]{20}")
        .advice(GITLAB)
        .reach(Reach::Own)
        .examples("{%glcbt-}{an:20}", "{%glcbt-}{an:12}"),
    Rule::token("gitlab-feed-token", "GitLab feed token", Medium, &["glft-"], r"glft-[\w-]{20}")
        .advice(GITLAB)
        .reach(Reach::Own)
        .examples("{%glft-}{an:20}", "{%glft-}{an:12}"),
    Rule::token("gitlab-incoming-mail-token", "GitLab incoming mail token", Medium, &["glimt-"], r"glimt-[\w-]{25}")
        .advice(GITLAB)
        .reach(Reach::Own)
        .examples("{%glimt-}{an:25}", "{%glimt-}{an:12}"),
    Rule::token("gitlab-agent-token", "GitLab agent for Kubernetes token", Critical, &["glagent-"], r"glagent-[\w-]{50,1024}")
        .advice(GITLAB)
        .examples("{%glagent-}{an:50}", "{%glagent-}{an:30}"),
    Rule::token("gitlab-oauth-secret", "GitLab OAuth application secret", High, &["gloas-"], r"gloas-[\w-]{64}")
        .advice(GITLAB)
        .examples("{%gloas-}{an:64}", "{%gloas-}{an:40}"),
    Rule::token("gitlab-scim-token", "GitLab SCIM token", High, &["glsoat-"], r"glsoat-[\w-]{20}")
        .advice(GITLAB)
        .reach(Reach::Own)
        .examples("{%glsoat-}{an:20}", "{%glsoat-}{an:12}"),
    Rule::token("gitlab-feature-flag-token", "GitLab feature flag client token", Low, &["glffct-"], r"glffct-[\w-]{20}")
        .advice(GITLAB)
        .reach(Reach::Own)
        .examples("{%glffct-}{an:20}", "{%glffct-}{an:12}"),
    Rule::token("bitbucket-app-password", "Bitbucket app password", High, &["ATBB"], r"ATBB[A-Za-z0-9]{32}")
        .entropy(3.5)
        .advice(ATLASSIAN)
        .examples("{%ATBB}{an:32}", "{%ATBB}{an:20}"),
    Rule::token("bitbucket-access-token", "Bitbucket access token", High, &["ATCTT3xFfG"], r"ATCTT3xFfG[\w=-]{150,220}")
        .advice(ATLASSIAN)
        .examples("{%ATCTT3xFfG}{an:180}", "{%ATCTT3xFfG}{an:40}"),
    Rule::token("atlassian-api-token", "Atlassian API token", Critical, &["ATATT3xFfG"], r"ATATT3xFfG[\w=-]{150,220}")
        .advice(ATLASSIAN)
        .examples("{%ATATT3xFfG}{an:180}", "{%ATATT3xFfG}{an:40}"),
    Rule::assigned(
        "atlassian-legacy-token",
        "Atlassian API token",
        High,
        &["atlassian", "confluence", "jira"],
        r"[A-Za-z0-9]{20}[0-9a-f]{4}",
    )
    .entropy(3.5)
    .check(Check::Mixed)
    .advice(ATLASSIAN)
    .examples("JIRA_API_TOKEN={an:20}{hex:4}", "JIRA_API_TOKEN={an:18}"),
    Rule::assigned("gitea-token", "Gitea or Forgejo token", High, &["gitea", "forgejo"], r"[0-9a-f]{40}")
        .examples("GITEA_TOKEN={hex:40}", "GITEA_TOKEN={hex:39}"),
    Rule::token("sourcegraph-token", "Sourcegraph access token", High, &["sgp_"], r"sgp_(?:(?:[0-9a-fA-F]{16}|local)_)?[0-9a-fA-F]{40}")
        .examples("{%sgp_}{hex:16}_{hex:40}", "{%sgp_}{hex:30}"),
    Rule::token("npm-token", "npm access token", Critical, &["npm_"], r"npm_[0-9A-Za-z]{36}")
        .reach(Reach::All)
        .entropy(3.3)
        .check(Check::Crc32Base62OrOwn)
        .advice(NPM)
        .examples("{%npm_}{an:30}{crc}", "{%npm_}{an:34}"),
    Rule::token("pypi-token", "PyPI API token", Critical, &["pypi-AgE"], r"pypi-AgE[\w-]{60,1000}")
        .reach(Reach::All)
        .check(Check::Macaroon)
        .advice("Remove it under API tokens of the Python Package Index account and check the project's releases.")
        .examples("{%pypi-AgE}IcHlwaS5vcmc{an:80}", "{%pypi-AgE}IcHlwaS5vcmc{an:20}"),
    Rule::token("rubygems-key", "RubyGems API key", Critical, &["rubygems_"], r"rubygems_[0-9a-f]{48}")
        .reach(Reach::All)
        .advice("Delete it under API keys of the RubyGems account and check the gem's versions.")
        .examples("{%rubygems_}{hex:48}", "{%rubygems_}{hex:40}"),
    Rule::token("crates-io-token", "crates.io token", Critical, &["cio"], r"cio[A-Za-z0-9]{32}")
        .reach(Reach::Own)
        .entropy(3.8)
        .check(Check::Mixed)
        .advice("Revoke it under Account settings, API tokens, on crates.io.")
        .examples("{%cio}{an:32}", "{%cio}{an:20}"),
    Rule::token("nuget-api-key", "NuGet API key", Critical, &["oy2"], r"oy2[a-z0-9]{43}")
        .reach(Reach::Own)
        .entropy(3.5)
        .check(Check::Mixed)
        .advice("Delete it under API keys of the NuGet account.")
        .examples("{%oy2}{ln:43}", "{%oy2}{ln:30}"),
    Rule::token("clojars-token", "Clojars deploy token", High, &["CLOJARS_"], r"CLOJARS_[a-z0-9]{60}")
        .reach(Reach::Own)
        .examples("{%CLOJARS_}{ln:60}", "{%CLOJARS_}{ln:40}"),
    Rule::token("packagist-token", "Private Packagist token", High, &["packagist_"], r"packagist_[ou][ru]t_[0-9a-fA-F]{68}")
        .reach(Reach::Own)
        .examples("{%packagist_}ort_{hex:68}", "{%packagist_}ort_{hex:40}"),
    Rule::token(
        "kubernetes-pull-secret",
        "registry login in a Kubernetes secret",
        High,
        &[".dockerconfigjson", ".dockercfg"],
        r#"\.docker(?:configjson|cfg)["']?:\s{1,4}["']?(e[wy][A-Za-z0-9+/]{40,7000}={0,2})"#,
    )
    .reach(Reach::Own)
    .entropy(3.5)
    .examples("  {%.dockerconfigjson}: {json:90}", "  {%.dockerconfigjson}: {json:9}"),
    Rule::token("docker-hub-token", "Docker Hub personal access token", Critical, &["dckr_pat_"], r"dckr_pat_[\w-]{27}")
        .reach(Reach::All)
        .advice("Delete it under Account settings, Personal access tokens, on Docker Hub and check the images pushed with it.")
        .examples("{%dckr_pat_}{an:27}", "{%dckr_pat_}{an:20}"),
    Rule::token("docker-hub-organization-token", "Docker Hub organization access token", Critical, &["dckr_oat_"], r"dckr_oat_[\w-]{32}")
        .reach(Reach::Own)
        .examples("{%dckr_oat_}{an:32}", "{%dckr_oat_}{an:20}"),
    Rule::token("jfrog-api-key", "JFrog Artifactory API key", High, &["AKCp"], r"AKCp[A-Za-z0-9]{69}")
        .entropy(4.0)
        .examples("{%AKCp}{an:69}", "{%AKCp}{an:40}"),
    Rule::token("jfrog-reference-token", "JFrog reference token", High, &["cmVmd"], r"cmVmd[A-Za-z0-9]{59}")
        .entropy(4.3)
        .reach(Reach::Own)
        .examples("{%cmVmd}{an:59}", "{%cmVmd}{an:40}"),
    Rule::assigned("jfrog-identity-token", "JFrog identity token", High, &["jfrog", "artifactory"], r"[A-Za-z0-9]{73}")
        .check(Check::Mixed)
        .examples("ARTIFACTORY_API_KEY={an:73}", "ARTIFACTORY_API_KEY={an:70}"),
    Rule::assigned("cloudsmith-key", "Cloudsmith API key", High, &["cloudsmith"], r"[0-9a-f]{40}")
        .examples("CLOUDSMITH_API_KEY={hex:40}", "CLOUDSMITH_API_KEY={hex:39}"),
    Rule::token("sonarqube-token", "SonarQube token", High, &["squ_", "sqp_", "sqa_"], r"sq[upa]_[0-9a-f]{40}")
        .reach(Reach::Own)
        .examples("{%squ_}{hex:40}", "{%squ_}{hex:30}"),
    Rule::assigned("sonarqube-legacy-token", "SonarQube token", High, &["sonar"], r"[0-9a-f]{40}")
        .examples("sonar.login={hex:40}", "sonar.login={hex:39}"),
    Rule::token("circleci-token", "CircleCI personal API token", High, &["CCIPAT_"], r"CCIPAT_[A-Za-z0-9]{22}_[0-9a-f]{40}")
        .examples("{%CCIPAT_}{an:22}_{hex:40}", "{%CCIPAT_}{an:22}_{hex:30}"),
    Rule::assigned("circleci-legacy-token", "CircleCI API token", High, &["circleci", "circle_token", "circle_ci"], r"[0-9a-f]{40}")
        .examples("CIRCLECI_TOKEN={hex:40}", "CIRCLECI_TOKEN={hex:39}"),
    Rule::token("buildkite-token", "Buildkite API token", High, &["bkua_"], r"bkua_[0-9a-f]{40}")
        .examples("{%bkua_}{hex:40}", "{%bkua_}{hex:30}"),
    Rule::assigned("buildkite-agent-token", "Buildkite agent token", High, &["buildkite_agent"], r"[A-Za-z0-9]{50}")
        .check(Check::Mixed)
        .examples("BUILDKITE_AGENT_TOKEN={an:50}", "BUILDKITE_AGENT_TOKEN={an:40}"),
    Rule::assigned("travis-token", "Travis CI token", High, &["travis"], r"[A-Za-z0-9_-]{22}")
        .entropy(3.5)
        .check(Check::Mixed)
        .examples("TRAVIS_TOKEN={an:22}", "TRAVIS_TOKEN={an:20}"),
    Rule::assigned("drone-token", "Drone token", High, &["drone_token", "drone_rpc", "droneci"], r"[A-Za-z0-9]{32}")
        .check(Check::Mixed)
        .examples("DRONE_TOKEN={an:32}", "DRONE_TOKEN={an:30}"),
    Rule::assigned("codecov-token", "Codecov upload token", Medium, &["codecov"], r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
        .examples("CODECOV_TOKEN={uuid}", "CODECOV_TOKEN={hex:30}"),
    Rule::assigned("snyk-token", "Snyk API token", High, &["snyk"], r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
        .examples("SNYK_TOKEN={uuid}", "SNYK_TOKEN={hex:32}"),
    Rule::token(
        "harness-token",
        "Harness access token",
        High,
        &["pat.", "sat."],
        r"[ps]at\.[A-Za-z0-9_-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20}",
    )
    .reach(Reach::Own)
    .examples("{%pat.}{an:22}.{hex:24}.{an:20}", "{%pat.}{an:22}.{hex:24}"),
    Rule::token("octopus-deploy-key", "Octopus Deploy API key", High, &["API-"], r"API-[A-Z0-9]{25,36}")
        .reach(Reach::Own)
        .entropy(3.3)
        .check(Check::Mixed)
        .examples("{%API-}{AN:26}", "{%API-}{AN:20}"),
    Rule::token("prefect-key", "Prefect API key", High, &["pnu_"], r"pnu_[A-Za-z0-9]{36}")
        .reach(Reach::Own)
        .examples("{%pnu_}{an:36}", "{%pnu_}{an:20}"),
    Rule::token("postman-key", "Postman API key", High, &["PMAK-"], r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}")
        .examples("{%PMAK-}{hex:24}-{hex:34}", "{%PMAK-}{hex:24}"),
    Rule::token("readme-key", "ReadMe API key", Medium, &["rdme_"], r"rdme_[a-z0-9]{70}")
        .reach(Reach::Own)
        .examples("{%rdme_}{ln:70}", "{%rdme_}{ln:40}"),
    Rule::token(
        "launchdarkly-key",
        "LaunchDarkly SDK or API key",
        Medium,
        &["sdk-", "api-"],
        r"(?:sdk|api)-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}",
    )
    .reach(Reach::Own)
    .examples("{%sdk-}{uuid}", "{%sdk-}{hex:32}"),
    Rule::token("expo-token", "Expo access token", High, &["expo_"], r"expo_[A-Za-z0-9_-]{40}")
        .reach(Reach::Own)
        .check(Check::Mixed)
        .examples("{%expo_}{an:40}", "{%expo_}{an:20}"),
    Rule::assigned("hex-pm-key", "Hex.pm API key", High, &["hex_api_key"], r"[0-9a-f]{32}")
        .examples("HEX_API_KEY={hex:32}", "HEX_API_KEY={hex:30}"),
    Rule::assigned("gemfury-token", "Gemfury token", High, &["gemfury", "fury_token"], r"[A-Za-z0-9-]{20,24}")
        .check(Check::Mixed)
        .entropy(3.5)
        .examples("GEMFURY_TOKEN={an:20}", "GEMFURY_TOKEN={an:12}"),
    Rule::assigned("percy-token", "Percy project token", Medium, &["percy"], r"(?:web_|app_|auto_)?[0-9a-f]{64}")
        .examples("PERCY_TOKEN={hex:64}", "PERCY_TOKEN={hex:60}"),
    Rule::assigned(
        "saucelabs-key",
        "Sauce Labs access key",
        Medium,
        &["sauce_access", "saucelabs"],
        r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}",
    )
    .examples("SAUCE_ACCESS_KEY={uuid}", "SAUCE_ACCESS_KEY={hex:32}"),
    Rule::assigned("browserstack-key", "BrowserStack access key", Medium, &["browserstack"], r"[A-Za-z0-9]{20}")
        .check(Check::Mixed)
        .examples("BROWSERSTACK_ACCESS_KEY={an:20}", "BROWSERSTACK_ACCESS_KEY={an:18}"),
];
