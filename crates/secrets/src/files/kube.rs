//! kubeconfig files, by content: they go by many names.

use super::{lines, push, setting};
use crate::hit::Hit;
use crate::kind::{KUBECONFIG_KEY, KUBECONFIG_PASSWORD, KUBECONFIG_TOKEN};
use crate::text::is_placeholder;

pub(super) fn look(bytes: &[u8], hits: &mut Vec<Hit>) {
    let has = |text: &[u8]| memchr::memmem::find(bytes, text).is_some();
    if !has(b"clusters") || !has(b"users") || !has(b"contexts") {
        return;
    }
    for line in lines(bytes) {
        let Some((name, value)) = setting(bytes, line, b":") else { continue };
        let text = &bytes[value.clone()];
        let kind = match name.trim_start_matches("- ") {
            "token" if text.len() >= 8 => KUBECONFIG_TOKEN,
            "client-key-data" if text.len() >= 40 => KUBECONFIG_KEY,
            "password" if text.len() >= 3 => KUBECONFIG_PASSWORD,
            _ => continue,
        };
        if !is_placeholder(text) {
            push(hits, kind, bytes, value);
        }
    }
}
