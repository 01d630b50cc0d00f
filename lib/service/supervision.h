/// supervision.h: what a supervisor decides about its programs. Pure: it is told what happens, looks at a clock, and
/// says what is to be done. service/supervisor does it.
///
/// Programs are started in order, each when the one before it is ready, and ended in the reverse order. One that ends,
/// hangs or does not get ready is started anew, after a wait that doubles; one that cannot be kept up ends all, since
/// whoever runs the supervisor (a container platform, systemd) can do what is beyond it, such as find another machine.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/config.h"
#include "service/notification.h"

namespace maildrop::service {

/// supervisord's words. EXITED: it has done its work. FATAL: all ends because of it.
enum class ProgramState { stopped, starting, running, backoff, stopping, exited, fatal };
std::string_view to_string(ProgramState state);

struct ProgramRules {
  std::string name;
  bool notifies = true;  // speaks sd_notify(3); one that does not is ready when it runs, and its hangs are not seen
  bool may_end = false;  // with status 0 it has done its work; else that is a reason to start it again like any other
};

/// How a process came to its end.
struct Ending {
  int status = 0;
  int signal = 0;  // not 0: by this one
};

/// What is to be done now.
struct Action {
  enum class Kind {
    start,   // a process of `program`; ended() if that fails
    signal,  // `number` to its process, with CONT behind it, or one that is stopped would not hear it
    kill,    // KILL to its process group
    report,  // it has come into `state`, for the reason `why`
    finish,  // with the exit status `number`: nothing is to be done after it
  };
  Kind kind;
  std::size_t program = 0;
  int number = 0;
  ProgramState state = ProgramState::stopped;
  std::string why = {};
};
using Actions = std::vector<Action>;

/// Not thread-safe. The functions that give actions are told what has happened; those who call them do the actions in
/// order before anything else.
class Supervision {
 public:
  /// Statuses of a program that will not be cured by another start: the command line and the configuration are wrong.
  static constexpr int kUsage = 64;
  static constexpr int kConfiguration = 78;
  static constexpr int kGivenUp = 70;
  /// From ABRT, or TERM to one that did not get ready, to KILL: a core file may be written meanwhile, and the program
  /// is to be back within a second.
  static constexpr Millis kGrace{500};
  /// tick() is wanted that often, by which time is known in which nothing could run (see below).
  static constexpr Millis kBeat{1000};
  /// A TERM that soon after the first is the same one said twice.
  static constexpr Millis kSameSignal{500};

  /// `clock` and `settings` outlive it. REQUIRES: at least one program.
  Supervision(std::vector<ProgramRules> programs, const WatchdogSettings& settings, const Clock& clock);

  /// The time that a program has at least to end, of those that are ended one after another within `stop_timeout`.
  static Millis part_of_stop(Millis stop_timeout, std::size_t program, std::size_t programs);

  Actions begin();
  Actions told(std::size_t program, const Notification& what);
  /// REQUIRES: it had been started, and none of its process group is left.
  Actions ended(std::size_t program, Ending ending);
  /// TERM, INT and QUIT end all; again, at once. HUP is passed on.
  Actions signalled(int number);
  Actions tick();
  /// When tick() is wanted at the latest.
  Monotonic next() const;

  ProgramState state(std::size_t program) const { return programs_[program].state; }
  /// How long a program in BACKOFF has yet to wait.
  Millis wait(std::size_t program) const;
  /// Of the last process; of one in BACKOFF why it is in it.
  Ending ending(std::size_t program) const { return programs_[program].ending; }
  /// All are running, and have said so in time.
  bool healthy() const;
  bool stopping() const { return stopping_; }
  bool reloading() const;
  /// `serve-smtp RUNNING since 2026-11-28T03:00:00Z (serving), serve-api BACKOFF 4 s`.
  std::string words() const;

 private:
  struct Program {
    ProgramRules rules;
    ProgramState state = ProgramState::stopped;
    Time since{};
    Monotonic deadline = Monotonic::max();  // of the state: for READY, for the next start, for KILL
    Monotonic silent = Monotonic::max();    // the WATCHDOG=1 that is due
    std::chrono::microseconds period{};     // 0: none is
    bool reloading = false;
    bool reload_when_ready = false;
    bool condemned = false;  // it is being ended since it failed
    bool killed = false;
    std::string status;
    Ending ending;
    std::deque<Monotonic> starts;  // within settings.window
    std::size_t unready = 0;       // starts since it was ready last
  };

  static bool lives(const Program& program);
  void look_at_clock();
  void enter(std::size_t program, ProgramState state, std::string why);
  void start(std::size_t program);
  void start_next();
  void ready(std::size_t program);
  void condemn(std::size_t program, int signal, std::string why);
  void fail(std::size_t program);
  void stop_all(int status, Millis within);
  void stop_next();
  void kill(std::size_t program);
  void finish();
  void act(Action::Kind kind, std::size_t program, int number = 0) { actions_.push_back({kind, program, number}); }
  Actions take() { return std::move(actions_); }

  const WatchdogSettings& settings_;
  const Clock& clock_;
  std::vector<Program> programs_;
  Actions actions_;
  Monotonic now_;  // of this call, or the last one
  bool stopping_ = false;
  bool finished_ = false;
  int status_ = 0;
  Monotonic stop_kill_ = Monotonic::max();  // of whoever still lives then
  Monotonic stop_end_ = Monotonic::max();
  Monotonic first_signal_ = Monotonic::max();
};

}  // namespace maildrop::service
