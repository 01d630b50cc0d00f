/// labels.h: spam or ham, in words, and as the names of folders tell it. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "replay/source.h"

namespace maildrop::replay {

/// `spam`, `ham`; none: "".
std::string_view name_of(Label label);
/// `spam` or `ham`, in letters of either case.
std::optional<Label> label_named(std::string_view text);

/// What the folders above a message say, the nearest to it first that says something: `corpus/spam_2/0001` is spam.
/// `path` is a sample's name, or its end; its last part is the message, and says nothing. The name of a folder, or an
/// archive, is taken as words of letters, without regard to case: `spam` and `junk` say spam, `ham` says ham
/// (`20030228_easy_ham.tar.bz2`). One with words of both says nothing, nor does one with `no`, `non`, `not` or `anti`.
Label label_of_folders(std::string_view path);

}  // namespace maildrop::replay
