/// zstd_stream.cc: buffers around zstd's streaming calls.
#include "store/zstd_stream.h"

#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <utility>

namespace maildrop::store {

namespace {

struct FreeStream {
  void operator()(ZSTD_CCtx* each) const { ZSTD_freeCCtx(each); }
  void operator()(ZSTD_DCtx* each) const { ZSTD_freeDCtx(each); }
};

tl::unexpected<Error> out_of_memory() { return fail(Code::unavailable, "out of memory"); }
tl::unexpected<Error> damaged_stream(const std::string& how) { return fail(Code::corrupt, "damaged: " + how); }
tl::unexpected<Error> cut_off() { return fail(Code::corrupt, "cut off"); }

}  // namespace

struct ZstdWriter::State {
  Sink sink;
  std::unique_ptr<ZSTD_CCtx, FreeStream> context;
  std::string out = std::string(ZSTD_CStreamOutSize(), '\0');

  Result<void> turn(std::string_view bytes, ZSTD_EndDirective how) {
    ZSTD_inBuffer from{bytes.data(), bytes.size(), 0};
    for (;;) {
      ZSTD_outBuffer to{out.data(), out.size(), 0};
      const std::size_t left = ZSTD_compressStream2(context.get(), &to, &from, how);
      if (ZSTD_isError(left)) return out_of_memory();  // there is nothing else that it could lack
      if (to.pos > 0) TRY(sink(std::string_view(out).substr(0, to.pos)));
      if (how == ZSTD_e_end ? left == 0 : from.pos == from.size) return {};
    }
  }
};

Result<ZstdWriter> ZstdWriter::make(Sink sink, int level) {
  auto state = std::make_unique<State>();
  state->sink = std::move(sink);
  state->context.reset(ZSTD_createCCtx());
  if (!state->context) return out_of_memory();
  ZSTD_CCtx_setParameter(state->context.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(state->context.get(), ZSTD_c_checksumFlag, 1);
  return ZstdWriter(std::move(state));
}

ZstdWriter::ZstdWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
ZstdWriter::ZstdWriter(ZstdWriter&&) noexcept = default;
ZstdWriter& ZstdWriter::operator=(ZstdWriter&&) noexcept = default;
ZstdWriter::~ZstdWriter() = default;

Result<void> ZstdWriter::write(std::string_view bytes) { return state_->turn(bytes, ZSTD_e_continue); }
Result<void> ZstdWriter::finish() { return state_->turn({}, ZSTD_e_end); }

struct ZstdReader::State {
  Fill fill;
  std::unique_ptr<ZSTD_DCtx, FreeStream> context;  // none: what comes is plain
  std::string in = std::string(ZSTD_DStreamInSize(), '\0'), out = std::string(ZSTD_DStreamOutSize(), '\0');
  std::string_view packed{}, plain{};  // of these what is still to be read
  bool within_frame = false;
  bool held_back = false;  // zstd has more to give than there was room for

  /// Makes `plain` longer than nothing. false: there is no more, and what there was is whole.
  Result<bool> more() {
    while (plain.empty()) {
      if (packed.empty() && !held_back) {
        packed = std::string_view(in).substr(0, TRY(fill(in.data(), in.size())));
        if (packed.empty() && within_frame) return cut_off();
        if (packed.empty()) return false;
      }
      TRY(unpack());
    }
    return true;
  }

  Result<void> unpack() {
    if (!context) {
      plain = std::exchange(packed, {});
      return {};
    }
    ZSTD_inBuffer from{packed.data(), packed.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const std::size_t left = ZSTD_decompressStream(context.get(), &to, &from);
    if (ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation) return out_of_memory();
    if (ZSTD_isError(left)) return damaged_stream(ZSTD_getErrorName(left));
    packed.remove_prefix(from.pos);
    plain = std::string_view(out).substr(0, to.pos);
    within_frame = left != 0;
    held_back = to.pos == to.size;
    return {};
  }

  std::string_view take(std::size_t size) {
    const std::string_view taken = plain.substr(0, size);
    plain.remove_prefix(taken.size());
    return taken;
  }
};

Result<ZstdReader> ZstdReader::make(Fill fill) {
  auto state = std::make_unique<State>();
  state->fill = std::move(fill);
  state->context.reset(ZSTD_createDCtx());
  if (!state->context) return out_of_memory();
  return ZstdReader(std::move(state));
}

ZstdReader ZstdReader::of_plain(Fill fill) {
  auto state = std::make_unique<State>();
  state->fill = std::move(fill);
  return ZstdReader(std::move(state));
}

ZstdReader::ZstdReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ZstdReader::ZstdReader(ZstdReader&&) noexcept = default;
ZstdReader& ZstdReader::operator=(ZstdReader&&) noexcept = default;
ZstdReader::~ZstdReader() = default;

Result<std::optional<std::string>> ZstdReader::line(std::size_t most) {
  std::string line;
  while (TRY(state_->more())) {
    const std::size_t end = state_->plain.find('\n');
    if (line.size() + std::min(end, state_->plain.size()) > most) return damaged_stream("a line is too long");
    line += state_->take(end);
    if (end == std::string_view::npos) continue;
    state_->take(1);
    return line;
  }
  if (!line.empty()) return cut_off();
  return std::nullopt;
}

Result<std::string> ZstdReader::bytes(std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    if (!TRY(state_->more())) return cut_off();
    bytes += state_->take(size - bytes.size());
  }
  return bytes;
}

}  // namespace maildrop::store
