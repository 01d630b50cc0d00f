/// given.h: sources as somebody names them, as one, and what he says of their samples.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "replay/manifest.h"
#include "replay/sources.h"

namespace maildrop::replay {

struct Given {
  std::string path;           // as of open_source()
  Label label = Label::none;  // of all that is there
};

struct Sayings {
  bool by_folder = false;        // label_of_folders() (labels.h)
  Manifest* manifest = nullptr;  // may be none; outlives the source
};

/// One after the other, each opened when it is its turn; one that cannot be is an error of it.
///
/// A label is that of the manifest, else what was given, else what the folders say: those that were named last in
/// `path` and those within; above a file the one that it is in. So it is no matter where a corpus lies.
/// Names in a manifest are those of samples, or these without what leads to them: without `path` where that is a
/// folder, without the folders above it where it is a file, without `store:`. A whole name counts before a short one.
std::unique_ptr<Source> open_all(std::vector<Given> given, const SourceOptions& options, const Sayings& sayings = {});

/// How many bytes of `path` lead to it, as above: for its label, and for its short name.
struct Leading {
  std::size_t to_label = 0, to_name = 0;
};
Leading leading_of(std::string_view path, bool is_folder);

}  // namespace maildrop::replay
