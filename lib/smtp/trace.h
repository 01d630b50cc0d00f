/// trace.h: the trace fields that we put before a message, and those that others did. RFC 5321 4.4.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "mail/transaction.h"

namespace maildrop::smtp {

/// `Return-Path:` and `Received:` with CRLF line ends, to stand before the message. One `for` only with one recipient:
/// the others must not learn of each other. Between them stands `X-Maildrop-Attachments: removed 2, 123456 bytes` where
/// some were: a sender may write such a field, too, but not above our Received (mail::removal_note). And `results`,
/// whole fields with line ends.
std::string trace_fields(const mail::Transaction& transaction, std::string_view hostname, std::string_view id, Time now,
                         std::string_view results = {});

/// `Received:` fields in the header of `message`: its hops so far.
std::size_t count_hops(std::string_view message);

}  // namespace maildrop::smtp
