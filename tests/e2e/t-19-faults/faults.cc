/// faults: LD_PRELOAD for a maildrop, or its Redis, whose disk fails when it is told to.
///
/// FAULTS_STORE    path of the SQLite file; it, its -wal, -shm and -journal, and its folder are watched. Or, with a
///                 slash at its end, of Redis's folder of append-only files
/// FAULTS_CONTROL  a file that both sides map: struct Control
/// FAULTS_TRACE    a file that gets what happened, in order: struct Event and its data
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

/// Written by the test. Only `left` and `failed` change while a call looks.
struct Control {
  std::atomic<std::int64_t> left;    // the call that makes it 0 fails; 0: none does
  std::atomic<std::int64_t> failed;  // calls that did
  std::int32_t error;                // errno
  std::int32_t on;                   // 1: and all calls after it
  std::int32_t part;                 // 1: the first that fails is a write of one half
  char calls[4];                     // of these, `wst`: write, sync, truncate
  char files[8];                     // to these, as in Event
};

struct Event {
  char what;           // Written Truncated, sync Begun Succeeded Xfailed, Fault, Reply
  char file;           // d -wal: w, -shm: s, -journal: j, folder: f; append-only file: a; otherwise: -
  std::uint16_t call;  // Fault: w, s or t
  std::uint32_t size;  // of the data that follows
  std::uint64_t at;    // offset; new size; thread
};

Control* control = nullptr;
int trace = -1;
std::string_view store, folder;

template <class F>
F* real(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

/// Appended by one call, so whole and in an order with those of other threads. Without it the test proves nothing.
void note(char what, char file, std::uint64_t at, std::string_view data = {}, char call = 0) {
  Event event{what, file, static_cast<std::uint16_t>(call), static_cast<std::uint32_t>(data.size()), at};
  const iovec parts[] = {{&event, sizeof event}, {const_cast<char*>(data.data()), data.size()}};
  const int before = errno;
  if (syscall(SYS_writev, trace, parts, 2) != static_cast<long>(sizeof event + data.size())) std::abort();
  errno = before;
}

bool is_redis() { return control && store.back() == '/'; }

std::string name_of(int fd) {
  char path[4096];
  const int before = errno;
  const ssize_t n = readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path);
  errno = before;
  return {path, n > 0 ? static_cast<std::size_t>(n) : 0};
}

char file_of(std::string_view name) {
  if (!control) return 0;
  if (name == folder) return 'f';
  if (name.substr(0, store.size()) != store) return 0;
  const std::string_view rest = name.substr(store.size());
  if (is_redis()) return rest.size() > 4 && rest.substr(rest.size() - 4) == ".aof" ? 'a' : 0;
  return rest.empty() ? 'd' : rest == "-wal" ? 'w' : rest == "-shm" ? 's' : rest == "-journal" ? 'j' : 0;
}

enum class Fate { passes, fails, half };

Fate fate(char call, char file) {
  if (!std::strchr(control->calls, call) || !std::strchr(control->files, file)) return Fate::passes;
  std::int64_t left = control->left;
  do {
    if (left <= 0) return Fate::passes;
  } while (!control->left.compare_exchange_weak(left, left > 1 || !control->on ? left - 1 : left));
  if (left > 1) return Fate::passes;
  const bool first = control->failed.fetch_add(1) == 0;
  note('F', file, 0, {}, call);
  if (control->part && first && call == 'w') return Fate::half;
  errno = control->error;
  return Fate::fails;
}

/// Redis's answer to the script that stores one message.
bool is_stored(std::string_view name, std::string_view text) {
  return is_redis() && name.substr(0, 7) == "socket:" && text == ":1\r\n";
}

template <class Write>
ssize_t written(int fd, const void* data, std::size_t size, off_t at, Write write_it) {
  const std::string name = name_of(fd);
  if (is_stored(name, {static_cast<const char*>(data), size})) note('R', '-', 0);
  const char file = file_of(name);
  if (!file) return write_it(size);
  const Fate is = fate('w', file);
  if (is == Fate::fails) return -1;
  const ssize_t n = write_it(is == Fate::half ? size / 2 : size);
  if (n > 0) {
    const off_t offset = at >= 0 ? at : lseek(fd, 0, SEEK_CUR) - n;  // what is open for appending stood anywhere before
    note('W', file, static_cast<std::uint64_t>(offset), {static_cast<const char*>(data), static_cast<std::size_t>(n)});
  }
  return n;
}

template <class Sync>
int synced(int fd, Sync sync_it) {
  const char file = file_of(name_of(fd));
  if (!file) return sync_it();
  const auto thread = static_cast<std::uint64_t>(gettid());
  note('B', file, thread);
  // One that fails has not synced anything; what became of the writes nobody knows.
  const int result = fate('s', file) == Fate::passes ? sync_it() : -1;
  note(result == 0 ? 'S' : 'X', file, thread);
  return result;
}

template <class Truncate>
int truncated(std::string_view name, off_t size, Truncate truncate_it) {
  const char file = file_of(name);
  if (!file) return truncate_it();
  if (fate('t', file) != Fate::passes) return -1;
  const int result = truncate_it();
  if (result == 0) note('T', file, static_cast<std::uint64_t>(size));
  return result;
}

__attribute__((constructor)) void begin() {
  const char* path = std::getenv("FAULTS_STORE");
  const char* shared = std::getenv("FAULTS_CONTROL");
  const char* events = std::getenv("FAULTS_TRACE");
  if (!path || !shared || !events) std::abort();
  store = strdup(path);  // Redis writes its title over its environment
  folder = store.substr(0, store.rfind('/'));
  trace = open(events, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int fd = open(shared, O_RDWR | O_CLOEXEC);
  void* mapped = mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (trace < 0 || fd < 0 || mapped == MAP_FAILED) std::abort();
  close(fd);
  control = static_cast<Control*>(mapped);
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* data, std::size_t size) {
  static const auto next = real<decltype(write)>("write");
  return written(fd, data, size, -1, [&](std::size_t n) { return next(fd, data, n); });
}

ssize_t pwrite(int fd, const void* data, std::size_t size, off_t at) {
  static const auto next = real<decltype(pwrite)>("pwrite");
  return written(fd, data, size, at, [&](std::size_t n) { return next(fd, data, n, at); });
}

ssize_t pwrite64(int fd, const void* data, std::size_t size, off64_t at) {
  static const auto next = real<decltype(pwrite64)>("pwrite64");
  return written(fd, data, size, at, [&](std::size_t n) { return next(fd, data, n, at); });
}

int fsync(int fd) {
  static const auto next = real<decltype(fsync)>("fsync");
  return synced(fd, [&] { return next(fd); });
}

int fdatasync(int fd) {
  static const auto next = real<decltype(fdatasync)>("fdatasync");
  return synced(fd, [&] { return next(fd); });
}

int ftruncate(int fd, off_t size) noexcept {
  static const auto next = real<int(int, off_t)>("ftruncate");
  return truncated(name_of(fd), size, [&] { return next(fd, size); });
}

int ftruncate64(int fd, off64_t size) noexcept {
  static const auto next = real<int(int, off64_t)>("ftruncate64");
  return truncated(name_of(fd), size, [&] { return next(fd, size); });
}

/// Redis cuts a file that ends within a command before it opens it.
int truncate64(const char* path, off64_t size) noexcept {
  static const auto next = real<int(const char*, off64_t)>("truncate64");
  char name[PATH_MAX];
  return truncated(realpath(path, name) ? name : "", size, [&] { return next(path, size); });
}

/// The replies: noted before they go.
ssize_t send(int fd, const void* data, std::size_t size, int flags) {
  static const auto next = real<decltype(send)>("send");
  const std::string_view text(static_cast<const char*>(data), size);
  if (control && text.find(" stored as ") != text.npos) note('R', '-', 0, text);
  return next(fd, data, size, flags);
}

}  // extern "C"
