/// session_message.cc: a session between 354 and the answer to the final dot, and what is kept with its message.
#include <algorithm>

#include "filter/authentication_results.h"
#include "mail/attachments.h"
#include "smtp/session.h"
#include "smtp/trace.h"

namespace maildrop::smtp {

using filter::Phase;

DataReader::Limits Session::data_limits() const {
  const Config& config = policy_->config;
  return {config.mail.max_size, config.limits.header_size, config.limits.data_line};
}

std::size_t Session::consume_data(std::string_view bytes) {
  const Config& config = policy_->config;
  const bool discarding = data_refusal_ != nullptr;
  // A limit is met at the same byte, and by the same limit first, however the bytes were split.
  const std::size_t room =
      discarding ? std::max<std::size_t>(1, config.limits.discard_size - discarded_) : data_->room(data_limits());
  bytes = bytes.substr(0, room);
  if (!discarding && !make_room(bytes.size())) {
    refuse_data(reply::no_memory);
    return 0;
  }
  std::size_t used = 0;
  const DataReader::Status status = data_->read(bytes, used, discarding ? nullptr : &transaction_.data);
  if (discarding) discarded_ += used;
  if (status == DataReader::Status::bare_newline) {
    refusals_.push_back(refused_message(reply::bare_newline_data));
    take(service::Flood::Of::error);
    std::string text;
    append(text, reply::bare_newline_data, id_);
    repeat(text);
    close();
    return used;
  }
  if (!discarding && over_data_limits(data_->size(), data_->header_size(), data_->longest_line())) {
    // refuse_data() has dropped what was there; the rest is read on to the dot.
  } else if (discarded_ > config.limits.discard_size) {
    repeat(*data_refusal_);
    close();
    return used;
  }
  if (status == DataReader::Status::header_end) header_ended();
  if (status == DataReader::Status::done) data_ended();
  return used;
}

/// Lets the message grow by `more` bytes, and by our trace fields at the end, if limits.memory has room for that.
bool Session::make_room(std::size_t more) {
  std::string& data = transaction_.data;
  const std::size_t needed = data.size() + more + kTraceRoom;
  if (needed <= data.capacity()) return true;
  const std::size_t most = policy_->config.mail.max_size + kTraceRoom;
  const std::size_t next = std::max(needed, std::min(2 * data.capacity(), most));
  // While a text moves there are two of it.
  if (!hold(bytes_beside_data() + data.capacity() + next)) return false;
  data.reserve(next);
  hold(bytes_beside_data() + data.capacity());
  return true;
}

/// `bytes` for this transaction, of all memory and of what its source and network may have. Less always fits.
bool Session::hold(std::uint64_t bytes) {
  const std::uint64_t before = transaction_.memory.held();
  if (transaction_.memory.resize(bytes) && smaller_[0].resize(bytes) && smaller_[1].resize(bytes) &&
      (bytes <= before || leaves_enough()))
    return true;
  transaction_.memory.resize(before);
  for (BudgetShare& share : smaller_) share.resize(before);
  return false;
}

/// What there is of the message, in bytes.
bool Session::over_data_limits(std::size_t size, std::size_t header, std::size_t line) {
  const DataReader::Limits limits = data_limits();
  if (size > limits.size) {
    refuse_data(reply::too_large);
  } else if (header > limits.header) {
    refuse_data(reply::header_too_large);
  } else if (line > limits.line) {
    refuse_data(reply::data_line_too_long);
  } else {
    return false;
  }
  return true;
}

void Session::header_ended() {
  if (data_refusal_) return;
  if (count_hops(transaction_.data) > policy_->config.limits.hops) return refuse_data(reply::too_many_hops);
  ask(Phase::headers);
}

void Session::data_ended() {
  const bool header_only = data_->in_header();  // no empty line: the dot ends the header, too
  data_.reset();
  state_ = State::command;
  junk_ = 0;
  if (header_only) header_ended();
  if (!header_only || data_refusal_) finish_message();  // else proceed() does, after the verdict
}

/// The filters have said what they think of the header. Where the message goes on, nothing is to be done.
void Session::headers_judged() {
  if (state_ == State::command) return finish_message();  // its end has been here already
  if (state_ == State::chunk && chunk_left_ == 0) chunk_ended();
}

void Session::finish_message() {
  if (!data_refusal_) return ask(Phase::message);
  answer_message(std::string(*data_refusal_));  // a copy: the transaction goes
}

/// The filters saw it whole. What is said now is said of what came, and not of what is stored.
void Session::message_judged() {
  using Attachments = MailSettings::Attachments;
  note_replies();
  transcript_.content(transaction_.data.size());
  if (policy_->config.filter.authentication_results)
    filter::remove_forged_results(transaction_.data, policy_->hostname);
  const Attachments policy = policy_->config.mail.attachments;
  if (policy == Attachments::reject && mail::has_attachments(transaction_.data))
    return refuse_message(reply::attachments);
  if (policy == Attachments::strip && !remove_attachments()) return refuse_message(reply::no_memory);
  want_ = Want::delivery;
}

void Session::refuse_message(const Reply& reply, Discard of) {
  refusals_.push_back(refused_message(reply));
  refusals_.back().why = std::move(of.why);
  refusals_.back().by = std::move(of.by);
  refusals_.back().evidence = of.evidence;
  std::string text;
  append(text, reply, id_);
  answer_message(text);
}

/// There are two of the message while it is done, and as much memory is held.
bool Session::remove_attachments() {
  std::string& data = transaction_.data;
  const mail::Removal removal = mail::plan_removal(data);
  if (removal.attachments.empty()) return true;
  if (!hold(bytes_beside_data() + data.capacity() + removal.size + kTraceRoom)) return false;
  data = mail::remove_attachments(data, removal, kTraceRoom);
  hold(bytes_beside_data() + data.capacity());
  transaction_.removed = removal.attachments.size();
  transaction_.removed_size = mail::size_of(removal.attachments);
  return true;
}

void Session::refuse_data(const Reply& reply) {
  data_refusal_ = std::make_unique<std::string>();
  append(*data_refusal_, reply, id_);
  refusals_.push_back(refused_message(reply));
  drop_data();
}

/// However many networks there are, something is left for the next one (Choudhury and Hahne, Dynamic Queue Length
/// Thresholds for Shared-Memory Packet Switches, IEEE/ACM ToN 1998): n that take as much as they can and let go of it
/// again share n / (n + 1). Those that do not let go are seen to by Server::State::relieve(). Where memory is so small
/// that one message needs more than that, it may have it.
bool Session::leaves_enough() const {
  if (!means_.memory || !means_.smaller[1]) return true;
  const std::uint64_t all = means_.memory->limit();
  const std::uint64_t free = all - std::min(all, means_.memory->used());
  const std::uint64_t alone = Policy::room_for_one(policy_->config);
  return means_.smaller[1]->used() <= (2 * alone > all ? std::max(free, alone) : free);
}

// What was said so far goes with the message.

void Session::note_replies() {
  transcript_.server(std::string_view(output_).substr(noted_));
  noted_ = output_.size();
}

std::string Session::take_output() {
  note_replies();
  noted_ = 0;
  return std::exchange(output_, {});
}

mail::Transaction Session::take_transaction() {
  mail::Transaction taken = std::move(transaction_);
  taken.transcript = transcript_.text();
  transcript_.begin(id_, ++delivered_ + 1);
  transaction_ = {};
  transaction_.peer = taken.peer;
  transaction_.tls = taken.tls;
  transaction_.early = {taken.early.greeting, taken.early.helo};
  transaction_.helo = taken.helo;
  transaction_.esmtp = taken.esmtp;
  transaction_.lmtp = taken.lmtp;
  transaction_.session = id_;
  if (means_.memory) transaction_.memory = BudgetShare(*means_.memory);
  for (BudgetShare& share : smaller_) share.resize(0);  // who waits for the store has done his part
  return taken;
}

const Reply& answer_to(const Error& error) {
  return error.code == Code::over_limit ? reply::store_full : reply::store_failed;
}

void Session::answer(const Result<store::MessageId>& stored) {
  if (state_ == State::closed) return close();
  want_ = Want::input;
  if (stored) {
    ++messages_;
    errors_ = 0;  // errors count as long as nothing good comes of the session
    unknown_ = 0;
    answer_message("250 2.0.0 stored as " + stored->text() + "\r\n");
  } else {
    // Whatever it was, the peer keeps the message and tries again: nothing is lost.
    answer_message(answer_to(stored.error()));
  }
}

}  // namespace maildrop::smtp
