/// terminal_test.cc: what is a screen, and what a pager is given.
#include "terminal.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <optional>

#include "capture.h"

namespace maildrop::cmd {
namespace {

/// Sets a variable while it lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) before_ = old;
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
  }
  ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

/// The slave end of a pseudo-terminal.
class Pty {
 public:
  Pty() : master_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    ::grantpt(master_);
    ::unlockpt(master_);
    slave_ = ::open(::ptsname(master_), O_RDWR | O_NOCTTY);
  }
  ~Pty() {
    ::close(slave_);
    ::close(master_);
  }
  Pty(const Pty&) = delete;
  Pty& operator=(const Pty&) = delete;
  int fd() const { return slave_; }

 private:
  int master_, slave_;
};

TEST_CASE("a pipe is no screen") {
  const test::Capture out(1);
  const Screen screen = screen_of(1, "auto");
  CHECK(!screen.terminal);
  CHECK(!screen.colour);
  CHECK(screen.width == 0);
  CHECK(!screen_of(1, "never").colour);
  const Variable columns("COLUMNS", "132");
  CHECK(screen_of(1, "always").colour);
  CHECK(screen_of(1, "always").width == 132);
}

TEST_CASE("a terminal has colour unless something speaks against it") {
  struct Row {
    const char *colour, *no_color, *term;
    bool wanted;
  };
  const Pty pty;
  for (const Row& row :
       {Row{"auto", nullptr, "xterm", true}, Row{"auto", "1", "xterm", false}, Row{"auto", "", "xterm", true},
        Row{"auto", nullptr, "dumb", false}, Row{"never", nullptr, "xterm", false}, Row{"always", "1", "dumb", true}}) {
    const Variable no_color("NO_COLOR", row.no_color);
    const Variable term("TERM", row.term);
    const Screen screen = screen_of(pty.fd(), row.colour);
    CAPTURE(row.colour, row.term);
    CHECK(screen.terminal);
    CHECK(screen.width > 0);
    CHECK(screen.colour == row.wanted);
  }
}

TEST_CASE("a pager gets a terminal's text, and one that fails loses none") {
  const test::Folder folder;
  struct Row {
    std::string pager;
    bool terminal;
    std::string printed;
  };
  const std::vector<Row> rows = {
      {"sed s/^/paged:/", true, "paged:text\n"},
      {"sed s/^/paged:/", false, "text\n"},
      {"", true, "text\n"},
      {"cat", true, "text\n"},
      {"exec /no/such/pager 2>/dev/null", true, "text\n"},
      {"head -c 2; exit 3", true, "te"},  // ended early by the one who reads: no error
  };
  for (const Row& row : rows) {
    const Variable pager("PAGER", row.pager.c_str());
    Screen screen;
    screen.terminal = row.terminal;
    const test::Capture out(1);
    CAPTURE(row.pager);
    CHECK(page(screen, "text\n"));
    CHECK(out.text() == row.printed);
  }
}

TEST_CASE("a pager that leaves a long text ends nothing") {
  const Variable pager("PAGER", "true");
  Screen screen;
  screen.terminal = true;
  CHECK(page(screen, std::string(1 << 20, 'x')));
}

}  // namespace
}  // namespace maildrop::cmd
