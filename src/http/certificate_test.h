#pragma once
// A self-signed certificate, made by the openssl command in a folder that goes with it.

#include <doctest/doctest.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace kidoban::http {

class Certificate {
 public:
  explicit Certificate(const std::string& name) {
    std::string folder = (std::filesystem::temp_directory_path() / "kidoban-tls-XXXXXX").string();
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    folder_ = folder;
    chain = folder_ / "chain.pem";
    key = folder_ / "key.pem";
    make(name);
  }
  ~Certificate() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  // Another in the same files, as whoever renews it does.
  void make(const std::string& name) const {
    const std::string command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" + name +
                                " -addext subjectAltName=DNS:localhost -keyout " + key.string() + " -out " + chain.string() + " 2>/dev/null";
    REQUIRE(std::system(command.c_str()) == 0);
  }

  std::filesystem::path chain, key;

 private:
  std::filesystem::path folder_;
};

}  // namespace kidoban::http
