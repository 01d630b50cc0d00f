/// envelope.h: who sent a message to whom, as its header tells. Pure.
///
///   from      X-Envelope-From, else the first Return-Path, else the From_ line
///   to        every X-Envelope-To; else the first X-Original-To, the first Delivered-To, the `for` of the topmost
///             Received; else To and Cc
///   peer, helo, received
///             the topmost Received with an address that is not private, else the topmost with any. Without one, the
///             time is that of the topmost Received, else of the From_ line
/// A header is the word of whoever wrote it: all of this can be forged, but for what our own server put on top.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/mbox.h"
#include "replay/source.h"

namespace maildrop::replay {

inline constexpr std::size_t kMaxRecipients = 1000;  // of a sample; what is beyond is left out. None stands twice

/// `from_line` may be nullptr: there was none.
Envelope envelope_of(std::string_view message, const mail::FromLine* from_line);

/// The addresses of a list as people write it (RFC 5322 3.4): `a@b`, `Name <a@b>`, `"Last, First" <a@b> (comment)`,
/// groups, quoted local parts. Not checked by any grammar: what stands in <>, or else a word. At most `most`.
/// Encoded words are names, never addresses, and so are not decoded.
std::vector<std::string> addresses_of(std::string_view list, std::size_t most = kMaxRecipients);

}  // namespace maildrop::replay
