/// old_formats.h: summaries as a maildrop without tagged parts has kept them.
#pragma once

#include <string>

#include "store/compression.h"
#include "store/packed_parts.h"
#include "store/packed_summary.h"

namespace maildrop::store::test {

inline std::string old_summary(Summary s, const std::string& to, bool compressed) {
  std::string texts;
  for (const std::string& text : {s.from, to, s.header_from, s.subject, s.helo, s.peer}) put_text(text, texts);
  const std::size_t without_tls = texts.size();
  if (!s.tls.empty()) put_text(s.tls, texts);
  const char plain = s.tls.empty() ? 1 : 2;
  s.tls.clear();
  s.mark = Mark::none;
  s.score.reset();
  // Without parts the head has only got another format.
  std::string old = pack(s, to, false);
  old.resize(old.size() - without_tls);
  old[0] = compressed ? 3 : plain;
  if (!compressed) return old + texts;
  put_number(1, old);
  put_number(texts.size(), old);
  return old + compress(texts, {3}).value();
}

}  // namespace maildrop::store::test
