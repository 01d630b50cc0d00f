/// capture.h: what a function writes to a file descriptor, and a small inbox to show.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "mail/message.h"
#include "store/backends.h"

namespace maildrop::test {

/// Takes over a descriptor while it lives.
class Capture {
 public:
  explicit Capture(int fd) : fd_(fd), saved_(::dup(fd)), file_(std::tmpfile()) {
    std::fflush(nullptr);
    ::dup2(::fileno(file_), fd_);
  }
  ~Capture() {
    std::fflush(nullptr);
    ::dup2(saved_, fd_);
    ::close(saved_);
    std::fclose(file_);
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  std::string text() const {
    std::fflush(nullptr);
    std::string out(static_cast<std::size_t>(::lseek(::fileno(file_), 0, SEEK_END)), '\0');
    const auto got = ::pread(::fileno(file_), out.data(), out.size(), 0);
    out.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return out;
  }

 private:
  int fd_, saved_;
  std::FILE* file_;
};

/// A folder that goes away.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/maildrop-cmd-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~Folder() {
    if (std::system(("rm -rf " + path_).c_str()) != 0) std::fprintf(stderr, "cannot remove %s\n", path_.c_str());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline store::Summary summary(const std::string& id, const std::string& from, const std::string& subject) {
  store::Summary out;
  out.id = store::MessageId::trusted(id);
  out.from = "envelope@example.com";
  out.to = "bob@example.org";
  out.header_from = from;
  out.subject = subject;
  out.received = from_millis(1'700'000'000'000);
  out.size = 1536;
  return out;
}

/// Stores a message for bob; the id of it.
inline store::MessageId deliver(store::Store& store, const Clock& clock, const std::string& subject,
                                const std::string& body = "hello\r\n") {
  store::Delivery delivery;
  delivery.data = "From: A <a@example.com>\r\nSubject: " + subject + "\r\n\r\n" + body;
  const mail::Overview overview = mail::overview(delivery.data);
  delivery.summary.id = store::MessageId::make(clock.now());
  delivery.summary.from = "a@example.com";
  delivery.summary.header_from = overview.from;
  delivery.summary.subject = overview.subject;
  delivery.summary.received = clock.now();
  delivery.summary.size = delivery.data.size();
  delivery.targets.push_back({mail::Inbox::trusted("bob"), "bob@example.org"});
  const auto stored = store.put({&delivery, 1});
  return stored.front() ? *stored.front() : store::MessageId::trusted("not stored");
}

}  // namespace maildrop::test
