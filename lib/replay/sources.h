/// sources.h: the table of sources, by what lies at a path.
///
/// What is read was written by strangers, and so may the names of files be: names of samples and errors hold their
/// bytes (text.h makes them safe to show).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"
#include "replay/place.h"
#include "replay/source.h"

namespace maildrop::replay {

struct SourceOptions {
  std::size_t max_size = 64u << 20;  // bytes of a message; a larger one is an error of that sample (over_limit)
  int input = 0;                     // what `-` reads; not closed
  std::function<bool()> give_up;     // asked each tenth of a second while `-` has nothing: true is an error of it
  bool mboxcl2 = false;              // mboxes are of that kind: Content-Length divides them, which a sender may write
};

struct SourceKind {
  std::string_view name;  // `mbox`
  std::string_view summary;
  bool (*fits)(const Place&);
  Result<std::unique_ptr<Source>> (*open)(Place, const SourceOptions&);
};

/// In the order in which they are asked whether they fit; the first that does is it.
std::span<const SourceKind* const> source_kinds();

/// What lies at `path`:
///   a file     one message, or an mbox when it begins with a From_ line (mail/mbox.h)
///   a folder   with `cur` and `new` a Maildir with its subfolders (Maildir++); any other is walked, sorted by name,
///   and
///              each file or folder in it is one of these. Hidden ones and `tmp` are passed over, as are special files
///              and symbolic links to folders
///   `-`        options.input: one message or an mbox
/// Samples are read as they are asked for: one is in memory, whatever there is. A sample that cannot be read, is empty,
/// larger than max_size, or no message (it has no header field) is an error of next(), which names it; the walk goes
/// on behind it.
///   not_found    nothing is at `path`
///   unavailable  it cannot be opened or read
///   invalid      it is neither file nor folder
Result<std::unique_ptr<Source>> open_source(const std::string& path, const SourceOptions& options = {});

}  // namespace maildrop::replay
