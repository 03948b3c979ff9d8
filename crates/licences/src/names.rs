//! Names that are in use for licences and are not their SPDX identifiers: of Python's classifiers, Debian's copyright files, Fedora's
//! tags, npm, NuGet and Maven.

use crate::gnu;

/// Each in lower case, with what is not a letter, digit, `.` or `+` taken for one space; sorted.
const NAMES: &[(&str, &str)] = &[
    ("2 clause bsd", "BSD-2-Clause"),
    ("3 clause bsd", "BSD-3-Clause"),
    ("academic free license v. 2.1", "AFL-2.1"),
    ("academic free license version 2.1", "AFL-2.1"),
    ("apache", "Apache-2.0"),
    ("apache 2", "Apache-2.0"),
    ("apache 2.0", "Apache-2.0"),
    ("apache 2.0 license", "Apache-2.0"),
    ("apache license 2", "Apache-2.0"),
    ("apache license 2.0", "Apache-2.0"),
    ("apache license v2", "Apache-2.0"),
    ("apache license v2.0", "Apache-2.0"),
    ("apache license version 2.0", "Apache-2.0"),
    ("apache software license", "Apache-2.0"),
    ("apache software license 2.0", "Apache-2.0"),
    ("apache software license version 2.0", "Apache-2.0"),
    ("apache v2", "Apache-2.0"),
    ("apache2", "Apache-2.0"),
    ("apache2.0", "Apache-2.0"),
    ("artistic", "Artistic-1.0-Perl"),
    ("artistic 2", "Artistic-2.0"),
    ("artistic clarified", "ClArtistic"),
    ("asl 2.0", "Apache-2.0"),
    ("asl2.0", "Apache-2.0"),
    ("boost", "BSL-1.0"),
    ("boost software license 1.0 bsl 1.0", "BSL-1.0"),
    ("bsd 0 clause", "0BSD"),
    ("bsd 2 clause license", "BSD-2-Clause"),
    ("bsd 2 clause simplified license", "BSD-2-Clause"),
    ("bsd 3 clause license", "BSD-3-Clause"),
    ("bsd 3 clause new or revised license", "BSD-3-Clause"),
    ("bsd 4 clause", "BSD-4-Clause"),
    ("bsd two clause license", "BSD-2-Clause"),
    ("bsd3", "BSD-3-Clause"),
    ("bsl", "BSL-1.0"),
    ("bsl1.0", "BSL-1.0"),
    ("cc0", "CC0-1.0"),
    ("cc0 1.0 universal", "CC0-1.0"),
    ("cddl 1.0", "CDDL-1.0"),
    ("common development and distribution license 1.0", "CDDL-1.0"),
    ("eclipse distribution license 1.0", "BSD-3-Clause"),
    ("eclipse distribution license v. 1.0", "BSD-3-Clause"),
    ("eclipse public license 1.0", "EPL-1.0"),
    ("eclipse public license 2.0", "EPL-2.0"),
    ("eclipse public license 2.0 epl 2.0", "EPL-2.0"),
    ("eclipse public license v. 2.0", "EPL-2.0"),
    ("eclipse public license v1.0", "EPL-1.0"),
    ("eclipse public license v2.0", "EPL-2.0"),
    ("edl 1.0", "BSD-3-Clause"),
    ("epl 1.0", "EPL-1.0"),
    ("epl 2.0", "EPL-2.0"),
    ("expat", "MIT"),
    ("expat license", "MIT"),
    ("gfdl niv 1.2", "GFDL-1.2-no-invariants-only"),
    ("gfdl niv 1.2+", "GFDL-1.2-no-invariants-or-later"),
    ("gfdl niv 1.3", "GFDL-1.3-no-invariants-only"),
    ("gfdl niv 1.3+", "GFDL-1.3-no-invariants-or-later"),
    ("isc license", "ISC"),
    ("isc license iscl", "ISC"),
    ("mit x11", "MIT"),
    ("mit license", "MIT"),
    ("mozilla public license 1.1 mpl 1.1", "MPL-1.1"),
    ("mozilla public license 2.0", "MPL-2.0"),
    ("mozilla public license 2.0 mpl 2.0", "MPL-2.0"),
    ("mozilla public license version 2.0", "MPL-2.0"),
    ("mpl 1.1", "MPL-1.1"),
    ("mpl 2.0", "MPL-2.0"),
    ("mplv1.1", "MPL-1.1"),
    ("mplv2.0", "MPL-2.0"),
    ("new bsd", "BSD-3-Clause"),
    ("new bsd license", "BSD-3-Clause"),
    ("openldap", "OLDAP-2.8"),
    ("openldap 2.8", "OLDAP-2.8"),
    ("openssl license", "OpenSSL"),
    ("postgresql license", "PostgreSQL"),
    ("psf", "PSF-2.0"),
    ("psf license", "PSF-2.0"),
    ("psfl", "PSF-2.0"),
    ("python software foundation license", "PSF-2.0"),
    ("python software foundation license 2.0", "PSF-2.0"),
    ("revised bsd", "BSD-3-Clause"),
    ("revised bsd license", "BSD-3-Clause"),
    ("ruby license", "Ruby"),
    ("sil open font license 1.1", "OFL-1.1"),
    ("simplified bsd", "BSD-2-Clause"),
    ("simplified bsd license", "BSD-2-Clause"),
    ("the apache license version 2.0", "Apache-2.0"),
    ("the apache software license version 2.0", "Apache-2.0"),
    ("the bsd 3 clause license", "BSD-3-Clause"),
    ("the mit license", "MIT"),
    ("the mit license mit", "MIT"),
    ("the new bsd license", "BSD-3-Clause"),
    ("the unlicense unlicense", "Unlicense"),
    ("universal permissive license upl", "UPL-1.0"),
    ("vim", "Vim"),
    ("w3c", "W3C"),
    ("wtfpl", "WTFPL"),
    ("x11", "X11"),
    ("zlib libpng license", "Zlib"),
    ("zlib license", "Zlib"),
    ("zope public license", "ZPL-2.1"),
    ("zpl 2.1", "ZPL-2.1"),
];

/// Addresses of licence texts, without scheme and `www.`.
const ADDRESSES: &[(&str, &str)] = &[
    ("apache.org/licenses/LICENSE-2.0", "Apache-2.0"),
    ("opensource.org/licenses/MIT", "MIT"),
    ("opensource.org/licenses/mit-license", "MIT"),
    ("opensource.org/licenses/BSD-3-Clause", "BSD-3-Clause"),
    ("opensource.org/licenses/BSD-2-Clause", "BSD-2-Clause"),
    ("opensource.org/licenses/Apache-2.0", "Apache-2.0"),
    ("eclipse.org/legal/epl-v10", "EPL-1.0"),
    ("eclipse.org/legal/epl-v20", "EPL-2.0"),
    ("eclipse.org/legal/epl-2.0", "EPL-2.0"),
    ("eclipse.org/org/documents/edl-v10", "BSD-3-Clause"),
    ("mozilla.org/MPL/2.0", "MPL-2.0"),
    ("mozilla.org/en-US/MPL/2.0", "MPL-2.0"),
    ("gnu.org/licenses/old-licenses/lgpl-2.1", "LGPL-2.1-only"),
    ("gnu.org/licenses/old-licenses/gpl-2.0", "GPL-2.0-only"),
];

/// Where pages are named after identifiers.
const LISTS: [&str; 4] = ["opensource.org/licenses/", "opensource.org/license/", "spdx.org/licenses/", "licenses.nuget.org/"];

/// `MIT`, `MIT.html`, `mit/`.
fn listed_at(page: &str) -> Option<String> {
    let page = page.trim_end_matches('/');
    listed([".html", ".txt", ".php", ".json"].iter().find_map(|end| page.strip_suffix(end)).unwrap_or(page))
}

/// The identifier that a name stands for.
pub(crate) fn lookup(name: &str) -> Option<String> {
    let name = name.rsplit_once("::").map_or(name, |(_, last)| last).trim();
    if let Some(found) = listed(name) {
        return Some(found);
    }
    if let Some((_, rest)) = name.split_once("://") {
        let place = rest.trim_start_matches("www.");
        if let Some(id) = LISTS.iter().find_map(|list| listed_at(place.strip_prefix(list)?)) {
            return Some(id);
        }
        return ADDRESSES
            .iter()
            .find(|(a, _)| place.get(..a.len()).is_some_and(|p| p.eq_ignore_ascii_case(a)))
            .map(|(_, id)| (*id).to_owned());
    }
    let key = key(name);
    NAMES
        .iter()
        .find(|(known, _)| *known == key)
        .map(|(_, id)| (*id).to_owned())
        .or_else(|| gnu::identifier(name))
        .or_else(|| listed(&key.replace(' ', "-")))
}

/// An identifier of the list, whatever its case. Deprecated ones of GNU become those that say whether later versions count.
fn listed(name: &str) -> Option<String> {
    if let Some(bare) = name.strip_suffix('+')
        && let Some(id) = find(bare)
    {
        return if id.is_gnu() { gnu::identifier(name) } else { Some(format!("{}+", id.name)) };
    }
    let id = find(name)?;
    if id.is_gnu() && id.is_deprecated() {
        return gnu::identifier(name);
    }
    Some(id.name.to_owned())
}

fn find(name: &str) -> Option<spdx::LicenseId> {
    spdx::license_id(name).or_else(|| {
        let known = spdx::identifiers::LICENSES.iter().find(|l| l.name.eq_ignore_ascii_case(name))?;
        spdx::license_id(known.name)
    })
}

/// Names of exceptions that are not their identifiers.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("bison exception", "Bison-exception-2.2"),
    ("font exception", "Font-exception-2.0"),
    ("classpath exception", "Classpath-exception-2.0"),
    ("linux syscall note exception", "Linux-syscall-note"),
    ("libtool exception", "Libtool-exception"),
];

/// The identifier of an exception.
pub(crate) fn exception(name: &str) -> Option<&'static str> {
    let key = key(name);
    if let Some((_, id)) = EXCEPTIONS.iter().find(|(known, _)| *known == key) {
        return Some(id);
    }
    let squeezed = key.replace(' ', "-");
    let known = spdx::identifiers::EXCEPTIONS.iter().find(|e| e.name.eq_ignore_ascii_case(name) || e.name.eq_ignore_ascii_case(&squeezed));
    known.map(|e| e.name)
}

fn key(name: &str) -> String {
    let spaced: String =
        name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '+') { c } else { ' ' }).collect();
    spaced.replace("licence", "license").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_the_list() {
        for (name, id) in NAMES.iter().chain(ADDRESSES) {
            assert!(spdx::license_id(id).is_some_and(|l| !l.is_deprecated()), "{name}: {id}");
        }
        for (name, id) in EXCEPTIONS {
            assert!(spdx::exception_id(id).is_some(), "{name}: {id}");
        }
        for (name, id) in NAMES {
            assert_eq!((key(name).as_str(), lookup(name).as_deref()), (*name, Some(*id)));
        }
    }
}
