/// archive.cc: what speaks to libarchive.
#include "replay/archive.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "core/text.h"
#include "replay/archive_library.h"

namespace maildrop::replay {
namespace {

using namespace std::string_view_literals;
using GiveUp = std::function<bool()>;

/// libarchive's handle on a place. It is given the bytes as it asks for them.
class Handle {
 public:
  Handle(const ArchiveLibrary& library, Place place, GiveUp give_up)
      : library_(library),
        place_(std::move(place)),
        give_up_(std::move(give_up)),
        archive_(library.archive_read_new()) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { library_.archive_read_free(archive_); }  // takes a nullptr

  Result<void> open_packed() {
    return open({library_.archive_read_support_filter_gzip, library_.archive_read_support_filter_zstd,
                 library_.archive_read_support_filter_xz, library_.archive_read_support_filter_bzip2,
                 library_.archive_read_support_format_raw, library_.archive_read_support_format_empty});
  }
  Result<void> open_tar() { return open({library_.archive_read_support_format_tar}); }

  /// How many layers of packing there are.
  int layers() const { return library_.archive_filter_count(archive_) - 1; }

  int next_header(archive_entry** entry) { return library_.archive_read_next_header(archive_, entry); }

  /// Of the entry at hand; `name` is its.
  Result<std::size_t> read(char* to, std::size_t size, const std::string& name) {
    if (is_given_up()) return tl::unexpected(why(name));
    const la_ssize_t got = library_.archive_read_data(archive_, to, size);
    if (got >= 0) return static_cast<std::size_t>(got);
    lost_ = lost_ || got == ARCHIVE_FATAL;
    return tl::unexpected(why(name));
  }

  /// What libarchive said last, or what is wrong with the bytes that it was to have.
  Error why(const std::string& name) const {
    if (given_up_) return {Code::unavailable, "cannot read '" + name + "': given up"};
    if (input_error_) return {input_error_->code, "cannot read '" + name + "': " + input_error_->what};
    const char* text = archive_ == nullptr ? "out of memory" : library_.archive_error_string(archive_);
    const bool out_of_memory = archive_ == nullptr || library_.archive_errno(archive_) == ENOMEM;
    return {out_of_memory ? Code::unavailable : Code::invalid,
            "cannot read '" + name + "': " + (text == nullptr ? "it is damaged" : std::string(text))};
  }

  bool is_given_up() { return given_up_ = given_up_ || (give_up_ && give_up_()); }
  /// There is nothing more to be had.
  bool is_lost() const { return lost_ || given_up_; }
  /// Bytes of the file that were looked at.
  la_int64_t position() const { return library_.archive_filter_bytes(archive_, 0); }
  const std::string& path() const { return place_.path; }
  const ArchiveLibrary& library() const { return library_; }

 private:
  using Support = int (*)(archive*);

  /// A warning of these would be that a program has to be called.
  Result<void> open(std::initializer_list<Support> all) {
    if (archive_ == nullptr) return tl::unexpected(why(path()));
    for (const Support support : all)
      if (support(archive_) != ARCHIVE_OK) return tl::unexpected(why(path()));
    if (library_.archive_read_open(archive_, this, nullptr, give, nullptr) != ARCHIVE_OK)
      return tl::unexpected(why(path()));
    return {};
  }

  static la_ssize_t give(archive*, void* self, const void** bytes) noexcept {
    Handle& handle = *static_cast<Handle*>(self);
    try {
      const std::string_view piece = handle.next_piece();
      *bytes = piece.data();
      return handle.input_error_ ? ARCHIVE_FATAL : static_cast<la_ssize_t>(piece.size());
    } catch (const std::exception&) {  // memory is out; no exception may pass through C
      return ARCHIVE_FATAL;
    }
  }

  std::string_view next_piece() {
    if (!std::exchange(head_given_, true) && !place_.head.empty()) return place_.head;
    if (is_given_up()) {
      input_error_ = why(path());
      return {};
    }
    const Result<std::size_t> got = place_.bytes->read(piece_.data(), piece_.size());
    if (!got) input_error_ = got.error();
    return std::string_view(piece_).substr(0, got.value_or(0));
  }

  const ArchiveLibrary& library_;
  Place place_;
  const GiveUp give_up_;
  archive* const archive_;
  std::string piece_ = std::string(kPiece, '\0');
  bool head_given_ = false;
  bool given_up_ = false;
  bool lost_ = false;
  std::optional<Error> input_error_;
};

class UnpackedBytes final : public Bytes {
 public:
  explicit UnpackedBytes(std::unique_ptr<Handle> handle, bool empty) : handle_(std::move(handle)), empty_(empty) {}
  Result<std::size_t> read(char* to, std::size_t size) override {
    if (empty_) return 0;
    return handle_->read(to, size, handle_->path());
  }

 private:
  const std::unique_ptr<Handle> handle_;
  const bool empty_;
};

class EntryBytes final : public Bytes {
 public:
  EntryBytes(Handle& handle, std::string name) : handle_(handle), name_(std::move(name)) {}
  Result<std::size_t> read(char* to, std::size_t size) override { return handle_.read(to, size, name_); }

 private:
  Handle& handle_;
  const std::string name_;
};

/// Without what leads nowhere: `./a//b` is `a/b`. Whatever is above the archive is none of its business.
std::vector<std::string_view> parts_of(std::string_view name) {
  std::vector<std::string_view> parts;
  for (const std::string_view part : split(name, '/'))
    if (!part.empty() && part != "." && part != "..") parts.push_back(part);
  return parts;
}

std::string_view name_of(const ArchiveLibrary& library, archive_entry* entry) {
  // One in UTF-8 is told as text only where the locale has it.
  for (const char* name : {library.archive_entry_pathname(entry), library.archive_entry_pathname_utf8(entry)})
    if (name != nullptr) return name;
  return "?"sv;
}

class TarArchive final : public Tar {
 public:
  explicit TarArchive(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}

  std::optional<Result<Place>> next() override {
    for (;;) {
      if (archive_entry* entry = std::exchange(entry_, nullptr)) {
        if (auto place = enter(entry)) return place;
      } else if (ended_ || handle_->is_lost()) {
        return std::nullopt;
      } else if (auto damage = read_header()) {
        return tl::unexpected(std::move(*damage));
      }
    }
  }

 private:
  /// The next one that there is, and what was damaged before it: told once, however many blocks were no header.
  std::optional<Error> read_header() {
    std::optional<Error> damage;
    for (;;) {
      const la_int64_t before = handle_->position();
      archive_entry* entry = nullptr;
      const int status = handle_->next_header(&entry);
      const bool stuck = status == ARCHIVE_RETRY && handle_->position() == before;
      ended_ = status == ARCHIVE_EOF || status == ARCHIVE_FATAL || stuck;
      if (!damage && (status == ARCHIVE_RETRY || status == ARCHIVE_FATAL)) damage = behind_last();
      if (status == ARCHIVE_OK || status == ARCHIVE_WARN) entry_ = entry;
      if (status != ARCHIVE_RETRY || stuck) return damage;
    }
  }

  Error behind_last() const {
    if (last_.empty()) return handle_->why(handle_->path());
    const Error why = handle_->why(last_);
    return {why.code, "'" + handle_->path() + "' is damaged behind this: " + why.what};
  }

  std::optional<Result<Place>> enter(archive_entry* entry) {
    const ArchiveLibrary& library = handle_->library();
    if (library.archive_entry_filetype(entry) != AE_IFREG || library.archive_entry_hardlink(entry) != nullptr)
      return std::nullopt;
    const std::string_view name = name_of(library, entry);
    if (name.size() > kLongestName)
      return fail(Code::over_limit, "'" + handle_->path() + "/" + std::string(name.substr(0, 100)) +
                                        "...' has a name of more than " + std::to_string(kLongestName) + " bytes");
    const std::vector<std::string_view> parts = parts_of(name);
    if (parts.empty() || parts.back().front() == '.') return std::nullopt;
    last_ = handle_->path();
    for (const std::string_view part : parts) last_.append("/").append(part);
    Result<Place> place = file_of(last_, std::make_unique<EntryBytes>(*handle_, last_));
    if (place) place->in_archive = true;
    return place;
  }

  const std::unique_ptr<Handle> handle_;
  std::string last_;                // the path of the one that was given last
  archive_entry* entry_ = nullptr;  // whose header was read, and that is not looked at yet
  bool ended_ = false;
};

}  // namespace

bool is_packed(std::string_view head) {
  for (const std::string_view magic : {"\x1f\x8b"sv, "\x28\xb5\x2f\xfd"sv,
                                       "\xfd"
                                       "7zXZ\0"sv})
    if (head.starts_with(magic)) return true;
  return head.starts_with("BZh") && head.substr(std::min<std::size_t>(head.size(), 4)).starts_with("1AY&SY");
}

bool is_tar(std::string_view head) { return head.size() >= 512 && head.substr(257, 5) == "ustar"; }

Result<Place> unpack(Place packed, const std::function<bool()>& give_up) {
  std::string path = packed.path;
  const bool in_archive = packed.in_archive;
  const ArchiveLibrary* library = TRY(archive_library());
  auto handle = std::make_unique<Handle>(*library, std::move(packed), give_up);
  TRY(handle->open_packed());
  if (handle->layers() > 1) return fail(Code::invalid, "'" + path + "' is packed more than once");
  archive_entry* entry = nullptr;
  const int status = handle->next_header(&entry);
  if (status != ARCHIVE_OK && status != ARCHIVE_EOF) return tl::unexpected(handle->why(path));
  Place place =
      TRY(file_of(std::move(path), std::make_unique<UnpackedBytes>(std::move(handle), status == ARCHIVE_EOF)));
  place.unpacked = true;
  place.in_archive = in_archive;
  return place;
}

Result<std::unique_ptr<Tar>> Tar::open(Place archive, const std::function<bool()>& give_up) {
  const ArchiveLibrary* library = TRY(archive_library());
  auto handle = std::make_unique<Handle>(*library, std::move(archive), give_up);
  TRY(handle->open_tar());
  return std::make_unique<TarArchive>(std::move(handle));
}

}  // namespace maildrop::replay
