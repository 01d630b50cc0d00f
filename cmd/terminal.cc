/// terminal.cc: colour, width, pager and files.
#include "terminal.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "core/file_error.h"
#include "core/text.h"
#include "core/write_all.h"

extern char** environ;

namespace maildrop::cmd {
namespace {

constexpr std::size_t kUsualWidth = 80;
constexpr int kNoSuchCommand = 127;  // what sh says of a pager that is not there

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

std::size_t width_of(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const int columns = std::atoi(std::string(variable("COLUMNS")).c_str());
  return columns > 0 ? static_cast<std::size_t>(columns) : kUsualWidth;
}

bool in_path(std::string_view program) {
  for (const std::string_view folder : split(variable("PATH"), ':')) {
    const std::string path = std::string(folder) + "/" + std::string(program);
    if (::access(path.c_str(), X_OK) == 0) return true;
  }
  return false;
}

std::string pager() {
  if (std::getenv("PAGER") != nullptr) {
    const std::string chosen(trim(variable("PAGER")));
    return chosen == "cat" ? "" : chosen;
  }
  return in_path("less") ? "less" : "";
}

[[noreturn]] void end_by_sigpipe() {
  ::signal(SIGPIPE, SIG_DFL);
  ::raise(SIGPIPE);
  ::_exit(128 + SIGPIPE);  // it was blocked
}

/// While a pager has the terminal: Ctrl-C is its business, and one that ends early is no error.
class PagerSignals {
 public:
  PagerSignals() : interrupt_(::signal(SIGINT, SIG_IGN)), pipe_(::signal(SIGPIPE, SIG_IGN)) {}
  ~PagerSignals() {
    ::signal(SIGINT, interrupt_);
    ::signal(SIGPIPE, pipe_);
  }
  PagerSignals(const PagerSignals&) = delete;
  PagerSignals& operator=(const PagerSignals&) = delete;

 private:
  void (*interrupt_)(int);
  void (*pipe_)(int);
};

/// Starts `sh -c COMMAND` reading from the descriptor given back; the process id in `child`, 0 when it cannot be.
int start(const std::string& command, pid_t& child) {
  int ends[2];
  child = 0;
  if (::pipe2(ends, O_CLOEXEC) != 0) return -1;
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGINT);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
  const char* arguments[] = {"sh", "-c", command.c_str(), nullptr};
  if (::posix_spawn(&child, "/bin/sh", &actions, &attributes, const_cast<char* const*>(arguments), environ) != 0)
    child = 0;
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  ::close(ends[0]);
  if (child != 0) return ends[1];
  ::close(ends[1]);
  return -1;
}

/// Whether the pager showed it.
bool through_pager(const std::string& command, std::string_view text) {
  const PagerSignals signals;
  ::setenv("LESS", "FRX", 0);  // short texts need no key to leave; colours pass
  pid_t child = 0;
  const int to = start(command, child);
  if (child == 0) return false;
  write_all(to, text);
  ::close(to);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return !(WIFEXITED(status) && WEXITSTATUS(status) == kNoSuchCommand);
}

}  // namespace

std::string Screen::bold(std::string_view text) const {
  return colour ? "\x1b[1m" + std::string(text) + "\x1b[0m" : std::string(text);
}

Screen screen_of(int fd, std::string_view colour) {
  Screen screen;
  screen.fd = fd;
  screen.terminal = ::isatty(fd) == 1;
  if (screen.terminal || colour == "always") screen.width = width_of(fd);
  const bool able = screen.terminal && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
  screen.colour = colour == "always" || (colour != "never" && able);
  return screen;
}

Result<void> print(int fd, std::string_view text, const std::string& what) {
  const int number = write_all(fd, text);
  if (number == EPIPE) end_by_sigpipe();
  if (number != 0) return fail(Code::unavailable, "cannot write " + what + ": " + std::strerror(number));
  return {};
}

Result<void> page(const Screen& screen, std::string_view text) {
  const std::string command = screen.terminal ? pager() : "";
  if (!command.empty() && through_pager(command, text)) return {};
  return print(screen.fd, text);
}

Result<int> create_file(const std::string& path, bool force) {
  const int how = force ? O_TRUNC : O_EXCL;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | how, 0600);
  if (fd < 0 && errno == EEXIST) return fail(Code::invalid, "'" + path + "' exists; --force replaces it");
  if (fd < 0) return tl::unexpected(file_error("create", path, errno));
  struct stat status {};
  if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) ::fchmod(fd, 0600);  // a replaced file keeps its mode
  return fd;
}

}  // namespace maildrop::cmd
