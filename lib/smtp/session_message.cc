/// session_message.cc: a session between 354 and the answer to the final dot.
#include "smtp/session.h"
#include "smtp/trace.h"

namespace maildrop::smtp {

using filter::Phase;

std::size_t Session::consume_data(std::string_view bytes) {
  const Config& config = policy_->config;
  const bool discarding = data_refusal_ != nullptr;
  // A limit is met at the same byte, and by the same limit first, however the bytes were split.
  const std::size_t room =
      discarding ? std::max<std::size_t>(1, config.limits.discard_size - discarded_)
                 : data_->room({config.mail.max_size, config.limits.header_size, config.limits.data_line});
  bytes = bytes.substr(0, room);
  std::size_t used = 0;
  const DataReader::Status status = data_->read(bytes, used, discarding ? nullptr : &transaction_.data);
  if (discarding) discarded_ += used;
  if (status == DataReader::Status::bare_newline) {
    say(reply::bare_newline_data);
    close();
    return used;
  }
  if (!discarding && over_data_limits()) {
    // refuse_data() has dropped what was there; the rest is read on to the dot.
  } else if (discarded_ > config.limits.discard_size) {
    output_ += *data_refusal_;
    close();
    return used;
  }
  if (status == DataReader::Status::header_end) header_ended();
  if (status == DataReader::Status::done) data_ended();
  return used;
}

bool Session::over_data_limits() {
  const Config& config = policy_->config;
  if (data_->size() > config.mail.max_size) {
    refuse_data(reply::too_large);
  } else if (data_->header_size() > config.limits.header_size) {
    refuse_data(reply::header_too_large);
  } else if (data_->longest_line() > config.limits.data_line) {
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
  const bool header_only = transaction_.data.size() == data_->header_size();
  data_.reset();
  state_ = State::command;
  junk_ = 0;
  if (!data_refusal_ && header_only && count_hops(transaction_.data) > policy_->config.limits.hops)
    refuse_data(reply::too_many_hops);
  if (data_refusal_) {
    output_ += *data_refusal_;
    reset();
    return;
  }
  ask(Phase::message);
}

void Session::refuse_data(const Reply& reply) {
  data_refusal_ = std::make_unique<std::string>();
  append(*data_refusal_, reply, id_);
  refusals_.push_back(reply.reason);
  drop_data();
}

mail::Transaction Session::take_transaction() {
  mail::Transaction taken = std::move(transaction_);
  transaction_ = {};
  transaction_.peer = taken.peer;
  transaction_.helo = taken.helo;
  transaction_.esmtp = taken.esmtp;
  return taken;
}

void Session::answer(const Result<store::MessageId>& stored) {
  if (state_ == State::closed) return close();
  want_ = Want::input;
  reset();
  if (stored) {
    ++messages_;
    errors_ = 0;  // errors count as long as nothing good comes of the session
    unknown_ = 0;
    output_ += "250 2.0.0 stored as " + stored->text() + "\r\n";
  } else {
    // Whatever it was, the peer keeps the message and tries again: nothing is lost.
    say(stored.error().code == Code::over_limit ? reply::store_full : reply::store_failed);
  }
}

}  // namespace maildrop::smtp
