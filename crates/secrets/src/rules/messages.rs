//! Chat, mail, telephony, social networks.

use plimsoll_evidence::Severity::{Critical, High, Low, Medium};

use crate::check::Check;
use crate::rule::{Reach, Rule};

const SLACK: &str = "Revoke it under the app's OAuth & Permissions on api.slack.com (or with auth.revoke).";
const HOOK: &str = "Remove the incoming webhook from the app and make a new one.";
const TWILIO: &str = "Delete the key in the Twilio console and make a new one.";

pub(super) static RULES: &[Rule] = &[
    Rule::token("slack-bot-token", "Slack bot token", High, &["xoxb-"], r"xoxb-[0-9]{8,14}-(?:[0-9]{8,14}-)?[A-Za-z0-9]{18,34}")
        .reach(Reach::All)
        .advice(SLACK)
        .examples("{%xoxb-}{d:12}-{d:13}-{an:24}", "{%xoxb-}{d:12}"),
    Rule::token("slack-user-token", "Slack user token", Critical, &["xoxp-"], r"xoxp-(?:[0-9]{8,14}-){2,3}[A-Za-z0-9]{24,34}")
        .reach(Reach::All)
        .advice(SLACK)
        .examples("{%xoxp-}{d:12}-{d:12}-{d:12}-{hex:32}", "{%xoxp-}{d:12}"),
    Rule::token("slack-app-token", "Slack app-level token", High, &["xapp-"], r"xapp-\d-[A-Z0-9]+-\d+-[A-Za-z0-9]{32,80}")
        .reach(Reach::All)
        .advice(SLACK)
        .examples("{%xapp-}1-A{AN:10}-{d:13}-{hex:64}", "{%xapp-}1-A{AN:10}"),
    Rule::token(
        "slack-configuration-token",
        "Slack configuration token",
        High,
        &["xoxe.xox", "xoxe-"],
        r"xoxe(?:\.xox[bp])?-\d-[A-Za-z0-9]{140,170}",
    )
    .advice(SLACK)
    .reach(Reach::Own)
    .examples("{%xoxe.xox}p-1-{AN:165}", "{%xoxe.xox}p-1-{AN:40}"),
    Rule::token(
        "slack-legacy-token",
        "Slack legacy token",
        High,
        &["xoxa-", "xoxr-", "xoxs-", "xoxo-"],
        r"xox[arso]-(?:\d+-)*[A-Za-z0-9]{8,64}",
    )
    .entropy(3.0)
    .check(Check::Mixed)
    .advice(SLACK)
    .examples("{%xoxs-}{d:10}-{d:10}-{d:10}-{hex:10}", "{%xoxs-}a"),
    Rule::token("slack-session-cookie", "Slack session token", Critical, &["xoxc-", "xoxd-"], r"xox[cd]-[A-Za-z0-9%/+-]{40,200}")
        .check(Check::Mixed)
        .advice(SLACK)
        .examples("{%xoxc-}{d:12}-{d:12}-{d:12}-{hex:64}", "{%xoxc-}{d:12}"),
    Rule::token(
        "slack-webhook",
        "Slack webhook",
        Medium,
        &["hooks.slack.com/"],
        r"hooks\.slack\.com/((?:services|workflows|triggers)/[A-Za-z0-9/]{30,60})",
    )
    .reach(Reach::All)
    .entropy(3.0)
    .advice(HOOK)
    .examples(
        "https://{%hooks.slack.com}/services/T{AN:10}/B{AN:10}/{an:24}",
        "https://{%hooks.slack.com}/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
    ),
    Rule::token(
        "discord-webhook",
        "Discord webhook",
        Medium,
        &["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"],
        r"discord(?:app)?\.com/api/webhooks/(\d{17,20}/[\w-]{60,72})",
    )
    .advice(HOOK)
    .examples("https://{%discord.com}/api/webhooks/{d:18}/{an:68}", "https://{%discord.com}/api/webhooks/{d:18}"),
    Rule::line("discord-bot-token", "Discord bot token", High, &["discord"], r"\b([MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,40})")
        .entropy(3.8)
        .advice("Reset it under Bot in Discord's developer portal.")
        .examples("DISCORD_TOKEN=M{an:23}.{an:6}.{an:38}", "DISCORD_TOKEN=M{an:23}.{an:6}"),
    Rule::assigned(
        "discord-client-secret",
        "Discord client secret",
        High,
        &["discord_client_secret", "discord_secret", "discord"],
        r"[\w-]{32}",
    )
    .check(Check::Mixed)
    .entropy(3.8)
    .examples("DISCORD_CLIENT_SECRET={an:32}", "DISCORD_CLIENT_SECRET={an:30}"),
    Rule::line("telegram-bot-token", "Telegram bot token", High, &[":AA"], r"(?:^|[^0-9A-Za-z])(?:bot)?(\d{8,10}:AA[\w-]{33})")
        .entropy(3.8)
        .advice("Send /revoke to @BotFather.")
        .examples("BOT={d:10}:{%AA}{an:33}", "BOT={d:10}:{%AA}{an:20}"),
    Rule::token(
        "microsoft-teams-webhook",
        "Microsoft Teams webhook",
        Medium,
        &["webhook.office.com/webhookb2/"],
        r"webhook\.office\.com/(webhookb2/[0-9a-f-]{36}@[0-9a-f-]{36}/IncomingWebhook/[0-9a-f]{32}/[0-9a-f-]{36})",
    )
    .advice(HOOK)
    .examples(
        "https://x.webhook.office.com/webhookb2/{uuid}@{uuid}/IncomingWebhook/{hex:32}/{uuid}",
        "https://x.webhook.office.com/webhookb2/{uuid}",
    ),
    // "SK" alone stands in every other line.
    Rule::token(
        "twilio-api-key",
        "Twilio API key",
        High,
        &["SK0", "SK1", "SK2", "SK3", "SK4", "SK5", "SK6", "SK7", "SK8", "SK9", "SKa", "SKb", "SKc", "SKd", "SKe", "SKf"],
        r"SK[0-9a-f]{32}",
    )
    .reach(Reach::Own)
    .near(&["twilio"])
    .check(Check::Mixed)
    .advice(TWILIO)
    .examples("TWILIO_API_KEY={%SK}{hex:32}", "TWILIO_API_KEY={%SK}{hex:30}"),
    Rule::assigned("twilio-auth-token", "Twilio auth token", Critical, &["twilio"], r"[0-9a-f]{32}")
        .advice(TWILIO)
        .examples("TWILIO_AUTH_TOKEN={hex:32}", "TWILIO_AUTH_TOKEN={hex:30}"),
    Rule::token("sendgrid-key", "SendGrid API key", High, &["SG."], r"SG\.[\w-]{22}\.[\w-]{43}")
        .reach(Reach::Own)
        .advice("Delete it under Settings, API Keys, in SendGrid.")
        .examples("{%SG.}{an:22}.{an:43}", "{%SG.}{an:22}.{an:20}"),
    Rule::line("mailgun-key", "Mailgun API key", High, &["mailgun"], r"\b((?:key-)?[0-9a-f]{32}(?:-[0-9a-f]{8}-[0-9a-f]{8})?)\b")
        .check(Check::Mixed)
        .entropy(3.0)
        .examples("MAILGUN_API_KEY=key-{hex:32}", "MAILGUN_API_KEY=key-{hex:20}"),
    Rule::line("mailchimp-key", "Mailchimp API key", High, &["-us"], r"\b([0-9a-f]{32}-us\d{1,2})\b")
        .entropy(3.0)
        .examples("MAILCHIMP={hex:32}-us14", "MAILCHIMP={hex:30}-us14"),
    Rule::assigned("mandrill-key", "Mandrill API key", High, &["mandrill"], r"(?:md-)?[\w-]{22}")
        .check(Check::Mixed)
        .entropy(3.5)
        .examples("MANDRILL_API_KEY={an:22}", "MANDRILL_API_KEY={an:20}"),
    Rule::token("mailersend-token", "MailerSend token", High, &["mlsn."], r"mlsn\.[0-9a-f]{64}")
        .reach(Reach::Own)
        .examples("{%mlsn.}{hex:64}", "{%mlsn.}{hex:40}"),
    Rule::token("brevo-key", "Brevo (Sendinblue) API key", High, &["xkeysib-"], r"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}")
        .examples("{%xkeysib-}{hex:64}-{an:16}", "{%xkeysib-}{hex:64}"),
    Rule::token("brevo-smtp-key", "Brevo (Sendinblue) SMTP key", High, &["xsmtpsib-"], r"xsmtpsib-[0-9a-f]{64}-[A-Za-z0-9]{16}")
        .reach(Reach::Own)
        .examples("{%xsmtpsib-}{hex:64}-{an:16}", "{%xsmtpsib-}{hex:64}"),
    Rule::assigned("resend-key", "Resend API key", High, &["resend"], r"re_[A-Za-z0-9_]{24,36}")
        .check(Check::Mixed)
        .examples("RESEND_API_KEY=re_{an:8}_{an:24}", "RESEND_API_KEY=re_{an:8}"),
    Rule::assigned("postmark-token", "Postmark server token", High, &["postmark"], r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
        .examples("POSTMARK_SERVER_TOKEN={uuid}", "POSTMARK_SERVER_TOKEN={hex:32}"),
    Rule::assigned("sparkpost-key", "SparkPost API key", High, &["sparkpost"], r"[0-9a-f]{40}")
        .examples("SPARKPOST_API_KEY={hex:40}", "SPARKPOST_API_KEY={hex:30}"),
    Rule::assigned("mailjet-key", "Mailjet API key", High, &["mailjet"], r"[0-9a-f]{32}")
        .examples("MAILJET_SECRET={hex:32}", "MAILJET_SECRET={hex:30}"),
    Rule::assigned("messagebird-key", "Bird (MessageBird) API key", High, &["messagebird"], r"[A-Za-z0-9]{25}")
        .check(Check::Mixed)
        .examples("MESSAGEBIRD_API_KEY={an:25}", "MESSAGEBIRD_API_KEY={an:20}"),
    Rule::assigned("vonage-secret", "Vonage (Nexmo) API secret", High, &["nexmo", "vonage"], r"[A-Za-z0-9]{16}")
        .check(Check::Mixed)
        .examples("NEXMO_API_SECRET={an:16}", "NEXMO_API_SECRET={an:12}"),
    Rule::assigned("plivo-token", "Plivo auth token", High, &["plivo"], r"[A-Za-z0-9]{40}")
        .check(Check::Mixed)
        .examples("PLIVO_AUTH_TOKEN={an:40}", "PLIVO_AUTH_TOKEN={an:30}"),
    Rule::assigned("telnyx-key", "Telnyx API key", High, &["telnyx"], r"KEY[0-9A-Za-z_-]{55}")
        .check(Check::Mixed)
        .examples("TELNYX_API_KEY=KEY{an:55}", "TELNYX_API_KEY=KEY{an:30}"),
    Rule::assigned("intercom-token", "Intercom access token", High, &["intercom"], r"[A-Za-z0-9=_]{60}")
        .check(Check::Mixed)
        .examples("INTERCOM_TOKEN={an:60}", "INTERCOM_TOKEN={an:50}"),
    Rule::assigned("sendbird-token", "Sendbird API token", High, &["sendbird"], r"[0-9a-f]{40}")
        .examples("SENDBIRD_API_TOKEN={hex:40}", "SENDBIRD_API_TOKEN={hex:30}"),
    Rule::assigned("line-token", "LINE channel token", High, &["line_channel", "line_token"], r"[A-Za-z0-9/+=]{172}")
        .examples("LINE_CHANNEL_ACCESS_TOKEN={b64:172}", "LINE_CHANNEL_ACCESS_TOKEN={b64:100}"),
    Rule::assigned("mattermost-token", "Mattermost access token", High, &["mattermost"], r"[a-z0-9]{26}")
        .check(Check::Mixed)
        .examples("MATTERMOST_TOKEN={ln:26}", "MATTERMOST_TOKEN={ln:20}"),
    Rule::assigned("zoom-secret", "Zoom client secret", High, &["zoom_client_secret", "zoom_api_secret"], r"[A-Za-z0-9]{32,36}")
        .check(Check::Mixed)
        .examples("ZOOM_CLIENT_SECRET={an:32}", "ZOOM_CLIENT_SECRET={an:20}"),
    Rule::token("facebook-page-token", "Facebook access token", High, &["EAAC", "EAAM", "EAAB", "EAAG"], r"EAA[CMBG][A-Za-z0-9]{100,300}")
        .entropy(4.0)
        .reach(Reach::Own)
        .examples("{%EAAC}{an:140}", "{%EAAC}{an:60}"),
    Rule::assigned("facebook-secret", "Facebook app secret", High, &["facebook", "fb_app_secret"], r"[0-9a-f]{32}")
        .examples("FACEBOOK_APP_SECRET={hex:32}", "FACEBOOK_APP_SECRET={hex:30}"),
    Rule::line("twitter-bearer-token", "X (Twitter) bearer token", High, &["AAAAAAAAAAAAAAAAAAAA"], r"\bA{20,22}([A-Za-z0-9%]{60,100})")
        .entropy(4.0)
        .near(&["twitter", "bearer"])
        .examples("TWITTER_BEARER={%AAAAAAAAAAAAAAAAAAAAAA}{an:80}", "TWITTER_BEARER={%AAAAAAAAAAAAAAAAAAAAAA}{an:20}"),
    Rule::assigned("twitter-api-secret", "X (Twitter) API secret", High, &["twitter"], r"[A-Za-z0-9]{45,50}")
        .check(Check::Mixed)
        .entropy(3.8)
        .examples("TWITTER_API_SECRET={an:50}", "TWITTER_API_SECRET={an:30}"),
    Rule::assigned("twitch-token", "Twitch token", Medium, &["twitch"], r"[a-z0-9]{30}")
        .check(Check::Mixed)
        .examples("TWITCH_CLIENT_SECRET={ln:30}", "TWITCH_CLIENT_SECRET={ln:20}"),
    Rule::assigned(
        "linkedin-secret",
        "LinkedIn client secret",
        High,
        &["linkedin"],
        r"(?:WPL_AP1\.[A-Za-z0-9.=/+]{20,40}|[A-Za-z0-9]{16})",
    )
    .check(Check::Mixed)
    .examples("LINKEDIN_CLIENT_SECRET={an:16}", "LINKEDIN_CLIENT_SECRET={an:12}"),
    Rule::assigned("pushover-token", "Pushover token", Low, &["pushover"], r"[au][a-z0-9]{29}")
        .check(Check::Mixed)
        .examples("PUSHOVER_TOKEN=a{ln:29}", "PUSHOVER_TOKEN=a{ln:20}"),
    Rule::assigned("onesignal-key", "OneSignal REST API key", Medium, &["onesignal"], r"(?:os_v2_app_[a-z2-7]{100,110}|[A-Za-z0-9]{48})")
        .check(Check::Mixed)
        .examples("ONESIGNAL_REST_API_KEY={an:48}", "ONESIGNAL_REST_API_KEY={an:30}"),
    Rule::assigned("pusher-secret", "Pusher app secret", Medium, &["pusher"], r"[0-9a-f]{20}")
        .examples("PUSHER_APP_SECRET={hex:20}", "PUSHER_APP_SECRET={hex:18}"),
];
