//! Files that could load more than is written in them, of which a person has seen what they load.

/// A file.
pub(super) struct Known {
    /// SHA-256 of its bytes.
    digest: &'static str,
    /// Where it is from, and why it loads nothing else.
    #[expect(dead_code, reason = "for whoever reads the table")]
    why: &'static str,
    /// Whether it loads by a name that its callers give.
    pub(super) by_names: bool,
}

/// `require(mod)` of `express/lib/view.js`: the engine of a view, by the ending of its name or the application's setting.
const VIEW: &str = "Express: loads the engine of a view by the ending of its name or by the setting of the application";
/// A function around another: its text is fixed but for the names of its arguments, which are counted (`arg0, arg1`).
const DEPD: &str = "depd: makes a function of a fixed text with as many arguments as another has";

/// A function that binds another: its text is fixed but for the names of its arguments (`$0,$1`).
const BIND: &str = "function-bind: makes a function of a fixed text with as many arguments as another has";
/// Constructors of the language by fixed texts. It hands on `eval` and `Function` under their names; who asks for them by these names is told.
const INTRINSIC: &str = "get-intrinsic: makes functions of fixed texts to have their constructors";

const fn at(digest: &'static str, why: &'static str, by_names: bool) -> Known {
    Known { digest, why, by_names }
}

const KNOWN: &[Known] = &[
    // 4.16.4 to 4.17.3
    at("78152ed5428dd5357cb4858afc499fbf46c300cc000b24e145a234f69dbfa141", VIEW, true),
    // 4.18.2 to 4.21.2
    at("ec627880c1b43aee5887164ac2e9c58f01e4ee8086e23a829eddf1af3858c021", VIEW, true),
    // 5.0.1
    at("dbbaa77944cfd518f1c513cba4080566472283aab7d54713d32389b9fd168cb6", VIEW, true),
    // 5.1.0
    at("74f4171b66263e22481820bc5975708f7dd8a61484f570aac7c5b4ab77ecbd79", VIEW, true),
    // 1.1.2
    at("244dbbca14b8aa9c9b6be04912283ab704b92f11dcb9b23beb2ba81402fecc99", DEPD, false),
    // 1.1.1, 1.1.2
    at("8752a57f05844ec002c9b603529b65b35070169448adaba681150f7c97f7689d", BIND, false),
    at("5c52eb40601e0716dafff9759cf28d8d4af3e2fc2e2c96384f43dbfd0f7370b5", BIND, false),
    // 1.1.1, 1.1.3, 1.2.1, 1.2.4, 1.2.7, 1.3.0
    at("63b6a5160a1375d017d8c3607df19aac1ba97f8e8b198c3ea91f1295ba67da6c", INTRINSIC, false),
    at("a1e70fafe58a4896ce922314c98f14d2eaed3ad90a89f86ccd07709c2781f935", INTRINSIC, false),
    at("6e4aa8d3d8ab54eb510497272f7ac0ae4295778f2588bc2b7800bc1ece44e924", INTRINSIC, false),
    at("5d72ddb504858c1109fa106ffa9be744ea99e75f9255f9ff28851562c5eb7031", INTRINSIC, false),
    at("b077bccd97db149f2f717892d379e44a8d821880108605c3adc669692f65f120", INTRINSIC, false),
    at("c3bc7278af37cede0da2db32724fa0b89a07c44205c44c4f5db0e4d8d497d49c", INTRINSIC, false),
    // 2.0.0
    at("4d587a5662e20a7bb9bfe6555afe5987e1b80303a819b447394f37a93297ee91", DEPD, false),
];

pub(super) fn known(digest: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|k| k.digest == digest)
}
