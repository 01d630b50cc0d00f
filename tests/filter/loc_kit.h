/// loc_kit.h: small databases of libloc, written by itself.
#pragma once

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <string>

extern "C" {  // its headers do not say so
#include <libloc/as.h>
#include <libloc/libloc.h>
#include <libloc/network.h>
#include <libloc/writer.h>
}

namespace maildrop::filter::test {

class LocWriter {
 public:
  LocWriter() {
    REQUIRE(loc_new(&context_) == 0);
    REQUIRE(loc_writer_new(context_, &writer_, nullptr, nullptr) == 0);
  }
  LocWriter(const LocWriter&) = delete;
  LocWriter& operator=(const LocWriter&) = delete;
  ~LocWriter() {
    loc_writer_unref(writer_);
    loc_unref(context_);
  }

  void network(const char* network, const char* country, std::uint32_t asn, std::uint32_t flags = 0) {
    loc_network* made = nullptr;
    REQUIRE(loc_writer_add_network(writer_, &made, network) == 0);
    REQUIRE(loc_network_set_country_code(made, country) == 0);
    loc_network_set_asn(made, asn);
    if (flags != 0) loc_network_set_flag(made, flags);
    loc_network_unref(made);
  }
  void system(std::uint32_t asn, const char* name) {
    loc_as* made = nullptr;
    REQUIRE(loc_writer_add_as(writer_, &made, asn) == 0);
    loc_as_set_name(made, name);
    loc_as_unref(made);
  }

  std::string bytes() {
    std::FILE* file = std::tmpfile();
    REQUIRE(loc_writer_write(writer_, file, LOC_DATABASE_VERSION_1) == 0);
    std::fseek(file, 0, SEEK_END);  // it writes the header last
    std::string out(static_cast<std::size_t>(std::ftell(file)), '\0');
    std::rewind(file);
    REQUIRE(std::fread(out.data(), 1, out.size(), file) == out.size());
    std::fclose(file);
    return out;
  }

 private:
  loc_ctx* context_ = nullptr;
  loc_writer* writer_ = nullptr;
};

}  // namespace maildrop::filter::test
