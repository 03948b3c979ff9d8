//! Clouds, hosting, networks.

use plimsoll_evidence::Severity::{Critical, High, Low, Medium};

use crate::check::Check;
use crate::rule::{Reach, Rule};

const AWS: &str =
    "Deactivate and delete the access key in IAM, look in CloudTrail for what it did, and give the workload a role instead of a key.";
const AZURE: &str = "Regenerate the key in the Azure portal and let the workload use a managed identity.";
const GCP: &str = "Delete the key in the Google Cloud console (IAM or Credentials) and use workload identity instead.";
const OCEAN: &str = "Delete the token under API in DigitalOcean's control panel.";
const CLOUDFLARE: &str = "Roll the token under My Profile, API Tokens, in Cloudflare's dashboard.";

pub(super) static RULES: &[Rule] = &[
    Rule::token("aws-access-key-id", "AWS access key ID", High, &["AKIA", "ABIA", "ACCA"], r"A[KBC][IC]A[A-Z2-7]{16}")
        .reach(Reach::All)
        .entropy(3.0)
        .advice(AWS)
        .examples("AKIA{b32:16}", "AKIA{b32:9}EXAMPLE"),
    Rule::token("aws-temporary-key-id", "temporary AWS access key ID", Low, &["ASIA"], r"ASIA[A-Z2-7]{16}")
        .entropy(3.0)
        .advice(AWS)
        .examples("ASIA{b32:16}", "ASIA{b32:12}"),
    Rule::assigned(
        "aws-secret-access-key",
        "AWS secret access key",
        Critical,
        &["secret_access_key", "secretaccesskey", "secret-access-key", "aws_secret", "awssecret"],
        r"[A-Za-z0-9/+]{40}",
    )
    .entropy(4.0)
    .check(Check::Mixed)
    .advice(AWS)
    .examples("aws_secret_access_key = {b64:40}", "aws_secret_access_key = {b64:33}EXAMPLE"),
    Rule::assigned(
        "aws-session-token",
        "AWS session token",
        Low,
        &["session_token", "sessiontoken"],
        r"(?:FwoG|IQoJ)[A-Za-z0-9/+=]{150,1200}",
    )
    .advice(AWS)
    .examples("aws_session_token={%IQoJ}{b64:300}", "aws_session_token={%IQoJ}{b64:20}"),
    Rule::token("aws-bedrock-key", "Amazon Bedrock API key", High, &["ABSK"], r"ABSK[A-Za-z0-9+/]{109,269}={0,2}")
        .advice(AWS)
        .reach(Reach::Own)
        .examples("{%ABSK}{an:120}", "{%ABSK}{an:60}"),
    Rule::token(
        "aws-bedrock-short-key",
        "short-lived Amazon Bedrock API key",
        Low,
        &["bedrock-api-key-"],
        r"bedrock-api-key-[A-Za-z0-9+/=]{100,}",
    )
    .advice(AWS)
    .reach(Reach::Own)
    .examples("bedrock-api-key-{an:160}", "bedrock-api-key-{an:20}"),
    Rule::token(
        "aws-mws-token",
        "Amazon Marketplace (MWS) token",
        High,
        &["amzn.mws."],
        r"amzn\.mws\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    )
    .examples("amzn.mws.{uuid}", "amzn.mws.{hex:32}"),
    Rule::token("gcp-api-key", "Google API key", Medium, &["AIza"], r"AIza[\w-]{35}")
        .reach(Reach::All)
        .entropy(3.8)
        .advice("Restrict or delete the key under APIs & Services, Credentials, in the Google Cloud console.")
        .examples("{%AIza}{an:35}", "{%AIza}{an:30}"),
    Rule::token("gcp-oauth-client-secret", "Google OAuth client secret", High, &["GOCSPX-"], r"GOCSPX-[\w-]{28}")
        .advice(GCP)
        .examples("{%GOCSPX-}{an:28}", "{%GOCSPX-}{an:20}"),
    Rule::token("gcp-access-token", "Google OAuth access token", Low, &["ya29."], r"ya29\.[\w-]{40,400}")
        .entropy(3.5)
        .examples("{%ya29.}{u:120}", "{%ya29.}{u:12}"),
    Rule::token("gcp-refresh-token", "Google OAuth refresh token", Critical, &["1//0"], r"1//0[\w-]{60,200}")
        .entropy(3.8)
        .check(Check::Mixed)
        .advice("Revoke it at https://myaccount.google.com/permissions.")
        .reach(Reach::Own)
        .examples("{%1//0}{an:98}", "{%1//0}{an:20}"),
    Rule::token("gcp-hmac-key-id", "Google Cloud Storage HMAC key ID", Low, &["GOOG1E"], r"GOOG1E[A-Z2-7]{55}")
        .advice(GCP)
        .reach(Reach::Own)
        .examples("{%GOOG1E}{b32:55}", "{%GOOG1E}{b32:20}"),
    Rule::line("gcp-fcm-server-key", "Firebase Cloud Messaging server key", High, &[":APA91b"], r"\b(AAAA[\w-]{7}:APA91b[\w-]{134})")
        .examples("key={%AAAA}{an:7}:{%APA91b}{an:134}", "key={%AAAA}{an:7}:{%APA91b}{an:30}"),
    Rule::token(
        "azure-account-key",
        "Azure account key (Storage, Cosmos DB)",
        Critical,
        &["AccountKey="],
        r"AccountKey=([A-Za-z0-9+/]{86}==)",
    )
    .entropy(4.5)
    .advice(AZURE)
    .examples("AccountName=corpus;AccountKey={b64:86}==;", "AccountKey={b64:80}=="),
    Rule::token(
        "azure-shared-access-key",
        "Azure Service Bus, Event Hubs or IoT Hub key",
        High,
        &["SharedAccessKey="],
        r"SharedAccessKey=([A-Za-z0-9+/]{43}=)",
    )
    .entropy(4.0)
    .advice(AZURE)
    .examples("SharedAccessKeyName=x;SharedAccessKey={b64:43}=", "SharedAccessKey={b64:30}="),
    Rule::line("azure-sas-signature", "Azure shared access signature", High, &["sig="], r"[?&;]sig=([A-Za-z0-9%+/]{40,120}(?:%3[dD]|=))")
        .near(&["sv=20", "se=20"])
        .advice(AZURE)
        .examples("https://x.blob.core.windows.net/c?sv=2022-11-02&sr=c&sig={an:43}%3D", "https://x.test/c?sig={an:43}%3D"),
    Rule::line(
        "azure-entra-client-secret",
        "Entra ID (Azure AD) client secret",
        Critical,
        &["8Q~", "7Q~"],
        r"(?:^|[^\w~.-])([\w~.-]{3}[78]Q~[\w~.-]{31,34})",
    )
    .entropy(3.5)
    .advice("Remove the client secret from the app registration in Entra ID and use a certificate or a managed identity.")
    .examples("client_secret: {an:3}{%8Q~}{an:34}", "client_secret: {an:3}{%8Q~}{an:20}"),
    Rule::line("azure-devops-token", "Azure DevOps personal access token", Critical, &["AZDO"], r"\b([A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4})")
        .advice("Revoke it under User settings, Personal access tokens, in Azure DevOps.")
        .examples("PAT={an:76}{%AZDO}{an:4}", "PAT={an:40}{%AZDO}{an:4}"),
    Rule::assigned(
        "azure-devops-legacy-token",
        "Azure DevOps personal access token",
        Critical,
        &["azure_devops", "azuredevops", "ado_pat", "vsts"],
        r"[a-z2-7]{52}",
    )
    .check(Check::Mixed)
    .examples("AZURE_DEVOPS_PAT={l27:52}", "AZURE_DEVOPS_PAT={l27:50}"),
    Rule::line("azure-identifiable-key", "Azure service key", High, &["JQQJ99"], r"\b([A-Za-z0-9+/]{52}JQQJ99[A-Za-z0-9+/]{22,26})")
        .advice(AZURE)
        .examples("key={an:52}{%JQQJ99}{an:24}", "key={an:20}{%JQQJ99}{an:24}"),
    Rule::line("azure-functions-key", "Azure Functions key", High, &["AzFu"], r"([\w-]{44}AzFu[\w-]{5}[AQgw]==)")
        .advice(AZURE)
        .examples("code={an:44}{%AzFu}{an:5}A==", "code={an:20}{%AzFu}{an:5}A=="),
    Rule::line("azure-search-key", "Azure AI Search key", High, &["AzSe"], r"\b([0-9A-Za-z]{42}AzSe[A-D][0-9A-Za-z]{5})")
        .advice(AZURE)
        .examples("key={an:42}{%AzSe}A{an:5}", "key={an:20}{%AzSe}A{an:5}"),
    Rule::line(
        "azure-registry-password",
        "Azure Container Registry password",
        High,
        &["+ACR"],
        r"([0-9A-Za-z+/]{42}\+ACR[A-D][0-9A-Za-z+/]{5})",
    )
    .advice(AZURE)
    .examples("password={an:42}{%+ACR}A{an:5}", "password={an:20}{%+ACR}A{an:5}"),
    Rule::line(
        "azure-app-configuration",
        "Azure App Configuration connection string",
        High,
        &[".azconfig.io"],
        r"\.azconfig\.io;\s*Id=[^;\s]+;\s*Secret=([A-Za-z0-9+/=]{32,100})",
    )
    .advice(AZURE)
    .examples("Endpoint=https://x.azconfig.io;Id=a-b;Secret={b64:43}=", "Endpoint=https://x.azconfig.io;Id=a-b;Secret=x"),
    Rule::token("digitalocean-token", "DigitalOcean personal access token", Critical, &["dop_v1_"], r"dop_v1_[0-9a-f]{64}")
        .reach(Reach::All)
        .advice(OCEAN)
        .examples("{%dop_v1_}{hex:64}", "{%dop_v1_}{hex:60}"),
    Rule::token("digitalocean-oauth-token", "DigitalOcean OAuth token", High, &["doo_v1_"], r"doo_v1_[0-9a-f]{64}")
        .advice(OCEAN)
        .examples("{%doo_v1_}{hex:64}", "{%doo_v1_}{hex:60}"),
    Rule::token("digitalocean-refresh-token", "DigitalOcean refresh token", High, &["dor_v1_"], r"dor_v1_[0-9a-f]{64}")
        .advice(OCEAN)
        .examples("{%dor_v1_}{hex:64}", "{%dor_v1_}{hex:60}"),
    Rule::assigned(
        "digitalocean-spaces-secret",
        "DigitalOcean Spaces secret key",
        High,
        &["spaces_secret", "do_spaces"],
        r"[A-Za-z0-9+/]{43}",
    )
    .entropy(3.8)
    .check(Check::Mixed)
    .advice(OCEAN)
    .examples("DO_SPACES_SECRET={b64:43}", "DO_SPACES_SECRET={b64:30}"),
    Rule::token("alibaba-access-key-id", "Alibaba Cloud AccessKey ID", Medium, &["LTAI"], r"LTAI[A-Za-z0-9]{20}")
        .entropy(3.5)
        .examples("{%LTAI}{an:20}", "{%LTAI}{an:17}"),
    Rule::assigned(
        "alibaba-access-key-secret",
        "Alibaba Cloud AccessKey secret",
        Critical,
        &["alibaba", "aliyun", "accesskeysecret", "access_key_secret"],
        r"[A-Za-z0-9]{30}",
    )
    .entropy(3.5)
    .check(Check::Mixed)
    .examples("ALIBABA_CLOUD_ACCESS_KEY_SECRET={an:30}", "ALIBABA_CLOUD_ACCESS_KEY_SECRET={an:29}"),
    Rule::token("tencent-secret-id", "Tencent Cloud SecretId", Medium, &["AKID"], r"AKID[A-Za-z0-9]{32}")
        .entropy(3.5)
        .examples("{%AKID}{an:32}", "{%AKID}{an:30}"),
    Rule::assigned("tencent-secret-key", "Tencent Cloud SecretKey", Critical, &["tencent", "qcloud"], r"[A-Za-z0-9]{32}")
        .entropy(3.5)
        .check(Check::Mixed)
        .examples("TENCENTCLOUD_SECRET_KEY={an:32}", "TENCENTCLOUD_SECRET_KEY={an:31}"),
    Rule::token("yandex-api-key", "Yandex Cloud API key", High, &["AQVN"], r"AQVN[\w-]{35,38}")
        .entropy(3.5)
        .reach(Reach::Own)
        .examples("{%AQVN}{an:36}", "{%AQVN}{an:20}"),
    Rule::token("yandex-static-key", "Yandex Cloud static access key", High, &["YCAJE", "YCM", "YCO", "YCP", "YCN"], r"YC[\w-]{38}")
        .entropy(3.8)
        .check(Check::Mixed)
        .near(&["yandex", "storage", "secret"])
        .reach(Reach::Own)
        .examples("yandex_secret = {%YCM}{an:37}", "yandex_secret = {%YCM}{an:20}"),
    Rule::assigned("linode-token", "Linode (Akamai) token", Critical, &["linode"], r"[0-9a-f]{64}")
        .examples("LINODE_TOKEN={hex:64}", "LINODE_TOKEN={hex:60}"),
    Rule::assigned("hetzner-token", "Hetzner Cloud token", Critical, &["hcloud", "hetzner"], r"[A-Za-z0-9]{64}")
        .check(Check::Mixed)
        .examples("HCLOUD_TOKEN={an:64}", "HCLOUD_TOKEN={an:60}"),
    Rule::assigned("vultr-api-key", "Vultr API key", Critical, &["vultr"], r"[A-Z0-9]{36}")
        .check(Check::Mixed)
        .examples("VULTR_API_KEY={AN:36}", "VULTR_API_KEY={AN:30}"),
    Rule::token("scaleway-access-key", "Scaleway access key", Low, &["SCW"], r"SCW[A-Z0-9]{17}")
        .reach(Reach::Own)
        .entropy(3.0)
        .check(Check::Mixed)
        .examples("{%SCW}{AN:17}", "{%SCW}{AN:10}"),
    Rule::assigned(
        "scaleway-secret-key",
        "Scaleway secret key",
        Critical,
        &["scw_secret", "scaleway"],
        r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}",
    )
    .examples("SCW_SECRET_KEY={uuid}", "SCW_SECRET_KEY={hex:32}"),
    Rule::assigned("ibm-cloud-api-key", "IBM Cloud API key", Critical, &["ibmcloud", "ibm_cloud", "bluemix"], r"[\w-]{44}")
        .entropy(3.8)
        .check(Check::Mixed)
        .examples("IBMCLOUD_API_KEY={an:44}", "IBMCLOUD_API_KEY={an:40}"),
    Rule::assigned("ovh-application-secret", "OVHcloud application secret", High, &["ovh"], r"[A-Za-z0-9]{32}")
        .check(Check::Mixed)
        .examples("OVH_APPLICATION_SECRET={an:32}", "OVH_APPLICATION_SECRET={an:30}"),
    Rule::assigned("cloudflare-api-token", "Cloudflare API token", High, &["cloudflare", "cf_api"], r"[\w-]{40}")
        .entropy(3.8)
        .check(Check::Mixed)
        .advice(CLOUDFLARE)
        .examples("CLOUDFLARE_API_TOKEN={an:40}", "CLOUDFLARE_API_TOKEN={an:39}"),
    Rule::assigned("cloudflare-global-key", "Cloudflare global API key", Critical, &["cloudflare", "cf_api"], r"[0-9a-f]{37}")
        .advice(CLOUDFLARE)
        .examples("CLOUDFLARE_API_KEY={hex:37}", "CLOUDFLARE_API_KEY={hex:36}"),
    Rule::token("cloudflare-origin-ca-key", "Cloudflare Origin CA key", High, &["v1.0-"], r"v1\.0-[0-9a-f]{24}-[0-9a-f]{146}")
        .advice(CLOUDFLARE)
        .examples("{%v1.0-}{hex:24}-{hex:146}", "{%v1.0-}{hex:24}-{hex:100}"),
    Rule::assigned("fastly-api-token", "Fastly API token", High, &["fastly"], r"[\w-]{32}")
        .entropy(3.8)
        .check(Check::Mixed)
        .examples("FASTLY_API_TOKEN={an:32}", "FASTLY_API_TOKEN={an:30}"),
    Rule::token("heroku-platform-key", "Heroku API key", High, &["HRKU-AA"], r"HRKU-AA[\w-]{58}")
        .advice("Regenerate it under Account settings, API key, on Heroku.")
        .examples("{%HRKU-AA}{an:58}", "{%HRKU-AA}{an:40}"),
    Rule::assigned("heroku-api-key", "Heroku API key", High, &["heroku"], r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
        .advice("Regenerate it under Account settings, API key, on Heroku.")
        .examples("HEROKU_API_KEY={uuid}", "HEROKU_API_KEY={hex:32}"),
    Rule::token("netlify-token", "Netlify access token", High, &["nfp_"], r"nfp_[A-Za-z0-9_]{36}")
        .examples("{%nfp_}{an:36}", "{%nfp_}{an:20}"),
    Rule::assigned("vercel-token", "Vercel token", High, &["vercel"], r"[A-Za-z0-9]{24}")
        .check(Check::Mixed)
        .examples("VERCEL_TOKEN={an:24}", "VERCEL_TOKEN={an:22}"),
    Rule::token("render-api-key", "Render API key", High, &["rnd_"], r"rnd_[A-Za-z0-9]{28,32}")
        .check(Check::Mixed)
        .entropy(3.5)
        .reach(Reach::Own)
        .examples("{%rnd_}{an:32}", "{%rnd_}{an:20}"),
    Rule::token(
        "fly-token",
        "Fly.io token",
        High,
        &["fo1_", "fm1r_", "fm1a_", "fm2_"],
        r"(?:fo1_[\w-]{43}|fm(?:1[ar]|2)_[A-Za-z0-9+/]{100,}={0,3})",
    )
    .entropy(3.8)
    .reach(Reach::Own)
    .examples("{%fm2_}{an:160}", "{%fm2_}{an:20}"),
    Rule::token("scalingo-token", "Scalingo token", High, &["tk-us-"], r"tk-us-[\w-]{48}")
        .reach(Reach::Own)
        .examples("{%tk-us-}{an:48}", "{%tk-us-}{an:40}"),
    Rule::token(
        "tailscale-key",
        "Tailscale key",
        High,
        &["tskey-"],
        r"tskey-(?:auth|api|client|webhook)-[A-Za-z0-9]{10,22}-[A-Za-z0-9]{22,40}",
    )
    .advice("Revoke it under Settings, Keys, in Tailscale's admin console.")
    .examples("{%tskey-}auth-{an:17}-{an:32}", "{%tskey-}auth-{an:17}"),
    Rule::token(
        "defined-networking-key",
        "Defined Networking (Nebula) API token",
        High,
        &["dnkey-"],
        r"dnkey-[A-Za-z0-9=_-]{26}-[A-Za-z0-9=_-]{52}",
    )
    .reach(Reach::Own)
    .examples("{%dnkey-}{an:26}-{an:52}", "{%dnkey-}{an:26}"),
    Rule::assigned("ngrok-token", "ngrok token", Medium, &["ngrok"], r"[A-Za-z0-9]{27}_[A-Za-z0-9]{20,22}")
        .examples("NGROK_AUTHTOKEN={an:27}_{an:21}", "NGROK_AUTHTOKEN={an:27}"),
    Rule::assigned("meraki-api-key", "Cisco Meraki API key", High, &["meraki"], r"[0-9a-f]{40}")
        .examples("MERAKI_DASHBOARD_API_KEY={hex:40}", "MERAKI_DASHBOARD_API_KEY={hex:39}"),
    Rule::token("pulumi-token", "Pulumi access token", Critical, &["pul-"], r"pul-[0-9a-f]{40}")
        .advice("Delete it under Access tokens in Pulumi Cloud; it opens the state, and with it every secret there.")
        .examples("{%pul-}{hex:40}", "{%pul-}{hex:39}"),
    Rule::line("terraform-cloud-token", "HCP Terraform token", Critical, &[".atlasv1."], r"\b([A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70})")
        .advice("Revoke it under User settings, Tokens, in HCP Terraform; it opens the state, and with it every secret there.")
        .examples("token = \"{an:14}{%.atlasv1.}{an:67}\"", "token = \"{an:14}{%.atlasv1.}{an:20}\""),
    Rule::token("openshift-token", "OpenShift user token", Critical, &["sha256~"], r"sha256~[\w-]{43}")
        .entropy(3.5)
        .examples("{%sha256~}{an:43}", "{%sha256~}{an:30}"),
    Rule::assigned("rancher-token", "Rancher token", High, &["rancher"], r"token-[a-z0-9]{5}:[a-z0-9]{54}")
        .examples("RANCHER_TOKEN=token-{ln:5}:{ln:54}", "RANCHER_TOKEN=token-{ln:5}:{ln:20}"),
];
