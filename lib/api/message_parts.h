/// message_parts.h: what a message is made of, as the API and its page list it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mail/attachments.h"
#include "mail/mime.h"

namespace maildrop::api {

struct ListedPart {
  std::string type;  // `text/plain`
  std::string name;  // of the file, decoded; empty: none
  std::string disposition;
  std::string cid;
  std::uint64_t size = 0;                     // bytes, decoded
  std::optional<mail::Attachment> removed{};  // what was there before it was taken out at the door
};

struct ListedParts {
  std::vector<ListedPart> parts;  // the first is number 1
  bool cut = false;               // there may be more
};

/// The parts that have a number: all but multiparts, which hold nothing of their own.
std::vector<mail::Part> numbered_parts(const mail::Structure& structure);

ListedParts list_parts(const std::string& message);

}  // namespace maildrop::api
