//! Payments, shops, money.

use plimsoll_evidence::Severity::{Critical, High, Low, Medium};

use crate::check::Check;
use crate::rule::{Reach, Rule};

const STRIPE: &str = "Roll the key under Developers, API keys, in Stripe's dashboard and look at the request log.";
const SHOPIFY: &str = "Rotate the app's credentials in Shopify and look at what the app read.";

pub(super) static RULES: &[Rule] = &[
    Rule::token("stripe-secret-key", "Stripe live secret key", Critical, &["sk_live_"], r"sk_live_[A-Za-z0-9]{20,247}")
        .reach(Reach::All)
        .entropy(3.0)
        .advice(STRIPE)
        .examples("{%sk_live_}{an:24}", "{%sk_live_}{an:8}"),
    Rule::token("stripe-restricted-key", "Stripe live restricted key", High, &["rk_live_"], r"rk_live_[A-Za-z0-9]{20,247}")
        .reach(Reach::All)
        .entropy(3.0)
        .advice(STRIPE)
        .examples("{%rk_live_}{an:24}", "{%rk_live_}{an:8}"),
    Rule::token("stripe-test-key", "Stripe test key", Low, &["sk_test_", "rk_test_"], r"[sr]k_test_[A-Za-z0-9]{20,247}")
        .entropy(3.0)
        .advice(STRIPE)
        .examples("{%sk_test_}{an:24}", "{%sk_test_}{an:8}"),
    Rule::token("stripe-webhook-secret", "Stripe webhook secret", Medium, &["whsec_"], r"whsec_[A-Za-z0-9+/]{32,64}")
        .check(Check::Mixed)
        .advice(STRIPE)
        .examples("{%whsec_}{an:32}", "{%whsec_}{an:12}"),
    Rule::token("square-access-token", "Square access token", Critical, &["sq0atp-"], r"sq0atp-[\w-]{22}")
        .examples("{%sq0atp-}{an:22}", "{%sq0atp-}{an:12}"),
    Rule::token("square-oauth-secret", "Square OAuth secret", Critical, &["sq0csp-"], r"sq0csp-[\w-]{43}")
        .reach(Reach::Own)
        .examples("{%sq0csp-}{an:43}", "{%sq0csp-}{an:12}"),
    Rule::token("square-production-token", "Square access token", Critical, &["EAAA"], r"EAAA[\w-]{60}")
        .reach(Reach::Own)
        .near(&["square"])
        .check(Check::Mixed)
        .examples("square_token={%EAAA}{an:60}", "square_token={%EAAA}{an:20}"),
    Rule::token(
        "braintree-token",
        "PayPal Braintree access token",
        Critical,
        &["access_token$production$"],
        r"access_token\$production\$[0-9a-z]{16}\$[0-9a-f]{32}",
    )
    .reach(Reach::Own)
    .examples("access_token$production${ln:16}${hex:32}", "access_token$production${ln:16}"),
    Rule::assigned("paypal-secret", "PayPal client secret", Critical, &["paypal"], r"E[\w-]{79}")
        .check(Check::Mixed)
        .examples("PAYPAL_CLIENT_SECRET=E{an:79}", "PAYPAL_CLIENT_SECRET=E{an:40}"),
    Rule::token("razorpay-key", "Razorpay key ID", Medium, &["rzp_live_"], r"rzp_live_[A-Za-z0-9]{14}")
        .reach(Reach::Own)
        .examples("{%rzp_live_}{an:14}", "{%rzp_live_}{an:8}"),
    Rule::token("flutterwave-secret-key", "Flutterwave secret key", Critical, &["FLWSECK"], r"FLWSECK(?:_TEST)?-[0-9a-zA-Z]{32}-X")
        .reach(Reach::Own)
        .examples("{%FLWSECK}-{ln:32}-X", "{%FLWSECK}-{ln:20}-X"),
    Rule::assigned("paystack-key", "Paystack secret key", Critical, &["paystack"], r"sk_[a-z]{4}_[0-9a-f]{40}")
        .examples("PAYSTACK_KEY=sk_tset_{hex:40}", "PAYSTACK_KEY=sk_tset_{hex:20}"),
    Rule::token(
        "plaid-access-token",
        "Plaid access token",
        Critical,
        &["access-production-", "access-development-", "access-sandbox-"],
        r"access-(?:production|development|sandbox)-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}",
    )
    .reach(Reach::Own)
    .examples("{%access-production-}{uuid}", "{%access-production-}{hex:20}"),
    Rule::assigned("plaid-secret", "Plaid secret", Critical, &["plaid_secret", "plaid"], r"[0-9a-f]{30}")
        .examples("PLAID_SECRET={hex:30}", "PLAID_SECRET={hex:28}"),
    Rule::token("shopify-access-token", "Shopify access token", Critical, &["shpat_"], r"shpat_[0-9a-fA-F]{32}")
        .advice(SHOPIFY)
        .examples("{%shpat_}{hex:32}", "{%shpat_}{hex:20}"),
    Rule::token("shopify-custom-app-token", "Shopify custom app token", Critical, &["shpca_"], r"shpca_[0-9a-fA-F]{32}")
        .advice(SHOPIFY)
        .examples("{%shpca_}{hex:32}", "{%shpca_}{hex:20}"),
    Rule::token("shopify-private-app-password", "Shopify private app password", Critical, &["shppa_"], r"shppa_[0-9a-fA-F]{32}")
        .advice(SHOPIFY)
        .examples("{%shppa_}{hex:32}", "{%shppa_}{hex:20}"),
    Rule::token("shopify-shared-secret", "Shopify shared secret", High, &["shpss_"], r"shpss_[0-9a-fA-F]{32}")
        .advice(SHOPIFY)
        .examples("{%shpss_}{hex:32}", "{%shpss_}{hex:20}"),
    Rule::token("easypost-key", "EasyPost API key", High, &["EZAK"], r"EZAK[A-Za-z0-9]{54}")
        .check(Check::Mixed)
        .reach(Reach::Own)
        .examples("{%EZAK}{an:54}", "{%EZAK}{an:30}"),
    Rule::token("easypost-test-key", "EasyPost test key", Low, &["EZTK"], r"EZTK[A-Za-z0-9]{54}")
        .check(Check::Mixed)
        .reach(Reach::Own)
        .examples("{%EZTK}{an:54}", "{%EZTK}{an:30}"),
    Rule::token("shippo-token", "Shippo token", High, &["shippo_live_", "shippo_test_"], r"shippo_(?:live|test)_[0-9a-f]{40}")
        .reach(Reach::Own)
        .examples("{%shippo_live_}{hex:40}", "{%shippo_live_}{hex:20}"),
    Rule::token("duffel-token", "Duffel API token", High, &["duffel_live_", "duffel_test_"], r"duffel_(?:live|test)_[\w=-]{43}")
        .reach(Reach::Own)
        .examples("{%duffel_live_}{an:43}", "{%duffel_live_}{an:20}"),
    Rule::assigned("gocardless-token", "GoCardless access token", Critical, &["gocardless"], r"live_[\w=-]{40}")
        .check(Check::Mixed)
        .examples("GOCARDLESS_TOKEN=live_{an:40}", "GOCARDLESS_TOKEN=live_{an:20}"),
    Rule::assigned("mollie-key", "Mollie API key", Critical, &["mollie"], r"live_[A-Za-z0-9]{30}")
        .check(Check::Mixed)
        .examples("MOLLIE_API_KEY=live_{an:30}", "MOLLIE_API_KEY=live_{an:20}"),
    Rule::assigned("lob-key", "Lob API key", High, &["lob_"], r"live_[0-9a-f]{35}")
        .examples("LOB_API_KEY=live_{hex:35}", "LOB_API_KEY=live_{hex:20}"),
    Rule::assigned("coinbase-key", "Coinbase API key", Critical, &["coinbase"], r"[A-Za-z0-9_-]{64}")
        .check(Check::Mixed)
        .entropy(3.8)
        .examples("COINBASE_API_SECRET={an:64}", "COINBASE_API_SECRET={an:40}"),
    Rule::assigned("binance-secret", "Binance API secret", Critical, &["binance"], r"[A-Za-z0-9]{64}")
        .check(Check::Mixed)
        .entropy(3.8)
        .examples("BINANCE_SECRET={an:64}", "BINANCE_SECRET={an:40}"),
    Rule::assigned("kraken-key", "Kraken API key", Critical, &["kraken"], r"[A-Za-z0-9/+]{86}==")
        .examples("KRAKEN_PRIVATE_KEY={b64:86}==", "KRAKEN_PRIVATE_KEY={b64:40}=="),
    Rule::assigned("adyen-key", "Adyen API key", Critical, &["adyen"], r"AQE[A-Za-z0-9]{2,3}mf[\w+/=.-]{60,200}")
        .examples("ADYEN_API_KEY=AQEyhmf{an:100}", "ADYEN_API_KEY=AQEyhmf{an:20}"),
    Rule::assigned("finicity-secret", "Finicity partner secret", High, &["finicity"], r"[A-Za-z0-9]{20}")
        .check(Check::Mixed)
        .entropy(3.3)
        .examples("FINICITY_SECRET={an:20}", "FINICITY_SECRET={an:18}"),
    Rule::assigned("bittrex-secret", "Bittrex secret", High, &["bittrex"], r"[0-9a-f]{32}")
        .examples("BITTREX_SECRET={hex:32}", "BITTREX_SECRET={hex:30}"),
    Rule::assigned("freshbooks-token", "FreshBooks token", High, &["freshbooks"], r"[0-9a-f]{64}")
        .examples("FRESHBOOKS_TOKEN={hex:64}", "FRESHBOOKS_TOKEN={hex:60}"),
];
