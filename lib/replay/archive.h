/// archive.h: what is packed in a file, and what is in a tar archive, by libarchive, as it comes.
///
/// Only what is named here is let in: gzip, zstd, xz and bzip2, and tar in all of its kinds. No other format of
/// libarchive's, and no program that it would call, is ever asked. In memory is a piece of 64 KiB on either side, and
/// what an unpacker needs to look back at: 128 MB at most for zstd, a few for gzip and bzip2, and for xz what whoever
/// packed it wanted (`xz -9`: 64 MiB; the format lets 4 GiB), which libarchive has no limit for.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "replay/place.h"

namespace maildrop::replay {

/// Whether a file that begins so is packed.
bool is_packed(std::string_view head);
/// Whether it is a tar archive, as POSIX and GNU write them.
bool is_tar(std::string_view head);

/// What a packed file holds: a place of the same path, `unpacked`. `give_up` is asked at each piece: a few bytes can
/// hold more than anybody waits for.
///   invalid      damaged, cut off, or packed more than once
///   unavailable  it cannot be read, was given up, memory is out, or libarchive is not installed
Result<Place> unpack(Place packed, const std::function<bool()>& give_up);

/// The files of an archive, one after the other, in its order. Not thread-safe. Blocking.
class Tar {
 public:
  static constexpr std::size_t kLongestName = 4096;  // bytes, as of a path

  static Result<std::unique_ptr<Tar>> open(Place archive, const std::function<bool()>& give_up);
  virtual ~Tar() = default;
  /// The next one, `in_archive`; it is of use until the next call, or the end of this. Folders, links, special files
  /// and hidden files are passed over, but none for the folder that it is in: an archive of /tmp or ~/.mail has them
  /// all. nullopt: the end. An error is of what it names: call again, and what can be read behind it is given.
  virtual std::optional<Result<Place>> next() = 0;
};

}  // namespace maildrop::replay
