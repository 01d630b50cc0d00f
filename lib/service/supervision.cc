/// supervision.cc: the states of programs, and the ways from one to another.
#include "service/supervision.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "core/text.h"

namespace maildrop::service {

namespace {

/// What is taken off a stop for KILL to do its work in.
constexpr int kReapPart = 16;
/// Of the time that is left, each program but the last one to be ended has that part.
constexpr int kStopPart = 4;
/// Not being called for that much longer than kBeat is no delay of a busy machine.
constexpr Millis kFrozen{2000};

std::string seconds(Millis wait) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(std::max(wait, Millis(0))).count()) + " s";
}

Millis rounded(std::chrono::microseconds period) { return std::chrono::ceil<Millis>(period); }

}  // namespace

std::string_view to_string(ProgramState state) {
  switch (state) {
    case ProgramState::stopped: return "STOPPED";
    case ProgramState::starting: return "STARTING";
    case ProgramState::running: return "RUNNING";
    case ProgramState::backoff: return "BACKOFF";
    case ProgramState::stopping: return "STOPPING";
    case ProgramState::exited: return "EXITED";
    case ProgramState::fatal: return "FATAL";
  }
  return "";
}

Supervision::Supervision(std::vector<ProgramRules> programs, const WatchdogSettings& settings, const Clock& clock)
    : settings_(settings), clock_(clock), now_(clock.monotonic()) {
  for (ProgramRules& each : programs) {
    programs_.emplace_back();
    programs_.back().rules = std::move(each);
    programs_.back().since = clock.now();
  }
}

Millis Supervision::part_of_stop(Millis stop_timeout, std::size_t program, std::size_t programs) {
  Millis left = stop_timeout - stop_timeout / kReapPart;
  for (std::size_t each = programs - 1; each > program; --each) left -= left / kStopPart;
  return program == 0 ? left : left / kStopPart;
}

// --- what is told ---

Actions Supervision::begin() {
  look_at_clock();
  start_next();
  return take();
}

Actions Supervision::told(std::size_t index, const Notification& what) {
  look_at_clock();
  Program& program = programs_[index];
  if (!lives(program) || !program.rules.notifies) return take();
  if (what.status) program.status = *what.status;
  if (what.period) program.period = *what.period;
  if (what.reloading && program.state == ProgramState::running) program.reloading = true;
  if (what.ready && program.state == ProgramState::starting) ready(index);
  if (what.ready) program.reloading = false;
  if (what.stopping && (program.state == ProgramState::running || program.state == ProgramState::starting)) {
    program.deadline = now_ + settings_.stop_timeout;
    enter(index, ProgramState::stopping, "its own wish");
  }
  const bool waits = program.state == ProgramState::starting || program.state == ProgramState::stopping;
  if (what.extend && waits && !program.condemned && !program.killed) {
    program.deadline = std::max(program.deadline, now_ + *what.extend);
    if (stopping_) program.deadline = std::min(program.deadline, stop_kill_);
  }
  if (program.state == ProgramState::running && (what.alive || what.ready || what.period))
    program.silent = program.period.count() == 0 ? Monotonic::max() : now_ + program.period;
  if (what.trigger && program.state != ProgramState::stopping)
    condemn(index, SIGABRT, "it says that it hangs (WATCHDOG=trigger)");
  return take();
}

Actions Supervision::ended(std::size_t index, Ending ending) {
  look_at_clock();
  Program& program = programs_[index];
  const bool done = program.rules.may_end && !program.condemned && ending.signal == 0 && ending.status == 0;
  const bool hopeless = ending.signal == 0 && (ending.status == kUsage || ending.status == kConfiguration);
  program.ending = ending;
  program.deadline = program.silent = Monotonic::max();
  program.reloading = program.reload_when_ready = false;
  program.status.clear();
  if (stopping_) {
    enter(index, ProgramState::stopped, {});
    stop_next();
  } else if (hopeless) {
    enter(index, ProgramState::fatal, "another start would end the same way");
    stop_all(ending.status, settings_.stop_timeout);
  } else if (done) {
    enter(index, ProgramState::exited, {});
    stop_all(0, settings_.stop_timeout);
  } else {
    fail(index);
  }
  return take();
}

Actions Supervision::signalled(int number) {
  look_at_clock();
  if (number == SIGHUP) {
    for (std::size_t index = 0; index < programs_.size() && !stopping_; ++index) {
      if (programs_[index].state == ProgramState::running) act(Action::Kind::signal, index, SIGHUP);
      // What has been read may be the old one; and before it is ready, HUP may yet be its end.
      if (programs_[index].state == ProgramState::starting) programs_[index].reload_when_ready = true;
    }
  } else if (first_signal_ == Monotonic::max()) {
    first_signal_ = now_;
    if (!stopping_) stop_all(0, settings_.stop_timeout);
  } else if (now_ - first_signal_ >= kSameSignal && !finished_) {
    status_ = 128 + number;
    stop_kill_ = now_;
    stop_end_ = std::min(stop_end_, now_ + kGrace);
    for (std::size_t index = 0; index < programs_.size(); ++index) kill(index);
  }
  return take();
}

Actions Supervision::tick() {
  look_at_clock();
  for (std::size_t index = 0; index < programs_.size(); ++index) {
    Program& program = programs_[index];
    if (program.state == ProgramState::running && program.silent <= now_)
      condemn(index, SIGABRT, "no WATCHDOG=1 for " + format_duration(rounded(program.period)));
    if (program.deadline > now_) continue;
    if (program.state == ProgramState::backoff)
      start(index);
    else if (program.state == ProgramState::stopping)
      kill(index);
    else if (program.state == ProgramState::starting)
      condemn(index, SIGTERM, "it did not get ready in time");
  }
  if (stopping_ && now_ >= stop_end_) finish();  // what KILL does not end hangs in the kernel
  return take();
}

Monotonic Supervision::next() const {
  Monotonic next = std::min(now_ + kBeat, stop_end_);
  for (const Program& each : programs_) next = std::min({next, each.deadline, each.silent});
  return next;
}

// --- what is asked ---

Millis Supervision::wait(std::size_t program) const {
  if (programs_[program].state != ProgramState::backoff) return Millis(0);
  return std::max(Millis(0), std::chrono::ceil<Millis>(programs_[program].deadline - clock_.monotonic()));
}

bool Supervision::healthy() const {
  return std::all_of(programs_.begin(), programs_.end(),
                     [](const Program& each) { return each.state == ProgramState::running; });
}

bool Supervision::reloading() const {
  return std::any_of(programs_.begin(), programs_.end(), [](const Program& each) { return each.reloading; });
}

std::string Supervision::words() const {
  std::string text;
  for (std::size_t index = 0; index < programs_.size(); ++index) {
    const Program& each = programs_[index];
    text += (index == 0 ? "" : ", ") + each.rules.name + " " + std::string(to_string(each.state));
    if (each.state == ProgramState::running) text += " since " + rfc3339(each.since).substr(0, 19) + "Z";
    if (each.state == ProgramState::backoff) text += " " + seconds(wait(index));
    if (!each.status.empty()) text += " (" + each.status + ")";
  }
  return text;
}

// --- what comes of it ---

bool Supervision::lives(const Program& program) {
  return program.state == ProgramState::starting || program.state == ProgramState::running ||
         program.state == ProgramState::stopping;
}

/// A machine that was suspended, or a container that was paused, has run none of us: what was to come meanwhile is not
/// late by that time. A stop goes by the time of whoever waits for it, who may not have been paused.
void Supervision::look_at_clock() {
  const Monotonic before = std::exchange(now_, clock_.monotonic());
  const auto lost = now_ - before - kBeat;
  if (lost < kFrozen || stopping_) return;
  for (Program& each : programs_) {
    if (each.deadline != Monotonic::max()) each.deadline += lost;
    if (each.silent != Monotonic::max()) each.silent += lost;
  }
}

void Supervision::enter(std::size_t index, ProgramState state, std::string why) {
  programs_[index].state = state;
  programs_[index].since = clock_.now();
  if (state != ProgramState::running) programs_[index].silent = Monotonic::max();
  actions_.push_back({Action::Kind::report, index, 0, state, std::move(why)});
}

void Supervision::start(std::size_t index) {
  Program& program = programs_[index];
  program.starts.push_back(now_);
  program.unready += 1;
  program.deadline = now_ + settings_.start_timeout;
  program.period = settings_.timeout;
  program.condemned = program.killed = false;
  act(Action::Kind::start, index);
  enter(index, ProgramState::starting, {});
  if (!program.rules.notifies) {
    program.period = {};
    ready(index);
  }
}

/// The first that has never been started, if all before it are ready.
void Supervision::start_next() {
  for (std::size_t index = 0; index < programs_.size(); ++index) {
    if (programs_[index].state == ProgramState::stopped) return start(index);
    if (programs_[index].state != ProgramState::running) return;
  }
}

void Supervision::ready(std::size_t index) {
  Program& program = programs_[index];
  program.unready = 0;
  program.deadline = Monotonic::max();
  enter(index, ProgramState::running, {});
  if (program.period.count() != 0) program.silent = now_ + program.period;
  if (std::exchange(program.reload_when_ready, false)) act(Action::Kind::signal, index, SIGHUP);
  if (!stopping_) start_next();
}

void Supervision::condemn(std::size_t index, int signal, std::string why) {
  programs_[index].condemned = true;
  programs_[index].deadline = now_ + kGrace;
  act(Action::Kind::signal, index, signal);
  enter(index, ProgramState::stopping, std::move(why));
}

void Supervision::fail(std::size_t index) {
  Program& program = programs_[index];
  while (!program.starts.empty() && now_ - program.starts.front() > settings_.window) program.starts.pop_front();
  const std::size_t starts = std::max(program.starts.size(), program.unready);
  if (starts >= settings_.starts) {
    enter(index, ProgramState::fatal, std::to_string(starts) + " starts in vain");
    return stop_all(kGivenUp, settings_.stop_timeout);
  }
  Millis wait = settings_.backoff;
  for (std::size_t doubled = 1; doubled < starts && wait < settings_.max_backoff; ++doubled) wait *= 2;
  program.deadline = now_ + std::min(wait, settings_.max_backoff);
  enter(index, ProgramState::backoff, {});
}

void Supervision::stop_all(int status, Millis within) {
  stopping_ = true;
  status_ = status;
  stop_end_ = now_ + within;
  stop_kill_ = stop_end_ - within / kReapPart;
  for (std::size_t index = 0; index < programs_.size(); ++index) {
    if (programs_[index].state != ProgramState::backoff) continue;
    programs_[index].deadline = Monotonic::max();
    enter(index, ProgramState::stopped, {});
  }
  stop_next();
}

/// Those that are ending already, of themselves or since they hang, are waited for in their turn.
void Supervision::stop_next() {
  std::size_t left = 0, last = 0;
  for (std::size_t index = 0; index < programs_.size(); ++index) {
    if (!lives(programs_[index])) continue;
    left += 1;
    last = index;
  }
  if (left == 0) return finish();
  Program& program = programs_[last];
  const Monotonic part =
      left == 1 ? stop_kill_ : now_ + std::max(Monotonic::duration(0), stop_kill_ - now_) / kStopPart;
  if (program.state == ProgramState::stopping) {
    if (!program.killed) program.deadline = std::min(program.deadline, part);
    return;
  }
  program.deadline = part;
  act(Action::Kind::signal, last, SIGTERM);
  enter(last, ProgramState::stopping, {});
}

void Supervision::kill(std::size_t index) {
  Program& program = programs_[index];
  if (!lives(program) || program.killed) return;
  program.killed = true;
  program.deadline = Monotonic::max();
  act(Action::Kind::kill, index);
  if (program.state != ProgramState::stopping) enter(index, ProgramState::stopping, "killed");
}

void Supervision::finish() {
  if (std::exchange(finished_, true)) return;
  stop_end_ = Monotonic::max();
  act(Action::Kind::finish, 0, status_);
}

}  // namespace maildrop::service
