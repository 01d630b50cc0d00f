/// public_suffix.h: which part of a name somebody has registered, by the public suffix list (publicsuffix.org).
#pragma once

#include <string>
#include <string_view>

namespace maildrop::filter {

/// The organisational domain of a name (RFC 7489 3.2): its public suffix and one label before that, in the form of
/// mail::canonical_domain(): `example.co.uk` of `Mail.Example.co.uk.`. Empty for what has none: a public suffix itself,
/// a single label, an address, what is no name. The suffixes that hosters add to the list (`github.io`) count, since
/// those below them are strangers to each other; one that the list does not know is the last label.
///
/// Thread-safe. The list is read at the first call: the file that Debian keeps up to date (package publicsuffix), or
/// the one that is built into the library when that is newer, or there is no file.
std::string organisational_domain(std::string_view name);

/// Whether both are of one organisation: they are the same, or have the same organisational domain.
/// REQUIRES: both are canonical.
bool is_same_organisation(std::string_view one, std::string_view other);

}  // namespace maildrop::filter
