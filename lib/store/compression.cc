/// compression.cc: the dictionaries, and a context of zstd's for each thread.
#include "store/compression.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>

// The linker finds the file in the tree: as an array of a source file it would be a megabyte of text.
asm(R"(
  .pushsection .rodata
  .balign 16
maildrop_mail_1: .incbin "store/dictionary/mail-1.zdict"
maildrop_mail_1_end: .byte 0
  .popsection
)");
extern "C" const char maildrop_mail_1[], maildrop_mail_1_end[];

namespace maildrop::store {

namespace {

struct Free {
  void operator()(ZSTD_CDict* each) const { ZSTD_freeCDict(each); }
  void operator()(ZSTD_DDict* each) const { ZSTD_freeDDict(each); }
  void operator()(ZSTD_CCtx* each) const { ZSTD_freeCCtx(each); }
  void operator()(ZSTD_DCtx* each) const { ZSTD_freeDCtx(each); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

// What is longer is mostly attachments, in which there is little to be found, and a high level takes tens of megabytes
// for it.
constexpr std::size_t kLong = 256 * 1024;
constexpr int kMostForLong = 3;
// From here on level 9 takes two and a half times as long as level 5, for a twenty-fifth of the bytes: 1.4 ms for 0.57
// at 50 KB of mail.
constexpr std::size_t kMiddling = 16 * 1024;
constexpr int kMostForMiddling = 5;
constexpr std::size_t kShort = 8 * 1024;  // what is no longer is compressed on the stack

int most_for(std::size_t size) {
  if (size > kLong) return kMostForLong;
  return size > kMiddling ? kMostForMiddling : kMostCompression;
}

std::string_view text_of(unsigned dictionary) {
  static_assert(kDictionary == 1);
  if (dictionary != 1) return {};
  return {maildrop_mail_1, static_cast<std::size_t>(maildrop_mail_1_end - maildrop_mail_1)};
}

/// Made at first use, and kept. Where memory is out: none, and the next call tries again.
class Prepared {
 public:
  const ZSTD_CDict* for_level(int level) {
    const std::lock_guard lock(mutex_);
    Owned<ZSTD_CDict>& made = by_level_[static_cast<std::size_t>(level)];
    const std::string_view text = text_of(kDictionary);
    if (!made) made.reset(ZSTD_createCDict(text.data(), text.size(), level));
    return made.get();
  }
  const ZSTD_DDict* for_reading(unsigned dictionary) {
    const std::lock_guard lock(mutex_);
    Owned<ZSTD_DDict>& made = by_number_[dictionary];
    const std::string_view text = text_of(dictionary);
    if (!made) made.reset(ZSTD_createDDict(text.data(), text.size()));
    return made.get();
  }

 private:
  std::mutex mutex_;
  std::array<Owned<ZSTD_CDict>, kMostCompression + 1> by_level_;
  std::array<Owned<ZSTD_DDict>, kDictionary + 1> by_number_;
};

Prepared& prepared() {
  static Prepared all;
  return all;
}

}  // namespace

std::optional<std::string> compress(std::string_view bytes, const CompressOptions& options) {
  thread_local Owned<ZSTD_CCtx> context;
  if (!context) context.reset(ZSTD_createCCtx());
  const int level = std::clamp(options.level, 1, most_for(bytes.size()));
  const ZSTD_CDict* dictionary = prepared().for_level(level);
  if (!context || !dictionary) return std::nullopt;
  ZSTD_CCtx_reset(context.get(), ZSTD_reset_session_and_parameters);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_dictIDFlag, 0);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, options.checksum ? 1 : 0);
  ZSTD_CCtx_refCDict(context.get(), dictionary);
  std::array<char, kShort> on_stack;  // not set to zero, as all of a string is
  std::string large;
  char* out = on_stack.data();
  if (bytes.size() > on_stack.size()) {
    large.resize(bytes.size());
    out = large.data();
  }
  const std::size_t size = ZSTD_compress2(context.get(), out, bytes.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(size) || size >= bytes.size()) return std::nullopt;  // what does not fit is not wanted
  return std::string(out, size);
}

Result<std::string> decompress(unsigned dictionary, std::string_view bytes, std::size_t most) {
  thread_local Owned<ZSTD_DCtx> context;
  if (!context) context.reset(ZSTD_createDCtx());
  if (text_of(dictionary).empty())
    return fail(Code::corrupt, "compressed with dictionary " + std::to_string(dictionary) + ", which is not known");
  const ZSTD_DDict* prepared_dictionary = prepared().for_reading(dictionary);
  if (!context || !prepared_dictionary) return fail(Code::unavailable, "out of memory");
  const unsigned long long says = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (says > most) return fail(Code::corrupt, "compressed bytes are damaged");  // or an error, which is larger still
  std::string made(static_cast<std::size_t>(says), '\0');
  const std::size_t size = ZSTD_decompress_usingDDict(context.get(), made.data(), made.size(), bytes.data(),
                                                      bytes.size(), prepared_dictionary);
  if (size != made.size()) return fail(Code::corrupt, "compressed bytes are damaged");
  return made;
}

}  // namespace maildrop::store
