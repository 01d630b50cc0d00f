/// classic_alias: the aliases of the service that was there before: for addresses given away long ago, and no others.
///
///   d-BODY   BODY = base36(int("1" + reverse(decimal(int36(NAME)))) + modifier)
///
/// `bob` is 15131 to the base of 36; reversed, with a 1 in front, 113151; with a modifier of 20190422 that is 20303573,
/// and the alias d-c36c5. The digits are `0-9a-z`. The old service wrote `D-`: canonical names are in lower case.
///
/// It hides nothing: one subtraction on a pair of name and alias gives the modifier, and with it all names and aliases.
/// What it says of names holds for those it is exact for, of `a-z0-9` and not beginning with 0: the old service left
/// dots out, so that the alias of john.doe was one of johndoe, and zeros in front vanish in a number. Of names with
/// these the aliases that were given away go to the inbox that they always went to, and none are made.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace maildrop::mail {

/// All aliases of one modifier. decode() is the reverse of encode(), and neither gives what the other does not take.
/// Thread-safe. An answer costs at most what numbers of 62 digits to the base of 36 cost.
class ClassicAliases {
 public:
  /// invalid: it is not 1 to kMostClassicModifier decimal digits.
  static Result<ClassicAliases> make(std::string_view modifier);

  /// The alias of a canonical local part, as a canonical local part.
  ///   invalid     there is something else than `a-z0-9` in it, or it begins with 0, or is empty
  ///   over_limit  it would be longer than the 64 characters of a local part; names of up to 61 all have one
  Result<std::string> encode(std::string_view name) const;

  /// The name that has this alias, of 1 to 62 characters.
  ///   not_found   none has
  Result<std::string> decode(std::string_view alias) const;

 private:
  explicit ClassicAliases(std::string_view modifier) : modifier_(modifier) {}
  std::string modifier_;
};

}  // namespace maildrop::mail
