//! Cases in the manner of the specification's suite, one for each rule.

use plimsoll_purl::{Purl, PurlError};
use proptest::prelude::*;

#[test]
fn written_in_the_canonical_form() {
    for (text, canonical) in [
        (
            "pkg:GOLANG/google.golang.org/genproto#/googleapis/./api/../annotations/",
            "pkg:golang/google.golang.org/genproto#googleapis/api/annotations",
        ),
        ("pkg://maven//org.apache.commons/io@1.3.4", "pkg:maven/org.apache.commons/io@1.3.4"),
        ("pkg:deb/Debian/Curl@7.50.3-1?Arch=i386&distro=jessie&empty=", "pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie"),
        ("pkg:npm/@angular/animation@12.3.1", "pkg:npm/%40angular/animation@12.3.1"),
        ("pkg:npm/%40angular/animation@12.3.1", "pkg:npm/%40angular/animation@12.3.1"),
        ("pkg:npm/@babel/core", "pkg:npm/%40babel/core"),
        ("pkg:pypi/Django_Package@1.11.1.Dev1", "pkg:pypi/django-package@1.11.1.dev1"),
        ("pkg:composer/Laravel/Laravel@5.5.0", "pkg:composer/laravel/laravel@5.5.0"),
        ("pkg:rpm/Fedora/libX11@1.6?epoch=1", "pkg:rpm/fedora/libX11@1.6?epoch=1"),
        ("pkg:oci/Debian@sha256:244fd?repository_url=ghcr.io/debian", "pkg:oci/debian@sha256:244fd?repository_url=ghcr.io%2Fdebian"),
        ("pkg:nuget/A.B@1.0%2Bx", "pkg:nuget/A.B@1.0%2Bx"),
        ("pkg:pub/Http-Client", "pkg:pub/http_client"),
        ("pkg:swid/Acme/Server+One@1?tag_id=x", "pkg:swid/Acme/Server%2BOne@1?tag_id=x"),
        ("pkg:unknown-type/A/B@C", "pkg:unknown-type/A/B@C"),
    ] {
        let purl = Purl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(purl.to_string(), canonical, "{text}");
        assert_eq!(Purl::parse(canonical).as_ref(), Ok(&purl), "{canonical}");
    }
}

#[test]
fn refused_with_the_rule_that_is_broken() {
    let text = |t: &str| t.to_owned();
    for (purl, error) in [
        ("npm/a@1", PurlError::Scheme),
        ("pkg%3Amaven/a/b", PurlError::Scheme),
        ("pkg:a@1", PurlError::NoType),
        ("pkg:/", PurlError::NoType),
        ("pkg:3nginx/nginx@1", PurlError::Type(text("3nginx"))),
        ("pkg:n&g/nginx@1", PurlError::Type(text("n&g"))),
        ("pkg:maven/@1.3.4", PurlError::NoName),
        ("pkg:npm/", PurlError::NoName),
        ("pkg:npm/a%zz", PurlError::Encoding("name")),
        ("pkg:npm/a@%ff", PurlError::Encoding("version")),
        ("pkg:npm/a?in%20x=y", PurlError::Key(text("in%20x"))),
        ("pkg:npm/a?x=1&X=2", PurlError::TwiceKey(text("x"))),
        ("pkg:deb/curl@1", PurlError::NeedsNamespace(text("deb"))),
        ("pkg:cargo/a/b@1", PurlError::ForbidsNamespace(text("cargo"))),
        ("pkg:julia/Dates", PurlError::NeedsQualifier(text("julia"), "uuid")),
        ("pkg:cpan/URI::PackageURL", PurlError::Name(text("cpan"), text("URI::PackageURL"))),
        ("pkg:chrome-extension/dogs", PurlError::Name(text("chrome-extension"), text("dogs"))),
    ] {
        assert_eq!(Purl::parse(purl), Err(error), "{purl}");
    }
    assert!(Purl::parse_loosely("pkg:deb/curl@1").is_ok_and(|p| p.check().is_err()));
}

proptest! {
    #[test]
    fn any_text_ends(text in "(pkg:)?[a-z@/%#?&=.:0-9A-F ]{0,60}") {
        if let Ok(purl) = Purl::parse_loosely(&text) {
            let written = purl.to_string();
            prop_assert_eq!(Purl::parse_loosely(&written), Ok(purl), "{}", written);
        }
    }

    #[test]
    fn what_is_built_comes_back(namespace in "[^/]{0,8}(/[^/]{1,8})?", name in "[^/]{1,12}", version in ".{0,12}", value in ".{0,12}") {
        let purl = Purl::new("generic", &name).unwrap().with_namespace(&namespace).with_version(&version).with_qualifier("k", &value);
        let back = Purl::parse(&purl.to_string());
        prop_assert_eq!(back, Ok(purl));
    }
}
