/// terminal.h: where output goes: a screen, a pager, a pipe or a file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace maildrop::cmd {

/// What is known of an output. Not a terminal: no colour unless asked for, no width.
struct Screen {
  int fd = 1;
  bool terminal = false;
  bool colour = false;
  std::size_t width = 0;  // columns of a table for eyes; 0: lines for a program, nothing cut

  std::string bold(std::string_view text) const;
};

/// The values of --color.
inline const std::vector<std::string> kColours = {"auto", "always", "never"};

/// `auto` is a terminal that NO_COLOR (https://no-color.org) and TERM=dumb do not speak against. `always` gives a width
/// to pipes, too: somebody will look.
Screen screen_of(int fd, std::string_view colour);

/// Writes all of it. A reader that has gone ends the process silently by SIGPIPE, as it would have without an earlier
/// SIG_IGN; other failures are unavailable, `cannot write WHAT: ...`.
Result<void> print(int fd, std::string_view text, const std::string& what = "the output");

/// Through PAGER (`less` without it, with LESS=FRX unless set) when the screen is a terminal and a pager is there;
/// else as print(). Returns when the pager has ended.
Result<void> page(const Screen& screen, std::string_view text);

/// A new file of mode 0600 to write to; never follows a symbolic link. One that exists is an error, or is replaced
/// with `force`. The descriptor is the caller's.
Result<int> create_file(const std::string& path, bool force);

}  // namespace maildrop::cmd
