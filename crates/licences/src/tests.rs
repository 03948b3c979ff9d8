use proptest::prelude::*;

use super::*;

#[test]
fn what_records_say() {
    for (said, wanted) in [
        (&["MIT"][..], Some("MIT")),
        (&["mit"], Some("MIT")),
        (&[], None),
        (&["  "], None),
        (&["Apache License, Version 2.0"], Some("Apache-2.0")),
        (&["https://www.apache.org/licenses/LICENSE-2.0.txt"], Some("Apache-2.0")),
        (&["https://opensource.org/licenses/MIT-0"], Some("MIT-0")),
        (&["http://www.opensource.org/license/bsd-3-clause/"], Some("BSD-3-Clause")),
        (&["https://spdx.org/licenses/Zlib.html"], Some("Zlib")),
        (&["https://go.microsoft.com/fwlink/?LinkId=329770"], Some("LicenseRef-https-go.microsoft.com-fwlink-LinkId-329770")),
        (&["License :: OSI Approved :: MIT License"], Some("MIT")),
        (&["License :: OSI Approved :: GNU Lesser General Public License v3 or later (LGPLv3+)"], Some("LGPL-3.0-or-later")),
        (&["License :: OSI Approved :: GNU General Public License v2 (GPLv2)"], Some("GPL-2.0-only")),
        (&["GPLv2+ and LGPLv2+ and MIT"], Some("GPL-2.0-or-later AND LGPL-2.0-or-later AND MIT")),
        (&["GPL-2+ or Artistic"], Some("GPL-2.0-or-later OR Artistic-1.0-Perl")),
        (&["GPL-2.0-or-later WITH GCC-exception-3.1"], Some("GPL-2.0-or-later WITH GCC-exception-3.1")),
        (&["GPL-2.0+"], Some("GPL-2.0-or-later")),
        (&["GPL-2.0"], Some("GPL-2.0-only")),
        (&["(MIT OR Apache-2.0) AND Unicode-3.0"], Some("(MIT OR Apache-2.0) AND Unicode-3.0")),
        (&["MIT/Apache-2.0"], Some("MIT OR Apache-2.0")),
        (&["GPL-2+", "MIT", "MIT"], Some("GPL-2.0-or-later AND MIT")),
        (&["MIT OR ISC", "Zlib"], Some("(MIT OR ISC) AND Zlib")),
        (&["BSD"], Some("LicenseRef-BSD")),
        (&["public-domain"], Some("LicenseRef-public-domain")),
        (&["MIT BSD-3-Clause"], Some("MIT AND BSD-3-Clause")),
        (&["MIT AND ((ISC"], Some("LicenseRef-MIT-AND-ISC")),
        (&["GPL-3+ with odd exception"], Some("LicenseRef-GPL-3-with-odd-exception")),
        (&["MPL-2.0, and MIT"], Some("MPL-2.0 AND MIT")),
        (&["Expat"], Some("MIT")),
        (&["License :: OSI Approved :: BSD License"], Some("LicenseRef-BSD-License")),
        (&["GPL-3+ with Bison exception"], Some("GPL-3.0-or-later WITH Bison-exception-2.2")),
        (&["GFDL-NIV-1.3+"], Some("GFDL-1.3-no-invariants-or-later")),
        (&["ASL 2.0"], Some("Apache-2.0")),
    ] {
        assert_eq!(expression(said.iter().copied()).expression.as_deref(), wanted, "{said:?}");
    }
    assert_eq!(expression(["public-domain"]).references, [("LicenseRef-public-domain".to_owned(), "public-domain".to_owned())]);
    assert_eq!(identifiers("MIT OR (ISC AND MIT)"), ["ISC", "MIT"]);
}

#[test]
fn texts() {
    let mit = "Copyright (c) 2020 A\n\nPermission is hereby granted, free of charge, to any person obtaining a copy\nof this software … subject to: The above copyright notice and this permission notice shall be\nincluded in all copies";
    let bsd = "Redistribution and use in source and binary forms, with or without\nmodification, are permitted provided: * Redistributions in binary form must reproduce the above";
    let three = format!(
        "{bsd} * Neither the name … may be used to endorse or promote products derived from this software without specific prior written permission."
    );
    for (text, wanted) in [
        (mit.to_owned(), Some("MIT")),
        (bsd.to_owned(), Some("BSD-2-Clause")),
        (three, Some("BSD-3-Clause")),
        (format!("{mit}\n{bsd}"), None),
        ("GNU GENERAL PUBLIC LICENSE\n   Version 2, June 1991".to_owned(), Some("GPL-2.0-only")),
        ("all rights reserved".to_owned(), None),
    ] {
        assert_eq!(recognise(&text), wanted, "{text}");
    }
}

#[test]
fn policies() {
    let policy = |allowed: &[&str], denied: &[&str]| Policy {
        allowed: allowed.iter().map(|s| (*s).to_owned()).collect(),
        denied: denied.iter().map(|s| (*s).to_owned()).collect(),
    };
    for (policy, expression, wanted) in [
        (policy(&[], &["GPL-*"]), Some("MIT"), Ruling::Allowed),
        (policy(&[], &["GPL-*"]), Some("GPL-2.0-only OR MIT"), Ruling::Allowed),
        (policy(&[], &["gpl-*"]), Some("GPL-2.0-only AND MIT"), Ruling::Refused(vec!["GPL-2.0-only".into()])),
        (policy(&["MIT"], &[]), Some("ISC"), Ruling::Refused(vec!["ISC".into()])),
        (policy(&["MIT"], &[]), Some("LicenseRef-x"), Ruling::Refused(vec!["LicenseRef-x".into()])),
        (policy(&["MIT"], &[]), None, Ruling::Unknown),
    ] {
        assert_eq!(policy.rule(expression), wanted, "{expression:?}");
    }
}

proptest! {
    #[test]
    fn any_words_become_an_expression(words in "[A-Za-z0-9+ ().,/:*é|-]{1,60}") {
        let licence = expression([words.as_str()]);
        prop_assert_eq!(licence.expression.is_some(), !words.trim().is_empty(), "{:?}", licence);
    }
}
