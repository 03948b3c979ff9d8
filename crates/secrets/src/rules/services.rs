//! Identity, documents, design, customers, everything else.

use plimsoll_evidence::Severity::{Critical, High, Low, Medium};

use crate::check::Check;
use crate::rule::{Reach, Rule};

pub(super) static RULES: &[Rule] = &[
    Rule::token("adobe-client-secret", "Adobe client secret", High, &["p8e-"], r"p8e-[A-Za-z0-9]{32}")
        .reach(Reach::Own)
        .examples("{%p8e-}{an:32}", "{%p8e-}{an:20}"),
    Rule::line("airtable-token", "Airtable personal access token", High, &["airtable"], r"\b(pat[A-Za-z0-9]{14}\.[0-9a-f]{64})\b")
        .examples("AIRTABLE_TOKEN=pat{an:14}.{hex:64}", "AIRTABLE_TOKEN=pat{an:14}.{hex:20}"),
    Rule::assigned("airtable-key", "Airtable API key", High, &["airtable"], r"key[A-Za-z0-9]{14}")
        .check(Check::Mixed)
        .examples("AIRTABLE_API_KEY=key{an:14}", "AIRTABLE_API_KEY=key{an:12}"),
    Rule::assigned("asana-secret", "Asana client secret", High, &["asana_client_secret", "asana"], r"[a-z0-9]{32}")
        .check(Check::Mixed)
        .entropy(3.5)
        .examples("ASANA_CLIENT_SECRET={ln:32}", "ASANA_CLIENT_SECRET={ln:30}"),
    Rule::assigned(
        "asana-token",
        "Asana personal access token",
        High,
        &["asana"],
        r"(?:[0-9]/\d{16}:[a-z0-9]{32}|2/\d{16}/\d{16}:[0-9a-f]{32})",
    )
    .examples("ASANA_TOKEN=1/{d:16}:{ln:32}", "ASANA_TOKEN=1/{d:16}"),
    Rule::token("linear-key", "Linear API key", High, &["lin_api_"], r"lin_api_[A-Za-z0-9]{40}")
        .examples("{%lin_api_}{an:40}", "{%lin_api_}{an:20}"),
    Rule::token("linear-oauth-token", "Linear OAuth token", High, &["lin_oauth_"], r"lin_oauth_[0-9a-f]{64}")
        .examples("{%lin_oauth_}{hex:64}", "{%lin_oauth_}{hex:20}"),
    Rule::token("notion-token", "Notion integration token", High, &["ntn_"], r"ntn_[0-9]{11}[A-Za-z0-9]{35}")
        .examples("{%ntn_}{d:11}{an:35}", "{%ntn_}{d:11}{an:20}"),
    Rule::assigned("notion-legacy-token", "Notion integration token", High, &["notion"], r"secret_[A-Za-z0-9]{43}")
        .check(Check::Mixed)
        .examples("NOTION_TOKEN=secret_{an:43}", "NOTION_TOKEN=secret_{an:20}"),
    Rule::token("figma-token", "Figma personal access token", Medium, &["figd_"], r"figd_[\w-]{40,43}")
        .entropy(3.5)
        .examples("{%figd_}{an:40}", "{%figd_}{an:20}"),
    Rule::token("typeform-token", "Typeform token", Medium, &["tfp_"], r"tfp_[\w.=-]{59}")
        .entropy(3.5)
        .reach(Reach::Own)
        .examples("{%tfp_}{an:59}", "{%tfp_}{an:20}"),
    Rule::token("contentful-token", "Contentful management token", High, &["CFPAT-"], r"CFPAT-[\w-]{43}")
        .examples("{%CFPAT-}{an:43}", "{%CFPAT-}{an:20}"),
    Rule::assigned("contentful-delivery-token", "Contentful delivery token", Low, &["contentful"], r"[\w=-]{43}")
        .check(Check::Mixed)
        .entropy(3.8)
        .examples("CONTENTFUL_DELIVERY_TOKEN={an:43}", "CONTENTFUL_DELIVERY_TOKEN={an:40}"),
    Rule::line("mapbox-secret-token", "Mapbox secret token", Medium, &["sk.eyJ"], r"\b(sk\.eyJ[\w-]{60,200}\.[\w-]{22})")
        .examples("MAPBOX={%sk.eyJ}{an:80}.{an:22}", "MAPBOX={%sk.eyJ}{an:20}"),
    Rule::token(
        "hubspot-token",
        "HubSpot private app token",
        High,
        &["pat-na1-", "pat-eu1-"],
        r"pat-(?:na|eu)1-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}",
    )
    .examples("{%pat-na1-}{uuid}", "{%pat-na1-}{hex:20}"),
    Rule::assigned("hubspot-key", "HubSpot API key", High, &["hubspot", "hapikey"], r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
        .examples("HUBSPOT_API_KEY={uuid}", "HUBSPOT_API_KEY={hex:32}"),
    Rule::line("salesforce-token", "Salesforce access token", High, &["00D"], r"\b(00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?![\w.]{80,120})")
        .entropy(3.8)
        .examples("SF={%00D}{an:12}!{an:96}", "SF={%00D}{an:12}!{an:20}"),
    Rule::assigned("zendesk-token", "Zendesk API token", High, &["zendesk"], r"[A-Za-z0-9]{40}")
        .check(Check::Mixed)
        .examples("ZENDESK_API_TOKEN={an:40}", "ZENDESK_API_TOKEN={an:30}"),
    Rule::assigned("freshdesk-key", "Freshdesk API key", Medium, &["freshdesk"], r"[A-Za-z0-9]{20}")
        .check(Check::Mixed)
        .examples("FRESHDESK_API_KEY={an:20}", "FRESHDESK_API_KEY={an:16}"),
    Rule::assigned("okta-token", "Okta API token", Critical, &["okta"], r"00[\w-]{40}")
        .entropy(3.8)
        .check(Check::Mixed)
        .examples("OKTA_API_TOKEN=00{an:40}", "OKTA_API_TOKEN=00{an:20}"),
    Rule::assigned("auth0-secret", "Auth0 client secret", Critical, &["auth0"], r"[\w-]{64}")
        .entropy(4.0)
        .check(Check::Mixed)
        .examples("AUTH0_CLIENT_SECRET={an:64}", "AUTH0_CLIENT_SECRET={an:40}"),
    Rule::assigned("clerk-key", "Clerk secret key", Critical, &["clerk"], r"sk_[a-z]{4}_[A-Za-z0-9]{40,50}")
        .examples("CLERK_SECRET_KEY=sk_tset_{an:42}", "CLERK_SECRET_KEY=sk_tset_{an:20}"),
    Rule::token("workos-key", "WorkOS API key", Critical, &["sk_prod_"], r"sk_prod_[A-Za-z0-9]{32,100}")
        .reach(Reach::Own)
        .examples("{%sk_prod_}{an:48}", "{%sk_prod_}{an:12}"),
    Rule::token("dropbox-token", "Dropbox access token", High, &["sl.u.", "sl.B", "sl.A"], r"sl\.(?:u\.)?[\w=-]{130,200}")
        .reach(Reach::Own)
        .entropy(4.0)
        .examples("{%sl.B}{an:140}", "{%sl.B}{an:40}"),
    Rule::assigned("dropbox-secret", "Dropbox app secret", High, &["dropbox"], r"[a-z0-9]{15}")
        .check(Check::Mixed)
        .examples("DROPBOX_APP_SECRET={ln:15}", "DROPBOX_APP_SECRET={ln:12}"),
    Rule::assigned("box-secret", "Box client secret", High, &["box_client_secret"], r"[A-Za-z0-9]{32}")
        .check(Check::Mixed)
        .examples("BOX_CLIENT_SECRET={an:32}", "BOX_CLIENT_SECRET={an:30}"),
    Rule::token("frameio-token", "Frame.io token", Medium, &["fio-u-"], r"fio-u-[\w=-]{64}")
        .reach(Reach::Own)
        .examples("{%fio-u-}{an:64}", "{%fio-u-}{an:40}"),
    Rule::token("clickup-token", "ClickUp token", Medium, &["pk_"], r"pk_\d{6,9}_[A-Z0-9]{32}")
        .reach(Reach::Own)
        .examples("{%pk_}{d:8}_{AN:32}", "{%pk_}{d:8}_{AN:20}"),
    Rule::assigned(
        "shortcut-token",
        "Shortcut API token",
        Medium,
        &["shortcut_api", "clubhouse_api"],
        r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}",
    )
    .examples("SHORTCUT_API_TOKEN={uuid}", "SHORTCUT_API_TOKEN={hex:32}"),
    Rule::assigned("trello-token", "Trello token", Medium, &["trello"], r"(?:ATTA[0-9a-zA-Z]{72}|[0-9a-f]{64})")
        .examples("TRELLO_TOKEN={hex:64}", "TRELLO_TOKEN={hex:60}"),
    Rule::assigned("todoist-token", "Todoist token", Low, &["todoist"], r"[0-9a-f]{40}")
        .examples("TODOIST_TOKEN={hex:40}", "TODOIST_TOKEN={hex:30}"),
    Rule::assigned("webflow-token", "Webflow token", Medium, &["webflow"], r"[0-9a-f]{64}")
        .examples("WEBFLOW_TOKEN={hex:64}", "WEBFLOW_TOKEN={hex:60}"),
    Rule::line("sanity-token", "Sanity token", Medium, &["sanity"], r"\b(sk[A-Za-z0-9]{80,180})\b")
        .check(Check::Mixed)
        .entropy(4.0)
        .examples("SANITY_TOKEN=sk{an:100}", "SANITY_TOKEN=sk{an:40}"),
    Rule::line("beamer-token", "Beamer token", Low, &["beamer"], r"\b(b_[\w=-]{44})")
        .entropy(2.5)
        .check(Check::Mixed)
        .examples("BEAMER_API_KEY={%b_}{an:44}", "BEAMER_API_KEY={%b_}{an:20}"),
    Rule::token("lichess-token", "Lichess token", Low, &["lip_"], r"lip_[A-Za-z0-9]{20}")
        .check(Check::Mixed)
        .reach(Reach::Own)
        .examples("{%lip_}{an:20}", "{%lip_}{an:12}"),
    Rule::token("settlemint-token", "SettleMint access token", High, &["sm_aat_", "sm_pat_", "sm_sat_"], r"sm_[aps]at_[A-Za-z0-9]{16}")
        .reach(Reach::Own)
        .examples("{%sm_aat_}{an:16}", "{%sm_aat_}{an:10}"),
    Rule::line(
        "authress-key",
        "Authress service client key",
        High,
        &[".acc-", ".acc_"],
        r"\b((?:sc|ext|scauth|authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_-][a-z0-9-]{10,32}\.[A-Za-z0-9+/_=-]{30,120})",
    )
    .examples("sc_{ln:12}.{ln:4}{%.acc-}{ln:16}.{an:60}", "sc_{ln:12}.{ln:4}{%.acc-}{ln:16}"),
    Rule::assigned("flickr-secret", "Flickr secret", Low, &["flickr"], r"[0-9a-f]{16}")
        .entropy(2.4)
        .examples("FLICKR_SECRET={hex:16}", "FLICKR_SECRET={hex:14}"),
    Rule::assigned("etsy-token", "Etsy keystring", Low, &["etsy"], r"[a-z0-9]{24}")
        .check(Check::Mixed)
        .examples("ETSY_API_KEY={ln:24}", "ETSY_API_KEY={ln:20}"),
    Rule::assigned("squarespace-key", "Squarespace API key", Medium, &["squarespace"], r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
        .examples("SQUARESPACE_API_KEY={uuid}", "SQUARESPACE_API_KEY={hex:32}"),
    Rule::assigned("rapidapi-key", "RapidAPI key", Medium, &["rapidapi"], r"[A-Za-z0-9]{50}")
        .check(Check::Mixed)
        .examples("RAPIDAPI_KEY={an:50}", "RAPIDAPI_KEY={an:40}"),
    Rule::assigned("nytimes-key", "New York Times API key", Low, &["nytimes"], r"[A-Za-z0-9]{32}")
        .check(Check::Mixed)
        .examples("NYTIMES_API_KEY={an:32}", "NYTIMES_API_KEY={an:30}"),
    Rule::assigned("finnhub-token", "Finnhub token", Low, &["finnhub"], r"[a-z0-9]{20}")
        .check(Check::Mixed)
        .examples("FINNHUB_TOKEN={ln:20}", "FINNHUB_TOKEN={ln:16}"),
    Rule::assigned(
        "maxmind-key",
        "MaxMind license key",
        Low,
        &["maxmind", "geoip"],
        r"(?:[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk|[A-Za-z0-9]{16})",
    )
    .check(Check::Mixed)
    .examples("MAXMIND_LICENSE_KEY={an:6}_{an:29}_mmk", "MAXMIND_LICENSE_KEY={an:10}"),
    Rule::assigned("adafruit-key", "Adafruit IO key", Low, &["adafruit"], r"(?:aio_[A-Za-z0-9]{28}|[0-9a-f]{32})")
        .examples("ADAFRUIT_IO_KEY=aio_{an:28}", "ADAFRUIT_IO_KEY=aio_{an:20}"),
    Rule::assigned("cloudinary-secret", "Cloudinary API secret", Medium, &["cloudinary_api_secret", "cloudinary"], r"[\w-]{27}")
        .check(Check::Mixed)
        .entropy(3.5)
        .examples("CLOUDINARY_API_SECRET={an:27}", "CLOUDINARY_API_SECRET={an:20}"),
    Rule::assigned("privateai-key", "Private AI key", Medium, &["private_ai", "privateai"], r"[a-z0-9]{32}")
        .check(Check::Mixed)
        .examples("PRIVATE_AI_API_KEY={ln:32}", "PRIVATE_AI_API_KEY={ln:30}"),
    Rule::assigned("docusign-key", "DocuSign integration key", Medium, &["docusign"], r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
        .examples("DOCUSIGN_SECRET_KEY={uuid}", "DOCUSIGN_SECRET_KEY={hex:32}"),
];
