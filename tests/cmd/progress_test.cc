/// progress_test.cc: what is shown of long work, on a terminal and without one.
#include "progress.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <string_view>

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

  /// What has been written, as soon as it ends so: a terminal hands on each write when it comes to it.
  std::string written(std::string_view end) const {
    constexpr int kPatience = 10'000;  // milliseconds
    std::string text;
    pollfd ready{ours_, POLLIN, 0};
    while (!text.ends_with(end) && ::poll(&ready, 1, kPatience) > 0) {
      char buffer[200];
      const auto got = ::read(ours_, buffer, sizeof buffer);
      if (got <= 0) break;
      text.append(buffer, static_cast<std::size_t>(got));
    }
    return text;
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
  CHECK(terminal.written("\x1b[K") == "\r1 of many, many, m…\x1b[K");
  for (int i = 0; i < 1000; ++i) bar.tell(line);
  CHECK(asked < 1000);
  while (asked < 2) bar.tell(line);
  bar.wipe();
  const std::string after = terminal.written("\r\x1b[K");
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
