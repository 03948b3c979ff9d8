//! Machine learning services.

use plimsoll_evidence::Severity::{Critical, High, Medium};

use crate::check::Check;
use crate::rule::{Reach, Rule};

const OPENAI: &str = "Revoke it under API keys on platform.openai.com and look at the usage page.";
const ANTHROPIC: &str = "Disable it under API keys in the Anthropic console.";

pub(super) static RULES: &[Rule] = &[
    Rule::token("openai-project-key", "OpenAI project key", High, &["sk-proj-"], r"sk-proj-[\w-]{20,110}T3BlbkFJ[\w-]{20,110}")
        .reach(Reach::All)
        .advice(OPENAI)
        .examples("{%sk-proj-}{an:74}{%T3BlbkFJ}{an:74}", "{%sk-proj-}{an:74}"),
    Rule::token(
        "openai-service-account-key",
        "OpenAI service account key",
        High,
        &["sk-svcacct-"],
        r"sk-svcacct-[\w-]{20,110}T3BlbkFJ[\w-]{20,110}",
    )
    .advice(OPENAI)
    .examples("{%sk-svcacct-}{an:74}{%T3BlbkFJ}{an:74}", "{%sk-svcacct-}{an:74}"),
    Rule::token("openai-admin-key", "OpenAI admin key", Critical, &["sk-admin-"], r"sk-admin-[\w-]{20,110}T3BlbkFJ[\w-]{20,110}")
        .advice(OPENAI)
        .examples("{%sk-admin-}{an:74}{%T3BlbkFJ}{an:74}", "{%sk-admin-}{an:74}"),
    Rule::line("openai-legacy-key", "OpenAI key", High, &["T3BlbkFJ"], r"\b(sk-(?:None-)?[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})\b")
        .reach(Reach::Texts)
        .advice(OPENAI)
        .examples("OPENAI_API_KEY=sk-{an:20}{%T3BlbkFJ}{an:20}", "OPENAI_API_KEY=sk-{an:20}{%T3BlbkFJ}{an:8}"),
    Rule::token("anthropic-key", "Anthropic API key", High, &["sk-ant-api03-"], r"sk-ant-api03-[\w-]{93}AA")
        .reach(Reach::All)
        .advice(ANTHROPIC)
        .examples("{%sk-ant-api03-}{an:93}AA", "{%sk-ant-api03-}{an:60}AA"),
    Rule::token("anthropic-admin-key", "Anthropic admin key", Critical, &["sk-ant-admin01-"], r"sk-ant-admin01-[\w-]{93}AA")
        .advice(ANTHROPIC)
        .examples("{%sk-ant-admin01-}{an:93}AA", "{%sk-ant-admin01-}{an:60}AA"),
    Rule::token(
        "anthropic-oauth-token",
        "Anthropic OAuth token",
        High,
        &["sk-ant-oat01-", "sk-ant-ort01-"],
        r"sk-ant-o[ar]t01-[\w-]{80,110}",
    )
    .advice(ANTHROPIC)
    .examples("{%sk-ant-oat01-}{an:95}", "{%sk-ant-oat01-}{an:60}"),
    Rule::token("huggingface-token", "Hugging Face access token", High, &["hf_"], r"hf_[A-Za-z]{34}")
        .reach(Reach::Own)
        .entropy(3.8)
        .advice("Invalidate it under Settings, Access Tokens, on huggingface.co.")
        .examples("{%hf_}{az:34}", "{%hf_}{az:20}"),
    Rule::token("huggingface-organization-token", "Hugging Face organization token", High, &["api_org_"], r"api_org_[A-Za-z]{34}")
        .reach(Reach::Own)
        .examples("{%api_org_}{az:34}", "{%api_org_}{az:20}"),
    Rule::token("replicate-token", "Replicate API token", High, &["r8_"], r"r8_[A-Za-z0-9]{37}")
        .reach(Reach::Own)
        .check(Check::Mixed)
        .entropy(3.8)
        .examples("{%r8_}{an:37}", "{%r8_}{an:20}"),
    Rule::token("groq-key", "Groq API key", High, &["gsk_"], r"gsk_[A-Za-z0-9]{52}")
        .check(Check::Mixed)
        .examples("{%gsk_}{an:52}", "{%gsk_}{an:30}"),
    Rule::token("perplexity-key", "Perplexity API key", High, &["pplx-"], r"pplx-[A-Za-z0-9]{48}")
        .reach(Reach::Own)
        .examples("{%pplx-}{an:48}", "{%pplx-}{an:30}"),
    Rule::token("xai-key", "xAI API key", High, &["xai-"], r"xai-[A-Za-z0-9]{80}")
        .check(Check::Mixed)
        .examples("{%xai-}{an:80}", "{%xai-}{an:40}"),
    Rule::token("openrouter-key", "OpenRouter API key", High, &["sk-or-v1-"], r"sk-or-v1-[0-9a-f]{64}")
        .examples("{%sk-or-v1-}{hex:64}", "{%sk-or-v1-}{hex:40}"),
    Rule::token("together-key", "Together AI key", High, &["tgp_v1_"], r"tgp_v1_[\w-]{43}")
        .reach(Reach::Own)
        .examples("{%tgp_v1_}{an:43}", "{%tgp_v1_}{an:20}"),
    Rule::token("langsmith-key", "LangSmith API key", Medium, &["lsv2_pt_", "lsv2_sk_"], r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}")
        .reach(Reach::Own)
        .examples("{%lsv2_pt_}{hex:32}_{hex:10}", "{%lsv2_pt_}{hex:32}"),
    Rule::token("langfuse-key", "Langfuse secret key", Medium, &["sk-lf-"], r"sk-lf-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
        .reach(Reach::Own)
        .examples("{%sk-lf-}{uuid}", "{%sk-lf-}{hex:20}"),
    Rule::token("pinecone-key", "Pinecone API key", High, &["pcsk_"], r"pcsk_[A-Za-z0-9]{5,6}_[A-Za-z0-9]{63,64}")
        .reach(Reach::Own)
        .examples("{%pcsk_}{an:6}_{an:63}", "{%pcsk_}{an:6}_{an:20}"),
    Rule::token("nvidia-key", "NVIDIA API key", High, &["nvapi-"], r"nvapi-[\w-]{64}")
        .reach(Reach::Own)
        .examples("{%nvapi-}{an:64}", "{%nvapi-}{an:40}"),
    Rule::token("tavily-key", "Tavily API key", Medium, &["tvly-"], r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{32}")
        .reach(Reach::Own)
        .examples("{%tvly-}{an:32}", "{%tvly-}{an:20}"),
    Rule::token("cerebras-key", "Cerebras API key", High, &["csk-"], r"csk-[a-z0-9]{48}")
        .check(Check::Mixed)
        .reach(Reach::Own)
        .examples("{%csk-}{ln:48}", "{%csk-}{ln:30}"),
    Rule::token("jina-key", "Jina AI key", Medium, &["jina_"], r"jina_[0-9a-f]{32}[\w-]{28}")
        .reach(Reach::Own)
        .examples("{%jina_}{hex:32}{an:28}", "{%jina_}{hex:32}"),
    Rule::token("firecrawl-key", "Firecrawl API key", Medium, &["fc-"], r"fc-[0-9a-f]{32}")
        .reach(Reach::Own)
        .check(Check::Mixed)
        .examples("{%fc-}{hex:32}", "{%fc-}{hex:20}"),
    Rule::token("fireworks-key", "Fireworks AI key", High, &["fw_"], r"fw_[A-Za-z0-9]{24}")
        .reach(Reach::Own)
        .check(Check::Mixed)
        .entropy(3.5)
        .examples("{%fw_}{an:24}", "{%fw_}{an:12}"),
    Rule::token("voyage-key", "Voyage AI key", Medium, &["pa-"], r"pa-[\w-]{43}")
        .reach(Reach::Own)
        .near(&["voyage"])
        .check(Check::Mixed)
        .examples("VOYAGE_API_KEY={%pa-}{an:43}", "VOYAGE_API_KEY={%pa-}{an:20}"),
    Rule::assigned("cohere-key", "Cohere API key", High, &["cohere", "co_api_key"], r"[A-Za-z0-9]{40}")
        .entropy(3.8)
        .check(Check::Mixed)
        .examples("COHERE_API_KEY={an:40}", "COHERE_API_KEY={an:38}"),
    Rule::assigned("mistral-key", "Mistral API key", High, &["mistral"], r"[A-Za-z0-9]{32}")
        .entropy(3.8)
        .check(Check::Mixed)
        .examples("MISTRAL_API_KEY={an:32}", "MISTRAL_API_KEY={an:30}"),
    Rule::assigned("deepseek-key", "DeepSeek API key", High, &["deepseek"], r"sk-[0-9a-f]{32}")
        .examples("DEEPSEEK_API_KEY=sk-{hex:32}", "DEEPSEEK_API_KEY=sk-{hex:20}"),
    Rule::assigned("stability-key", "Stability AI key", High, &["stability"], r"sk-[A-Za-z0-9]{48}")
        .check(Check::Mixed)
        .examples("STABILITY_API_KEY=sk-{an:48}", "STABILITY_API_KEY=sk-{an:30}"),
    Rule::assigned(
        "elevenlabs-key",
        "ElevenLabs API key",
        High,
        &["elevenlabs", "xi-api-key", "xi_api_key"],
        r"(?:sk_[0-9a-f]{48}|[0-9a-f]{32})",
    )
    .examples("ELEVENLABS_API_KEY=sk_{hex:48}", "ELEVENLABS_API_KEY=sk_{hex:20}"),
    Rule::assigned("wandb-key", "Weights & Biases API key", High, &["wandb"], r"[0-9a-f]{40}")
        .examples("WANDB_API_KEY={hex:40}", "WANDB_API_KEY={hex:30}"),
    Rule::assigned("assemblyai-key", "AssemblyAI API key", Medium, &["assemblyai", "assembly_ai"], r"[0-9a-f]{32}")
        .examples("ASSEMBLYAI_API_KEY={hex:32}", "ASSEMBLYAI_API_KEY={hex:30}"),
    Rule::assigned("deepgram-key", "Deepgram API key", Medium, &["deepgram"], r"[0-9a-f]{40}")
        .examples("DEEPGRAM_API_KEY={hex:40}", "DEEPGRAM_API_KEY={hex:30}"),
    Rule::assigned("runpod-key", "RunPod API key", High, &["runpod"], r"(?:rpa_)?[A-Z0-9]{40,46}")
        .check(Check::Mixed)
        .examples("RUNPOD_API_KEY=rpa_{AN:42}", "RUNPOD_API_KEY=rpa_{AN:20}"),
];
