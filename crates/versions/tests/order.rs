//! Each order on cases that once were hard, and on any texts at all.

use std::cmp::Ordering;

use plimsoll_versions::Scheme;
use proptest::prelude::*;

/// Versions of each scheme, each less than the next; those on one line are equal.
const ORDERED: &[(Scheme, &[&[&str]])] = &[
    (
        Scheme::Debian,
        &[
            &["1.0~~", "0:1.0~~-"],
            &["1.0~rc1"],
            &["1.0", "0:1.0", "1.0-0", "01.00"],
            &["1.0-1"],
            &["1.0-1+deb12u1"],
            &["1.0a"],
            &["1.0+dfsg"],
            &["1.0.9"],
            &["1.0.10"],
            &["1:0.1"],
        ],
    ),
    (
        Scheme::Alpine,
        &[
            &["bad"],
            &["1.2_alpha"],
            &["1.2_alpha2"],
            &["1.2_rc"],
            &["1.2", "1.2"],
            &["1.2-r0"],
            &["1.2-r10"],
            &["1.2_git20200101"],
            &["1.2_p1"],
            &["1.2_p1-r1"],
            &["1.2a"],
            &["1.2.0"],
            &["1.2.01"],
            &["1.2.1"],
            &["1.9.2p1"],
            &["1.9.2p2"],
            &["1.10"],
        ],
    ),
    (
        Scheme::Rpm,
        &[
            &["1.0~rc1-1"],
            &["1.0-1"],
            &["1.0-1.el9"],
            &["1.0-1.el9_2"],
            &["1.0^git1-1"],
            &["1.0a-1"],
            &["1.0.1-1", "1_0+1-1"],
            &["1.10-1"],
            &["1:0.1-1"],
        ],
    ),
    (
        // After the vers specification's cases (package-url/vers-spec@9305f036fae4, MIT).
        Scheme::Pacman,
        &[
            &["1.0a", "0:1.0a"],
            &["1.0alpha"],
            &["1.0b"],
            &["1.0beta"],
            &["1.0rc"],
            &["1.0"],
            &["1.0-1"],
            &["1.1"],
            &["1.5b"],
            &["1.5b-1"],
            &["1.5"],
            &["1.5-1"],
            &["1.5-2"],
            &["1.5.a"],
            &["1.5.b"],
            &["1.5.0-1"],
            &["1.5.1-1"],
            &["1:1.0-1"],
            &["2:0.1"],
        ],
    ),
    (
        Scheme::Maven,
        &[
            &["1-alpha", "1a0", "1.0-alpha"],
            &["1-beta-2"],
            &["1-rc", "1-cr"],
            &["1-SNAPSHOT"],
            &["1", "1.0", "1.0.0", "1.0-ga", "1.Final", "1.0.0.RELEASE"],
            &["1-sp"],
            &["1-whatever"],
            &["1-1"],
            &["1.0.1"],
            &["1.1"],
            &["1.10"],
        ],
    ),
    (
        Scheme::Pypi,
        &[
            &["nonsense"],
            &["1.0.dev1"],
            &["1.0a1.dev1"],
            &["1.0a1", "1.0.alpha-1", "v1.0A1"],
            &["1.0b2"],
            &["1.0rc1", "1.0c1", "1.0-pre1"],
            &["1.0", "1", "1.0.0", "0!1.0"],
            &["1.0+abc"],
            &["1.0+5"],
            &["1.0.post1.dev2"],
            &["1.0.post1", "1.0-1", "1.0.r1"],
            &["1.0.1"],
            &["1.10"],
            &["1!0.1"],
        ],
    ),
    (
        Scheme::SemVer,
        &[
            &["nonsense"],
            &["1.0.0-1"],
            &["1.0.0-2"],
            &["1.0.0-10"],
            &["1.0.0-alpha"],
            &["1.0.0-alpha.1"],
            &["1.0.0-alpha.beta"],
            &["1.0.0-rc.1"],
            &["1.0.0", "v1.0.0+build", "1.0", "1"],
            &["1.0.1-0.20200101000000-abcdef123456"],
            &["1.0.1"],
            &["1.99999999999999999999999.0"],
        ],
    ),
    (Scheme::RubyGems, &[&["1.a"], &["1.a.1"], &["1.0-rc", "1.pre.rc"], &["1", "1.0", "1.0.0"], &["1.0.1"], &["1.10"]]),
    (Scheme::NuGet, &[&["1.0.0-alpha", "1.0.0-ALPHA"], &["1.0.0-beta"], &["1.0", "1.0.0.0"], &["1.0.0.1-a"], &["1.0.0.1"]]),
    (
        Scheme::Packagist,
        &[
            &["1.0.0-dev"],
            &["1.0.0-alpha1"],
            &["1.0.0-beta1"],
            &["1.0.0-RC1"],
            &["1.0.0", "v1.0.0"],
            &["1.0.0-p1", "1.0.0-pl1"],
            &["1.0.1"],
        ],
    ),
    (Scheme::Pub, &[&["1.0.0-a"], &["1.0.0-a+b"], &["1.0.0"], &["1.0.0+1"], &["1.0.0+2"], &["1.0.1"]]),
    (
        Scheme::Bitnami,
        &[
            &["0.0.0-20251119140106-9dbdfc3f1be0"],
            &["2.6.0-rc1"],
            &["2.6.0", "2.6.0-0"],
            &["2.6.0-1"],
            &["2.6.0-10"],
            &["2.6.1-rc.1"],
            &["2.6.1"],
            &["17.2.0"],
            &["17.2.0-8"],
        ],
    ),
    (Scheme::Numbers, &[&["0.9", "0-9"], &["0.75"], &["0.75.0"], &["1", "01"], &["1.2"], &["1.10"]]),
];

#[test]
fn versions_are_in_order() {
    for (scheme, steps) in ORDERED {
        let flat: Vec<(usize, &str)> = steps.iter().enumerate().flat_map(|(n, same)| same.iter().map(move |v| (n, *v))).collect();
        for (n, a) in &flat {
            for (m, b) in &flat {
                assert_eq!(scheme.compare(a, b), n.cmp(m), "{scheme:?}: {a} {b}");
            }
        }
    }
}

#[test]
fn ecosystems_have_their_schemes() {
    for (name, scheme) in [
        ("Debian:12", Some(Scheme::Debian)),
        ("Ubuntu:22.04:LTS", Some(Scheme::Debian)),
        ("Alpine:v3.19", Some(Scheme::Alpine)),
        ("Rocky Linux:9", Some(Scheme::Rpm)),
        ("crates.io", Some(Scheme::SemVer)),
        ("PyPI", Some(Scheme::Pypi)),
        ("Bitnami", Some(Scheme::Bitnami)),
        ("Amazon Linux:2023", Some(Scheme::Rpm)),
        ("Fedora:40", Some(Scheme::Rpm)),
        ("OSS-Fuzz", None),
        ("", None),
    ] {
        assert_eq!(Scheme::of_osv(name), scheme, "{name}");
    }
}

/// Texts that look like versions, and some that do not.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::collection::vec(
            prop_oneof![
                "[0-9]{1,3}",
                "[.\\-_~^+:!]",
                prop_oneof![
                    Just("a"),
                    Just("alpha"),
                    Just("b"),
                    Just("rc"),
                    Just("pre"),
                    Just("p"),
                    Just("r"),
                    Just("dev"),
                    Just("post"),
                    Just("final"),
                    Just("sp"),
                    Just("git"),
                    Just("x"),
                    Just("0"),
                    Just("00")
                ]
                .prop_map(str::to_owned),
            ],
            0..7
        )
        .prop_map(|parts| parts.concat()),
        "\\PC{0,6}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn every_order_is_total(a in texts(), b in texts(), c in texts()) {
        for scheme in Scheme::ALL {
            prop_assert_eq!(scheme.compare(&a, &a), Ordering::Equal, "{:?} {:?}", scheme, a);
            prop_assert_eq!(scheme.compare(&a, &b), scheme.compare(&b, &a).reverse(), "{:?} {:?} {:?}", scheme, a, b);
            let (ab, bc, ac) = (scheme.compare(&a, &b), scheme.compare(&b, &c), scheme.compare(&a, &c));
            if ab == bc {
                prop_assert_eq!(ac, ab, "{:?} {:?} {:?} {:?}", scheme, a, b, c);
            }
            if ab == Ordering::Equal {
                prop_assert_eq!(ac, bc, "{:?} {:?} {:?} {:?}", scheme, a, b, c);
            }
        }
    }
}
