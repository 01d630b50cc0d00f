/// envelope.h: who sent a message to whom, as its header tells. Pure.
///
///   from      X-Envelope-From above all trace fields, the first Return-Path, X-Envelope-From anywhere, the From_ line
///   to        every X-Envelope-To above all trace fields; else the first X-Original-To, the first Delivered-To, every
///             X-Envelope-To anywhere, the `for` of the topmost Received; else To and Cc
///   peer, helo, received
///             the topmost Received with an address that is neither private nor `trusted`, else the topmost with any. A
///             client whose address is not told may have written all below it: there is none then. Without one, the
///             time is that of the topmost Received, else of the From_ line
/// A header is the word of whoever wrote it, and a sender may write every field of these. What a server or an export
/// has put on top is asked first for that reason: an export of ours begins with X-Envelope-To, Return-Path and
/// Received.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/mbox.h"
#include "replay/source.h"

namespace maildrop::replay {

inline constexpr std::size_t kMaxRecipients = 1000;  // of a sample; what is beyond is left out. None stands twice

/// `from_line` may be nullptr: there was none. `trusted`: servers that belong to the one that recorded it.
Envelope envelope_of(std::string_view message, const mail::FromLine* from_line,
                     const std::vector<Network>& trusted = {});

/// The addresses of a list as people write it (RFC 5322 3.4): `a@b`, `Name <a@b>`, `"Last, First" <a@b> (comment)`,
/// groups, quoted local parts. Not checked by any grammar: what stands in <>, or else a word. At most `most`.
/// Encoded words are names, never addresses, and so are not decoded.
std::vector<std::string> addresses_of(std::string_view list, std::size_t most = kMaxRecipients);

}  // namespace maildrop::replay
