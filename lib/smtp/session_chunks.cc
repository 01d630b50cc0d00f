/// session_chunks.cc: a message in chunks: BDAT (RFC 3030).
#include <algorithm>

#include "smtp/session.h"

namespace maildrop::smtp {

void Session::run_bdat(std::string_view argument) {
  const std::optional<BdatCommand> chunk = parse_bdat(argument);
  if (!chunk) {
    // How many octets follow nobody knows: what comes next must not be taken for commands.
    return refuse_and_close(reply::bdat_syntax);
  }
  chunk_left_ = chunk_size_ = chunk->size;
  last_chunk_ = chunk->last;
  wrong_chunk_ = wrong_chunk();
  if (!chunks_) discarded_ = 0;
  state_ = State::chunk;
  if (!wrong_chunk_ && !chunks_) {
    chunks_ = std::make_unique<ChunkReader>();
    ++begun_;
  }
  if (!wrong_chunk_) {
    const std::uint64_t room = policy_->config.mail.max_size - chunks_->size();
    if (chunk_size_ > room) refuse_data(reply::too_large);
    chunks_->begin(chunk_size_);
  }
  if (chunk_left_ == 0) chunk_ended();
}

/// Why this chunk is out of place; its octets come all the same.
const Reply* Session::wrong_chunk() const {
  if (!in_transaction_) return &reply::need_mail;
  if (transaction_.recipients.empty()) return &no_recipients();
  return data_refusal_ ? &reply::need_rset : nullptr;
}

std::size_t Session::consume_chunk(std::string_view bytes) {
  bytes = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), chunk_left_)));
  std::size_t used = 0;
  if (wrong_chunk_ || data_refusal_) {
    used = std::min(bytes.size(), std::max<std::size_t>(1, policy_->config.limits.discard_size - discarded_));
    discarded_ += used;
    chunk_left_ -= used;
  } else if (bytes = bytes.substr(0, chunks_->room(data_limits())); make_room(bytes.size())) {
    const ChunkReader::Status status = chunks_->read(bytes, used, transaction_.data);
    chunk_left_ -= used;
    const bool over = over_data_limits(chunks_->size(), chunks_->header_size(), chunks_->longest_line());
    if (!over && status == ChunkReader::Status::header_end) header_ended();
  } else {
    refuse_data(reply::no_memory);
  }
  const bool ended = chunk_left_ == 0 || discarded_ > policy_->config.limits.discard_size;
  // A verdict may be wanted first, or may have ended the chunk already.
  if (ended && state_ == State::chunk && want_ == Want::input) chunk_ended();
  return used;
}

void Session::chunk_ended() {
  const bool cut = chunk_left_ > 0;  // too much of it to read on
  state_ = State::command;
  if (wrong_chunk_) {
    // RFC 2033 4.2: the end of a message has a reply for each, also of one that was refused before. The one that may
    // close comes last.
    for (unsigned i = 1; transaction_.lmtp && last_chunk_ && i < accepted_; ++i) append(output_, *wrong_chunk_, id_);
    refuse_order(*wrong_chunk_);
  } else if (last_chunk_ && !cut) {
    return last_chunk_ended();
  } else if (data_refusal_ && last_chunk_) {
    repeat(*data_refusal_);
  } else if (data_refusal_) {
    output_ += *data_refusal_;  // and the transaction is of no use any more, until RSET (RFC 3030 2)
  } else {
    output_ += "250 2.0.0 " + std::to_string(chunk_size_) + " octets received\r\n";
    if (chunk_size_ == 0) count_junk();  // chunks with something in them end with mail.max_size, empty ones never would
  }
  if (cut) close();
}

void Session::last_chunk_ended() {
  const bool strict = policy_->config.smtp.bare_newline == SmtpSettings::BareNewline::reject && !transaction_.binary;
  if (!data_refusal_ && strict && chunks_->bare_newline()) refuse_data(reply::bare_newline_chunk);
  const bool header_only = chunks_->in_header();
  chunks_.reset();
  junk_ = 0;
  if (header_only) header_ended();
  if (!header_only || data_refusal_) finish_message();
}

}  // namespace maildrop::smtp
