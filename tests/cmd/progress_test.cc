/// progress_test.cc: what is shown of long work, on a terminal and without one.
#include "progress.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "capture.h"

namespace maildrop::cmd {
namespace {

/// Standard error is a terminal while it lives.
class ErrorTerminal {
 public:
  ErrorTerminal() : ours_(::posix_openpt(O_RDWR | O_NOCTTY)), saved_(::dup(2)) {
    REQUIRE((::grantpt(ours_) == 0 && ::unlockpt(ours_) == 0));
    const int theirs = ::open(::ptsname(ours_), O_RDWR | O_NOCTTY);
    const winsize size{24, 20, 0, 0};
    REQUIRE(::ioctl(theirs, TIOCSWINSZ, &size) == 0);
    ::dup2(theirs, 2);
    ::close(theirs);
  }
  ~ErrorTerminal() {
    ::dup2(saved_, 2);
    ::close(saved_);
    ::close(ours_);
  }
  ErrorTerminal(const ErrorTerminal&) = delete;

  /// REQUIRES: something was.
  std::string written() const {
    char buffer[200];
    const auto got = ::read(ours_, buffer, sizeof buffer);
    return {buffer, got < 0 ? 0 : static_cast<std::size_t>(got)};
  }

 private:
  int ours_, saved_;
};

}  // namespace

TEST_CASE("progress: a line of its own is cut to the terminal, is asked for now and then, and wiped") {
  const ErrorTerminal terminal;
  Bar bar;
  int asked = 0;
  const auto line = [&asked] { return std::to_string(++asked) + " of many, many, many"; };
  bar.wipe();  // nothing yet
  bar.tell(line);
  CHECK(terminal.written() == "\r1 of many, many, m…\x1b[K");
  for (int i = 0; i < 1000; ++i) bar.tell(line);
  CHECK(asked < 1000);
  while (asked < 2) bar.tell(line);
  bar.wipe();
  const std::string after = terminal.written();
  CHECK(after.starts_with("\r2 of many, many, m…\x1b[K"));
  CHECK(after.ends_with("\r\x1b[K"));
}

TEST_CASE("progress: without a terminal there are no bars, and lines far between") {
  const test::Capture err(2);
  Bar bar;
  int asked = 0;
  bar.tell([&asked] { return std::to_string(++asked); });
  bar.show(1, 2);
  bar.wipe();
  CHECK(asked == 0);
  CHECK(err.text().empty());
}

}  // namespace maildrop::cmd
