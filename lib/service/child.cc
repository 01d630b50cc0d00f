/// child.cc: fork, what has to be in order before exec, and exec.
#include "service/child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "core/descriptor.h"
#include "core/text.h"

extern char** environ;

namespace maildrop::service {

namespace {

constexpr int kFirst = 3;               // of what is handed over (SD_LISTEN_FDS_START)
constexpr std::size_t kPidDigits = 10;  // of the place that is left for it
constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

/// Everything that the child needs, made before the fork: behind it, memory must not be asked for.
struct Prepared {
  std::vector<std::string> files;  // to be tried in that order
  std::vector<std::string> texts;  // of the environment
  std::vector<char*> arguments;
  std::vector<char*> environment;
  std::vector<char*> pids;  // in `texts`, where the child's pid is to be written
  std::vector<int> descriptors;
  pid_t parent;
};

std::vector<std::string> files_for(const std::string& name) {
  if (name.find('/') != name.npos) return {name};
  const char* path = std::getenv("PATH");
  std::vector<std::string> files;
  for (const std::string_view folder : split(path ? path : kDefaultPath, ':'))
    files.push_back((folder.empty() ? "." : std::string(folder)) + "/" + name);
  return files;
}

bool has_variable(const std::vector<std::string>& environment, std::string_view name) {
  return std::any_of(environment.begin(), environment.end(),
                     [&](const std::string& each) { return each.starts_with(name); });
}

Prepared prepare(const ChildPlan& plan) {
  Prepared made{files_for(plan.file), plan.environment, {}, {}, {}, {}, getpid()};
  const std::string place(kPidDigits, '\0');
  std::vector<std::size_t> with_pid;
  const auto add_pid = [&](const std::string& name) {
    with_pid.push_back(made.texts.size());
    made.texts.push_back(name + place);
  };
  if (has_variable(plan.environment, "WATCHDOG_USEC=")) add_pid("WATCHDOG_PID=");
  if (!plan.descriptors.empty()) {
    std::string names;
    for (const auto& [fd, name] : plan.descriptors) {
      names += (names.empty() ? "" : ":") + name;
      made.descriptors.push_back(fd);
    }
    made.texts.push_back("LISTEN_FDS=" + std::to_string(plan.descriptors.size()));
    made.texts.push_back("LISTEN_FDNAMES=" + names);
    add_pid("LISTEN_PID=");
  }
  for (const std::string& each : plan.arguments) made.arguments.push_back(const_cast<char*>(each.c_str()));
  made.arguments.push_back(nullptr);
  for (std::string& each : made.texts) made.environment.push_back(each.data());
  made.environment.push_back(nullptr);
  for (const std::size_t each : with_pid)
    made.pids.push_back(made.texts[each].data() + made.texts[each].size() - kPidDigits);
  return made;
}

// --- in the child: nothing that is not safe behind a fork ---

[[noreturn]] void end_child(int report) {
  const int problem = errno;
  [[maybe_unused]] const ssize_t written = write(report, &problem, sizeof problem);
  _exit(127);
}

void reset_signals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Out of the way first, as one may lie where another is to go. All else is closed by exec.
bool place_descriptors(std::vector<int>& descriptors, int& report) {
  const int end = kFirst + static_cast<int>(descriptors.size());
  report = fcntl(report, F_DUPFD_CLOEXEC, end);
  if (report < 0) return false;
  for (int& each : descriptors)
    if ((each = fcntl(each, F_DUPFD_CLOEXEC, end)) < 0) return false;
  for (std::size_t i = 0; i < descriptors.size(); ++i)
    if (dup2(descriptors[i], kFirst + static_cast<int>(i)) < 0) return false;
  close_range(static_cast<unsigned>(end), ~0U, CLOSE_RANGE_CLOEXEC);  // kernels before 5.11 have only ours closed
  return true;
}

[[noreturn]] void run_child(Prepared& prepared, int report) {
  setpgid(0, 0);
  reset_signals();
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != prepared.parent) raise(SIGTERM);  // it has ended in between
  if (!place_descriptors(prepared.descriptors, report)) end_child(report);
  for (char* place : prepared.pids) *std::to_chars(place, place + kPidDigits, getpid()).ptr = '\0';
  int problem = ENOENT;
  for (const std::string& file : prepared.files) {
    execve(file.c_str(), prepared.arguments.data(), prepared.environment.data());
    if (errno != ENOENT && errno != ENOTDIR) problem = errno;  // EACCES says more than that the next folder has none
  }
  errno = problem;
  end_child(report);
}

}  // namespace

std::vector<std::string> environment_for_children() {
  constexpr std::string_view kOurs[] = {
      "NOTIFY_SOCKET=", "WATCHDOG_PID=", "WATCHDOG_USEC=", "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES="};
  std::vector<std::string> found;
  for (char** variable = environ; variable && *variable; ++variable) {
    const std::string_view text = *variable;
    const bool ours =
        std::any_of(std::begin(kOurs), std::end(kOurs), [&](std::string_view each) { return text.starts_with(each); });
    if (!ours) found.emplace_back(text);
  }
  return found;
}

Result<pid_t> start_child(const ChildPlan& plan) {
  Prepared prepared = prepare(plan);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return fail(Code::unavailable, "cannot start '" + plan.file + "': " + std::strerror(errno));
  const FileDescriptor told(ends[0]);
  FileDescriptor report(ends[1]);
  const pid_t pid = fork();
  if (pid == 0) run_child(prepared, report.get());
  if (pid < 0) return fail(Code::unavailable, "cannot start '" + plan.file + "': " + std::strerror(errno));
  setpgid(pid, pid);  // whoever comes first: it has a group before it is known here
  report = FileDescriptor();
  int problem = 0;
  ssize_t size;
  do size = read(told.get(), &problem, sizeof problem);
  while (size < 0 && errno == EINTR);
  if (size != static_cast<ssize_t>(sizeof problem)) return pid;
  waitpid(pid, nullptr, 0);
  return fail(Code::not_found, "cannot run '" + plan.file + "': " + std::strerror(problem));
}

}  // namespace maildrop::service
