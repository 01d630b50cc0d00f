/// descriptor_store.h: descriptors that a program has given its supervisor to keep (FDSTORE=1), so that its next
/// process has them, too: a connection, a file without a name.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/descriptor.h"
#include "core/result.h"

namespace maildrop::service {

/// Of one program. Not thread-safe; never blocks.
class DescriptorStore {
 public:
  struct Kept {
    FileDescriptor fd;
    std::string name;
    bool poll;  // it goes when it hangs up
  };

  /// `most`: so many are kept.
  explicit DescriptorStore(std::size_t most) : most_(most) {}

  /// What is kept already under that name is not kept twice: it is closed, and that is no error.
  ///   over_limit  `most` are kept; it is closed
  Result<void> put(FileDescriptor fd, const std::string& name, bool poll);
  /// Closes those of that name.
  void remove(const std::string& name);
  /// Closes those that have hung up, by what poll(2) says of them: POLLHUP or POLLERR.
  void drop_hung_up();

  /// In the order in which they came.
  const std::vector<Kept>& kept() const { return kept_; }

 private:
  std::size_t most_;
  std::vector<Kept> kept_;
};

}  // namespace maildrop::service
