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
#include <vector>

#include "core/net.h"
#include "core/result.h"
#include "mail/inbox.h"
#include "replay/place.h"
#include "replay/source.h"
#include "store/store.h"

namespace maildrop::replay {

/// Opens the store at a URL as of `store.url`; an empty one is that of the configuration.
using OpenStore = std::function<Result<std::shared_ptr<store::Store>>(const std::string& url)>;

struct SourceOptions {
  std::size_t max_size = 64u << 20;    // bytes of a message; a larger one is an error of that sample (over_limit)
  int input = 0;                       // what `-` reads; not closed
  std::function<bool()> give_up;       // asked each tenth of a second while `-` has nothing, and at each piece that is
                                       // unpacked or read of a store: true is an error of it
  bool mboxcl2 = false;                // mboxes are of that kind: Content-Length divides them, which a sender may write
  std::vector<Network> trusted;        // whose Received fields are believed, besides those of private addresses
  OpenStore open_store;                // none: there are no stores
  std::vector<mail::Inbox> inboxes;    // of stores; none: all
  std::size_t max_stored = 5'000'000;  // messages of a store: to know their order takes 40 bytes of memory each
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
///   a file     one message, or an mbox when it begins with a From_ line (mail/mbox.h), or what `maildrop backup`
///   wrote;
///              one of these packed (archive.h); or a tar archive of files that are one of these, packed or not
///   a folder   with `cur` and `new` a Maildir with its subfolders (Maildir++); any other is walked, sorted by name,
///   and
///              each file or folder in it is one of these. Hidden ones and `tmp` are passed over, as are special files
///              and symbolic links to folders
///   `-`        options.input: what a file may be
///   `store:`   and a URL or nothing: the mail that a store has, the oldest first; a file of such a name is `./store:`
/// Samples are read as they are asked for: one is in memory, whatever there is. A sample that cannot be read, is empty,
/// larger than max_size, or no message (it has no header field) is an error of next(), which names it; the walk goes
/// on behind it.
///   not_found    nothing is at `path`
///   unavailable  it cannot be opened or read
///   invalid      it is neither file nor folder, or is damaged from its beginning
Result<std::unique_ptr<Source>> open_source(const std::string& path, const SourceOptions& options = {});
/// The same for what was looked at.
Result<std::unique_ptr<Source>> open_place(Place place, const SourceOptions& options);

}  // namespace maildrop::replay
