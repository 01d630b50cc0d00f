/// supervisor.cc: one thread that waits for signals, for what programs say, and for the next thing that is due.
#include "service/supervisor.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "core/descriptor.h"
#include "core/log.h"
#include "core/text.h"
#include "service/descriptor_store.h"
#include "service/notify.h"
#include "service/notify_receiver.h"

namespace maildrop::service {

namespace {

/// Datagrams between two looks at signals and time: who sends without end holds nothing up.
constexpr int kHeardAtOnce = 64;
/// From one line in the log about somebody's datagrams to the next, and from one STATUS to the next.
constexpr Millis kBetweenComplaints{10'000};
constexpr Millis kBetweenStatus{1'000};
constexpr int kNoProcess = 71;  // EX_OSERR, as if a process had ended with it

/// What whoever supervises us hears, see notify.h.
class Above {
 public:
  explicit Above(const Clock& clock)
      : clock_(clock), period_(watchdog_period()), pinged_(clock.monotonic() - period_) {}
  void tell(const Supervision& machine);
  /// When it is wanted at the latest.
  Monotonic next(const Supervision& machine) const { return pings(machine) ? pinged_ + period_ / 2 : Monotonic::max(); }

 private:
  /// Only while all is well it hears WATCHDOG=1: it has more means than we have.
  bool pings(const Supervision& machine) const {
    return period_.count() != 0 && (machine.healthy() || machine.stopping());
  }

  const Clock& clock_;
  Millis period_;
  Monotonic pinged_;
  Monotonic told_ = Monotonic::min();  // never, or too long ago
  std::string words_;
  bool ready_ = false;
  bool reloading_ = false;
  bool stopping_ = false;
};

void Above::tell(const Supervision& machine) {
  const Monotonic now = clock_.monotonic();
  if (pings(machine) && now >= next(machine)) {
    pinged_ = now;
    notify_watchdog();
  }
  if (machine.stopping() && !std::exchange(stopping_, true)) notify_stopping();
  if (machine.reloading() && !reloading_ && ready_) {
    reloading_ = true;
    notify_reloading();
  }
  const bool reloaded = reloading_ && !machine.reloading();
  const std::string words = machine.words();
  if (machine.healthy() && (!ready_ || reloaded)) {
    ready_ = true;
    reloading_ = false;
    notify_ready();
    told_ = Monotonic::min();
  }
  if (words == words_ || (told_ != Monotonic::min() && now - told_ < kBetweenStatus)) return;
  notify_status(words);
  told_ = now;
  words_ = words;
}

struct Process {
  pid_t pid = 0;   // 0: there is none
  pid_t last = 0;  // the same, and afterwards
  DescriptorStore store{kMostKept};
};

class Supervisor {
 public:
  Supervisor(std::vector<SupervisedProgram> programs, const WatchdogSettings& settings, const Clock& clock,
             const SupervisorHooks& hooks, NotifyReceiver receiver, FileDescriptor signals);
  int run();

 private:
  std::optional<std::size_t> program_of(pid_t pid) const;
  void wait();
  void hear();
  void hear(Datagram datagram);
  void read_signals();
  void reap();
  void perform(const Actions& actions);
  void start(std::size_t program);
  void report(const Action& action);
  bool complains();

  std::vector<SupervisedProgram> programs_;
  const WatchdogSettings& settings_;
  const Clock& clock_;
  const SupervisorHooks& hooks_;
  Supervision machine_;
  NotifyReceiver receiver_;
  FileDescriptor signals_;
  std::vector<Process> processes_;                   // of the programs
  std::vector<std::pair<std::size_t, int>> failed_;  // could not be started, as if ended with a status
  std::optional<int> finished_;
  Monotonic complained_ = Monotonic::min();
  std::uint64_t ignored_ = 0;
  bool stopping_ = false;
  bool healthy_ = false;
  Above above_;
};

std::vector<ProgramRules> rules_of(const std::vector<SupervisedProgram>& programs) {
  std::vector<ProgramRules> rules;
  for (const SupervisedProgram& each : programs) rules.push_back(each.rules);
  return rules;
}

Supervisor::Supervisor(std::vector<SupervisedProgram> programs, const WatchdogSettings& settings, const Clock& clock,
                       const SupervisorHooks& hooks, NotifyReceiver receiver, FileDescriptor signals)
    : programs_(std::move(programs)),
      settings_(settings),
      clock_(clock),
      hooks_(hooks),
      machine_(rules_of(programs_), settings, clock),
      receiver_(std::move(receiver)),
      signals_(std::move(signals)),
      processes_(programs_.size()),
      above_(clock) {}

int Supervisor::run() {
  perform(machine_.begin());
  while (!finished_) {
    wait();
    hear();  // before their ends: what somebody said last is heard, too
    read_signals();
    reap();
    for (Process& each : processes_) each.store.drop_hung_up();
    perform(machine_.tick());
    if (machine_.stopping() && !std::exchange(stopping_, true) && hooks_.stopping) hooks_.stopping();
    if (machine_.healthy() && !std::exchange(healthy_, machine_.healthy()))
      log::info("all ready", {{"programs", programs_.size()}});
    healthy_ = machine_.healthy();
    above_.tell(machine_);
    log::settle();
  }
  log::settle(log::Settle::all);
  return *finished_;
}

void Supervisor::wait() {
  const Monotonic next = std::min(machine_.next(), above_.next(machine_));
  const auto left = std::chrono::ceil<Millis>(next - clock_.monotonic()).count();
  std::vector<pollfd> asked{{signals_.get(), POLLIN, 0}, {receiver_.fd(), POLLIN, 0}};
  for (const Process& process : processes_)
    for (const DescriptorStore::Kept& each : process.store.kept())
      if (each.poll) asked.push_back({each.fd.get(), 0, 0});
  poll(asked.data(), asked.size(), static_cast<int>(std::clamp<std::int64_t>(left, 0, Supervision::kBeat.count())));
}

// --- what programs say ---

std::optional<std::size_t> Supervisor::program_of(pid_t pid) const {
  for (std::size_t index = 0; index < processes_.size() && pid > 0; ++index)
    if (processes_[index].pid == pid) return index;
  return std::nullopt;
}

void Supervisor::hear() {
  for (int i = 0; i < kHeardAtOnce; ++i) {
    std::optional<Datagram> datagram = receiver_.next();
    if (!datagram) return;
    hear(std::move(*datagram));
  }
}

/// A line for each of them would be a way to fill the log.
bool Supervisor::complains() {
  ignored_ += 1;
  const Monotonic now = clock_.monotonic();
  if (complained_ != Monotonic::min() && now - complained_ < kBetweenComplaints) return false;
  complained_ = now;
  return true;
}

/// Only the process that was started here speaks for its program: what it starts itself may be anything. The descriptor
/// of a BARRIER is closed behind all before it, as is each that is not kept.
void Supervisor::hear(Datagram datagram) {
  const std::optional<std::size_t> program = program_of(datagram.sender);
  const Notification what = parse_notification(datagram.text);
  if (!program || datagram.text.empty()) {
    const char* reason = datagram.text.empty() ? "it is too long, or not whole" : "it is not from a program's process";
    if (!what.barrier && complains())
      log::warning("notification ignored", {{"pid", datagram.sender}, {"reason", reason}, {"ignored", ignored_}});
    return;
  }
  DescriptorStore& store = processes_[*program].store;
  const std::string name = what.name.empty() ? "stored" : what.name;
  if (what.remove) store.remove(name);
  for (FileDescriptor& each : datagram.descriptors) {
    if (!what.store) break;
    const Result<void> kept = store.put(std::move(each), name, what.poll);
    if (!kept && complains())
      log::warning("descriptor not kept", {{"program", programs_[*program].rules.name}, {"error", kept.error().what}});
  }
  perform(machine_.told(*program, what));
}

// --- signals, and ends ---

void Supervisor::read_signals() {
  signalfd_siginfo info{};
  while (read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    const int number = static_cast<int>(info.ssi_signo);
    if (number == SIGCHLD) continue;
    log::info("signal", {{"signal", sigabbrev_np(number)}});
    perform(machine_.signalled(number));
    if (number == SIGHUP && hooks_.reload) hooks_.reload();
  }
}

/// One at a time, looked at before it is reaped: until then nobody else can have the number of its group.
void Supervisor::reap() {
  while (true) {
    siginfo_t info{};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    const std::optional<std::size_t> program = program_of(info.si_pid);
    if (program) ::kill(-info.si_pid, SIGKILL);
    int status = 0;
    waitpid(info.si_pid, &status, 0);
    if (!program) continue;
    processes_[*program].pid = 0;
    const bool exited = WIFEXITED(status);
    perform(machine_.ended(*program, {exited ? WEXITSTATUS(status) : 0, exited ? 0 : WTERMSIG(status)}));
  }
}

// --- what is to be done ---

void Supervisor::perform(const Actions& actions) {
  for (const Action& each : actions) {
    const pid_t pid = processes_[each.program].pid;
    switch (each.kind) {
      case Action::Kind::start: start(each.program); break;
      case Action::Kind::signal:
        if (pid <= 0) break;
        ::kill(pid, each.number);
        if (each.number != SIGHUP) ::kill(pid, SIGCONT);
        break;
      case Action::Kind::kill:
        if (pid > 0) ::kill(-pid, SIGKILL);
        break;
      case Action::Kind::report: report(each); break;
      case Action::Kind::finish: finished_ = each.number; break;
    }
  }
  if (failed_.empty()) return;
  const auto [program, status] = failed_.back();
  failed_.pop_back();
  perform(machine_.ended(program, {status, 0}));
}

void Supervisor::start(std::size_t index) {
  const SupervisedProgram& program = programs_[index];
  ChildPlan plan = program.plan;
  if (program.rules.notifies) plan.environment.push_back("NOTIFY_SOCKET=" + receiver_.address());
  const std::chrono::microseconds period = settings_.timeout;
  if (program.rules.notifies && period.count() != 0)
    plan.environment.push_back("WATCHDOG_USEC=" + std::to_string(period.count()));
  for (const DescriptorStore::Kept& each : processes_[index].store.kept())
    plan.descriptors.emplace_back(each.fd.get(), each.name);
  const Result<pid_t> pid = start_child(plan);
  if (pid) {
    processes_[index].pid = processes_[index].last = *pid;
    return;
  }
  log::error("program not started", {{"program", program.rules.name}, {"error", pid.error().what}});
  failed_.emplace_back(index, pid.error().code == Code::not_found ? Supervision::kUsage : kNoProcess);
}

void Supervisor::report(const Action& action) {
  const std::size_t index = action.program;
  const ProgramState state = action.state;
  const bool gone =
      state != ProgramState::starting && state != ProgramState::running && state != ProgramState::stopping;
  const Ending ending = machine_.ending(index);
  const char* signal = ending.signal == 0 ? nullptr : sigabbrev_np(ending.signal);
  std::string ended;
  if (gone)
    ended =
        ending.signal == 0 ? "status " + std::to_string(ending.status) : "signal " + std::string(signal ? signal : "?");
  const Millis wait = machine_.wait(index);
  const bool bad = state == ProgramState::backoff || state == ProgramState::fatal;
  log::write(bad ? log::Level::warning : log::Level::info, "program",
             {{"program", programs_[index].rules.name},
              {"state", to_string(state)},
              log::Field::if_any("pid", static_cast<std::uint64_t>(processes_[index].last)),
              log::Field::if_any("ended", ended),
              log::Field::if_any("reason", action.why),
              log::Field::if_any("restart_in", wait.count() == 0 ? std::string() : format_duration(wait))});
}

}  // namespace

Result<int> supervise(std::vector<SupervisedProgram> programs, const WatchdogSettings& settings, const Clock& clock,
                      const SupervisorHooks& hooks) {
  sigset_t heard;
  sigemptyset(&heard);
  for (const int each : {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGCHLD}) sigaddset(&heard, each);
  sigprocmask(SIG_BLOCK, &heard, nullptr);
  std::signal(SIGCHLD, SIG_DFL);  // inherited as ignored, it would leave nothing to wait for
  std::signal(SIGPIPE, SIG_IGN);
  FileDescriptor signals(signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) return fail(Code::unavailable, std::string("cannot wait for signals: ") + std::strerror(errno));
  NotifyReceiver receiver = TRY(NotifyReceiver::open(notify_folders()));
  if (getpid() != 1) prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::string names;
  for (const SupervisedProgram& each : programs) names += (names.empty() ? "" : " ") + each.rules.name;
  log::info("supervising", {{"programs", names}, {"notify", receiver.address()}});
  const int status =
      Supervisor(std::move(programs), settings, clock, hooks, std::move(receiver), std::move(signals)).run();
  log::info("supervision ended", {{"status", status}});
  return status;
}

}  // namespace maildrop::service
